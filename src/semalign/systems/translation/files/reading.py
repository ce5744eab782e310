"""Reading a file into its parts, by its syntax tree; one reader a language."""

import re
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from functools import partial

from tree_sitter import Node

from semalign.systems.translation.files.parts import FileParts, Kind, Part, merged, ordered, reads_stdin
from semalign.systems.translation.fixers.draft import function_name, text_of, tree_of, walk

_JAVA_TYPES = (
    "class_declaration",
    "record_declaration",
    "enum_declaration",
    "interface_declaration",
    "annotation_type_declaration",
)
_CPP_TYPES = ("struct_specifier", "class_specifier", "enum_specifier", "union_specifier")
_FIXED = re.compile(r"\b(?:final|const|constexpr)\b|^#define")
_NAMES = ("identifier", "type_identifier", "namespace_identifier")


def parts_of(source: str, language: str, types: Collection[str] = ()) -> FileParts:
    """The parts of a file that parses; what is none of them (a docstring, a package name) is left out.

    A name that is defined twice, as overloaded functions are, is one part. A Java class among `types` is a part,
    also where nobody makes objects of it.
    """
    root = tree_of(source, language).root_node
    holder = _java_holder(root, types) if language == "java" else None
    owner = "" if holder is None else text_of(holder.child_by_field_name("name"))
    readers: dict[str, Callable[[Node], tuple[list[str], list[Part]]]] = {
        "python": _python,
        "java": partial(_java, holder=holder, owner=owner),
        "cpp": _cpp,
    }
    imports, found = readers[language](root)
    return FileParts(
        imports="".join(f"{line}\n" for line in imports), parts=ordered(_linked(_joined(found))), owner=owner
    )


def without_known(text: str, language: str, known: Collection[str]) -> str:
    """A text without its definitions of names that the file around it has already."""
    data = text.encode()
    parts = parts_of(text, language, known).parts
    spans = [span for part in parts if set(part.names) <= set(known) for span in part.spans]
    for start, end in sorted(spans, reverse=True):
        data = data[:start] + data[end:].lstrip()
    return data.decode()


def guarded(source: str, file: FileParts, language: str) -> str:
    """A script whose functions can be called without running it: its statements stand under `__name__`'s guard."""
    if language != "python" or file.main is None:
        return source
    data = source.encode()
    for start, end in reversed(file.main.spans):
        text = data[start:end].decode()
        if not text.startswith(("def ", "if __name__", "@")) and not any(quotes in text for quotes in ('"""', "'''")):
            inner = textwrap.indent(text, "    ")
            data = data[:start] + f'if __name__ == "__main__":\n{inner}'.encode() + data[end:]
    return data.decode()


def _joined(parts: Iterable[Part]) -> list[Part]:
    """Parts that share a name, as one; all that runs at the start, as one."""
    groups: list[list[Part]] = []
    for part in parts:
        same = [
            group
            for group in groups
            if any(set(one.names) & set(part.names) or one.kind is part.kind is Kind.MAIN for one in group)
        ]
        if same:
            same[0].append(part)
        else:
            groups.append([part])
    return [group[0] if len(group) == 1 else merged(group, group[0].kind) for group in groups]


def _linked(parts: list[Part]) -> list[Part]:
    """Uses are names of other parts, no longer of everything; values that only the main program knows are its own."""
    names = {name for part in parts for name in part.names}
    known = [replace(part, uses=(part.uses & names) - set(part.names)) for part in parts]
    main = next((part for part in known if part.kind is Kind.MAIN), None)
    if main is None:
        return known
    own, rest = [main], [part for part in known if part is not main]
    while local := [part for part in rest if _is_local(part, rest)]:
        own += local
        rest = [part for part in rest if part not in local]
    whole = merged(sorted(own, key=lambda part: part.spans[0]), Kind.MAIN)
    return [*rest, replace(whole, names=("main",))]


def _is_local(part: Part, parts: list[Part]) -> bool:
    """A variable of a main program: no function uses it, and it has no name of a constant or comes from the input."""
    if part.kind is not Kind.CONSTANT or any(set(part.names) & one.uses for one in parts if one is not part):
        return False
    return reads_stdin(part) or not (_FIXED.search(part.text) or all(name.isupper() for name in part.names))


def _part(kind: Kind, names: Iterable[str], node: Node, uses: Iterable[str] = ()) -> Part:
    lines = (node.text or b"").decode()
    text = textwrap.dedent(" " * node.start_point.column + lines)
    return Part(
        kind=kind, names=tuple(names), text=text, spans=((node.start_byte, node.end_byte),), uses=frozenset(uses)
    )


_DECLARING = {  # node → field with the declared name; "" where all identifiers right below it are declared
    "parameters": "", "typed_parameter": "", "default_parameter": "name", "typed_default_parameter": "name",
    "assignment": "left", "for_statement": "left", "for_in_clause": "left", "pattern_list": "", "tuple_pattern": "",
    "formal_parameter": "name", "variable_declarator": "name", "enhanced_for_statement": "name",
    "inferred_parameters": "", "parameter_declaration": "declarator", "init_declarator": "declarator",
    "declaration": "declarator", "reference_declarator": "", "pointer_declarator": "", "for_range_loop": "declarator",
}  # fmt: skip


def _locals(function: Node) -> frozenset[str]:
    """Names that a function declares itself, so that they mean nothing else in it."""
    found, outer = set[str](), set[str]()
    for one in walk(function):
        if one.type in ("global_statement", "nonlocal_statement"):
            outer.update(map(text_of, one.named_children))
        field = _DECLARING.get(one.type)
        if field is None:
            continue
        declared = one.children_by_field_name(field) if field else one.named_children
        found.update(text_of(name) for name in declared if name.type == "identifier")
    return frozenset(found - outer)


# Python


def _python(root: Node) -> tuple[list[str], list[Part]]:
    imports, parts = [], []
    for node in root.named_children:
        if node.type in ("import_statement", "import_from_statement", "future_import_statement"):
            imports.append(text_of(node))
        elif node.type != "comment" and not _is_docstring(node):
            parts.append(_python_part(node))
    return imports, parts


def _is_docstring(node: Node) -> bool:
    return node.type == "expression_statement" and [one.type for one in node.named_children] == ["string"]


def _python_part(node: Node) -> Part:
    inner = (node.child_by_field_name("definition") or node) if node.type == "decorated_definition" else node
    name = text_of(inner.child_by_field_name("name"))
    uses = _python_uses(node)
    if inner.type == "class_definition":
        return _part(Kind.TYPE, [name], node, uses)
    if inner.type == "function_definition":
        return _part(Kind.MAIN if name == "main" else Kind.FUNCTION, [name], node, {*uses} - _locals(inner))
    if node.type == "expression_statement" and node.named_children and node.named_children[0].type == "assignment":
        left = node.named_children[0].child_by_field_name("left")
        if left is not None and left.type in ("identifier", "pattern_list", "tuple_pattern"):
            return _part(Kind.CONSTANT, [text_of(one) for one in walk(left) if one.type == "identifier"], node, uses)
    return _part(Kind.MAIN, ["main"], node, uses)


def _python_uses(node: Node) -> Iterator[str]:
    for one in walk(node):
        parent = one.parent
        if one.type != "identifier" or parent is None:
            continue
        own = {"attribute": "attribute", "keyword_argument": "name", "function_definition": "name"}.get(parent.type, "")
        if not own or parent.child_by_field_name(own) != one:
            yield text_of(one)


# Java


def _java(root: Node, holder: Node | None, owner: str) -> tuple[list[str], list[Part]]:
    """Statics of the main class are parts, and so are its nested classes; a class with objects is a part as a whole."""
    imports = [text_of(node) for node in root.named_children if node.type == "import_declaration"]
    classes = [node for node in root.named_children if node.type in _JAVA_TYPES]
    parts = [
        _part(Kind.TYPE, [text_of(node.child_by_field_name("name"))], node, _java_uses(node, owner))
        for node in classes
        if node != holder
    ]
    body = None if holder is None else holder.child_by_field_name("body")
    members = root.named_children if body is None else body.named_children
    for node in members:
        parts += _java_member(node, owner) if body is not None or node not in classes else []
    return imports, parts


def _java_holder(root: Node, types: Collection[str]) -> Node | None:
    """The class whose members are parts: that of the main program, else the first of which nobody makes objects."""
    classes = [node for node in root.named_children if node.type == "class_declaration"]
    plain = [node for node in classes if text_of(node.child_by_field_name("name")) not in types]
    with_main = [node for node in plain if any(function_name(one) == "main" for one in _members(node))]
    stateless = [node for node in plain if not any(map(_is_state, _members(node)))]
    return next(iter([*with_main, *stateless]), None)


def _members(node: Node) -> list[Node]:
    body = node.child_by_field_name("body")
    return [] if body is None else body.named_children


def _is_state(node: Node) -> bool:
    return node.type == "constructor_declaration" or (node.type == "field_declaration" and not _is_static(node))


def _is_static(node: Node) -> bool:
    return any(one.type == "modifiers" and "static" in text_of(one).split() for one in node.named_children)


def _java_member(node: Node, owner: str) -> list[Part]:
    uses = frozenset(_java_uses(node, owner))
    if node.type in _JAVA_TYPES:
        return [_part(Kind.TYPE, [text_of(node.child_by_field_name("name"))], node, uses)]
    if node.type == "method_declaration":
        name = function_name(node)
        called = {text_of(one.child_by_field_name("name")) for one in walk(node) if one.type == "method_invocation"}
        own = _locals(node) - called  # a method and a variable may share a name
        return [_part(Kind.MAIN if name == "main" else Kind.FUNCTION, [name], node, uses - own)]
    if node.type in ("field_declaration", "local_variable_declaration"):
        names = [text_of(one.child_by_field_name("name")) for one in node.children_by_field_name("declarator")]
        return [_part(Kind.CONSTANT, names, node, uses)]
    if node.type == "static_initializer":  # it belongs to what it fills in
        return [_part(Kind.CONSTANT, sorted(_assigned(node)) or ["static"], node, uses)]
    return []


def _assigned(node: Node) -> set[str]:
    found = set()
    for one in walk(node):
        target = one.child_by_field_name("left" if one.type == "assignment_expression" else "object")
        if one.type in ("assignment_expression", "method_invocation") and target is not None:
            found.add(text_of(next((leaf for leaf in walk(target) if leaf.type == "identifier"), None)))
    return {name for name in found if name and not name[0].isupper()} | {name for name in found if name.isupper()}


def _java_uses(node: Node, owner: str) -> Iterator[str]:
    for one in walk(node):
        parent = one.parent
        if one.type not in _NAMES or parent is None:
            continue
        own = {"method_invocation": "name", "field_access": "field", "method_declaration": "name"}.get(parent.type, "")
        if own and parent.child_by_field_name(own) == one and not _is_owned(parent, owner):
            continue
        yield text_of(one)


def _is_owned(node: Node, owner: str) -> bool:
    """A call or an access that means the class itself: `f()`, `this.f()`, `Main.f()`."""
    of = node.child_by_field_name("object")
    return node.type != "method_declaration" and (of is None or text_of(of) in (owner, "this"))


# C++


def _cpp(root: Node) -> tuple[list[str], list[Part]]:
    imports: list[str] = []
    parts: list[Part] = []
    for node in _cpp_nodes(root):
        if node.type in ("preproc_include", "using_declaration"):
            imports.append(text_of(node).strip())
        elif (part := _cpp_part(node)) is not None:
            parts.append(part)
    return imports, parts


def _cpp_nodes(node: Node) -> Iterator[Node]:
    """What stands at the top level, also inside namespaces."""
    for one in node.named_children:
        body = one.child_by_field_name("body")
        if one.type in ("namespace_definition", "linkage_specification") and body is not None:
            yield from _cpp_nodes(body)
        else:
            yield one


def _cpp_part(node: Node) -> Part | None:
    uses = {text_of(one) for one in walk(node) if one.type in _NAMES}
    inner = node.named_children[-1] if node.type == "template_declaration" else node
    name = function_name(inner)
    if inner.type == "function_definition":
        owner = name.rpartition("::")[0]
        if owner:  # a method that stands outside its class belongs to it
            return _part(Kind.TYPE, [owner.rpartition("::")[2]], node, uses)
        return _part(Kind.MAIN if name == "main" else Kind.FUNCTION, [name], node, uses - _locals(inner))
    if inner.type in _CPP_TYPES:
        text = _part(Kind.TYPE, [name], node, uses)
        return replace(text, text=text.text.rstrip(";") + ";")
    if inner.type in ("type_definition", "alias_declaration", "concept_definition"):
        return _part(Kind.TYPE, [name or _declared(inner)[0]], node, uses)
    if inner.type in ("preproc_def", "preproc_function_def"):
        return _part(Kind.CONSTANT, [name], node, {*uses, *re.findall(r"\w+", text_of(inner))})
    if inner.type == "declaration" and not any(one.type == "function_declarator" for one in walk(inner)):
        return _part(Kind.CONSTANT, _declared(inner), node, uses)
    return None


def _declared(node: Node) -> list[str]:
    names = []
    for one in node.children_by_field_name("declarator"):
        leaf = next((leaf for leaf in walk(one) if leaf.type in ("identifier", "type_identifier")), None)
        names.append(text_of(leaf))
    return names or ["unnamed"]
