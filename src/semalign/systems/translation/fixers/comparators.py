"""Comparators: a sort whose order only the source says, from the key or the lambda that it gives."""

import ast
import re
from collections.abc import Iterator

from semalign.languages.python_parse import parse_python
from semalign.repair import Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

NAME = "comparator"


def comparators(case: Case, draft: Draft) -> Iterator[Patch]:
    """A missing C++ comparator: the source's keys, then none."""
    missing = [one for one in draft.diagnostics if re.search(r"'(comp\w*|cmp\w*)' was not declared", one.message)]
    if draft.language != "cpp" or not missing:
        return
    for node in draft.nodes:
        if node.type != "call_expression" or not re.search(r"\bsort$", text_of(node.child_by_field_name("function"))):
            continue
        given = arguments(node)
        if len(given) != 3 or not re.fullmatch(r"comp\w*|cmp\w*", text_of(given[2])):
            continue
        first, second = text_of(given[0]), text_of(given[1])
        element = f"std::decay_t<decltype(*({first}))>"
        for keys in _keys(case):
            ours, theirs = (", ".join(re.sub(rf"\b{name}\b", one, key) for name, key in keys) for one in "xy")
            lambda_text = (
                f"[](const {element}& x, const {element}& y) "
                f"{{ return std::make_tuple({ours}) < std::make_tuple({theirs}); }}"
            )
            yield Patch(edits=(draft.edit(given[2], lambda_text),), reason="the source sorts by a key", author=NAME)
        listed = node.child_by_field_name("arguments")
        if listed is not None:
            text = f"({first}, {second})"
            yield Patch(edits=(draft.edit(listed, text),), reason="elements have an order of their own", author=NAME)


def _keys(case: Case) -> Iterator[list[tuple[str, str]]]:
    """The key functions of the source, each as expressions with the name that they use."""
    if case.source_language != "python":
        return
    try:
        tree = parse_python(case.source)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "key" and isinstance(node.value, ast.Lambda):
            name = node.value.args.args[0].arg
            body = node.value.body
            parts = body.elts if isinstance(body, ast.Tuple) else [body]
            if all(_simple(part) for part in parts):
                yield [(name, ast.unparse(part)) for part in parts]


def _simple(node: ast.expr) -> bool:
    """C++ writes it alike."""
    allowed = (ast.Name, ast.Constant, ast.Subscript, ast.UnaryOp, ast.USub, ast.BinOp, ast.Add, ast.Sub, ast.Load)
    return all(isinstance(part, allowed) for part in ast.walk(node))
