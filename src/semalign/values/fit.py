"""Types meeting, and values taking the form that a type asks for, where that loses nothing.

A contract between two programs is what both can hold: of an `int` and a `long` the `int`, of a `String` and a `char[]`
a text. The same argument then goes to each side in its own form.
"""

from collections.abc import Sequence
from dataclasses import replace

from semalign.values.model import Bool, Char, Float, Int, List, Map, Null, Record, Set, Text, Tuple, Value
from semalign.values.types import UNKNOWN, Kind, Type

_CHARS = Type(kind=Kind.LIST, items=(Type(kind=Kind.CHAR),))


def meet(a: Type, b: Type) -> Type | None:
    """The type of the values that both hold; None where they share none. An unknown type holds everything.

    >>> meet(Type(kind=Kind.INT, width_bits=64), Type(kind=Kind.INT, width_bits=32)).width_bits
    32
    """
    if a.kind is Kind.UNKNOWN:
        return b
    if b.kind is Kind.UNKNOWN:
        return a
    if a.kind is b.kind:
        return _meet_alike(a, b)
    kinds = {a.kind, b.kind}
    for narrow, wide in _HOLDS:
        if kinds == {narrow, wide}:
            return a if a.kind is narrow else b
    if kinds == {Kind.TEXT, Kind.LIST}:
        text, chars = (a, b) if a.kind is Kind.TEXT else (b, a)
        return text if meet(chars, _CHARS) is not None else None
    if kinds == {Kind.TUPLE, Kind.LIST}:
        fixed, free = (a, b) if a.kind is Kind.TUPLE else (b, a)
        places = [meet(item, free.items[0] if free.items else UNKNOWN) for item in fixed.items]
        return _with_items(fixed, places)
    return None


_HOLDS = ((Kind.CHAR, Kind.TEXT), (Kind.INT, Kind.FLOAT), (Kind.BOOL, Kind.INT))
"""Narrow and wide: whatever the first holds, the second can."""


def _meet_alike(a: Type, b: Type) -> Type | None:
    if a.kind in (Kind.INT, Kind.FLOAT):
        widths = [width for width in (a.width_bits, b.width_bits) if width is not None]
        return replace(a, width_bits=min(widths, default=None), signed=a.signed and b.signed)
    if a.kind in (Kind.LIST, Kind.SET, Kind.MAP, Kind.TUPLE):
        if not a.items or not b.items:
            return a if a.items else b
        if len(a.items) != len(b.items):
            return None
        return _with_items(a, [meet(one, other) for one, other in zip(a.items, b.items, strict=True)])
    if a.kind is Kind.RECORD and a.fields and b.fields and len(a.fields) != len(b.fields):
        return None
    return replace(a, nullable=a.nullable and b.nullable)


def _with_items(kind: Type, items: Sequence[Type | None]) -> Type | None:
    known = [item for item in items if item is not None]
    return replace(kind, items=tuple(known)) if len(known) == len(items) else None


def fit(value: Value, kind: Type) -> Value:
    """The value in the form that the type asks for; as it is where it has no such form.

    >>> fit(Int(3), Type(kind=Kind.FLOAT))
    Float(value=3.0, width_bits=64)
    """
    match kind.kind, value:
        case Kind.FLOAT, Int(v, _) if abs(v) <= 1 << 53:
            return Float(float(v))
        case Kind.INT, Bool(v):
            return Int(int(v))
        case Kind.BOOL, Int(v, _) if v in (0, 1):
            return Bool(bool(v))
        case Kind.CHAR, Text(v) if len(v) == 1:
            return Char(v)
        case Kind.TEXT, Char(v):
            return Text(v)
        case Kind.TEXT, List(items) if items and all(isinstance(item, Char | Text) for item in items):
            return Text("".join(item.value for item in items if isinstance(item, Char | Text)))
        case Kind.LIST, Text(v) if kind.items and kind.items[0].kind is Kind.CHAR:
            return List(tuple(map(Char, v)))
        case _:
            return _fit_compound(value, kind)


def _fit_compound(value: Value, kind: Type) -> Value:
    item = kind.items[0] if kind.items else UNKNOWN
    match kind.kind, value:
        case Kind.LIST, List(items) | Tuple(items):
            return List(tuple(fit(one, item) for one in items))
        case Kind.TUPLE, List(items) | Tuple(items):
            places = kind.items if len(kind.items) == len(items) else (UNKNOWN,) * len(items)
            return Tuple(tuple(map(fit, items, places)))
        case Kind.SET, Set(items) | List(items):
            return Set(tuple(fit(one, item) for one in items))
        case Kind.MAP, Map(pairs) if len(kind.items) == 2:
            return Map(tuple((fit(key, item), fit(one, kind.items[1])) for key, one in pairs))
        case Kind.RECORD, Record(name, fields):
            types = dict(kind.fields)
            return Record(name, tuple((field, fit(one, types.get(field, UNKNOWN))) for field, one in fields))
        case _:
            return value


def holds(kind: Type, value: Value) -> bool:
    """The type can hold the value as it stands, after `fit`.

    >>> holds(Type(kind=Kind.INT, width_bits=32), Int(2**31))
    False
    """
    match kind.kind, value:
        case Kind.UNKNOWN, _:
            return True
        case _, Null():
            return kind.nullable or kind.kind in (Kind.VOID, Kind.RECORD)
        case Kind.INT, Int(v, _):
            return kind.width_bits is None or _in_width(v, kind.width_bits, signed=kind.signed)
        case Kind.LIST | Kind.SET, List(items) | Set(items):
            return not kind.items or all(holds(kind.items[0], item) for item in items)
        case Kind.TUPLE, Tuple(items):
            return len(items) == len(kind.items) and all(map(holds, kind.items, items))
        case Kind.MAP, Map(pairs):
            return len(kind.items) != 2 or all(
                holds(kind.items[0], key) and holds(kind.items[1], one) for key, one in pairs
            )
        case _:
            return _PLAIN.get(kind.kind) is type(value)


_PLAIN: dict[Kind, type] = {
    Kind.BOOL: Bool,
    Kind.FLOAT: Float,
    Kind.CHAR: Char,
    Kind.TEXT: Text,
    Kind.RECORD: Record,
}


def _in_width(value: int, width_bits: int, *, signed: bool) -> bool:
    if signed:
        return -(1 << (width_bits - 1)) <= value < 1 << (width_bits - 1)
    return 0 <= value < 1 << width_bits


def type_of(values: Sequence[Value]) -> Type:
    """The narrowest type that holds all the values; unknown where they share none, or there are none.

    Integers have no width here: what was seen says little of what may come.

    >>> type_of([List((Int(1),)), List(())]).items[0].kind
    <Kind.INT: 'int'>
    """
    seen = [_type_of(value) for value in values]
    joined = UNKNOWN
    for kind in seen:
        wider = _join(joined, kind)
        if wider is None:
            return UNKNOWN
        joined = wider
    return joined


def _type_of(value: Value) -> Type:
    match value:
        case Bool():
            return Type(kind=Kind.BOOL)
        case Int(_, width):
            return Type(kind=Kind.INT, width_bits=width)
        case Float(_, width):
            return Type(kind=Kind.FLOAT, width_bits=width)
        case Char():
            return Type(kind=Kind.CHAR)
        case Text():
            return Type(kind=Kind.TEXT)
        case List(items):
            return Type(kind=Kind.LIST, items=(type_of(items),))
        case Set(items):
            return Type(kind=Kind.SET, items=(type_of(items),))
        case Tuple(items):
            return Type(kind=Kind.TUPLE, items=tuple(map(_type_of, items)))
        case Map(pairs):
            return Type(kind=Kind.MAP, items=(type_of([k for k, _ in pairs]), type_of([v for _, v in pairs])))
        case _:
            return UNKNOWN


def _join(a: Type, b: Type) -> Type | None:
    """The narrowest type that holds what either does."""
    if a.kind is Kind.UNKNOWN or b.kind is Kind.UNKNOWN:
        return b if a.kind is Kind.UNKNOWN else a
    if a.kind is not b.kind:
        for narrow, wide in _HOLDS:
            if {a.kind, b.kind} == {narrow, wide}:
                return a if a.kind is wide else b
        return None
    if a.items and len(a.items) == len(b.items):
        return _with_items(a, [_join(one, other) for one, other in zip(a.items, b.items, strict=True)])
    return replace(a, width_bits=max(a.width_bits, b.width_bits) if a.width_bits and b.width_bits else None)
