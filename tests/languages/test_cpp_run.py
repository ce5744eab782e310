import concurrent.futures
import json
from collections.abc import Iterator
from typing import Any

import pytest

from semalign.core.errors import SourceError
from semalign.languages.cpp import CppLanguage
from semalign.languages.protocol import Executable, Mode
from semalign.sandbox import Cause, Limits, Outcome, Sandbox, open_sandbox
from semalign.traces.trace import EventKind, Run
from semalign.values.model import Raised
from semalign.values.wire import decode, wire

CPP = CppLanguage()
LIMITS = Limits(wall_s=5.0)
MODES = (Mode.PLAIN, Mode.TRACED)

pytestmark = pytest.mark.skipif(bool(CPP.missing()), reason=CPP.missing())


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    opened = open_sandbox()
    yield opened
    opened.close()


def made(source: str, sandbox: Sandbox, mode: Mode = Mode.TRACED, name: str = "") -> Executable:
    unit = CPP.parse(source, "x.cpp")
    function = next(one for one in unit.functions if not name or one.name == name)
    built = CPP.build(unit, function, sandbox, mode=mode)
    assert not isinstance(built, Outcome), built.stderr.decode()
    return built


def runs(built: Executable, rows: Any, sandbox: Sandbox, limits: Limits = LIMITS) -> list[Run]:
    return built.run([[decode(tree) for tree in row] for row in rows], sandbox, limits=limits)


def both(source: str, rows: Any, sandbox: Sandbox, name: str = "") -> list[Run]:
    """Traced runs, which must be the plain ones."""
    plain, traced = (runs(made(source, sandbox, mode, name), rows, sandbox) for mode in MODES)
    seen = [
        [(one.cause, one.result, one.arguments, one.raised, one.stdout) for one in found] for found in (plain, traced)
    ]
    assert seen[0] == seen[1]
    return traced


def said(run: Run) -> Any:
    assert run.result is not None, run
    return json.loads(wire(run.result))


def shown(run: Run, variable: str) -> list[Any]:
    """What a variable was shown to be, in order."""
    assert run.trace is not None
    values = [value for event in run.trace.events for name, value in event.variables if name == variable]
    return [json.loads(wire(value)) for value in values]


NODES = """
struct Node { int val; Node *next; Node(int x = 0) : val(x), next(nullptr) {} };
Node *turned(Node *head) {
    Node *last = nullptr;
    while (head) { Node *next = head->next; head->next = last; last = head; head = next; }
    return last;
}
Node *ring(int n) { Node *one = new Node(n); one->next = one; return one; }
"""


def test_linked_nodes_are_made_shown_and_returned(sandbox: Sandbox) -> None:
    two = {"R": ["Node", [["val", 1], ["next", {"R": ["Node", [["val", 2], ["next", None]]]}]]]}
    (run,) = both(NODES, [[two]], sandbox)
    assert said(run) == {"R": ["Node", [["val", 2], ["next", {"R": ["Node", [["val", 1], ["next", None]]]}]]]}
    assert shown(run, "last")[0] is None


def test_a_ring_of_nodes_is_a_back_reference(sandbox: Sandbox) -> None:
    (run,) = both(NODES, [[7]], sandbox, "ring")
    assert said(run) == {"R": ["Node", [["val", 7], ["next", {"r": 1}]]]}


ARRAYS = """
const int M = 3;
int grid(int a[][M], int n) {
    int twice[n][M];
    int sum = 0;
    for (int i = 0; i < n; i++) for (int j = 0; j < M; j++) { twice[i][j] = 2 * a[i][j]; sum += twice[i][j]; }
    a[0][0] = -1;
    return sum;
}
void by_copy(int *a, int n) {
    int *copy = new int[n];
    for (int i = 0; i < n; i++) copy[i] = a[i];
    std::sort(copy, copy + n);
    for (int i = 0; i < n; i++) a[i] = copy[i];
    delete[] copy;
}
int tail(int *a, int n) { if (n <= 1) return a[0]; return tail(a + 1, n - 1); }
int upper(char s[], int n) { for (int i = 0; i < n; i++) s[i] = toupper(s[i]); return strlen(s); }
"""


def test_arrays_are_shown_whatever_their_extents_are_known_from(sandbox: Sandbox) -> None:
    (run,) = both(ARRAYS, [[[[1, 2, 3], [4, 5, 6]], 2]], sandbox, "grid")
    assert said(run) == 42
    assert json.loads(wire(run.arguments[0])) == [[-1, 2, 3], [4, 5, 6]]
    assert shown(run, "twice")[-1] == [[2, 4, 6], [8, 10, 12]]


def test_a_block_of_the_heap_is_an_array(sandbox: Sandbox) -> None:
    (run,) = both(ARRAYS, [[[3, 1, 2], 3]], sandbox, "by_copy")
    assert shown(run, "copy") == [[0, 0, 0], [3, 0, 0], [3, 1, 0], [3, 1, 2], [1, 2, 3]]
    assert json.loads(wire(run.arguments[0])) == [1, 2, 3]


def test_a_pointer_into_an_array_is_the_rest_of_it(sandbox: Sandbox) -> None:
    (run,) = both(ARRAYS, [[[1, 2, 3], 3]], sandbox, "tail")
    assert shown(run, "a") == [[1, 2, 3], [2, 3], [3]]


def test_characters_in_memory_are_text(sandbox: Sandbox) -> None:
    (run,) = both(ARRAYS, [["abc", 3]], sandbox, "upper")
    assert json.loads(wire(run.arguments[0])) == "ABC"


RETURNS = """
int &pick(std::vector<int> &v, int i) { return v[i]; }
auto twice(int x) { return x * 2LL; }
std::pair<int, std::string> listed(int x) { return {x, "a"}; }
const char *maybe(int n) { return n ? "yes" : nullptr; }
std::unique_ptr<int> owned(int n) { auto p = std::make_unique<int>(n); return p; }
int *nothing(int n) { return 0; }
void none(int n) { if (n) return; n++; }
long long branch(int a, int b) {
    if (int q = a / (b ? b : 1); q > 2) return q;
    else if (int z = a - b) return z;
    return a > b ? a : b;
}
std::vector<int> grown(int n) { std::vector<int> v; while (int left = n--) { v.push_back(left); } return v; }
int caught(int n) {
    try { std::vector<int> v(2); return v.at(n); }
    catch (const std::out_of_range &e) { return -1; }
    catch (...) { throw; }
}
int jumps(int n) {
    int x[3] = {0};
    goto middle;
    middle: for (int i = 0; ; ++i) { if (i == 3) break; x[i] = i; }
    return x[n];
}
"""


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("pick", [[1, 2, 3], 1], 2),
        ("twice", [21], 42),
        ("listed", [1], {"t": [1, "a"]}),
        ("maybe", [0], None),
        ("owned", [5], 5),
        ("nothing", [5], None),
        ("none", [1], None),
        ("branch", [9, 3], 3),
        ("branch", [1, 0], 1),
        ("grown", [3], [3, 2, 1]),
        ("caught", [7], -1),
        ("jumps", [2], 2),
    ],
)
def test_what_a_function_returns_keeps_its_type(name: str, row: list[Any], expected: Any, sandbox: Sandbox) -> None:
    (run,) = both(RETURNS, [row], sandbox, name)
    assert said(run) == expected
    assert run.trace is not None
    assert [event.kind for event in run.trace.events][-1] is EventKind.RETURN


ENDS = """
int ends(int n) {
    printf("<%d>", n);
    if (n == 1) exit(4);
    if (n == 2) abort();
    if (n == 3) throw std::logic_error("three");
    if (n == 4) throw "text";
    if (n == 5) return n / (n - 5);
    if (n == 6) { std::vector<long> v(1L << 40); return v[0]; }
    if (n == 7) while (true) { }
    return n;
}
"""


def test_each_end_is_told_and_the_batch_goes_on(sandbox: Sandbox) -> None:
    found = [runs(made(ENDS, sandbox, mode), [[n] for n in range(10)], sandbox, Limits(wall_s=0.5)) for mode in MODES]
    for ended in found:
        causes = [one.cause for one in ended]
        assert causes == [
            "ok", "exception", "killed", "exception", "exception", "exception", "memory", "timeout", "ok", "ok",
        ]  # fmt: skip
        assert [one.stdout for one in ended if one.cause == "ok"] == ["<0>", "<8>", "<9>"]
        assert ended[1].raised == Raised("exit", "4")
        assert ended[2].detail == "SIGABRT"
        assert ended[3].raised == Raised("std::logic_error", "three")
        assert ended[4].raised == Raised("char const*", "text")
        assert ended[5].raised is not None
        assert ended[5].raised.name == "SIGFPE"


UNDEFINED = """
int past(int a[], int n) { return a[n]; }
int before(int a[], int n) { a[-1] = n; return n; }
int element(std::vector<int> v, int i) { return v[i]; }
int sum(int a, int b) { return a + b; }
int shift(int n) { return 1 << n; }
int unset(int n) { int x; if (n) x = n; return x; }
"""


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("past", [[1, 2], 1], [[1, 2], 2]),
        ("before", None, [[1, 2], 2]),
        ("element", [[1, 2], 1], [[1, 2], 2]),
        ("sum", [1, 2], [2147483647, 1]),
        ("shift", [3], [40]),
    ],
)
def test_undefined_behaviour_is_a_cause_of_its_own(name: str, right: Any, wrong: Any, sandbox: Sandbox) -> None:
    built = made(UNDEFINED, sandbox, Mode.SANITIZED, name)
    (run,) = runs(built, [wrong], sandbox)
    assert run.cause == "undefined"
    assert run.detail
    if right is not None:
        again = runs(built, [wrong, right], sandbox)
        assert [one.cause for one in again] == ["undefined", "ok"]


def test_a_variable_without_a_value_differs_between_plain_and_sanitized(sandbox: Sandbox) -> None:
    (plain,), (sanitized,) = (
        runs(made(UNDEFINED, sandbox, mode, "unset"), [[0]], sandbox) for mode in (Mode.PLAIN, Mode.SANITIZED)
    )
    assert said(plain) == 0
    assert sanitized.result != plain.result


def test_an_argument_that_does_not_fit_is_not_run(sandbox: Sandbox) -> None:
    source = "int f(unsigned char c, const vector<short> &v) { return c + v.size(); }"
    found = runs(
        made(source, sandbox, Mode.PLAIN), [[255, [1]], [256, []], [-1, []], [1, [40000]], [1, 2], [1]], sandbox
    )
    assert [one.cause for one in found] == ["ok", *["not run"] * 5]
    assert "256" in found[1].detail
    assert "2 arguments" in found[5].detail


def test_a_method_runs_on_a_new_object_each_time(sandbox: Sandbox) -> None:
    source = "class Solution { int base = 5; public: int add(int x) { base += x; return base; } };"
    assert [said(one) for one in both(source, [[3], [3]], sandbox)] == [8, 8]


def test_compiler_messages_name_the_line_of_the_source(sandbox: Sandbox) -> None:
    unit = CPP.parse("#include <vector>\nint f(int n) {\n    return missing(n);\n}\n", "mine.cpp")
    for mode in Mode:
        built = CPP.build(unit, unit.functions[0], sandbox, mode=mode)
        assert isinstance(built, Outcome)
        assert built.cause is Cause.BUILD_ERROR
        assert b"mine.cpp:3" in built.stderr


PROGRAM = """#include <iostream>
#include <vector>
int total(int a[], int n) { int s = 0; for (int i = 0; i < n; i++) s += a[i]; return s; }
int main() {
    int n;
    std::cin >> n;
    std::vector<int> v(n, 2);
    int b[3] = {1, 2, 3};
    std::cout << total(&v[0], n) << " " << total(b, 3) << std::endl;
}
"""


def test_a_program_shows_the_arguments_of_its_calls_whole(sandbox: Sandbox) -> None:
    unit = CPP.parse(PROGRAM)
    outcome = CPP.run_program(unit, sandbox, stdin=b"100\n", limits=LIMITS)
    traced, run = CPP.trace_program(unit, sandbox, stdin=b"100\n", limits=LIMITS)
    assert (outcome.cause, outcome.stdout) == (traced.cause, traced.stdout) == (Cause.OK, b"200 6\n")
    assert run.trace is not None
    assert run.trace.complete
    assert shown(run, "a") == [[2] * 100, [1, 2, 3]]


def test_without_a_main_there_is_no_program(sandbox: Sandbox) -> None:
    with pytest.raises(SourceError, match="no main"):
        CPP.run_program(CPP.parse("int f(int n) { return n; }"), sandbox, limits=LIMITS)


def test_builds_in_several_threads_do_not_disturb_each_other(sandbox: Sandbox) -> None:
    sources = [f"int f(int n) {{ return n + {i}; }}" for i in (1, 2, 1)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        built = list(pool.map(lambda source: made(source, sandbox), sources))
    assert [said(one) for executable in built for one in runs(executable, [[0]], sandbox)] == [1, 2, 1]
