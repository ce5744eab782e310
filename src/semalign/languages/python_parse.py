"""Python text to a tree, one thread at a time."""

import ast
import threading
from typing import Literal, overload

_ALONE = threading.Lock()


@overload
def parse_python(text: str, mode: Literal["exec"] = "exec") -> ast.Module: ...
@overload
def parse_python(text: str, mode: Literal["eval"]) -> ast.Expression: ...
def parse_python(text: str, mode: Literal["exec", "eval"] = "exec") -> ast.Module | ast.Expression:
    """As `ast.parse`, which in CPython 3.11 counts recursion for all threads together, and fails when two do it.

    Raises: as `ast.parse`.
    """
    with _ALONE:
        return ast.parse(text) if mode == "exec" else ast.parse(text, mode="eval")
