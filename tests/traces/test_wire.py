import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.traces.trace import Event, EventKind, Frame, Run, Trace
from semalign.traces.wire import Site, finish, read_runs
from semalign.values.model import Bool, Int, List, Null, Raised, Text, Value
from semalign.values.wire import encode
from tests.values.strategies import values

SITES = [Site("f", "f:0"), Site("f", "f:1.for"), Site("f", "f:1.for:0"), Site("f", "f:2"), Site("f", "f:1.for")]
CAUSES = {"ok", "exception", "not run", "tampered", "unfinished"}

WHOLE = [
    ["=", 0],
    ["E", 0, 0, -1, [], 0, {"n": 2}],
    ["I", 1, 0, [0], {"i": 0}],
    ["B", 2, 0, [0], {"s": 0}],
    ["C", 1, 0, [1], True, {}],
    ["E", 0, 1, 0, [1], 0, {"n": 1}],
    ["R", 3, 1, [], 7, {}],
    ["H", 3, 0, [1], {"x": ["ValueError", "no"]}, {"e": "no"}],
    ["X", 3, 0, [], {"x": ["KeyError", "k"]}],
    ["N", [[0, 2], [1, 2], [2, 300], [4, 5]], 299],
    ["r", [1, 2], [2]],
]


def sink(*lines: object) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines) + b"\0" * 16


def test_the_lines_of_an_input_become_its_run() -> None:
    (run,) = read_runs(sink(*WHOLE), SITES, traced=True).values()
    assert run == Run(
        cause="ok",
        result=List((Int(1), Int(2))),
        arguments=(Int(2),),
        trace=Trace(
            events=(
                Event(EventKind.ENTER, "f:0", 0, (), (("n", Int(2)),)),
                Event(EventKind.ITERATE, "f:1.for", 0, (0,), (("i", Int(0)),)),
                Event(EventKind.RUN, "f:1.for:0", 0, (0,), (("s", Int(0)),)),
                Event(EventKind.BRANCH, "f:1.for", 0, (1,), (), Bool(True)),
                Event(EventKind.ENTER, "f:0", 1, (), (("n", Int(1)),)),
                Event(EventKind.RETURN, "f:2", 1, (), (), Int(7)),
                Event(EventKind.CATCH, "f:2", 0, (1,), (("e", Text("no")),), Raised("ValueError", "no")),
                Event(EventKind.RAISE, "f:2", 0, (), (), Raised("KeyError", "k")),
            ),
            frames=(Frame(0, "f"), Frame(1, "f", 0, (1,), 0, 1)),
            counts={"f:0": 2, "f:1.for": 5, "f:1.for:0": 300},
            n_dropped=299,
            complete=True,
        ),
    )


def test_each_end_has_its_cause() -> None:
    runs = read_runs(
        sink(
            ["=", 0], ["r", None, []],
            ["=", 1], ["e", {"x": ["java.lang.Error", "m"]}, [1]],
            ["=", 2], ["!", "3.5 does not fit an int"],
            ["=", 3],
        ),
        SITES,
        traced=False,
    )  # fmt: skip
    assert runs == {
        0: Run(cause="ok", result=Null()),
        1: Run(cause="exception", raised=Raised("java.lang.Error", "m"), arguments=(Int(1),)),
        2: Run(cause="not run", detail="3.5 does not fit an int"),
        3: Run(cause="unfinished"),
    }


def test_only_an_unfinished_run_takes_the_cause_of_its_process() -> None:
    assert finish(Run(cause="unfinished"), "timeout", "10 s") == Run(cause="timeout", detail="10 s")
    assert finish(Run(cause="ok", result=Int(1)), "timeout", "10 s") == Run(cause="ok", result=Int(1))


@pytest.mark.parametrize(
    "lines",
    [
        [["=", 0], ["r", 1, []], ["r", 2, []]],
        [["=", 0], ["r", 1, []], ["e", {"x": ["E", ""]}, []]],
        [["=", 0], ["r", 1, []], ["no form"]],
        [["=", 0], ["r", 1, []], ["=", 0], ["r", 1, []]],
        [["=", 0], ["=", 0], ["r", 1, []]],
        [["=", 0], ["r", 1, []], ["=", 1], ["r", 1, []], ["=", 0]],
    ],
)
def test_an_input_answers_once(lines: list[object]) -> None:
    assert read_runs(sink(*lines), SITES, traced=False)[0].cause == "tampered"


def test_an_empty_memory_holds_no_runs() -> None:
    assert read_runs(b"", SITES, traced=True) == read_runs(b"\0" * 64, SITES, traced=True) == {}


@given(values, st.lists(values, max_size=2))
def test_any_result_and_arguments_come_through(result: Value, arguments: list[Value]) -> None:
    line = ["r", encode(result), [encode(argument) for argument in arguments]]
    assert read_runs(sink(["=", 4], line), SITES, traced=False)[4] == Run(
        cause="ok", result=result, arguments=tuple(arguments)
    )


@given(st.integers(0, len(sink(*WHOLE))))
def test_a_memory_torn_anywhere_tells_what_was_whole(place: int) -> None:
    whole = read_runs(sink(*WHOLE), SITES, traced=True)[0]
    torn = read_runs(sink(*WHOLE)[:place], SITES, traced=True)
    if 0 not in torn:
        assert place < len('["=", 0]\n')
        return
    run = torn[0]
    assert whole.trace is not None
    assert run.trace is not None
    assert run.trace.events == whole.trace.events[: len(run.trace.events)]
    assert (run.cause == "ok") == run.trace.complete == (place >= len(sink(*WHOLE).rstrip(b"\0")))


def test_what_follows_a_torn_line_is_not_trusted() -> None:
    torn = sink(["=", 0]).rstrip(b"\0") + b'["r",1,\n' + sink(["=", 1], ["r", 1, []])
    assert read_runs(torn, SITES, traced=False) == {0: Run(cause="unfinished")}


FORGED = {
    "a number for a line": 7,
    "nothing": [],
    "an object": {"r": 1},
    "an unknown tag": ["Z", 0, 0, []],
    "a tag that is no text": [["r"], 1, []],
    "a result without arguments": ["r", 1],
    "arguments that are no list": ["r", 1, "ab"],
    "a result that is no value": ["r", {"zz": 1}, []],
    "an argument that is no value": ["r", 1, [{}]],
    "an exception that is a value": ["e", 1, []],
    "an exception of one part": ["e", {"x": ["E"]}, []],
    "a reason that is no text": ["!", 5],
    "no reason": ["!"],
    "a site that is not there": ["B", 99, 0, [], {}],
    "a site counted from the end": ["B", -1, 0, [], {}],
    "a site that is no number": ["B", "0", 0, [], {}],
    "a frame that is no number": ["B", 0, [], [], {}],
    "an index that is no list": ["B", 0, 0, 3, {}],
    "an index of texts": ["B", 0, 0, ["1"], {}],
    "an index of lists": ["B", 0, 0, [[]], {}],
    "variables that are no object": ["B", 0, 0, [], []],
    "a variable that is no value": ["B", 0, 0, [], {"x": {}}],
    "too short a block": ["B", 0, 0, []],
    "too long a block": ["B", 0, 0, [], {}, {}],
    "a branch without an outcome": ["C", 0, 0, [], {}],
    "an outcome that is no value": ["C", 0, 0, [], {"q": 1}, {}],
    "a raise that raises nothing": ["X", 0, 0, [], 1],
    "a handler that catches nothing": ["H", 0, 0, [], 1, {}],
    "a frame inside itself": ["E", 0, 5, 5, [], 0, {}],
    "a frame inside a later one": ["E", 0, 5, 6, [], 0, {}],
    "a frame inside none": ["E", 0, 5, -2, [], 0, {}],
    "a frame without a place": ["E", 9, 5, 0, [], 0, {}],
    "counts that are no list": ["N", {}, 0],
    "counts of three": ["N", [[0, 1, 2]], 0],
    "counts of a place that is not there": ["N", [[9, 1]], 0],
    "no number of dropped events": ["N", []],
}


@pytest.mark.parametrize("line", FORGED.values(), ids=FORGED.keys())
@pytest.mark.parametrize("traced", [True, False])
def test_a_line_without_its_form_ends_the_reading_of_its_input_alone(line: object, traced: bool) -> None:
    runs = read_runs(
        sink(["=", 0], ["r", 1, []], ["=", 1], *WHOLE[1:4], line, ["r", 1, []], ["=", 2], ["r", 2, []]),
        SITES,
        traced=traced,
    )
    assert [run.cause for run in runs.values()] == ["ok", "unfinished", "ok"]
    assert [run.result for run in runs.values()] == [Int(1), None, Int(2)]
    if traced:
        assert runs[1].trace is not None
        assert not runs[1].trace.complete
        assert len(runs[1].trace.events) == 3


@pytest.mark.parametrize(
    "line",
    [["=", "0"], ["=", [0]], ["=", None], ["="], ["=", 1, 2]],
    ids=["text", "list", "null", "no number", "two numbers"],
)
def test_an_input_without_a_number_begins_nothing(line: object) -> None:
    assert read_runs(sink(line, ["r", 1, []]), SITES, traced=True) == {}


hostile_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 9)
    | st.floats()
    | st.sampled_from(["=", "E", "B", "C", "I", "R", "X", "H", "N", "r", "e", "!", "x"]),
    lambda inner: (
        st.lists(inner, max_size=7) | st.dictionaries(st.sampled_from(["x", "i", "m", "n"]), inner, max_size=2)
    ),
    max_leaves=20,
)
tags = st.sampled_from(["=", "E", "B", "C", "I", "R", "X", "H", "N", "r", "e", "!"])
hostile_lines = st.builds(lambda tag, rest: [tag, *rest], tags, st.lists(hostile_json, max_size=7)) | hostile_json


@given(st.lists(hostile_lines | st.sampled_from(WHOLE), max_size=12), st.booleans())
def test_whatever_a_program_writes_is_read_without_an_error(lines: list[object], traced: bool) -> None:
    for number, run in read_runs(sink(["=", 0], *lines), SITES, traced=traced).items():
        assert isinstance(number, int)
        assert run.cause in CAUSES
        assert (run.trace is not None) == traced
        assert run.trace is None or all(frame.parent < frame.id for frame in run.trace.frames)


@given(st.binary(max_size=200), st.integers(0, 40), st.booleans())
def test_bytes_of_any_kind_are_read_without_an_error(noise: bytes, place: int, traced: bool) -> None:
    text = sink(*WHOLE)
    read_runs(text[:place] + noise + text[place:], SITES, traced=traced)


@pytest.mark.parametrize(
    "text",
    [
        b'["r",' + b"[" * 200_000 + b"\n",
        b'["r",' + b"[" * 50_000 + b"]" * 50_000 + b",[]]\n",
        b'["r",' + b'{"R":["N",[["x",' * 5_000 + b"\n",
        b"\xef\xbb\xbf[]\n",
        b'"\xff"\n',
        b'["r",NaN,[]' + b"\n",
    ],
    ids=["open", "deep", "deep records", "byte order mark", "not UTF-8", "half"],
)
def test_text_that_no_reader_can_follow_ends_its_input(text: bytes) -> None:
    assert read_runs(b'["=",0]\n' + text, SITES, traced=False) == {0: Run(cause="unfinished")}


def test_a_number_of_a_million_digits_is_not_converted() -> None:
    (run,) = read_runs(b'["=",0]\n["r",' + b"9" * 1_000_000 + b",[]]\n", SITES, traced=False).values()
    assert run.cause == "ok"
    assert "1,000,000 digits" in str(run.result)
