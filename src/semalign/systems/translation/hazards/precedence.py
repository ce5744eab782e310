"""`i & 1 == 0`: Python compares last, C++ and Java first."""

from collections.abc import Iterator

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def precedence(case: Case, draft: Draft) -> Iterator[Patch]:
    """C++ and Java: bit operations in brackets before a comparison."""
    if draft.language == "python":
        return
    edits = []
    for node in draft.nodes:
        if node.type != "binary_expression" or text_of(node.child_by_field_name("operator")) not in ("&", "|", "^"):
            continue
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None or right.type != "binary_expression":
            continue
        if text_of(right.child_by_field_name("operator")) in ("==", "!=", "<", ">", "<=", ">="):
            bits = text_of(node.child_by_field_name("operator"))
            inner, outer = text_of(right.child_by_field_name("left")), text_of(right.child_by_field_name("right"))
            comparison = text_of(right.child_by_field_name("operator"))
            edits.append(draft.edit(node, f"({text_of(left)} {bits} {inner}) {comparison} {outer}"))
    if edits:
        yield Patch(edits=tuple(edits), reason="a comparison binds closer than a bit operation", author="")
