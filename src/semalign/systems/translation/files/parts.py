"""`Part`: what a file is made of, and an order of parts in which everything comes after what it uses."""

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter


class Kind(enum.StrEnum):
    """What a part is, whatever its language calls it."""

    CONSTANT = "constant"  # a value with a name: a global, a static field, a macro
    TYPE = "type"  # a class, a struct, a record, an enum, a name for a type
    FUNCTION = "function"
    MAIN = "main"  # what runs when the file is started


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of them. Several names mean that these use each other, so that none can come first."""

    kind: Kind
    names: tuple[str, ...]
    text: str  # as the file has it
    spans: tuple[tuple[int, int], ...]  # bytes of the file, in its order
    uses: frozenset[str] = frozenset()  # names of other parts

    @property
    def name(self) -> str:
        """What reports call it."""
        return ", ".join(self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileParts:
    """A whole file: its imports, and its parts with callees first and the main program last."""

    imports: str
    parts: tuple[Part, ...]
    owner: str = ""  # of a Java file: the class whose members are parts

    @property
    def main(self) -> Part | None:
        """The main program; None where the file can't be started."""
        return next((part for part in self.parts if part.kind is Kind.MAIN), None)

    @property
    def reads_stdin(self) -> bool:
        """A part mentions standard input, in any of the languages; whether it is reached is not known."""
        return any(map(reads_stdin, self.parts))


def merged(parts: Sequence[Part], kind: Kind) -> Part:
    """Several parts as one."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    return Part(
        kind=kind,
        names=names,
        text="\n\n".join(part.text for part in parts),
        spans=tuple(span for part in parts for span in part.spans),
        uses=frozenset().union(*(part.uses for part in parts)) - set(names),
    )


def ordered(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Callees first, parts that use each other as one, and the main program last.

    What is free of each other stands in the order of the kinds, then of the file.
    """
    known = sorted(parts, key=lambda part: (_RANKS[part.kind], part.spans[0]))
    owners = {name: part for part in known for name in part.names}
    beneath = {part: _reached(part, owners) for part in known}
    groups: dict[Part, list[Part]] = {}  # by the first of each group
    for part in known:
        first = next((one for one in groups if one in beneath[part] and part in beneath[one]), part)
        groups.setdefault(first, []).append(part)
    first_of = {part: first for first, group in groups.items() for part in group}
    ends = [first for first in groups if first.kind is Kind.MAIN]
    graph = {
        first: {first_of[one] for part in group for one in _used(part, owners)} - {first, *ends}
        for first, group in groups.items()
    }
    for end in ends:
        graph[end] |= groups.keys() - {end}
    return tuple(_group(groups[first]) for first in _sorted(graph, {one: i for i, one in enumerate(known)}))


def _sorted(graph: Mapping[Part, set[Part]], ranks: Mapping[Part, int]) -> list[Part]:
    """The topological order that comes nearest to the ranks."""
    sorter, ready, found = TopologicalSorter(graph), set[Part](), list[Part]()
    sorter.prepare()
    while sorter.is_active():
        ready.update(sorter.get_ready())
        part = min(ready, key=ranks.__getitem__)
        ready.remove(part)
        found.append(part)
        sorter.done(part)
    return found


def _group(parts: Sequence[Part]) -> Part:
    if len(parts) == 1:
        return parts[0]
    kind = next(kind for kind in (Kind.TYPE, Kind.CONSTANT, Kind.FUNCTION) if any(part.kind is kind for part in parts))
    return merged(sorted(parts, key=lambda part: part.spans[0]), kind)


def _used(part: Part, owners: Mapping[str, Part]) -> set[Part]:
    return {owners[name] for name in part.uses if name in owners}


def _reached(part: Part, owners: Mapping[str, Part]) -> set[Part]:
    found, waiting = set[Part](), [part]
    while waiting:
        new = _used(waiting.pop(), owners) - found
        found |= new
        waiting += new
    return found


def reached(part: Part, parts: Iterable[Part]) -> tuple[Part, ...]:
    """What a part uses, directly or not, in the order of `parts`; not itself."""
    known = tuple(parts)
    found = _reached(part, {name: one for one in known for name in one.names})
    return tuple(one for one in known if one in found and one != part)


_SHORTHAND = re.compile(r"(?:typedef|using)\b[^{]*$|#define\s+\w+(?:\(|\s+(?![-+(\d.\"'])|\s*$)")


def is_shorthand(part: Part) -> bool:
    """C++ for other C++, which means nothing elsewhere: a name for a type, a macro that is no value."""
    return _SHORTHAND.match(part.text) is not None


_STDIN = ("input(", "stdin", "System.in", "Scanner(", "cin", "getline", "scanf", "getchar", "fileinput")


def reads_stdin(part: Part) -> bool:
    """It mentions standard input."""
    return any(word in part.text for word in _STDIN)
