"""One parsed Python file: its syntax tree, its functions and the blocks of each."""

import ast
import warnings
from dataclasses import dataclass

from semalign.core.errors import SourceError
from semalign.languages.protocol import Function, Unit
from semalign.languages.python_blocks import Body, Text, body_of, parameter_names, type_function
from semalign.languages.python_names import bound_names, declared
from semalign.languages.python_parse import parse_python
from semalign.languages.python_types import Annotations

MODULE = "<module>"  # the name of the top level as a function of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file as the instrumenter needs it. The tree is fresh: whoever asked may change it."""

    tree: ast.Module
    bodies: tuple[Body, ...]  # in source order, the functions that can be traced
    module: Body


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a definition stands."""

    path: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()  # of the module and of the functions around it
    free: frozenset[str] = frozenset()  # of the functions alone
    class_node: ast.ClassDef | None = None
    in_function: str = ""
    problem: str = ""


def read_source(source: str, path: str) -> Source:
    """Parse a file and find its blocks.

    Raises:
        SourceError: it does not parse.
    """
    return _Reading(source, path).source()


def parse_unit(source: str, path: str) -> Unit:
    """The functions of a file, with signatures and outlines.

    Raises:
        SourceError: it does not parse, or holds neither a function nor a main program.
    """
    reading = _Reading(source, path)
    functions = tuple(reading.functions())
    has_main = any(map(_acts, reading.tree.body))
    if not functions and not has_main:
        raise SourceError(f"{path}: holds no function and no main program; give a file that defines a function")
    return Unit(language="python", source=source, path=path, functions=functions, has_main=has_main)


class _Reading:
    def __init__(self, source: str, path: str) -> None:
        self.tree = _parse(source, path)
        self._text = Text(source)
        self._annotations = Annotations(self.tree)
        self._globals = bound_names(self.tree.body)

    def functions(self) -> list[Function]:
        return [self._function(node, scope) for node, scope in self._definitions()]

    def source(self) -> Source:
        bodies = tuple(
            self._body(node, scope)
            for node, scope in self._definitions()
            if isinstance(node, ast.FunctionDef)  # a coroutine is left as it stands
        )
        module = body_of(self.tree, MODULE, self._text, self._globals)
        return Source(tree=self.tree, bodies=bodies, module=module)

    def _definitions(self) -> list[tuple[type_function, _Scope]]:
        found: list[tuple[type_function, _Scope]] = []
        pending: list[tuple[ast.AST, _Scope]] = [(self.tree, _Scope(variables=self._globals))]
        while pending:
            node, scope = pending.pop()
            inner = scope
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((node, scope))
                name = ".".join((*scope.path, node.name))
                own = own_names(node)
                inner = _Scope((*scope.path, node.name), scope.variables | own, scope.free | own, in_function=name)
            elif isinstance(node, ast.ClassDef):
                inner = _Scope((*scope.path, node.name), scope.variables, scope.free, node, scope.in_function)
            elif isinstance(node, ast.Lambda):
                continue
            pending.extend((child, inner) for child in ast.iter_child_nodes(node))
        return sorted(found, key=lambda item: (item[0].lineno, item[0].col_offset))

    def _body(self, node: type_function, scope: _Scope) -> Body:
        name = ".".join((*scope.path, node.name))
        variables = own_names(node) | scope.variables | declared(node.body, ast.Global)
        return body_of(node, name, self._text, variables, scope.free)

    def _function(self, node: type_function, scope: _Scope) -> Function:
        name = ".".join((*scope.path, node.name))
        first = min([node, *node.decorator_list], key=lambda part: (part.lineno, part.col_offset))
        start = self._text.at(first.lineno, first.col_offset) - (first is not node)  # the `@` before a decorator
        is_bound = scope.class_node is not None and "staticmethod" not in _decorators(node)
        return Function(
            name=name,
            signature=self._annotations.signature(node.name, node, skip_first=is_bound),
            outline=self._body(node, scope).outline,
            start_byte=start,
            end_byte=self._text.at(node.end_lineno or node.lineno, node.end_col_offset or 0),
            first_line=first.lineno,
            last_line=node.end_lineno or node.lineno,
            problem=_problem(node, scope),
        )


def _parse(source: str, path: str) -> ast.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the program's own escapes and comparisons
            tree = parse_python(source)
            compile(source, path, "exec", dont_inherit=True)  # also finds what only the compiler refuses
    except SyntaxError as exc:
        where = f"{path}:{exc.lineno or 1}:{exc.offset or 1}"
        raise SourceError(f"{where}: {exc.msg}; correct the Python source and run again") from exc
    except (ValueError, RecursionError, MemoryError) as exc:
        raise SourceError(f"{path}:1:1: {exc}; correct the Python source and run again") from exc
    return tree


def own_names(node: type_function) -> frozenset[str]:
    """The local variables of a function, parameters included."""
    outside = declared(node.body, ast.Global) | declared(node.body, ast.Nonlocal)
    return (bound_names(node.body) | frozenset(parameter_names(node.args))) - outside


def _decorators(node: type_function) -> set[str]:
    return {part.id for part in node.decorator_list if isinstance(part, ast.Name)}


def _problem(node: type_function, scope: _Scope) -> str:
    if isinstance(node, ast.AsyncFunctionDef):
        return "a coroutine is not run or traced; make it a plain function"
    if scope.in_function:
        return f"stands inside {scope.in_function} and cannot be called from outside; move it out"
    missing = [arg.arg for arg, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if not default]
    if missing:
        return f"needs the keyword argument {missing[0]!r}; only positional ones are passed: give it a default"
    bound_by_class = {"staticmethod", "classmethod"} & _decorators(node)
    if scope.class_node is not None and not bound_by_class and _needs_arguments(scope.class_node):
        return f"its class {scope.class_node.name} cannot be constructed without arguments; wrap it in a function"
    if "property" in _decorators(node):
        return "is a property, not a callable; make it a method"
    return ""


def _needs_arguments(node: ast.ClassDef) -> bool:
    for statement in node.body:
        if isinstance(statement, ast.FunctionDef) and statement.name == "__init__":
            args = statement.args
            n_required = len(args.posonlyargs) + len(args.args) - len(args.defaults)
            return n_required > 1 or None in args.kw_defaults
    is_dataclass = any("dataclass" in ast.unparse(part) for part in node.decorator_list)
    return is_dataclass and any(isinstance(part, ast.AnnAssign) and part.value is None for part in node.body)


def _acts(statement: ast.stmt) -> bool:
    """It does something when the file is run: not a definition, an import, a constant or a text."""
    quiet = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return not isinstance(statement, (*quiet, ast.Pass)) and not is_text
