"""Rewriting: expressions written anew, those inside of others too, as edits that do not overlap."""

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk

type_text = Callable[[Node], str]
type_write = Callable[[Node, type_text], str | None]

MOST_SINGLE = 3  # places that are also tried alone
_OPERATIONS = ("binary_expression", "binary_operator", "assignment_expression", "augmented_assignment")
_FRACTIONAL = re.compile(r"\b(?:double|float|Double|Float)\b\s*&?\s*(\w+)|\b(\w+)\s*:\s*float\b")
_FRACTION = re.compile(r"(?<![\w.])\d+\.\d|\bfloat\(|\((?:double|float)\)|\bsqrt\(|\bpow\(")


def rewritten(draft: Draft, write: type_write) -> list[Edit]:
    """Every outermost node that `write` has a text for; it is given the node and what tells the texts of its parts."""
    return list(_outermost(draft, draft.tree.root_node, write))


def patches(draft: Draft, write: type_write, reason: str) -> Iterator[Patch]:
    """All places in one patch, then a few alone, where there are several."""
    if edits := rewritten(draft, write):
        yield Patch(edits=tuple(edits), reason=reason, author="")
    alone = [(node, text) for node in draft.nodes if (text := write(node, text_of)) is not None]
    if len(alone) > 1:
        for node, text in alone[:MOST_SINGLE]:
            yield Patch(edits=(draft.edit(node, text),), reason=reason, author="")


def operation(node: Node) -> tuple[Node, str, Node] | None:
    """The sides and the operator of a binary operation; of a compound assignment with its `=`."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    operator = text_of(node.child_by_field_name("operator"))
    if node.type not in _OPERATIONS or left is None or right is None or not operator:
        return None
    return left, operator, right


def is_fractional(case: Case, draft: Draft, node: Node) -> bool:
    """Whether an expression holds a name that either side declares as a float, or looks like one."""
    if _FRACTION.search(text_of(node)):
        return True
    names = {one or other for text in (case.function, draft.text) for one, other in _FRACTIONAL.findall(text)}
    return any(part.type == "identifier" and text_of(part) in names for part in walk(node))


def _outermost(draft: Draft, node: Node, write: type_write) -> Iterator[Edit]:
    text = write(node, lambda part: _text(part, write))
    if text is not None:
        yield draft.edit(node, text)
        return
    for child in node.named_children:
        yield from _outermost(draft, child, write)


def _text(node: Node, write: type_write) -> str:
    """The text of a node, its parts written anew."""
    text = write(node, lambda part: _text(part, write))
    if text is not None:
        return text
    data, at, parts = text_of(node).encode(), node.start_byte, []
    for child in node.named_children:
        parts += [data[at - node.start_byte : child.start_byte - node.start_byte].decode(), _text(child, write)]
        at = child.end_byte
    return "".join([*parts, data[at - node.start_byte :].decode()])
