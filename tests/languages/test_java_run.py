"""What the Java adapter does with real programs, beside what the conformance suite asks of every language."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from semalign.languages.java import JavaLanguage
from semalign.languages.protocol import Executable, Mode
from semalign.sandbox import Cause, Limits, Outcome, Sandbox, open_sandbox
from semalign.traces.trace import EventKind, Run
from semalign.values.model import Int, Text, Value
from semalign.values.wire import decode, wire

FEATURES = Path(__file__).parents[1] / "fixtures" / "languages" / "java" / "Features.java"
LIMITS = Limits(wall_s=20.0, memory_mib=256)
JAVA = JavaLanguage()

pytestmark = pytest.mark.skipif(bool(JAVA.missing()), reason=JAVA.missing())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox(workers=1) as opened:
        yield opened


def build(sandbox: Sandbox, source: str, mode: Mode = Mode.PLAIN, name: str = "") -> Executable:
    unit = JAVA.parse(source)
    function = next(found for found in unit.functions if found.name.endswith(name))
    made = JAVA.build(unit, function, sandbox, mode=mode)
    assert not isinstance(made, Outcome), made.stderr.decode()
    return made


def call(
    sandbox: Sandbox, source: str, *rows: Sequence[object], mode: Mode = Mode.PLAIN, limits: Limits = LIMITS
) -> list[Run]:
    inputs: list[list[Value]] = [[decode(tree) for tree in row] for row in rows]
    return build(sandbox, source, mode).run(inputs, sandbox, limits=limits)


def test_what_makes_rewriting_hard_compiles_and_prints_the_same(sandbox: Sandbox) -> None:
    unit = JAVA.parse(FEATURES.read_text(encoding="utf-8"))
    as_it_stands = JAVA.run_program(unit, sandbox, limits=LIMITS)
    traced, run = JAVA.trace_program(unit, sandbox, limits=LIMITS)
    assert as_it_stands.cause is Cause.OK
    assert (traced.cause, traced.stdout, traced.stderr) == (Cause.OK, as_it_stands.stdout, b"")
    assert run.trace is not None
    assert run.trace.complete
    assert {frame.function for frame in run.trace.frames} > {
        "Features.Node.last",
        "Features.Point.sum",
        "Features.main",
    }


VALUES = {
    "new int[][] {{1}, {}, null}": "[[1],[],null]",
    "new char[] {'a', '\\u00e9'}": '[{"c":"a"},{"c":"\\u00e9"}]',
    "new double[] {0.5, -0.0}": '[{"f":"3fe0000000000000"},{"f":"8000000000000000"}]',
    "0.1f": '{"f4":"3fb99999a0000000"}',
    "Arrays.asList(1, null)": "[1,null]",
    "List.of(3L, (short) 4)": "[3,4]",
    "Collections.unmodifiableList(new LinkedList<>(List.of(1)))": "[1]",
    "new ArrayDeque<>(List.of(1, 2))": "[1,2]",
    "new PriorityQueue<>(List.of(3, 1, 2))": "[1,2,3]",
    "heap(List.of(3, 1, 2))": "[3,2,1]",
    "new HashSet<>(List.of(10, 9))": '{"S":[10,9]}',
    'new TreeMap<>(Map.of("b", 1, "a", 2))': '{"m":[["a",2],["b",1]]}',
    "Map.entry(1, 'x')": '{"t":[1,{"c":"x"}]}',
    "new javafx.util.Pair<>(1, true)": '{"t":[1,true]}',
    'new StringBuilder("ab")': '"ab"',
    "BigInteger.ONE.shiftLeft(70)": "1180591620717411303424",
    "Optional.of(5)": "5",
    "Optional.empty()": "null",
    "new BigDecimal(1)": '{"o":"BigDecimal"}',
    "List.of(1).iterator()": '{"o":"ListItr"}',
    "(Runnable) () -> {}": '{"o":"lambda"}',
    "new Sub(4)": '{"R":["Sub",[["base",1],["own",4]]]}',
    "new Pt(1, null)": '{"R":["Pt",[["x",1],["next",null]]]}',
    "loop()": '{"R":["Pt",[["x",1],["next",{"r":1}]]]}',
    "new Counted()": '{"R":["Counted",[["seen",0]]]}',
    "Hue.RED": '"RED"',
    "Integer.MAX_VALUE + 1": "-2147483648",
    '"\\ud83d\\ude00 \\"\\\\\\n"': '"\\ud83d\\ude00 \\"\\\\\\n"',
}
HELPERS = """
static Object loop() { Pt p = new Pt(1, null); p.next = p; return p; }
static Object heap(List<Integer> a) {
    PriorityQueue<Integer> q = new PriorityQueue<>((x, y) -> y - x); q.addAll(a); return q;
}
enum Hue { RED }
class Base { int base = 1; static int shared = 2; }
class Sub extends Base { int own; Sub(int own) { this.own = own; } }
class Pt { int x; Pt next; Pt(int x, Pt next) { this.x = x; this.next = next; } }
class Counted extends ArrayList<Integer> { int seen; public int size() { seen++; throw new IllegalStateException(); } }
"""


def test_values_of_the_jdk_and_of_own_classes_are_read(sandbox: Sandbox) -> None:
    cases = "".join(f"case {i}: return {text};\n" for i, text in enumerate(VALUES))
    source = f"static Object f(int k) {{ switch (k) {{ {cases} default: return null; }} }}\n{HELPERS}"
    runs = call(sandbox, source, *([i] for i in range(len(VALUES))))
    assert [wire(run.result) if run.result else run.detail for run in runs] == list(VALUES.values())


def test_arguments_are_made_of_every_declared_type(sandbox: Sandbox) -> None:
    source = """
    static String f(byte a, Long b, char[] c, List<List<Integer>> d, Map<String, Set<Character>> e, Deque<Integer> g,
                    Node h, StringBuilder i, float j, Map.Entry<Integer, Integer> k, Point l, int... m) {
        return a + " " + b + " " + new String(c) + d + e + g + h.val + h.next.val + i + j + k + l + m.length;
    }
    class Node { int val; Node next; Node(int v) { val = v; } }
    record Point(int x, int y) {}
    """
    row = [
        -128, None, "xy", [[1], []], {"m": [["k", {"S": [{"c": "q"}]}]]}, [7],
        {"R": ["Node", [["val", 1], ["next", {"R": ["Node", [["val", 2], ["next", None]]]}]]]}, "sb", 1.5,
        {"t": [1, 2]}, {"R": ["Point", [["x", 3], ["y", 4]]]}, [1, 2],
    ]  # fmt: skip
    (run,) = call(sandbox, source, row)
    assert run.result == Text("-128 null xy[[1], []]{k=[q]}[7]12sb1.51=2Point[x=3, y=4]2"), run


@pytest.mark.parametrize(
    ("kind", "tree"), [("byte", 128), ("int", None), ("char", "ab"), ("boolean", 1), ("int[]", [1, "a"]), ("long", 1.5)]
)
def test_a_value_outside_its_type_is_not_run(sandbox: Sandbox, kind: str, tree: object) -> None:
    (run,) = call(sandbox, f"static int f({kind} x) {{ return 1; }}", [tree])
    assert run.cause == "not run"
    assert run.detail.startswith("argument 1: ")


def test_exit_is_no_success_and_the_batch_goes_on(sandbox: Sandbox) -> None:
    source = "static int f(int n) { if (n == 0) System.exit(0); return n; }"
    for mode in (Mode.PLAIN, Mode.TRACED):
        runs = call(sandbox, source, [1], [0], [2], mode=mode)
        assert [(run.cause, run.detail) for run in runs] == [("ok", ""), ("exception", "System.exit(0)"), ("ok", "")]


def test_endless_recursion_and_lack_of_memory_are_told_apart(sandbox: Sandbox) -> None:
    source = """static int f(int n) { return n == 0 ? f(n) + 1 : more(n); }
    static int more(int n) {
        long[][] held = new long[1000][];
        for (int i = 0; i < 1000; i++) held[i] = new long[n];
        return 1;
    }"""
    for mode in (Mode.PLAIN, Mode.TRACED):
        runs = call(sandbox, source, [0], [1000000], [1], mode=mode)
        assert [run.cause for run in runs] == ["exception", "memory", "ok"]
        assert runs[0].raised is not None
        assert runs[0].raised.name == "StackOverflowError"


def test_each_input_has_its_own_output_and_too_much_of_it_ends_it(sandbox: Sandbox) -> None:
    source = 'static void f(int n) { for (int i = 0; i < n; i++) System.out.println("l\\u00edne"); }'
    limits = Limits(wall_s=20.0, memory_mib=256, output_kib=4)
    runs = call(sandbox, source, [1], [100000], [2], limits=limits)
    assert [run.cause for run in runs] == ["ok", "output", "ok"]
    assert (runs[0].stdout, runs[2].stdout) == ("líne\n", "líne\nlíne\n")


def test_threads_that_stay_do_not_meddle_with_the_next_input(sandbox: Sandbox) -> None:
    source = """static int x = 0;
    static int f(int n) { new Thread(() -> { while (true) x++; }).start(); return n; }"""
    runs = call(sandbox, source, [1], [2])
    assert [run.result for run in runs] == [Int(1), Int(2)]


def test_a_compile_error_names_the_line_that_was_written(sandbox: Sandbox) -> None:
    unit = JAVA.parse("static int f(int a) {\n  int b = a;\n  return a +\n    missing;\n}\n", "Given.java")
    for mode in (Mode.PLAIN, Mode.TRACED):
        outcome = JAVA.build(unit, unit.functions[0], sandbox, mode=mode)
        assert isinstance(outcome, Outcome)
        assert outcome.cause is Cause.BUILD_ERROR
        lines = outcome.stderr.decode().splitlines()
        assert lines[:3] == ["Given.java:4: error: cannot find symbol", "    missing;", "    ^"]


def test_a_method_of_an_instance_is_called_on_a_new_one(sandbox: Sandbox) -> None:
    source = "package p.q; public class A { int n = 2; int f(int k) { n += k; return n; } }"
    runs = call(sandbox, source, [1], [5], mode=Mode.TRACED)
    assert [run.result for run in runs] == [Int(3), Int(7)]
    assert runs[0].trace is not None
    shown = [variable for event in runs[0].trace.events for variable in event.variables]
    assert shown == [("k", Int(1)), ("n", Int(3))]


def test_overloads_are_told_apart_by_their_types(sandbox: Sandbox) -> None:
    source = "class A { static int f(int[] a) { return 1; } static int f(List<Integer> a) { return 2; } }"
    runs = [build(sandbox, source, name=name).run([[decode([])]], sandbox, limits=LIMITS) for name in ("f", "f#2")]
    assert [run.result for (run,) in runs] == [Int(1), Int(2)]


def test_fall_through_is_an_event_and_so_is_taking_no_arm(sandbox: Sandbox) -> None:
    source = "static int f(int n) { switch (n) { case 1: n++; case 2: n++; } return n; }"
    outcomes = []
    for run in call(sandbox, source, [1], [2], [3], mode=Mode.TRACED):
        assert run.trace is not None
        outcomes.append([event.outcome for event in run.trace.events if event.kind is EventKind.BRANCH])
    assert outcomes == [[Text("case0"), Text("case1")], [Text("case1")], [Text("")]]


def test_the_end_of_a_void_method_is_a_return(sandbox: Sandbox) -> None:
    (run,) = call(sandbox, "static void f(int n) { if (n > 1) return; n++; }", [1], mode=Mode.TRACED)
    assert run.trace is not None
    assert [event.kind for event in run.trace.events][-1] is EventKind.RETURN
    assert run.trace.events[-1].block == "f:0"


def test_comparators_run_by_the_recorder_leave_no_events(sandbox: Sandbox) -> None:
    source = """static int f(int n) {
        PriorityQueue<Integer> heap = new PriorityQueue<>(A::order);
        for (int i = 0; i < n; i++) heap.add(i);
        return heap.peek();
    }
    class A { static int order(int a, int b) { return b - a; } }"""
    (run,) = call(sandbox, source, [3], mode=Mode.TRACED)
    assert run.trace is not None
    assert run.trace.counts["A.order:0"] == 2
    assert sum(frame.function == "A.order" for frame in run.trace.frames) == 2
