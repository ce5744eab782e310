"""Division and remainder of whole numbers: Python's go down (floor), Java's and C++'s go towards zero."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of
from semalign.systems.translation.fixers.rewriting import is_fractional, operation, patches, type_text

_REASON = "a negative number is divided otherwise"


def division(case: Case, draft: Draft) -> Iterator[Patch]:
    """From Python floors, to Python truncates; all places at once, then single ones."""
    down, up = case.source_language == "python", draft.language == "python"
    if down == up or not draft.builds or not re.search(r"//|%" if down else r"[/%]", case.function):
        return

    def write(node: Node, text: type_text) -> str | None:
        if draft.language == "python" and (whole := _int_of_quotient(node)):
            return _truncated(text(whole[0]), "/", text(whole[1]))
        found = operation(node)
        if found is None or is_fractional(case, draft, node):
            return None
        left, operator, right = found
        kind = operator.removesuffix("=")
        if kind not in ("/", "//", "%") or left.type == "string" or _is_done(left, kind, right):
            return None
        value = _WRITERS[draft.language](text(left), kind, text(right))
        return f"{text(left)} = {value}" if operator.endswith("=") else value

    yield from patches(draft, write, _REASON)


def _int_of_quotient(node: Node) -> tuple[Node, Node] | None:
    """The operands of `int(a / b)`, which a float rounds where they are large."""
    listed = node.child_by_field_name("arguments")
    if node.type != "call" or text_of(node.child_by_field_name("function")) != "int" or listed is None:
        return None
    found = operation(listed.named_children[0]) if len(listed.named_children) == 1 else None
    return (found[0], found[2]) if found and found[1] == "/" else None


def _is_done(left: Node, kind: str, right: Node) -> bool:
    """`(x % n + n) % n` floors already, and so do positive numbers."""
    return kind == "%" and re.fullmatch(rf"\(.*\+ *{re.escape(text_of(right))}\)", text_of(left), re.DOTALL) is not None


def _java(left: str, kind: str, right: str) -> str:
    return f"Math.{'floorMod' if kind == '%' else 'floorDiv'}({left}, {right})"


def _cpp(left: str, kind: str, right: str) -> str:
    one, other = _whole(left), _whole(right)
    rest = f"(({one} % {other} + {other}) % {other})"
    return rest if kind == "%" else f"(({one} - {rest}) / {other})"


def _whole(text: str) -> str:
    """An operand in brackets; a size, which has no sign, as an int."""
    if re.fullmatch(r"\w+|\((?:[^()]|\([^()]*\))*\)", text):
        return text
    return f"(int) {text}" if re.search(r"(size|length)\(\)$", text) else f"({text})"


def _truncated(left: str, kind: str, right: str) -> str:
    one, other = _bracketed(left), _bracketed(right)
    size = f"abs({left}) {'%' if kind == '%' else '//'} abs({right})"
    negative = f"{one} < 0" if kind == "%" else f"({one} < 0) != ({other} < 0)"
    return f"(-({size}) if {negative} else {size})"


def _bracketed(text: str) -> str:
    return text if re.fullmatch(r"[\w.]+(\[\w+\])?", text) else f"({text})"


_WRITERS = {"java": _java, "cpp": _cpp, "python": _truncated}
