"""A digit as a character: `'0' + k` in C++ and Java is `str(k)` in Python, and not `'0' + str(k)`."""

import re
from collections.abc import Iterator

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def digits(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: the zero in front of a written number dropped."""
    if draft.language != "python":
        return
    edits = []
    for node in draft.nodes:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type == "binary_operator" and re.fullmatch(r"""(['"])0\1""", text_of(left)):
            inner = text_of(right)
            edits.append(draft.edit(node, inner if inner.startswith("str(") else f"str({inner})"))
    if edits:
        yield Patch(edits=tuple(edits), reason="a digit is written as text", author="")
