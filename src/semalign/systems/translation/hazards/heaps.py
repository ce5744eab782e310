"""A heap's first element: the largest in C++, the smallest in Python and Java."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_TURNED = re.compile(r"PriorityQueue<>?(<\w*>)?\(\s*(Collections\.reverseOrder\(\)|\(a, b\) -> b - a)?\s*\)")


def heaps(case: Case, draft: Draft) -> Iterator[Patch]:
    """The heap turned: its order declared in C++, a comparator given or taken away in Java."""
    if draft.language == "cpp":
        edits = _cpp(draft)
    elif draft.language == "java":
        edits = _java(draft)
    else:
        return
    if edits:
        yield Patch(edits=tuple(edits), reason="the heap's order is the other way round", author="")


def _cpp(draft: Draft) -> list[Edit]:
    edits = []
    for node in draft.nodes:
        if node.type != "template_type" or text_of(node.child_by_field_name("name")) != "priority_queue":
            continue
        listed = node.child_by_field_name("arguments")
        given = [] if listed is None else [text_of(one) for one in listed.named_children]
        if listed is not None and len(given) == 1:
            edits.append(draft.edit(listed, f"<{given[0]}, std::vector<{given[0]}>, std::greater<{given[0]}>>"))
        elif listed is not None and "greater" in given[-1]:
            edits.append(draft.edit(listed, f"<{given[0]}>"))
    return edits


def _java(draft: Draft) -> list[Edit]:
    edits = []
    for node in draft.nodes:
        if node.type == "object_creation_expression" and "PriorityQueue" in text_of(node.child_by_field_name("type")):
            listed = node.child_by_field_name("arguments")
            given = text_of(listed)
            if listed is None:
                continue
            if given == "()":
                edits.append(draft.edit(listed, "(Collections.reverseOrder())"))
            elif re.fullmatch(r"\(\s*Collections\.reverseOrder\(\)\s*\)", given):
                edits.append(draft.edit(listed, "()"))
    return edits
