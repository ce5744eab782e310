"""Problems from files that the user brings, in the layouts in which public sets are shared. Nothing is fetched.

Each row of a JSON-lines file is told by its fields; what can't be a problem is an error that names file, line and why.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from semalign.core.errors import ConfigError
from semalign.grading.case import CallCase, Case, CodeCase, StreamCase, Suite
from semalign.sandbox.model import Limits
from semalign.systems.codegen.problem import Problem
from semalign.values.model import Bool, Float, Int, List, Map, Null, Text, Value

_MAX_BYTES = 1 << 30
_LIMITS = Limits(wall_s=6.0)


def load_problems(path: Path, *, limit: int | None = None) -> list[Problem]:
    """The problems of a JSON-lines file, in order.

    Known layouts: HumanEval; APPS and TACO (`question`, `input_output`); LiveCodeBench (`question_content`,
    `public_test_cases`, `private_test_cases` where these are plain JSON); PRIME's Eurus-2-RL (`reward_model`); and
    our own, `{"id", "statement", "entry", "cases": [{"args": [...], "expected": ...} or {"stdin", "stdout"}], "gold"}`.

    Raises:
        ConfigError: the file can't be read, or a row is no problem of a known layout, or has no tests.
    """
    found: dict[str, Problem] = {}
    for number, row in rows(path):
        if limit is not None and len(found) == limit:
            break
        try:
            problem = _problem(row, f"{path.stem}/{number}")
        except (ValueError, KeyError, TypeError, IndexError) as exc:
            reason = f"lacks the field {exc}" if isinstance(exc, KeyError) else str(exc)
            raise ConfigError(f"{path}, line {number}: {reason}") from exc
        if problem.problem_id in found:
            raise ConfigError(f"{path}, line {number}: the id {problem.problem_id!r} is there twice")
        found[problem.problem_id] = problem
    if not found:
        raise ConfigError(f"{path}: holds no problem")
    return list(found.values())


def rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The objects of a JSON-lines file with their line numbers.

    Raises:
        ConfigError: the file can't be read, or a line is no JSON object.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigError(f"{path}: larger than 1 GiB; split it, or give the part that is to be used")
        text = path.read_text(encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give a JSON-lines file") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: not UTF-8 text; unpack it, and give the JSON-lines file in it") from exc
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as exc:
            raise ConfigError(f"{path}, line {number}: no JSON ({exc})") from exc
        if not isinstance(row, dict):
            raise ConfigError(f"{path}, line {number}: a JSON object is wanted, got {type(row).__name__}")
        yield number, row


def value_of(tree: Any) -> Value:
    """What JSON holds, as a value; a list stays one, and keys are text."""
    match tree:
        case None:
            return Null()
        case bool():
            return Bool(tree)
        case int():
            return Int(tree)
        case float():
            return Float(tree)
        case str():
            return Text(tree)
        case list():
            return List(tuple(map(value_of, tree)))
        case dict():
            return Map(tuple((Text(key), value_of(item)) for key, item in tree.items()))
    raise ValueError(f"no value of JSON: {tree!r}")


def _problem(row: Mapping[str, Any], name: str) -> Problem:
    for field, read in _LAYOUTS:
        if field in row:
            return read(row, name)
    raise ValueError(f"no layout that is known has the fields {', '.join(sorted(row)[:8])}")


def _own(row: Mapping[str, Any], name: str) -> Problem:
    cases: list[Case] = []
    for number, case in enumerate(row["cases"]):
        if "stdin" in case:
            cases.append(StreamCase(case_id=str(number), stdin=case["stdin"], expected=case["stdout"]))
        else:
            args = tuple(map(value_of, case["args"]))
            cases.append(CallCase(case_id=str(number), args=args, expected=value_of(case["expected"])))
    suite = Suite(entry=row.get("entry", ""), cases=tuple(cases), limits=_LIMITS)
    return Problem(problem_id=str(row.get("id", name)), statement=row["statement"], suite=suite, gold=row.get("gold"))


def _human_eval(row: Mapping[str, Any], _: str) -> Problem:
    # Some tests call a helper that stands in the prompt; with its documentation for a body the prompt is a program.
    check = CodeCase(case_id="check", code=row["test"], setup=row["prompt"])
    suite = Suite(entry=row["entry_point"], cases=(check,), limits=_LIMITS)
    return Problem(
        problem_id=row["task_id"],
        statement=f"Complete this function.\n```python\n{row['prompt'].rstrip()}\n```",
        suite=suite,
        gold=row["prompt"] + row["canonical_solution"],
    )


def _apps(row: Mapping[str, Any], name: str) -> Problem:
    tests = _json(row["input_output"])
    solutions = _json(row.get("solutions") or "[]")
    entry = tests.get("fn_name") or ""
    suite = _suite(tests["inputs"], tests["outputs"], entry)
    problem_id = str(row.get("problem_id", row.get("id", name)))
    gold = solutions[0] if solutions else None
    return Problem(problem_id=problem_id, statement=row["question"], suite=suite, gold=gold)


def _prime(row: Mapping[str, Any], name: str) -> Problem:
    tests = _json(row["reward_model"])["ground_truth"]
    tests = _json(tests)
    asked = _json(row["prompt"])
    statement = asked if isinstance(asked, str) else "\n\n".join(
        one["content"] for one in asked if one.get("role") == "user")  # fmt: skip
    problem_id = str(_json(row.get("extra_info") or "{}").get("index", name))
    suite = _suite(tests["inputs"], tests["outputs"], tests.get("fn_name") or "")
    return Problem(problem_id=problem_id, statement=statement, suite=suite)


def _live_code_bench(row: Mapping[str, Any], name: str) -> Problem:
    tests = _json(row["public_test_cases"])
    hidden = row.get("private_test_cases") or "[]"
    if isinstance(hidden, list) or hidden.lstrip().startswith("["):  # else it is packed as a pickle, never opened here
        tests = [*tests, *_json(hidden)]
    entry = _json(row.get("metadata") or "{}").get("func_name") or ""
    inputs = [test["input"] for test in tests]
    outputs = [test["output"] for test in tests]
    if entry:
        inputs = [[json.loads(line) for line in text.splitlines() if line.strip()] for text in inputs]
        outputs = [json.loads(text) for text in outputs]
    statement = row["question_content"]
    if row.get("starter_code"):
        statement += f"\n\n```python\n{row['starter_code'].rstrip()}\n```"
    return Problem(
        problem_id=str(row.get("question_id", name)), statement=statement, suite=_suite(inputs, outputs, entry)
    )


def _suite(inputs: list[Any], outputs: list[Any], entry: str) -> Suite:
    """Tests as these sets have them: arguments and a result, or what is read and what is printed."""
    if len(inputs) != len(outputs):
        raise ValueError(f"{len(inputs)} inputs and {len(outputs)} outputs")
    if not inputs:
        raise ValueError("has no tests: nothing could be judged")
    cases: list[Case] = []
    for number, (given, expected) in enumerate(zip(inputs, outputs, strict=True)):
        if entry:
            # A list of one result is how APPS wraps results; a program that returns such a list is rare there.
            result = expected[0] if isinstance(expected, list) and len(expected) == 1 else expected
            cases.append(CallCase(case_id=str(number), args=tuple(map(value_of, given)), expected=value_of(result)))
        else:
            cases.append(StreamCase(case_id=str(number), stdin=_lines(given), expected=_lines(expected)))
    return Suite(entry=entry, cases=tuple(cases), limits=_LIMITS)


def _lines(text: Any) -> str:
    return "\n".join(map(str, text)) if isinstance(text, list) else str(text)


def _json(text: Any) -> Any:
    """A field that is JSON in JSON; what is no JSON is itself."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


_LAYOUTS: tuple[tuple[str, Callable[[Mapping[str, Any], str], Problem]], ...] = (
    ("cases", _own),
    ("entry_point", _human_eval),
    ("public_test_cases", _live_code_bench),
    ("reward_model", _prime),
    ("input_output", _apps),
)  # by the field that only this layout has


def with_limits(problem: Problem, limits: Limits) -> Problem:
    """The same problem, its cases under other limits."""
    return replace(problem, suite=replace(problem.suite, limits=limits))
