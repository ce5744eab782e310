"""Characters that are numbers in Java and C++, and texts in Python."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of
from semalign.systems.translation.fixers.rewriting import operation, patches, type_text

_ONE = re.compile(r"""(['"])(?:[^\\]|\\.)\1""")


def chars(case: Case, draft: Draft) -> Iterator[Patch]:
    """Python: codes, where a run mixed texts and numbers. Java: a character from a sum that is appended."""
    if draft.language == "python" and any("TypeError" in note for note in draft.notes):
        yield from patches(draft, _coded, "a character is used as its code")
    elif draft.language == "java" and draft.builds:
        edits: list[Edit] = [edit for node in draft.nodes if (edit := _appended(draft, node)) is not None]
        if edits:
            yield Patch(edits=tuple(edits), reason="a character is written as its code", author="")


def _coded(node: Node, text: type_text) -> str | None:
    """`c - 'a'` from codes; `'a' + k` a character again."""
    found = operation(node)
    if found is None or found[1] not in ("-", "+"):
        return None
    left, operator, right = found
    is_left, is_right = (_ONE.fullmatch(text_of(side)) is not None for side in (left, right))
    if operator == "-" and (is_left or is_right):
        return f"(ord({text(left)}) - ord({text(right)}))"
    if operator == "+" and is_left != is_right:
        literal, other = (left, right) if is_left else (right, left)
        inner = re.fullmatch(r"str\((.*)\)", text(other))
        return f"chr(ord({text_of(literal)}) + {inner[1] if inner else text(other)})"
    return None


def _appended(draft: Draft, node: Node) -> Edit | None:
    if node.type != "method_invocation" or text_of(node.child_by_field_name("name")) not in ("append", "valueOf"):
        return None
    given = arguments(node)
    found = operation(given[0]) if len(given) == 1 else None
    if found is None or found[1] not in ("+", "-") or '"' in text_of(given[0]):
        return None
    if not re.search(r"'|charAt", text_of(given[0])):
        return None
    return draft.edit(given[0], f"(char) ({text_of(given[0])})")
