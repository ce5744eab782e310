"""`a and b or c` chooses c wherever b counts as false, as what a method returns does."""

from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def choice(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: written as a conditional expression."""
    if draft.language != "python":
        return
    edits = []
    for node in draft.nodes:
        parts = _parts(node)
        if parts:
            condition, one, other = parts
            edits.append(draft.edit(node, f"{one} if {condition} else {other}"))
    if edits:
        yield Patch(edits=tuple(edits), reason="a choice is made by and, or", author="")


def _parts(node: Node) -> tuple[str, str, str] | None:
    if node.type != "boolean_operator" or text_of(node.child_by_field_name("operator")) != "or":
        return None
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or left.type != "boolean_operator" or text_of(left.child_by_field_name("operator")) != "and":
        return None
    return (text_of(left.child_by_field_name("left")), text_of(left.child_by_field_name("right")), text_of(right))
