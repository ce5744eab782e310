"""What is Python's own: its annotations, its generators, its classes, and code that must not notice the recorder."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from semalign.core.errors import SourceError
from semalign.languages.protocol import Mode, Unit
from semalign.languages.python import PythonLanguage
from semalign.sandbox import Limits, Sandbox, open_sandbox
from semalign.traces.trace import Caps, EventKind, Run
from semalign.values.model import Opaque, Record, Text, Unrepresentable
from semalign.values.types import UNKNOWN, Kind, Parameter, Signature, Type
from semalign.values.wire import read, wire

PYTHON = PythonLanguage()
LIMITS = Limits(wall_s=10.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox()
    yield opened
    opened.close()


def run(sandbox: Sandbox, source: str, name: str, *inputs: str, mode: Mode = Mode.TRACED, **more: object) -> list[Run]:
    """Runs of a function; an input is its arguments in wire form, one JSON array."""
    unit = PYTHON.parse(source)
    function = next(found for found in unit.functions if found.name == name)
    made = PYTHON.prepare(unit, function, mode=mode, final_values=bool(more.pop("final_values", False)))
    rows = [list(_items(text)) for text in inputs]
    limits = more.pop("limits", LIMITS)
    return made.run(rows, sandbox, limits=limits, caps=more.get("caps"))  # type: ignore[arg-type] # Limits, a Caps or None


def _items(text: str) -> Iterator[object]:
    value = read(text)
    yield from getattr(value, "items", ())


def both(sandbox: Sandbox, source: str, name: str, *inputs: str) -> list[Run]:
    """Runs of the instrumented function, after checking that the plain one did the same."""
    traced = run(sandbox, source, name, *inputs)
    for one, other in zip(run(sandbox, source, name, *inputs, mode=Mode.PLAIN), traced, strict=True):
        assert (one.cause, one.result, one.arguments, one.raised, one.stdout) == (
            other.cause, other.result, other.arguments, other.raised, other.stdout,
        )  # fmt: skip
    return traced


def result(run: Run) -> str:
    assert run.result is not None, run
    return wire(run.result)


def blocks(source: str, name: str = "f") -> list[str]:
    unit = PYTHON.parse(source)
    return [block.id for found in unit.functions if found.name == name for block in found.outline.blocks]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("int", Type(kind=Kind.INT)),
        ("float", Type(kind=Kind.FLOAT, width_bits=64)),
        ("List[List[int]]", Type(kind=Kind.LIST, items=(Type(kind=Kind.LIST, items=(Type(kind=Kind.INT),)),))),
        ("'list[str]'", Type(kind=Kind.LIST, items=(Type(kind=Kind.TEXT),))),
        ("Optional[int]", Type(kind=Kind.INT, nullable=True)),
        ("int | None", Type(kind=Kind.INT, nullable=True)),
        ("Dict[str, float]", Type(kind=Kind.MAP, items=(Type(kind=Kind.TEXT), Type(kind=Kind.FLOAT, width_bits=64)))),
        ("typing.Tuple[int, bool]", Type(kind=Kind.TUPLE, items=(Type(kind=Kind.INT), Type(kind=Kind.BOOL)))),
        ("tuple[int, ...]", Type(kind=Kind.LIST, items=(Type(kind=Kind.INT),))),
        ("set", Type(kind=Kind.SET)),
        ("int | str", UNKNOWN),
        ("Callable[[int], int]", UNKNOWN),
    ],
)
def test_an_annotation_is_a_type(annotation: str, expected: Type) -> None:
    (function,) = PYTHON.parse(f"def f(x: {annotation}):\n    return x\n").functions
    assert function.signature.parameters[0].type == expected


def test_a_class_is_a_record_with_its_fields() -> None:
    source = "class Node:\n    def __init__(self, v: int, next: 'Node'):\n        self.v = v\n\ndef f(x: Node): ...\n"
    declared = PYTHON.parse(source).functions[-1].signature.parameters[0].type
    assert declared.kind is Kind.RECORD
    assert [name for name, _ in declared.fields] == ["v", "next"]


def test_a_signature_is_written_as_python() -> None:
    parameters = (Parameter(name="a", type=Type(kind=Kind.LIST, items=(Type(kind=Kind.INT, width_bits=32),))),)
    signature = Signature(name="f", parameters=parameters, result=Type(kind=Kind.TEXT, nullable=True))
    assert PYTHON.render_type(signature) == "def f(a: list[int]) -> str | None:"


def test_what_cannot_be_called_says_why() -> None:
    source = """
class A:
    def __init__(self, x): self.x = x
    def f(self): pass
    @staticmethod
    def g(y): pass
async def h(): pass
def i(*, k): pass
def j():
    def inner(): pass
"""
    problems = {found.name: found.problem for found in PYTHON.parse(source).functions}
    assert "without arguments" in problems["A.f"]
    assert problems["A.g"] == problems["j"] == ""
    assert "coroutine" in problems["h"]
    assert "keyword argument" in problems["i"]
    assert "inside j" in problems["j.inner"]
    unit = PYTHON.parse(source)
    with pytest.raises(SourceError, match=r"A\.f its class A cannot"):
        PYTHON.prepare(unit, unit.functions[1], mode=Mode.PLAIN)


@pytest.mark.parametrize("source", ["def f(:\n", "def f():\n    return\n  x = 1\n", "return 1\n", "x = '\0'\n"])
def test_a_syntax_error_has_a_line_and_a_column(source: str) -> None:
    with pytest.raises(SourceError, match=r"^a\.py:\d+:\d+: .*; correct the Python source"):
        PYTHON.parse(source, "a.py")


def test_a_docstring_is_no_block_and_an_elif_is_an_if_in_the_else_arm() -> None:
    source = 'def f(n):\n    """Doc."""\n    if n:\n        a = 1\n    elif n == 2:\n        a = 2\n    return a\n'
    assert blocks(source) == ["f:0", "f:1.if", "f:1.if.then:0", "f:1.if.else:0.if", "f:1.if.else:0.if.then:0", "f:2"]


def test_names_are_told_apart_from_functions_and_inner_variables() -> None:
    source = "K = 2\ndef g(): pass\ndef f(a):\n    a[0] = [x * K for x in a if len(a)]\n    g()\n    a.append(1)\n"
    block = PYTHON.parse(source).functions[1].outline.blocks[1]
    assert (block.defs, block.uses, block.inner_loops) == (("a",), ("a", "K"), 1)


def test_a_method_is_called_on_a_new_object(sandbox: Sandbox) -> None:
    source = "class Solution:\n    n = 1\n    def f(self, x: int) -> int:\n        self.n += x\n        return self.n\n"
    runs = both(sandbox, source, "Solution.f", "[4]", "[4]")
    assert [result(run) for run in runs] == ["5", "5"]


# Everything in Python that rewriting could get wrong, one function each; a text, since no formatter may tidy it.
UNUSUAL = (Path(__file__).parents[1] / "fixtures/languages/python/unusual.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    re.findall(r"^def (\w+)\(n\)", UNUSUAL, flags=re.MULTILINE),
)
def test_a_program_does_not_notice_the_recorder(sandbox: Sandbox, name: str) -> None:
    for run in both(sandbox, UNUSUAL, name, "[3]", "[1]", "[2]", "[0]"):
        assert run.cause in ("ok", "exception")
        assert run.trace is not None
        assert run.trace.complete
        unit = PYTHON.parse(UNUSUAL)
        outlines = {found.name: found.outline for found in unit.functions}
        functions = {frame.id: frame.function for frame in run.trace.frames}
        for event in run.trace.events:
            block = outlines[functions[event.frame]].block(event.block)
            own = event.kind is EventKind.ITERATE or (event.kind is EventKind.BRANCH and ".while" in event.block[-6:])
            if event.kind is not EventKind.RAISE:
                assert len(event.index) == len(block.loops) + own, event


def test_a_change_through_another_name_is_shown(sandbox: Sandbox) -> None:
    (run,) = both(sandbox, UNUSUAL, "aliased", "[3]")
    assert run.trace is not None
    shown = [wire(value) for event in run.trace.events for name, value in event.variables if name == "a"]
    assert shown == ["[1,3]", "[2,3]", "[3,3]"]


def test_reading_values_runs_no_code_of_the_program(sandbox: Sandbox) -> None:
    source = """
class Odd:
    def __init__(self): self.x = 1
    def __eq__(self, other): raise SystemExit
    def __repr__(self): raise SystemExit
    def __hash__(self): raise SystemExit
    def __getattribute__(self, name): raise SystemExit
    def __bool__(self): raise SystemExit
    def __iter__(self): raise SystemExit

def f(n):
    odd = object.__new__(Odd)
    object.__setattr__(odd, "x", n)
    held = [odd, odd]
    return held
"""
    (run,) = both(sandbox, source, "f", "[1]")
    assert result(run) == '[{"R":["Odd",[["x",1]]]},{"R":["Odd",[["x",1]]]}]'


def test_an_exception_is_laid_to_the_block_that_raised(sandbox: Sandbox) -> None:
    source = "def f(a):\n    s = 0\n    for x in a:\n        if x:\n            s = s + a[x]\n    return s\n"
    (run,) = both(sandbox, source, "f", "[[0,9]]")
    assert run.trace is not None
    assert run.raised is not None
    assert run.raised.name == "IndexError"
    last = run.trace.events[-1]
    assert (last.kind, last.block, last.index) == (EventKind.RAISE, "f:2.for:0.if.then:0", (1,))


@pytest.mark.parametrize(
    ("body", "cause", "name"),
    [
        ("raise SystemExit(3)", "exception", "SystemExit"),
        ("raise KeyboardInterrupt", "exception", "KeyboardInterrupt"),
        ("return f(n)", "exception", "RecursionError"),
        ("return bytearray(1 << 40)", "memory", "MemoryError"),
        ("return int('1' * 5000)", "exception", "ValueError"),
    ],
)
def test_what_ends_a_program_ends_one_input(sandbox: Sandbox, body: str, cause: str, name: str) -> None:
    runs = both(sandbox, f"def f(n):\n    if n:\n        return n\n    {body}\n", "f", "[0]", "[1]")
    assert [run.cause for run in runs] == [cause, "ok"]
    assert runs[0].raised is not None
    assert runs[0].raised.name == name


def test_inputs_share_neither_output_nor_state(sandbox: Sandbox) -> None:
    body = "    seen.append(n)\n    print(n, *seen)\n    builtins.len = None\n    return seen\n"
    source = f"import builtins\nseen = []\ndef f(n):\n{body}"
    runs = both(sandbox, source, "f", "[1]", "[2]")
    assert [run.stdout for run in runs] == ["1 1\n", "2 2\n"]


def test_an_input_that_floods_its_output_ends_alone(sandbox: Sandbox) -> None:
    runs = run(sandbox, "def f(n):\n    while n:\n        print('x' * 1000)\n    return 1\n", "f", "[0]", "[1]", "[0]")
    assert [run.cause for run in runs] == ["ok", "output", "ok"]


@pytest.mark.parametrize(
    ("parameter", "argument", "expected"),
    [
        ("x: tuple[int, int]", "[[1,2]]", '"tuple"'),
        ("x: deque[int]", "[[1]]", '"deque"'),
        ("x: set[int]", "[[1]]", '"set"'),
        ("x: float", "[1]", '"float"'),
        ("x: list[str]", '["ab"]', '"list"'),
        ("x: defaultdict[str, int]", '[{"m":[["a",1]]}]', '"defaultdict"'),
        ("x: Optional[int]", "[null]", '"NoneType"'),
        ("x: str", '[{"c":"a"}]', '"str"'),
        ("x: Node", '[{"R":["Node",[["v",1],["next",null]]]}]', '"Node"'),
        ("x", '[{"i":["5",32]}]', '"int"'),
    ],
)
def test_an_argument_is_what_the_annotation_asks_for(
    sandbox: Sandbox, parameter: str, argument: str, expected: str
) -> None:
    head = "from typing import Optional\nfrom collections import deque, defaultdict\nclass Node: pass\n"
    (run_,) = run(sandbox, f"{head}def f({parameter}):\n    return type(x).__name__\n", "f", argument, mode=Mode.PLAIN)
    assert result(run_) == expected


@pytest.mark.parametrize(
    ("parameters", "argument"), [("x: int", "[1.5]"), ("x: list[int]", "[[null]]"), ("x, y", "[1]"), ("x", "[1,2]")]
)
def test_an_argument_that_does_not_fit_is_not_run(sandbox: Sandbox, parameters: str, argument: str) -> None:
    (run_,) = run(sandbox, f"def f({parameters}):\n    return 1\n", "f", argument)
    assert run_.cause == "not run"
    assert run_.detail


def test_values_without_content_and_values_too_large(sandbox: Sandbox) -> None:
    source = "def f(n):\n    if n == 0:\n        return (i for i in [])\n    return 1 << 20000\n"
    generator, large = both(sandbox, source, "f", "[0]", "[1]")
    assert generator.result == Opaque("generator")
    assert isinstance(large.result, Unrepresentable)


def test_final_values_are_those_at_the_end_of_each_frame(sandbox: Sandbox) -> None:
    source = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i\n    return s\n"
    (run_,) = run(sandbox, source, "f", "[4]", final_values=True)
    assert run_.trace is not None
    last = run_.trace.events[-1]
    assert last.kind is EventKind.RETURN
    assert {name: wire(value) for name, value in last.variables}.items() >= {"s": "6", "i": "3"}.items()


def test_a_program_is_traced_with_whole_arguments_at_its_call_sites(sandbox: Sandbox) -> None:
    calls = "for k in range(2):\n    print(f(list(range(100)), k))\n"
    unit: Unit = PYTHON.parse(f"def g(a):\n    return len(a)\n\ndef f(a, k):\n    return g(a) + k\n\n{calls}")
    plain = PYTHON.run_program(unit, sandbox, limits=LIMITS)
    traced, run_ = PYTHON.trace_program(unit, sandbox, limits=LIMITS, caps=Caps(items=4))
    assert (plain.stdout, plain.exit_code) == (traced.stdout, traced.exit_code) == (b"100\n101\n", 0)
    assert run_.trace is not None
    frames = [(frame.function, frame.parent, frame.index) for frame in run_.trace.frames]
    assert frames == [("<module>", -1, ()), ("f", 0, (0,)), ("g", 1, ()), ("f", 0, (1,)), ("g", 3, ())]
    entered = {event.frame: dict(event.variables) for event in run_.trace.events if event.kind is EventKind.ENTER}
    assert wire(entered[1]["a"]) == wire(read(str(list(range(100)))))
    assert wire(entered[2]["a"]).startswith('{"cut":')


def test_a_program_that_raises_ends_as_it_would(sandbox: Sandbox) -> None:
    unit = PYTHON.parse("import sys\nprint(1)\nif len(sys.argv) == 1:\n    sys.exit(4)\n")
    plain = PYTHON.run_program(unit, sandbox, limits=LIMITS)
    traced, run_ = PYTHON.trace_program(unit, sandbox, limits=LIMITS)
    assert (plain.cause, plain.exit_code, plain.stdout) == (traced.cause, traced.exit_code, traced.stdout)
    assert run_.raised is not None
    with pytest.raises(SourceError, match="no main program"):
        PYTHON.run_program(PYTHON.parse("def f(): pass\n"), sandbox, limits=LIMITS)


def test_an_object_shows_its_fields(sandbox: Sandbox) -> None:
    source = """
from dataclasses import dataclass
@dataclass(slots=True)
class P:
    x: int
    y: str
def f(n):
    p = P(n, "a")
    return p
"""
    (run_,) = both(sandbox, source, "f", "[1]")
    assert isinstance(run_.result, Record)
    assert dict(run_.result.fields)["y"] == Text("a")


def shown(run: Run, name: str) -> list[str]:
    assert run.trace is not None
    return [wire(value) for event in run.trace.events for found, value in event.variables if found == name]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # In the middle of a block, between a call that shows the list and a change of it.
        (
            "def g(a):\n    return len(a)\n\ndef f(n):\n    a = [n]\n    a[0] = g(a) + 1; a.append(g(a))\n",
            ["[1]", "[2]", "[2,1]"],
        ),
        ("def f(n):\n    a = [n]\n    b = [a]\n    while a.pop():\n        a += [0]\n", ["[1]", "[]", "[0]", "[]"]),
        ("def f(n):\n    a = [n, n]\n    for a[0] in range(2):\n        n += 1\n", ["[1,1]", "[0,1]", "[1,1]"]),
        ("def f(n):\n    a = b = {}\n    b[n] = a\n    a[0] = 1\n    if b:\n        pass\n    return a\n", None),
        (
            "def f(n):\n    a = [n]\n    h = lambda: a.append(n)\n    if n:\n        n = h()\n    return a\n",
            ["[1]", "[1,1]"],
        ),
        (
            "from collections import defaultdict\ndef f(n):\n    a = defaultdict(int)\n    if n:\n        n = a[3]\n",
            ['{"m":[]}', '{"m":[[3,0]]}'],
        ),
    ],
)
def test_a_variable_is_shown_as_it_was_at_the_event(sandbox: Sandbox, source: str, expected: list[str] | None) -> None:
    (run_,) = both(sandbox, source, "f", "[1]")
    if expected is not None:
        assert shown(run_, "a") == expected
    else:
        assert shown(run_, "a") == ['{"m":[[1,{"r":1}],[0,1]]}']


@pytest.mark.parametrize("ending", ["os._exit(3)", "os.abort()", "os.kill(os.getpid(), 9)", "time.sleep(60)"])
def test_events_survive_the_end_of_the_process(sandbox: Sandbox, ending: str) -> None:
    source = f"import os, time\ndef f(n):\n    for i in range(n):\n        n += i\n    {ending}\n    return n\n"
    (run_,) = run(sandbox, source, "f", "[3]", limits=Limits(wall_s=0.5))
    assert run_.cause not in ("ok", "exception")
    assert shown(run_, "i") == ["0", "1", "2"]


def test_an_object_is_let_go_of_when_it_would_be(sandbox: Sandbox) -> None:
    source = """
class A:
    def __del__(self): print("gone")
def f(n):
    a = A()
    b = [a]
    a = b = None
    print("after")
    return n
"""
    (run_,) = both(sandbox, source, "f", "[1]")
    assert run_.stdout == "gone\nafter\n"
