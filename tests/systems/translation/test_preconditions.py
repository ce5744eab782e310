from hypothesis import given
from hypothesis import strategies as st

from semalign.systems.translation.preconditions import assume, learn, mend
from semalign.values.model import Int, List, Text, Value
from semalign.values.types import Kind, Parameter, Signature, Type

INT = Type(kind=Kind.INT)
INTS = Type(kind=Kind.LIST, items=(INT,))


def signature(**types: Type) -> Signature:
    return Signature(name="f", parameters=tuple(Parameter(name=name, type=kind) for name, kind in types.items()))


def ints(*values: int) -> Value:
    return List(tuple(map(Int, values)))


def test_a_length_is_learned_when_every_given_input_has_it() -> None:
    given_inputs = [(ints(5, 3, 9), Int(3)), (ints(7, 1), Int(2)), (ints(4), Int(1))]
    assert "n == len(arr)" in map(str, learn(signature(arr=INTS, n=INT), given_inputs))


def test_an_upper_bound_is_learned_when_lengths_only_bound_the_number() -> None:
    given_inputs = [(ints(5, 3, 9), Int(1)), (ints(7, 1), Int(2)), (ints(4), Int(1))]
    learned = set(map(str, learn(signature(arr=INTS, n=INT), given_inputs)))
    assert "0 <= n <= len(arr)" in learned
    assert "n == len(arr)" not in learned


def test_two_inputs_are_too_few_to_learn_from() -> None:
    assert learn(signature(arr=INTS, n=INT), [(ints(1), Int(1)), (ints(1, 2), Int(2))]) == ()


def test_order_sign_and_alphabet_are_learned() -> None:
    text = Type(kind=Kind.TEXT)
    given_inputs = [(ints(1, 2, 3), Text("0110")), (ints(4, 4, 9), Text("1")), (ints(2, 8, 8), Text("00"))]
    learned = set(map(str, learn(signature(arr=INTS, s=text), given_inputs)))
    assert {"arr is sorted", "arr[...] >= 1", "s is made of binary digits"} <= learned


def test_names_suggest_lengths_where_nothing_is_given() -> None:
    assert [str(one) for one in assume(signature(arr=INTS, n=INT), signature(xs=INTS, k=INT))] == ["n == len(arr)"]
    assert assume(signature(arr=INTS, target=INT), signature(a=INTS, b=INT)) == ()


@given(st.lists(st.lists(st.integers(-9, 9), max_size=6), min_size=3, max_size=5))
def test_mended_arguments_meet_what_was_learned(rows: list[list[int]]) -> None:
    given_inputs: list[tuple[Value, ...]] = [(ints(*row), Int(len(row))) for row in rows]
    found = [one for one in learn(signature(arr=INTS, n=INT), given_inputs) if "len(arr)" in str(one)]
    spoiled = (given_inputs[0][0], Int(-7))
    lengths = [one for one in found if "==" in str(one)]
    mended = mend(spoiled, lengths)
    assert all(one.holds(mended) for one in lengths)
