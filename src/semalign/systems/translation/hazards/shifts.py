"""Shifts: `>>>` brings in zeros in 32 or 64 bits, and is `>>` nowhere else."""

from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of
from semalign.systems.translation.fixers.rewriting import operation, patches, type_text


def shifts(case: Case, draft: Draft) -> Iterator[Patch]:
    """From a Java source that shifts zeros in: the shifted number without its sign."""
    if case.source_language != "java" or ">>>" not in case.function or draft.language == "java" or not draft.builds:
        return
    is_long = "long" in case.function
    mask = "0xFFFFFFFFFFFFFFFF" if is_long else "0xFFFFFFFF"
    kind, bare = ("long long", "unsigned long long") if is_long else ("int", "unsigned")

    def write(node: Node, text: type_text) -> str | None:
        found = operation(node)
        if found is None or found[1] not in (">>", ">>=") or mask in text_of(found[0]) or bare in text_of(found[0]):
            return None
        if node.parent is not None and text_of(node).startswith(("std::cin", "cin")):
            return None
        left, right = text(found[0]), text(found[2])
        python = draft.language == "python"
        value = f"({left} & {mask}) >> {right}" if python else f"({kind}) (({bare}) {_one(left)} >> {right})"
        return f"{left} = {value}" if found[1] == ">>=" else f"({value})"

    yield from patches(draft, write, "the source shifts zeros in")


def _one(text: str) -> str:
    return text if text.isidentifier() else f"({text})"
