"""How values and traces are written for people."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.traces.listing import listing_text
from semalign.traces.render import plain, show, show_difference, visible
from semalign.values.compare import first_difference
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
from semalign.values.policy import EXACT
from tests.systems.translation import view_samples


def numbers(*items: int) -> List:
    return List(tuple(map(Int, items)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Null(), "null"),
        (Bool(True), "true"),
        (Int(-5, 32), "-5"),
        (Float(-0.0), "-0.0"),
        (Float(float("nan")), "nan"),
        (Float(float("-inf")), "-inf"),
        (Float(1e300), "1e+300"),
        (Float(0.10000000149011612, 32), "0.1"),
        (Float(3.4028234663852886e38, 32), "3.4028235e+38"),
        (Char("'"), r"'\''"),
        (Text('a\n"é✓\u202e\ud800\\'), r'"a\n\"é✓\u202e\ud800\\"'),
        (Bytes(b"\x00\xff"), "bytes(00 ff)"),
        (Tuple((Int(1),)), "(1,)"),
        (Set(()), "set()"),
        (Set((Int(1), Int(2))), "{1, 2}"),
        (Map(()), "{}"),
        (Map(((Text("a"), numbers(1)), (Int(2), Null()))), '{"a": [1], 2: null}'),
        (Record("Point", (("x", Int(1)), ("y", Null()))), "Point(x=1, y=null)"),
        (Table(("a", "b"), ((Int(1), Int(2)),)), "table(a, b)[(1, 2)]"),
        (Raised("ValueError", "odd"), 'raised ValueError("odd")'),
        (Raised("E"), "raised E()"),
        (Opaque("generator"), "<generator>"),
        (BackRef(2), "<cycle: 2 up>"),
        (Cut(numbers(1, 2), 4096, "0" * 16), "[1, 2, ... (4094 more, not kept)]"),
        (Cut(Text("ab"), 900, "0" * 16), '"ab"... (900 characters in all)'),
        (Unrepresentable("too large"), "<not captured: too large>"),
        (numbers(*range(64)), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, ... (46 more)]"),
        (Int(10**5000), "0x2652f5a9fc... (16610 bits)"),
    ],
)
def test_a_value_has_one_neutral_text(value: Value, text: str) -> None:
    if value == Int(10**5000):
        assert show(value).endswith("bits)")
    else:
        assert show(value) == text


SCALARS: st.SearchStrategy[Value] = st.one_of(
    st.builds(Int, st.integers()),
    st.builds(Float, st.floats()),
    st.builds(Text, st.text()),
    st.just(Null()),
    st.builds(Unrepresentable, st.text(max_size=10)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner).map(lambda items: List(tuple(items))),
        st.lists(inner).map(lambda items: Set(tuple(items))),
        st.lists(st.tuples(SCALARS, inner)).map(lambda pairs: Map(tuple(pairs))),
        st.lists(inner, max_size=4).map(
            lambda items: Record("R", tuple((f"f{i}", item) for i, item in enumerate(items)))
        ),
    ),
)


@given(VALUES, st.integers(0, 120))
def test_a_text_fits_its_width_and_prints(value: Value, width: int) -> None:
    text = show(value, width)
    assert len(text) <= max(width, 28)
    assert text.isprintable()


@given(VALUES, VALUES)
def test_what_differs_is_marked_on_at_least_one_side(one: Value, other: Value) -> None:
    found = first_difference(one, other, EXACT)
    if found is not None:
        sides = show_difference(one, other, found.path, 60)
        assert any(piece.differs for side in sides for piece in side)


def test_a_difference_deep_in_a_long_value_stays_in_sight() -> None:
    one = List((numbers(1), numbers(*range(60))))
    other = List((numbers(1), numbers(*range(40), 7, *range(41, 60))))
    texts = [plain(side) for side in show_difference(one, other, "[1][40]", 80)]
    assert "«40»" in texts[0]
    assert "«7»" in texts[1]


@pytest.mark.parametrize(
    ("one", "other", "path", "texts"),
    [
        (numbers(1, 2), numbers(1), "[1]", ("[1, «2»]", "[1, «(nothing)»]")),
        (Map(((Text("a"), Int(1)),)), Map(()), "['a']", ('{"a": «1»}', "{«(nothing)»}")),
        (Record("P", (("x_y", Int(1)),)), Record("P", (("xY", Int(2)),)), ".x_y", ("P(x_y=«1»)", "P(xY=«2»)")),
        (Set((Int(1), Int(2))), Set((Int(3), Int(1))), "[1]", ("{1, «2»}", "{«3», 1}")),
        (Int(1), None, "", ("«1»", "«(nothing)»")),
        (Int(1), Int(2), "[3].x", ("«1»", "«2»")),
    ],
)
def test_the_differing_part_is_marked(one: Value, other: Value | None, path: str, texts: tuple[str, str]) -> None:
    expected, actual = show_difference(one, other, path)
    assert (plain(expected), plain(actual)) == texts


def test_nothing_that_is_printed_steers_a_terminal() -> None:
    assert visible("a\x1b[2J\u202e\ud800\tb\n") == "a\\x1b[2J\\u202e\\ud800\tb\n"


def test_a_value_of_any_depth_and_size_is_shown_at_once() -> None:
    deep: Value = Int(1)
    for _ in range(5_000):
        deep = Tuple((deep, deep))
    alone: Value = Int(1)
    for _ in range(5_000):
        alone = Tuple((alone,))
    for value in (deep, alone):
        assert len(show(value)) <= 80
        assert len(show_difference(value, Int(1), "[0]" * 5_000)[0]) == 1
    assert len(show(numbers(*range(100_000)))) <= 80


def test_a_trace_is_listed_event_by_event() -> None:
    text = listing_text(view_samples.trace([3, 46341], 7, java=True), [view_samples.java_side().outline])
    assert (
        text
        == """\
line  turn  code                                what changed
   2        static int bestRun(int[] a, int k)  a = [3, 46341], k = 7
   3        int best = 0, total = 0;            best = 0, total = 0
   4  1     for (int i = 0; i < a.length; i++)  i = 0
   5  1       total += a[i] * a[i];             total = 9
   6  1       if (total > best)                 -> true
   7  1         best = total;                   best = 9
   4  2     for (int i = 0; i < a.length; i++)  i = 1
   5  2       total += a[i] * a[i];             total = -2147479006
   6  2       if (total > best)                 -> false
  10        return best % k;                    returns 2
"""
    )


def test_a_listing_says_what_is_missing() -> None:
    trace = dataclasses.replace(view_samples.trace([3], 7, java=False), n_dropped=9, complete=False, void="differs")
    text = listing_text(trace, [], max_events=2)
    for said in ("more events are not listed", "9 events went past the cap", "ended before", "must not be used"):
        assert said in text
