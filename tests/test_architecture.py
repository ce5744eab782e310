"""The shape of `src/`, as docs/style.md states it. There is no exception list: a larger number needs a decision record.

Each check takes a text and tells its problems; each is also given a planted text that it must report.
"""

import ast
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import semalign

ROOT = Path(__file__).parents[1]
SRC = ROOT / "src"
FILES = sorted(SRC.rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = frozenset(
    re.split(r"[^\w.-]", requirement, maxsplit=1)[0].replace("-", "_").lower()
    for requirements in PROJECT["project"].get("optional-dependencies", {}).values()
    for requirement in requirements
)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)

a_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SRC)))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# Contracts and drawing


def contract_problems(root: Path) -> str:
    """What lint-imports says of the tree at `root`; "" when every contract is kept."""
    linter = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [str(linter), "--no-cache"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def test_imports_follow_the_contracts() -> None:
    assert contract_problems(ROOT) == ""


@pytest.mark.parametrize(
    ("where", "planted", "contract"),
    [
        ("core/errors.py", "import semalign.values.model", "Arrows point down"),
        ("sandbox/model.py", "import semalign.traces.trace", "Arrows point down"),
        ("values/model.py", "def f() -> None:\n    import semalign.systems.translation", "Arrows point down"),
        ("utils.py", '"""A drawer."""', "Arrows point down"),
        ("systems/fifth.py", "import semalign.systems.translation", "The systems do not know each other"),
        ("alignment/__init__.py", "import torch", "The core runs without torch"),
        ("languages/guests/planted.py", "import semalign.core", "Guest scripts import nothing of ours"),
    ],
)
def test_a_planted_import_breaks_a_contract(tmp_path: Path, where: str, planted: str, contract: str) -> None:
    shutil.copytree(SRC, tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "src/semalign" / where).open("a", encoding="utf-8") as file:
        file.write(f"\n\n{planted}\n")
    assert f"{contract} BROKEN" in contract_problems(tmp_path)


def layers(project: dict[str, object]) -> list[str]:
    contracts = project["tool"]["importlinter"]["contracts"]  # type: ignore[index]  # a TOML tree
    (found,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    return list(found)


def drawn_rows(text: str) -> list[str]:
    """The rows of the first fenced block, each up to its first two spaces."""
    block = re.search(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [re.split(r"\s{2,}", row)[0] for row in block.group(1).splitlines()] if block else []


def test_the_drawing_and_the_contracts_agree() -> None:
    assert drawn_rows(text_of(ROOT / "docs/architecture.md")) == layers(PROJECT)


def test_a_planted_row_is_drawn_and_not_agreed() -> None:
    planted = "# Layers\n```\ncli    show\nhelpers\nalignment | languages   two abilities\n```\n```\ncore\n```\n"
    assert drawn_rows(planted) == ["cli", "helpers", "alignment | languages"]
    assert drawn_rows(planted) != layers(PROJECT)


# One file at a time


def long_file(text: str) -> set[str]:
    n_lines = len(text.splitlines())
    return {f"{n_lines} lines"} if n_lines > 400 else set()


@a_file
def test_a_file_fits_in_one_sitting(path: Path) -> None:
    assert long_file(text_of(path)) == set()


def long_functions(text: str) -> set[str]:
    return {
        f"{node.name}: {n_lines} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, FUNCTIONS) and (n_lines := (node.end_lineno or 0) - node.lineno + 1) > 60
    }


@a_file
def test_a_function_fits_on_one_screen(path: Path) -> None:
    assert long_functions(text_of(path)) == set()


def silent_module(text: str) -> set[str]:
    said = ast.get_docstring(ast.parse(text)) or ""
    if not said.strip():
        return {"no docstring"}
    return set() if said.splitlines()[0].endswith(".") else {"the first line of the docstring ends without a full stop"}


@a_file
def test_a_module_says_what_it_is_for(path: Path) -> None:
    assert silent_module(text_of(path)) == set()


def drawer_names(path: str) -> set[str]:
    drawers = {"utils", "util", "helpers", "common", "misc", "base_utils"}
    return {part for part in Path(path).with_suffix("").parts if part in drawers or part.endswith("_utils")}


@a_file
def test_a_file_is_called_by_its_noun(path: Path) -> None:
    assert drawer_names(str(path.relative_to(SRC))) == set()


def init_definitions(text: str) -> set[str]:
    allowed = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
    body = ast.parse(text).body
    rest = body[1:] if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) else body
    return {f"line {node.lineno}: {type(node).__name__}" for node in rest if not isinstance(node, allowed)}


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.name == "__init__.py"], ids=lambda path: str(path.relative_to(SRC))
)
def test_an_init_only_re_exports(path: Path) -> None:
    assert init_definitions(text_of(path)) == set()


def _inside_functions(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, (*FUNCTIONS, ast.Lambda)):
            yield from (inner for inner in ast.walk(node) if inner is not node)


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names):
            return [name.name for name in names]
        case ast.ImportFrom(module, _, level):
            return ["." * level + (module or "")]
        case _:
            return []


def hidden_imports(text: str) -> set[str]:
    found = set()
    for node in _inside_functions(ast.parse(text)):
        for name in _imported(node):
            first = name.partition(".")[0]
            if first not in sys.stdlib_module_names and first.lower() not in EXTRAS:
                found.add(name)
    return found


def dynamic_imports(text: str) -> set[str]:
    named = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                named.add(name)
    return named & {"import_module", "__import__"}


@a_file
def test_no_import_is_hidden(path: Path) -> None:
    assert hidden_imports(text_of(path)) == set()
    if "guests" not in path.parts:  # a guest warms up standard modules by name; nothing of ours is in its sight
        assert dynamic_imports(text_of(path)) == set()


def foreign_imports(text: str) -> set[str]:
    names = {name for node in ast.walk(ast.parse(text)) for name in _imported(node)}
    return {name for name in names if name.partition(".")[0] not in sys.stdlib_module_names}


@pytest.mark.parametrize(
    "path", [path for path in FILES if path.parent.name == "guests"], ids=lambda path: str(path.relative_to(SRC))
)
def test_guest_scripts_need_only_the_standard_library(path: Path) -> None:
    assert foreign_imports(text_of(path)) == set()


PLANTED: list[tuple[Callable[[str], set[str]], str, set[str]]] = [
    (long_file, "x = 1\n" * 401, {"401 lines"}),
    (long_functions, "def f():\n    async def g():\n" + "        x = 1\n" * 60, {"f: 62 lines", "g: 61 lines"}),
    (silent_module, "x = 1\n", {"no docstring"}),
    (silent_module, '"""\n"""\n', {"no docstring"}),
    (silent_module, '"""What it is for\n\nMore."""\n', {"the first line of the docstring ends without a full stop"}),
    (drawer_names, "semalign/common/x.py", {"common"}),
    (drawer_names, "semalign/values/utils.py", {"utils"}),
    (drawer_names, "semalign/text_utils.py", {"text_utils"}),
    (init_definitions, '"""Doc."""\nimport os\nX = 1\ndef f(): ...\n', {"line 4: FunctionDef"}),
    (init_definitions, "class X: ...\nprint(1)\n", {"line 1: ClassDef", "line 2: Expr"}),
    (hidden_imports, "def f():\n    import numpy.linalg, os\n", {"numpy.linalg"}),
    (hidden_imports, "class A:\n    def f(self):\n        from semalign.core import errors\n", {"semalign.core"}),
    (hidden_imports, "def f():\n    from . import errors\n", {"."}),
    (dynamic_imports, "import importlib\nimportlib.import_module('semalign.systems')\n", {"import_module"}),
    (dynamic_imports, "from importlib import import_module as load\n", {"import_module"}),
    (dynamic_imports, "__import__('os')\n", {"__import__"}),
    (foreign_imports, "import json, numpy\n", {"numpy"}),
    (foreign_imports, "def f():\n    from semalign.languages.guests import x\n", {"semalign.languages.guests"}),
    (foreign_imports, "from . import x\n", {"."}),
]


@pytest.mark.parametrize(
    ("problems", "planted", "told"), PLANTED, ids=[f"{case[0].__name__}-{i}" for i, case in enumerate(PLANTED)]
)
def test_a_planted_violation_is_told(problems: Callable[[str], set[str]], planted: str, told: set[str]) -> None:
    assert problems(planted) == told


# All files together


def config_fields(tree: ast.AST) -> set[str]:
    """Annotated fields of the classes that hold settings, as `Class.field`."""
    return {
        f"{kind.name}.{field.target.id}"
        for kind in ast.walk(tree)
        if isinstance(kind, ast.ClassDef) and (kind.name.endswith("Config") or kind.name in ("Limits", "Policy"))
        for field in kind.body
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and "ClassVar" not in ast.unparse(field.annotation)
    }


def names_read(tree: ast.AST) -> set[str]:
    read = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
    return read.union(*(node.kwd_attrs for node in ast.walk(tree) if isinstance(node, ast.MatchClass)))


def unread_fields(texts: list[str]) -> set[str]:
    trees = [ast.parse(text) for text in texts]
    read = set().union(*map(names_read, trees))
    return {field for tree in trees for field in config_fields(tree) if field.partition(".")[2] not in read}


def test_every_config_field_is_read() -> None:
    assert unread_fields([text_of(path) for path in FILES]) == set()


def test_a_planted_field_that_is_only_written_is_told() -> None:
    planted = """
class Limits:
    wall_s: float
    matched: int
    written: int
    forgotten: int
    shared: ClassVar[int]
class LoopConfig:
    rounds: int
class Other:
    free: int
"""
    use = """
print(limits.wall_s)
limits.written = 3
match limits:
    case Limits(matched=0): pass
"""
    assert unread_fields([planted, use]) == {"Limits.written", "Limits.forgotten", "LoopConfig.rounds"}


def public_names(module: object) -> list[str]:
    """The exported names with their signatures, one a line."""
    lines = []
    for name in sorted(getattr(module, "__all__", [])):
        value = getattr(module, name)
        lines.append(f"{name}{inspect.signature(value)}" if callable(value) else name)
    return lines


def test_public_names_are_the_recorded_ones() -> None:
    recorded = text_of(ROOT / "tests/fixtures/public_api.txt").splitlines()
    assert public_names(semalign) == recorded, (
        "a promise to users changed: record it in public_api.txt and CHANGELOG.md"
    )


def test_a_planted_change_of_a_signature_is_told() -> None:
    class Planted:
        __all__ = ("level", "diff")
        level = 3

        @staticmethod
        def diff(a: int, *, b: str = "x") -> bool:
            return str(a) == b

    assert public_names(Planted) == ["diff(a: int, *, b: str = 'x') -> bool", "level"]
