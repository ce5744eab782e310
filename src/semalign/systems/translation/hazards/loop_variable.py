"""A loop variable that the body assigns to: C++ and Java go on from there, Python's `range` does not."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk


def loop_variable(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: such a `for` over a range as a `while`; one patch a loop."""
    if draft.language != "python":
        return
    for node in draft.nodes:
        if node.type == "for_statement" and (edits := _as_while(draft, node)):
            yield Patch(edits=tuple(edits), reason="the body assigns to the loop variable", author="")


def _as_while(draft: Draft, loop: Node) -> list[Edit]:
    name, body = text_of(loop.child_by_field_name("left")), loop.child_by_field_name("body")
    called = re.fullmatch(r"range\((.*)\)", text_of(loop.child_by_field_name("right")))
    if body is None or called is None or not re.fullmatch(r"\w+", name):
        return []
    assigned = any(
        node.type in ("assignment", "augmented_assignment") and text_of(node.child_by_field_name("left")) == name
        for node in walk(body)
    )
    given = _split(called[1])
    if not assigned or not 1 <= len(given) <= 2 or any(node.type == "continue_statement" for node in walk(body)):
        return []
    first, last = (given[0], given[1]) if len(given) == 2 else ("0", given[0])
    outer = " " * loop.start_point.column
    inner = " " * body.start_point.column
    head = Edit(
        start=loop.start_byte - draft.shift,
        end=body.start_byte - draft.shift,
        text=f"{name} = {first}\n{outer}while {name} < {last}:\n{inner}",
    )
    return [head, draft.insert(body.end_byte, f"\n{inner}{name} += 1")]


def _split(text: str) -> list[str]:
    """Arguments at the outer commas."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
