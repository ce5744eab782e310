"""Imports: symbols that a draft uses and nobody brought in."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

NAME = "imports"

_PYTHON = {
    "collections": ("defaultdict", "Counter", "deque", "OrderedDict", "ChainMap"),
    "heapq": ("heappush", "heappop", "heapify", "heapreplace", "heappushpop", "nlargest", "nsmallest"),
    "bisect": ("bisect_left", "bisect_right", "insort", "bisect"),
    "math": ("sqrt", "ceil", "floor", "gcd", "lcm", "inf", "isqrt", "comb", "factorial", "log2", "log"),
    "itertools": ("accumulate", "combinations", "permutations", "product", "pairwise", "groupby", "chain", "count"),
    "functools": ("reduce", "lru_cache", "cache", "cmp_to_key"),
    "typing": ("List", "Dict", "Set", "Tuple", "Optional"),
    "sys": ("maxsize",),
}
_PYTHON_MODULES = ("math", "heapq", "collections", "bisect", "itertools", "functools", "sys", "re", "string")
_JAVA = {
    "java.util.stream.*": ("IntStream", "LongStream", "Stream", "Collectors", "DoubleStream"),
    "java.util.function.*": ("Function", "BiFunction", "IntBinaryOperator", "Supplier", "Predicate"),
    "java.math.*": ("BigInteger", "BigDecimal"),
    "java.util.*": ("List", "ArrayList", "Map", "HashMap", "Arrays", "Set", "HashSet", "Deque", "Stack", "Queue"),
}
_CPP = {
    "algorithm": ("sort", "max", "min", "max_element", "min_element", "reverse", "swap", "lower_bound", "transform"),
    "numeric": ("accumulate", "iota", "gcd", "partial_sum"),
    "climits": ("INT_MAX", "INT_MIN", "LLONG_MAX", "LLONG_MIN", "LONG_MAX"),
    "cmath": ("sqrt", "pow", "ceil", "floor", "abs"),
    "string": ("string", "to_string", "stoi"),
    "vector": ("vector",), "queue": ("queue", "priority_queue"), "stack": ("stack",), "map": ("map",),
    "unordered_map": ("unordered_map",), "unordered_set": ("unordered_set",), "set": ("set", "multiset"),
    "list": ("list",), "bitset": ("bitset",), "tuple": ("tuple", "make_tuple", "tie"), "deque": ("deque",),
    "array": ("array",), "functional": ("function", "greater"), "cstring": ("memset",), "cctype": ("tolower",),
}  # fmt: skip


def imports(case: Case, draft: Draft) -> Iterator[Patch]:
    """All lines that are missing, in one patch at the draft's head."""
    lines = {"python": _python, "java": _java, "cpp": _cpp}[draft.language](draft)
    if lines:
        edit = Edit(start=0, end=0, text="\n".join([*lines, ""]))
        yield Patch(edits=(edit,), reason=f"nobody brings in: {', '.join(lines)}", author=NAME)


def _python(draft: Draft) -> list[str]:
    if not any("NameError" in note for note in draft.notes):
        return []
    used = {text_of(node) for node in draft.nodes if node.type == "identifier"}
    brought = draft.text.partition("def ")[0]
    found = [
        f"from {module} import {', '.join(here)}"
        for module, names in _PYTHON.items()
        if (here := [name for name in names if name in used and name not in brought])
    ]
    modules = [name for name in _PYTHON_MODULES if re.search(rf"\b{name}\.", draft.text) and name not in brought]
    return [*found, *(f"import {name}" for name in modules)]


def _java(draft: Draft) -> list[str]:
    said = " ".join(draft.notes)
    if draft.builds or "cannot find symbol" not in said:
        return []
    return [
        f"import {package};"
        for package, names in _JAVA.items()
        if any(re.search(rf"\b{name}\b", said) for name in names) and f"import {package}" not in draft.text
    ]


def _cpp(draft: Draft) -> list[str]:
    said = " ".join(draft.notes)
    if draft.builds or ("not declared" not in said and "not a member" not in said and "incomplete type" not in said):
        return []
    quoted = set(re.findall(r"'(?:std::)?(\w+)", said))
    return [f"#include <{header}>" for header, names in _CPP.items() if quoted & set(names)]
