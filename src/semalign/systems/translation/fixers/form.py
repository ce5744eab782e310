"""Form: what keeps a reply from being a program at all; fences, a forgotten semicolon, a word that is no name."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

NAME = "form"
_FENCE = re.compile(rb"\A.*?```[\w+]*\n(.*?)```.*\Z", re.DOTALL)


def form(case: Case, draft: Draft) -> Iterator[Patch]:
    """One patch a flaw; only for drafts that do not build."""
    if draft.builds:
        return
    data = draft.text.encode()
    if fenced := _FENCE.match(data):
        edits = (Edit(start=0, end=fenced.start(1), text=""), Edit(start=fenced.end(1), end=len(data), text=""))
        yield Patch(edits=edits, reason="the code stands in a fence", author=NAME)
    yield from _semicolons(draft)
    yield from _static(draft)
    yield from _underscores(draft)
    yield from _declared_twice(draft)
    yield from _chained(draft)


def _semicolons(draft: Draft) -> Iterator[Patch]:
    if draft.language == "python":
        return
    missing = [node for node in _all(draft.tree.root_node) if node.is_missing and node.type == ";"]
    if missing:
        edits = tuple(draft.insert(node.start_byte, ";") for node in missing)
        yield Patch(edits=edits, reason="a statement has no semicolon", author=NAME)


def _all(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _all(child)


def _static(draft: Draft) -> Iterator[Patch]:
    if draft.language != "java":
        return
    heads = [node for node in draft.functions.values() if "static" not in text_of(node).partition("(")[0].split()]
    if heads:
        edits = []
        for node in heads:
            kind = node.child_by_field_name("type")
            if kind is not None:
                edits.append(draft.insert(kind.start_byte, "static "))
        yield Patch(edits=tuple(edits), reason="main can only call a static method", author=NAME)


def _underscores(draft: Draft) -> Iterator[Patch]:
    """`_` is a keyword of newer Java."""
    if draft.language != "java" or not any("'_' is a keyword" in note for note in draft.notes):
        return
    names = {text_of(node) for node in draft.nodes}
    new = next(name for name in ("unused", "unused1", "unused2") if name not in names)
    nodes = [node for node in _all(draft.tree.root_node) if text_of(node) == "_" and not node.children]
    edits = tuple(draft.edit(node, new) for node in nodes)
    yield Patch(edits=edits, reason="_ is a keyword", author=NAME)


def _declared_twice(draft: Draft) -> Iterator[Patch]:
    """`for (int i = 0; ...)` where `i` is already declared: assign to it."""
    again = [one for one in draft.diagnostics if "is already defined" in one.message]
    edits = []
    for one in again:
        node = draft.at(one)
        while node is not None and node.type not in ("local_variable_declaration", "block"):
            node = node.parent
        kind = node.child_by_field_name("type") if node is not None else None
        if node is None or kind is None:
            continue
        if sum(child.type == "variable_declarator" for child in node.named_children) == 1:
            edits.append(draft.edit(kind, ""))
    if edits:
        yield Patch(edits=tuple(edits), reason="a variable is declared twice", author=NAME)


_CHAINED = re.compile(
    r"^(?P<indent>[ \t]*)(?P<first>\w+\s*=\s*[^=,\n]+(?:\([^\n]*?\))?),\s*(?P<second>\w+\s*=[^=\n]+)$", re.M
)


def _chained(draft: Draft) -> Iterator[Patch]:
    """`n = len(s), m = len(t)` is two assignments in C, and nothing in Python."""
    if draft.language != "python":
        return
    text = draft.text
    edits = []
    for found in _CHAINED.finditer(text):
        start, end = len(text[: found.start()].encode()), len(text[: found.end()].encode())
        indent = found["indent"]
        edits.append(Edit(start=start, end=end, text=f"{indent}{found['first']}\n{indent}{found['second']}"))
    if edits:
        yield Patch(edits=tuple(edits), reason="two assignments stand in one statement", author=NAME)
