"""The place behind a text's last character: C++ reads a zero there, Java and Python raise."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_SIGNS = ("IndexError", "StringIndexOutOfBounds", "IndexOutOfBounds")


def text_end(case: Case, draft: Draft) -> Iterator[Patch]:
    """From C++: reads that give nothing there. Only where a run went past the end."""
    if case.source_language != "cpp" or not any(sign in note for note in draft.notes for sign in _SIGNS):
        return
    edits = _java(draft) if draft.language == "java" else _python(case, draft) if draft.language == "python" else []
    if edits:
        yield Patch(edits=tuple(edits), reason="C++ reads a zero behind a text", author="")


def _java(draft: Draft) -> list[Edit]:
    edits = []
    for node in draft.nodes:
        if node.type == "method_invocation" and text_of(node.child_by_field_name("name")) == "charAt":
            target, place = text_of(node.child_by_field_name("object")), ", ".join(map(text_of, arguments(node)))
            if not re.search(r"\+\+|--", place):
                edits.append(draft.edit(node, f"({place} < {target}.length() ? {target}.charAt({place}) : '\\0')"))
    return edits


def _python(case: Case, draft: Draft) -> list[Edit]:
    texts = set(re.findall(r"\bstring\s*&?\s*(\w+)", case.function))
    edits = []
    for node in draft.nodes:
        if node.type != "subscript" or text_of(node.child_by_field_name("value")) not in texts:
            continue
        value, place = text_of(node.child_by_field_name("value")), text_of(node.child_by_field_name("subscript"))
        if ":" not in place:
            edits.append(draft.edit(node, f"({value}[{place}] if {place} < len({value}) else '\\0')"))
    return edits
