"""A key that is not in a map: C++ puts a zero there, Java gives null, Python raises."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_DEFAULTS = {"Integer": "0", "Long": "0L", "Double": "0.0", "Boolean": "false", "String": '""', "Character": "'\\0'"}


def absent(case: Case, draft: Draft) -> Iterator[Patch]:
    """Java and Python: reads with a default; only where a run met a null or a key that is not there."""
    said = " ".join(draft.notes)
    if draft.language == "java" and "NullPointer" in said:
        edits = _java(draft)
    elif draft.language == "python" and "KeyError" in said:
        edits = _python(draft)
    else:
        return
    if edits:
        yield Patch(edits=tuple(edits), reason="a key is not in the map", author="")


def _java(draft: Draft) -> list[Edit]:
    kinds = {name: kind for kind, name in re.findall(r"Map<[^;=]*?,\s*(\w+)>\s+(\w+)", draft.text)}
    edits = []
    for node in draft.nodes:
        if node.type != "method_invocation" or text_of(node.child_by_field_name("name")) != "get":
            continue
        target, given = text_of(node.child_by_field_name("object")), arguments(node)
        if default := _DEFAULTS.get(kinds.get(target, "")):
            edits.append(draft.edit(node, f"{target}.getOrDefault({text_of(given[0])}, {default})"))
    return edits


def _python(draft: Draft) -> list[Edit]:
    names = set(re.findall(r"(\w+)\s*(?::[^=\n]*)?=\s*(?:\{\}|dict\(\))", draft.text))
    edits = []
    for node in draft.nodes:
        name, key = text_of(node.child_by_field_name("value")), text_of(node.child_by_field_name("subscript"))
        parent = node.parent
        if node.type != "subscript" or name not in names or parent is None or parent.type == "delete_statement":
            continue
        assigned = parent.child_by_field_name("left") == node
        if parent.type == "attribute":
            edits.append(draft.edit(node, f"{name}.setdefault({key}, [])"))
        elif parent.type == "augmented_assignment" and assigned:
            operator = text_of(parent.child_by_field_name("operator")).removesuffix("=")
            right = text_of(parent.child_by_field_name("right"))
            edits.append(draft.edit(parent, f"{name}[{key}] = {name}.get({key}, 0) {operator} ({right})"))
        elif not assigned:
            edits.append(draft.edit(node, f"{name}.get({key}, 0)"))
    return edits
