"""What the inputs of a function have in common, learned from given ones or assumed, and always listed.

A precondition bounds what is generated: an input that breaks one says nothing about the port, because the source was
not meant for it. Learned only where at least three given inputs agree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from semalign.systems.translation.contract import type_arguments
from semalign.values.model import Char, Float, Int, List, Map, Set, Text, Tuple, Value
from semalign.values.types import Kind, Parameter, Signature, Type

MIN_GIVEN = 3  # fewer inputs agree by accident too often


class Precondition(Protocol):
    """A condition on arguments, and the least change that makes arguments meet it."""

    def holds(self, arguments: type_arguments) -> bool:
        """The arguments meet it."""
        ...

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Arguments that meet it, or unchanged ones where that can't be done."""
        ...


def size(value: Value) -> int | None:
    """Number of elements of a list, set, map or text; None for anything else."""
    match value:
        case List(items) | Set(items) | Tuple(items):
            return len(items)
        case Map(pairs):
            return len(pairs)
        case Text(text):
            return len(text)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Length:
    """An integer that is the length of another argument (`exact`), or at most that."""

    integer: int  # position
    sized: int  # position
    exact: bool
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        n, length = _integer(arguments[self.integer]), size(arguments[self.sized])
        return n is None or length is None or (n == length if self.exact else 0 <= n <= length)

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Sets the integer; see `Precondition`."""
        n, length = _integer(arguments[self.integer]), size(arguments[self.sized])
        if n is None or length is None or self.holds(arguments):
            return arguments
        return _with(arguments, self.integer, Int(length if self.exact else n % (length + 1)))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class SameSize:
    """Two arguments have equally many elements."""

    one: int
    other: int
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        return size(arguments[self.one]) == size(arguments[self.other])

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Cuts the longer; see `Precondition`."""
        n = min(size(arguments[self.one]) or 0, size(arguments[self.other]) or 0)
        cut = _with(arguments, self.one, _first(arguments[self.one], n))
        return _with(cut, self.other, _first(cut[self.other], n))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class MinSize:
    """An argument has at least so many elements."""

    position: int
    n: int
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        return (size(arguments[self.position]) or 0) >= self.n

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Leaves them: generation starts from this size; see `Precondition`."""
        return arguments

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Sorted:
    """A list of numbers, characters or texts in rising order."""

    position: int
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        keys = list(map(_order, _items(arguments[self.position])))
        return keys == sorted(keys)

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Sorts; see `Precondition`."""
        value = arguments[self.position]
        return _with(arguments, self.position, List(tuple(sorted(value.items, key=_order)))) if isinstance(
            value, List
        ) else arguments  # fmt: skip

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A number, or every number inside an argument, is at least `low`."""

    position: int
    low: int
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        return all(number >= self.low for number in numbers(arguments[self.position]))

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Leaves them: generation starts from this bound; see `Precondition`."""
        return arguments

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Rectangular:
    """The rows of a list of lists are equally long; `square`: and as many as they are long."""

    position: int
    square: bool
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        rows = _items(arguments[self.position])
        widths = {size(row) for row in rows}
        return len(widths) <= 1 and (not self.square or not rows or widths == {len(rows)})

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Cuts the longer rows; see `Precondition`."""
        rows = _items(arguments[self.position])
        width = min((size(row) or 0 for row in rows), default=0)
        if self.square:
            width = min(width, len(rows))
            rows = rows[:width]
        return _with(arguments, self.position, List(tuple(_first(row, width) for row in rows)))

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A text, or every text inside an argument, is made of these characters."""

    position: int
    characters: str
    text: str

    def holds(self, arguments: type_arguments) -> bool:
        """See `Precondition`."""
        return all(set(found) <= set(self.characters) for found in texts(arguments[self.position]))

    def mend(self, arguments: type_arguments) -> type_arguments:
        """Leaves them: generation draws from this alphabet; see `Precondition`."""
        return arguments

    def __str__(self) -> str:
        return self.text


def numbers(value: Value) -> Iterator[float]:
    """Every number in a value."""
    match value:
        case Int(v, _) | Float(v, _):
            yield v
        case List(items) | Set(items) | Tuple(items):
            for item in items:
                yield from numbers(item)
        case _:
            return


def texts(value: Value) -> Iterator[str]:
    """Every text and character in a value."""
    match value:
        case Text(v) | Char(v):
            yield v
        case List(items) | Set(items) | Tuple(items):
            for item in items:
                yield from texts(item)
        case _:
            return


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ALPHABETS = (
    ("binary digits", "01"),
    ("digits", "0123456789"),
    ("lower-case letters", _LETTERS),
    ("upper-case letters", _LETTERS.upper()),
    ("letters", _LETTERS + _LETTERS.upper()),
    ("letters and digits", _LETTERS + _LETTERS.upper() + "0123456789"),
    ("ASCII", "".join(map(chr, range(32, 127)))),
)


def learn(signature: Signature, given: Sequence[type_arguments]) -> tuple[Precondition, ...]:
    """What all the given inputs have in common; nothing when they are fewer than `MIN_GIVEN`."""
    if len(given) < MIN_GIVEN:
        return ()
    found: list[Precondition] = []
    for i, parameter in enumerate(signature.parameters):
        candidates = [*_of_one(i, parameter.name, parameter.type, given), *_of_two(i, signature)]
        found += [candidate for candidate in candidates if all(map(candidate.holds, given))]
    return _strongest(found)


def assume(signature: Signature, other: Signature) -> tuple[Precondition, ...]:
    """What names and declarations suggest where too few inputs were given: lengths, and rows of equal length.

    `other` is the same contract under the other program's names.
    """
    found: list[Precondition] = []
    names = {parameter.name: i for i, parameter in enumerate(signature.parameters)}
    for i, parameter in enumerate(signature.parameters):
        guessed = _guess_sized(i, signature) if _is_length(parameter) or _is_length(other.parameters[i]) else None
        sized = names.get(parameter.length_of or "", guessed)
        if sized is not None:
            found.append(Length(i, sized, True, f"{parameter.name} == len({signature.parameters[sized].name})"))
        if parameter.type.kind is Kind.LIST and parameter.type.items and parameter.type.items[0].kind is Kind.LIST:
            found.append(Rectangular(i, False, f"rows of {parameter.name} are equally long"))
    return tuple(found)


def _is_length(parameter: Parameter) -> bool:
    return parameter.name.lower() in ("n", "m", "size", "len", "length")


def _guess_sized(i: int, signature: Signature) -> int | None:
    """The list that `n` counts, as in `f(arr, n)`: the one just before it, or the only one."""
    if signature.parameters[i].type.kind is not Kind.INT:
        return None
    lists = [j for j, other in enumerate(signature.parameters) if other.type.kind is Kind.LIST]
    if i - 1 in lists:
        return i - 1
    return lists[0] if len(lists) == 1 else None


def _of_one(i: int, name: str, kind: Type, given: Sequence[type_arguments]) -> Iterator[Precondition]:
    low = min((number for arguments in given for number in numbers(arguments[i])), default=0)
    for bound in (1, 0):
        if low >= bound and any(True for arguments in given for _ in numbers(arguments[i])):
            yield AtLeast(i, bound, f"{name} >= {bound}" if kind.kind is not Kind.LIST else f"{name}[...] >= {bound}")
    sizes = [size(arguments[i]) or 0 for arguments in given]
    if kind.kind in (Kind.LIST, Kind.TEXT, Kind.SET, Kind.MAP) and min(sizes) >= 1:
        yield MinSize(i, min(2, *sizes), f"len({name}) >= {min(2, *sizes)}")
    if kind.kind is Kind.LIST and max(sizes) > 2:
        inner = kind.items[0].kind if kind.items else Kind.UNKNOWN
        if inner is Kind.LIST:
            yield Rectangular(i, True, f"{name} is square")
            yield Rectangular(i, False, f"rows of {name} are equally long")
        elif inner in (Kind.INT, Kind.FLOAT, Kind.CHAR, Kind.TEXT):
            yield Sorted(i, f"{name} is sorted")
    for title, characters in _ALPHABETS:
        if any(True for arguments in given for _ in texts(arguments[i])):
            yield Alphabet(i, characters, f"{name} is made of {title}")


def _of_two(i: int, signature: Signature) -> Iterator[Precondition]:
    name = signature.parameters[i].name
    for j, other in enumerate(signature.parameters):
        if i == j:
            continue
        sized = other.type.kind in (Kind.LIST, Kind.TEXT)
        if signature.parameters[i].type.kind is Kind.INT and sized:
            yield Length(i, j, True, f"{name} == len({other.name})")
            yield Length(i, j, False, f"0 <= {name} <= len({other.name})")
        if i < j and sized and signature.parameters[i].type.kind is other.type.kind:
            yield SameSize(i, j, f"len({name}) == len({other.name})")


def _strongest(found: Sequence[Precondition]) -> tuple[Precondition, ...]:
    """Of several of one form on one place the first, which is the strongest of its list."""
    kept: dict[tuple[object, ...], Precondition] = {}
    for condition in found:
        kept.setdefault((type(condition), *_places(condition)), condition)
    return tuple(kept.values())


def _places(condition: Precondition) -> tuple[int, ...]:
    match condition:
        case Length(integer, sized):
            return (integer, sized)
        case SameSize(one, other):
            return (one, other)
        case MinSize(position) | Sorted(position) | AtLeast(position) | Rectangular(position) | Alphabet(position):
            return (position,)
        case _:
            return ()


def mend(arguments: type_arguments, preconditions: Sequence[Precondition]) -> type_arguments:
    """The arguments after every precondition was mended in turn; the caller still asks whether all hold."""
    for condition in sorted(preconditions, key=lambda one: isinstance(one, Length)):  # lengths last: they follow
        arguments = condition.mend(arguments)
    return arguments


def _integer(value: Value) -> int | None:
    return value.value if isinstance(value, Int) else None


def _items(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, List | Tuple | Set) else ()


def _first(value: Value, n: int) -> Value:
    match value:
        case List(items):
            return List(items[:n])
        case Text(text):
            return Text(text[:n])
        case _:
            return value


def _with(arguments: type_arguments, position: int, value: Value) -> type_arguments:
    return (*arguments[:position], value, *arguments[position + 1 :])


def _order(value: Value) -> tuple[int, float | str]:
    match value:
        case Int(v, _) | Float(v, _):
            return (0, v)
        case Text(v) | Char(v):
            return (1, v)
        case _:
            return (2, "")
