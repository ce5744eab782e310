"""Each fixer and hazard on a pair: a draft with the flaw, and what one of its patches makes of it."""

import pytest

from semalign.repair import Edit, Patch, Shown, State
from semalign.systems.translation.fixers.case import Case, Fixer
from semalign.systems.translation.fixers.wanted import Wanted, wanted_by_calls, wanted_by_signature
from semalign.systems.translation.proposers import PROPOSERS
from semalign.systems.translation.shell import Shell


def case(
    source: str = "", language: str = "java", wanted: Wanted | None = None, source_language: str = "python"
) -> Case:
    return Case(
        source_language=source_language, source=source, function=source, language=language, name="f",
        wanted=wanted or Wanted(),
    )  # fmt: skip


def patched(name: str, draft: str, of: Case, notes: tuple[str, ...] = (), builds: bool = True) -> list[str]:
    state = State(text=draft, shown=Shown(builds=builds, passed=(False,), notes=notes))
    return [patch.apply(draft) for patch in Fixer(name=name, case=of, fix=PROPOSERS[name]).propose(state)]


LISTS = Wanted(parameters=("int[]", "int[][]"), result="int[]")
UNBUILT = ("harness: incompatible types",)

PAIRS: list[tuple[str, str, Case, tuple[str, ...], str]] = [
    ("form", "Here:\n```java\nstatic int f() { return 1; }\n```\n", case(), UNBUILT, "static int f() { return 1; }\n"),
    ("form", "int f() { return 1; }", case(), UNBUILT, "static int f() { return 1; }"),
    ("form", "static int f() { return 1 }", case(), UNBUILT, "static int f() { return 1; }"),
    ("form", "static int f(int a) { if (a > 0) { return a", case(), UNBUILT,
     "static int f(int a) { if (a > 0) { return a;"),
    ("form", "def f(s):\n    n = len(s), m = 2\n    return n\n", case(language="python"), UNBUILT,
     "def f(s):\n    n = len(s)\n    m = 2\n    return n\n"),
    ("missing constant", "int f(int x) {return x % mod;}", case("mod = 10**9 + 7\n", "cpp"),
     ("1:27: 'mod' was not declared in this scope",),
     "int f(int x) {\n    const int mod = 1000000007;return x % mod;}"),
    ("calls", "static int f(int a) { return Math.max(a, 1, 2); }", case(),
     ("1:34: no suitable method found for max(int,int,int)",),
     "static int f(int a) { return Math.max(Math.max(a, 1), 2); }"),
    ("calls", "int f(long long a) { return max(a, 1); }", case(language="cpp"),
     ("1:32: no matching function for call to 'max(long long int&, int)'",),
     "int f(long long a) { return std::max<long long>(a, 1); }"),
    ("retype", "static int f(List<Integer> a) { return a.get(0) + a.size(); }",
     case(wanted=Wanted(parameters=("int[]",))), UNBUILT, "static int f(int[] a) { return a[0] + a.length; }"),
    ("retype", "static int f(int[] a) { a[0] = 1; return a.length; }",
     case(wanted=Wanted(parameters=("List<Integer>",))), UNBUILT,
     "static int f(List<Integer> a) { a.set(0, 1); return a.size(); }"),
    ("retype", "int f(vector<int>& a) { return a[0]; }",
     case(language="cpp", wanted=Wanted(parameters=("vector<int>",))), UNBUILT,
     "int f(vector<int> a) { return a[0]; }"),
]  # fmt: skip

HAZARD_PAIRS: list[tuple[str, str, Case, tuple[str, ...], str]] = [
    ("float constant", "def f(x):\n    return x % (1e9 + 7)\n", case(language="python"), (),
     "def f(x):\n    return x % (1000000000 + 7)\n"),
    ("choice by and, or", "def f(a, b):\n    (a and b.append(1) or b.pop())\n", case(language="python"), (),
     "def f(a, b):\n    (b.append(1) if a else b.pop())\n"),
    ("digit as a character", "def f(k):\n    return '0' + str(k % 9)\n", case(language="python"), (),
     "def f(k):\n    return str(k % 9)\n"),
    ("boxes compared", "static int f(List<Integer> a) { return a.get(0) == a.get(1) ? 1 : 0; }", case(), (),
     "static int f(List<Integer> a) { return (int) a.get(0) == a.get(1) ? 1 : 0; }"),
    ("number as a truth", "static int f(int x) { return x == 1 ? 2 : 3; }", case("return 2 if x else 3"), (),
     "static int f(int x) { return x != 0 ? 2 : 3; }"),
    ("text index at the end", "static char f(String s) { return s.charAt(0); }",
     case("char f(string s) { return s[0]; }", source_language="cpp"), ("StringIndexOutOfBoundsException",),
     "static char f(String s) { return (0 < s.length() ? s.charAt(0) : '\\0'); }"),
    ("unsigned size", "int f(string s) { return s.size() - 1 > 0; }", case(language="cpp"), (),
     "int f(string s) { return (int) s.size() - 1 > 0; }"),
    ("heap order", "int f() { priority_queue<int> q; return 0; }", case(language="cpp"), (),
     "int f() { priority_queue<int, std::vector<int>, std::greater<int>> q; return 0; }"),
    ("slice length", "string f(string s, int i) { return s.substr(i, i + 2); }", case(language="cpp"), (),
     "string f(string s, int i) { return s.substr(i, (i + 2) - (i)); }"),
    ("precedence of bits", "int f(int i) { return i & 1 == 0; }", case(language="cpp"), (),
     "int f(int i) { return (i & 1) == 0; }"),
    ("assigned loop variable", "def f(n):\n    for i in range(n):\n        i = n\n", case(language="python"), (),
     "def f(n):\n    i = 0\n    while i < n:\n        i = n\n        i += 1\n"),
    ("comparator turned", "void f(vector<int>& a) { sort(a.begin(), a.end(), [](int x, int y) { return x > y; }); }",
     case(language="cpp"), (),
     "void f(vector<int>& a) { sort(a.begin(), a.end(), [](int x, int y) { return x < y; }); }"),
    ("int overflow", "static int f(int a) { int s = 0; s += a; return s; }", case(), (),
     "static long f(int a) { long s = 0; s += a; return s; }"),
    ("block edit", "static boolean f(int a) { return a < 3; }", case("return a > 3"), (),
     "static boolean f(int a) { return a > 3; }"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "draft", "of", "notes", "expected"), PAIRS, ids=lambda one: str(one)[:24])
def test_a_fixer_mends_its_flaw(name: str, draft: str, of: Case, notes: tuple[str, ...], expected: str) -> None:
    assert expected in patched(name, draft, of, notes, builds=False)


@pytest.mark.parametrize(("name", "draft", "of", "notes", "expected"), HAZARD_PAIRS, ids=lambda one: str(one)[:24])
def test_a_hazard_is_mended(name: str, draft: str, of: Case, notes: tuple[str, ...], expected: str) -> None:
    assert expected in patched(name, draft, of, notes)


# The others' patches can be turned back, or widen further; there the inputs decide.
_ONCE = ("form", "missing constant", "calls", "retype", "float constant", "choice by and, or", "digit as a character",
         "number as a truth", "precedence of bits", "assigned loop variable")  # fmt: skip
SETTLED = [pair for pair in [*PAIRS, *HAZARD_PAIRS] if pair[0] in _ONCE]


@pytest.mark.parametrize(("name", "draft", "of", "notes", "expected"), SETTLED, ids=lambda one: str(one)[:24])
def test_what_is_mended_is_left_alone(name: str, draft: str, of: Case, notes: tuple[str, ...], expected: str) -> None:
    # A draft that builds has no diagnostics for a fixer to mend.
    assert patched(name, expected, of) == []


def test_an_adapter_converts_what_the_harness_gives() -> None:
    draft = "static List<Integer> f(List<Integer> a, List<List<Integer>> b) { Collections.sort(a); return a; }"
    (found,) = patched("adapter", draft, case(wanted=LISTS), UNBUILT, builds=False)
    assert "static int[] f(int[] a0, int[][] a1)" in found
    assert "static List<Integer> fOwn(List<Integer> a, List<List<Integer>> b)" in found


SHELLS = [
    ("java", "class A {\n// TOFILL\nstatic void main() { int[] r = f(new int[][]{{1}}, \"a\", 1L); } }",
     Wanted(parameters=("int[][]", "String", "long"), result="int[]")),
    ("java", "class A {\n// TOFILL\nstatic void main() { p(Arrays.toString(f(Arrays.asList(1, 2)))); } }",
     Wanted(parameters=("List<Integer>",), result="[]")),
    ("cpp", "// TOFILL\nint main() { vector<int> a = {1}; std::vector<bool> r = f(a, 2); }",
     Wanted(parameters=("vector<int>", "int"), result="vector<bool>")),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), SHELLS)
def test_calls_tell_the_contract(language: str, text: str, expected: Wanted) -> None:
    assert wanted_by_calls(Shell(text=text, language=language), "f") == expected


def test_a_signature_tells_the_contract() -> None:
    found = wanted_by_signature("public static long f(int n, int candies[]) {", "java")
    assert found == Wanted(parameters=("int", "int[]"), result="long")


def test_imports_of_a_java_draft_go_to_the_top() -> None:
    program, before = Shell(text="class A {\n// TOFILL\n}", language="java").fill("import java.math.*;\nint f;")
    assert program.startswith("import java.math.*;\nclass A {")
    assert program.splitlines()[before + 1] == "int f;"


@pytest.mark.parametrize(("places", "expected"), [
    (((0, 3, "x"), (1, 2, "y"), (4, 4, "z")), "xdz"),  # inside of each other
    (((0, 2, "x"), (0, 2, "x"), (2, 2, "z")), "xzcd"),  # twice the same
    (((0, 2, "x"), (1, 4, "y")), "ay"),  # half over each other
    (((1, 1, "("), (1, 1, "("), (2, 2, ")"), (2, 2, ")")), "a((b))cd"),
])  # fmt: skip
def test_edits_that_meet_can_be_applied(places: tuple[tuple[int, int, str], ...], expected: str) -> None:
    edits = tuple(Edit(start=start, end=end, text=text) for start, end, text in places)
    fixer = Fixer(name="any", case=case(), fix=lambda *_: iter([Patch(edits=edits, reason="r", author="any")]))
    state = State(text="abcd", shown=Shown(builds=True, passed=(False,)))
    assert [patch.apply("abcd") for patch in fixer.propose(state)] == [expected]


@pytest.mark.parametrize(("start", "end"), [(-1, 0), (3, 5), (5, 5)])
def test_what_reaches_out_of_a_draft_is_not_proposed(start: int, end: int) -> None:
    edits = (Edit(start=start, end=end, text="x"),)
    fixer = Fixer(name="any", case=case(), fix=lambda *_: iter([Patch(edits=edits, reason="r", author="any")]))
    assert fixer.propose(State(text="abcd", shown=Shown(builds=True, passed=(False,)))) == []
