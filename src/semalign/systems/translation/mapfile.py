"""The map file: which variables and blocks of two functions correspond, as TOML that people edit and commit.

An entry whose origin is `given`, or that names none, is made by hand: it wins over what is measured, and stays in the
file. One that is `stale` was made by hand for a program that has changed since. Every other entry is what was measured
when the file was written, and is measured anew each time. The file also holds the text of each block, so that ids can
be read, and so that an entry whose block has changed is known to be stale.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import ClassVar, TypeVar

import tomli_w
from pydantic import ConfigDict

from semalign.alignment.align import Alignment
from semalign.alignment.given import Given
from semalign.alignment.variables import Pair, PairOrigin
from semalign.core.config import load_config
from semalign.core.errors import ConfigError
from semalign.languages.protocol import Function
from semalign.systems.translation.verdict import Side, Verdict

SCHEMA = 1
GIVEN, STALE, MEASURED = PairOrigin.GIVEN.value, "stale", "measured"
_STRICT = ConfigDict(extra="forbid")
_HEAD = """\
# What of two functions corresponds, for `semalign diff SOURCE TARGET --map THIS`. Edit it: an entry with
# origin = "given" (or without an origin) is yours and wins; the others are measured anew each time.

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableEntry:
    """A variable of the source and the one of the target that stands for it; target = source + offset."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    source: str
    target: str
    offset: int = 0
    confidence: float = 1.0
    origin: str = GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockEntry:
    """A block of the source and one of the target that does its work, by their ids."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    source: str
    target: str
    confidence: float = 1.0
    origin: str = GIVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFile:
    """A map file, read."""

    source: str  # the function
    target: str
    schema: int = SCHEMA
    variables: tuple[VariableEntry, ...] = ()
    blocks: tuple[BlockEntry, ...] = ()
    source_blocks: dict[str, str] = field(default_factory=dict)  # text by id
    target_blocks: dict[str, str] = field(default_factory=dict)


type_entry = VariableEntry | BlockEntry
Entry = TypeVar("Entry", bound=type_entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What a map file says of two programs as they are now."""

    path: str = ""
    given: Given = field(default_factory=Given)
    stale: tuple[str, ...] = ()  # a line for each entry that can't be meant any more
    measured: frozenset[tuple[str, str]] = frozenset()  # pairs that were measured when it was written


def load(path: Path) -> MapFile:
    """A map file.

    Raises:
        ConfigError: it can't be read, is no map, or gives a variable two partners (with file and key).
    """
    read = load_config(MapFile, path)
    if read.schema != SCHEMA:
        raise ConfigError(f"{path}: schema: a map of schema {read.schema}, this version reads {SCHEMA}")
    by_hand = _by_hand(read.variables)
    for side, names in (("source", [e.source for e in by_hand]), ("target", [e.target for e in by_hand])):
        twice = [name for name, n in Counter(names).items() if n > 1]
        if twice:
            raise ConfigError(f"{path}: variables: {side} = {twice[0]!r} stands in two given entries; keep one of them")
    return read


def hints(path: Path, source: Function, target: Function) -> Hints:
    """What the file says of the two compared functions.

    Raises:
        ConfigError: as `load`, or it is a map of other functions.
    """
    read = load(path)
    _refuse_others(path, (read.source, read.target), (source.name, target.name))
    doubts = _doubts(read, _by_hand(_entries(read)), source, target)
    measured = [entry for entry in _entries(read) if entry.origin not in (GIVEN, STALE)]
    good = [entry for entry, doubt in doubts.items() if not doubt]
    return Hints(
        path=str(path),
        given=Given(
            variables=tuple(
                Pair(source=entry.source, target=entry.target, offset=entry.offset, origin=PairOrigin.GIVEN)
                for entry in good
                if isinstance(entry, VariableEntry)
            ),
            blocks=tuple((entry.source, entry.target) for entry in good if isinstance(entry, BlockEntry)),
        ),
        stale=tuple(f"{path}: {e.source} = {e.target} is stale: {doubt}" for e, doubt in doubts.items() if doubt),
        measured=frozenset(
            (e.source, e.target) for e, doubt in _doubts(read, measured, source, target).items() if not doubt
        ),
    )


def refuse_others(path: Path, source: str, target: str) -> None:
    """A map for functions of these names, of which the target's is not written yet: classes do not count.

    Raises:
        ConfigError: as `load`, or it is a map of other functions.
    """
    read = load(path)
    names = [tuple(name.rsplit(".", 1)[-1] for name in pair) for pair in ((read.source, read.target), (source, target))]
    _refuse_others(path, *names)


def _refuse_others(path: Path, theirs: tuple[str, ...], ours: tuple[str, ...]) -> None:
    if theirs != ours:
        raise ConfigError(
            f"{path}: source, target: a map of {' and '.join(theirs)}, but {' and '.join(ours)} are compared; "
            "take their map, or write it with --write-map FILE"
        )


def remarks(found: Hints, alignment: Alignment) -> tuple[str, ...]:
    """A line for each entry without effect: stale, not to be kept, or changed without saying that it is given."""
    variables = {(pair.source, pair.target) for pair in alignment.variables.pairs}
    blocks = {
        (one, other) for pair in alignment.blocks.pairs for one in pair.source for other in pair.target
    }  # fmt: skip
    told = list(found.stale)
    told += [
        f"{found.path}: {one} = {other} can't be kept: it crosses another pair, or what it stands in is not paired"
        for one, other in found.given.blocks
        if (one, other) not in blocks
    ]
    unused = sorted(found.measured - blocks - variables)
    if unused:
        told.append(
            f"{found.path}: {len(unused)} of the entries were not measured this time (such as {unused[0][0]} = "
            f'{unused[0][1]}); an entry that is meant to win needs origin = "given"'
        )
    return tuple(told)


def write(path: Path, verdict: Verdict, before: MapFile | None = None) -> None:
    """The map of a verdict; entries of the map `before` that were made by hand stay.

    Raises:
        ConfigError: it can't be written.
    """
    try:
        path.write_text(_HEAD + _text(_map_of(verdict, before)), encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written ({exc.strerror}); give a path in a folder that exists") from exc


def _text(file: MapFile) -> str:
    """As TOML, an entry in a table of its own, so that another one can be added at any place."""
    tree = asdict(file)
    entries = [(key, entry) for key in ("variables", "blocks") for entry in tree.pop(key)]
    texts = {key: tree.pop(key) for key in ("source_blocks", "target_blocks")}
    tables = "".join(f"\n[[{key}]]\n{tomli_w.dumps(entry)}" for key, entry in entries)
    return tomli_w.dumps(tree) + tables + "\n" + tomli_w.dumps(texts)


def _map_of(verdict: Verdict, before: MapFile | None) -> MapFile:
    texts = _texts(verdict.source), _texts(verdict.target)
    by_hand = _kept(before, verdict) if before else []
    hand = {(e.source, e.target) for e in by_hand if isinstance(e, BlockEntry) and e.origin == GIVEN}
    variables = [
        VariableEntry(
            source=pair.source,
            target=pair.target,
            offset=pair.offset,
            confidence=round(pair.confidence, 4),
            origin=pair.origin.value,
        )
        for pair in verdict.pairing.variables
    ]
    blocks = [
        BlockEntry(source=one, target=other, confidence=round(sure, 4), origin=MEASURED)
        for one, other, sure in verdict.pairing.blocks
        if one in texts[0] and other in texts[1] and (one, other) not in hand
    ]
    shown = {(entry.source, entry.target) for entry in variables}
    return MapFile(
        source=verdict.source.function,
        target=verdict.target.function,
        variables=(
            *variables,
            *(e for e in by_hand if isinstance(e, VariableEntry) and (e.source, e.target) not in shown),
        ),
        blocks=(*(e for e in by_hand if isinstance(e, BlockEntry)), *blocks),
        source_blocks=texts[0],
        target_blocks=texts[1],
    )


def _kept(before: MapFile, verdict: Verdict) -> list[type_entry]:
    """What was made by hand, marked where it has become stale."""
    doubts = _doubts(before, _by_hand(_entries(before)), verdict.source, verdict.target)
    kept = [replace(entry, origin=STALE) if doubt else entry for entry, doubt in doubts.items()]
    return [*kept, *(entry for entry in _entries(before) if entry.origin == STALE)]


def _doubts(
    read: MapFile, entries: Iterable[type_entry], source: Function | Side, target: Function | Side
) -> dict[type_entry, str]:
    """For each entry why it is stale; "" where it is not."""
    names = _names(source), _names(target)
    texts = _texts(source), _texts(target)
    then = read.source_blocks, read.target_blocks
    doubts: dict[type_entry, str] = {}
    for entry in entries:
        known = names if isinstance(entry, VariableEntry) else texts
        gone = [name for name, there in zip((entry.source, entry.target), known, strict=True) if name not in there]
        changed = [
            block
            for block, now, before in zip((entry.source, entry.target), texts, then, strict=True)
            if isinstance(entry, BlockEntry) and block in before and before[block] != now.get(block)
        ]
        doubts[entry] = f"there is no {gone[0]}" if gone else f"the text of {changed[0]} has changed" if changed else ""
    return doubts


def _entries(read: MapFile) -> list[type_entry]:
    return [*read.variables, *read.blocks]


def _by_hand(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.origin == GIVEN]


def _names(side: Function | Side) -> list[str]:
    """Its variables."""
    blocks = side.outline.blocks
    return [*(p.name for p in side.signature.parameters), *(name for b in blocks for name in (*b.defs, *b.uses))]


def _texts(side: Function | Side) -> dict[str, str]:
    """Its blocks on one line each, by id."""
    return {block.id: " ".join(block.text.split()) for block in side.outline.blocks}
