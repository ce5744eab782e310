"""A number taken for a truth: every number but 0 is true in Python and C++."""

from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_TYPES = ("binary_expression", "comparison_operator")


def truth(case: Case, draft: Draft) -> Iterator[Patch]:
    """`x == 1` and `x > 0` as `x != 0`, each kind in one patch, where the source compares with neither."""
    for said, place in (("==", "1"), (">", "0")):
        if f"{said} {place}" in case.function or f"{said}{place}" in case.function:
            continue
        edits: list[Edit] = []
        for node in draft.nodes:
            if node.type not in _TYPES or len(node.children) != 3:
                continue
            left, operator, right = node.children
            if text_of(operator) == said and text_of(right) == place:
                edits.append(draft.edit(node, f"{text_of(left)} != 0"))
        if edits:
            yield Patch(edits=tuple(edits), reason="the source asks whether a number is not 0", author="")
