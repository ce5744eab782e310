"""Halves: Python rounds them to even numbers, Java up, C++ away from zero."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Patch
from semalign.systems.translation.fixers.calls import arguments
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of
from semalign.systems.translation.fixers.rewriting import patches, type_text

_CALLS = {"java": r"Math\.round", "cpp": r"(?:std::)?l?l?round", "python": "round"}


def rounding(case: Case, draft: Draft) -> Iterator[Patch]:
    """The source's way to round, where both sides round."""
    if case.source_language == draft.language or not draft.builds:
        return
    if not re.search(rf"(?<![\w.]){_CALLS[case.source_language]}\(", case.function):
        return

    def write(node: Node, text: type_text) -> str | None:
        called = node.child_by_field_name("function") or node.child_by_field_name("name")
        given = arguments(node)
        target = text_of(node.child_by_field_name("object"))
        name = f"{target}.{text_of(called)}" if target else text_of(called)
        if called is None or len(given) != 1 or not re.fullmatch(_CALLS[draft.language], name):
            return None
        return _as(case.source_language, draft.language, text(given[0]))

    yield from patches(draft, write, "halves are rounded otherwise")


def _as(source: str, target: str, value: str) -> str:
    """How the target says what the source's function does."""
    if target == "python":
        if source == "java":
            return f"int((({value}) + 0.5) // 1)"
        return f"(int(abs({value}) + 0.5) * (1 if ({value}) >= 0 else -1))"
    if source == "python":
        return f"(long) Math.rint({value})" if target == "java" else f"std::llrint({value})"
    if target == "java":
        return f"((long) (Math.signum({value}) * Math.floor(Math.abs({value}) + 0.5)))"
    return f"((long long) std::floor(({value}) + 0.5))"
