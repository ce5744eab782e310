"""Numbers that outgrow 32 bits: locals, elements and the result made 64 bits wide."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk
from semalign.systems.translation.fixers.wanted import result_of


def width(case: Case, draft: Draft) -> Iterator[Patch]:
    """C++ and Java: the wanted result or a wide one, sums first, then everything."""
    function = draft.function
    if draft.language == "python" or function is None or not draft.builds:
        return
    wide = "long" if draft.language == "java" else "long long"
    body, result = function.child_by_field_name("body"), function.child_by_field_name("type")
    if body is None or result is None:
        return
    widened: list[Edit] = []
    if result_of(function) in ("int", "long") and case.wanted.result not in ("int",):
        widened.append(draft.edit(result, wide))
    sums = [*widened, *_declarations(draft, body, wide, _grown(draft, body))]
    yield from _patch(sums)
    if draft.language == "cpp":
        yield from _patch([*widened, *_everything(draft, body, wide)])
    casts = list(_casts(draft, body, wide))
    if sums and casts:
        yield from _patch([*sums, *casts])
    yield from _patch(casts)


def _patch(edits: list[Edit]) -> Iterator[Patch]:
    if edits:
        yield Patch(edits=tuple(edits), reason="a number outgrows 32 bits", author="")


def _grown(draft: Draft, body: Node) -> set[str]:
    """Names that sums and products are assigned to."""
    found = set()
    for node in walk(body):
        if node.type == "assignment_expression":
            operator, right = text_of(node.child_by_field_name("operator")), text_of(node.child_by_field_name("right"))
            if operator in ("+=", "*=", "-=", "<<=") or re.search(r"[*+]|<<|max|min", right):
                found.add(text_of(node.child_by_field_name("left")))
        elif node.type in ("init_declarator", "variable_declarator"):
            value = node.child_by_field_name("value")
            if value is not None and re.search(r"[*+]|<<", text_of(value)):
                found.add(text_of(node.child_by_field_name("declarator") or node.child_by_field_name("name")))
    return found


def _declarations(draft: Draft, body: Node, wide: str, names: set[str]) -> Iterator[Edit]:
    for node in walk(body):
        kind = node.child_by_field_name("type")
        if node.type not in ("declaration", "local_variable_declaration") or kind is None or text_of(kind) != "int":
            continue
        parent = node.parent
        if parent is not None and parent.type == "for_statement":
            continue
        declared = {re.match(r"\w*", text_of(one)).group() for one in node.named_children}  # type: ignore[union-attr]  # matches any text
        if declared & names:
            yield draft.edit(kind, wide)


def _everything(draft: Draft, body: Node, wide: str) -> Iterator[Edit]:
    for node in walk(body):
        if node.type == "primitive_type" and text_of(node) in ("int", "long"):
            yield draft.edit(node, wide)


def _casts(draft: Draft, body: Node, wide: str) -> Iterator[Edit]:
    """The first operand of a product, or the number that is shifted, wide."""
    for node in walk(body):
        left = node.child_by_field_name("left")
        parent = node.parent
        operator = text_of(node.child_by_field_name("operator"))
        if node.type != "binary_expression" or left is None or operator not in ("*", "<<"):
            continue
        if any(one.type == "binary_expression" and "*" in text_of(one) for one in walk(left)):
            continue  # the inner product is made wide, and with it the outer one
        if operator == "<<" and re.search(r"\bcout|\bstream|<<", text_of(left)):
            continue
        if left.type == "binary_expression" or (
            parent is not None and parent.type in ("subscript_expression", "array_access")
        ):
            continue
        yield draft.edit(left, f"({wide}) {text_of(left)}")
