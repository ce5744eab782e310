"""The order in which maps and sets are run through: of insertion, of keys, or none."""

import re
from collections.abc import Iterator

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of

_RUNS_THROUGH = {
    "java": re.compile(r"keySet\(|entrySet\(|\.values\(|\.forEach\(|\.iterator\(|for \([^;()]*:|ArrayList<\w*>\(\w"),
    "cpp": re.compile(r"for ?\([^;()]*:|\.begin\("),
    "python": re.compile(r"\bin\b|list\("),
}
_SORTED = re.compile(r"TreeMap|TreeSet|(?<!unordered_)\b(?:multi)?(?:map|set) ?<")


def order(case: Case, draft: Draft) -> Iterator[Patch]:
    """Containers without an order that the draft runs through, with the one that the source's have."""
    if not draft.builds or not _RUNS_THROUGH[draft.language].search(draft.text):
        return
    by_key = case.source_language != "python" and _SORTED.search(case.function) is not None
    if draft.language == "java":
        edits = _named(draft, "Hash", "Tree" if by_key else "LinkedHash")
    elif draft.language == "cpp":
        edits = _named(draft, "unordered_", "")
    else:
        edits = _loops(draft) if by_key else []
    if edits:
        yield Patch(edits=tuple(edits), reason="a container is run through in another order", author="")


def _named(draft: Draft, before: str, after: str) -> list[Edit]:
    names = {f"{before}{kind}": f"{after}{kind}" for kind in ("Map", "Set", "map", "set")}
    kinds = ("type_identifier", "identifier")
    return [draft.edit(one, names[text_of(one)]) for one in draft.nodes if one.type in kinds and text_of(one) in names]


def _loops(draft: Draft) -> list[Edit]:
    """Python: sorted keys or items."""
    made = r"(\w+)\s*(?::[^=\n]*)?=\s*(?:\{\}|(?:collections\.)?(?:dict|set|defaultdict|Counter)\()"
    names = set(re.findall(made, draft.text))
    edits = []
    for node in draft.nodes:
        right = node.child_by_field_name("right")
        if node.type not in ("for_statement", "for_in_clause") or right is None:
            continue
        called = re.fullmatch(r"(\w+)(\.(items|keys)\(\))?", text_of(right))
        if called and called[1] in names:
            edits.append(draft.edit(right, f"sorted({text_of(right)})"))
    return edits
