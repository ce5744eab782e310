"""Whether two values are the same under a declared `Policy`, and if not, where they first differ.

Differs from `==` on values: `==` is identity of the data (widths and kinds included) and is for tests and caches;
`equal` is sameness of meaning between two programs. *Unrepresentable* is equal to nothing, itself included.
"""

import math
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
T = TypeVar("T")


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
        return (_bags if policy.unordered else _sequences)(left, right, policy, path)
    match a, b:
        case Tuple(items), Tuple(others):
            return (_bags if policy.unordered else _sequences)(items, others, policy, path)
        case Set(items), Set(others):
            return _bags(items, others, policy, path)
        case Map(pairs), Map(others):
            return (_ordered_maps if policy.map_order else _maps)(pairs, others, policy, path)
        case Record(), Record():
            return _records(a, b, policy, path)
        case Table(), Table() if len(a.columns) == len(b.columns):
            return _tables(a, b, policy, path)
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
            return ("record", *sorted((place, key(item, policy)) for place, (_, item) in _fields(fields)))
        case Table(columns, rows):
            cells = [tuple(key(cell, policy) for cell in row) for row in rows]
            return ("table", len(columns), *(sorted(cells, key=repr) if policy.unordered else cells))
        case Cut(_, n_items, text):
            return ("cut", n_items, text)
        case _:
            return _scalar_key(value, policy)


def _scalar_key(value: Value, policy: Policy) -> type_key:
    match value:
        case Bool(v):
            return ("int", int(v)) if policy.bool_as_int else ("bool", v)
        case Int(v, _):
            return _int_key(v, policy)
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


def _int_key(value: int, policy: Policy) -> type_key:
    value = value if policy.int_width is None else value % (1 << policy.int_width)
    # Keys are ordered by their repr, which Python refuses for integers of more than 4,300 digits.
    return ("int", value if value.bit_length() <= 1024 else hex(value))


def _float_key(value: float, width: int, policy: Policy) -> type_key:
    if math.isnan(value):
        return ("float", "nan")
    if value == 0 and policy.abs_tol == 0 and not policy.int_as_float:
        return ("float", math.copysign(0.0, value).hex())
    tolerance = max(policy.rel_tol, policy.single_rel_tol if width == 32 else 0.0)
    if tolerance > 0 and math.isfinite(value):
        # One digit more than the tolerance has, so that two values that round to the same are within it.
        value = float(f"{value:.{max(1, math.ceil(1 - math.log10(tolerance)))}g}")
    if policy.int_as_float and value.is_integer():
        return _int_key(int(value), policy)
    return ("float", (value + 0.0 if policy.abs_tol else value).hex())


def _same_scalar(a: Value, b: Value, policy: Policy) -> bool:
    if isinstance(a, Float) and isinstance(b, Float):
        return _same_float(a, b, policy)
    if policy.int_as_float and isinstance(a, Int | Float | Bool) and isinstance(b, Int | Float | Bool):
        return _same_number(a, b, policy)
    return key(a, policy) == key(b, policy)


def _same_number(a: Int | Float | Bool, b: Int | Float | Bool, policy: Policy) -> bool:
    if _scalar_key(a, policy) == _scalar_key(b, policy):
        return True
    if not isinstance(a, Float) and not isinstance(b, Float):
        return False
    if (isinstance(a, Bool) or isinstance(b, Bool)) and not policy.bool_as_int:
        return False
    if not (policy.rel_tol or policy.abs_tol or policy.ulp):  # keys are exact then; doubles are not, past 2**53
        return False
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
    if policy.text is TextRule.ANY:
        return ""
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
    return _longer(a, b, path)


def _longer(a: Sequence[Value], b: Sequence[Value], path: str) -> Difference | None:
    """The first item that only the longer one has."""
    if len(a) == len(b):
        return None
    shorter = min(len(a), len(b))
    return Difference(
        f"{path}[{shorter}]", a[shorter] if shorter < len(a) else None, b[shorter] if shorter < len(b) else None
    )


def _bags(a: Sequence[Value], b: Sequence[Value], policy: Policy, path: str) -> Difference | None:
    lonely, left = _paired(a, b, lambda item: key(item, policy), lambda one, other: equal(one, other, policy))
    if lonely is not None:
        return Difference(f"{path}[{lonely}]", a[lonely], None)
    return Difference(f"{path}[{len(a)}]", None, b[left[0]]) if left else None


def _paired(
    a: Sequence[T], b: Sequence[T], key_of: Callable[[T], type_key], same: Callable[[T, T], bool]
) -> tuple[int | None, list[int]]:
    """The place of the first item of `a` without a partner in `b` (None: each has one), and places left over in `b`.

    Those with equal keys go first, so it is fast, and exact where no tolerance makes pairs ambiguous.
    """
    places = defaultdict(list)
    for j, other in enumerate(b):
        places[key_of(other)].append(j)
    waiting = []
    for i, one in enumerate(a):
        found = places[key_of(one)]
        if found and same(one, b[found[-1]]):
            found.pop()
        else:
            waiting.append(i)
    left = sorted(j for found in places.values() for j in found)
    for i in waiting:
        near = next((j for j in left if same(a[i], b[j])), None)
        if near is None:
            return i, left
        left.remove(near)
    return None, left


def _maps(
    a: Sequence[tuple[Value, Value]], b: Sequence[tuple[Value, Value]], policy: Policy, path: str
) -> Difference | None:
    lonely, left = _paired(
        a,
        b,
        lambda pair: (key(pair[0], policy), key(pair[1], policy)),
        lambda one, other: equal(one[0], other[0], policy) and equal(one[1], other[1], policy),
    )
    if lonely is None:
        return Difference(f"{path}[{label(b[left[0]][0])}]", None, b[left[0]][1]) if left else None
    wanted, one = a[lonely]
    place = f"{path}[{label(wanted)}]"
    rivals = (b[j][1] for j in left if equal(wanted, b[j][0], policy))
    return next((first_difference(one, rival, policy, place) for rival in rivals), Difference(place, one, None))


def _ordered_maps(
    a: Sequence[tuple[Value, Value]], b: Sequence[tuple[Value, Value]], policy: Policy, path: str
) -> Difference | None:
    for i, ((one_key, one), (other_key, other)) in enumerate(zip(a, b, strict=False)):
        found = first_difference(one_key, other_key, policy, f"{path}{{key {i}}}")
        if found := found or first_difference(one, other, policy, f"{path}[{label(one_key)}]"):
            return found
    for extra, item in a[len(b) :]:
        return Difference(f"{path}[{label(extra)}]", item, None)
    for extra, item in b[len(a) :]:
        return Difference(f"{path}[{label(extra)}]", None, item)
    return None


def _records(a: Record, b: Record, policy: Policy, path: str) -> Difference | None:
    others = dict(_fields(b.fields))
    for place, (name, item) in _fields(a.fields):
        if place not in others:
            return Difference(f"{path}.{name}", item, None)
        if found := first_difference(item, others.pop(place)[1], policy, f"{path}.{name}"):
            return found
    return next((Difference(f"{path}.{name}", None, item) for name, item in others.values()), None)


def _fields(fields: Sequence[tuple[str, Value]]) -> Iterator[tuple[tuple[str, int], tuple[str, Value]]]:
    """Each field under its bare name and which of that name it is: `_x` beside `x` are two fields."""
    seen: Counter[str] = Counter()
    for name, item in fields:
        bare = _field_name(name)
        yield (bare, seen[bare]), (name, item)
        seen[bare] += 1


def _tables(a: Table, b: Table, policy: Policy, path: str) -> Difference | None:
    """Rows in order, or as a bag; columns by place, whatever they are called."""
    one, other = [List(row) for row in a.rows], [List(row) for row in b.rows]
    if policy.unordered:
        lonely, left = _paired(
            a.rows,
            b.rows,
            lambda row: tuple(key(cell, policy) for cell in row),
            lambda cells, others: _sequences(cells, others, policy, "") is None,
        )
        if lonely is not None:
            return Difference(f"{path}[{lonely}]", one[lonely], None)
        return Difference(f"{path}[{len(one)}]", None, other[left[0]]) if left else None
    for i, (cells, others) in enumerate(zip(a.rows, b.rows, strict=False)):
        if found := _sequences(cells, others, policy, f"{path}[{i}]"):
            return found
    return _longer(one, other, path)


def _field_name(name: str) -> str:
    return name.replace("_", "").lower()


def label(value: Value) -> str:
    """A map key in a path: its number or text where it is short, else its kind."""
    match value:
        case Int(v, _) if abs(v) < 10**40:
            return str(v)
        case Text(v) | Char(v) if len(v) <= 40:
            return repr(v)
        case _:
            return type(value).__name__.lower()
