"""CRUXEval: what a function returns on an input, and an input on which it returns something.

What is right is what running says, and any input that gives the output counts; the file's own output is only what
running has to agree with.
Source: Gu et al., "CRUXEval: A Benchmark for Code Reasoning, Understanding and Execution" (arXiv 2401.03065).
"""

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.grading.case import CallCase, Suite
from semalign.grading.judge import Judge
from semalign.rewards.answers import parse, read_value
from semalign.rewards.item import LABELS
from semalign.sandbox.model import Limits
from semalign.systems.codegen.exam import Exam, Question
from semalign.systems.codegen.loaders import rows
from semalign.values.compare import equal
from semalign.values.model import Value

_ENTRY = "answer"
_LIMITS = Limits(wall_s=4.0)
_CALL = re.compile(r"\bf\((.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    code: str
    given: str  # the arguments, as they stand between the brackets of a call
    output: str

    @property
    def expected(self) -> Value:
        found = read_value(self.output)
        if found is None:
            raise ConfigError(f"{self.name}: its output is no literal: {self.output[:60]}")
        return found

    def suite(self) -> Suite:
        case = CallCase(case_id="0", args=(), expected=self.expected)
        return Suite(entry=_ENTRY, cases=(case,), policy=LABELS, limits=_LIMITS)

    def program(self, given: str) -> str:
        """A program whose entry calls f on these arguments."""
        return f"{self.code}\n\ndef {_ENTRY}():\n    return f({given})\n"

    def tags(self) -> tuple[str, ...]:
        """What is returned and what the code is made of."""
        kinds = {type(node) for node in ast.walk(ast.parse(self.code))}
        loops = "nested loops" if _nested(self.code) else "loop" if kinds & {ast.For, ast.While} else "no loop"
        return f"returns {type(self.expected).__name__.lower()}", loops


def crux_eval(path: Path, judge: Judge, *, limit: int | None = None) -> tuple[Exam, Exam]:
    """CRUXEval-O and CRUXEval-I, from rows of `code`, `input`, `output` and `id`.

    Raises:
        ConfigError: the file can't be read, a row lacks a field, or running does not give what it says.
    """
    found = {row.name: row for row in _rows(path, judge, limit)}

    def grade_outputs(replies: Sequence[tuple[Question, str]]) -> list[bool | None]:
        marks: list[bool | None] = []
        for question, reply in replies:
            said = parse(reply, ("output",)).values.get("output")
            marks.append(said is not None and equal(found[question.question_id].expected, said, LABELS))
        return marks

    def grade_inputs(replies: Sequence[tuple[Question, str]]) -> list[bool | None]:
        asked = [(found[question.question_id], arguments(reply)) for question, reply in replies]
        jobs = [(row.program(given), row.suite()) for row, given in asked if given is not None]
        verdicts = iter(judge.judge_all(jobs))
        marks: list[bool | None] = []
        for _, given in asked:
            verdict = next(verdicts) if given is not None else None
            marks.append(False if verdict is None else verdict.passed if verdict.scorable else None)
        return marks

    outputs = tuple(
        Question(
            question_id=row.name,
            prompt=f"```python\n{row.code}\n```\nWhat does `f({row.given})` return? Reply with one line, `output = ` "
            "and the value as Python writes it.",
            right=f"output = {row.output}",
            wrong="output = 'no such value'",
            tags=row.tags(),
        )
        for row in found.values()
    )
    inputs = tuple(
        Question(
            question_id=row.name,
            prompt=f"```python\n{row.code}\n```\nFind arguments for which f returns `{row.output}`. Reply with one "
            "line, `f(...)` with values in place of the dots.",
            right=f"f({row.given})",
            wrong="f(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
            tags=row.tags(),
        )
        for row in found.values()
    )
    return (
        Exam(name="CRUXEval-O", questions=outputs, grade=grade_outputs),
        Exam(name="CRUXEval-I", questions=inputs, grade=grade_inputs),
    )


def arguments(reply: str) -> str | None:
    """The arguments of the last call of f in a reply, as they stand there; None where there is none.

    They may be any expressions, as they are in the set itself: they run where the function runs, in the sandbox.

    >>> arguments("So `f([1, 2], 'a')`."), arguments("f is"), arguments("f(1")
    ("[1, 2], 'a'", None, None)
    """
    for line in reversed(reply.splitlines()):
        match = _CALL.search(line.replace("`", ""))
        if match is None:
            continue
        try:
            call = ast.parse(f"f({match[1]})", mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            return match[1]
    return None


def _rows(path: Path, judge: Judge, limit: int | None) -> list[_Row]:
    found: list[_Row] = []
    for number, row in rows(path):
        if limit is not None and len(found) == limit:
            break
        try:
            found.append(_Row(str(row["id"]), row["code"], row["input"], row["output"]))
        except KeyError as exc:
            raise ConfigError(f"{path}, line {number}: lacks the field {exc}; a file of CRUXEval is wanted") from exc
    verdicts = judge.judge_all((row.program(row.given), row.suite()) for row in found)
    bad = [row.name for row, verdict in zip(found, verdicts, strict=True) if not verdict.passed]
    if bad:
        raise ConfigError(f"{path}: running does not give the output of {len(bad)} rows, first {bad[0]}")
    return found


def _nested(code: str) -> bool:
    loops = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For | ast.While)]
    return any(
        inner is not loop and isinstance(inner, ast.For | ast.While) for loop in loops for inner in ast.walk(loop)
    )
