import math
import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from semalign.values.compare import Difference, equal, first_difference, key, label
from semalign.values.model import (
    BackRef,
    Bool,
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
from semalign.values.policy import EXACT, STATES, ExceptionRule, Policy, TextRule
from semalign.values.wire import wire
from tests.values.strategies import values, variants, walkable_values, whole_values

MODES = {
    "exact": EXACT,
    "unordered": Policy(rel_tol=0, abs_tol=0, single_rel_tol=0, unordered=True),
    "strict kinds": Policy(
        rel_tol=0, abs_tol=0, single_rel_tol=0, tuple_as_list=False, char_as_text=False, bool_as_int=False
    ),
    "ordered maps": Policy(rel_tol=0, abs_tol=0, single_rel_tol=0, map_order=True, unordered=True),
    "one number": Policy(rel_tol=0, abs_tol=0, single_rel_tol=0, int_as_float=True),
    "wrapped": Policy(rel_tol=0, abs_tol=0, single_rel_tol=0, int_width=8, text=TextRule.TRIMMED),
}
policies_without_tolerance = st.sampled_from(list(MODES.values()))
policies = policies_without_tolerance | st.sampled_from([Policy(), STATES, Policy(unordered=True), Policy(ulp=4)])


@given(whole_values, policies)
def test_a_whole_value_equals_itself(value: Value, policy: Policy) -> None:
    assert first_difference(value, value, policy) is None


@given(st.data(), whole_values)
def test_a_value_equals_itself_told_another_way(data: st.DataObject, value: Value) -> None:
    other = data.draw(variants(value))
    assert equal(value, other, EXACT)
    assert key(value, EXACT) == key(other, EXACT)


@given(values, values, policies)
def test_equality_is_symmetric(a: Value, b: Value, policy: Policy) -> None:
    assert equal(a, b, policy) == equal(b, a, policy)


@given(st.data(), walkable_values, walkable_values)
def test_equality_without_tolerance_is_transitive(data: st.DataObject, a: Value, c: Value) -> None:
    b = data.draw(variants(a))
    assert equal(a, c, EXACT) == equal(b, c, EXACT)


@given(whole_values, whole_values, policies_without_tolerance)
@example(Table(("a", "b"), ()), Table(("a",), ()), EXACT)
@example(Record("N", (("_x", Int(1)), ("x", Int(2)))), Record("N", (("_x", Int(2)), ("x", Int(1)))), EXACT)
@example(Map(((Int(1), Int(1)), (Int(1), Int(2)))), Map(((Int(1), Int(2)), (Int(1), Int(1)))), EXACT)
@example(Table(("a", "b"), ((Int(1), Int(2)),)), Table(("a", "b"), ((Int(2), Int(1)),)), MODES["unordered"])
@example(Map(((Int(1), Int(2)),)), Map(((Int(2), Int(1)),)), MODES["ordered maps"])
def test_without_tolerance_equal_values_are_those_with_equal_keys(a: Value, b: Value, policy: Policy) -> None:
    assert equal(a, b, policy) == (key(a, policy) == key(b, policy))


close_floats = st.tuples(
    st.floats(1.0, 10.0) | st.integers(1, 10).map(float), st.integers(-3, 3), st.integers(-40, 40)
).map(lambda drawn: Float(drawn[0] * (1 + drawn[1] * 4e-10) * 10.0 ** drawn[2]))


@given(close_floats, close_floats, st.sampled_from([Policy(), STATES, Policy(rel_tol=1e-3), Policy(rel_tol=2.0)]))
def test_with_tolerance_equal_keys_still_mean_equal_values(a: Value, b: Value, policy: Policy) -> None:
    assert key(a, policy) != key(b, policy) or equal(a, b, policy)


@given(values, values, policies)
def test_no_comparison_raises_and_differences_carry_what_differs(a: Value, b: Value, policy: Policy) -> None:
    hash(key(a, policy))
    found = first_difference(a, b, policy)
    assert found is None or not (found.expected is None and found.actual is None)


def _step(value: Value, step: str) -> Value | None:
    """What stands at one step of a path, None where there is nothing."""
    match value:
        case List(items) | Tuple(items):
            place = int(step[1:-1])
            return items[place] if place < len(items) else None
        case Record(_, fields):
            return dict(fields).get(step[1:])
        case Map(pairs):
            return {f"[{label(name)}]": item for name, item in pairs}.get(step)
    raise AssertionError(f"no step {step} in {value}")


def _walk(value: Value, path: str) -> Value | None:
    here: Value | None = value
    for step in re.findall(r"\[[^]]*\]|\.\w+", path):
        assert here is not None
        here = _step(here, step)
    return here


@given(walkable_values, walkable_values, st.sampled_from([EXACT, Policy(), Policy(map_order=True)]))
def test_the_path_of_a_difference_leads_to_unequal_parts(a: Value, b: Value, policy: Policy) -> None:
    found = first_difference(a, b, policy)
    assume(found is not None)
    assert found is not None
    if "{key" in found.path:  # maps whose order counts: their keys differ at that place
        return
    assert (_walk(a, found.path), _walk(b, found.path)) == (found.expected, found.actual)
    if found.expected is not None and found.actual is not None:
        assert not equal(found.expected, found.actual, policy)


@pytest.mark.parametrize(
    ("a", "b", "found"),
    [
        (Int(1), Int(2), Difference("", Int(1), Int(2))),
        (List((Int(1),)), List((Int(1), Int(2))), Difference("[1]", None, Int(2))),
        (List((Int(1), Int(2))), List(()), Difference("[0]", Int(1), None)),
        (
            Record("N", (("items", List((Int(1),))),)),
            Record("M", (("items", List((Int(3),))),)),
            Difference(".items[0]", Int(1), Int(3)),
        ),
        (Record("N", (("x", Int(1)),)), Record("N", ()), Difference(".x", Int(1), None)),
        (Record("N", ()), Record("N", (("x", Int(1)),)), Difference(".x", None, Int(1))),
        (Map(((Text("k"), Int(1)),)), Map(((Text("k"), Int(2)),)), Difference("['k']", Int(1), Int(2))),
        (Map(((Int(7), Int(1)),)), Map(()), Difference("[7]", Int(1), None)),
        (Map(()), Map(((Int(7), Int(1)),)), Difference("[7]", None, Int(1))),
        (Set((Int(1), Int(2))), Set((Int(2), Int(3))), Difference("[0]", Int(1), None)),
        (Set((Int(1),)), Set((Int(2), Int(1))), Difference("[1]", None, Int(2))),
        (Table(("a",), ((Int(1),), (Int(2),))), Table(("b",), ((Int(1),), (Int(3),))),
         Difference("[1][0]", Int(2), Int(3))),
        (Table(("a",), ()), Table(("a",), ((Int(3),),)), Difference("[0]", None, List((Int(3),)))),
    ],
)  # fmt: skip
def test_a_difference_says_where_and_what(a: Value, b: Value, found: Difference) -> None:
    assert first_difference(a, b, Policy()) == found


@pytest.mark.parametrize("policy", MODES.values(), ids=MODES.keys())
@pytest.mark.parametrize("place", [List, Tuple, Set])
def test_what_could_not_be_captured_equals_nothing(policy: Policy, place: type[List | Tuple | Set]) -> None:
    lost = Unrepresentable("too large")
    assert not equal(lost, lost, policy)
    assert not equal(place((lost,)), place((lost,)), policy)
    assert not equal(Map(((lost, Int(1)),)), Map(((lost, Int(1)),)), policy)


TOLERANCES = [
    ("within the relative tolerance", Float(1.0), Float(1.0 + 9e-10), Policy(), True),
    ("beyond the relative tolerance", Float(1.0), Float(1.0 + 2e-9), Policy(), False),
    ("relative to the larger one", Float(1e12), Float(1e12 + 500), Policy(), True),
    ("within the absolute tolerance", Float(0.0), Float(9e-13), Policy(), True),
    ("beyond the absolute tolerance", Float(0.0), Float(2e-12), Policy(), False),
    ("no tolerance, neighbours", Float(1.0), Float(math.nextafter(1.0, 2.0)), EXACT, False),
    (
        "one double further",
        Float(1.0),
        Float(math.nextafter(1.0, 2.0)),
        Policy(rel_tol=0, abs_tol=0, ulp=1),
        True,
    ),
    ("across zero in doubles", Float(5e-324), Float(-5e-324), Policy(rel_tol=0, abs_tol=0, ulp=2), True),
    ("too many doubles between", Float(5e-324), Float(-5e-324), Policy(rel_tol=0, abs_tol=0, ulp=1), False),
    (
        "the largest double is not near infinity",
        Float(1.7976931348623157e308),
        Float(math.inf),
        Policy(ulp=5),
        False,
    ),
    ("single precision on one side", Float(0.1), Float(0.10000000149011612, 32), Policy(), True),
    ("single precision on no side", Float(0.1), Float(0.10000000149011612), Policy(), False),
    ("the zeros under tolerance", Float(0.0), Float(-0.0), Policy(), True),
    ("the zeros without", Float(0.0), Float(-0.0), EXACT, False),
    ("infinities of one sign", Float(math.inf), Float(math.inf), Policy(), True),
    ("infinities of two signs", Float(math.inf), Float(-math.inf), Policy(), False),
    ("NaN and NaN", Float(math.nan), Float(math.nan), Policy(), True),
    ("NaN and a number", Float(math.nan), Float(0.0), Policy(rel_tol=2.0), False),
    ("an int is no float in an output", Int(3), Float(3.0), Policy(), False),
    ("an int is a float in a state", Int(3), Float(3.0), STATES, True),
    ("exactly, past 2**53", Int(2**53 + 1), Float(2.0**53), Policy(rel_tol=0, abs_tol=0, int_as_float=True), False),
    ("modulo the width, as one number", Int(0), Float(256.0), Policy(int_as_float=True, int_width=8), True),
    ("an int past the doubles", Int(10**400), Float(math.inf), STATES, False),
    ("true is 1", Bool(True), Int(1), Policy(), True),
    ("true is not 1", Bool(True), Int(1), Policy(bool_as_int=False), False),
    ("true is not 1.0", Bool(True), Float(1.0), Policy(bool_as_int=False, int_as_float=True), False),
    ("widths do not count", Int(5, 32), Int(5, 64), EXACT, True),
    ("modulo the width", Int(2**31), Int(-(2**31)), Policy(int_width=32), True),
    ("not modulo the width", Int(2**31), Int(-(2**31)), Policy(), False),
    ("a character is a text", Char("a"), Text("a"), Policy(), True),
    ("a character is no text", Char("a"), Text("a"), Policy(char_as_text=False), False),
    ("white space counts", Text("a \n"), Text("a"), Policy(), False),
    ("white space at ends does not", Text("a \nb\n\n"), Text("a\nb"), Policy(text=TextRule.TRIMMED), True),
    ("white space in front does", Text(" a"), Text("a"), Policy(text=TextRule.TRIMMED), False),
    ("a tuple is a list", Tuple((Int(1),)), List((Int(1),)), Policy(), True),
    ("a tuple is no list", Tuple((Int(1),)), List((Int(1),)), Policy(tuple_as_list=False), False),
    (
        "near floats in tuples of their own",
        Tuple((Float(1.0),)),
        Tuple((Float(1 + 1e-12),)),
        Policy(tuple_as_list=False),
        True,
    ),
    ("order counts", List((Int(1), Int(2))), List((Int(2), Int(1))), Policy(), False),
    ("as bags", List((Int(1), Int(2))), List((Int(2), Int(1))), Policy(unordered=True), True),
    ("as bags, by number", List((Int(1), Int(1))), List((Int(1),)), Policy(unordered=True), False),
    ("near floats in bags", Set((Float(1.0), Float(2.0))), Set((Float(2 + 1e-12), Float(1.0))), Policy(), True),
    ("null is no zero", Null(), Int(0), Policy(), False),
    ("names of records do not count", Record("A", ()), Record("B", ()), Policy(), True),
    ("nor does how a field is spelt", Record("A", (("max_sum", Int(1)),)), Record("A", (("maxSum", Int(1)),)), EXACT,
     True),
    ("an opaque is an opaque", Opaque("generator"), Opaque("Stream"), Policy(), True),
    ("levels of a cycle count", BackRef(1), BackRef(2), Policy(), False),
    ("cuts of one whole", Cut(Text("a"), 9, "0" * 16), Cut(Text("ab"), 9, "0" * 16), Policy(), True),
    ("cuts of two wholes", Cut(Text("a"), 9, "0" * 16), Cut(Text("a"), 9, "1" * 16), Policy(), False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("a", "b", "policy", "same"), [case[1:] for case in TOLERANCES], ids=[c[0] for c in TOLERANCES]
)
def test_a_policy_decides_what_is_equal(a: Value, b: Value, policy: Policy, same: bool) -> None:
    assert equal(a, b, policy) is same
    assert equal(b, a, policy) is same


ordered = (Map(((Int(1), Int(1)), (Int(2), Int(2)))), Map(((Int(2), Int(2)), (Int(1), Int(1)))))


def test_the_order_of_a_map_counts_only_where_the_policy_says_so() -> None:
    assert equal(*ordered, Policy())
    assert first_difference(*ordered, Policy(map_order=True)) == Difference("{key 0}", Int(1), Int(2))


RAISED = [
    ("java.lang.ArrayIndexOutOfBoundsException", "IndexError", ExceptionRule.KIND, True),
    ("std::out_of_range", "IndexError", ExceptionRule.KIND, True),
    ("IndexError", "KeyError", ExceptionRule.KIND, False),
    ("IndexError", "KeyError", ExceptionRule.ANY, True),
    ("std::out_of_range", "IndexError", ExceptionRule.NAME, False),
    ("shop.SoldOut", "SoldOut", ExceptionRule.NAME, True),
    ("shop.SoldOut", "SoldOut", ExceptionRule.KIND, True),
    ("ZeroDivisionError", "java.lang.ArithmeticException", ExceptionRule.KIND, True),
]


@pytest.mark.parametrize(("one", "other", "rule", "same"), RAISED)
def test_exceptions_are_compared_by_the_rule_and_never_by_message(
    one: str, other: str, rule: ExceptionRule, same: bool
) -> None:
    assert equal(Raised(one, "a"), Raised(other, "b"), Policy(exceptions=rule)) is same


def test_a_raised_exception_is_no_returned_value() -> None:
    assert not equal(Raised("ValueError"), Text("ValueError"), Policy())


@pytest.mark.parametrize(
    "refused",
    [
        {"rel_tol": -1.0},
        {"abs_tol": -1e-9},
        {"ulp": -1},
        {"single_rel_tol": -1.0},
        {"int_width": 0},
        {"rel_tol": math.nan},
        {"abs_tol": math.inf},
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused(refused: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(refused))):
        Policy(**refused)  # type: ignore[arg-type]  # one field, of its type


@given(whole_values)
def test_values_that_are_the_same_data_hash_alike(value: Value) -> None:
    assert hash(value) == hash(value)
    assert len({value, value}) == 1


@pytest.mark.slow
def test_large_bags_are_compared_in_reasonable_work() -> None:
    numbers = tuple(map(Int, range(4_096)))
    assert equal(Set(numbers), Set(tuple(reversed(numbers))), Policy())
    assert equal(Map(tuple((n, n) for n in numbers)), Map(tuple((n, n) for n in reversed(numbers))), Policy())


@pytest.mark.parametrize("policy", [Policy(), Policy(unordered=True)])
def test_the_deepest_value_that_can_be_read_can_be_compared(policy: Policy) -> None:
    deep: Value = Int(1)
    for _ in range(30):
        deep = Map(((Int(1), Record("N", (("x", Set((List((deep,)),))),))),))
    assert equal(deep, deep, policy)
    assert wire(deep)
