"""`Plain`: values in the middle of a run, brought into a form where cheap equality is sameness across languages.

Differs from `semalign.values.compare`: there a caller declares the rule and outputs are judged; here the rule is fixed
and lenient (that of `STATES`), because one language's int is another's float, bool or one-letter text, and what is
compared is mostly *what a step changed*, not the whole value. What was never written, as the rest of a local array in
C++, is then never compared.

A plain value is a number, a text, None, a tuple for a sequence, or a tuple that begins with a `_Mark` for the rest.
"""

import enum
import math
from collections.abc import Callable, Hashable
from operator import attrgetter

from semalign.values.compare import key
from semalign.values.model import (
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
from semalign.values.policy import STATES


class _Mark(enum.Enum):
    """What a plain tuple is, when it is not a sequence."""

    UNKNOWN = "unknown"  # could not be captured: equal to everything, evidence of nothing
    SET = "set"
    MAP = "map"
    RECORD = "record"
    CUT = "cut"
    OTHER = "other"


Plain = Hashable

UNKNOWN: Plain = (_Mark.UNKNOWN,)
"""A value of which nothing is known."""

REL_TOL = 1e-6  # floats in the middle of a run: order of summation and single precision must not count
ABS_TOL = 1e-12


_VALUE: Callable[[Value], Plain] = attrgetter("value")
_AS_IT_IS = {Int, Bool, Text, Char}  # Python's True is 1 already


def plain(value: Value) -> Plain:
    """The plain form of a value.

    >>> plain(List((Int(3), Float(3.0), Bool(True), Char("a"), Text("a"))))
    (3, 3, True, 'a', 'a')
    """
    match value:
        case Int(v, _):
            return v
        case List(items) | Tuple(items):
            # Traces are mostly long lists of numbers, so this is the line that decides how long alignment takes.
            return tuple(map(_VALUE if set(map(type, items)) <= _AS_IT_IS else plain, items))
        case Bool(v):
            return v
        case Float(v, _):
            return int(v) if math.isfinite(v) and v.is_integer() else ("nan" if math.isnan(v) else v)
        case Char(v) | Text(v):
            return v
        case Null():
            return None
        case _:
            return _plain_compound(value)


def _plain_compound(value: Value) -> Plain:
    match value:
        case Map(pairs):
            return (_Mark.MAP, frozenset((plain(k), plain(v)) for k, v in pairs))
        case Set(items):
            return (_Mark.SET, frozenset(map(plain, items)))
        case Record(_, fields):
            return (_Mark.RECORD, *sorted((name.replace("_", "").lower(), plain(item)) for name, item in fields))
        case Cut(head, n_items, digest):
            return (_Mark.CUT, plain(head), n_items, digest)
        case Raised() | Bytes() | Table():
            return (_Mark.OTHER, key(value, STATES))
        case Unrepresentable() | Opaque():
            return UNKNOWN
        case _:
            return (_Mark.OTHER, key(value, STATES))


def same(a: Plain, b: Plain) -> bool:
    """The two mean the same, floats within tolerance; what is unknown is the same as anything.

    >>> same(0.1 + 0.2, 0.3), same((1, 2), (1, 3))
    (True, False)
    """
    return a == b or difference(None, a, None, b) is None


def difference(before_a: Plain | None, a: Plain, before_b: Plain | None, b: Plain, path: str = "") -> str | None:
    """The path of the first place that either side changed and where they now differ; None when there is none.

    `before_a` and `before_b` are the values before the step, None where there was none: then everything in it counts
    as changed unless the other side had a value before.

    >>> difference((0, 0, 7), (5, 0, 7), (9, 9, 9), (5, 9, 9)) is None
    True
    >>> difference((0, 0), (5, 0), (0, 0), (6, 0))
    '[0]'
    """
    if a == b or a is UNKNOWN or b is UNKNOWN:
        return None
    if isinstance(a, tuple) and isinstance(b, tuple):
        return _tuples(before_a, a, before_b, b, path)
    if isinstance(a, float | int) and isinstance(b, float | int):
        return None if _near(a, b) else path
    return path


_LARGEST = frozenset({2**31 - 1, 2**31, 2**63 - 1, 2**63, 10**9, 10**18, math.inf, 1.7976931348623157e308})


def _near(a: float | int, b: float | int) -> bool:
    if abs(a) in _LARGEST and abs(b) in _LARGEST and (a > 0) == (b > 0):
        return True  # each program's word for "beyond any value"
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    try:
        return math.isclose(a, b, rel_tol=REL_TOL, abs_tol=ABS_TOL)
    except OverflowError:  # an integer beyond the largest double
        return False


def _mark(value: Plain) -> _Mark | None:
    return value[0] if isinstance(value, tuple) and value and isinstance(value[0], _Mark) else None


def _tuples(
    before_a: Plain | None, a: tuple[Plain, ...], before_b: Plain | None, b: tuple[Plain, ...], path: str
) -> str | None:
    mark_a, mark_b = _mark(a), _mark(b)
    if mark_a is _Mark.UNKNOWN or mark_b is _Mark.UNKNOWN:
        return None
    if mark_a is _Mark.CUT or mark_b is _Mark.CUT:
        return _cuts(before_a, a, before_b, b, path)
    if mark_a is None and mark_b is None:
        return _sequences(before_a, a, before_b, b, path)
    if mark_a is _Mark.MAP and mark_b is _Mark.MAP:
        return _maps(before_a, a, before_b, b, path)
    if mark_a is _Mark.RECORD and mark_b is _Mark.RECORD:
        return _records(a, b, path)
    return path


def _cuts(before_a: Plain | None, a: Plain, before_b: Plain | None, b: Plain, path: str) -> str | None:
    """Only what was kept of either is evidence; what was cut off is not."""
    kept_a, kept_b = _kept(a), _kept(b)
    if isinstance(kept_a, str) and isinstance(kept_b, str):
        shorter = min(len(kept_a), len(kept_b))
        return None if kept_a[:shorter] == kept_b[:shorter] else path
    if _mark(kept_a) is None and _mark(kept_b) is None and isinstance(kept_a, tuple) and isinstance(kept_b, tuple):
        shorter = min(len(kept_a), len(kept_b))
        return _sequences(_kept(before_a), kept_a[:shorter], _kept(before_b), kept_b[:shorter], path)
    return None  # the kept part of a set or map is no fixed part of it


def _kept(value: Plain | None) -> Plain | None:
    return value[1] if isinstance(value, tuple) and _mark(value) is _Mark.CUT else value


def _sequences(
    before_a: Plain | None, a: tuple[Plain, ...], before_b: Plain | None, b: tuple[Plain, ...], path: str
) -> str | None:
    old_a, old_b = _items(before_a), _items(before_b)
    fresh = old_a is None and old_b is None
    resized = (old_a is not None and len(old_a) != len(a)) or (old_b is not None and len(old_b) != len(b))
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x == y or (fresh and (x is None or y is None)):  # a place without a value yet
            continue
        was_x = old_a[i] if old_a is not None and i < len(old_a) else None
        was_y = old_b[i] if old_b is not None and i < len(old_b) else None
        changed = (old_a is not None and x != was_x) or (old_b is not None and y != was_y)
        if (fresh or changed) and (found := difference(was_x, x, was_y, y, f"{path}[{i}]")) is not None:
            return found
    if len(a) != len(b) and (fresh or resized):
        shorter = min(len(a), len(b))
        rest = a[shorter:] if len(a) > len(b) else b[shorter:]
        # An array made in full beside a list that grows: what is not yet used holds nothing.
        return f"{path}[{shorter}]" if any(item and item is not UNKNOWN for item in rest) else None
    return None


def _items(before: Plain | None) -> tuple[Plain, ...] | None:
    return before if isinstance(before, tuple) and _mark(before) is None else None


def _maps(
    before_a: Plain | None, a: tuple[Plain, ...], before_b: Plain | None, b: tuple[Plain, ...], path: str
) -> str | None:
    pairs_a, pairs_b = _pairs(a), _pairs(b)
    old_a, old_b = _pairs(before_a), _pairs(before_b)
    fresh = not old_a and not old_b
    for name in sorted(pairs_a.keys() | pairs_b.keys(), key=repr):  # a set has no order to rely on
        # A key that is absent counts as one that holds nothing: C++ `m[k]` and a `defaultdict` insert it on reading.
        x, y = pairs_a.get(name, 0), pairs_b.get(name, 0)
        if x == y or (not x and not y):
            continue
        changed = x != old_a.get(name, 0) or y != old_b.get(name, 0)
        if (fresh or changed) and difference(old_a.get(name), x, old_b.get(name), y) is not None:
            return f"{path}[{name!r}]"
    return None


def _pairs(value: Plain | None) -> dict[Plain, Plain]:
    if isinstance(value, tuple) and _mark(value) is _Mark.MAP:
        return dict(value[1])
    return {}


def _records(a: tuple[Plain, ...], b: tuple[Plain, ...], path: str) -> str | None:
    fields_a, fields_b = (dict[str, Plain](value[1:]) for value in (a, b))  # type: ignore[arg-type]  # pairs
    for name, x in fields_a.items():
        if name in fields_b and (found := difference(None, x, None, fields_b[name], f"{path}.{name}")) is not None:
            return found
    return None


def is_blank(value: Plain) -> bool:
    """A sequence that holds nothing yet: only zeros, nulls and empty texts, at any depth.

    >>> is_blank(((0, 0), (0, 0))), is_blank((0, 1)), is_blank(())
    (True, False, False)
    """
    return isinstance(value, tuple) and bool(value) and _mark(value) is None and all(map(_holds_nothing, value))


def _holds_nothing(value: Plain) -> bool:
    if isinstance(value, tuple):
        return _mark(value) is None and all(map(_holds_nothing, value))
    return not value


def is_partial(value: Plain) -> bool:
    """Only a part of it was kept."""
    return _mark(value) in (_Mark.CUT, _Mark.UNKNOWN)


def differs_in_extent(a: Plain, b: Plain) -> bool:
    """Two sequences or maps of which one has more places, if only such as hold what looks like nothing."""
    if _mark(a) is _Mark.MAP and _mark(b) is _Mark.MAP:
        return _pairs(a).keys() != _pairs(b).keys()
    return isinstance(a, tuple) and isinstance(b, tuple) and _mark(a) is _mark(b) is None and len(a) != len(b)


def shape(value: Plain) -> str:
    """What a value is, coarsely: values of different shapes can't stand for the same thing.

    >>> shape(3), shape("a"), shape((1, 2)), shape(None)
    ('number', 'text', 'list', '')
    """
    if type(value) is int:
        return "number"
    kept = _kept(value)
    match _mark(kept):
        case _Mark.SET:
            return "set"
        case _Mark.MAP:
            return "map"
        case _Mark.RECORD:
            return "record"
        case None:
            pass
        case _:
            return ""
    if isinstance(kept, tuple):
        return "list"
    if isinstance(kept, str):
        return "text"
    return "number" if isinstance(kept, int | float) else ""


def change(before: Plain | None, now: Plain) -> Plain:
    """What a step did to a value, as one hashable: the places it changed in a sequence or map, else the new value.

    >>> change((0, 0, 0), (0, 5, 0))
    ((1, 5),)
    """
    if type(now) is int or type(now) is str:
        return now
    if _mark(now) is _Mark.CUT and _mark(before) is _Mark.CUT:
        return change(_kept(before), _kept(now) or ())
    if isinstance(now, float):
        return float(f"{now:.6g}")
    old = _items(before)
    if isinstance(now, tuple) and old is not None and _mark(now) is None and len(old) == len(now):
        return tuple((i, change(was, new)) for i, (was, new) in enumerate(zip(old, now, strict=True)) if was != new)
    if isinstance(now, tuple) and _mark(now) is _Mark.MAP and _mark(before) is _Mark.MAP:
        return (_Mark.MAP, frozenset(now[1]) - frozenset(before[1]))  # type: ignore[index]  # maps both
    return now
