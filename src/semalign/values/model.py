"""`Value`: one typed, canonical form for anything a program of any language holds.

Values are data about a program, never live objects of it, so comparing, hashing and printing them runs no foreign
code. A value that could not be captured whole says so (`Cut`, `Unrepresentable`, `Opaque`, `BackRef`).

Differs from a JSON tree: integers have any size and may carry a width, floats keep NaN, both infinities and -0.0,
a character is not a text of length one, a map may have any key, and order is kept only where it means something.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Null:
    """`None`, `null`, `nullptr`, and the result of a function that returns nothing."""


@dataclass(frozen=True, slots=True)
class Bool:
    """A truth value."""

    value: bool


@dataclass(frozen=True, slots=True)
class Int:
    """An integer of any size; `width_bits` is what its type holds, None where unbounded or unknown."""

    value: int
    width_bits: int | None = None


@dataclass(frozen=True, slots=True)
class Float:
    """An IEEE 754 number; `width_bits` 32 marks single precision (the value is then exactly a single)."""

    value: float
    width_bits: int = 64

    def __eq__(self, other: object) -> bool:
        """By bits, with one NaN: so -0.0 is not 0.0, and NaN is itself. `compare` is what tolerates."""
        return isinstance(other, Float) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, int]:
        return ("nan" if math.isnan(self.value) else self.value.hex(), self.width_bits)


@dataclass(frozen=True, slots=True)
class Char:
    """One character: a UTF-16 unit in Java, a byte in C++."""

    value: str


@dataclass(frozen=True, slots=True)
class Text:
    """Text of any length; may hold lone surrogates."""

    value: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """Bytes that are not text."""

    value: bytes


@dataclass(frozen=True, slots=True)
class List:
    """An ordered sequence that can change: list, array, vector, deque, stack; a heap in the order it pops."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Tuple:
    """An ordered sequence of fixed length: tuple, pair."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Set:
    """A set or multiset; the order of `items` means nothing."""

    items: tuple["Value", ...]


@dataclass(frozen=True, slots=True)
class Map:
    """Key and value pairs, any key; the order of `pairs` means nothing unless a policy says so."""

    pairs: tuple[tuple["Value", "Value"], ...]


@dataclass(frozen=True, slots=True)
class Record:
    """An object or struct with named fields; compared by fields, the name is for people."""

    name: str
    fields: tuple[tuple[str, "Value"], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns, as a query returns them."""

    columns: tuple[str, ...]
    rows: tuple[tuple["Value", ...], ...]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception: the class as its language names it, and the message."""

    name: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Opaque:
    """Something with no comparable content: a function, an iterator, a file. Equal to nothing but an opaque."""

    type_name: str


@dataclass(frozen=True, slots=True)
class BackRef:
    """A cycle: the container `levels` above this place (1 is the one that holds it)."""

    levels: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A value too large to keep: its beginning, how many elements it has, and a digest of all of them."""

    head: "Value"
    n_items: int
    digest: str


@dataclass(frozen=True, slots=True)
class Unrepresentable:
    """A value that could not be captured. Never equal to anything, itself included, when compared."""

    reason: str


Value = (
    Null | Bool | Int | Float | Char | Text | Bytes | List | Tuple | Set | Map | Record | Table | Raised
    | Opaque | BackRef | Cut | Unrepresentable
)  # fmt: skip


def children(value: Value) -> Iterator[tuple[str, Value]]:
    """The values directly inside, each with its step (`[3]`, `.field`, `{key 0}`, `[2].name` for a table cell).

    >>> list(children(List((Int(7), Null()))))
    [('[0]', Int(value=7, width_bits=None)), ('[1]', Null())]
    """
    match value:
        case List(items) | Tuple(items) | Set(items):
            yield from ((f"[{i}]", item) for i, item in enumerate(items))
        case Map(pairs):
            for i, (key, item) in enumerate(pairs):
                yield f"{{key {i}}}", key
                yield f"{{value {i}}}", item
        case Record(_, fields):
            yield from ((f".{name}", item) for name, item in fields)
        case Table(columns, rows):
            for i, row in enumerate(rows):
                yield from ((f"[{i}].{name}", cell) for name, cell in zip(columns, row, strict=True))
        case Cut(head, _, _):
            yield "(head)", head
        case _:
            return


def is_whole(value: Value) -> bool:
    """Nothing in it was cut off or could not be captured.

    >>> is_whole(List((Int(1), Unrepresentable("too large"))))
    False
    """
    if isinstance(value, Cut | Unrepresentable):
        return False
    return all(is_whole(inner) for _, inner in children(value))
