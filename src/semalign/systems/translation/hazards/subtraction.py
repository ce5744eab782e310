"""Comparators that subtract: the difference overflows in Java, and is a truth in C++; Python's truth is no order."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk


def subtraction(case: Case, draft: Draft) -> Iterator[Patch]:
    """Java: `Long.compare`; C++: `<`; Python's `cmp_to_key` of a comparison: its sign. All lambdas at once."""
    if not draft.builds:
        return
    edits: list[Edit] = []
    for node in draft.nodes:
        if node.type in ("lambda_expression", "lambda"):
            compared = _compared(node)
            edits += [] if compared is None else [_edit(draft, *compared)]
    edits = [edit for edit in edits if edit.text]
    if edits:
        yield Patch(edits=tuple(edits), reason="a comparator subtracts", author="")


def _compared(node: Node) -> tuple[Node, str, str, str] | None:
    """What the lambda gives: an operation, its sides and its operator."""
    body = node.child_by_field_name("body")
    if body is not None and body.type in ("block", "compound_statement"):
        returned = [one for one in walk(body) if one.type == "return_statement" and one.named_children]
        body = returned[0].named_children[0] if len(returned) == 1 else None
    if body is None or body.type not in ("binary_expression", "comparison_operator") or len(body.children) != 3:
        return None
    left, operator, right = map(text_of, body.children)
    return body, left, operator, right


def _edit(draft: Draft, node: Node, left: str, operator: str, right: str) -> Edit:
    text = ""
    if draft.language == "java" and operator == "-":
        text = f"Long.compare({left}, {right})"
    elif draft.language == "cpp" and operator == "-":
        text = f"{left} < {right}"
    elif draft.language == "python" and re.search(r"cmp_to_key", draft.text):
        if operator in (">", ">="):
            text = f"({left} > {right}) - ({left} < {right})"
        elif operator in ("<", "<="):
            text = f"({left} < {right}) - ({left} > {right})"
    return draft.edit(node, text)
