"""What of a model's reply is the translation: the code, without what only serves to run it."""

import re

from tree_sitter import Node

from semalign.systems.translation.fixers.draft import function_name, text_of, tree_of

_FENCE = re.compile(r"```[\w+#.-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)
_MAIN = re.compile(r"if\s+__name__\s*==")


def code_in(reply: str, name: str) -> str:
    """The fenced code that defines `name`, else the longest; the whole reply where it has no fence; "" for no code."""
    fenced: list[str] = [block.strip("\n") for block in _FENCE.findall(reply)]
    if not fenced:
        return reply.strip("\n") if re.search(rf"\b{re.escape(name)}\s*\(", reply) else ""
    defining = [block for block in fenced if re.search(rf"\b{re.escape(name)}\s*\(", block)]
    return max(defining or fenced, key=len)


def program_in(reply: str, language: str, name: str) -> str:
    """The code of a reply as it goes into a harness; "" for no code."""
    code = code_in(reply, name)
    return bare(code, language, name) if code else ""


def bare(code: str, language: str, name: str) -> str:
    """The code as it goes into a harness: members without the class around them, and no main program.

    A class stays whole where it does not hold the wanted function. Text that does not parse comes back as it is, but
    for the parts that did.
    """
    match language:
        case "java":
            return _java(code, name)
        case "cpp":
            return _without(code, _cpp_extras(tree_of(code, "cpp").root_node)).strip("\n") + "\n"
        case _:
            return _without(code, _python_extras(tree_of(code, "python").root_node)).strip("\n") + "\n"


def _java(code: str, name: str) -> str:
    root = tree_of(code, "java").root_node
    classes = (node for node in root.named_children if node.type == "class_declaration")
    holder = next((node for node in classes if _holds(node, name)), None)
    if holder is None:
        return _without(code, [node for node in root.named_children if _is_main(node)]).strip("\n") + "\n"
    body = holder.child_by_field_name("body")
    assert body is not None, "a class that holds a method has a body"
    data = code.encode()
    members = [node for node in body.children[1:-1] if not _is_main(node)]
    inner = "\n".join(_indented(node, data) for node in members)
    others = [
        node
        for node in root.named_children
        if node.id != holder.id and node.type in ("import_declaration", "class_declaration", "interface_declaration")
    ]
    imports = "".join(text_of(node) + "\n" for node in others if node.type == "import_declaration")
    nested = "\n".join("static " + text_of(node) for node in others if node.type != "import_declaration")
    return "\n".join(part for part in (imports.strip("\n"), nested, inner) if part) + "\n"


def _indented(node: Node, data: bytes) -> str:
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    head = data[start : node.start_byte]
    return (head.decode() if not head.strip() else "") + text_of(node)


def _holds(node: Node, name: str) -> bool:
    body = node.child_by_field_name("body")
    return body is not None and any(
        child.type == "method_declaration" and function_name(child) == name for child in body.named_children
    )


def _is_main(node: Node) -> bool:
    return node.type in ("method_declaration", "function_definition") and function_name(node) == "main"


def _cpp_extras(root: Node) -> list[Node]:
    return [node for node in root.named_children if _is_main(node)]


def _python_extras(root: Node) -> list[Node]:
    """Calls at the top level, what prints, and the main program."""
    return [
        node
        for node in root.named_children
        if (node.type == "if_statement" and _MAIN.match(text_of(node)))
        or (node.type == "expression_statement" and node.named_children and node.named_children[0].type == "call")
    ]


def _without(code: str, nodes: list[Node]) -> str:
    data, at, parts = code.encode(), 0, []
    for node in nodes:
        parts.append(data[at : node.start_byte])
        at = node.end_byte
    return b"".join([*parts, data[at:]]).decode()
