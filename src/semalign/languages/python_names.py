"""Which variables a piece of Python mentions, and which of them it may change."""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_MUTATORS = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "remove", "reverse", "rotate"}
    | {"pop", "popitem", "popleft", "push", "put", "setdefault", "sort", "subtract", "update"}
    | {"intersection_update", "difference_update", "symmetric_difference_update"}
)
_MUTATE_FIRST = frozenset(
    {"heapify", "heappop", "heappush", "heappushpop", "heapreplace", "insort", "insort_left", "insort_right"}
)
_STREAMS = frozenset(("filter", "map"))
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class Mention:
    """Names in order of first mention, and how much work is hidden in comprehensions, lambdas and `map`."""

    defs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    inner_loops: int = 0


def mention(nodes: Sequence[ast.AST], variables: frozenset[str]) -> Mention:
    """What these nodes mention of `variables`; bodies of nested functions and classes are not looked into."""
    reader = _Reader(variables)
    for node in nodes:
        reader.read(node, frozenset())
    return Mention(tuple(reader.defs), tuple(reader.uses), reader.inner_loops)


def bound_names(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Names bound as data in one scope: by assignment, loops, `with`, patterns; not by `def`, `class` or `import`."""
    names: set[str] = set()
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Name(id=name, ctx=ast.Store()):
                names.add(name)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                names.add(name)
            case ast.ExceptHandler(name=str(name)):
                names.add(name)
            case ast.Global(names=listed) | ast.Nonlocal(names=listed):
                names.update(listed)
        if isinstance(node, _COMPREHENSIONS):
            # Its targets are its own; only a walrus inside binds in this scope.
            pending.extend(inner for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr))
        elif isinstance(node, ast.NamedExpr):
            pending.append(node.target)
            pending.append(node.value)
        else:
            pending.extend(ast.iter_child_nodes(node))
    return frozenset(names)


def declared(statements: Iterable[ast.stmt], kind: type[ast.Global] | type[ast.Nonlocal]) -> frozenset[str]:
    """Names that one scope declares `global` or `nonlocal`."""
    names: set[str] = set()
    pending: list[ast.AST] = list(statements)
    while pending:
        node = pending.pop()
        if isinstance(node, kind):
            names.update(node.names)
        elif not isinstance(node, _SCOPES):
            pending.extend(ast.iter_child_nodes(node))
    return frozenset(names)


class _Reader:
    def __init__(self, variables: frozenset[str]) -> None:
        self._variables = variables
        self.defs: dict[str, None] = {}
        self.uses: dict[str, None] = {}
        self.inner_loops = 0

    def read(self, node: ast.AST, hidden: frozenset[str]) -> None:
        """Take in a node; `hidden` are the variables of comprehensions and lambdas around it."""
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                for part in [*node.decorator_list, *_defaults(node)]:
                    self.read(part, hidden)
                return
            case ast.Lambda(args=args, body=body):
                self.inner_loops += 1
                self.read(body, hidden | {arg.arg for arg in [*args.posonlyargs, *args.args, *args.kwonlyargs]})
                return
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self.inner_loops += 1
                hidden = hidden | _targets(node)
            case ast.Call():
                self._call(node, hidden)
            case ast.Name():
                self._name(node, hidden)
            case _:
                self._other(node, hidden)
        for child in _in_order(node):
            self.read(child, hidden)

    def _other(self, node: ast.AST, hidden: frozenset[str]) -> None:
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                self._change(node, hidden)
            case ast.AugAssign(target=ast.Name(id=name)):
                self._use(name, hidden)
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                self._define(name, hidden)
            case _:
                pass

    def _name(self, node: ast.Name, hidden: frozenset[str]) -> None:
        if isinstance(node.ctx, ast.Load):
            self._use(node.id, hidden)
        else:
            self._define(node.id, hidden)

    def _call(self, node: ast.Call, hidden: frozenset[str]) -> None:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in _STREAMS:
            self.inner_loops += 1
        if isinstance(called, ast.Attribute) and name in _MUTATORS:
            self._change(called.value, hidden)
        elif name in _MUTATE_FIRST and node.args:
            self._change(node.args[0], hidden)

    def _change(self, node: ast.AST, hidden: frozenset[str]) -> None:
        while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
            node = node.value
        if isinstance(node, ast.Name):
            self._define(node.id, hidden)

    def _define(self, name: str, hidden: frozenset[str]) -> None:
        if name in self._variables and name not in hidden:
            self.defs.setdefault(name)

    def _use(self, name: str, hidden: frozenset[str]) -> None:
        if name in self._variables and name not in hidden:
            self.uses.setdefault(name)


def _defaults(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.expr]:
    if isinstance(node, ast.ClassDef):
        return node.bases
    return [*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None)]


def _targets(node: ast.AST) -> frozenset[str]:
    targets = [inner.target for inner in getattr(node, "generators", [])]
    return frozenset(name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name))


def _in_order(node: ast.AST) -> Iterable[ast.AST]:
    # An assignment's value is read before its targets are bound; a comprehension's source before its element.
    if isinstance(node, ast.Assign):
        return [*node.targets, node.value]
    return ast.iter_child_nodes(node)
