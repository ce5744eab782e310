"""Python annotations as `Type`s, and `Type`s as annotations."""

import ast
from collections.abc import Sequence

from semalign.languages.python_parse import parse_python
from semalign.values.types import UNKNOWN, Kind, Origin, Parameter, Signature, Type

_SCALARS = {
    "int": Type(kind=Kind.INT),
    "float": Type(kind=Kind.FLOAT, width_bits=64),
    "bool": Type(kind=Kind.BOOL),
    "str": Type(kind=Kind.TEXT),
    "None": Type(kind=Kind.VOID),
}
_LISTS = frozenset(["list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "deque", "Deque"])
_SETS = frozenset(["set", "Set", "frozenset", "FrozenSet", "AbstractSet", "MutableSet"])
_MAPS = frozenset(["dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict"])
_BY_REFERENCE = frozenset((Kind.LIST, Kind.SET, Kind.MAP, Kind.RECORD))
_SPELLINGS = {Kind.BOOL: "bool", Kind.INT: "int", Kind.FLOAT: "float", Kind.CHAR: "str", Kind.TEXT: "str"}


class Annotations:
    """Reads annotations of one module: its classes are records, its plain aliases are followed."""

    def __init__(self, module: ast.Module) -> None:
        self._classes = {node.name: node for node in ast.walk(module) if isinstance(node, ast.ClassDef)}
        self._aliases = {
            node.targets[0].id: node.value
            for node in module.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Subscript | ast.Name)
        }

    def signature(self, name: str, node: ast.FunctionDef | ast.AsyncFunctionDef, *, skip_first: bool) -> Signature:
        """The contract that a `def` declares; `skip_first` leaves out `self` or `cls`."""
        args = [*node.args.posonlyargs, *node.args.args]
        n_required = len(args) - len(node.args.defaults)
        parameters = tuple(
            self._parameter(arg, optional=position >= n_required)
            for position, arg in enumerate(args)
            if position or not skip_first
        )
        result = UNKNOWN if node.returns is None else self.type_of(node.returns)
        known = node.returns is not None
        return Signature(
            name=name, parameters=parameters, result=result, origin=Origin.DECLARED if known else Origin.UNKNOWN
        )

    def _parameter(self, arg: ast.arg, *, optional: bool) -> Parameter:
        declared = UNKNOWN if arg.annotation is None else self.type_of(arg.annotation)
        return Parameter(
            name=arg.arg,
            type=declared,
            by_reference=declared.kind in _BY_REFERENCE,
            optional=optional,
            origin=Origin.UNKNOWN if declared.kind is Kind.UNKNOWN else Origin.DECLARED,
        )

    def type_of(self, annotation: ast.expr, *, inside: frozenset[str] = frozenset()) -> Type:
        """The type an annotation means; unknown where it says nothing that values can be made from."""
        spelling = ast.unparse(annotation)
        match annotation:
            case ast.Constant(value=None):
                return _SCALARS["None"]
            case ast.Constant(value=str(text)):
                return self._quoted(text, inside)
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self._union([left, right], spelling, inside)
            case ast.Subscript(value=value, slice=index):
                items = list(index.elts) if isinstance(index, ast.Tuple) else [index]
                return self._generic(_last_name(value), items, spelling, inside)
            case ast.Name() | ast.Attribute():
                return self._named(_last_name(annotation), spelling, inside)
            case _:
                return Type(spelling=spelling)

    def _quoted(self, text: str, inside: frozenset[str]) -> Type:
        try:
            return self.type_of(parse_python(text, "eval").body, inside=inside)
        except SyntaxError:
            return Type(spelling=text)

    def _named(self, name: str, spelling: str, inside: frozenset[str]) -> Type:
        if name in _SCALARS:
            scalar = _SCALARS[name]
            return Type(kind=scalar.kind, width_bits=scalar.width_bits, spelling=spelling)
        if name in _LISTS:
            return Type(kind=Kind.LIST, spelling=spelling)
        if name in _SETS:
            return Type(kind=Kind.SET, spelling=spelling)
        if name in _MAPS or name == "Counter":
            return Type(kind=Kind.MAP, spelling=spelling)
        if name in ("tuple", "Tuple"):
            return Type(kind=Kind.TUPLE, spelling=spelling)
        if name in self._classes:
            return Type(kind=Kind.RECORD, fields=self._fields(name, inside), spelling=spelling)
        if name in self._aliases and name not in inside:
            return self.type_of(self._aliases[name], inside=inside | {name})
        return Type(spelling=spelling)

    def _generic(self, name: str, items: Sequence[ast.expr], spelling: str, inside: frozenset[str]) -> Type:
        if name == "Optional":
            return self._union([items[0], ast.Constant(value=None)], spelling, inside)
        if name == "Union":
            return self._union(items, spelling, inside)
        inner = tuple(self.type_of(item, inside=inside) for item in items if not _is_dots(item))
        if name in ("tuple", "Tuple"):
            # `tuple[int, ...]` has no fixed length: a list, whose spelling says that a tuple must be passed.
            kind = Kind.LIST if any(map(_is_dots, items)) else Kind.TUPLE
            return Type(kind=kind, items=inner, spelling=spelling)
        if name == "Counter":
            return Type(kind=Kind.MAP, items=(*inner[:1], _SCALARS["int"]), spelling=spelling)
        for names, kind, n_items in ((_LISTS, Kind.LIST, 1), (_SETS, Kind.SET, 1), (_MAPS, Kind.MAP, 2)):
            if name in names and len(inner) == n_items:
                return Type(kind=kind, items=inner, spelling=spelling)
        return Type(spelling=spelling)

    def _union(self, parts: Sequence[ast.expr], spelling: str, inside: frozenset[str]) -> Type:
        types = [self.type_of(part, inside=inside) for part in parts]
        solid = [part for part in types if part.kind is not Kind.VOID]
        if len(solid) != 1:
            return Type(spelling=spelling)
        one = solid[0]
        return Type(
            kind=one.kind,
            width_bits=one.width_bits,
            items=one.items,
            fields=one.fields,
            nullable=one.nullable or len(solid) < len(types),
            spelling=spelling,
        )

    def _fields(self, name: str, inside: frozenset[str]) -> tuple[tuple[str, Type], ...]:
        if name in inside:  # a node that holds nodes: its fields are told once
            return ()
        found: list[tuple[str, Type]] = []
        for statement in self._classes[name].body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                found.append((statement.target.id, self.type_of(statement.annotation, inside=inside | {name})))
            elif isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
                found.extend(
                    (
                        arg.arg,
                        UNKNOWN if arg.annotation is None else self.type_of(arg.annotation, inside=inside | {name}),
                    )
                    for arg in statement.args.args[1:]
                )
        return tuple(found)


def render(signature: Signature) -> str:
    """The `def` line of a signature.

    >>> render(Signature(name="f", parameters=(Parameter(name="n", type=Type(kind=Kind.INT)),)))
    'def f(n: int):'
    """
    parameters = ", ".join(
        parameter.name + (f": {annotation}" if (annotation := spell(parameter.type)) else "")
        for parameter in signature.parameters
    )
    result = spell(signature.result)
    return f"def {signature.name}({parameters}){f' -> {result}' if result else ''}:"


def spell(kind: Type) -> str:
    """A type as Python writes it; "" when unknown.

    >>> spell(Type(kind=Kind.LIST, items=(Type(kind=Kind.INT, width_bits=32),)))
    'list[int]'
    """
    plain = _spell_plain(kind)
    return f"{plain} | None" if plain and kind.nullable else plain


def _spell_plain(kind: Type) -> str:
    if kind.kind is Kind.UNKNOWN:
        return ""
    if kind.kind is Kind.VOID:
        return "None"
    if kind.kind in _SPELLINGS:
        return _SPELLINGS[kind.kind]
    if kind.kind is Kind.RECORD:
        return kind.spelling or "object"
    name = {Kind.LIST: "list", Kind.SET: "set", Kind.MAP: "dict", Kind.TUPLE: "tuple"}[kind.kind]
    items = [spell(item) for item in kind.items]
    return f"{name}[{', '.join(items)}]" if items and all(items) else name


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_dots(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...
