"""Whether two values are the same under a declared `Policy`, and if not, where they first differ.

Differs from `==` on values: `==` is identity of the data (widths and kinds included) and is for tests and caches;
`equal` is sameness of meaning between two programs. *Unrepresentable* is equal to nothing, itself included.
"""

import math
import struct
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from semalign.values.exceptions import exception_kind
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
    Raised,
    Record,
    Set,
    Table,
    Text,
    Tuple,
    Unrepresentable,
    Value,
)
from semalign.values.policy import ExceptionRule, Policy, TextRule

type_key = tuple[Hashable, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where two values differ: the path from the root, and what stands there on either side.

    None on one side: there is nothing at that place.
    """

    path: str  # "" at the root; `[3].name`
    expected: Value | None
    actual: Value | None


def equal(a: Value, b: Value, policy: Policy) -> bool:
    """The two values mean the same.

    >>> equal(Int(3), Float(3.0), Policy()), equal(Int(3), Float(3.0), Policy(int_as_float=True))
    (False, True)
    """
    return first_difference(a, b, policy) is None


def first_difference(a: Value, b: Value, policy: Policy, path: str = "") -> Difference | None:
    """The first difference in reading order, or None when there is none; `a` is what was expected.

    >>> first_difference(List((Int(1), Int(2))), List((Int(1), Int(5))), Policy()).path
    '[1]'
    """
    if isinstance(a, Unrepresentable) or isinstance(b, Unrepresentable):
        return Difference(path, a, b)
    left, right = _sequence(a, policy), _sequence(b, policy)
    if left is not None and right is not None:
        if policy.unordered:
            return _bags(left, right, policy, path)
        return _sequences(left, right, policy, path)
    match a, b:
        case Set(items), Set(others):
            return _bags(items, others, policy, path)
        case Map(pairs), Map(others):
            return _maps(pairs, others, policy, path)
        case Record(), Record():
            return _records(a, b, policy, path)
        case Table(columns, rows), Table(other_columns, other_rows) if len(columns) == len(other_columns):
            one = tuple(List(row) for row in rows)
            return (_bags if policy.unordered else _sequences)(
                one, tuple(List(row) for row in other_rows), policy, path
            )
        case _:
            return None if _same_scalar(a, b, policy) else Difference(path, a, b)


def key(value: Value, policy: Policy) -> type_key:
    """A hashable stand-in: equal keys mean equal values, and with no tolerance the reverse holds too.

    With a tolerance floats are rounded to it, so two near values can still have different keys: then ask `equal`.
    Not for: *unrepresentable* values, whose keys are equal although the values never are.
    """
    match value:
        case List(items) | Tuple(items):
            name = "list" if policy.tuple_as_list or isinstance(value, List) else "tuple"
            inner = [key(item, policy) for item in items]
            return (name, *(sorted(inner, key=repr) if policy.unordered else inner))
        case Set(items):
            return ("set", *sorted((key(item, policy) for item in items), key=repr))
        case Map(pairs):
            both = [(key(k, policy), key(v, policy)) for k, v in pairs]
            return ("map", *(both if policy.map_order else sorted(both, key=repr)))
        case Record(_, fields):
            return ("record", *sorted((_field_name(name), key(item, policy)) for name, item in fields))
        case Table(_, rows):
            cells = [tuple(key(cell, policy) for cell in row) for row in rows]
            return ("table", *(sorted(cells, key=repr) if policy.unordered else cells))
        case Cut(_, n_items, text):
            return ("cut", n_items, text)
        case _:
            return _scalar_key(value, policy)


def _scalar_key(value: Value, policy: Policy) -> type_key:
    match value:
        case Bool(v):
            return ("int", int(v)) if policy.bool_as_int else ("bool", v)
        case Int(v, _):
            return ("int", v if policy.int_width is None else v % (1 << policy.int_width))
        case Float(v, width):
            return _float_key(v, width, policy)
        case Char(v):
            return ("text" if policy.char_as_text else "char", _text(v, policy))
        case Text(v):
            return ("text", _text(v, policy))
        case Raised(name, _):
            return ("raised", _exception(name, policy))
        case Bytes(v):
            return ("bytes", v)
        case BackRef(levels):
            return ("back", levels)
        case _:  # null, opaque, unrepresentable: nothing inside to tell them apart
            return (type(value).__name__,)


def _float_key(value: float, width: int, policy: Policy) -> type_key:
    if math.isnan(value):
        return ("float", "nan")
    if value == 0 and policy.abs_tol == 0 and not policy.int_as_float:
        return ("float", math.copysign(0.0, value).hex())
    tolerance = max(policy.rel_tol, policy.single_rel_tol if width == 32 else 0.0)
    if tolerance > 0 and math.isfinite(value):
        value = float(f"{value:.{max(1, round(-math.log10(tolerance)))}g}")
    if policy.int_as_float and value.is_integer():
        return ("int", int(value) if policy.int_width is None else int(value) % (1 << policy.int_width))
    return ("float", (value + 0.0 if policy.abs_tol else value).hex())


def _same_scalar(a: Value, b: Value, policy: Policy) -> bool:
    if isinstance(a, Float) and isinstance(b, Float):
        return _same_float(a, b, policy)
    if policy.int_as_float and isinstance(a, Int | Float | Bool) and isinstance(b, Int | Float | Bool):
        return _same_number(a, b, policy)
    return key(a, policy) == key(b, policy)


def _same_number(a: Int | Float | Bool, b: Int | Float | Bool, policy: Policy) -> bool:
    if not isinstance(a, Float) and not isinstance(b, Float):
        return _scalar_key(a, policy) == _scalar_key(b, policy)
    if (isinstance(a, Bool) or isinstance(b, Bool)) and not policy.bool_as_int:
        return False
    if a.value == b.value:  # exact in Python, also past 2**53
        return True
    try:
        return _near(float(a.value), float(b.value), policy)
    except OverflowError:  # an integer beyond the largest double is near no float
        return False


def _same_float(a: Float, b: Float, policy: Policy) -> bool:
    x, y = a.value, b.value
    if math.isnan(x) or math.isnan(y):
        return math.isnan(x) and math.isnan(y)
    if math.isinf(x) or math.isinf(y):
        return x == y
    if x == y:
        zeros_differ = x == 0 and math.copysign(1, x) != math.copysign(1, y)
        return not zeros_differ or policy.abs_tol > 0 or policy.int_as_float
    return _near(x, y, policy, single=32 in (a.width_bits, b.width_bits))


def _near(x: float, y: float, policy: Policy, *, single: bool = False) -> bool:
    """Within any one of the tolerances; nothing but itself is near an infinity or NaN."""
    rel_tol = max(policy.rel_tol, policy.single_rel_tol if single else 0.0)
    return math.isclose(x, y, rel_tol=rel_tol, abs_tol=policy.abs_tol) or (
        0 < policy.ulp >= abs(_rank(x) - _rank(y)) and math.isfinite(x) and math.isfinite(y)
    )


def _rank(value: float) -> int:
    """Position among all doubles, so that neighbours differ by 1."""
    (bits,) = struct.unpack(">q", struct.pack(">d", value))
    return int(bits) if bits >= 0 else -(bits & 0x7FFFFFFFFFFFFFFF)


def _text(text: str, policy: Policy) -> str:
    if policy.text is TextRule.TRIMMED:
        return "\n".join(line.rstrip() for line in text.split("\n")).rstrip("\n")
    return text


def _exception(name: str, policy: Policy) -> str:
    match policy.exceptions:
        case ExceptionRule.ANY:
            return ""
        case ExceptionRule.NAME:
            return name.rsplit(".", 1)[-1].rsplit("::", 1)[-1]
        case ExceptionRule.KIND:
            return exception_kind(name)


def _sequence(value: Value, policy: Policy) -> tuple[Value, ...] | None:
    """The items of what counts as a list under the policy."""
    match value:
        case List(items):
            return items
        case Tuple(items) if policy.tuple_as_list:
            return items
        case _:
            return None


def _sequences(a: Sequence[Value], b: Sequence[Value], policy: Policy, path: str) -> Difference | None:
    for i, (one, other) in enumerate(zip(a, b, strict=False)):
        if found := first_difference(one, other, policy, f"{path}[{i}]"):
            return found
    if len(a) == len(b):
        return None
    shorter = min(len(a), len(b))
    return Difference(
        f"{path}[{shorter}]", a[shorter] if shorter < len(a) else None, b[shorter] if shorter < len(b) else None
    )


def _bags(a: Sequence[Value], b: Sequence[Value], policy: Policy, path: str) -> Difference | None:
    """Each item of `a` takes the first equal one that is left in `b`; exact where no tolerance makes it ambiguous."""
    left = list(b)
    for i, one in enumerate(a):
        for j, other in enumerate(left):
            if equal(one, other, policy):
                del left[j]
                break
        else:
            return Difference(f"{path}[{i}]", one, None)
    return Difference(f"{path}[{len(a)}]", None, left[0]) if left else None


def _maps(
    a: Sequence[tuple[Value, Value]], b: Sequence[tuple[Value, Value]], policy: Policy, path: str
) -> Difference | None:
    if policy.map_order:
        return _sequences([List(pair) for pair in a], [List(pair) for pair in b], policy, path)
    left = list(b)
    for one_key, one in a:
        place = f"{path}[{label(one_key)}]"
        for j, (other_key, other) in enumerate(left):
            if equal(one_key, other_key, policy):
                if found := first_difference(one, other, policy, place):
                    return found
                del left[j]
                break
        else:
            return Difference(place, one, None)
    return Difference(f"{path}[{label(left[0][0])}]", None, left[0][1]) if left else None


def _records(a: Record, b: Record, policy: Policy, path: str) -> Difference | None:
    others = {_field_name(name): item for name, item in b.fields}
    for name, item in a.fields:
        other = others.pop(_field_name(name), None)
        if other is None:
            return Difference(f"{path}.{name}", item, None)
        if found := first_difference(item, other, policy, f"{path}.{name}"):
            return found
    return next((Difference(f"{path}.{name}", None, item) for name, item in others.items()), None)


def _field_name(name: str) -> str:
    return name.replace("_", "").lower()


def label(value: Value) -> str:
    """A map key in a path: its number or text where it is short, else its kind."""
    match value:
        case Int(v, _):
            return str(v)
        case Text(v) | Char(v):
            return repr(v)
        case _:
            return type(value).__name__.lower()
