"""Parts of a text: Java's `substring` and Python's slice take an end, C++'s `substr` takes a length."""

from collections.abc import Iterator

from semalign.repair import Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of


def slices(case: Case, draft: Draft) -> Iterator[Patch]:
    """The second argument of `substr` made a length; of `substring` an end."""
    named = {"cpp": "substr", "java": "substring"}.get(draft.language)
    edits = []
    for node in draft.nodes:
        if node.type not in ("call_expression", "method_invocation"):
            continue
        function = node.child_by_field_name("function") or node.child_by_field_name("name")
        given = arguments(node)
        if text_of(function).rpartition(".")[2] != named or len(given) != 2:
            continue
        start, second = text_of(given[0]), text_of(given[1])
        sign = "-" if named == "substr" else "+"
        edits.append(draft.edit(given[1], f"({second}) {sign} ({start})"))
    if edits:
        yield Patch(edits=tuple(edits), reason="an end is taken for a length", author="")
