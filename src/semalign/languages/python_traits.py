"""What a whole Python file is like, as far as the recorder must know it: what it may notice, and what it hides."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from semalign.languages.python_flow import may_mutate

_ORDINARY = frozenset(
    {"__future__", "abc", "array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal"}
    | {"enum", "fractions", "functools", "heapq", "itertools", "math", "numbers", "operator", "os", "random", "re"}
    | {"statistics", "string", "sys", "time", "typing"}
)
# With these a program can see when an object is let go of, or run code that is not in the file.
_TELLTALE = frozenset(
    {"__del__", "__import__", "compile", "eval", "exec", "fdopen", "getrefcount", "open", "popen", "fork"}
)
# Asking these for a member may add one.
_GIVING = frozenset(("defaultdict", "DefaultDict", "__missing__"))

# What marshal takes for bytes, or knows and writes although nobody reads it; other modules may make such things too.
_UNTOLD = frozenset(("bytearray", "bytes", "memoryview", "__code__", "f_code"))
# With these a function can be called without its name.
_BY_NAME = frozenset(("globals", "locals", "vars", "getattr", "modules", "__dict__", "__globals__", "__builtins__"))


@dataclass(frozen=True, slots=True)
class Traits:
    """Facts of one file."""

    eager: bool  # it would notice that objects are referred to a while longer
    hidden: bool  # containers are changed where the syntax does not show it
    classes: bool  # operators may be its own
    telling: bool  # marshal tells its values apart
    lone: bool  # one function is traced, and nothing in the file calls it
    calls: bool  # one frame may run while another one is in the middle of a block

    @staticmethod
    def of(tree: ast.Module, functions: frozenset[str], n_traced: int) -> "Traits":
        """The traits of a file with these functions at its top level, and so many that are traced in all."""
        nodes = list(ast.walk(tree))
        words = _words(nodes)
        modules = {name.partition(".")[0] for node in nodes for name in _imported(node)}
        yields = any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in nodes)
        lazy = [node for node in nodes if isinstance(node, ast.Lambda | ast.GeneratorExp)]
        eager = yields or bool(modules - _ORDINARY) or bool(words & _TELLTALE)
        calls = n_traced > 1 or bool(words & functions)
        classes = any(isinstance(node, ast.ClassDef) for node in nodes) or "range" in functions
        return Traits(
            eager=eager,
            hidden=bool(words & _GIVING) or any(may_mutate([node], functions) for node in lazy),
            classes=classes,
            telling=not (modules - _ORDINARY or "array" in modules or words & (_UNTOLD | _TELLTALE)),
            lone=n_traced == len(functions) and not (eager or calls or classes or words & _BY_NAME),
            calls=calls,
        )


def _words(nodes: Sequence[ast.AST]) -> set[str]:
    """Names and attributes that are used, and names of functions that are defined in classes."""
    found: set[str] = set()
    for node in nodes:
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                found.add(name)
            case ast.ClassDef(body=body):
                found.update(part.name for part in body if isinstance(part, ast.FunctionDef))
            case ast.Constant(value=str(text)):  # an annotation in quotes, a name for `getattr`
                found.update((_TELLTALE | _GIVING) & set(text.replace("[", " ").replace(".", " ").split()))
            case _:
                continue
    return found


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module):
            return [module or "."]
        case _:
            return []
