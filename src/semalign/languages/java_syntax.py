"""`JavaSource`: a parsed Java text, with its classes and the methods that have a body.

A text is a whole file, or a snippet: methods (and fields, and helper classes) without a class around them. A snippet is
wrapped in a class only when it is built, so every range refers to the text as given.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter_java
from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser

from semalign.core.errors import SourceError

WRAPPER = "SemalignSnippet"  # the class that a snippet is wrapped in
_GRAMMAR = Grammar(tree_sitter_java.language())
_TYPES = frozenset({"class_declaration", "record_declaration", "enum_declaration", "interface_declaration"})
_COMMENTS = frozenset({"line_comment", "block_comment"})
_FIELDS = frozenset({"field_declaration", "local_variable_declaration", "constant_declaration"})


@dataclass(frozen=True, slots=True, eq=False)
class JavaClass:
    """A class, record, enum or interface; of a snippet also the class that will be put around it (`node` None)."""

    name: str  # as Java source names it: `Outer.Inner`
    binary: str  # as the class loader names it, with the package: `p.Outer$Inner`
    node: Node | None
    kind: str
    members: tuple[Node, ...]
    static: bool
    outer: "JavaClass | None" = None

    @property
    def fields(self) -> Iterator[tuple[str, str, Node]]:
        """Name, modifiers and declarator of each field that is declared here."""
        for member in self.members:
            if member.type in _FIELDS:
                for declarator in member.children_by_field_name("declarator"):
                    name = declarator.child_by_field_name("name")
                    if name is not None:
                        yield text_of(name), modifiers(member), declarator


@dataclass(frozen=True, slots=True, eq=False)
class JavaMethod:
    """A method with a body."""

    name: str  # qualified: `Outer.method`; of a snippet `method`
    node: Node
    body: Node
    owner: JavaClass
    static: bool

    @property
    def plain(self) -> str:
        """The name as the declaration writes it."""
        return text_of(self.node.child_by_field_name("name"))


@dataclass(frozen=True, slots=True, eq=False)
class JavaSource:
    """A parsed text. `imports` are as written, without the word and the semicolon."""

    data: bytes
    root: Node
    package: str
    imports: tuple[str, ...]
    snippet: bool
    classes: tuple[JavaClass, ...]
    methods: tuple[JavaMethod, ...]
    main: JavaMethod | None = field(default=None)

    def class_named(self, name: str) -> JavaClass | None:
        """The class of that name, simple or qualified."""
        for one in self.classes:
            if one.name == name or one.name.rpartition(".")[2] == name:
                return one
        return None


def parse_java(source: str, path: str) -> JavaSource:
    """Parse a text.

    Raises:
        SourceError: it does not parse.
    """
    data = source.encode("utf-8", "surrogatepass")
    root = Parser(_GRAMMAR).parse(data).root_node
    if root.has_error:
        bad = _first_error(root)
        line, column = bad.start_point.row + 1, bad.start_point.column + 1
        near = text_of(bad).split("\n")[0].strip()[:40]
        what = f"missing {bad.type!r}" if bad.is_missing else f"syntax error near {near!r}"
        raise SourceError(f"{path}:{line}:{column}: {what}; correct the Java text there")
    package, imports, top = _split(root)
    snippet = any(node.type not in _TYPES for node in top)
    classes = tuple(_classes(package, top, snippet=snippet))
    methods = tuple(_methods(classes))
    main = next((method for method in methods if is_main(method)), None)
    return JavaSource(data, root, package, imports, snippet, classes, methods, main)


def text_of(node: Node | None) -> str:
    """The source of a node; "" of none."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


def modifiers(node: Node) -> str:
    """The modifiers of a declaration, "" when it has none."""
    return next((text_of(child) for child in node.children if child.type == "modifiers"), "")


def has_modifier(node: Node, word: str) -> bool:
    """Whether that word is among the modifiers of a declaration."""
    return word in modifiers(node).split()


def statements(block: Node) -> list[Node]:
    """The statements of a block, or the statement itself when it has no braces; without comments and `;` alone."""
    inner = block.named_children if block.type in ("block", "constructor_body") else [block]
    return [node for node in inner if node.type not in _COMMENTS and node.type != ";"]


def is_comment(node: Node) -> bool:
    """A comment of either kind."""
    return node.type in _COMMENTS


def is_main(method: JavaMethod) -> bool:
    """A `main` that the `java` command would start."""
    parameters = method.node.child_by_field_name("parameters")
    named = [] if parameters is None else [p for p in parameters.named_children if not is_comment(p)]
    return method.static and method.plain == "main" and len(named) == 1 and "String" in text_of(named[0])


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in source order."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(current.children))


def _first_error(root: Node) -> Node:
    """The first node that is an error and holds no smaller one."""
    found = root
    for node in walk(root):
        if node.is_error or node.is_missing:
            found = node
            break
    while True:
        inner = next((child for child in found.children if child.is_error or child.is_missing), None)
        if inner is None:
            return found
        found = inner


def _split(root: Node) -> tuple[str, tuple[str, ...], list[Node]]:
    package, imports, top = "", [], []
    for node in root.named_children:
        if node.type == "package_declaration":
            package = text_of(node.named_children[-1])
        elif node.type == "import_declaration":
            imports.append(text_of(node).removeprefix("import").strip().rstrip(";").replace(" ", ""))
        elif not is_comment(node):
            top.append(node)
    return package, tuple(imports), top


def _classes(package: str, top: list[Node], *, snippet: bool) -> Iterator[JavaClass]:
    dotted = f"{package}." if package else ""
    if snippet:
        wrapper = JavaClass("", dotted + WRAPPER, None, "class_declaration", tuple(top), True)
        yield wrapper
        for node in top:
            if node.type in _TYPES:
                yield from _class(node, "", f"{dotted}{WRAPPER}$", wrapper)
    else:
        for node in top:
            yield from _class(node, "", dotted, None)


def _class(node: Node, outer_name: str, outer_binary: str, outer: JavaClass | None) -> Iterator[JavaClass]:
    name = text_of(node.child_by_field_name("name"))
    members = tuple(_members(node))
    # Wrapped classes are made static when they are built; records, enums and interfaces are so by nature.
    wrapped = outer is None or outer.node is None
    static = wrapped or node.type != "class_declaration" or has_modifier(node, "static")
    static = static or (outer is not None and outer.kind == "interface_declaration")
    one = JavaClass(outer_name + name, outer_binary + name, node, node.type, members, static, outer)
    yield one
    for member in members:
        if member.type in _TYPES:
            yield from _class(member, f"{one.name}.", f"{one.binary}$", one)


def _members(node: Node) -> Iterator[Node]:
    body = node.child_by_field_name("body")
    for child in body.named_children if body is not None else ():
        if child.type == "enum_body_declarations":
            yield from (inner for inner in child.named_children if not is_comment(inner))
        elif not is_comment(child):
            yield child


def _methods(classes: tuple[JavaClass, ...]) -> Iterator[JavaMethod]:
    seen: dict[str, int] = {}
    for owner in classes:
        for member in owner.members:
            body = member.child_by_field_name("body")
            if member.type != "method_declaration" or body is None:
                continue
            plain = text_of(member.child_by_field_name("name"))
            name = f"{owner.name}.{plain}" if owner.name else plain
            n_before = seen.get(name, 0)  # overloads share a name in Java, not here
            seen[name] = n_before + 1
            suffix = f"#{n_before + 1}" if n_before else ""
            yield JavaMethod(name + suffix, member, body, owner, has_modifier(member, "static"))
