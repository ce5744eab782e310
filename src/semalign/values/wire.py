r"""The JSON form of a `Value`: what guests print and what reports keep.

Guests of every language write the same text for the same value, byte for byte, because digests are taken of it:
no spaces, ASCII only, non-ASCII characters as lower-case `\uXXXX` UTF-16 units, the short escapes `\b \t \n \f \r`.

| value | wire |
|---|---|
| null, true, false | `null`, `true`, `false` |
| integer | its decimal digits: `-5`; with a width where it must be kept: `{"i":["-5",32]}` |
| integer of more than 4,000 digits | `{"i":["digits",null]}`, which JSON readers refuse; bare digits are read too |
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

Guests are not trusted: what is nested deeper than `MOST_LEVELS` or has more than `MOST_DIGITS` digits is read as
unrepresentable, so that reading takes bounded time and comparing what was read a bounded stack.
"""

import hashlib
import json
import re
import struct
from collections.abc import Callable
from decimal import Decimal
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

MOST_LEVELS = 128  # of nesting; three Python frames each are well inside the interpreter's own limit
MOST_DIGITS = 20_000  # conversion takes time quadratic in these
_PLAIN_DIGITS = 4_000  # Python refuses to convert more than 4,300 at once
_PLAIN = 10**_PLAIN_DIGITS


def wire(value: Value) -> str:
    r"""The wire text of a value.

    >>> wire(List((Int(1), Float(0.5), Text("é"))))
    '[1,{"f":"3fe0000000000000"},"\\u00e9"]'
    """
    return _text(encode(value))


def read(text: str) -> Value:
    """The value of a wire text; `read(wire(v)) == v`, the items of a set in the order of their wire texts.

    Raises:
        ConfigError: it is not JSON, or not the form of any value.
    """
    try:
        tree = load(text)
    except ValueError as exc:
        raise ConfigError(f"a value must be JSON: {exc}") from exc
    return decode(tree)


def load(text: str | bytes) -> type_json:
    """The JSON tree of a text, for `decode`: integers may have any number of digits.

    Raises:
        ValueError: it is not JSON, or nested deeper than the interpreter can follow.
    """
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


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
            return v if width is None and abs(v) < _PLAIN else {"i": [_digits(v), width]}
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
    return _decode(tree, 0)


def _decode(tree: type_json, level: int) -> Value:
    if level > MOST_LEVELS:
        return Unrepresentable(f"nested deeper than {MOST_LEVELS} levels")
    match tree:
        case None:
            return Null()
        case bool():
            return Bool(tree)
        case int():
            return Int(tree)
        case str():
            return Text(tree)
        case float():
            return Float(tree)
        case list():
            return List(_all(tree, level))
        case Unrepresentable():  # an integer that `load` refused
            return tree
        case dict() if len(tree) == 1:
            ((tag, body),) = tree.items()
            return _tagged(tag, body, level)
        case _:
            raise ConfigError(f"a {type(tree).__name__} is not the form of a value; see semalign.values.wire")


def _all(trees: type_json, level: int) -> tuple[Value, ...]:
    return tuple([_decode(tree, level + 1) for tree in _typed(trees, list)])


def _tagged(tag: str, body: type_json, level: int) -> Value:
    reader = _READERS.get(tag)
    if reader is None:
        raise ConfigError(f"{tag[:20]!r} is not the tag of a value; see semalign.values.wire")
    try:
        return reader(body, level)
    except (TypeError, ValueError, struct.error) as exc:
        raise ConfigError(f"malformed value {{{tag!r}: ...}}: {exc}") from exc


def _typed(tree: type_json, kind: type) -> type_json:
    if type(tree) is not kind:  # not isinstance: `true` is no integer here
        raise TypeError(f"need a {kind.__name__}, got a {type(tree).__name__}")
    return tree


def _digits(value: int) -> str:
    return str(value) if abs(value) < _PLAIN else str(Decimal(value))


def _integer(digits: str) -> int | Unrepresentable:
    """Through `Decimal` where they are many, which has no limit of its own."""
    if len(digits) > MOST_DIGITS:
        return Unrepresentable(f"an integer of {len(digits):,} digits")
    return int(digits) if len(digits) <= _PLAIN_DIGITS else int(Decimal(digits))


def _bits(value: float) -> str:
    return "7ff8000000000000" if value != value else struct.pack(">d", value).hex()


def _float(body: type_json, width: int) -> Float:
    (value,) = struct.unpack(">d", bytes.fromhex(_typed(body, str)))
    return Float(value, width)


def _int(body: type_json) -> Int | Unrepresentable:
    digits, width = _typed(body, list)
    if not re.fullmatch(r"-?[0-9]+", digits):
        raise ValueError("need decimal digits")
    value = _integer(digits)
    return Int(value, width if width is None else _typed(width, int)) if isinstance(value, int) else value


def _char(body: type_json) -> Char:
    if len(_typed(body, str)) != 1:
        raise ValueError("need one character")
    return Char(body)


def _record(body: type_json, level: int) -> Record:
    name, fields = _typed(body, list)
    named = [(_typed(field, str), _decode(item, level + 1)) for field, item in _pairs(fields)]
    return Record(_typed(name, str), tuple(named))


def _map(body: type_json, level: int) -> Map:
    return Map(tuple([(_decode(key, level + 1), _decode(item, level + 1)) for key, item in _pairs(body)]))


def _pairs(body: type_json) -> list[tuple[type_json, type_json]]:
    return [(left, right) for left, right in (_typed(pair, list) for pair in _typed(body, list))]


def _table(body: type_json, level: int) -> Table:
    columns, rows = _typed(body, list)
    table = Table(
        tuple(_typed(name, str) for name in _typed(columns, list)),
        tuple(_all(row, level + 1) for row in _typed(rows, list)),
    )
    if any(len(row) != len(table.columns) for row in table.rows):
        raise ValueError("a row is not as wide as the table")
    return table


def _raised(body: type_json) -> Raised:
    name, message = _typed(body, list)
    return Raised(_typed(name, str), _typed(message, str))


def _cut(body: type_json, level: int) -> Cut:
    head, n_items, text = _typed(body, list)
    return Cut(_decode(head, level + 1), _typed(n_items, int), _typed(text, str))


_READERS: dict[str, Callable[[type_json, int], Value]] = {
    "i": lambda body, level: _int(body),
    "f": lambda body, level: _float(body, 64),
    "f4": lambda body, level: _float(body, 32),
    "c": lambda body, level: _char(body),
    "b": lambda body, level: Bytes(bytes.fromhex(_typed(body, str))),
    "t": lambda body, level: Tuple(_all(body, level)),
    "S": lambda body, level: Set(_all(body, level)),
    "m": _map,
    "R": _record,
    "T": _table,
    "x": lambda body, level: _raised(body),
    "o": lambda body, level: Opaque(_typed(body, str)),
    "r": lambda body, level: BackRef(_typed(body, int)),
    "cut": _cut,
    "u": lambda body, level: Unrepresentable(_typed(body, str)),
}
