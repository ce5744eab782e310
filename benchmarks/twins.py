"""Twins: programs that do the same as another one, written a little differently. Made by rewriting its syntax tree.

`renamed`: every variable has another name. `reordered`: two neighbouring assignments of constants have changed places.
`rewritten`: the first counting loop is a `while`. A program that offers no place for a change has no such twin.
"""

import re
from collections.abc import Iterator

import tree_sitter

from semalign.languages.faults import GRAMMARS

TWINS = ("renamed", "reordered", "rewritten")


def twin(kind: str, language: str, source: str, variables: frozenset[str], span: tuple[int, int]) -> str | None:
    """The twin of that kind of the function between two byte offsets, or None; `variables` are its own."""
    data = source.encode()
    root = tree_sitter.Parser(GRAMMARS[language]).parse(data).root_node
    nodes = [node for node in _nodes(root) if span[0] <= node.start_byte and node.end_byte <= span[1]]
    made = {"renamed": _renamed, "reordered": _reordered, "rewritten": _rewritten}[kind](
        nodes, data, language, variables
    )
    if made is None or tree_sitter.Parser(GRAMMARS[language]).parse(made).root_node.has_error:
        return None
    return made.decode()


def new_name(number: int) -> str:
    """What the variable of that number is called in a renamed twin."""
    return f"v{number}x"


def _nodes(root: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _text(node: tree_sitter.Node, data: bytes) -> str:
    return data[node.start_byte : node.end_byte].decode()


def _renamed(nodes: list[tree_sitter.Node], data: bytes, language: str, variables: frozenset[str]) -> bytes | None:
    names = {name: new_name(i) for i, name in enumerate(sorted(variables))}
    edits = [
        (node.start_byte, node.end_byte, names[_text(node, data)])
        for node in nodes
        if node.type == "identifier" and _text(node, data) in names and not _is_member(node)
    ]
    return _edited(data, edits) if edits else None


def _is_member(node: tree_sitter.Node) -> bool:
    """It names a field, a method or a keyword argument, not a variable."""
    parent = node.parent
    if parent is None:
        return False
    for kind, field in (("attribute", "attribute"), ("keyword_argument", "name"), ("method_invocation", "name"),
                        ("field_access", "field")):  # fmt: skip
        if parent.type == kind and parent.child_by_field_name(field) == node:
            return True
    return False


_CONSTANT = re.compile(r"[\w\s.]+=\s*[\w.\s-]*\d\s*;?\s*")


def _reordered(nodes: list[tree_sitter.Node], data: bytes, language: str, variables: frozenset[str]) -> bytes | None:
    for node in nodes:
        other = node.next_named_sibling
        if other is None or not _is_constant(node, data) or not _is_constant(other, data):
            continue
        left, right = _text(node, data), _text(other, data)
        if left.split("=")[0].split()[-1] == right.split("=")[0].split()[-1]:
            continue
        edits = [(node.start_byte, node.end_byte, right), (other.start_byte, other.end_byte, left)]
        return _edited(data, edits)
    return None


def _is_constant(node: tree_sitter.Node, data: bytes) -> bool:
    if node.type not in ("expression_statement", "declaration", "local_variable_declaration"):
        return False
    return _CONSTANT.fullmatch(_text(node, data)) is not None


def _rewritten(nodes: list[tree_sitter.Node], data: bytes, language: str, variables: frozenset[str]) -> bytes | None:
    for node in nodes:
        if node.type == "for_statement" and not re.search(r"\bcontinue\b", _text(node, data)):
            made = _python_while(node, data) if language == "python" else _braced_while(node, data)
            if made is not None:
                return _edited(data, [made])
    return None


def _python_while(node: tree_sitter.Node, data: bytes) -> tuple[int, int, str] | None:
    name, call, body = (node.child_by_field_name(field) for field in ("left", "right", "body"))
    if name is None or call is None or body is None or name.type != "identifier":
        return None
    bounds = re.fullmatch(r"range\s*\((.*)\)", _text(call, data), re.DOTALL)
    arguments = call.child_by_field_name("arguments")
    if bounds is None or arguments is None or len(arguments.named_children) > 2:
        return None
    given = [_text(one, data) for one in arguments.named_children]
    start, stop = (given[0], given[1]) if len(given) == 2 else ("0", given[0])
    variable = _text(name, data)
    after = data[node.end_byte :].decode()
    if re.search(rf"\b{re.escape(variable)}\b", after) or re.search(
        rf"\b{re.escape(variable)}\s*[-+*/]?=[^=]", _text(body, data)
    ):
        return None
    indent, inner = " " * node.start_point.column, " " * body.start_point.column
    text = (
        f"{variable} = {start}\n{indent}while {variable} < {stop} :\n{inner}{_text(body, data)}\n{inner}{variable} += 1"
    )
    return node.start_byte, node.end_byte, text


def _braced_while(node: tree_sitter.Node, data: bytes) -> tuple[int, int, str] | None:
    start, condition, update, body = (
        node.child_by_field_name(field) for field in ("initializer", "condition", "update", "body")
    )
    start = start or node.child_by_field_name("init")
    if start is None or condition is None or update is None or body is None:
        return None
    head = _text(start, data).rstrip("; \n")
    inner = _text(body, data)
    return (
        node.start_byte, node.end_byte,
        f"{{ {head};\n while ({_text(condition, data)}) {{\n {inner}\n {_text(update, data)};\n }} }}",
    )  # fmt: skip


def _edited(data: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    for start, end, new in sorted(edits, reverse=True):
        data = data[:start] + new.encode() + data[end:]
    return data
