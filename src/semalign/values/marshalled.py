r"""Data of Python's `marshal`, read without trusting it.

A traced Python program hands over its variables in this form because the interpreter writes it many times faster than
any text. Reading is our own: `marshal.loads` may crash on bytes that were made on purpose. Any bytes are either read or
refused; the time is linear in their number, no code of theirs runs, and nothing is hashed but by this module's choice.

Containers come back as lists, so that a cycle is one and that elements need no hash: a `list` itself, the others as one
of its subclasses here. Of code objects and the like nothing is read.

Source: the format of CPython 3.4 and later, version 4 (`Python/marshal.c`).
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from semalign.core.errors import ConfigError

_REF = 0x80  # flag of a code: what follows can be referred to by its number
_HALF = 15  # bits of a digit of a long integer


class TupleItems(list[Any]):
    """The elements of a tuple."""

    __slots__ = ()


class SetItems(list[Any]):
    """The elements of a set or a frozen one, in no order that means anything."""

    __slots__ = ()


class MapItems(list[Any]):
    """Keys and values of a dictionary by turns, in its order."""

    __slots__ = ()


class Other(NamedTuple):
    """A value without content that is read."""

    type_name: str


def read_all(data: bytes) -> Iterator[Any]:
    """The objects that stand one after the other; shared parts are shared within one of them.

    Raises:
        ConfigError: they are not what `marshal` writes of plain values.
    """
    at = 0
    while at < len(data):
        try:
            found, at = _Reader(data, at).read()
        except (LookupError, ValueError, struct.error, OverflowError) as exc:
            raise ConfigError(f"not marshal data of plain values: {exc}") from exc
        yield found


class _Reader:
    """One object; containers that are not complete wait on a stack of our own, so depth costs no recursion."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data = data
        self._at = at
        self._refs: list[Any] = []

    def read(self) -> tuple[Any, int]:
        """The object, and where it ends."""
        data, refs = self._data, self._refs
        root: list[Any] = []
        target, left = root, 1  # `left` below 0: as many as come before an end
        waiting: list[tuple[list[Any], int]] = []
        while True:
            while not left:
                if not waiting:
                    return root[0], self._at
                target, left = waiting.pop()
            left -= 1
            code = data[self._at]
            self._at += 1
            kind = code & 0x7F
            if kind == _INT:
                (value,) = _unpack_int(data, self._at)
                self._at += 4
            elif kind in _SIZES:
                value = _CONTAINERS[kind]()
                n_items = self._size(_SIZES[kind]) if kind != _DICT else -1
                target.append(value)
                waiting.append((target, left))
                target, left = value, n_items
                if code & _REF:
                    refs.append(value)
                continue
            elif kind == _BACK:
                value = refs[self._size(4)]
                code = 0
            elif kind == _END and left < 0 and len(target) % 2 == 0:
                left = 0
                continue
            else:
                value = _READERS[kind](self)
            if code & _REF:
                refs.append(value)
            target.append(value)

    def _size(self, n_bytes: int) -> int:
        return int.from_bytes(self.take(n_bytes), "little")

    def take(self, n_bytes: int) -> bytes:
        """The next bytes, all of them."""
        found = self._data[self._at : self._at + n_bytes]
        if len(found) != n_bytes:
            raise ValueError("cut short")
        self._at += n_bytes
        return found

    def sized(self, n_bytes: int) -> bytes:
        """As many bytes as the number before them says, which is itself of `n_bytes`."""
        return self.take(self._size(n_bytes))

    def integer(self) -> int:
        """An integer in digits of 15 bits, read in time linear in them."""
        (n_digits,) = struct.unpack("<i", self.take(4))
        digits = struct.unpack(f"<{abs(n_digits)}H", self.take(2 * abs(n_digits)))
        if any(digit >> _HALF for digit in digits):
            raise ValueError("a digit of an integer is too large")
        value = int("".join([f"{digit:015b}" for digit in reversed(digits)]) or "0", 2)
        return -value if n_digits < 0 else value

    def double(self) -> float:
        """A double."""
        (value,) = struct.unpack("<d", self.take(8))
        return float(value)

    def pair(self) -> Other:
        """Two doubles, of which nothing is shown."""
        self.take(16)
        return Other("complex")

    def plain_text(self, n_bytes: int) -> str:
        """Text of ASCII characters."""
        return self.sized(n_bytes).decode("ascii")

    def text(self) -> str:
        """Any text; lone surrogates are kept."""
        return self.sized(4).decode("utf-8", "surrogatepass")


_INT, _DICT, _BACK, _END = b"i{r0"
_SIZES = {ord("["): 4, ord("("): 4, ord(")"): 1, ord("<"): 4, ord(">"): 4, _DICT: 0}  # bytes of the number of elements
_CONTAINERS: dict[int, type[list[Any]]] = {
    ord("["): list,
    ord("("): TupleItems,
    ord(")"): TupleItems,
    ord("<"): SetItems,
    ord(">"): SetItems,
    _DICT: MapItems,
}
_READERS: dict[int, Callable[[_Reader], Any]] = {
    ord("N"): lambda reader: None,
    ord("T"): lambda reader: True,
    ord("F"): lambda reader: False,
    ord("g"): _Reader.double,
    ord("l"): _Reader.integer,
    ord("z"): lambda reader: reader.plain_text(1),
    ord("Z"): lambda reader: reader.plain_text(1),
    ord("a"): lambda reader: reader.plain_text(4),
    ord("A"): lambda reader: reader.plain_text(4),
    ord("u"): _Reader.text,
    ord("t"): _Reader.text,
    ord("s"): lambda reader: reader.sized(4),
    ord("y"): _Reader.pair,
    ord("."): lambda reader: Other("ellipsis"),
    ord("S"): lambda reader: Other("type"),
}
_unpack_int = struct.Struct("<i").unpack_from
