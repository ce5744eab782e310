"""Faults in little programs, and the block that must be blamed."""

from collections.abc import Callable, Iterator, Sequence

import pytest

from semalign.alignment.align import align
from semalign.alignment.locate import Divergence, localize
from semalign.values.policy import Policy
from tests.alignment.tracer import tracing, type_native

ARRAYS = [([3, 1, 2, 9, 4, 4],), ([5],), ([2, 2, 8],), ([9, 8, 7, 6],), ([0, 1],)]

BEST = """
def best(a):
    top = a[0]
    n = 0
    for i in range(len(a)):
        if a[i] > top:
            top = a[i]
            n = n + 1
    return top * 10 + n
"""


type_blame = Callable[[str, str, Sequence[Sequence[type_native]]], tuple[Divergence, ...]]


@pytest.fixture(scope="module")
def blame() -> Iterator[type_blame]:
    with tracing() as tracer:
        yield lambda source, target, inputs: localize(
            align(tracer.side(source, inputs), tracer.side(target, inputs), Policy())
        )


def test_a_program_has_no_divergence_from_itself(blame: type_blame) -> None:
    assert blame(BEST, BEST, ARRAYS) == ()


@pytest.mark.parametrize(
    ("old", "new", "block", "kind"),
    [
        ("a[i] > top", "a[i] >= top", "best:2.for:0.if", "condition"),
        ("n = 0", "n = 1", "best:1", "block"),
        ("n = n + 1", "n = n + 2", "best:2.for:0.if.then:0", "block"),
        ("range(len(a))", "range(len(a) - 1)", "best:2.for", "loop"),
        ("top * 10 + n", "top * 10 - n", "best:3", "result"),
        ("            top = a[i]\n", "", "best:2.for:0.if.then:0", "missing"),
        ("a[0]", "a[1]", "best:1", "block"),
    ],
)
def test_one_fault_is_blamed_where_it_is(blame: type_blame, old: str, new: str, block: str, kind: str) -> None:
    first = blame(BEST, BEST.replace(old, new), ARRAYS)[0]
    assert (first.target_block, first.kind) == (block, kind)


def test_names_and_loop_form_do_not_matter(blame: type_blame) -> None:
    other = """
def best(values):
    m, count = values[0], 0
    k = 0
    while k < len(values):
        if values[k] > m:
            m = values[k]
            count = count + 2
        k += 1
    return m * 10 + count
"""
    first = blame(BEST, other, ARRAYS)[0]
    assert first.target_block == "best:2.while:0.if.then:0"
    assert blame(BEST, other.replace("+ 2", "+ 1"), ARRAYS) == ()
    faulty = other.replace("+ 2", "+ 1").replace("k += 1", "k += 2")
    assert blame(BEST, faulty, ARRAYS)[0].target_block == "best:2.while:1"
    faulty = other.replace("+ 2", "+ 1").replace("k < len", "k + 1 < len")
    assert blame(BEST, faulty, ARRAYS)[0].target_block == "best:2.while"
