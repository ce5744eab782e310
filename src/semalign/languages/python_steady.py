"""Parameters of a function that hold the same from its beginning to its end, as far as its syntax shows.

Such a parameter needs to be recorded once. A parameter is *steady* where nothing binds it again and no change of a
container can reach what it holds. Two relations between variables tell that: x *is* y where `x = y`, `x = y[0]` or
`for x in y` may have given it y or a part of it; x *has* y where it was made from y, as by `x = [y]`. A change of x
itself reaches what it is, and one further inside also what it has. What is not understood makes no parameter steady.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence

from semalign.languages.python_flow import augments, is_quiet

_FRESH_CALLS = frozenset(
    {"abs", "all", "any", "bool", "chr", "float", "hash", "id", "input", "int", "isinstance", "len", "ord", "pow"}
    | {"range", "repr", "round", "str", "print", "type", "floor", "ceil", "sqrt", "gcd", "divmod"}
)
_STRANGE = (
    ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.Match, ast.With, ast.AsyncWith, ast.Try,
    ast.TryStar, ast.NamedExpr, ast.Global, ast.Nonlocal, ast.Starred, ast.Import, ast.ImportFrom, ast.Yield,
    ast.YieldFrom, ast.Await, ast.AsyncFor,
)  # fmt: skip
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def steady(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The steady parameters of a function that is called once and calls nothing of its file."""
    inside = [inner for part in node.body for inner in ast.walk(part)]
    bound = {inner.id for inner in inside if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load)}
    parameters = {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
    if any(isinstance(inner, _STRANGE) for inner in inside) or (bound | parameters) & _FRESH_CALLS:
        return frozenset()
    relations = [relation for inner in inside for relation in _relations(inner)]
    changes = [change for inner in inside for change in _changes(inner)]
    reached: set[str] = set()
    for depth in (_ITSELF, _PART, _WITHIN):
        pairs = [(one, other) for one, other, least in relations if least <= depth]
        pairs += [(other, one) for one, other in pairs]  # what was put in through one name is there for the other
        reached |= _closure({name for name, at in changes if at == depth}, pairs)
    return frozenset(parameters - bound - reached)


def repeats_nothing(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """It makes no container of variables, so that no value holds another one twice."""
    harmless: set[int] = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign) and isinstance(inner.value, ast.Tuple):
            if all(isinstance(target, ast.Tuple) for target in inner.targets):
                harmless.add(id(inner.value))
        elif isinstance(inner, _STRANGE[1:] + _COMPREHENSIONS) or (
            isinstance(inner, ast.Call) and not is_quiet(inner.func, frozenset())
        ):
            return False
    displays = (ast.List, ast.Tuple, ast.Set, ast.Dict)
    return not any(
        isinstance(inner, displays) and isinstance(getattr(inner, "ctx", ast.Load()), ast.Load)
        and id(inner) not in harmless and any(isinstance(part, ast.Name) for part in ast.walk(inner))
        for inner in ast.walk(node)
    )  # fmt: skip


# How far inside a variable something is that may be what another one holds, or that is changed.
_ITSELF, _PART, _WITHIN = range(3)


def _relations(node: ast.AST) -> Iterator[tuple[str, str, int]]:
    """A variable that is bound or filled, one that it may get something of, and from how far inside that is seen."""
    match node:
        case ast.Assign(targets=targets, value=value):
            pairs = [(target, value) for target in targets]
        case ast.AnnAssign(target=target, value=value) if value is not None:
            pairs = [(target, value)]
        case ast.AugAssign(target=target, value=value):
            yield from _related(target, (), _names(value), _WITHIN if isinstance(target, ast.Subscript) else _PART)
            return
        case ast.For(target=target, iter=value) | ast.comprehension(target=target, iter=value):
            yield from _related(target, _names(value), (), _ITSELF)
            return
        case _:
            return
    for target, value in pairs:
        is_whole = isinstance(target, ast.Name | ast.Subscript)  # else it is taken apart
        made_within = isinstance(target, ast.Subscript) and isinstance(value, ast.BinOp)
        same = _same(value) if is_whole else _names(value)
        yield from _related(target, same, _names(value), _WITHIN if made_within else _PART)


def _related(target: ast.expr, same: Iterable[str], made: Iterable[str], depth: int) -> Iterator[tuple[str, str, int]]:
    names = [name.id for name in ast.walk(target) if isinstance(name, ast.Name)]
    same, made = set(same), set(made)
    yield from ((name, other, _ITSELF) for name in names for other in same)
    yield from ((name, other, depth) for name in names for other in made - same)


def _same(value: ast.AST) -> Iterator[str]:
    """Variables whose value, or a part of it, this may be."""
    match value:
        case ast.Name(id=name):
            yield name
        case ast.Compare() | ast.UnaryOp() | ast.JoinedStr() | ast.BinOp() | ast.Subscript(slice=ast.Slice()):
            return
        case ast.List() | ast.Tuple() | ast.Set() | ast.Dict() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            return
        case ast.Subscript(value=inner):
            yield from _names(inner)
        case ast.IfExp(body=body, orelse=orelse):
            yield from _same(body)
            yield from _same(orelse)
        case ast.BoolOp(values=values) | ast.Call(func=ast.Name(id="max" | "min"), args=values) if len(values) > 1:
            for part in values:
                yield from _same(part)
        case _:
            yield from _names(value)


def _names(value: ast.AST) -> Iterator[str]:
    """Variables that are in this, but for those that only numbers are taken from."""
    match value:
        case ast.Name(id=name):
            yield name
        case ast.Compare():
            return
        case ast.Call(func=ast.Name(id=name)) if name in _FRESH_CALLS:
            return
        case ast.Subscript(value=inner):
            yield from _names(inner)
        case _:
            for child in ast.iter_child_nodes(value):
                yield from _names(child)


def _changes(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Variables whose container is changed by this, and how far inside."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store() | ast.Del()):
            yield name, _ITSELF
        case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield from ((name, _WITHIN) for name in _names(node))
        case ast.AugAssign(target=ast.Name(id=name)) if augments(node):
            yield name, _ITSELF
        case ast.AugAssign(target=ast.Subscript(value=ast.Name(id=name)), value=value):
            if not isinstance(value, ast.Constant):
                yield name, _PART
        case ast.Call() if not is_quiet(node.func, frozenset()):
            yield from ((name, _WITHIN) for name in _all_names(node))
        case _:
            return


def _all_names(node: ast.AST) -> set[str]:
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _closure(found: set[str], pairs: Sequence[tuple[str, str]]) -> set[str]:
    """These and all that they lead to."""
    found = set(found)
    while new := {other for name, other in pairs if name in found and other not in found}:
        found |= new
    return found
