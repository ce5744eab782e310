"""Declared Java types as `Type`, and signatures as Java writes them."""

from collections.abc import Iterator

from tree_sitter import Node

from semalign.languages.java_syntax import JavaClass, JavaMethod, JavaSource, has_modifier, is_comment, text_of
from semalign.values.types import Kind, Origin, Parameter, Signature, Type

_INTS = {"byte": 8, "short": 16, "int": 32, "long": 64}
_BOXED_INTS = {"Byte": 8, "Short": 16, "Integer": 32, "Long": 64}
_LISTS = frozenset((
    "List", "ArrayList", "LinkedList", "Collection", "Iterable", "Deque", "ArrayDeque", "Queue", "Stack",
    "Vector", "PriorityQueue", "AbstractList", "CopyOnWriteArrayList",
))  # fmt: skip
_SETS = frozenset(("Set", "HashSet", "TreeSet", "LinkedHashSet", "SortedSet", "NavigableSet", "EnumSet"))
_MAPS = frozenset((
    "Map", "HashMap", "TreeMap", "LinkedHashMap", "SortedMap", "NavigableMap", "Hashtable",
    "ConcurrentHashMap",
))  # fmt: skip
_PAIRS = frozenset(("Pair", "Entry", "SimpleEntry", "SimpleImmutableEntry"))
_TEXTS = frozenset(("String", "CharSequence", "StringBuilder", "StringBuffer"))
_SIMPLE = {
    "Boolean": Type(kind=Kind.BOOL, nullable=True),
    "Character": Type(kind=Kind.CHAR, width_bits=16, nullable=True),
    "Float": Type(kind=Kind.FLOAT, width_bits=32, nullable=True),
    "Double": Type(kind=Kind.FLOAT, width_bits=64, nullable=True),
    "BigInteger": Type(kind=Kind.INT, nullable=True),
    "Void": Type(kind=Kind.VOID),
}
_BY_VALUE = frozenset({Kind.BOOL, Kind.INT, Kind.FLOAT, Kind.CHAR, Kind.VOID, Kind.UNKNOWN})


def signature_of(method: JavaMethod, source: JavaSource) -> Signature:
    """The declared signature of a method."""
    reader = _Reader(source)
    dims = method.node.child_by_field_name("dimensions")  # int f()[] is an old spelling of int[] f()
    result = reader.read(method.node.child_by_field_name("type"), _n_dimensions(dims))
    parameters = tuple(_parameters(method.node, reader))
    return Signature(name=method.name, parameters=parameters, result=result, origin=Origin.DECLARED)


def parameter_nodes(method: Node) -> Iterator[tuple[str, Node, int]]:
    """Name, type and how many dimensions to add, of each formal parameter."""
    formal = method.child_by_field_name("parameters")
    for node in formal.named_children if formal is not None else ():
        if node.type == "formal_parameter":
            kind = node.child_by_field_name("type")
            dims = _n_dimensions(node.child_by_field_name("dimensions"))
            if kind is not None:
                yield text_of(node.child_by_field_name("name")), kind, dims
        elif node.type == "spread_parameter":
            inner = [child for child in node.named_children if child.type != "modifiers" and not is_comment(child)]
            declarator = inner[-1]
            dims = 1 + _n_dimensions(declarator.child_by_field_name("dimensions"))
            yield text_of(declarator.child_by_field_name("name")), inner[0], dims


def spelling(node: Node | None, dims: int) -> str:
    """A type as written, on one line, with its extra dimensions behind it."""
    written = " ".join(text_of(node).split()).replace(" [", "[").replace("[ ]", "[]").replace(" <", "<")
    return written.replace("< ", "<").replace(" >", ">").replace(" ,", ",") + "[]" * dims


def erased_names(method: JavaMethod) -> tuple[str, ...]:
    """The simple names of the parameter classes, as reflection gives them: `int[]`, `List`."""
    names = []
    for _, node, dims in parameter_nodes(method.node):
        written = spelling(node, dims)
        base, brackets = written.partition("[")[0], "[]" * written.count("[")
        names.append(base.partition("<")[0].strip().rpartition(".")[2] + brackets)
    return tuple(names)


def render_head(signature: Signature) -> str:
    """The head of a static method of that signature."""
    parameters = ", ".join(f"{render(one.type)} {one.name}" for one in signature.parameters)
    return f"static {render(signature.result)} {signature.name.rpartition('.')[2].partition('#')[0]}({parameters})"


def render(kind: Type, *, boxed: bool = False) -> str:
    """A type as Java writes it; boxed where it stands between angle brackets.

    >>> render(Type(kind=Kind.MAP, items=(Type(kind=Kind.TEXT), Type(kind=Kind.INT, width_bits=64))))
    'Map<String, Long>'
    """
    match kind.kind:
        case Kind.INT if kind.width_bits is None or kind.width_bits > 64 or (kind.width_bits == 64 and not kind.signed):
            return "BigInteger" if kind.width_bits is not None else _box("int", kind, boxed)
        case Kind.INT:
            return _box(_int_name(kind), kind, boxed)
        case Kind.FLOAT:
            return _box("float" if kind.width_bits == 32 else "double", kind, boxed)
        case Kind.BOOL | Kind.CHAR | Kind.VOID:
            return _box({Kind.BOOL: "boolean", Kind.CHAR: "char", Kind.VOID: "void"}[kind.kind], kind, boxed)
        case Kind.TEXT:
            return "String"
        case _:
            return _render_compound(kind, boxed)


def _render_compound(kind: Type, boxed: bool) -> str:
    items = [render(item, boxed=True) for item in kind.items]
    match kind.kind:
        case Kind.LIST if kind.items and not boxed and not kind.spelling.startswith(tuple(_LISTS)):
            return f"{render(kind.items[0])}[]"
        case Kind.LIST | Kind.SET | Kind.MAP:
            name = {Kind.LIST: "List", Kind.SET: "Set", Kind.MAP: "Map"}[kind.kind]
            return f"{name}<{', '.join(items)}>" if items else name
        case Kind.TUPLE if len(items) == 2:
            return f"Map.Entry<{items[0]}, {items[1]}>"
        case Kind.TUPLE:
            return "List<Object>"
        case Kind.RECORD if kind.spelling:
            return kind.spelling
        case _:
            return "Object"


def _int_name(kind: Type) -> str:
    needed = (kind.width_bits or 32) + (0 if kind.signed else 1)
    return next((name for name, width in _INTS.items() if needed <= width), "long")


def _box(name: str, kind: Type, boxed: bool) -> str:
    special = {"int": "Integer", "char": "Character"}
    return special.get(name, name.capitalize()) if boxed or kind.nullable else name


def _parameters(method: Node, reader: "_Reader") -> Iterator[Parameter]:
    for name, node, dims in parameter_nodes(method):
        kind = reader.read(node, dims)
        builder = kind.spelling.startswith(("StringBuilder", "StringBuffer"))
        by_reference = builder or kind.kind not in _BY_VALUE | {Kind.TEXT}
        origin = Origin.UNKNOWN if kind.kind is Kind.UNKNOWN else Origin.DECLARED
        yield Parameter(name=name, type=kind, by_reference=by_reference, origin=origin)


def _n_dimensions(node: Node | None) -> int:
    return 0 if node is None else sum(child.type == "[" for child in node.children)


class _Reader:
    """Type nodes of one source. `_inside` are the classes being read: a list's node holds a node."""

    def __init__(self, source: JavaSource) -> None:
        self._source = source
        self._inside: list[str] = []

    def read(self, node: Node | None, dims: int = 0) -> Type:
        written = spelling(node, dims)
        if dims:
            return Type(kind=Kind.LIST, items=(self.read(node, dims - 1),), spelling=written)
        if node is None:
            return Type()
        if node.type == "array_type":
            element, inner = node.child_by_field_name("element"), node.child_by_field_name("dimensions")
            read = self.read(element, _n_dimensions(inner))
            return _spelled(read, written)
        if node.type == "annotated_type":
            return _spelled(self.read(node.named_children[-1]), written)
        if node.type == "generic_type":
            arguments = [
                self.read(one)
                for child in node.named_children
                if child.type == "type_arguments"
                for one in child.named_children
            ]
            return _spelled(self._named(text_of(node.named_children[0]), tuple(arguments)), written)
        return _spelled(self._named(text_of(node), ()), written)

    def _named(self, name: str, items: tuple[Type, ...]) -> Type:
        simple = name.rpartition(".")[2].strip()
        own = self._source.class_named(simple)
        if own is not None:
            return self._record(own)
        if simple in _INTS or simple in _BOXED_INTS:
            width = _INTS.get(simple) or _BOXED_INTS[simple]
            return Type(kind=Kind.INT, width_bits=width, nullable=simple in _BOXED_INTS)
        if simple in _TEXTS:
            return Type(kind=Kind.TEXT)
        if simple in _SIMPLE:
            return _SIMPLE[simple]
        for names, kind in ((_LISTS, Kind.LIST), (_SETS, Kind.SET), (_MAPS, Kind.MAP), (_PAIRS, Kind.TUPLE)):
            if simple in names:
                return Type(kind=kind, items=items)
        return _primitive(simple)

    def _record(self, own: JavaClass) -> Type:
        if own.kind not in ("class_declaration", "record_declaration") or own.node is None:
            return Type()
        if own.name in self._inside:
            return Type(kind=Kind.RECORD, nullable=True)
        self._inside.append(own.name)
        fields = tuple(self._fields(own))
        self._inside.pop()
        return Type(kind=Kind.RECORD, fields=fields, nullable=True)

    def _fields(self, own: JavaClass) -> Iterator[tuple[str, Type]]:
        if own.kind == "record_declaration" and own.node is not None:
            for name, node, dims in parameter_nodes(own.node):
                yield name, self.read(node, dims)
        for name, words, declarator in own.fields:
            declaration = declarator.parent
            if declaration is not None and "static" not in words.split():
                dims = _n_dimensions(declarator.child_by_field_name("dimensions"))
                yield name, self.read(declaration.child_by_field_name("type"), dims)


def _primitive(name: str) -> Type:
    match name:
        case "boolean":
            return Type(kind=Kind.BOOL)
        case "char":
            return Type(kind=Kind.CHAR, width_bits=16)
        case "float" | "double":
            return Type(kind=Kind.FLOAT, width_bits=32 if name == "float" else 64)
        case "void":
            return Type(kind=Kind.VOID)
        case _:
            return Type()


def _spelled(kind: Type, written: str) -> Type:
    return Type(
        kind=kind.kind,
        width_bits=kind.width_bits,
        signed=kind.signed,
        items=kind.items,
        fields=kind.fields,
        nullable=kind.nullable,
        spelling=written,
    )


def call_problem(method: JavaMethod) -> str:
    """Why a method can't be called with values; "" when it can."""
    owner = method.owner
    if method.static:
        return ""
    if owner.kind != "class_declaration":
        return f"{method.name} is a method of an {owner.kind.partition('_')[0]}'s instance; make it static to call it"
    if not owner.static:
        return f"{method.name} needs an instance of the class around {owner.name}; make {owner.name} static"
    if owner.node is not None and has_modifier(owner.node, "abstract"):
        return f"{owner.name} is abstract; make {method.plain} static to call it"
    constructors = [member for member in owner.members if member.type == "constructor_declaration"]
    if constructors and all(any(True for _ in parameter_nodes(one)) for one in constructors):
        return f"{owner.name} has no constructor without parameters; add one, or make {method.plain} static"
    return ""
