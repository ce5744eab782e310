"""Numbers that wrap round on purpose, as hashes do in Java and C++; Python's grow."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_GROWS = re.compile(r"\*|<<|\+")


def wrap(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: what is computed from itself by products or shifts, in the width of the source's name."""
    if draft.language != "python" or case.source_language == "python" or not draft.builds:
        return
    found = [(text_of(node), edit) for node in draft.nodes if (edit := _wrapped(case, draft, node)) is not None]
    edits = [edit for _, edit in found]
    if any("*" in before or "<<" in before for before, _ in found):
        yield Patch(edits=tuple(edits), reason="the source's number wraps round", author="")


def _wrapped(case: Case, draft: Draft, node: Node) -> Edit | None:
    left, right = text_of(node.child_by_field_name("left")), text_of(node.child_by_field_name("right"))
    if node.type == "augmented_assignment":
        operator = text_of(node.child_by_field_name("operator")).removesuffix("=")
        value = f"{left} {operator} ({right})" if not re.fullmatch(r"[\w.]+", right) else f"{left} {operator} {right}"
    elif node.type == "assignment" and re.search(rf"(?<!\w){re.escape(left)}(?!\w)", right):
        operator, value = "", right
    else:
        return None
    if not re.fullmatch(r"\w+", left) or not _GROWS.search(value) or operator in ("%", ">>", "/", "//"):
        return None
    if re.search(r"['\"\[]|2 ?\*\* ?(31|32|63|64)|0x[Ff]{8}", value):
        return None
    bits, signed = _width(case, left)
    low = f"2**{bits - 1}"
    text = f"({value} + {low}) % 2**{bits} - {low}" if signed else f"({value}) % 2**{bits}"
    return draft.edit(node, f"{left} = {text}")


def _width(case: Case, name: str) -> tuple[int, bool]:
    """Bits, and whether there is a sign, of a name in the source; an int where it has no such name."""
    declared = re.search(rf"([\w: ]*?)\s*\b{name}\b\s*(=|,|;|\))", case.function)
    kind = declared[1] if declared else ""
    return 64 if re.search(r"long|64|size_t", kind) else 32, not re.search(r"unsigned|uint|size_t", kind)
