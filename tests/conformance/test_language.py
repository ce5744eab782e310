"""What every language of the table must do; its programs and what must come out are in `tests/fixtures/languages`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from semalign.core.errors import ConfigError, SourceError
from semalign.languages import LANGUAGES, language_of
from semalign.languages.protocol import Executable, Function, Language, Mode, Unit
from semalign.sandbox import Cause, Limits, Outcome, Sandbox, open_sandbox
from semalign.traces.blocks import BlockKind
from semalign.traces.trace import Caps, EventKind, Run, Trace
from semalign.values.model import Bool, Char, Cut, Int, List, Map, Null, Set, Text, Tuple, Unrepresentable, Value
from semalign.values.wire import decode, digest, wire

FIXTURES = Path(__file__).parents[1] / "fixtures" / "languages"
CASES: list[dict[str, Any]] = json.loads((FIXTURES / "cases.json").read_text(encoding="utf-8"))
LIMITS = Limits(wall_s=10.0, memory_mib=1024)


def plain(value: Value | None) -> object:
    """A value without what languages differ in: widths, list against tuple, character against text, order of maps."""
    match value:
        case Int(number) | Bool(number):
            return number
        case Text(text) | Char(text):
            return text
        case List(items) | Tuple(items):
            return [plain(item) for item in items]
        case Set(items):
            return {"set": sorted(map(repr, map(plain, items)))}
        case Map(pairs):
            return {"map": sorted((repr(plain(key)), plain(item)) for key, item in pairs)}
        case Null():
            return None
        case _:
            return value


@dataclass(slots=True)
class Workshop:
    """One language at work: units are parsed and functions built once."""

    language: Language
    sandbox: Sandbox
    _units: dict[str, Unit] = field(default_factory=dict)
    _built: dict[tuple[str, str, Mode], Executable] = field(default_factory=dict)

    def unit(self, program: str) -> Unit:
        if program not in self._units:
            path = self.path(program)
            self._units[program] = self.language.parse(path.read_text(encoding="utf-8"), path.name)
        return self._units[program]

    def path(self, program: str) -> Path:
        folder = FIXTURES / self.language.name
        names = [f"{name}{suffix}" for suffix in self.language.suffixes for name in (program, _camel(program))]
        return next(folder / name for name in names if (folder / name).is_file())

    def function(self, program: str, name: str) -> Function:
        return next(found for found in self.unit(program).functions if found.name.rpartition(".")[2] == name)

    def built(self, program: str, name: str, mode: Mode) -> Executable:
        key = (program, name, mode)
        if key not in self._built:
            made = self.language.build(self.unit(program), self.function(program, name), self.sandbox, mode=mode)
            assert not isinstance(made, Outcome), made.stderr.decode()
            self._built[key] = made
        return self._built[key]

    def run(self, program: str, name: str, inputs: Any, mode: Mode = Mode.TRACED, **more: Any) -> list[Run]:
        rows = [[decode(tree) for tree in row] for row in inputs]
        more.setdefault("limits", LIMITS)
        return self.built(program, name, mode).run(rows, self.sandbox, **more)

    def trace(self, program: str, name: str, row: Any, **more: Any) -> Trace:
        (run,) = self.run(program, name, [row], **more)
        assert run.trace is not None
        return run.trace

    def block(self, program: str, name: str, tail: str) -> str:
        return f"{self.function(program, name).name}:{tail}"


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox()
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def shop(request: pytest.FixtureRequest, sandbox: Sandbox) -> Workshop:
    language = LANGUAGES[request.param]
    if language.missing():
        pytest.skip(language.missing())
    return Workshop(language, sandbox)


@pytest.fixture(params=CASES, ids=lambda case: f"{case['program']}-{case['function']}")
def case(request: pytest.FixtureRequest, shop: Workshop) -> dict[str, Any]:
    found: dict[str, Any] = request.param
    left_out = found.get("not_in", {}).get(shop.language.name)
    if left_out:
        pytest.skip(left_out)
    return found


def test_a_function_gives_the_expected_results(shop: Workshop, case: dict[str, Any]) -> None:
    runs = shop.run(case["program"], case["function"], case["inputs"], Mode.PLAIN)
    expected = case.get(f"results_{shop.language.name}", case["results"])
    for run, wanted in zip(runs, expected, strict=True):
        if isinstance(wanted, dict) and "raises" in wanted:
            assert run.cause == "exception"
            assert run.raised is not None
        elif isinstance(wanted, dict) and "cause" in wanted:
            assert run.cause == wanted["cause"]
        else:
            assert (run.cause, plain(run.result)) == ("ok", plain(decode(wanted))), run
    for run, arguments in zip(runs, case.get("arguments", []), strict=False):
        assert [plain(value) for value in run.arguments] == [plain(decode(tree)) for tree in arguments]


def test_instrumented_equals_plain(shop: Workshop, case: dict[str, Any]) -> None:
    as_it_stands = shop.run(case["program"], case["function"], case["inputs"], Mode.PLAIN)
    traced = shop.run(case["program"], case["function"], case["inputs"], Mode.TRACED)
    for one, other in zip(as_it_stands, traced, strict=True):
        assert (one.cause, one.result, one.arguments, one.raised, one.stdout) == (
            other.cause, other.result, other.arguments, other.raised, other.stdout,
        )  # fmt: skip
        assert one.trace is None
        assert other.trace is not None
        assert other.trace.void == ""
        assert other.trace.complete == (other.cause in ("ok", "exception"))


def test_every_event_stands_in_the_outline(shop: Workshop, case: dict[str, Any]) -> None:
    unit = shop.unit(case["program"])
    outlines = {function.outline.function: function.outline for function in unit.functions}
    kinds = {EventKind.BRANCH: "condition", EventKind.ITERATE: "loop"}
    for run in shop.run(case["program"], case["function"], case["inputs"]):
        assert run.trace is not None
        functions = {frame.id: frame.function for frame in run.trace.frames}
        for event in run.trace.events:
            block = outlines[functions[event.frame]].block(event.block)
            own = event.kind in kinds and block.kind in (BlockKind.FOR, BlockKind.WHILE, BlockKind.DO)
            if event.kind is not EventKind.RAISE:  # where it was raised may be known less closely
                assert len(event.index) == len(block.loops) + own, event


def test_blocks_are_counted_and_their_events_are_in_their_iterations(shop: Workshop, case: dict[str, Any]) -> None:
    if "counts" not in case:
        pytest.skip("the case says nothing of blocks")
    program, name = case["program"], case["function"]
    trace = shop.trace(program, name, case["inputs"][0])
    counts = {tail: trace.counts.get(shop.block(program, name, tail), 0) for tail in case["counts"]}
    assert counts == case["counts"]
    for tail, indices in case.get("indices", {}).items():
        block = shop.block(program, name, tail)
        assert [list(event.index) for event in trace.events if event.block == block] == indices


def test_an_input_that_hangs_ends_alone_and_its_trace_survives(shop: Workshop) -> None:
    limits = Limits(wall_s=1.0, memory_mib=1024)
    as_it_stands, traced = (
        shop.run("hang", "hang", [[1], [0], [2]], mode, limits=limits) for mode in (Mode.PLAIN, Mode.TRACED)
    )
    for runs in (as_it_stands, traced):
        assert [run.cause for run in runs] == ["ok", "timeout", "ok"]
        assert [plain(run.result) for run in (runs[0], runs[2])] == [2, 4]
    trace = traced[1].trace
    assert trace is not None
    assert not trace.complete
    assert any(event.kind is EventKind.BRANCH for event in trace.events)


def test_a_crash_leaves_the_events_before_it(shop: Workshop) -> None:
    trace = shop.trace("crash", "crash", [0])
    assert [event.kind for event in trace.events][:2] == [EventKind.ENTER, EventKind.BRANCH]
    assert not trace.complete


def test_executions_past_the_caps_are_counted(shop: Workshop) -> None:
    a = list(range(300))
    trace = shop.trace("loops", "total", [a, 300], caps=Caps(per_site=16))
    body = shop.block("loops", "total", "2.for:0")
    assert sum(event.block == body for event in trace.events) == 16
    assert trace.counts[body] == 300
    assert trace.n_dropped == 2 * (300 - 16)
    assert [event.index for event in trace.events if event.block == body] == [(i,) for i in range(16)]


def test_no_more_events_are_kept_than_asked_for(shop: Workshop) -> None:
    trace = shop.trace("loops", "total", [list(range(50)), 50], caps=Caps(events=20))
    assert len(trace.events) == 20
    assert trace.counts[shop.block("loops", "total", "2.for:0")] == 50
    assert trace.n_dropped == sum(trace.counts.values()) - 20


def test_frames_know_who_called_them_and_where(shop: Workshop) -> None:
    trace = shop.trace("recursion", "calls_in_loop", [2])
    places = [(frame.parent, frame.index, frame.ordinal, frame.depth) for frame in trace.frames]
    assert places == [(-1, (), 0, 0), (0, (0,), 0, 1), (0, (0,), 1, 1), (0, (1,), 0, 1), (3, (), 0, 2), (0, (1,), 1, 1)]


def test_an_exception_that_leaves_a_frame_is_an_event_of_it(shop: Workshop) -> None:
    trace = shop.trace("tries", "raises", [-1])
    last = trace.events[-1]
    assert last.kind is EventKind.RAISE
    assert last.frame == 0


def test_a_branch_tells_its_outcome(shop: Workshop) -> None:
    trace = shop.trace("branches", "sign", [-5])
    assert [plain(event.outcome) for event in trace.events if event.kind is EventKind.BRANCH] == [False, True]
    arms = [event.outcome for event in shop.trace("switches", "name_of", [2]).events if event.kind is EventKind.BRANCH]
    assert arms == [Text("case2")]


def test_a_variable_is_shown_when_it_changes_and_only_then(shop: Workshop) -> None:
    trace = shop.trace("loops", "countdown", [3])
    shown = [plain(value) for event in trace.events for name, value in event.variables if name == "steps"]
    assert shown == [0, 1, 2, 3]
    returned = [event for event in trace.events if event.kind is EventKind.RETURN]
    assert [plain(event.outcome) for event in returned] == [3]


def test_containers_are_shown_without_being_drained(shop: Workshop) -> None:
    for function in ("stack_sum", "queue_order", "heap_order"):
        trace = shop.trace("containers", function, [[3, 1, 2]])
        sizes = [
            len(value.items)
            for event in trace.events
            for name, value in event.variables
            if name in ("stack", "queue", "heap") and isinstance(value, List)
        ]
        assert max(sizes) == 3, function
        assert sizes[-1] == 0, function


def test_a_large_value_is_cut_with_a_digest_of_all_of_it(shop: Workshop) -> None:
    (run,) = shop.run("echo", "echo_list", [[list(range(100))]])
    assert run.trace is not None
    shown = dict(run.trace.events[0].variables)["a"]
    assert isinstance(run.result, List)
    assert isinstance(shown, Cut)
    assert (plain(shown.head), shown.n_items) == (list(range(64)), 100)
    assert shown.digest == digest(wire(run.result))


def test_a_value_beyond_the_digest_is_not_represented(shop: Workshop) -> None:
    trace = shop.trace("echo", "echo_list", [list(range(5000))])
    assert isinstance(dict(trace.events[0].variables)["a"], Unrepresentable)


def test_a_misfit_is_not_run_and_says_why(shop: Workshop) -> None:
    runs = shop.run("echo", "echo_int", [["text"], [3]], Mode.PLAIN)
    assert [run.cause for run in runs] == ["not run", "ok"]
    assert runs[0].detail


def test_many_inputs_come_back_in_order(shop: Workshop) -> None:
    runs = shop.run("echo", "echo_int", [[i] for i in range(40)], Mode.PLAIN)
    assert [plain(run.result) for run in runs] == list(range(40))


def test_the_blocks_of_a_function_follow_the_rule(shop: Workshop) -> None:
    outline = shop.function("every_block", "every").outline
    pinned = (FIXTURES / shop.language.name / "outline.txt").read_text(encoding="utf-8").splitlines()
    assert [f"{block.id} {block.kind.value}" for block in outline.blocks] == pinned


def test_a_block_is_cut_out_of_its_source(shop: Workshop) -> None:
    unit = shop.unit("every_block")
    source = unit.source.encode()
    for function in unit.functions:
        for block in function.outline.blocks:
            assert source[block.start_byte : block.end_byte].decode() == block.text
            assert source[: block.start_byte].count(b"\n") + 1 == block.first_line


def test_a_whole_program_runs_and_is_traced(shop: Workshop) -> None:
    unit = shop.unit("program")
    assert unit.has_main
    outcome = shop.language.run_program(unit, shop.sandbox, stdin=b"21\n", limits=LIMITS)
    assert (outcome.cause, outcome.stdout.strip()) == (Cause.OK, b"42")
    traced, run = shop.language.trace_program(unit, shop.sandbox, stdin=b"21\n", limits=LIMITS)
    assert (traced.cause, traced.stdout) == (outcome.cause, outcome.stdout)
    assert run.cause == "ok"
    assert run.trace is not None
    name = shop.function("program", "twice").name
    frame = next(frame for frame in run.trace.frames if frame.function == name)
    entered = next(event for event in run.trace.events if event.frame == frame.id)
    assert [(name, plain(value)) for name, value in entered.variables] == [("n", 21)]


def test_a_source_that_does_not_parse_says_where(shop: Workshop) -> None:
    path = shop.path("broken")
    with pytest.raises(SourceError, match=rf"{path.name}:2:\d+: .+"):
        shop.language.parse(path.read_text(encoding="utf-8"), path.name)


def test_a_source_without_a_function_is_refused(shop: Workshop) -> None:
    with pytest.raises(SourceError):
        shop.language.parse("", "empty")


def test_a_signature_is_read_and_written(shop: Workshop) -> None:
    signature = shop.function("loops", "total").signature
    assert signature.known
    assert [parameter.name for parameter in signature.parameters] == ["a", "n"]
    assert "total" in shop.language.render_type(signature)


def test_a_language_is_found_by_name_and_by_file(shop: Workshop) -> None:
    assert language_of(shop.language.name) is shop.language
    assert language_of(f"folder/x{shop.language.suffixes[0]}") is shop.language


def test_an_unknown_language_names_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="python"):
        language_of("x.cobol")
