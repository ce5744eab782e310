import pytest

from semalign.systems.translation.contract import Contract
from semalign.systems.translation.judge import Agreement, Judge
from semalign.traces.trace import Run
from semalign.values.model import Char, Float, Int, List, Null, Opaque, Raised, Text, Unrepresentable, Value
from semalign.values.policy import Policy
from semalign.values.types import UNKNOWN, Kind, Parameter, Signature, Type

INT = Type(kind=Kind.INT, width_bits=32)
DOUBLE = Type(kind=Kind.FLOAT, width_bits=64)
INTS = Type(kind=Kind.LIST, items=(INT,))


def judge(source: Type = UNKNOWN, target: Type = UNKNOWN, common: Type = UNKNOWN, text: str = "") -> Judge:
    def signature(result: Type) -> Signature:
        return Signature(name="f", parameters=(Parameter(name="a", type=INTS, by_reference=True),), result=result)

    pact = Contract(common=signature(common), source=signature(source), target=signature(target))
    return Judge(contract=pact, policy=Policy(), source_text=text)


def gave(value: Value, *arguments: Value) -> Run:
    return Run(cause="ok", result=value, arguments=arguments)


def raised(name: str) -> Run:
    return Run(cause="exception", raised=Raised(name))


def test_a_float_for_an_int_is_a_difference_unless_a_side_declares_floats() -> None:
    assert judge(INT, UNKNOWN, INT).judge(gave(Int(13)), gave(Float(13.0))).agreement is Agreement.DIFFER
    assert judge(UNKNOWN, DOUBLE, DOUBLE).judge(gave(Int(13)), gave(Float(13.0))).agreement is Agreement.AGREE


def test_a_char_array_is_the_text_it_spells() -> None:
    chars = List((Char("h"), Char("i")))
    assert judge(common=Type(kind=Kind.TEXT)).judge(gave(Text("hi")), gave(chars)).agreement is Agreement.AGREE


@pytest.mark.parametrize("cause", ["timeout", "memory", "killed", "undefined", "output"])
def test_an_input_on_which_the_source_fails_is_out_of_domain(cause: str) -> None:
    assert judge().judge(Run(cause=cause), gave(Int(1))).agreement is Agreement.OUTSIDE


def test_an_error_that_the_source_never_raises_by_itself_is_out_of_domain_unless_given() -> None:
    assert judge().judge(raised("IndexError"), gave(Int(0))).agreement is Agreement.OUTSIDE
    assert judge().judge(raised("IndexError"), gave(Int(0)), given=True).agreement is Agreement.DIFFER


def test_an_error_that_the_source_raises_is_part_of_what_it_means() -> None:
    strict = judge(text="raise ValueError('negative')")
    assert strict.judge(raised("ValueError"), raised("IllegalArgumentException")).agreement is Agreement.AGREE
    assert strict.judge(raised("ValueError"), raised("NullPointerException")).agreement is Agreement.DIFFER
    assert strict.judge(raised("ValueError"), gave(Int(0))).agreement is Agreement.DIFFER


def test_a_target_that_crashes_differs() -> None:
    assert judge().judge(gave(Int(1)), Run(cause="killed", detail="SIGSEGV")).agreement is Agreement.DIFFER


def test_what_can_not_be_represented_is_unknown_and_never_equal() -> None:
    too_large = gave(Unrepresentable("too large"))
    assert judge().judge(too_large, too_large).agreement is Agreement.UNKNOWN


def test_two_generators_are_unknown_and_never_equal() -> None:
    held = List((Int(1), Opaque("generator")))
    found = judge().judge(gave(held), gave(held))
    assert found.agreement is Agreement.UNKNOWN
    assert "generator" in found.reason
    assert judge().judge(gave(held), gave(List((Int(2), Opaque("generator"))))).agreement is Agreement.DIFFER


def test_changes_to_arguments_decide_only_where_nothing_is_returned() -> None:
    one, other = List((Int(1), Int(2))), List((Int(2), Int(1)))
    nothing = judge(common=Type(kind=Kind.VOID))
    assert nothing.judge(gave(Null(), one), gave(Null(), other)).agreement is Agreement.DIFFER
    beside = judge().judge(gave(Int(1), one), gave(Int(1), other))
    assert (beside.agreement, beside.side_effect) == (Agreement.AGREE, "a")
