"""Two names for one list where the source has two lists."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_COPIES = re.compile(r"\[:\]|\.copy\(\)|\.clone\(\)|\blist\(|copyOf|\b(?:vector|string|array)\b|new \w+<\w*>\(\w")


def alias(case: Case, draft: Draft) -> Iterator[Patch]:
    """Rows of their own in Python; a copy where a name is given to another and the source copies."""
    if draft.language == "cpp" or not draft.builds:
        return
    edits = [edit for node in draft.nodes if (edit := _rows(draft, node)) is not None]
    if edits:
        yield Patch(edits=tuple(edits), reason="all rows are the same list", author="")
    copies = list(_copies(draft)) if _COPIES.search(case.function) else []
    if copies:
        yield Patch(edits=tuple(copies), reason="the source changes a copy", author="")


def _rows(draft: Draft, node: Node) -> Edit | None:
    """`[[0] * n] * m`: one row, m times."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type != "binary_operator" or text_of(node.child_by_field_name("operator")) != "*" or left is None:
        return None
    if draft.language != "python" or left.type != "list" or len(left.named_children) != 1:
        return None
    inner = text_of(left.named_children[0])
    return draft.edit(node, f"[{inner} for _ in range({text_of(right)})]") if inner.startswith("[") else None


def _copies(draft: Draft) -> Iterator[Edit]:
    arrays = set(re.findall(r"\[\]\s*(?:\[\]\s*)?(\w+)", draft.text))
    for node in draft.nodes:
        if draft.language == "python" and node.type == "assignment":
            value = node.child_by_field_name("right")
            if value is not None and value.type == "identifier":
                yield draft.edit(value, f"{text_of(value)}[:]")
        elif node.type == "variable_declarator":
            value = node.child_by_field_name("value")
            if value is not None and value.type == "identifier" and text_of(value) in arrays:
                yield draft.edit(value, f"{text_of(value)}.clone()")
