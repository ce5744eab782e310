"""`Wanted`: the signature that a harness asks for, read off its calls, in the types of the target language."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tree_sitter import Node

from semalign.systems.translation.fixers.draft import function_name, text_of, tree_of, walk
from semalign.systems.translation.shell import Shell

_BOXED = {"int": "Integer", "long": "Long", "double": "Double", "boolean": "Boolean", "char": "Character"}
_LITERALS = {
    "decimal_integer_literal": "int", "hex_integer_literal": "int", "string_literal": "String", "true": "boolean",
    "false": "boolean", "character_literal": "char", "decimal_floating_point_literal": "double", "char_literal": "char",
}  # fmt: skip
_CALLS = {"java": "method_invocation", "cpp": "call_expression"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Types as the target language spells them; "" where no call tells."""

    parameters: tuple[str, ...] = ()
    result: str = ""  # `[]` alone: an array of whatever elements

    @property
    def known(self) -> bool:
        """Something is."""
        return any(self.parameters) or bool(self.result)


def wanted_by_calls(shell: Shell, name: str) -> Wanted:
    """What the calls of `name` in the harness take and give; parameters on which calls disagree stay unknown."""
    if shell.language not in _CALLS:
        return Wanted()
    root = tree_of(shell.fill("")[0], shell.language).root_node
    nodes = list(walk(root))
    declared = _declared(nodes)
    calls = [node for node in nodes if node.type == _CALLS[shell.language] and _called(node) == name]
    found = [tuple(_type(argument, declared) for argument in _arguments(call)) for call in calls]
    if not found or len({len(types) for types in found}) > 1:
        return Wanted()
    results = {result for call in calls if (result := _result(call))}
    return Wanted(parameters=tuple(map(_agreed, zip(*found, strict=True))), result=_agreed(sorted(results)))


def wanted_by_signature(text: str, language: str) -> Wanted:
    """What a declared head says, `static int f(int[] a)`; nothing where there is none."""
    head = text.strip().rstrip("{").strip()
    if not head or language not in _CALLS:
        return Wanted()
    inside = f"class D {{\n{head} {{}}\n}}" if language == "java" else f"{head} {{}}"
    kinds = ("method_declaration", "function_definition")
    for node in walk(tree_of(inside, language).root_node):
        if node.type in kinds and function_name(node):
            return Wanted(parameters=tuple(kind for _, kind in parameters_of(node)), result=result_of(node))
    return Wanted()


def parameters_of(function: Node) -> list[tuple[Node, str]]:
    """The parameter nodes of a definition with their types, without `const` and references."""
    kinds = ("formal_parameter", "spread_parameter", "parameter_declaration", "optional_parameter_declaration")
    head = function.child_by_field_name("parameters") or _declarator(function)
    nodes = [] if head is None else [node for node in head.named_children if node.type in kinds]
    if head is not None and head.type == "function_declarator":
        listed = head.child_by_field_name("parameters")
        nodes = [] if listed is None else [node for node in listed.named_children if node.type in kinds]
    return [(node, _spelled(node)) for node in nodes]


def result_of(function: Node) -> str:
    """The declared result type of a definition."""
    return _plain(text_of(function.child_by_field_name("type")) + _extents(function))


def _declarator(function: Node) -> Node | None:
    inner = function.child_by_field_name("declarator")
    while inner is not None and inner.type != "function_declarator":
        inner = next((child for child in inner.named_children if child.type.endswith("declarator")), None)
    return inner


def _spelled(node: Node) -> str:
    declarator = node.child_by_field_name("declarator")
    suffix = ""
    while declarator is not None and declarator.type in ("array_declarator", "pointer_declarator"):
        suffix += "[]" if declarator.type == "array_declarator" else "*"
        declarator = declarator.child_by_field_name("declarator")
    return _plain(text_of(node.child_by_field_name("type")) + _extents(node) + suffix)


def _extents(node: Node) -> str:
    """`[]` written behind the name, as Java allows."""
    return "".join(text_of(child).replace(" ", "") for child in node.named_children if child.type == "dimensions")


def _plain(spelled: str) -> str:
    return re.sub(r"\bstd::|\bconst\b|\bfinal\b|&|\s+(?=[<>,\[\]*])|(?<=[<>,\[\]*])\s+", "", spelled).strip()


def _called(call: Node) -> str:
    return text_of(call.child_by_field_name("name") or call.child_by_field_name("function"))


def _arguments(call: Node) -> list[Node]:
    listed = call.child_by_field_name("arguments")
    return [] if listed is None else [node for node in listed.named_children if "comment" not in node.type]


def _declared(nodes: Sequence[Node]) -> dict[str, str]:
    """Types of local variables of the harness by name."""
    found = {}
    for node in nodes:
        if node.type == "enhanced_for_statement":
            found[text_of(node.child_by_field_name("name"))] = _plain(text_of(node.child_by_field_name("type")))
        if node.type not in ("local_variable_declaration", "declaration"):
            continue
        base = text_of(node.child_by_field_name("type"))
        for one in node.named_children:
            name, suffix = _name_of(one)
            if name:
                found[name] = _plain(base + suffix)
    return found


def _name_of(declarator: Node) -> tuple[str, str]:
    """The name that a declarator declares, and the array extents behind it; "" for what is no declarator."""
    inner: Node | None = declarator
    suffix = ""
    while inner is not None and inner.type in ("init_declarator", "array_declarator"):
        suffix += "[]" if inner.type == "array_declarator" else ""
        inner = inner.child_by_field_name("declarator")
    name = inner.child_by_field_name("name") if inner is not None else None
    if inner is None or (inner.type != "identifier" and name is None):
        return "", ""
    return text_of(name or inner), suffix + _extents(inner)


def _type(node: Node, declared: dict[str, str]) -> str:
    """The type of an argument, as far as its text tells."""
    text = text_of(node)
    if node.type == "identifier":
        return declared.get(text, "")
    if node.type in _LITERALS:
        return "long" if text[-1:] in "lL" and _LITERALS[node.type] == "int" else _LITERALS[node.type]
    if node.type == "array_creation_expression":
        return _plain(text.partition("{")[0].removeprefix("new"))
    if node.type == "compound_literal_expression":
        return _plain(text_of(node.child_by_field_name("type")))
    if node.type == "number_literal":
        return "double" if "." in text else "int"
    if node.type == "unary_expression" and node.named_children:
        return _type(node.named_children[-1], declared)
    if node.type == "method_invocation" and re.match(r"(Arrays\s*\.\s*asList|List\s*\.\s*of)\b", text):
        inner = _agreed([_type(one, declared) for one in _arguments(node)])
        return f"List<{_BOXED.get(inner, inner)}>" if inner else ""
    return ""


def _result(call: Node) -> str:
    parent = call.parent
    if parent is None:
        return ""
    if parent.type in ("variable_declarator", "init_declarator"):
        outer = parent.parent
        kind = _plain(text_of(outer.child_by_field_name("type"))) if outer is not None else ""
        return "" if kind in ("var", "auto") else kind
    outer = parent.parent
    if outer is not None and re.match(r"Arrays\s*\.\s*(toString|deepToString|stream)\b", text_of(outer)):
        return "[][]" if "deepToString" in text_of(outer).partition("(")[0] else "[]"
    return ""


def _agreed(types: Sequence[str]) -> str:
    known = {one for one in types if one}
    if len(known) == 2 and known == {"int", "long"}:
        return "long"
    return known.pop() if len(known) == 1 else ""
