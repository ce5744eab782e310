"""Public data folders as programs and inputs: the parallel functions of `gfg` and the tasks of `transagent`.

Both sets are used where they lie, and neither is part of the project. An *id* names a function in all three languages;
its inputs come from the Python script of that id, so that the three are called with the same values. An id without a
script gets inputs made from the C++ parameter types.
"""

import ast
import json
import os
import random
import re
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from semalign.values.model import Bool, Float, Int, List, Map, Null, Set, Text, Tuple, Value

N_GENERATED = 10  # inputs made for an id without a script

_PYTHON_PRELUDE = "import collections\nimport heapq\nimport itertools\nimport math\nimport random\nimport sys\n"
_JAVA_PRELUDE = "import java.util.*;\nimport java.util.stream.*;\nimport java.lang.*;\nimport javafx.util.Pair;\n"
_CPP_PRELUDE = "#include <bits/stdc++.h>\nusing namespace std;\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelFunction:
    """One algorithm in three languages. `sources` are whole files, `names` what the function is called there."""

    id: str
    sources: dict[str, str]
    names: dict[str, str]
    bare: dict[str, str]  # the function alone, as the data has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task: a function, and the program with a `main` that calls it and prints what it returns."""

    id: str
    function: str  # text of the function
    program: str  # the shell with the function in the place of its `TOFILL` mark
    expected: str  # the stored inputs and outputs, as text; "" where the row has none


def data_folder(argument: str | None) -> Path:
    """The folder given on the command line, else that of `SEMALIGN_DATA`; ends the program when there is none."""
    chosen = argument or os.environ.get("SEMALIGN_DATA")
    if not chosen or not Path(chosen).is_dir():
        sys.exit("error: no data folder; give it as an argument or set SEMALIGN_DATA")
    return Path(chosen)


@cache
def gfg_functions(data: Path) -> tuple[ParallelFunction, ...]:
    """All rows of `translation/gfg/functions.jsonl`, in the file's order."""
    return tuple(map(_parallel, _rows(data / "translation/gfg/functions.jsonl")))


def gfg_inputs(data: Path, function_id: str) -> list[tuple[Value, ...]]:
    """Argument tuples of that id: the `param` list of its Python script, else made from its C++ parameter types.

    Empty where there is neither a script nor a type that values can be made for.
    """
    script = data / f"translation/gfg/python/{function_id}.py"
    if script.is_file():
        return _script_inputs(script.read_text(encoding="utf-8"))
    row = next(f for f in gfg_functions(data) if f.id == function_id)
    return _made_inputs(row.bare["cpp"], random.Random(function_id))


@cache
def transagent_tasks(data: Path, language: str) -> tuple[Task, ...]:
    """All rows of `translation/transagent/tasks_{language}.jsonl` as programs, in the file's order."""
    return tuple(map(_task, _rows(data / f"translation/transagent/tasks_{language}.jsonl")))


def value_of(native: object) -> Value:
    """The `Value` of a Python literal.

    Raises:
        TypeError: it is not made of literals.
    """
    match native:
        case None:
            return Null()
        case bool():
            return Bool(native)
        case int():
            return Int(native)
        case float():
            return Float(native)
        case str():
            return Text(native)
        case list():
            return List(tuple(map(value_of, native)))
        case tuple():
            return Tuple(tuple(map(value_of, native)))
        case set() | frozenset():
            return Set(tuple(map(value_of, native)))
        case dict():
            return Map(tuple((value_of(key), value_of(item)) for key, item in native.items()))
        case _:
            raise TypeError(f"not a literal: {type(native).__name__}")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _parallel(row: dict[str, str]) -> ParallelFunction:
    bare = {language: row[language] for language in ("python", "java", "cpp")}
    class_name = re.sub(r"\W", "_", row["id"])
    called = r"(\w+)\s*\("
    return ParallelFunction(
        id=row["id"],
        sources={
            "python": f"{_PYTHON_PRELUDE}\n\n{bare['python']}\n",
            "java": f"{_JAVA_PRELUDE}\npublic class {class_name} {{\n{_lost_members(bare['java'])}{bare['java']}\n}}\n",
            "cpp": f"{_CPP_PRELUDE}{_lost_constants(bare['cpp'])}\n{bare['cpp']}\n",
        },
        names={
            "python": _first_name(r"def\s+(\w+)", bare["python"]),
            "java": f"{class_name}.{_first_name(called, bare['java'])}",
            "cpp": _first_name(called, bare["cpp"]),
        },
        bare=bare,
    )


_LOST = {"MAX": 100, "MIN": -1_000_000, "N": 100, "NO_OF_CHARS": 256}
"""Constants that some C++ rows use and that the set lost when it cut the functions out of their programs."""


def _lost_constants(cpp: str) -> str:
    """Declarations of the constants that a row uses and nowhere declares."""
    lost = {name: value for name, value in _LOST.items() if re.search(rf"\b{name}\b", cpp)}
    declared = {name for name in lost if re.search(rf"\b(int|long|define|string|char|float|double)\s+{name}\b", cpp)}
    return "".join(f"const int {name} = {value};\n" for name, value in lost.items() if name not in declared)


_LOST_MEMBERS = {
    r"(?<![\w.])\s*\bmax\s*\(": "static int max(int a, int b) { return Math.max(a, b); }\n",
    r"\bNO_OF_CHARS\b": "static final int NO_OF_CHARS = 256;\n",
}
"""Members that some Java rows use and that the set lost likewise."""


def _lost_members(java: str) -> str:
    used = java.replace("Math . max", "").replace("Math.max", "").replace("Integer . max", "")
    return "".join(
        text
        for pattern, text in _LOST_MEMBERS.items()
        if re.search(pattern, used) and not re.search(r"\b(int|final)\s+(max\s*\(|NO_OF_CHARS)", java)
    )


def _first_name(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    return found.group(1) if found else ""


def _task(row: dict[str, str]) -> Task:
    function = row["source_code_str"]
    program = re.sub(r"^.*TOFILL.*$", lambda _: function, row["source_code_shell"], count=1, flags=re.MULTILINE)
    return Task(
        id=row["source_Lan"].partition("###")[2],
        function=function,
        program=program,
        expected=row.get("all_input_output_value", ""),
    )


def _script_inputs(text: str) -> list[tuple[Value, ...]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "param":
            return [tuple(map(value_of, row)) for row in ast.literal_eval(node.value)]
    return []


def _made_inputs(cpp: str, rng: random.Random) -> list[tuple[Value, ...]]:
    head = re.search(r"\((.*?)\)", cpp, flags=re.DOTALL)
    parts = [" ".join(part.split()) for part in head.group(1).split(",")] if head else []
    parts = [part for part in parts if part]
    rows: list[tuple[Value, ...]] = []
    for size in range(1, N_GENERATED + 1):
        row = [_made(part, size, rng) for part in parts]
        if any(made is None for made in row):
            return []
        rows.append(tuple(made for made in row if made is not None))
    return rows


def _made(declared: str, size: int, rng: random.Random) -> Value | None:
    """A value for one C++ parameter, as far as the text of its type tells; whole numbers are `size`, a length."""
    if "[" in declared or "*" in declared or "vector" in declared:
        n_levels = declared.count("[") + declared.count("*") + declared.count("vector")
        scalar = re.sub(r"\[[^\]]*\]|\*|vector|[<>&]", " ", declared)
        return _nested(scalar, n_levels, size, rng)
    if "string" in declared:
        return Text("".join(rng.choice("abc01") for _ in range(size)))
    if re.search(r"\b(float|double)\b", declared):
        return Float(float(rng.randint(1, 10 * size)))
    if re.search(r"\bchar\b", declared):
        return Text(rng.choice("abc01"))
    if re.search(r"\bbool\b", declared):
        return Bool(rng.random() < 0.5)
    if re.search(r"\b(int|long|unsigned|short)\b", declared):
        return Int(size)
    return None


def _nested(scalar: str, n_levels: int, size: int, rng: random.Random) -> Value | None:
    if n_levels > 1:
        rows = [_nested(scalar, n_levels - 1, size, rng) for _ in range(size)]
        return None if any(row is None for row in rows) else List(tuple(row for row in rows if row is not None))
    if re.search(r"\bchar\b", scalar):
        return Text("".join(rng.choice("abc01") for _ in range(size)))
    if re.search(r"\b(float|double)\b", scalar):
        return List(tuple(Float(float(rng.randint(0, 50))) for _ in range(size)))
    if re.search(r"\b(int|long|bool|unsigned|short)\b", scalar):
        return List(tuple(Int(rng.randint(0, 50)) for _ in range(size)))
    return None
