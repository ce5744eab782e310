"""Adapter: the draft keeps its signature under another name; a function with the wanted one converts and calls it."""

from collections.abc import Iterator

from tree_sitter import Node

from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of
from semalign.systems.translation.fixers.java_types import PRIMITIVE, Converter, UnfitError, element
from semalign.systems.translation.fixers.wanted import parameters_of, result_of

NAME = "adapter"


def adapter(case: Case, draft: Draft) -> Iterator[Patch]:
    """A patch for Java, where conversions are methods; C++ converts by itself or not at all."""
    function, wanted = draft.function, case.wanted
    if draft.language != "java" or draft.builds or function is None or not wanted.known:
        return
    own = [kind for _, kind in parameters_of(function)]
    result = result_of(function)
    if len(own) != len(wanted.parameters):
        return
    asked = [kind or mine for kind, mine in zip(wanted.parameters, own, strict=True)]
    gives = full_result(wanted.result, result)
    if asked == own and gives == result:
        return
    try:
        code = _code(draft.name, list(zip(asked, own, strict=True)), gives, result)
    except UnfitError:
        return
    named = [node for node in draft.nodes if node.type == "identifier" and text_of(node) == draft.name]
    edits = [draft.insert(function.end_byte, code)]
    edits += [draft.edit(node, f"{draft.name}Own") for node in named if _names_method(node)]
    yield Patch(edits=tuple(edits), reason=f"the harness calls it with {', '.join(asked)}", author=NAME)


def _names_method(node: Node) -> bool:
    parent = node.parent
    return parent is not None and parent.type in ("method_declaration", "method_invocation")


def full_result(asked: str, own: str) -> str:
    """The wanted result type, its elements taken from the own one where the harness does not tell.

    >>> full_result("[]", "List<Integer>"), full_result("", "long")
    ('int[]', 'long')
    """
    if asked and not asked.startswith("["):
        return asked
    inner = own
    for _ in range(asked.count("[]")):
        inner = element(inner) or inner
    return PRIMITIVE.get(inner, inner) + asked if asked else own


def _code(name: str, pairs: list[tuple[str, str]], gives: str, result: str) -> str:
    converter = Converter(f"{name}Convert")
    names = [f"a{i}" for i in range(len(pairs))]
    arguments = ", ".join(converter.convert(one, asked, own) for one, (asked, own) in zip(names, pairs, strict=True))
    heads = ", ".join(f"{asked} {one}" for one, (asked, _) in zip(names, pairs, strict=True))
    call = f"{name}Own({arguments})"
    body = f"{call};" if result == "void" else f"return {converter.convert(call, result, gives)};"
    made = [f"static {gives} {name}({heads}) {{\n    {body}\n}}", *converter.methods]
    return "\n" + "\n".join(made) + "\n"
