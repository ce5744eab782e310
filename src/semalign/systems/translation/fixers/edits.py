"""Small edits of one place: an operator, a constant, a name, a statement; those that the source suggests first.

Bounded, and right only by accident unless enough inputs say so; the inputs of a verdict then decide.
"""

import re
from collections import Counter
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk

NAME = "block edit"
MAX_EDITS = 50
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_SWAPS = {
    "==": ("!=",), "!=": ("==", ">", "<"), "<": (">", "<=", ">="), "<=": (">", "<", ">="), ">": ("<", ">=", "!=", "<="),
    ">=": ("<", ">", "<="), "&&": ("||",), "||": ("&&",), "and": ("or",), "or": ("and",), "+": ("-",), "-": ("+",),
    "+=": ("-=", "="), "-=": ("+=", "="),
}  # fmt: skip
_NUMBERS = ("integer", "decimal_integer_literal", "number_literal")
_NAMES = ("identifier",)


def edits(case: Case, draft: Draft) -> Iterator[Patch]:
    """At most `MAX_EDITS` patches, of a draft that builds and fails."""
    function = draft.function
    body = function.child_by_field_name("body") if function is not None else None
    if not draft.builds or body is None:
        return
    weighed = [
        (_weight(case, draft, edit), number, edit, why) for number, (edit, why) in enumerate(_all(case, draft, body))
    ]
    for _, _, edit, why in sorted(weighed, key=lambda one: one[:2])[:MAX_EDITS]:
        yield Patch(edits=(edit,), reason=why, author=NAME)


def _all(case: Case, draft: Draft, body: Node) -> Iterator[tuple[Edit, str]]:
    nodes = list(walk(body))
    for node in nodes:
        yield from _operators(draft, node)
        yield from _numbers(case, draft, node)
        yield from _arms(draft, node)
        yield from _operands(draft, node)
    yield from _names(draft, nodes)
    yield from _statements(draft, nodes)


def _operators(draft: Draft, node: Node) -> Iterator[tuple[Edit, str]]:
    for child in node.children:
        if not child.is_named and child.type in _SWAPS and node.type.endswith(_OPERATIONS):
            for other in _SWAPS[child.type]:
                yield draft.edit(child, other), f"{child.type} is meant as {other}"


_OPERATIONS = (
    "binary_expression",
    "comparison_operator",
    "boolean_operator",
    "binary_operator",
    "assignment_expression",
    "augmented_assignment",
)


def _numbers(case: Case, draft: Draft, node: Node) -> Iterator[tuple[Edit, str]]:
    text = text_of(node)
    if node.type not in _NUMBERS or not re.fullmatch(r"\d+", text):
        return
    others = {str(int(text) + 1), str(abs(int(text) - 1))} | set(re.findall(r"(?<![\w.])\d+(?![\w.])", case.function))
    for other in sorted(others - {text}, key=lambda one: (abs(int(one) - int(text)), one))[:4]:
        yield draft.edit(node, other), f"{text} is meant as {other}"


def _arms(draft: Draft, node: Node) -> Iterator[tuple[Edit, str]]:
    """The two results of a conditional expression swapped."""
    if node.type in ("ternary_expression", "conditional_expression"):
        one, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        if node.type == "conditional_expression" and one is None and len(node.named_children) == 3:
            one, condition, other = node.named_children
            text = f"{text_of(other)} if {text_of(condition)} else {text_of(one)}"
        elif one is None or other is None:
            return
        else:
            text = f"{text_of(node.child_by_field_name('condition'))} ? {text_of(other)} : {text_of(one)}"
        yield draft.edit(node, text), "the arms of a choice are swapped"


def _operands(draft: Draft, node: Node) -> Iterator[tuple[Edit, str]]:
    """One operand of a sum is too much."""
    if node.type in ("binary_operator", "binary_expression"):
        operator = text_of(node.child_by_field_name("operator"))
        if operator in ("+", "-", "*", "/", "//"):
            for side in ("left", "right"):
                kept = node.child_by_field_name(side)
                yield draft.edit(node, text_of(kept)), f"an operand of {operator} is too much"


def _names(draft: Draft, nodes: list[Node]) -> Iterator[tuple[Edit, str]]:
    """What is assigned or added, another variable that is assigned somewhere."""
    assigned = []
    for node in nodes:
        left = (
            node.child_by_field_name("left")
            or node.child_by_field_name("declarator")
            or node.child_by_field_name("name")
        )
        if node.type in (
            "assignment",
            "assignment_expression",
            "augmented_assignment",
            "init_declarator",
            "variable_declarator",
        ):
            name = text_of(left)
            if re.fullmatch(r"\w+", name) and name not in assigned:
                assigned.append(name)
    for node in nodes:
        right = node.child_by_field_name("right") if "assignment" in node.type else None
        if right is None or right.type not in _NAMES:
            continue
        for name in assigned:
            if name not in (text_of(right), text_of(node.child_by_field_name("left"))):
                yield draft.edit(right, name), f"{text_of(right)} is meant as {name}"


def _statements(draft: Draft, nodes: list[Node]) -> Iterator[tuple[Edit, str]]:
    """A statement too much."""
    for node in nodes:
        if node.type == "expression_statement" and node.parent is not None:
            only = len(node.parent.named_children) == 1
            yield (
                draft.edit(node, "pass" if draft.language == "python" else ";" if only else ""),
                "a statement is too much",
            )


def _weight(case: Case, draft: Draft, edit: Edit) -> float:
    """Less is likelier: edits that bring the operators, numbers and names nearer to the source's."""
    data = draft.text.encode()
    after = (data[: edit.start] + edit.text.encode() + data[edit.end :]).decode()
    want = _counts(case.function)
    return _distance(_counts(after), want) - _distance(_counts(draft.text), want)


_TOKENS = re.compile(r"==|!=|<=|>=|&&|\|\||\+=|-=|\band\b|\bor\b|\b\d+\b|(?<![<>-])[<>](?![<>])|[+-]")
_SAME = {"and": "&&", "or": "||"}


def _counts(text: str) -> Counter[str]:
    return Counter(_SAME.get(token, token) for token in _TOKENS.findall(text))


def _distance(one: Counter[str], other: Counter[str]) -> float:
    return sum(abs(one[key] - other[key]) for key in set(one) | set(other))
