"""One C++ file as the adapter sees it: its functions with their syntax, its classes, globals and names of types."""

import re
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from semalign.languages.cpp_blocks import Body, Variable, body_of, variables_of
from semalign.languages.cpp_syntax import Declared, base_type, declarators, text_of
from semalign.languages.cpp_types import TypeNames


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
        elif member.type == "field_declaration" and public and not is_static(member):
            base = base_type(member)
            found += [(one.name, base, one.steps) for one in declarators(member) if one.name and "()" not in one.steps]
    return found


def is_static(node: Node) -> bool:
    """It is declared `static`."""
    return any(child.type == "storage_class_specifier" and text_of(child) == "static" for child in node.children)
