"""Seeded faults: one small change in one function of a Python, Java or C++ program, and where it was made.

Kinds: an arithmetic or relational operator, an off-by-one bound, a constant, a narrower type (Java, C++), a dropped
statement, a swapped or negated condition.
"""

import enum
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

import tree_sitter
import tree_sitter_cpp
import tree_sitter_java
import tree_sitter_python

GRAMMARS = {
    "python": tree_sitter.Language(tree_sitter_python.language()),
    "java": tree_sitter.Language(tree_sitter_java.language()),
    "cpp": tree_sitter.Language(tree_sitter_cpp.language()),
}


class FaultKind(enum.StrEnum):
    """What was changed."""

    OPERATOR = "operator"
    BOUND = "bound"
    CONSTANT = "constant"
    TYPE_WIDTH = "type width"
    DROPPED = "dropped statement"
    CONDITION = "condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One change: bytes `start` to `end` of the original become `new`; `source` is the whole changed file."""

    kind: FaultKind
    start: int
    end: int
    old: str
    new: str
    source: str

    @property
    def line(self) -> int:
        """The line of the original that was changed, from 1; up to the change both texts are the same."""
        return self.source.encode()[: self.start].count(b"\n") + 1


_SWAPS = {
    "+": ("-",), "-": ("+",), "*": ("+",), "/": ("*",), "//": ("*",), "%": ("*",),
    "<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="), "==": ("!=",), "!=": ("==",),
    "+=": ("-=",), "-=": ("+=",), "*=": ("+=",), "//=": ("*=",), "/=": ("*=",),
}  # fmt: skip
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_NARROWER = {"long long int": "int", "long long": "int", "long": "int", "double": "float", "long int": "int"}
_LOOPS = {"for_statement", "while_statement", "do_statement", "for_range_loop", "enhanced_for_statement"}
_CONDITIONALS = _LOOPS | {"if_statement", "elif_clause"}
_BINARY = {"binary_operator", "binary_expression", "comparison_operator", "augmented_assignment",
           "assignment_expression"}  # fmt: skip
_INTEGERS = {"integer", "decimal_integer_literal", "number_literal"}


def faults(language: str, source: str, start: int, end: int) -> list[Fault]:
    """Every fault that can be made between two byte offsets, in order of place; none that can't parse."""
    parser = tree_sitter.Parser(GRAMMARS[language])
    data = source.encode()
    made: list[Fault] = []
    for node in _nodes(parser.parse(data).root_node, start, end):
        for kind, at, until, new in _changes(node, language, data):
            changed = data[:at] + new.encode() + data[until:]
            if parser.parse(changed).root_node.has_error:
                continue
            old = data[at:until].decode()
            made.append(Fault(kind=kind, start=at, end=until, old=old, new=new, source=changed.decode()))
    return made


def sample(found: Sequence[Fault], rng: random.Random, per_kind: int) -> list[Fault]:
    """At most so many faults of each kind, drawn without replacement, in order of place."""
    by_kind: dict[FaultKind, list[Fault]] = defaultdict(list)
    for fault in found:
        by_kind[fault.kind].append(fault)
    drawn = [one for kind in sorted(by_kind) for one in rng.sample(by_kind[kind], min(per_kind, len(by_kind[kind])))]
    return sorted(drawn, key=lambda fault: (fault.start, fault.end, fault.new))


def spread(found: Sequence[Fault], rng: random.Random) -> list[Fault]:
    """All of them, drawn in turn from each kind that is left, so that any beginning has the kinds evenly."""
    by_kind: dict[FaultKind, list[Fault]] = defaultdict(list)
    for fault in rng.sample(found, len(found)):
        by_kind[fault.kind].append(fault)
    turns = zip_longest(*(by_kind[kind] for kind in sorted(by_kind)))
    return [fault for turn in turns for fault in turn if fault is not None]


type_change = tuple[FaultKind, int, int, str]


def _nodes(root: tree_sitter.Node, start: int, end: int) -> Iterator[tree_sitter.Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.end_byte <= start or node.start_byte >= end:
            continue
        if node.start_byte >= start and node.end_byte <= end:
            yield node
        waiting += reversed(node.children)


def _changes(node: tree_sitter.Node, language: str, data: bytes) -> Iterator[type_change]:
    if node.type in _BINARY:
        yield from _operators(node, language)
    elif node.type in _INTEGERS and _inside_body(node):
        yield from _constants(node, data)
    elif node.type in _CONDITIONALS:
        yield from _conditions(node, language, data)
    if language != "python" and _text(node, data) in _NARROWER and _is_type(node):
        yield FaultKind.TYPE_WIDTH, node.start_byte, node.end_byte, _NARROWER[_text(node, data)]
    yield from _bounds(node, language, data)
    yield from _dropped(node, language)


def _operators(node: tree_sitter.Node, language: str) -> Iterator[type_change]:
    for child in node.children:
        swaps = _SWAPS.get(child.type, ())
        if _is_text(node, language) and child.type in ("+", "+="):
            continue
        for new in swaps:
            turned = _TURNED.get(child.type) == new
            yield (FaultKind.CONDITION if turned else FaultKind.OPERATOR), child.start_byte, child.end_byte, new


def _is_text(node: tree_sitter.Node, language: str) -> bool:
    """It adds texts, as far as its literals tell."""
    return language != "python" and any(child.type in ("string_literal", "char_literal") for child in node.children)


def _constants(node: tree_sitter.Node, data: bytes) -> Iterator[type_change]:
    text = _text(node, data)
    if text.isdigit():
        yield FaultKind.CONSTANT, node.start_byte, node.end_byte, str(int(text) + 1)
        if int(text) > 0:
            yield FaultKind.CONSTANT, node.start_byte, node.end_byte, str(int(text) - 1)


def _inside_body(node: tree_sitter.Node) -> bool:
    above = node.parent
    while above is not None:
        if above.type in ("parameters", "formal_parameters", "parameter_list", "dimensions_expr"):
            return False
        above = above.parent
    return True


def _conditions(node: tree_sitter.Node, language: str, data: bytes) -> Iterator[type_change]:
    condition = node.child_by_field_name("condition")
    if condition is None or node.type not in ("if_statement", "elif_clause", "while_statement", "do_statement"):
        return
    text = _text(condition, data)
    if language == "python":
        yield FaultKind.CONDITION, condition.start_byte, condition.end_byte, f"not ({text})"
    elif condition.type in ("parenthesized_expression", "condition_clause"):
        yield FaultKind.CONDITION, condition.start_byte, condition.end_byte, f"(!{text})"


def _bounds(node: tree_sitter.Node, language: str, data: bytes) -> Iterator[type_change]:
    """The far end of a counting loop, moved by one."""
    bound = None
    if language == "python" and node.type == "for_statement":
        call = node.child_by_field_name("right")
        if call is not None and call.type == "call" and _text(call, data).startswith("range"):
            arguments = call.child_by_field_name("arguments")
            named = arguments.named_children if arguments is not None else []
            bound = named[0] if len(named) == 1 else named[1] if len(named) > 1 else None
    elif node.type in ("for_statement", "while_statement"):
        bound = _right_of_comparison(node.child_by_field_name("condition"))
    if bound is not None:
        for sign in "+-":
            yield FaultKind.BOUND, bound.start_byte, bound.end_byte, f"{_text(bound, data)} {sign} 1"


def _right_of_comparison(condition: tree_sitter.Node | None) -> tree_sitter.Node | None:
    while condition is not None and condition.type in ("parenthesized_expression", "condition_clause"):
        condition = condition.named_children[0] if condition.named_children else None
    if condition is None or condition.type not in ("binary_expression", "comparison_operator"):
        return None
    if len(condition.children) == 3 and condition.children[1].type in _TURNED:
        return condition.children[2]
    return None


_DROPPABLE = {"assignment", "augmented_assignment", "call", "assignment_expression", "update_expression",
              "method_invocation", "call_expression"}  # fmt: skip


def _dropped(node: tree_sitter.Node, language: str) -> Iterator[type_change]:
    if node.type != "expression_statement" or not node.named_children:
        return
    if node.named_children[0].type in _DROPPABLE:
        yield FaultKind.DROPPED, node.start_byte, node.end_byte, "pass" if language == "python" else ";"


def _is_type(node: tree_sitter.Node) -> bool:
    return node.type in ("integral_type", "floating_point_type", "primitive_type", "sized_type_specifier")


def _text(node: tree_sitter.Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode()
