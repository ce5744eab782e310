"""Whole numbers written as floats: `1e9 + 7` is a float in Python, `float("inf") // 2` is not a number."""

import re
from collections.abc import Iterator

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def floats(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: literals with an exponent as ints; infinity as the largest number of the source's int."""
    if draft.language != "python":
        return
    literals = [
        draft.edit(node, str(int(float(text_of(node)))))
        for node in draft.nodes
        if node.type == "float" and re.fullmatch(r"\d+(\.\d+)?[eE]\+?\d+", text_of(node))
    ]
    if literals:
        yield Patch(edits=tuple(literals), reason="a whole number is written as a float", author="")
    infinite = [
        draft.edit(node, "2147483647")
        for node in draft.nodes
        if node.type == "call" and re.fullmatch(r"float\(\s*['\"]inf['\"]\s*\)", text_of(node))
    ]
    if infinite:
        yield Patch(edits=tuple(infinite), reason="infinity is no whole number", author="")
    divided = [
        draft.edit(node.children[1], "//")
        for node in draft.nodes
        if node.type in ("binary_operator", "augmented_assignment") and text_of(node.children[1]) == "/"
    ]
    if divided:
        yield Patch(edits=tuple(divided), reason="division of ints is a float", author="")
