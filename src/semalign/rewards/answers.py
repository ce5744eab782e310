"""Reading what a model says that variables hold. Never raises, whatever the text.

Taken are `name = value` lines and one JSON or Python mapping, bare or in a fence, with prose around them; values in
Python's or in JSON's spelling. How it was written is noted, and not paid for.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from semalign.values.model import Bool, Bytes, Float, Int, List, Map, Null, Set, Text, Tuple, Value

_MAX_CHARACTERS = 50_000  # of an answer that is looked at, from its end
_MAX_BRACES = 100  # of a text in which a mapping is looked for
_FENCE = re.compile(r"```[^\n`]*\n?(.*?)(?:```|\Z)", re.DOTALL)
_LINE = re.compile(r"^[\s>*-]*[`\"']?([A-Za-z_][\w.#]*)[`\"']?\s*(?:=|:|->)\s*(.+?)\s*$")
_WORDS = {"null": "None", "true": "True", "false": "False", "nan": "NaN", "infinity": "inf", "none": "None"}
_WORD = re.compile(r"(?<![\w'\"])(null|true|false|none)(?![\w'\"])")
_CALLS = {"set", "frozenset", "tuple", "list", "dict", "deque", "Counter", "OrderedDict", "defaultdict", "float"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was understood: values by the names that were asked for, and whether there was nothing else."""

    values: Mapping[str, Value] = field(default_factory=dict)
    format_ok: bool = False  # every name once, and no text beside
    leftovers: str = ""  # what was not understood


def parse(text: str, names: Sequence[str]) -> Answer:
    r"""The values that a text gives these names; of several for one name the last counts.

    >>> parse('So:\n```json\n{"n": 3, "m": null}\n```', ("n", "m")).values
    {'n': Int(value=3, width_bits=None), 'm': Null()}
    >>> parse("s = {1, 2}\nok", ("s", "k")).values
    {'s': Set(items=(Int(value=1, width_bits=None), Int(value=2, width_bits=None)))}
    """
    text = text[-_MAX_CHARACTERS:]
    wanted = dict.fromkeys(names)
    found: dict[str, Value] = {}
    rest: list[str] = []
    for part in _parts(text):
        mapping = _mapping(part, wanted)
        if mapping is not None:
            found.update(mapping)
            continue
        said, left = _lines(part, wanted)
        found.update(said)
        rest.extend(left)
    ordered = {name: found[name] for name in names if name in found}
    leftovers = "\n".join(rest).strip()
    return Answer(values=ordered, format_ok=len(ordered) == len(wanted) and not leftovers, leftovers=leftovers)


def read_value(text: str) -> Value | None:
    """One value in Python's or JSON's spelling; None where it is neither.

    >>> read_value("[1, None, null, 'a', inf]")
    List(items=(Int(value=1, width_bits=None), Null(), Null(), Text(value='a'), Float(value=inf, width_bits=64)))
    """
    for spelled in (text, _WORD.sub(lambda word: _WORDS[word[0]], text)):
        try:
            return _value(ast.parse(spelled.strip(), mode="eval").body)
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            continue
    return None


def _parts(text: str) -> Iterator[str]:
    """The text around fences, and each fence's inside."""
    end = 0
    for fence in _FENCE.finditer(text):
        yield text[end : fence.start()]
        yield fence[1]
        end = fence.end()
    yield text[end:]


def _mapping(text: str, wanted: Mapping[str, Any]) -> dict[str, Value] | None:
    """A mapping of asked names that stands in the text, the last one if there are several."""
    start = text.find("{")
    if start < 0 or not any(f'"{name}"' in text or f"'{name}'" in text for name in wanted):
        return None
    found: dict[str, Value] | None = None
    for _ in range(_MAX_BRACES):
        if start < 0:
            break
        end = _closing(text, start)
        value = read_value(text[start:end]) if end else None
        if isinstance(value, Map):
            said = {key.value: item for key, item in value.pairs if isinstance(key, Text)}
            known = {name: item for name, item in said.items() if name in wanted}
            found = known or found
            start = text.find("{", end)
        else:
            start = text.find("{", start + 1) if end else -1
    return found


def _closing(text: str, start: int) -> int:
    """Behind the brace that closes the one at `start`; 0 where there is none."""
    depth, quote, at = 0, "", start
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'":
            quote = char
        elif char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return 0


def _lines(text: str, wanted: Mapping[str, Any]) -> tuple[dict[str, Value], list[str]]:
    found: dict[str, Value] = {}
    rest = []
    for line in text.splitlines():
        match = _LINE.match(line)
        name = match[1] if match else ""
        value = None
        if match and name in wanted:
            said = match[2].strip("`")
            value = read_value(said)
            if value is None:
                value = read_value(said.rstrip(".,;`"))
        if value is None:
            rest.append(line)
        else:
            found[name] = value
    return found, rest


def _value(node: ast.expr) -> Value:
    """A literal as a value; raises ValueError where it is none."""
    match node:
        case ast.Constant(value):
            return _constant(value)
        case ast.List(items):
            return List(tuple(map(_value, items)))
        case ast.Tuple(items):
            return Tuple(tuple(map(_value, items)))
        case ast.Set(items):
            return Set(tuple(map(_value, items)))
        case ast.Dict(keys, items) if None not in keys:
            return Map(tuple((_value(key), _value(item)) for key, item in zip(keys, items, strict=True) if key))
        case ast.UnaryOp(ast.USub(), operand):
            return _negative(_value(operand))
        case ast.UnaryOp(ast.UAdd(), operand):
            return _value(operand)
        case ast.Name(id=name) if name.lower() in ("inf", "nan", "infinity"):
            return Float(float(name))
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in _CALLS:
            return _made(name, _value(args[-1]) if args else None)
    raise ValueError(f"no literal: {type(node).__name__}")


def _constant(value: object) -> Value:
    match value:
        case None:
            return Null()
        case bool():
            return Bool(value)
        case int():
            return Int(value)
        case float():
            return Float(value)
        case str():
            return Text(value)
        case bytes():
            return Bytes(value)
    raise ValueError("no value of ours")


def _negative(value: Value) -> Value:
    if isinstance(value, Int):
        return Int(-value.value)
    if isinstance(value, Float):
        return Float(-value.value)
    raise ValueError("no number")


def _made(name: str, inner: Value | None) -> Value:
    """What a constructor makes of the last of its arguments; before it a `defaultdict` has its factory."""
    match name, inner:
        case "set" | "frozenset", None:
            return Set(())
        case "set" | "frozenset", List(items) | Tuple(items) | Set(items):
            return Set(tuple(dict.fromkeys(items)))
        case "list" | "deque", None:
            return List(())
        case "list" | "deque", List(items) | Tuple(items):
            return List(items)
        case "tuple", None:
            return Tuple(())
        case "tuple", List(items) | Tuple(items):
            return Tuple(items)
        case "dict" | "Counter" | "OrderedDict" | "defaultdict", None:
            return Map(())
        case "dict" | "Counter" | "OrderedDict" | "defaultdict", Map():
            return inner
        case "float", Text(value):
            return Float(float(value))
    raise ValueError(f"no literal of {name}")
