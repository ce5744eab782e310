"""One C++ file as the adapter sees it: its functions with their syntax, its classes, globals and names of types."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from tree_sitter import Node

from semalign.core.errors import SourceError
from semalign.languages.cpp_blocks import Body, Variable, body_of, variables_of
from semalign.languages.cpp_signature import signature_of
from semalign.languages.cpp_syntax import (
    Declared,
    base_type,
    child_of_type,
    declared,
    declarators,
    first_error,
    refuse_errors,
    text_of,
    tree_of,
    walk,
)
from semalign.languages.cpp_types import Struct, TypeNames
from semalign.languages.protocol import Function, Unit
from semalign.values.types import is_known

_CLASSES = ("class_specifier", "struct_specifier")
_INSIDE = frozenset(
    ("linkage_specification", "declaration_list", "preproc_ifdef", "preproc_if", "preproc_else", "translation_unit")
)
_MAY_HIDE_SYNTAX = re.compile(rb"^[ \t]*#[ \t]*(define|if)", re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class CppFunction:
    """A function definition. `owner` is its class as C++ names it; `has_self`: it is called on an object."""

    name: str  # qualified with dots
    node: Node
    head: Declared
    owner: str = ""
    owner_node: Node | None = None
    has_self: bool = False
    is_template: bool = False

    @property
    def short_name(self) -> str:
        """The name alone."""
        return self.name.rpartition(".")[2]

    @property
    def cpp_name(self) -> str:
        """As the program would name it from outside."""
        return "::" + self.name.replace(".", "::")

    @property
    def is_special(self) -> bool:
        """A constructor, destructor, operator or conversion: neither called nor traced."""
        bare = self.short_name
        if bare.startswith(("~", "operator")) or self.node.child_by_field_name("type") is None:
            return True
        return bool(self.owner) and bare == self.owner.rpartition("::")[2]


@dataclass(slots=True, eq=False)
class CppFile:
    """What one walk over a file found."""

    source: str
    root: Node
    types: TypeNames = field(default_factory=TypeNames)
    functions: list[CppFunction] = field(default_factory=list)
    classes: list[Node] = field(default_factory=list)  # with a body, any depth
    globals: dict[str, Variable] = field(default_factory=dict)
    state: set[str] = field(default_factory=set)  # globals that may change
    macros: list[str] = field(default_factory=list)

    @property
    def is_snippet(self) -> bool:
        """It includes nothing: builds add the standard library and `using namespace std`."""
        return not re.search(r"^[ \t]*#[ \t]*include", self.source, re.MULTILINE)

    @property
    def has_main(self) -> bool:
        """It can be run as a program."""
        return any(one.name == "main" for one in self.functions)

    def parameters(self, function: CppFunction) -> tuple[Variable, ...]:
        """The parameters, arrays as the pointers they are."""
        found: list[Variable] = []
        for node in parameter_nodes(function.head):
            one = next(iter(declarators(node)), Declared("", (), node))
            steps = tuple("*" if step.startswith("[") and "&" not in one.steps else step for step in one.steps)
            found.append(Variable(one.name, base_type(node), steps))
        return tuple(found)

    def body(self, function: CppFunction) -> Body:
        """Its blocks."""
        around = dict(self.globals)
        if function.owner_node is not None:
            around.update(_fields(function.owner_node))
        return body_of(function.name, function.node, self.parameters(function), around, self.changers)

    @property
    def changers(self) -> frozenset[str]:
        """Functions of the file with a parameter that the caller sees change."""
        found = set()
        for function in self.functions:
            if any(one.steps and "const" not in one.type_text for one in self.parameters(function)):
                found.add(function.short_name)
        return frozenset(found)


def parameter_nodes(head: Declared) -> list[Node]:
    """The parameter declarations of a function, `(void)` being none."""
    inside = [] if head.parameters is None else head.parameters.named_children
    wanted = ("parameter_declaration", "optional_parameter_declaration", "variadic_parameter_declaration")
    found = [node for node in inside if node.type in wanted]
    alone = len(found) == 1 and text_of(found[0]).strip() == "void"
    return [] if alone else found


@lru_cache(maxsize=256)
def read_file(source: str, path: str = "<text>") -> CppFile:
    """The file, which must parse unless macros may hide its syntax from a parser that expands none.

    Raises:
        SourceError: it does not parse.
    """
    root = tree_of(source)
    if root.has_error and not _MAY_HIDE_SYNTAX.search(source.encode("utf-8", "surrogatepass")):
        refuse_errors(root, path)
    found = CppFile(source, root)
    _collect(found, root, (), template=False)
    for node in walk(root):
        if node.type in _CLASSES and node.child_by_field_name("body") is not None:
            found.classes.append(node)
            _add_struct(found.types, node)
        elif node.type == "enum_specifier":
            found.types.enums.add(text_of(node.child_by_field_name("name")))
        elif node.type == "declaration" and _is_static(node) and "const" not in base_type(node):
            found.state.update(one.name for one in declarators(node))
    return found


def unit_of(source: str, path: str) -> Unit:
    """The `Unit` of a file.

    Raises:
        SourceError: it does not parse, or holds no function.
    """
    found = read_file(source, path)
    counts: dict[str, int] = {}
    for one in found.functions:
        counts[one.name] = counts.get(one.name, 0) + 1
    reach = _Reach(found)
    functions = tuple(
        _function(found, one, counts[one.name] > 1, reach.has_state(one))
        for one in found.functions
        if not one.is_special and one.name != "main"
    )
    if not functions and not found.has_main:
        raise SourceError(f"{path}:1:1: no C++ function is defined here; give a function with its body, or a main")
    return Unit(language="cpp", source=source, path=path, functions=functions, has_main=found.has_main)


def _function(found: CppFile, one: CppFunction, overloaded: bool, has_state: bool) -> Function:
    signature = signature_of(one.short_name, one.node, one.head, parameter_nodes(one.head), found.types)
    problem = ""
    broken = first_error(one.node)
    if one.is_template:
        problem = "a template: its types are known only at a call"
    elif overloaded:
        problem = "overloaded: the name stands for several functions"
    elif broken is not None:
        row, column = broken.start_point
        problem = f"could not be parsed at line {row + 1}, column {column + 1}: a macro may hide its syntax"
    elif not signature.known:
        unknown = next(p.name or p.type.spelling for p in signature.parameters if not is_known(p.type))
        problem = f"parameter {unknown!r} has a type that values can't be made of"
    return Function(
        name=one.name,
        signature=signature,
        outline=found.body(one).outline,
        start_byte=one.node.start_byte,
        end_byte=one.node.end_byte,
        first_line=one.node.start_point.row + 1,
        last_line=one.node.end_point.row + 1,
        problem=problem,
        has_state=has_state,
    )


class _Reach:
    """Which functions may touch state, their callees included; by names, so too many rather than too few."""

    def __init__(self, found: CppFile) -> None:
        self._words = {
            one.name: {text_of(node) for node in walk(one.node) if node.type in ("identifier", "field_identifier")}
            for one in found.functions
        }
        self._shorts: dict[str, list[str]] = {}
        for one in found.functions:
            self._shorts.setdefault(one.short_name, []).append(one.name)
        self._state = found.state | {"rand", "srand", "random", "drand48", "strtok"}

    def has_state(self, function: CppFunction) -> bool:
        """It or what it calls names something that outlives a call."""
        seen: set[str] = set()
        pending = [function.name]
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            words = self._words.get(name, set())
            if words & self._state:
                return True
            for word in words:
                pending.extend(self._shorts.get(word, ()))
        return False


def _collect(found: CppFile, node: Node, scope: tuple[str, ...], *, template: bool) -> None:
    for child in node.named_children:
        match child.type:
            case "function_definition":
                _add_function(found, child, scope, None, template)
            case "template_declaration":
                _collect(found, child, scope, template=True)
            case "namespace_definition":
                name = text_of(child.child_by_field_name("name"))
                inner = child.child_by_field_name("body")
                if inner is not None:
                    _collect(found, inner, (*scope, name) if name else scope, template=template)
            case "preproc_def":
                _add_macro(found, child)
            case "preproc_function_def":
                found.macros.append(text_of(child.child_by_field_name("name")))
            case "type_definition" | "alias_declaration":
                _add_alias(found.types, child)
                _classes_under(found, child, scope, template)
            case "class_specifier" | "struct_specifier":
                _class(found, child, scope, template)
            case "declaration":
                _add_globals(found, child)
                _classes_under(found, child, scope, template)
            case kind if kind in _INSIDE:
                _collect(found, child, scope, template=template)
            case _:
                pass


def _classes_under(found: CppFile, node: Node, scope: tuple[str, ...], template: bool) -> None:
    for child in node.named_children:
        if child.type in _CLASSES:
            _class(found, child, scope, template)


def _class(found: CppFile, node: Node, scope: tuple[str, ...], template: bool) -> None:
    body = node.child_by_field_name("body")
    name = text_of(node.child_by_field_name("name"))
    if body is None or not name:
        return
    inner = (*scope, name)
    for child in body.named_children:
        match child.type:
            case "function_definition":
                _add_function(found, child, inner, node, template)
            case "template_declaration":
                for member in child.named_children:
                    if member.type == "function_definition":
                        _add_function(found, member, inner, node, True)
            case "class_specifier" | "struct_specifier":
                _class(found, child, inner, template)
            case "field_declaration":
                _classes_under(found, child, inner, template)
                if _is_static(child) and "const" not in base_type(child):
                    found.state.update(one.name for one in declarators(child))
            case "type_definition" | "alias_declaration":
                _add_alias(found.types, child)
            case _:
                pass


def _add_function(found: CppFile, node: Node, scope: tuple[str, ...], owner: Node | None, template: bool) -> None:
    declarator = node.child_by_field_name("declarator")
    body = node.child_by_field_name("body")
    if declarator is None or body is None or body.type != "compound_statement":
        return
    head = declared(declarator)
    if not head.name or "()" not in head.steps:
        return
    parts = [re.sub(r"\s+|<.*", "", part) for part in head.name.split("::")]
    has_self = bool(owner) and not _is_static(node)
    if len(parts) > 1 and owner is None:
        owner = next((one for one in _named_classes(found, parts[-2])), None)
        has_self = owner is not None and not _declared_static(owner, parts[-1])
    name = ".".join((*scope, *parts))
    owner_name = "::".join((*scope, *parts[:-1])) if owner is not None else ""
    found.functions.append(CppFunction(name, node, head, owner_name, owner, has_self, template))


def _named_classes(found: CppFile, name: str) -> Iterator[Node]:
    for node in walk(found.root):
        if (
            node.type in _CLASSES
            and text_of(node.child_by_field_name("name")) == name
            and node.child_by_field_name("body")
        ):
            yield node


def _declared_static(owner: Node, name: str) -> bool:
    body = owner.child_by_field_name("body")
    members = [] if body is None else body.named_children
    return any(
        _is_static(member) and any(one.name == name for one in declarators(member))
        for member in members
        if member.type == "field_declaration"
    )


def _is_static(node: Node) -> bool:
    return any(child.type == "storage_class_specifier" and text_of(child) == "static" for child in node.children)


def _add_macro(found: CppFile, node: Node) -> None:
    name = text_of(node.child_by_field_name("name"))
    found.macros.append(name)
    found.types.macros[name] = text_of(node.child_by_field_name("value")).strip()


def _add_alias(types: TypeNames, node: Node) -> None:
    if node.type == "alias_declaration":
        types.aliases[text_of(node.child_by_field_name("name"))] = text_of(node.child_by_field_name("type"))
        return
    base = base_type(node)
    kind = child_of_type(node, *_CLASSES)
    if kind is not None:
        base = text_of(kind.child_by_field_name("name"))
    for one in declarators(node):
        if not base and kind is not None:
            types.structs[one.name] = _struct(kind, one.name)
        elif one.name != base:
            types.aliases[one.name] = " ".join((base, *(step for step in one.steps if step in ("*", "&"))))


def _add_globals(found: CppFile, node: Node) -> None:
    for one in declarators(node):
        if one.is_function:
            continue
        found.globals.update(
            (variable.name, replace(variable, is_local=False)) for variable in variables_of(one, base_type(node))
        )
        if not re.search(r"\bconst(expr)?\b", text_of(node).partition("=")[0]):
            found.state.update(one.names or (one.name,))


def _fields(owner: Node) -> dict[str, Variable]:
    body = owner.child_by_field_name("body")
    found: dict[str, Variable] = {}
    for member in [] if body is None else body.named_children:
        if member.type == "field_declaration":
            for one in declarators(member):
                if not one.is_function:
                    found.update((v.name, replace(v, is_local=False)) for v in variables_of(one, base_type(member)))
    return found


def public_fields(node: Node) -> list[tuple[str, str, tuple[str, ...]]]:
    """The public data members of a class, in order: name, base type, declarator steps."""
    body = node.child_by_field_name("body")
    public = node.type == "struct_specifier"
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for member in [] if body is None else body.children:
        if member.type == "access_specifier":
            public = text_of(member).startswith("public")
        elif member.type == "field_declaration" and public and not _is_static(member):
            for one in declarators(member):
                if one.name and "()" not in one.steps:
                    found.append((one.name, base_type(member), one.steps))
    return found


def _struct(node: Node, name: str) -> Struct:
    return Struct(name, tuple(public_fields(node)))


def _add_struct(types: TypeNames, node: Node) -> None:
    name = text_of(node.child_by_field_name("name"))
    if name and name not in types.structs:
        types.structs[name] = _struct(node, name)
