"""Lock step as the paper has it: what it blames, and what its equality overlooks."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from semalign.alignment import lockstep
from semalign.alignment.align import Alignment, align
from semalign.values.compare import equal
from semalign.values.model import Int, Text
from semalign.values.policy import TRANSAGENT, Policy
from tests.alignment.tracer import tracing, type_native

SUM = """
def total(a):
    n = 0
    for x in a:
        n = n + x
    return n
"""
WORD = """
def word(a):
    w = "yes"
    if a > 3:
        w = "no"
    return w
"""
INPUTS = [([3, 1, 2],), ([],), ([5],)]
type_align = Callable[[str, str, Sequence[Sequence[type_native]]], Alignment]


@pytest.fixture(scope="module")
def aligned() -> Iterator[type_align]:
    with tracing() as tracer:
        yield lambda source, target, inputs: align(tracer.side(source, inputs), tracer.side(target, inputs), Policy())


def test_a_program_is_in_step_with_itself(aligned: type_align) -> None:
    alignment = aligned(SUM, SUM, INPUTS)
    assert lockstep.localize(alignment) == ()
    assert not any(lockstep.alarm(alignment, number) for number in range(len(INPUTS)))


def test_the_first_unequal_value_is_blamed_with_what_was_before(aligned: type_align) -> None:
    (found,) = lockstep.localize(aligned(SUM, SUM.replace("n + x", "n + x + 1"), INPUTS))
    assert (found.target_block, found.source_block) == ("total:2.for:0", "total:2.for:0")
    assert (found.variables, found.expected, found.actual) == (("n", "n"), Int(3), Int(4))
    assert found.reason == "with n = 0, x = 3 before it, `n` should be 3 after it and is 4"


def test_a_restructured_program_that_agrees_is_an_alarm_of_lock_step(aligned: type_align) -> None:
    other = "\ndef total(a):\n    n = 0\n    while a:\n        n = n + a[-1]\n        a = a[:-1]\n    return n\n"
    alignment = aligned(SUM, other, INPUTS)
    assert alignment.failing == ()
    assert lockstep.alarm(alignment, 0)


def test_a_run_that_ends_early_is_blamed(aligned: type_align) -> None:
    (found,) = lockstep.localize(aligned(SUM, SUM.replace("n = n + x", "n = n + x // 0"), INPUTS))
    assert found.target_block == "total:2.for:0"


def test_any_two_texts_are_equal_under_the_papers_equality(aligned: type_align) -> None:
    alignment = aligned(WORD, WORD.replace('"no"', '"never"'), [(5,), (1,)])
    assert lockstep.rank(alignment) == ["word:2.if.then:0"]
    assert lockstep.localize(alignment, policy=TRANSAGENT) == ()


def test_a_text_is_still_no_number_under_it() -> None:
    assert equal(Text("a"), Text("b"), TRANSAGENT)
    assert not equal(Text("1"), Int(1), TRANSAGENT)
