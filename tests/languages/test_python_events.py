"""Records of a traced Python program: whatever a guest puts there is events, or ends the input."""

import marshal
import time
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.languages.python_events import Unpacker
from semalign.languages.python_instrument import instrument
from semalign.languages.python_sites import Instrumented
from semalign.traces.trace import Caps, Run
from semalign.traces.wire import read_runs

LOOP = "def f(a):\n    t = 0\n    for x in a:\n        t += x\n    return t\n"
FOUND = [
    instrument(LOOP, "f.py"),  # its only function: frames have no number
    instrument(LOOP + "def g(a):\n    try:\n        return f(a)\n    except ValueError:\n        return 0\n", "g.py"),
    instrument(LOOP, "f.py", final_values=True),
    instrument(LOOP + "print(f([1]))\n", "m.py", module=True),  # parameters are shown whole
]


def read(found: Instrumented, sink: bytes, caps: Caps | None = None) -> Run:
    made = partial(Unpacker, found, caps or Caps())
    return read_runs(b'["=",0]\n' + sink, found.sites, traced=True, unpacker=made)[0]


def record(*parts: Any) -> bytes:
    data = b"".join(marshal.dumps(part, 4) for part in parts)
    return b"\1" + len(data).to_bytes(4, "little") + data + b"\n"


def op(found: Instrumented, tag: str) -> int:
    return next(number for number, (each, *_) in enumerate(found.ops) if each == tag and number)


def slots(found: Instrumented) -> st.SearchStrategy[Any]:
    """Slots as they are, as they are not, and as an honest record has them."""
    scalar = st.one_of(
        st.integers(-2, len(found.ops) + 1),
        st.integers(),
        st.none(),
        st.floats(),
        st.text(max_size=8),
        st.binary(max_size=4),
        st.sampled_from([f"{found.key}s", f"{found.key}m", '{"l":[1]}', '{"x":["E",""]}', "[[[", '{"f":"zz"}']),
        st.sampled_from([[-1], [0], [0, 0], (-1,), [10**30], ["0"], {0: 1}]),
    )
    return st.recursive(scalar, lambda inner: st.lists(inner, max_size=5) | st.tuples(inner, inner), max_leaves=8)


@pytest.mark.parametrize("found", FOUND)
@given(data=st.data())
def test_any_slots_are_events_or_end_the_input(found: Instrumented, data: st.DataObject) -> None:
    entered = [op(found, "E"), *([] if found.lone else [0, [-1]]), *([] if found.final_values else [[1]])]
    parts = data.draw(st.lists(st.lists(slots(found), max_size=12), max_size=4))
    if data.draw(st.booleans()):
        parts.insert(0, entered)
    run = read(found, record(*parts) + b'["r",1,[]]\n')
    assert run.cause in ("ok", "unfinished")
    assert run.trace is not None
    assert all(event.frame >= 0 for event in run.trace.events)
    assert not run.trace.complete or run.cause == "ok"


def test_an_event_before_its_frame_ends_the_input() -> None:
    found = next(one for one in FOUND if one.lone)
    run = read(found, record([1, 0]) + b'["r",1,[]]\n')
    assert run.cause == "unfinished"
    assert run.trace is not None
    assert run.trace.events == ()


@pytest.mark.parametrize("found", FOUND)
@given(noise=st.binary())
def test_any_bytes_are_events_or_end_the_input(found: Instrumented, noise: bytes) -> None:
    read(found, noise)
    read(found, b"\1" + len(noise).to_bytes(4, "little") + noise + b'\n["r",1,[]]\n')
    read(found, b"\1" + noise)


@pytest.mark.parametrize("found", FOUND)
def test_a_cycle_of_lists_is_a_value(found: Instrumented) -> None:
    cycle: list[Any] = [1]
    cycle.append(cycle)
    entered = [op(found, "E"), *([] if found.lone else [0, [-1]]), *([] if found.final_values else [cycle])]
    run = read(found, record(entered) + b'["r",1,[]]\n')
    assert run.cause == "ok"
    assert run.trace is not None
    assert len(run.trace.events) == 1


def test_a_cycle_in_the_place_of_numbers_is_refused() -> None:
    found = FOUND[1]
    cycle: list[Any] = [-1]
    cycle.append(cycle)
    assert read(found, record([op(found, "E"), 0, cycle, [1]]) + b'["r",1,[]]\n').cause == "unfinished"


def test_a_text_met_again_and_again_is_bounded() -> None:
    """A few bytes can refer to a large value; what is written of it in the end has a bound, for an input."""
    found = FOUND[1]
    row = ["x" * 60_000] * 4_000
    events: list[Any] = []
    for fid in range(3_000):
        events += [op(found, "E"), fid, [-1], list(row)]
    start = time.process_time()
    run = read(found, record(events))
    assert time.process_time() - start < 30.0
    assert run.trace is not None
    assert len(run.trace.events) < 3_000


def test_no_more_events_are_taken_than_the_cap_says() -> None:
    found = FOUND[1]
    events = [slot for fid in range(500) for slot in (op(found, "E"), fid, [-1], [fid])]
    run = read(found, record(events), Caps(events=20))
    assert run.trace is not None
    assert len(run.trace.events) == 20


def test_a_number_of_a_text_that_was_not_written_is_refused() -> None:
    found = FOUND[1]
    for number in (1, -1, None, [0]):
        written = [op(found, "E"), 0, [-1], f"{found.key}s", "1", ""]
        again = [op(found, "E"), 1, [-1], f"{found.key}s", number]
        run = read(found, record(written, again) + b'["r",1,[]]\n')
        assert run.cause == "unfinished"
        assert run.trace is not None
        assert len(run.trace.events) == 1


@pytest.mark.parametrize("cut", range(1, 30))
def test_a_record_that_a_kill_cut_short_is_dropped(cut: int) -> None:
    found = FOUND[1]
    first = record([op(found, "E"), 0, [-1], 0.0])
    run = read(found, first + record([op(found, "E"), 1, [-1], 0.0])[:-cut])
    assert run.trace is not None
    assert len(run.trace.frames) == 1


def test_the_zeros_that_a_record_ends_in_are_its_own() -> None:
    found = FOUND[1]
    data = marshal.dumps([op(found, "E"), 0, [-1], 0.0], 2)
    assert data.endswith(b"\0")
    sink = (b"\1" + len(data).to_bytes(4, "little") + data + b"\n" + bytes(9)).rstrip(b"\0")
    run = read(found, sink)
    assert run.trace is not None
    assert len(run.trace.frames) == 1
