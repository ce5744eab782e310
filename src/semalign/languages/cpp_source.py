"""Reading a C++ file: the `Unit` that others see, and the file with its syntax behind it."""

import re
from functools import lru_cache

from semalign.core.errors import SourceError
from semalign.languages.cpp_collect import collect
from semalign.languages.cpp_file import CppFile, CppFunction, parameter_nodes
from semalign.languages.cpp_signature import signature_of
from semalign.languages.cpp_syntax import first_error, refuse_errors, text_of, tree_of, walk
from semalign.languages.protocol import Function, Unit
from semalign.values.types import is_known

_MAY_HIDE_SYNTAX = re.compile(rb"^[ \t]*#[ \t]*(define|if)", re.MULTILINE)


@lru_cache(maxsize=256)
def read_file(source: str, path: str = "<text>") -> CppFile:
    """The file, which must parse unless macros may hide its syntax from a parser that expands none.

    Raises:
        SourceError: it does not parse.
    """
    root = tree_of(source)
    if root.has_error and not _MAY_HIDE_SYNTAX.search(source.encode("utf-8", "surrogatepass")):
        refuse_errors(root, path)
    found = CppFile(source, root)
    collect(found)
    return found


def unit_of(source: str, path: str) -> Unit:
    """The `Unit` of a file.

    Raises:
        SourceError: it does not parse, or holds no function.
    """
    found = read_file(source, path)
    counts: dict[str, int] = {}
    for one in found.functions:
        counts[one.name] = counts.get(one.name, 0) + 1
    reach = _Reach(found)
    functions = tuple(
        _function(found, one, counts[one.name] > 1, reach.has_state(one))
        for one in found.functions
        if not one.is_special and one.name != "main"
    )
    if not functions and not found.has_main:
        raise SourceError(f"{path}:1:1: no C++ function is defined here; give a function with its body, or a main")
    return Unit(language="cpp", source=source, path=path, functions=functions, has_main=found.has_main)


def _function(found: CppFile, one: CppFunction, overloaded: bool, has_state: bool) -> Function:
    signature = signature_of(one.short_name, one.node, one.head, parameter_nodes(one.head), found.types)
    problem = ""
    broken = first_error(one.node)
    if one.is_template:
        problem = "a template, whose types are known only at a call; write a function that calls it with plain types"
    elif overloaded:
        problem = "overloaded, so its name stands for several functions; give the one you mean a name of its own"
    elif broken is not None:
        row, column = broken.start_point
        problem = (
            f"could not be parsed at line {row + 1}, column {column + 1}: a macro may hide its syntax; write it out"
        )
    elif not signature.known:
        unknown = next(p.name or p.type.spelling for p in signature.parameters if not is_known(p.type))
        problem = f"parameter {unknown!r} is of a type that has no plain values; write a function around it"
    return Function(
        name=one.name,
        signature=signature,
        outline=found.body(one).outline,
        start_byte=one.node.start_byte,
        end_byte=one.node.end_byte,
        first_line=one.node.start_point.row + 1,
        last_line=one.node.end_point.row + 1,
        problem=problem,
        has_state=has_state,
    )


class _Reach:
    """Which functions may touch state, their callees included; by names, so too many rather than too few."""

    def __init__(self, found: CppFile) -> None:
        self._words = {
            one.name: {text_of(node) for node in walk(one.node) if node.type in ("identifier", "field_identifier")}
            for one in found.functions
        }
        self._shorts: dict[str, list[str]] = {}
        for one in found.functions:
            self._shorts.setdefault(one.short_name, []).append(one.name)
        self._state = found.state | {"rand", "srand", "random", "drand48", "strtok"}

    def has_state(self, function: CppFunction) -> bool:
        """It or what it calls names something that outlives a call."""
        seen: set[str] = set()
        pending = [function.name]
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            words = self._words.get(name, set())
            if words & self._state:
                return True
            for word in words:
                pending.extend(self._shorts.get(word, ()))
        return False
