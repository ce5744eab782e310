r"""The JSON form of a `Value`: what guests print and what reports keep.

Guests of every language write the same text for the same value, byte for byte, because digests are taken of it:
no spaces, ASCII only, non-ASCII characters as lower-case `\uXXXX` UTF-16 units, the short escapes `\b \t \n \f \r`.

| value | wire |
|---|---|
| null, true, false | `null`, `true`, `false` |
| integer | its decimal digits: `-5`; with a width where it must be kept: `{"i":["-5",32]}` |
| float | the 16 hex digits of the IEEE 754 double, one NaN: `{"f":"3ff0000000000000"}`; `f4` if single, widened |
| char | `{"c":"a"}` |
| text | `"abc"` |
| bytes | `{"b":"00ff"}` |
| list | `[1,2]` |
| tuple | `{"t":[1,2]}` |
| set | `{"S":[1,2]}`, elements sorted by their wire text |
| map | `{"m":[[key,value],...]}`, in iteration order |
| record | `{"R":["Node",[["next",null],["value",3]]]}`, fields in order of declaration |
| table | `{"T":[["a"],[[1],[2]]]}` |
| exception | `{"x":["ValueError","message"]}` |
| opaque | `{"o":"generator"}` |
| back reference | `{"r":1}` |
| cut | `{"cut":[head,n_items,"16 hex digits"]}`: the first 8 bytes of the MD5 of the whole value's wire text |
| unrepresentable | `{"u":"reason"}` |
"""

import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any

from semalign.core.errors import ConfigError
from semalign.values.model import (
    BackRef,
    Bool,
    Bytes,
    Char,
    Cut,
    Float,
    Int,
    List,
    Map,
    Null,
    Opaque,
    Raised,
    Record,
    Set,
    Table,
    Text,
    Tuple,
    Unrepresentable,
    Value,
)

type_json = Any  # a JSON tree; `decode` checks its shape


def wire(value: Value) -> str:
    r"""The wire text of a value.

    >>> wire(List((Int(1), Float(0.5), Text("é"))))
    '[1,{"f":"3fe0000000000000"},"\\u00e9"]'
    """
    return _text(encode(value))


def read(text: str) -> Value:
    """The value of a wire text; `read(wire(v)) == v`.

    Raises:
        ConfigError: it is not JSON, or not the form of any value.
    """
    try:
        tree = json.loads(text)
    except ValueError as exc:
        raise ConfigError(f"a value must be JSON: {exc}") from exc
    return decode(tree)


def digest(text: str) -> str:
    """The 16 hex digits that stand for a whole value in a `Cut`: of its wire text."""
    return hashlib.md5(text.encode("ascii"), usedforsecurity=False).hexdigest()[:16]


def _text(tree: type_json) -> str:
    return json.dumps(tree, separators=(",", ":"), ensure_ascii=True)


def encode(value: Value) -> type_json:
    """The JSON tree of a value."""
    match value:
        case Null():
            return None
        case Bool(v) | Text(v):
            return v
        case Int(v, width):
            return v if width is None else {"i": [str(v), width]}
        case Float(v, width):
            return {"f4" if width == 32 else "f": _bits(v)}
        case Char(v):
            return {"c": v}
        case Bytes(v):
            return {"b": v.hex()}
        case List(items):
            return [encode(item) for item in items]
        case _:
            return _encode_compound(value)


def _encode_compound(value: Value) -> type_json:
    match value:
        case Tuple(items):
            return {"t": [encode(item) for item in items]}
        case Set(items):
            return {"S": sorted(map(encode, items), key=_text)}
        case Map(pairs):
            return {"m": [[encode(key), encode(item)] for key, item in pairs]}
        case Record(name, fields):
            return {"R": [name, [[field, encode(item)] for field, item in fields]]}
        case Table(columns, rows):
            return {"T": [list(columns), [[encode(cell) for cell in row] for row in rows]]}
        case Raised(name, message):
            return {"x": [name, message]}
        case Opaque(body) | BackRef(body) | Unrepresentable(body):
            return {_TAGS[type(value)]: body}
        case Cut(head, n_items, text):
            return {"cut": [encode(head), n_items, text]}
        case _:
            raise TypeError(f"not a value: {value!r}")


_TAGS: dict[type, str] = {Opaque: "o", BackRef: "r", Unrepresentable: "u"}


def decode(tree: type_json) -> Value:
    """The value of a JSON tree. A bare JSON number with a fraction is taken as a float, for hand-written inputs.

    Raises:
        ConfigError: the tree is not the form of any value.
    """
    if tree is None:
        return Null()
    if isinstance(tree, bool):
        return Bool(tree)
    if isinstance(tree, int):
        return Int(tree)
    if isinstance(tree, str):
        return Text(tree)
    if isinstance(tree, list):
        return List(tuple(map(decode, tree)))
    if isinstance(tree, float):
        return Float(tree)
    if isinstance(tree, dict) and len(tree) == 1:
        ((tag, body),) = tree.items()
        reader = _READERS.get(tag)
        if reader is not None:
            try:
                return reader(body)
            except (TypeError, ValueError, KeyError, struct.error) as exc:
                raise ConfigError(f"malformed value {{{tag!r}: ...}}: {exc}") from exc
    raise ConfigError(f"not the form of a value: {str(tree)[:80]}; see semalign.values.wire for the forms")


def _bits(value: float) -> str:
    return "7ff8000000000000" if value != value else struct.pack(">d", value).hex()


def _float(body: str, width: int = 64) -> Float:
    (value,) = struct.unpack(">d", bytes.fromhex(body))
    return Float(value, width)


_READERS: dict[str, Callable[[type_json], Value]] = {
    "i": lambda body: Int(int(body[0]), body[1]),
    "f": _float,
    "f4": lambda body: _float(body, 32),
    "c": Char,
    "b": lambda body: Bytes(bytes.fromhex(body)),
    "t": lambda body: Tuple(tuple(map(decode, body))),
    "S": lambda body: Set(tuple(map(decode, body))),
    "m": lambda body: Map(tuple((decode(key), decode(item)) for key, item in body)),
    "R": lambda body: Record(body[0], tuple((name, decode(item)) for name, item in body[1])),
    "T": lambda body: Table(tuple(body[0]), tuple(tuple(map(decode, row)) for row in body[1])),
    "x": lambda body: Raised(body[0], body[1]),
    "o": Opaque,
    "r": BackRef,
    "cut": lambda body: Cut(decode(body[0]), int(body[1]), body[2]),
    "u": Unrepresentable,
}
