"""Which variables a piece of Java mentions, which it may change, and where each may be read by the recorder."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from semalign.languages.java_syntax import JavaClass, JavaMethod, has_modifier, text_of
from semalign.languages.java_types import parameter_nodes, spelling

_VALUES = frozenset((
    "byte", "short", "int", "long", "float", "double", "boolean", "char", "Byte", "Short", "Integer", "Long",
    "Float", "Double", "Boolean", "Character", "String", "BigInteger", "BigDecimal",
))  # fmt: skip
_PURE = frozenset(("Math", "StrictMath", "Integer", "Long", "Double", "Character", "String", "Objects", "System.out"))
_STREAMS = frozenset((
    "stream", "parallelStream", "chars", "codePoints", "range", "rangeClosed", "iterate", "generate",
    "forEach",
))  # fmt: skip
_NAMELESS = frozenset(("switch_label", "break_statement", "continue_statement", "type_pattern", "marker_annotation"))
_OPAQUE = frozenset(("class_body", "class_declaration", "record_declaration", "enum_declaration", "enum_body"))


@dataclass(frozen=True, slots=True)
class Local:
    """A parameter or local variable, in scope from `start` to `end`; the recorder may read it up to `read_end`."""

    name: str
    spelling: str
    start: int
    end: int
    read_end: int
    readable: bool = True

    @property
    def is_value(self) -> bool:
        """Its content can't be changed through it."""
        return self.spelling in _VALUES


@dataclass(frozen=True, slots=True)
class Mention:
    """Names in order of first mention, and how many lambdas and streams stand for loops."""

    defs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    inner_loops: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, once each; what may have changed first."""
        return tuple(dict.fromkeys((*self.defs, *self.uses)))


@dataclass(slots=True)
class Scope:
    """The variables of one method. `blank` are the ends of declarators that need a first value to be readable."""

    locals: dict[str, list[Local]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)  # name to spelling
    static_data: frozenset[str] = frozenset()  # static fields that are not constants
    blank: list[tuple[int, str]] = field(default_factory=list)  # byte, text to insert
    mutable_static: bool = False

    def local(self, name: str, at: int) -> Local | None:
        """The local variable that a name means at a byte."""
        return next((one for one in reversed(self.locals.get(name, [])) if one.start <= at < one.end), None)

    def readable(self, names: Iterable[str], at: int) -> Iterator[str]:
        """Those names that can be read at a byte without a compile error."""
        for name in names:
            one = self.local(name, at)
            if one is not None and (not one.readable or at >= one.read_end):
                continue
            if one is None and (name not in self.fields or any(self._hides(name, at))):
                continue
            yield name

    def _hides(self, name: str, at: int) -> Iterator[bool]:
        """Whether a local of that name whose scope is over or has not begun might be what was meant."""
        return (True for one in self.locals.get(name, []) if one.readable and not one.start <= at < one.end)

    def mention(self, nodes: Sequence[Node]) -> Mention:
        """What these nodes mention; bodies of classes are not looked into."""
        reader = _Reader(self)
        for node in nodes:
            reader.read(node)
        return Mention(tuple(reader.defs), tuple(reader.uses), reader.inner_loops)


def scope_of(method: JavaMethod) -> Scope:
    """The variables that a method can see by name."""
    scope = Scope()
    start, end = method.body.start_byte, method.body.end_byte
    for name, node, dims in parameter_nodes(method.node):
        scope.locals.setdefault(name, []).append(Local(name, spelling(node, dims), start, end, end))
    captured = frozenset(_captured(method.body))
    for node in _inside(method.body):
        if node.type == "local_variable_declaration":
            _declare_locals(node, scope, captured)
        else:
            _declare(node, scope)
    _add_fields(method, scope)
    return scope


def _add_fields(method: JavaMethod, scope: Scope) -> None:
    owner: JavaClass | None = method.owner
    static = method.static
    state = set()
    while owner is not None:
        for name, words, declarator in owner.fields:
            of_class = "static" in words.split() or owner.kind == "interface_declaration"
            if static and not of_class:
                continue
            kind = None if declarator.parent is None else declarator.parent.child_by_field_name("type")
            dims = text_of(declarator.child_by_field_name("dimensions")).count("[")
            written = spelling(kind, dims)
            scope.fields.setdefault(name, written)
            if of_class and not ("final" in words.split() and written in _VALUES):
                state.add(name)
        static = static or owner.static
        owner = owner.outer
    scope.static_data = frozenset(state)


def _inside(body: Node) -> Iterator[Node]:
    stack = [body]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in reversed(node.children) if child.type not in _OPAQUE)


def _captured(body: Node) -> Iterator[str]:
    """Names that lambdas and class bodies mention: giving them a first value would make them changeable."""
    stack = [(body, False)]
    while stack:
        node, inside = stack.pop()
        inside = inside or node.type == "lambda_expression" or node.type in _OPAQUE
        if inside and node.type == "identifier":
            yield text_of(node)
        stack.extend((child, inside) for child in node.children)


def _declare(node: Node, scope: Scope) -> None:
    def add(name: str, written: str, span: tuple[int, int], *, readable: bool = True) -> None:
        scope.locals.setdefault(name, []).append(Local(name, written, *span, span[1], readable))

    name, kind = text_of(node.child_by_field_name("name")), node.child_by_field_name("type")
    match node.type:
        case "enhanced_for_statement":
            body = node.child_by_field_name("body")
            dims = text_of(node.child_by_field_name("dimensions")).count("[")
            if body is not None:
                add(name, spelling(kind, dims), (body.start_byte, node.end_byte))
        case "catch_formal_parameter" if node.parent is not None:
            add(name, "Throwable", (node.end_byte, node.parent.end_byte))
        case "resource" if name and node.parent is not None and node.parent.parent is not None:
            body = node.parent.parent.child_by_field_name("body")
            add(name, spelling(kind, 0), (node.end_byte, body.end_byte if body is not None else node.end_byte))
        case "instanceof_expression" | "type_pattern" | "record_pattern_component":
            pattern = name if node.type == "instanceof_expression" else text_of(node.named_children[-1])
            if pattern:  # in scope wherever it certainly matched: not for us to find out
                add(pattern, "", (node.start_byte, 1 << 60), readable=False)
        case "lambda_expression":
            for parameter in _lambda_parameters(node):
                add(parameter, "", (node.start_byte, node.end_byte), readable=False)


def _declare_locals(node: Node, scope: Scope, captured: frozenset[str]) -> None:
    parent = node.parent
    if parent is None:
        return
    end = read_end = parent.end_byte
    if parent.type == "switch_block_statement_group" and parent.parent is not None:
        end = parent.parent.end_byte  # visible in later arms too, but with no value there
    final = has_modifier(node, "final")
    kind = node.child_by_field_name("type")
    for declarator in node.children_by_field_name("declarator"):
        name = text_of(declarator.child_by_field_name("name"))
        written = spelling(kind, text_of(declarator.child_by_field_name("dimensions")).count("["))
        blank = declarator.child_by_field_name("value") is None
        readable = not (blank and (final or name in captured))
        if blank and readable:
            scope.blank.append((declarator.end_byte, f" = {_first_value(written)}"))
        one = Local(name, written, declarator.start_byte, end, read_end, readable)
        scope.locals.setdefault(name, []).append(one)


def _first_value(written: str) -> str:
    if written == "boolean":
        return "false"
    return "0" if written in ("byte", "short", "int", "long", "float", "double", "char") else "null"


def _lambda_parameters(node: Node) -> Iterator[str]:
    parameters = node.child_by_field_name("parameters")
    if parameters is None:
        return
    if parameters.type == "identifier":
        yield text_of(parameters)
    for child in parameters.named_children:
        yield text_of(child if child.type == "identifier" else child.child_by_field_name("name"))


class _Reader:
    """Collects what is mentioned, in order."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.defs: dict[str, None] = {}
        self.uses: dict[str, None] = {}
        self.inner_loops = 0

    def read(self, node: Node) -> None:
        match node.type:
            case "identifier":
                self._use(text_of(node), node)
            case "variable_declarator":
                self._declarator(node)
            case "assignment_expression":
                self._assignment(node)
            case "update_expression":
                for child in node.named_children:
                    self.read(child)
                    self._change(child)
            case "field_access":
                self._field(node)
            case "method_invocation":
                self._call(node)
            case "instanceof_expression":
                self._fields(node, "left")
            case kind if kind not in _OPAQUE and kind not in _NAMELESS:
                self._other(node)

    def _other(self, node: Node) -> None:
        self.inner_loops += node.type == "lambda_expression"
        parameters = node.child_by_field_name("parameters") if node.type == "lambda_expression" else None
        for child in node.named_children:
            if child != parameters:
                self.read(child)
        if node.type == "object_creation_expression":
            self._arguments(node)

    def _fields(self, node: Node, *names: str) -> None:
        for name in names:
            child = node.child_by_field_name(name)
            if child is not None:
                self.read(child)

    def _use(self, name: str, node: Node) -> None:
        one = self._scope.local(name, node.start_byte)
        if (one is not None and one.readable) or (one is None and name in self._scope.fields):
            self.uses[name] = None
            self._note_state(name, one)

    def _note_state(self, name: str, one: Local | None) -> None:
        if one is None and name in self._scope.static_data:
            self._scope.mutable_static = True

    def _change(self, target: Node) -> None:
        """The variable that an assignment to `target` changes."""
        match target.type:
            case "identifier":
                name = text_of(target)
                one = self._scope.local(name, target.start_byte)
                if (one is not None and one.readable) or (one is None and name in self._scope.fields):
                    self.defs[name] = None
                    self._note_state(name, one)
            case "field_access":
                held, name = target.child_by_field_name("object"), text_of(target.child_by_field_name("field"))
                if held is not None and held.type == "this":
                    if name in self._scope.fields and self._scope.local(name, target.start_byte) is None:
                        self.defs[name] = None
                elif held is not None:
                    self._change(held)
            case "array_access" | "parenthesized_expression":
                inner = target.child_by_field_name("array") or target.named_children[0]
                self._change(inner)

    def _declarator(self, node: Node) -> None:
        self._fields(node, "value")
        if node.child_by_field_name("value") is not None:
            name = node.child_by_field_name("name")
            if name is not None:
                self._change(name)

    def _assignment(self, node: Node) -> None:
        left, operator = node.child_by_field_name("left"), text_of(node.child_by_field_name("operator"))
        if left is not None and (left.type != "identifier" or operator != "="):
            self.read(left)
        self._fields(node, "right")
        if left is not None:
            self._change(left)

    def _field(self, node: Node) -> None:
        held, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("field"))
        if held is None or held.type != "this":
            self._fields(node, "object")
        elif name in self._scope.fields and self._scope.local(name, node.start_byte) is None:
            self.uses[name] = None

    def _call(self, node: Node) -> None:
        held, name = node.child_by_field_name("object"), text_of(node.child_by_field_name("name"))
        self.inner_loops += name in _STREAMS
        self._fields(node, "object")
        if held is not None:
            self._touch(held)
        self._fields(node, "arguments")
        if text_of(held).replace(" ", "") not in _PURE:
            self._arguments(node)

    def _arguments(self, node: Node) -> None:
        arguments = node.child_by_field_name("arguments")
        for argument in arguments.named_children if arguments is not None else ():
            if argument.type == "identifier":
                self._touch(argument)

    def _touch(self, node: Node) -> None:
        """A call may change what this variable holds, unless it is a plain value."""
        base = node
        while base.type in ("array_access", "field_access"):
            inner = base.child_by_field_name("array") or base.child_by_field_name("object")
            if inner is None:
                return
            base = inner
        if base.type == "identifier":
            name = text_of(base)
            one = self._scope.local(name, base.start_byte)
            written = one.spelling if one is not None else self._scope.fields.get(name, "String")
            if written not in _VALUES:
                self._change(base)


def calls_in(node: Node) -> Iterator[str]:
    """Names of the methods that are called in it."""
    for inner in _inside(node):
        if inner.type == "method_invocation":
            yield text_of(inner.child_by_field_name("name"))


def constant_names(classes: Iterable[JavaClass]) -> frozenset[str]:
    """Final boolean fields: a loop whose condition is one may be endless for the compiler."""
    found = set()
    for one in classes:
        for name, words, declarator in one.fields:
            kind = None if declarator.parent is None else declarator.parent.child_by_field_name("type")
            if "final" in words.split() and text_of(kind) == "boolean":
                found.add(name)
    return frozenset(found)
