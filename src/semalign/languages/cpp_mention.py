"""Which variables a piece of C++ mentions, which of them it may change, and how much work hides inside it.

By names alone: a call's argument may be changed when the callee is known to change it or takes it by reference.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from semalign.languages.cpp_syntax import child_of_type, declarators, text_of, walk

# Member functions that leave their object alone; any other call on a variable may change it.
_READERS = frozenset(
    (
        "size", "empty", "begin", "end", "cbegin", "cend", "rbegin", "rend", "find", "count", "at", "front",
        "back", "top", "length", "substr", "c_str", "data", "first", "second", "lower_bound", "upper_bound",
        "equal_range", "contains", "max_size", "capacity", "compare", "rfind", "find_first_of", "find_last_of",
        "what", "test", "any", "none", "all", "get", "value", "has_value", "starts_with", "ends_with", "str",
    )
)  # fmt: skip
# Free functions that change what their arguments name or point to.
_CHANGERS = frozenset(
    (
        "sort", "stable_sort", "partial_sort", "nth_element", "reverse", "rotate", "shuffle", "random_shuffle",
        "swap", "iter_swap", "fill", "fill_n", "iota", "memset", "memcpy", "memmove", "strcpy", "strncpy",
        "strcat", "copy", "copy_n", "copy_backward", "move", "transform", "replace", "replace_if", "remove",
        "remove_if", "unique", "partition", "stable_partition", "merge", "inplace_merge", "push_heap", "pop_heap",
        "make_heap", "sort_heap", "next_permutation", "prev_permutation", "partial_sum", "adjacent_difference",
        "getline", "scanf", "cin", "sprintf",
    )
)  # fmt: skip
# Library calls that another program spells as a loop.
_LOOPING = _CHANGERS - frozenset(("swap", "iter_swap", "getline", "scanf", "cin", "sprintf")) | frozenset(
    (
        "accumulate", "count", "count_if", "find", "find_if", "all_of", "any_of", "none_of", "for_each",
        "max_element", "min_element", "minmax_element", "inner_product", "equal", "search", "generate",
        "set_union", "set_intersection", "set_difference", "strlen", "binary_search",
    )
)  # fmt: skip
_STREAMS = frozenset(("cin", "is", "in", "ss", "iss", "stream"))


@dataclass(frozen=True, slots=True)
class Mention:
    """Variables that may change, variables read, and hidden loops."""

    defs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    inner_loops: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.defs, *self.uses)))


def mention(nodes: Iterable[Node], known: Iterable[str], changers: frozenset[str] = frozenset()) -> Mention:
    """What `nodes` mention of the `known` variables; `changers` are functions that take arguments by reference."""
    names = frozenset(known)
    defs: dict[str, None] = {}
    uses: dict[str, None] = {}
    inner_loops = 0
    for node in nodes:
        for found in walk(node):
            changed = list(_changed(found, changers))
            defs.update((name, None) for name in changed if name in names)
            inner_loops += _is_loop(found)
            if found.type in ("identifier", "type_identifier") and not _is_written_only(found):
                name = text_of(found)
                if name in names:
                    uses[name] = None
    return Mention(tuple(defs), tuple(uses), inner_loops)


def _changed(node: Node, changers: frozenset[str]) -> Iterator[str]:
    """Names that this very node may change."""
    match node.type:
        case "declaration" | "for_range_loop":
            for one in declarators(node):
                if not one.is_function:
                    yield from one.names or (one.name,)
        case "assignment_expression":
            yield base_name(node.child_by_field_name("left"))
        case "update_expression":
            yield base_name(node.child_by_field_name("argument"))
        case "binary_expression":
            yield from _read_from_stream(node)
        case "call_expression":
            yield from _changed_by_call(node, changers)
        case _:
            return


def _read_from_stream(node: Node) -> Iterator[str]:
    if text_of(node.child_by_field_name("operator")) != ">>":
        return
    left = node.child_by_field_name("left")
    while left is not None and left.type == "binary_expression":
        left = left.child_by_field_name("left")
    if text_of(left).removeprefix("std::") in _STREAMS:
        yield base_name(node.child_by_field_name("right"))


def _changed_by_call(node: Node, changers: frozenset[str]) -> Iterator[str]:
    function = node.child_by_field_name("function")
    arguments = node.child_by_field_name("arguments")
    if function is None:
        return
    if function.type == "field_expression":
        if text_of(function.child_by_field_name("field")) not in _READERS:
            yield base_name(function.child_by_field_name("argument"))
        return
    name = text_of(function).removeprefix("std::")
    if arguments is None:
        return
    for argument in arguments.named_children:
        if name in _CHANGERS or name in changers or text_of(argument).startswith("&"):
            yield base_name(argument)


def base_name(node: Node | None) -> str:
    """The variable that an expression leads to: `a` of `a[i].x`, `*a`, `&a`, `a.begin() + 1`; "" for none."""
    while node is not None:
        if node.type == "identifier":
            return text_of(node)
        inner = None
        for label in ("argument", "left", "function", "declarator"):
            inner = inner or node.child_by_field_name(label)
        if inner is None and node.type == "parenthesized_expression":
            inner = next(iter(node.named_children), None)
        node = inner
    return ""


def _is_loop(node: Node) -> bool:
    if node.type == "lambda_expression":
        return True
    if node.type != "call_expression":
        return False
    return text_of(node.child_by_field_name("function")).removeprefix("std::") in _LOOPING


def _is_written_only(node: Node) -> bool:
    """The target of a plain `=`, or the name in a declarator."""
    parent = node.parent
    if parent is None:
        return False
    if parent.type == "assignment_expression" and parent.child_by_field_name("left") == node:
        return text_of(parent.child_by_field_name("operator")) == "="
    if parent.type == "structured_binding_declarator":
        return True
    at = parent.child_by_field_name("declarator") == node or parent.type.endswith("_declarator")
    return at and not (parent.type == "array_declarator" and parent.child_by_field_name("size") == node)


def has_call(node: Node | None) -> bool:
    """A call may happen in it."""
    return node is not None and any(found.type in ("call_expression", "new_expression") for found in walk(node))


def is_constant(node: Node | None) -> bool:
    """A condition without a choice: `true`, `1`."""
    while node is not None and node.type == "parenthesized_expression":
        node = next(iter(node.named_children), None)
    return node is None or node.type in ("true", "false", "number_literal")


def condition_of(node: Node) -> Node | None:
    """The expression or declaration that a header decides by, without its parentheses."""
    clause = node.child_by_field_name("condition")
    if clause is None:
        return None
    if clause.type in ("condition_clause", "parenthesized_expression"):
        value = clause.child_by_field_name("value")
        return value or next((child for child in clause.named_children if child.type != "comment"), None)
    return clause


def init_of(node: Node) -> Node | None:
    """The init statement of an `if`, `switch`, `for` or range `for`."""
    clause = node.child_by_field_name("condition")
    found = node.child_by_field_name("initializer")
    if found is None and clause is not None and clause.type == "condition_clause":
        found = clause.child_by_field_name("initializer")
    if found is not None and found.type == "init_statement":
        return child_of_type(found, "declaration", "expression_statement")
    return found
