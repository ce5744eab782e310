"""Tests that are code, examined without the program at hand.

The test runs in a process of its own, where a call of the program is looked up among those that were run before; one
that is not there ends the attempt, is run in the program's own process, and the test starts again. What crosses are
`Value`s, in both directions. So neither can the program read the asserts nor can an object of its own meet them.

Not for: tests that need randomness or a clock to differ between attempts; the sandbox fixes the seeds of both runs.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from semalign.core.errors import SandboxError
from semalign.grading.candidate import Answer, Candidate
from semalign.grading.case import CodeCase, Suite
from semalign.grading.verdict import CaseResult, Cause
from semalign.languages.python_guests import GUESTS, script
from semalign.sandbox.model import Cause as Ended
from semalign.sandbox.model import Limits, Sandbox
from semalign.values.model import Raised, Value, is_whole
from semalign.values.wire import decode, encode, type_json

MAX_ROUNDS = 400
_FILES = (
    GUESTS / "python_values.py",
    GUESTS / "python_arguments.py",
    Path(__file__).parent / "guests" / "examination.py",
)
_START = 'Examination(header, {"Snapshots": Snapshots, "Arguments": Arguments}).run()'
_SINK_MIB = 4
_WALL_S = 10.0


def examine(case: CodeCase, program: Candidate, suite: Suite, sandbox: Sandbox) -> CaseResult:
    """Passed if every assert holds. What the program did wrong in a call is the cause, where it did.

    A test that can't be examined (it passes functions, or arguments by name) is `INFRA`. One that does not end with the
    program's answers, or asks for more than `MAX_ROUNDS` calls one after the other, is the program's `TIMEOUT`: which
    calls a test makes hangs on the answers alone, so a suite that its gold passes has room for every right program.

    Raises:
        SandboxError: the machine failed.
    """
    result = CaseResult(case_id=case.case_id, cause=Cause.TIMEOUT)
    known: list[type_json] = []
    wall_s = 0.0
    for _ in range(MAX_ROUNDS):
        said = _attempt(case, suite.entry, known, sandbox)
        if "need" not in said:
            cause, difference = _cause(said)
            return replace(result, cause=cause, difference=difference, wall_s=wall_s)
        rows = [_row(text) for text in said["need"]]
        answers = program.call(rows, sandbox, suite.limits, stop=lambda answer: _ended(answer) is None)
        wall_s += sum(answer.wall_s for answer in answers)
        for text, answer in zip(said["need"], answers, strict=False):
            ended = _ended(answer)
            if ended is None:
                cause, difference = answer.cause or Cause.OUTPUT_CAP, answer.detail or "its answer is too large"
                return replace(result, cause=cause, difference=difference, output=answer.value, wall_s=wall_s)
            known.append([text, ended])
    return replace(result, difference=f"the test asks for more than {MAX_ROUNDS} calls one after the other")


def _attempt(case: CodeCase, entry: str, known: list[type_json], sandbox: Sandbox) -> dict[str, Any]:
    header: dict[str, type_json] = {"setup": case.setup, "code": case.code, "entry": entry, "known": known}
    limits = Limits(wall_s=_WALL_S, sink_mib=_SINK_MIB, memory_mib=1024)
    outcome = sandbox.run(script(_FILES, _START, header), limits=limits)
    try:
        said: dict[str, Any] = json.loads(outcome.sink.split(b"\n", 1)[0])
    except ValueError:
        if known and outcome.cause in (Ended.TIMEOUT, Ended.MEMORY):
            return {"late": f"the test did not end with its answers: {outcome.detail}"}
        raise SandboxError(f"the test {case.case_id} ended without a word: {outcome.cause}, {outcome.detail}") from None
    return said


def _cause(said: dict[str, Any]) -> tuple[Cause, str | None]:
    if "broken" in said:
        return Cause.INFRA, f"the test can't be examined: {said['broken']}"
    for tag, cause in (("failed", Cause.WRONG), ("raised", Cause.EXCEPTION), ("late", Cause.TIMEOUT)):
        if tag in said:
            return cause, str(said[tag])
    return Cause.PASSED, None


def _row(text: str) -> Sequence[Value]:
    return [decode(tree) for tree in json.loads(text)]


def _ended(answer: Answer) -> type_json:
    """How a call ended, as the examination reads it; None where the case ends here."""
    if answer.cause is Cause.EXCEPTION and isinstance(answer.value, Raised):
        return ["e", answer.value.name, answer.value.message]
    if answer.cause is not None or answer.value is None or not is_whole(answer.value):
        return None
    return ["r", encode(answer.value), [encode(value) for value in answer.arguments]]
