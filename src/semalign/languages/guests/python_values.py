"""Values of a running Python program as wire text, and wire trees as values; runs inside the wall.

Taking a snapshot never runs code of the program: only exact built-in types are read by their own methods, everything
else by the fields that its class keeps. What can't be read so is opaque.
"""

import array
import collections
import enum
import hashlib
import itertools
import math
import struct
import types
from json.encoder import encode_basestring_ascii
from typing import Any

MAX_INT_BITS = 14_000  # a reader of JSON refuses integers of more than 4,300 digits
MAX_TEXT = 65_536  # characters of a text that a digest covers
_NAN = '{"f":"7ff8000000000000"}'
_TOO_DEEP = "maximum recursion depth exceeded"
_SET = '{"S":['
_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    collections.deque: ("[", "]"),
    tuple: ('{"t":[', "]}"),
    set: (_SET, "]}"),
    frozenset: (_SET, "]}"),
}
_HEAP_TYPE = 1 << 9  # flag of classes that are made by a `class` statement


class TooLarge(Exception):
    """A value with more elements than a digest covers."""


class Snapshots:
    """Writes values; one object for each set of caps."""

    def __init__(self, *, items: int, digest_items: int, depth: int, text: int) -> None:
        self._items = items
        self._too_large = f'{{"u":"more than {digest_items} elements"}}'
        self._flat = min(items, digest_items)
        self._digest_items = digest_items
        self._depth = depth
        self._text = text
        self._left = 0
        self._around: list[int] = []  # ids of the containers around the value at hand
        self._writers: dict[type, Any] = {
            type(None): lambda value: _same("null"),
            bool: lambda value: _same("true" if value else "false"),
            int: lambda value: _same(integer(value)),
            float: lambda value: _same(floating(value)),
            str: self._string,
            bytes: self._bytes,
            bytearray: self._bytes,
            list: self._list,
            tuple: lambda value: self._sequence(value, '{"t":[', "]}"),
            set: self._set,
            frozenset: self._set,
            dict: lambda value: self._map(value, value.items()),
            collections.OrderedDict: lambda value: self._map(value, value.items()),
            collections.defaultdict: lambda value: self._map(value, value.items()),
            collections.Counter: lambda value: self._map(value, dict.items(value)),
            collections.deque: self._list,
            array.array: self._list,
            range: self._list,
            complex: lambda value: _same('{"o":"complex"}'),
        }

    def text(self, value: Any) -> str:
        """The wire text of a value, cut where it is too large."""
        if type(value) is list:
            fast = self._fast(value) if len(value) <= self._flat else ""
            if fast:
                return fast
            if self._room(value) < 0:
                return self._too_large
        self._left = self._digest_items
        self._around.clear()
        try:
            shown, _ = self._write(value)
        except TooLarge:
            return self._too_large
        except RecursionError:
            return '{"u":"no stack left to read it"}'
        except (MemoryError, RuntimeError, ValueError):
            return '{"u":"changed or ran out of memory while it was read"}'
        return str(shown)

    def _room(self, value: list[Any]) -> int:
        """How many elements still fit; below 0 where lists of lists hold too much, counted without a look at each."""
        left = self._digest_items - len(value)
        while left >= 0 and value and set(map(type, value)) == {list}:
            left -= sum(map(len, value))
            value = list(itertools.chain.from_iterable(value)) if left >= 0 else []
        return left

    def _fast(self, value: list[Any]) -> str:
        """The text of a list of plain integers, or of lists of them, written by the interpreter; "" for another."""
        kinds = set(map(type, value))
        if kinds == {list}:
            if sum(map(len, value)) > self._digest_items - len(value) or max(map(len, value)) > self._items:
                return ""
            kinds = set(map(type, itertools.chain.from_iterable(value)))
        if kinds != {int}:
            return ""
        try:
            return str(value).replace(" ", "")
        except ValueError:  # an integer of thousands of digits
            return ""

    def _write(self, value: Any) -> tuple[str, str]:
        """What is shown, and the whole; one object where nothing is cut."""
        writer = self._writers.get(type(value))
        pair: tuple[str, str] = writer(value) if writer else self._other(value)
        return pair

    def _string(self, value: str) -> tuple[str, str]:
        if len(value) > MAX_TEXT:
            return _same(f'{{"u":"text of {len(value)} characters"}}')
        whole: str = encode_basestring_ascii(value)
        if len(value) <= self._text:
            return whole, whole
        head: str = encode_basestring_ascii(value[: self._text])
        return _cut(head, len(value), whole), whole

    def _bytes(self, value: bytes | bytearray) -> tuple[str, str]:
        if len(value) > MAX_TEXT:
            return _same(f'{{"u":"{len(value)} bytes"}}')
        whole = f'{{"b":"{value.hex()}"}}'
        if len(value) <= self._text:
            return whole, whole
        return _cut(f'{{"b":"{value[: self._text].hex()}"}}', len(value), whole), whole

    def _list(self, value: Any) -> tuple[str, str]:
        if type(value) is not list or set(map(type, value)) != {int} or len(self._around) >= self._depth:
            return self._sequence(value, "[", "]")
        try:
            whole = str(value).replace(" ", "")  # the interpreter's own writing is many times faster than a walk
        except ValueError:  # an integer of thousands of digits
            return self._sequence(value, "[", "]")
        self._left -= len(value)
        if self._left < 0:
            raise TooLarge
        if len(value) <= self._items:
            return whole, whole
        return _cut(str(value[: self._items]).replace(" ", ""), len(value), whole), whole

    def _sequence(self, value: Any, opening: str, closing: str, held: Any = None) -> tuple[str, str]:
        """`held` are the elements where the value may not be asked for them."""
        blocked = self._enter(value, len(value if held is None else held))
        if blocked:
            return _same(blocked)
        pairs = [self._write(item) for item in (value if held is None else held)]
        self._around.pop()
        if opening == _SET:
            pairs.sort(key=lambda pair: pair[1])
        return self._join(pairs, opening, closing)

    def _set(self, value: Any) -> tuple[str, str]:
        return self._sequence(value, _SET, "]}")

    def _map(self, value: Any, items: Any) -> tuple[str, str]:
        blocked = self._enter(value, len(items))
        if blocked:
            return _same(blocked)
        pairs = []
        for key, item in items:
            shown_key, whole_key = self._write(key)
            shown, whole = self._write(item)
            pairs.append(_pair(f"[{shown_key},{shown}]", f"[{whole_key},{whole}]"))
        self._around.pop()
        return self._join(pairs, '{"m":[', "]}")

    def _enter(self, value: Any, n_items: int) -> str:
        """Go into a container; the text that stands for it where that can't be done."""
        if id(value) in self._around:
            return f'{{"r":{len(self._around) - self._around.index(id(value))}}}'
        if len(self._around) >= self._depth:
            return f'{{"u":"deeper than {self._depth}"}}'
        self._left -= n_items
        if self._left < 0:
            raise TooLarge
        self._around.append(id(value))
        return ""

    def _join(self, pairs: list[tuple[str, str]], opening: str, closing: str) -> tuple[str, str]:
        whole = f"{opening}{','.join([whole for _, whole in pairs])}{closing}"
        if len(pairs) > self._items:
            head = f"{opening}{','.join([shown for shown, _ in pairs[: self._items]])}{closing}"
            return _cut(head, len(pairs), whole), whole
        if all(shown is inner for shown, inner in pairs):
            return whole, whole
        return f"{opening}{','.join([shown for shown, _ in pairs])}{closing}", whole

    def _other(self, value: Any) -> tuple[str, str]:
        """A subclass of a built-in, an object with fields, or something opaque."""
        kind = type(value)
        name: str = type.__getattribute__(kind, "__name__")
        mro = type.__getattribute__(kind, "__mro__")
        if enum.Enum in mro:
            return self._string(object.__getattribute__(value, "_name_"))
        for base in (str, int, float, list, tuple, set, frozenset, dict, collections.deque):
            if base in mro:
                return self._base(value, base)
        opaque = f'{{"o":{encode_basestring_ascii(name)}}}'
        if not kind.__flags__ & _HEAP_TYPE or type in mro or BaseException in mro:
            return _same(opaque)
        fields = stored_fields(value)
        if fields is None:
            return _same(opaque)
        blocked = self._enter(value, len(fields))
        if blocked:
            return _same(blocked)
        pairs = []
        for field, item in fields:
            shown, whole = self._write(item)
            label = encode_basestring_ascii(field)
            pairs.append(_pair(f"[{label},{shown}]", f"[{label},{whole}]"))
        self._around.pop()
        return self._join(pairs, f'{{"R":[{encode_basestring_ascii(name)},[', "]]}")

    def _base(self, value: Any, base: Any) -> tuple[str, str]:
        """An object of a class derived from a built-in, read as that built-in."""
        if base in _BRACKETS:
            return self._sequence(value, *_BRACKETS[base], list(base.__iter__(value)))
        if base is dict:
            return self._map(value, dict.items(value))
        pair = self._writers[base]({str: str.__str__, int: int.__int__, float: float.__float__}[base](value))
        return pair  # type: ignore[no-any-return] # each writer gives a pair


def stored_fields(value: Any) -> list[tuple[str, Any]] | None:
    """Fields of an object in order, from its slots and its `__dict__`; None where it keeps none that can be read."""
    found: dict[str, Any] = {}
    readable = False
    holder: Any = None
    for base in reversed(type.__getattribute__(type(value), "__mro__")):
        for name, entry in type.__getattribute__(base, "__dict__").items():
            if name == "__dict__" and base is not type:
                holder = entry  # the last one counts: a class may hide the real one behind code of its own
            elif type(entry) is types.MemberDescriptorType and name != "__weakref__":
                readable = True
                try:
                    found[name] = entry.__get__(value)
                except AttributeError:  # a slot without a value
                    continue
    if type(holder) is types.GetSetDescriptorType:
        readable = True
        held = holder.__get__(value)
        found.update(held if type(held) is dict else {})
    return [(name, item) for name, item in found.items() if type(name) is str] if readable else None


def integer(value: int) -> str:
    """The digits of an integer, or what stands for one that is too large to print in good time."""
    if value.bit_length() > MAX_INT_BITS:
        return f'{{"u":"integer of {value.bit_length()} bits"}}'
    return repr(value)


def floating(value: float) -> str:
    """The wire text of a float."""
    return _NAN if math.isnan(value) else f'{{"f":"{struct.pack(">d", value).hex()}"}}'


def exception_text(raised: BaseException) -> str:
    """The wire text of an exception; its message only where reading that runs no code of the program."""
    kind = type(raised)
    message = ""
    mro = type.__getattribute__(kind, "__mro__")
    own = [base for base in mro if base.__flags__ & _HEAP_TYPE and "__str__" in type.__getattribute__(base, "__dict__")]
    args = BaseException.args.__get__(raised)  # type: ignore[attr-defined] # a descriptor
    if not own and all(type(arg) in (str, int, float, bool, type(None)) for arg in args):
        try:
            message = str(raised)
        except ValueError:  # an integer of thousands of digits
            message = ""
    if kind is RecursionError and message.startswith(_TOO_DEEP):
        message = _TOO_DEEP  # what follows tells where the interpreter happened to notice
    name: str = type.__getattribute__(kind, "__name__")
    return f'{{"x":[{encode_basestring_ascii(name)},{encode_basestring_ascii(message[:1000])}]}}'


def _same(text: str) -> tuple[str, str]:
    return text, text


def _pair(shown: str, whole: str) -> tuple[str, str]:
    return (whole, whole) if shown == whole else (shown, whole)


def _cut(head: str, n_items: int, whole: str) -> str:
    digest = hashlib.md5(whole.encode("ascii"), usedforsecurity=False).hexdigest()[:16]
    return f'{{"cut":[{head},{n_items},"{digest}"]}}'
