"""`remove`: by place or by value."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def removal(case: Case, draft: Draft) -> Iterator[Patch]:
    """Java: a number boxed, where Python removes by value. Python: `pop`, where Java removes from a list by place."""
    if not draft.builds:
        return
    if draft.language == "java" and case.source_language == "python" and re.search(r"\.remove\(", case.function):
        kinds, form = ("method_invocation",), "{0}.remove(Integer.valueOf({1}))"
    elif draft.language == "python" and case.source_language == "java":
        kinds, form = ("call",), "{0}.pop({1})"
    else:
        return
    edits: list[Edit] = []
    for node in draft.nodes:
        called = re.match(r"(.*)\.remove\(", text_of(node)) if node.type in kinds else None
        given = arguments(node)
        if called and len(given) == 1 and "Integer." not in text_of(given[0]):
            edits.append(draft.edit(node, form.format(called[1], text_of(given[0]))))
    if edits:
        yield Patch(edits=tuple(edits), reason="an element is removed by its place or by its value", author="")
