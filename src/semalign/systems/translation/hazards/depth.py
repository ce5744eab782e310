"""Python stops a recursion after a thousand calls, where others go on."""

from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft

_LIMIT = 100_000


def depth(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: a limit that holds; only where a run met the old one."""
    if draft.language != "python" or "setrecursionlimit" in draft.text:
        return
    if any("RecursionError" in note for note in draft.notes):
        head = Edit(start=0, end=0, text=f"import sys\n\nsys.setrecursionlimit({_LIMIT})\n\n\n")
        yield Patch(edits=(head,), reason="the recursion is deeper than Python allows", author="")
