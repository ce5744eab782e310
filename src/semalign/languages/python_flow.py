"""Small facts about Python syntax that rewriting must know: what is bound for certain, what is left, what yields."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from semalign.languages.python_names import bound_names

_QUIET_CALLS = frozenset(
    {"abs", "all", "any", "bool", "chr", "divmod", "float", "int", "isinstance", "len", "max", "min", "ord", "pow"}
    | {"range", "round", "str", "sum"}
)
_QUIET_CALLS_TOO = frozenset(
    {"Counter", "OrderedDict", "defaultdict", "deque", "dict", "enumerate", "frozenset", "hash", "id", "input", "iter"}
    | {"list", "print", "repr", "reversed", "set", "sorted", "tuple", "type", "zip", "floor", "ceil", "sqrt", "gcd"}
)
_QUIET_METHODS = frozenset(
    {"bit_length", "copy", "count", "endswith", "find", "format", "get", "index", "isalpha", "isdigit", "isupper"}
    | {"islower", "items", "join", "keys", "lower", "lstrip", "replace", "rfind", "rstrip", "split", "startswith"}
    | {"strip", "upper", "values", "zfill", "isalnum", "isspace", "swapcase", "title", "ljust", "rjust"}
)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Flow:
    """Of one function: the variables that keep a value once they have one, and those that have one at its start."""

    sure: frozenset[str]
    start: frozenset[str]

    @staticmethod
    def of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module, own: frozenset[str]) -> "Flow":
        """The facts of a function whose local variables are `own`."""
        lost: set[str] = set()
        for inner in _inside(node.body):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Del):
                lost.add(inner.id)
            elif isinstance(inner, ast.ExceptHandler) and inner.name:
                lost.add(inner.name)
        start: set[str] = set()
        if not isinstance(node, ast.Module):
            start = {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
        return Flow(own - lost, frozenset(start & own - lost))


def binds(statements: Sequence[ast.stmt]) -> frozenset[str]:
    """Variables that certainly have a value after these statements, their inner blocks left aside."""
    names: set[str] = set()
    for statement in statements:
        match statement:
            case ast.Assign(targets=targets):
                names.update(*(_stored(target) for target in targets))
            case ast.AugAssign(target=target) | ast.For(target=target):
                names.update(_stored(target))
            case ast.AnnAssign(target=target, value=value) if value is not None:
                names.update(_stored(target))
            case ast.With(items=items):
                names.update(*(_stored(item.optional_vars) for item in items if item.optional_vars is not None))
            case _:
                continue
    return frozenset(names)


def meet(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """What holds where two ways join; None is a way that does not get there."""
    if one is None or other is None:
        return other if one is None else one
    return one & other


def breaks(body: Sequence[ast.stmt]) -> bool:
    """A `break` in this body of a loop may end that loop."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Break):
            return True
        if isinstance(node, ast.For | ast.While):
            pending.extend(node.orelse)
        elif not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))
    return False


def irrefutable(case: ast.match_case) -> bool:
    """The arm takes whatever reaches it."""
    return case.guard is None and isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None


def makes_calls(test: ast.expr) -> bool:
    """It calls more than the plain built-in functions."""
    calls = (node for node in ast.walk(test) if isinstance(node, ast.Call))
    return any(not (isinstance(call.func, ast.Name) and call.func.id in _QUIET_CALLS) for call in calls)


def may_mutate(nodes: Sequence[ast.AST], quiet: frozenset[str]) -> bool:
    """These nodes may change a container in a way that the recorder is not told of otherwise.

    Functions named in `quiet` are the program's own: their blocks tell themselves. `x += y` on a bare name is left to a
    check of the type when it runs (`augments`).
    """
    for node in (inner for part in nodes for inner in ast.walk(part)):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            return True
        if isinstance(node, ast.Yield | ast.YieldFrom | ast.Await | ast.With):
            return True
        if isinstance(node, ast.Call) and not is_quiet(node.func, quiet):
            return True
    return False


def is_quiet(called: ast.expr, quiet: frozenset[str]) -> bool:
    """A call of this changes no container; `quiet` are functions of which that is known otherwise."""
    if isinstance(called, ast.Attribute):
        is_math = isinstance(called.value, ast.Name) and called.value.id == "math"
        return is_math or called.attr in _QUIET_METHODS
    return isinstance(called, ast.Name) and called.id in (_QUIET_CALLS | _QUIET_CALLS_TOO | quiet)


def augments(statement: ast.stmt) -> str:
    """The bare name x of `x += y` that may change in place, where x is a container; else ""."""
    match statement:
        case ast.AugAssign(target=ast.Name(id=name), value=value) if not isinstance(value, ast.Constant):
            return name
        case _:
            return ""


def numbers_only(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Module, own: frozenset[str]) -> frozenset[str]:
    """Local variables that only ever hold numbers and texts, whatever the arguments are.

    All that binds them are constants, `range`, and sums with those: a built-in number plus a container is an error.
    """
    found: set[str] = set()
    other: set[str] = set()
    inside = _inside(node.body)
    seen: set[int] = set()  # ids of the name nodes that were judged
    for inner in inside:
        match inner:
            case ast.Assign(targets=[ast.Name(id=name) as target], value=ast.Constant()):
                found.add(name)
            case ast.AugAssign(
                target=ast.Name(id=name) as target, op=ast.Add() | ast.Sub() | ast.FloorDiv() | ast.Mod()
            ):
                found.add(name)
            case ast.For(target=ast.Name(id=name) as target, iter=ast.Call(func=ast.Name(id="range"))):
                found.add(name)
            case _:
                continue
        seen.add(id(target))
    for inner in inside:
        if isinstance(
            inner, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.Match | ast.Import | ast.ImportFrom
        ):
            return frozenset()  # other scopes may bind its variables, and objects may be added to numbers
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load) and id(inner) not in seen:
            other.add(inner.id)
    parameters = {arg.arg for arg in ast.walk(node) if isinstance(arg, ast.arg)}
    return frozenset((found & own) - other - parameters)


class Yields(ast.NodeTransformer):
    """Tells the recorder where a generator is left and entered again."""

    def __init__(self, key: str) -> None:
        self._key = key

    def visit_Yield(self, node: ast.Yield) -> ast.expr:
        """`yield x`."""
        self.generic_visit(node)
        node.value = self._handed(node.value or ast.Constant(None))
        return self._entered(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.expr:
        """`yield from x`."""
        self.generic_visit(node)
        node.value = self._handed(node.value)
        return self._entered(node)

    def _handed(self, value: ast.expr) -> ast.expr:
        key = self._key
        return ast.Call(ast.Name(f"{key}y", ast.Load()), [ast.Name(f"{key}p", ast.Load()), value], [])

    def _entered(self, node: ast.expr) -> ast.expr:
        key = self._key
        current = ast.Attribute(ast.Name(f"{key}s", ast.Load()), "cur", ast.Load())
        # Who asked this time may be another frame than the one that asked first.
        asking = ast.NamedExpr(ast.Name(f"{key}p", ast.Store()), current)
        frame = [ast.Name(f"{key}{name}", ast.Load()) for name in "cq"]
        return ast.Call(ast.Name(f"{key}w", ast.Load()), [node, asking, *frame], [])

    def _leave_alone(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave_alone


class Returns(ast.NodeTransformer):
    """Puts other statements in the place of each `return` of one scope."""

    def __init__(self, replace: Callable[[ast.Return], list[ast.stmt]]) -> None:
        self._replace = replace

    def visited(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """The statements, rewritten."""
        return cast("list[ast.stmt]", self.visit(ast.Module(statements, [])).body)

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        """`return x`."""
        return self._replace(node)

    def _leave_alone(self, node: ast.AST) -> ast.AST:
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = visit_Lambda = _leave_alone


def _stored(target: ast.AST) -> set[str]:
    return set(bound_names([ast.Expr(target)])) if isinstance(target, ast.expr) else set()


def _inside(body: Sequence[ast.stmt]) -> list[ast.AST]:
    """All nodes of one scope."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        found.append(node)
        if not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))
    return found
