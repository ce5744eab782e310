"""Missing constants: a name that only the source defines, as a number that its text tells."""

import ast
import re
from collections.abc import Iterator

from semalign.languages.python_parse import parse_python
from semalign.repair import Patch
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft

NAME = "missing constant"
_UNDECLARED = re.compile(r"symbol: +variable (\w+)|'(\w+)' was not declared|name '(\w+)' is not defined")
_FORMS = {
    "java": "final {type} {name} = {value};",
    "cpp": "const {type} {name} = {value};",
    "python": "{name} = {value}",
}


def constants(case: Case, draft: Draft) -> Iterator[Patch]:
    """Declarations at the head of the function's body."""
    function = draft.function
    body = function.child_by_field_name("body") if function is not None else None
    if body is None:
        return
    names = {next(filter(None, found.groups())) for note in draft.notes for found in _UNDECLARED.finditer(note)}
    lines = []
    for name in sorted(names):
        value = constant_of(name, case.source)
        if value is not None:
            kind = "int" if abs(value) < 1 << 31 else {"java": "long", "cpp": "long long"}.get(draft.language, "")
            suffix = "" if abs(value) < 1 << 31 or draft.language == "python" else "L"
            form = _FORMS[draft.language]
            lines.append(form.format(type=kind, name=name, value=f"{value}{suffix}"))
    if lines:
        python = draft.language == "python"
        at = body.start_byte if python else body.start_byte + 1
        text = "\n    ".join([*lines, ""]) if python else "\n    " + "\n    ".join(lines)
        yield Patch(edits=(draft.insert(at, text),), reason=f"only the source defines {', '.join(lines)}", author=NAME)


def constant_of(name: str, source: str) -> int | None:
    """The whole number that a text assigns to a name, once and as a literal expression.

    >>> constant_of("mod", "int mod = (int) 1e9 + 7;"), constant_of("MOD", "MOD = 1_000_000_007"), constant_of("x", "")
    (1000000007, 1000000007, None)
    """
    found = {value.strip() for value in re.findall(rf"\b{name}\s*=(?!=)\s*([^;\n]+)", source)}
    return number(found.pop()) if len(found) == 1 else None


def number(text: str) -> int | None:
    """The whole number that a literal expression of any of the languages stands for; None where it is none."""
    text = re.sub(r"\((?:int|long|long long)\)|(?<=\d)[lL]+\b", "", text)
    text = re.sub(
        r"(?:Math\s*\.\s*|std::)?\bpow\s*\((\w+),\s*(\w+)\)|\bint\s*(?=\()", r"\1**\2" if "pow" in text else "", text
    )
    try:
        value = _value(parse_python(text.strip(), "eval").body)
    except (SyntaxError, ValueError, OverflowError):
        return None
    return int(value) if value == int(value) else None


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=bool() | int() | float() as value):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = _value(left), _value(right)
            if isinstance(op, ast.Pow) and not 0 <= other <= 64:
                raise ValueError("too large a power")
            kinds = {ast.Add: one + other, ast.Sub: one - other, ast.Mult: one * other}
            return kinds[type(op)] if type(op) in kinds else _power(op, one, other)
        case _:
            raise ValueError("not a literal expression")


def _power(op: ast.operator, one: float, other: float) -> float:
    if isinstance(op, ast.Pow):
        return one ** int(other)
    raise ValueError("not an operation on literals")
