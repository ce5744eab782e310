"""What holds for every alignment, whatever the inputs."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.alignment.align import Alignment, align
from semalign.alignment.locate import localize
from semalign.values.policy import Policy
from tests.alignment.tracer import Tracer, tracing

PROGRAMS = {
    "counts": """
def counts(a, k):
    less = 0
    more = 0
    for x in a:
        if x < k:
            less += 1
        elif x > k:
            more += 2
    return less * 100 + more
""",
    "sorts": """
def sorts(a, k):
    b = list(a)
    i = 1
    while i < len(b):
        j = i
        while j > 0 and b[j - 1] > b[j]:
            b[j - 1], b[j] = b[j], b[j - 1]
            j -= 1
        i += 1
    return b[:k]
""",
    "descends": """
def descends(a, k):
    if not a:
        return k
    rest = descends(a[1:], k + 1)
    return rest + a[0]
""",
}
INPUTS = st.lists(
    st.tuples(st.lists(st.integers(-9, 9), max_size=7), st.integers(-3, 6)), min_size=1, max_size=5
)  # fmt: skip


@pytest.fixture(scope="module")
def tracer() -> Iterator[Tracer]:
    with tracing() as opened:
        yield opened


def aligned(tracer: Tracer, source: str, target: str, rows: list[tuple[list[int], int]]) -> Alignment:
    return align(tracer.side(source, rows), tracer.side(target, rows), Policy())


@pytest.mark.parametrize("name", PROGRAMS)
@given(rows=INPUTS)
def test_a_program_aligned_with_itself_is_the_identity(
    tracer: Tracer, name: str, rows: list[tuple[list[int], int]]
) -> None:
    found = aligned(tracer, PROGRAMS[name], PROGRAMS[name], rows)
    assert localize(found) == ()
    assert all(pair.source == pair.target and pair.offset == 0 for pair in found.variables.pairs)
    assert all(pair.source == pair.target for function in found.functions for pair in function.blocks.pairs)


@pytest.mark.parametrize("name", PROGRAMS)
@given(rows=INPUTS)
def test_renaming_every_variable_raises_no_alarm(tracer: Tracer, name: str, rows: list[tuple[list[int], int]]) -> None:
    renamed = re.sub(r"\b(less|more|rest|[abijkx])\b", r"\1_new", PROGRAMS[name])
    found = aligned(tracer, PROGRAMS[name], renamed, rows)
    assert localize(found) == ()
    sure = [pair for pair in found.variables.pairs if not pair.ambiguous and pair.confidence >= 0.5]
    assert all(pair.target == f"{pair.source}_new" for pair in sure)


@given(rows=INPUTS)
def test_reordering_independent_statements_raises_no_alarm(tracer: Tracer, rows: list[tuple[list[int], int]]) -> None:
    swapped = PROGRAMS["counts"].replace("    less = 0\n    more = 0\n", "    more = 0\n    less = 0\n")
    assert localize(aligned(tracer, PROGRAMS["counts"], swapped, rows)) == ()
