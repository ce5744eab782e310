"""The walk that finds what a C++ file defines."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node

from semalign.languages.cpp_blocks import variables_of
from semalign.languages.cpp_file import CppFile, CppFunction, is_static, public_fields
from semalign.languages.cpp_syntax import base_type, child_of_type, declarators, declared, text_of, walk
from semalign.languages.cpp_types import Struct, TypeNames

CLASSES = ("class_specifier", "struct_specifier")
_INSIDE = frozenset(("linkage_specification", "declaration_list", "preproc_ifdef", "preproc_if", "preproc_else"))


def collect(found: CppFile) -> None:
    """Fill a file from its tree."""
    _Walk(found).inside(found.root, (), template=False)
    for node in walk(found.root):
        if node.type in CLASSES and node.child_by_field_name("body") is not None:
            found.classes.append(node)
            _add_struct(found.types, node)
        elif node.type == "enum_specifier":
            found.types.enums.add(text_of(node.child_by_field_name("name")))
        elif node.type == "declaration" and is_static(node) and "const" not in base_type(node):
            found.state.update(one.name for one in declarators(node))


@dataclass(frozen=True, slots=True)
class _Walk:
    """Descends to everything that is defined outside functions."""

    found: CppFile

    def inside(self, node: Node, scope: tuple[str, ...], *, template: bool, owner: Node | None = None) -> None:
        """All that stands in a node; `owner` is the class whose body it is."""
        for child in node.named_children:
            self._one(child, scope, template, owner)

    def _one(self, node: Node, scope: tuple[str, ...], template: bool, owner: Node | None) -> None:
        found = self.found
        match node.type:
            case "function_definition":
                _add_function(found, node, scope, owner, template)
            case "template_declaration":
                self.inside(node, scope, template=True, owner=owner)
            case "class_specifier" | "struct_specifier":
                self._class(node, scope, template)
            case "preproc_def":
                _add_macro(found, node)
            case "preproc_function_def":
                found.macros.append(text_of(node.child_by_field_name("name")))
            case "declaration" | "field_declaration" | "type_definition" | "alias_declaration":
                self._declaration(node, scope, template)
            case "namespace_definition":
                name = text_of(node.child_by_field_name("name"))
                self.inside(node, (*scope, name) if name else scope, template=template)
            case kind if kind in _INSIDE:
                self.inside(node, scope, template=template, owner=owner)

    def _class(self, node: Node, scope: tuple[str, ...], template: bool) -> None:
        body = node.child_by_field_name("body")
        name = text_of(node.child_by_field_name("name"))
        if body is not None and name:
            self.inside(body, (*scope, name), template=template, owner=node)

    def _declaration(self, node: Node, scope: tuple[str, ...], template: bool) -> None:
        for child in node.named_children:
            if child.type in CLASSES:
                self._class(child, scope, template)
        if node.type in ("type_definition", "alias_declaration"):
            _add_alias(self.found.types, node)
        elif node.type == "declaration":
            _add_globals(self.found, node)
        elif is_static(node) and "const" not in base_type(node):
            self.found.state.update(one.name for one in declarators(node))


def _add_function(found: CppFile, node: Node, scope: tuple[str, ...], owner: Node | None, template: bool) -> None:
    declarator = node.child_by_field_name("declarator")
    body = node.child_by_field_name("body")
    if declarator is None or body is None or body.type != "compound_statement":
        return
    head = declared(declarator)
    if not head.name or "()" not in head.steps:
        return
    parts = [re.sub(r"\s+|<.*", "", part) for part in head.name.split("::")]
    has_self = bool(owner) and not is_static(node)
    if len(parts) > 1 and owner is None:
        owner = next((one for one in _named_classes(found, parts[-2])), None)
        has_self = owner is not None and not _declared_static(owner, parts[-1])
    name = ".".join((*scope, *parts))
    owner_name = "::".join((*scope, *parts[:-1])) if owner is not None else ""
    found.functions.append(CppFunction(name, node, head, owner_name, owner, has_self, template))


def _named_classes(found: CppFile, name: str) -> Iterator[Node]:
    for node in walk(found.root):
        if (
            node.type in CLASSES
            and text_of(node.child_by_field_name("name")) == name
            and node.child_by_field_name("body")
        ):
            yield node


def _declared_static(owner: Node, name: str) -> bool:
    body = owner.child_by_field_name("body")
    members = [] if body is None else body.named_children
    return any(
        is_static(member) and any(one.name == name for one in declarators(member))
        for member in members
        if member.type == "field_declaration"
    )


def _add_macro(found: CppFile, node: Node) -> None:
    name = text_of(node.child_by_field_name("name"))
    found.macros.append(name)
    found.types.macros[name] = text_of(node.child_by_field_name("value")).strip()


def _add_alias(types: TypeNames, node: Node) -> None:
    if node.type == "alias_declaration":
        types.aliases[text_of(node.child_by_field_name("name"))] = text_of(node.child_by_field_name("type"))
        return
    base = base_type(node)
    kind = child_of_type(node, *CLASSES)
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


def _struct(node: Node, name: str) -> Struct:
    return Struct(name, tuple(public_fields(node)))


def _add_struct(types: TypeNames, node: Node) -> None:
    name = text_of(node.child_by_field_name("name"))
    if name and name not in types.structs:
        types.structs[name] = _struct(node, name)
