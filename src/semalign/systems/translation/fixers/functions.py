"""Missing functions: small ones that every programmer means the same by, written where a draft only calls them.

A name that the source defines itself is left alone: it may mean something else there.
"""

import re
from collections.abc import Iterator

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft

NAME = "missing function"
_UNDECLARED = re.compile(r"symbol: +method (\w+)\(|'(\w+)' was not declared|name '(\w+)' is not defined")

_JAVA = {
    "digitsum": "static int {n}(int x) {{ int s = 0; for (; x > 0; x /= 10) s += x % 10; return s; }}",
    "ispalindrome": "static boolean {n}(String s) {{ return new StringBuilder(s).reverse().toString().equals(s); }}",
    "isprime": "static boolean {n}(int x) {{ if (x < 2) return false; "
    "for (int d = 2; (long) d * d <= x; d++) if (x % d == 0) return false; return true; }}",
    "gcd": "static int {n}(int a, int b) {{ return b == 0 ? a : {n}(b, a % b); }}",
    "lcm": "static int {n}(int a, int b) {{ int x = a, y = b; while (y != 0) {{ int t = x % y; x = y; y = t; }} "
    "return a / x * b; }}",
    "sum": "static int {n}(int[] a) {{ int s = 0; for (int x : a) s += x; return s; }}\n"
    "static int {n}(List<Integer> a) {{ int s = 0; for (int x : a) s += x; return s; }}",
    "swap": "static void {n}(int[] a, int i, int j) {{ int t = a[i]; a[i] = a[j]; a[j] = t; }}",
    "reverse": "static String {n}(String s) {{ return new StringBuilder(s).reverse().toString(); }}",
}  # fmt: skip
_CPP = {
    "digitsum": "int {n}(int x) {{ int s = 0; for (; x > 0; x /= 10) s += x % 10; return s; }}",
    "ispalindrome": "bool {n}(const std::string& s) {{ return s == std::string(s.rbegin(), s.rend()); }}",
    "isprime": "bool {n}(int x) {{ if (x < 2) return false; "
    "for (int d = 2; (long long) d * d <= x; d++) if (x % d == 0) return false; return true; }}",
    "gcd": "int {n}(int a, int b) {{ return b == 0 ? a : {n}(b, a % b); }}",
    "sum": "long long {n}(const std::vector<int>& a) {{ long long s = 0; for (int x : a) s += x; return s; }}",
}  # fmt: skip
_PYTHON = {
    "digitsum": "def {n}(x):\n    return sum(int(c) for c in str(x))",
    "ispalindrome": "def {n}(s):\n    return str(s) == str(s)[::-1]",
    "isprime": "def {n}(x):\n    return x > 1 and all(x % d for d in range(2, int(x ** 0.5) + 1))",
}
_BODIES = {"java": _JAVA, "cpp": _CPP, "python": _PYTHON}


def functions(case: Case, draft: Draft) -> Iterator[Patch]:
    """Definitions before or, in Java, behind the called function."""
    function = draft.function
    if function is None:
        return
    names = {next(filter(None, found.groups())) for note in draft.notes for found in _UNDECLARED.finditer(note)}
    known = {name: _BODIES[draft.language].get(plain(name)) for name in names}
    made = [
        body.format(n=name) for name, body in sorted(known.items()) if body and f"{name}(" not in _heads(case.source)
    ]
    if made:
        at = function.end_byte if draft.language == "java" else function.start_byte
        text = "\n" + "\n".join(made) + "\n" if draft.language == "java" else "\n".join(made) + "\n"
        yield Patch(edits=(draft.insert(at, text),), reason=f"nobody defines {', '.join(sorted(known))}", author=NAME)


def _heads(source: str) -> str:
    return " ".join(re.findall(r"(?:def|int|long|boolean|bool|String|string)\s+\w+\(", source))


def plain(name: str) -> str:
    """The name without case, order and filler words.

    >>> plain("sumOfDigits"), plain("digits_sum"), plain("isPalin")
    ('digitsum', 'digitsum', 'ispalindrome')
    """
    bare = name.replace("_", "").lower()
    if "digit" in bare and "sum" in bare:
        return "digitsum"
    if bare.startswith(("ispalin", "palin", "checkpalin")):
        return "ispalindrome"
    return {"isaprime": "isprime", "prime": "isprime"}.get(bare, bare)
