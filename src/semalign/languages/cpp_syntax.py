"""C++ syntax: the parser, where a text is broken, and how declarators are read.

Only tree-sitter; nothing is preprocessed, so a macro that hides a brace or a statement is an error in the tree.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import tree_sitter_cpp
from tree_sitter import Language, Node, Parser

from semalign.core.errors import SourceError

_NAMES = frozenset(("identifier", "field_identifier", "type_identifier", "qualified_identifier", "operator_name"))
_LISTS = frozenset(("compound_statement",))


@cache
def _grammar() -> Language:
    return Language(tree_sitter_cpp.language())


def tree_of(source: str) -> Node:
    """The root of the syntax tree; it may hold errors."""
    return Parser(_grammar()).parse(source.encode("utf-8", "surrogatepass")).root_node


def refuse_errors(root: Node, path: str) -> None:
    """Say where the text is broken.

    Raises:
        SourceError: it is.
    """
    broken = first_error(root)
    if broken is None:
        return
    row, column = broken.start_point
    what = f"missing {broken.type!r}" if broken.is_missing else f"unexpected {text_of(broken).split(chr(10))[0][:40]!r}"
    raise SourceError(f"{path}:{row + 1}:{column + 1}: C++ syntax error, {what}; mend it and try again")


def first_error(node: Node) -> Node | None:
    """The first broken place under a node, None where there is none."""
    if not node.has_error:
        return None
    for found in walk(node):
        if found.is_error or found.is_missing:
            return found
    return node


def text_of(node: Node | None) -> str:
    """Its source; "" for none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def walk(node: Node) -> Iterator[Node]:
    """A node and all under it, in source order."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        pending.extend(reversed(found.children))


def is_comment(node: Node) -> bool:
    """A comment, which no rule here counts."""
    return node.type == "comment"


def statements(node: Node | None) -> list[Node]:
    """The statements of a `{}` block, or the one statement that stands in its place."""
    if node is None:
        return []
    if node.type == "else_clause":
        return statements(next((child for child in node.named_children if not is_comment(child)), None))
    if node.type in _LISTS:
        return [child for child in node.named_children if not is_comment(child)]
    return [node]


def child_of_type(node: Node, *types: str) -> Node | None:
    """The first child of one of these types."""
    return next((child for child in node.children if child.type in types), None)


@dataclass(frozen=True, slots=True)
class Declared:
    """A name with what its declarator adds to the base type, from the base outwards: `*`, `&`, `&&`, `[4]`, `()`."""

    name: str
    steps: tuple[str, ...]
    node: Node
    parameters: Node | None = None  # of a function declarator
    names: tuple[str, ...] = ()  # of a structured binding

    @property
    def n_extents(self) -> int:
        """How many array extents the name itself has."""
        n = 0
        for step in reversed(self.steps):
            if not step.startswith("["):
                break
            n += 1
        return n

    @property
    def is_function(self) -> bool:
        """It declares a function, not a variable."""
        return bool(self.steps) and self.steps[-1] == "()"


def declared(declarator: Node) -> Declared:
    """What a declarator says."""
    steps: list[str] = []
    node: Node | None = declarator
    parameters = None
    while node is not None:
        inner = node.child_by_field_name("declarator")
        match node.type:
            case "pointer_declarator" | "abstract_pointer_declarator":
                steps.append("*")
            case "reference_declarator" | "abstract_reference_declarator":
                steps.append("&&" if node.children[0].type == "&&" else "&")
            case "array_declarator" | "abstract_array_declarator":
                steps.append(f"[{text_of(node.child_by_field_name('size'))}]")
            case "function_declarator" | "abstract_function_declarator":
                steps.append("()")
                parameters = node.child_by_field_name("parameters")
            case "structured_binding_declarator":
                names = tuple(text_of(child) for child in node.named_children if child.type == "identifier")
                return Declared("", tuple(steps), node, names=names)
            case kind if kind in _NAMES or kind in ("destructor_name", "template_function", "operator_cast"):
                return Declared(text_of(node), tuple(steps), node, parameters)
            case _:
                pass
        node = inner or next((child for child in node.named_children if _is_declarator(child)), None)
    return Declared("", tuple(steps), declarator, parameters)


def _is_declarator(node: Node) -> bool:
    return node.type.endswith("declarator") or node.type in _NAMES


def declarators(node: Node) -> list[Declared]:
    """What a declaration declares, in order; nothing for a type alone."""
    return [declared(child) for child in node.children_by_field_name("declarator")]


def base_type(node: Node) -> str:
    """The type of a declaration without its declarators: `const unsigned long`; no storage class."""
    kept = [child for child in node.children if child.type == "type_qualifier"]
    kind = node.child_by_field_name("type")
    parts: Sequence[Node] = [*kept, kind] if kind is not None else kept
    return " ".join(" ".join(text_of(part).split()) for part in parts if text_of(part) != "constexpr")
