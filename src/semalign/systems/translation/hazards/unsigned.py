"""`size() - 1` of an empty container is a huge number in C++, and a size compared with -1 is larger."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def unsigned(case: Case, draft: Draft) -> Iterator[Patch]:
    """C++: sizes are cast to int, and loop variables are int."""
    if draft.language != "cpp" or not draft.builds:
        return
    edits: list[Edit] = []
    for node in draft.nodes:
        text = text_of(node)
        if node.type == "call_expression" and re.search(r"(\.|->)(size|length)\(\)$", text):
            edits.append(draft.edit(node, f"(int) {text}"))
        elif node.type in ("type_identifier", "primitive_type", "qualified_identifier") and text in (
            "size_t",
            "std::size_t",
        ):
            edits.append(draft.edit(node, "int"))
    if edits:
        yield Patch(edits=tuple(edits), reason="a size has no sign", author="")
