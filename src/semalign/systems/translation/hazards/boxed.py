"""`==` between boxes: Java compares the boxes, and small numbers happen to share theirs."""

from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_GIVES_BOXES = ("get", "peek", "poll", "pop", "remove", "getOrDefault", "first", "last", "peekFirst", "peekLast")


def boxed(case: Case, draft: Draft) -> Iterator[Patch]:
    """Java: the left side unboxed, for numbers; `equals`, for texts."""
    if draft.language != "java" or not draft.builds:
        return
    numbers: list[Edit] = []
    texts: list[Edit] = []
    for node in draft.nodes:
        operator = text_of(node.child_by_field_name("operator"))
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type != "binary_expression" or operator not in ("==", "!=") or left is None or right is None:
            continue
        names = [text_of(side.child_by_field_name("name")) for side in (left, right)]
        if any(side.type.endswith("literal") for side in (left, right)) and '"' not in text_of(node):
            continue
        if any(name in _GIVES_BOXES for name in names):
            numbers.append(draft.edit(left, f"(int) {text_of(left)}"))
        denied = "!" if operator == "!=" else ""
        texts.append(draft.edit(node, f"{denied}Objects.equals({text_of(left)}, {text_of(right)})"))
    for edits in (numbers, texts):
        if edits:
            yield Patch(edits=tuple(edits), reason="two boxes are compared, not what is in them", author="")
