"""A comparator that is the wrong way round: an int taken for a truth, a minus lost, `reverse` forgotten."""

from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk

_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def turned(case: Case, draft: Draft) -> Iterator[Patch]:
    """Every comparison of one lambda turned, one patch a lambda; ascending sorts made descending."""
    for node in draft.nodes:
        if node.type in ("lambda_expression", "lambda"):
            edits = list(_comparisons(draft, node))
            if edits:
                yield Patch(edits=tuple(edits), reason="the comparator is the wrong way round", author="")
    if draft.language == "java":
        yield from _reversed(draft)


def _comparisons(draft: Draft, node: Node) -> Iterator[Edit]:
    for inner in walk(node):
        operator = inner.child_by_field_name("operator")
        if inner.type == "binary_expression" and operator is not None:
            if text_of(operator) in _TURNED:
                yield draft.edit(operator, _TURNED[text_of(operator)])
            elif text_of(operator) == "-" and draft.language == "java":
                left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
                if left is not None and right is not None:
                    yield draft.edit(left, text_of(right))
                    yield draft.edit(right, text_of(left))


def _reversed(draft: Draft) -> Iterator[Patch]:
    """`Arrays.sort(a)` followed by turning the array round."""
    for node in draft.nodes:
        if node.type != "expression_statement" or not text_of(node).startswith("Arrays.sort("):
            continue
        inside = text_of(node)[len("Arrays.sort(") : -len(");")]
        if inside.isidentifier():
            code = (
                f"\nfor (int lo = 0, hi = {inside}.length - 1; lo < hi; lo++, hi--) "
                f"{{ var kept = {inside}[lo]; {inside}[lo] = {inside}[hi]; {inside}[hi] = kept; }}"
            )
            reason = "the source sorts the other way round"
            yield Patch(edits=(draft.insert(node.end_byte, code),), reason=reason, author="")
