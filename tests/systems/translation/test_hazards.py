"""Hazards on programs that run: a wrong draft in, one that agrees with its source out; without a sign, nothing."""

from collections.abc import Iterator

import pytest

from semalign.languages import LANGUAGES
from semalign.repair import Budget, Proposers, Shown, State, repair
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits, Sandbox
from semalign.systems.translation.candidates import Candidates
from semalign.systems.translation.contract import callable_named
from semalign.systems.translation.fixers.case import Case, Fixer
from semalign.systems.translation.fixers.draft import Draft
from semalign.systems.translation.fixers.wanted import Wanted, wanted_by_calls
from semalign.systems.translation.hazards import HAZARDS
from semalign.systems.translation.oracle import Wish, sets_of
from semalign.systems.translation.shell import Shell
from semalign.systems.translation.subject import Subject
from semalign.values.policy import Policy

LIMITS = Limits(wall_s=2, memory_mib=512)
SHELLS = {
    "java": "import java.util.*;\nclass T {\n// TOFILL\n}\n",
    "cpp": "#include <bits/stdc++.h>\nusing namespace std;\n// TOFILL\n",
    "python": "# TOFILL\n",
}


def java(head: str, body: str, calls: str) -> str:
    main = "".join(f"System.out.println({call});" for call in calls.split("; "))
    body = f"static {head} {{ {body} }}\npublic static void main(String[] a) {{{main}}}"
    return f"import java.util.*;\nclass S {{\n{body}\n}}"


def cpp(head: str, body: str, calls: str) -> str:
    main = "".join(f"cout << {call} << endl;" for call in calls.split("; "))
    return f"#include <bits/stdc++.h>\nusing namespace std;\n{head} {{ {body} }}\nint main() {{{main}}}\n"


def python(head: str, body: str, calls: str) -> str:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f"def {head}:\n{lines}\n\n" + "".join(f"print({call})\n" for call in calls.split("; "))


# name, source language, source, target language, wrong draft
EXECUTED = {
    "floor in java": (
        "floor or truncation", "python",
        python("f(a: list[int]) -> int", "s = 0\nfor p in a:\n    s += p // 2 + p % 5\nreturn s",
               "f([-3, 5]); f([-7])"),
        "java", "static int f(int[] a) { int s = 0; for (int p : a) { s += p / 2 + p % 5; } return s; }",
    ),
    "floor in cpp": (
        "floor or truncation", "python",
        python("f(a: int, b: int) -> int", "return (a - b) // 3 + (a + 7) % 5", "f(-3, 5); f(7, -20)"),
        "cpp", "int f(int a, int b) { return (a - b) / 3 + (a + 7) % 5; }",
    ),
    "truncation of java": (
        "floor or truncation", "java", java("int f(int a)", "return a / 3 * 10 + a % 7;", "f(-5); f(8)"),
        "python", "def f(a):\n    return a // 3 * 10 + a % 7\n",
    ),
    "truncation of cpp": (
        "floor or truncation", "cpp", cpp("int f(int a)", "a /= 4; return a;", "f(-5); f(8)"),
        "python", "def f(a):\n    a /= 4\n    return a\n",
    ),
    "fraction": (
        "fraction lost", "python", python("f(a: int, b: int) -> float", "return (a + b) / 4", "f(3, 4); f(-1, 2)"),
        "java", "static double f(int a, int b) { return (a + b) / 4; }",
    ),
    "fraction in cpp": (
        "fraction lost", "python", python("f(a: int) -> float", "return a / 8", "f(3); f(-1)"),
        "cpp", "double f(int a) { return a / 8; }",
    ),
    "overflow": (
        "int overflow", "python",
        python("f(a: list[int]) -> int", "s = 0\nfor p in a:\n    s += p * p\nreturn s", "f([100000, 5]); f([7])"),
        "java", "static long f(int[] a) { int s = 0; for (int p : a) { s += p * p; } return s; }",
    ),
    "overflow in cpp": (
        "int overflow", "python",
        python("f(a: list[int]) -> int", "s = 0\nfor p in a:\n    s = s + p\nreturn s",
               "f([2000000000, 1999999999]); f([7])"),
        "cpp", "long long f(vector<int> a) { int s = 0; for (int p : a) { s = s + p; } return s; }",
    ),
    "wide shift": (
        "int overflow", "python", python("f(n: int) -> int", "return 1 << (n % 40)", "f(3); f(38); f(33)"),
        "java", "static long f(int n) { return 1 << Math.floorMod(n, 40); }",
    ),
    "hash": (
        "wrap-around", "java",
        java("int f(String s)", "int h = 7; for (char c : s.toCharArray()) { h = 31 * h + c; } return h;",
             'f("wrap around"); f("ab")'),
        "python", "def f(s):\n    h = 7\n    for c in s:\n        h = 31 * h + ord(c)\n    return h\n",
    ),
    "unsigned hash": (
        "wrap-around", "cpp",
        cpp("unsigned f(string s)", "unsigned h = 7; for (char c : s) { h *= 131; h += c; } return h;",
            'f("wrap around"); f("ab")'),
        "python", "def f(s):\n    h = 7\n    for c in s:\n        h *= 131\n        h += ord(c)\n    return h\n",
    ),
    "zeros": (
        "shift of zeros", "java", java("int f(int n)", "return n >>> 3;", "f(-5); f(77)"),
        "python", "def f(n):\n    return n >> 3\n",
    ),
    "zeros in cpp": (
        "shift of zeros", "java", java("int f(int n)", "n >>>= 1; return n;", "f(-5); f(77)"),
        "cpp", "int f(int n) { n >>= 1; return n; }",
    ),
    "insertion": (
        "order of a container", "python",
        python("f(a: list[str]) -> str", "seen = {}\nfor w in a:\n    seen[w] = 1\nreturn ''.join(seen)",
               "f(['zz', 'b', 'q']); f(['x', 'a'])"),
        "java", "static String f(String[] a) { Map<String, Integer> m = new HashMap<>(); for (String w : a) { "
        'm.put(w, 1); } return String.join("", m.keySet()); }',
    ),
    "keys": (
        "order of a container", "cpp",
        cpp("int f(vector<int> a)", "map<int, int> m; for (int x : a) m[x]++; int h = 0; "
            "for (auto& e : m) h = h * 3 % 1009 + e.first % 7 * e.second; return h;", "f({5, 2, 9}); f({3, 1})"),
        "python", "import math\n\n\ndef f(a):\n    m = {}\n    for x in a:\n        m[x] = m.get(x, 0) + 1\n    h = 0\n"
        "    for k, n in m.items():\n"
        "        h = int(math.fmod(h * 3, 1009)) + int(math.fmod(k, 7)) * n\n    return h\n",
    ),
    "null": (
        "absent key", "python",
        python("f(a: list[int]) -> int", "seen = {}\nfor x in a:\n    seen[x] = seen.get(x, 0) + 1\n"
               "return max(seen.values(), default=0)", "f([5, 2, 5]); f([3, 1])"),
        "java", "static int f(int[] a) { Map<Integer, Integer> m = new HashMap<>(); int t = 0; for (int x : a) { "
        "m.put(x, m.get(x) + 1); t = Math.max(t, m.get(x)); } return t; }",
    ),
    "key error": (
        "absent key", "cpp",
        cpp("int f(vector<int> a)", "map<int, int> m; int t = 0; for (int x : a) { m[x] += 1; t = max(t, m[x]); } "
            "return t;", "f({5, 2, 5}); f({3, 1})"),
        "python", "def f(a):\n    m = {}\n    t = 0\n    for x in a:\n        m[x] += 1\n        t = max(t, m[x])\n"
        "    return t\n",
    ),
    "rows": (
        "same list twice", "java",
        java("int f(int n)", "n = Math.abs(n % 5) + 1; int[][] g = new int[n][n]; "
             "for (int i = 0; i < n; i++) g[i][i] = 1; int s = 0; for (int[] r : g) for (int x : r) s += x; return s;",
             "f(3); f(2)"),
        "python", "import math\n\n\ndef f(n):\n    n = abs(math.fmod(n, 5)).__int__() + 1\n    g = [[0] * n] * n\n"
        "    for i in range(n):\n        g[i][i] = 1\n    return sum(sum(r) for r in g)\n",
    ),
    "copy": (
        "same list twice", "python",
        python("f(a: list[int]) -> int", "b = a[:]\nb.sort()\nreturn sum(i * x for i, x in enumerate(a)) - sum(b)",
               "f([9, 2, 5]); f([3, 1])"),
        "java", "static int f(int[] a) { int[] b = a; Arrays.sort(b); int s = 0; for (int i = 0; i < a.length; i++) "
        "{ s += i * a[i] - b[i]; } return s; }",
    ),
    "removed by value": (
        "removal", "python",
        python("f(a: list[int]) -> int", "b = list(a)\nif 1 in b:\n    b.remove(1)\n"
               "return sum(i * x for i, x in enumerate(b))", "f([9, 2, 1]); f([1, 3, 4])"),
        "java", "static int f(int[] a) { List<Integer> b = new ArrayList<>(); for (int x : a) b.add(x); "
        "if (b.contains(1)) b.remove(1); int s = 0; for (int i = 0; i < b.size(); i++) s += i * b.get(i); return s; }",
    ),
    "removed by place": (
        "removal", "java",
        java("int f(int[] a)", "List<Integer> b = new ArrayList<>(); for (int x : a) b.add(x); b.add(0); b.remove(0); "
             "int s = 0; for (int x : b) s += x; return s;", "f(new int[]{9, 2, 1}); f(new int[]{1, 3})"),
        "python", "def f(a):\n    b = list(a)\n    b.append(0)\n    b.remove(0)\n    return sum(b)\n",
    ),
    "texts compared": (
        "boxes compared", "python",
        python("f(s: str) -> bool", "return s == s[::-1]", "f('abba'); f('ab')"),
        "java", "static boolean f(String s) { String t = new StringBuilder(s).reverse().toString(); return s == t; }",
    ),
    "codes": (
        "character as a code", "cpp",
        cpp("int f(string s)", "int t = 0; for (char c : s) t += c - 'a'; return t;", 'f("wrap"); f("ab")'),
        "python", "def f(s):\n    t = 0\n    for c in s:\n        t += c - 'a'\n    return t\n",
    ),
    "appended": (
        "character as a code", "python",
        python("f(s: str) -> str", "return ''.join(chr(ord(c) + 1) for c in s)", "f('wrap'); f('ab')"),
        "java", "static String f(String s) { StringBuilder b = new StringBuilder(); "
        "for (int i = 0; i < s.length(); i++) { b.append(s.charAt(i) + 1); } return b.toString(); }",
    ),
    "halves": (
        "rounding of halves", "python", python("f(x: float) -> int", "return round(x)", "f(2.5); f(0.5); f(-4.5)"),
        "java", "static long f(double x) { return Math.round(x); }",
    ),
    "halves of java": (
        "rounding of halves", "java", java("long f(double x)", "return Math.round(x);", "f(2.5); f(0.5); f(-4.5)"),
        "python", "def f(x):\n    return round(x)\n",
    ),
    "difference as an order": (
        "comparator by subtraction", "cpp",
        cpp("vector<int> f(vector<int> a)", "sort(a.begin(), a.end()); return a;",
            "f({2147483647, -2147483647, 1})[0]; f({2000000000, -2000000000, 3})[0]"),
        "java", "static List<Integer> f(List<Integer> a) { List<Integer> b = new ArrayList<>(a); "
        "b.sort((x, y) -> x - y); return b; }",
    ),
    "depth": (
        "recursion too deep", "java",
        java("int f(int n)", "return n <= 0 ? 0 : 1 + f(n - 1);", "f(2500); f(3); f(1500)"),
        "python", "def f(n):\n    return 0 if n <= 0 else 1 + f(n - 1)\n",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.mark.parametrize("which", EXECUTED)
def test_a_hazard_is_mended_in_a_program_that_runs(which: str, sandbox: Sandbox) -> None:
    name, source_language, source, language, draft = EXECUTED[which]
    speaks = LANGUAGES[source_language]
    unit = speaks.parse(source, "source")
    function = callable_named(unit, "f")
    subject = Subject(language=speaks, unit=unit, function=function, signature=function.signature, sandbox=sandbox)
    sets = sets_of(subject, Policy(), LIMITS, Wish(repair=12, verdict=12))
    shell = Shell(text=SHELLS[language], language=language)
    judges = [
        Candidates(language=LANGUAGES[language], shell=shell, name="f", oracle=oracle, policy=Policy(),
                   sandbox=sandbox, limits=LIMITS)
        for oracle in (sets.repair, sets.verdict)
    ]  # fmt: skip
    text = unit.source.encode()[function.start_byte : function.end_byte].decode()
    of = Case(source_language=source_language, source=source, function=text, language=language, name="f",
              wanted=wanted_by_calls(shell, "f"))  # fmt: skip
    done = repair(
        draft, Proposers([Fixer(name=name, case=of, fix=HAZARDS[name])]), judges[0].run, budget=Budget(runs=4)
    )
    assert done.first.builds
    assert not done.first.solved
    assert done.solved, (done.best.text, done.best.shown.notes)
    assert judges[1].run(done.best.text).solved


# No sign: the source does nothing that means another thing in the target.
UNSIGNED: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "floor or truncation": ("python", "return a - 2", "java", "static int f(int a) { return a / 2 + a % 3; }", ()),
    "fraction lost": ("python", "return a // 2", "java", "static double f(int a) { return a / 2; }", ()),
    "int overflow": ("java", "return a * b;", "python", "def f(a, b):\n    return a * b\n", ()),
    "wrap-around": ("java", "int h; h = h + c;", "python", "def f(h, c):\n    h = h + c\n    return h\n", ()),
    "shift of zeros": ("java", "return n >> 1;", "python", "def f(n):\n    return n >> 1\n", ()),
    "order of a container": ("python", "m = {}", "java", "static int f() { return new HashMap<>().size(); }", ()),
    "absent key": ("cpp", "m[x] += 1;", "python", "def f(m):\n    m = {}\n    return m[1]\n", ("IndexError",)),
    "same list twice": ("python", "return a", "java", "static int f(int[] a) { int[] b = a; return b[0]; }", ()),
    "removal": ("python", "a.pop(1)", "java", "static void f(List<Integer> a) { a.remove(1); }", ()),
    "boxes compared": ("python", "s == 1", "java", "static boolean f(int s) { return s == 1; }", ()),
    "character as a code": ("cpp", "c - 'a'", "python", "def f(c):\n    return c - 'a'\n", ("IndexError",)),
    "rounding of halves": ("python", "floor(x)", "java", "static long f(double x) { return Math.round(x); }", ()),
    "comparator by subtraction": ("python", "a - b", "java", "static int f(int a, int b) { return a - b; }", ()),
    "recursion too deep": ("java", "f(n - 1)", "python", "def f(n):\n    return f(n - 1)\n", ("timeout",)),
}


@pytest.mark.parametrize("name", UNSIGNED)
def test_without_its_sign_a_hazard_has_nothing_to_say(name: str) -> None:
    source_language, function, language, text, notes = UNSIGNED[name]
    of = Case(source_language=source_language, source=function, function=function, language=language, name="f",
              wanted=Wanted())  # fmt: skip
    assert list(HAZARDS[name](of, Draft(text=text, language=language, name="f", notes=notes))) == []


def test_products_inside_of_products_are_widened_once() -> None:
    text = "static long f(int a, int b) { int s = 0; s += (a * b - 1) * a; return s; }"
    of = Case(source_language="python", source="", function="", language="java", name="f", wanted=Wanted())
    state = State(text=text, shown=Shown(builds=True, passed=(False,), notes=()))
    found = [patch.apply(text) for patch in Fixer(name="w", case=of, fix=HAZARDS["int overflow"]).propose(state)]
    assert "static long f(int a, int b) { long s = 0; s += ((long) a * b - 1) * a; return s; }" in found


def test_of_a_read_inside_of_a_read_the_outer_one_is_mended() -> None:
    text = "static int f(Map<Integer, Integer> m) { return m.get(m.get(1)); }"
    of = Case(source_language="cpp", source="", function="", language="java", name="f", wanted=Wanted())
    state = State(text=text, shown=Shown(builds=True, passed=(False,), notes=("NullPointerException",)))
    (found,) = Fixer(name="a", case=of, fix=HAZARDS["absent key"]).propose(state)
    assert "return m.getOrDefault(m.get(1), 0);" in found.apply(text)
