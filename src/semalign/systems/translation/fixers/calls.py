"""Calls and operators of another language: what the compiler refuses, said as the target says it.

Each rule looks at the node that a diagnostic names, and at its parents.
"""

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Diagnostic, Draft, text_of, walk

NAME = "calls"
type_rule = Callable[[Draft, Diagnostic, Node], list[Edit]]


def calls(case: Case, draft: Draft) -> Iterator[Patch]:
    """All that one rule mends, in one patch; a rule, a patch."""
    if draft.builds or draft.language not in _RULES:
        return
    for rule in _RULES[draft.language]:
        edits: dict[tuple[int, int], Edit] = {}
        for one in draft.diagnostics:
            node = draft.at(one)
            if node is not None:
                edits |= {(edit.start, edit.end): edit for edit in rule(draft, one, node)}
        if edits:
            reason = (rule.__doc__ or "").partition("\n")[0].rstrip(".")
            yield Patch(edits=tuple(_apart(edits.values())), reason=reason, author=NAME)


def _apart(edits: object) -> list[Edit]:
    """Without edits that lie inside others."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):  # type: ignore[call-overload]  # values of a dict
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def around(node: Node | None, *types: str) -> Node | None:
    """The node or the nearest one around it of these types."""
    while node is not None and node.type not in types:
        node = node.parent
    return node


def arguments(call: Node) -> list[Node]:
    """The arguments of a call."""
    listed = call.child_by_field_name("arguments")
    return [] if listed is None else [one for one in listed.named_children if "comment" not in one.type]


def _many(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """Max and min of Java take two numbers."""
    call = around(node, "method_invocation")
    name = text_of(call.child_by_field_name("name")) if call else ""
    if call is None or name not in ("max", "min") or text_of(call.child_by_field_name("object")) != "Math":
        return []
    given = list(map(text_of, arguments(call)))
    if len(given) < 3:
        return []
    text = given[0]
    for other in given[1:]:
        text = f"Math.{name}({text}, {other})"
    return [draft.edit(call, text)]


def _of_array(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """The largest of an array is found in a stream."""
    call = around(node, "method_invocation")
    while call is not None and text_of(call.child_by_field_name("name")) not in ("max", "min"):
        call = around(call.parent, "method_invocation")
    if call is None or "no suitable method" not in one.message or len(arguments(call)) != 1:
        return []
    inside = re.sub(r"^Arrays\s*\.\s*asList\((.*)\)$", r"\1", text_of(arguments(call)[0]))
    name = text_of(call.child_by_field_name("name"))
    if "int[]" in one.message or "double[]" in one.message or "long[]" in one.message:
        found = "int" if "int[]" in one.message else "long" if "long[]" in one.message else "double"
        return [draft.edit(call, f"Arrays.stream({inside}).{name}().getAs{found.title()}()")]
    return []


def _truth_as_number(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """A condition is no number in Java."""
    if "bad operand types for binary operator" not in one.message:
        return []
    place = around(node, "assignment_expression", "binary_expression")
    right = place.child_by_field_name("right") if place else None
    if place is None or place.type != "assignment_expression" or right is None:
        return []
    if "boolean" not in one.message and not re.search(r"[<>=!]=|[<>]|&&", text_of(right)):
        return []
    return [draft.edit(right, f"({text_of(right)}) ? 1 : 0")]


def _repeat(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """A text is repeated by a method in Java."""
    place = around(node, "binary_expression")
    if "binary operator '*'" not in one.message or place is None:
        return []
    left, right = place.child_by_field_name("left"), place.child_by_field_name("right")
    text = text_of(left)
    return [draft.edit(place, f"{text if text.startswith('(') else f'({text})'}.repeat({text_of(right)})")]


def _lossy(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """A wide number is narrowed where the target asks for it."""
    found = re.search(r"possible lossy conversion from (?:long|double|int) to (\w+)", one.message)
    place = _value_around(node)
    if not found or place is None:
        return []
    return [draft.edit(place, f"({found[1]}) ({text_of(place)})")]


def _value_around(node: Node) -> Node | None:
    """The whole expression of a return, an assignment, a declaration or an argument that holds the node."""
    while node.parent is not None:
        parent = node.parent
        if parent.type in ("return_statement", "argument_list", "array_access", "array_initializer"):
            return node
        if parent.type in ("assignment_expression", "variable_declarator"):
            return parent.child_by_field_name("right") or parent.child_by_field_name("value")
        node = parent
    return None


def _incomparable(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """`x == set.contains(x)` asks whether the set contains x."""
    place = around(node, "binary_expression")
    if "incomparable types" not in one.message or "boolean" not in one.message or place is None:
        return []
    for side in ("left", "right"):
        part = place.child_by_field_name(side)
        if ".contains" in text_of(part) or ("(" in text_of(part) and text_of(part).endswith("))")):
            return [draft.edit(place, text_of(part))]
    return []


def _boxes(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """Comparators of primitives need boxes or a lambda of another shape."""
    if "Object" not in one.message or "cannot find symbol" not in one.message:
        return []
    call = around(node, "lambda_expression")
    parameter = text_of(call.child_by_field_name("parameters")) if call else ""
    if call is None or not re.fullmatch(r"\w+", parameter):
        return []
    outer = around(call.parent, "method_invocation")
    if text_of(outer.child_by_field_name("name") if outer else None) not in ("comparingInt", "comparing"):
        return []
    body = text_of(call.child_by_field_name("body"))
    left, right = (re.sub(rf"\b{parameter}\b", name, body) for name in ("p", "q"))
    return [draft.edit(outer, f"(p, q) -> Integer.compare({left}, {right})")] if outer else []


def _captured(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """What a lambda of Java captures must not change: a copy of it does not."""
    lambda_node = around(node, "lambda_expression")
    place = lambda_node
    while place is not None and (place.parent is None or place.parent.type != "block"):
        place = place.parent
    name = text_of(node)
    if "effectively final" not in one.message or lambda_node is None or place is None or not name.isidentifier():
        return []
    inside = [inner for inner in walk(lambda_node) if inner.type == "identifier" and text_of(inner) == name]
    return [
        draft.insert(place.start_byte, f"final var {name}Kept = {name};\n"),
        *(draft.edit(inner, f"{name}Kept") for inner in inside),
    ]


def _widest(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """Max and min of C++ take two numbers of one type."""
    found = re.search(r"no matching function for call to '(max|min)\(([^']*)\)'", one.message)
    call = around(node, "call_expression")
    if not found or call is None or len(arguments(call)) != 2:
        return []
    kinds = found[2]
    kind = "double" if "double" in kinds else "long long" if "long" in kinds else "int"
    function = call.child_by_field_name("function")
    return [draft.edit(function, f"std::{found[1]}<{kind}>")] if function is not None else []


def _of_vector(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """The largest of a vector is an element of it."""
    found = re.search(r"no matching function for call to '(max|min)\(([^']*)\)'", one.message)
    call = around(node, "call_expression")
    while found and call is not None and len(arguments(call)) != 1:
        call = around(call.parent, "call_expression")
    if not found or call is None or "vector" not in found[2]:
        return []
    inside = text_of(arguments(call)[0])
    return [draft.edit(call, f"(*std::{found[1]}_element({inside}.begin(), {inside}.end()))")]


def _char_as_text(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """A character is not a text in C++."""
    call = around(node, "call_expression")
    if "char" not in one.message or "push_back" not in one.message or call is None or len(arguments(call)) != 1:
        return []
    inside = arguments(call)[0]
    return [draft.edit(inside, f"std::string(1, {text_of(inside)})")]


def _no_index(draft: Draft, one: Diagnostic, node: Node) -> list[Edit]:
    """A list has no index in C++; a vector has."""
    found = re.search(
        r"no match for 'operator\[\]' \(operand types are 'std::(?:__cxx11::)?(list|stack|queue)<", one.message
    )
    if not found:
        return []
    return [
        draft.edit(name, "vector")
        for name in draft.nodes
        if name.type == "type_identifier" and text_of(name) == found[1]
    ]


_RULES: dict[str, tuple[type_rule, ...]] = {
    "java": (_many, _of_array, _truth_as_number, _repeat, _lossy, _incomparable, _boxes, _captured),
    "cpp": (_widest, _of_vector, _char_as_text, _no_index),
}
