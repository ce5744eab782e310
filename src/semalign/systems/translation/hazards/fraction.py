"""`/` between whole numbers: Python's quotient has a fraction, Java's and C++'s has none."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft
from semalign.systems.translation.fixers.rewriting import is_fractional, operation, patches, type_text


def fraction(case: Case, draft: Draft) -> Iterator[Patch]:
    """Java and C++, where the Python source divides with `/`: the dividend as a double."""
    quotient = re.search(r"(?<!/)/(?!/)", case.function)
    if case.source_language != "python" or draft.language == "python" or not draft.builds or not quotient:
        return

    def write(node: Node, text: type_text) -> str | None:
        found = operation(node)
        if found is None or found[1] != "/" or is_fractional(case, draft, node):
            return None
        simple = found[0].type in ("identifier", "parenthesized_expression", "array_access", "subscript_expression")
        left = text(found[0]) if simple else f"({text(found[0])})"
        return f"(double) {left} / {text(found[2])}"

    yield from patches(draft, write, "the source's quotient has a fraction")
