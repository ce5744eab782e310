"""Whether a judge, and the suites that it is to use, can be trusted. Asked before a run depends on them."""

from collections.abc import Iterable
from dataclasses import dataclass

from semalign.core.errors import ConfigError, SandboxError
from semalign.grading.case import CallCase, Suite
from semalign.grading.judge import Judge
from semalign.grading.verdict import Verdict
from semalign.values.model import Int

_RIGHT, _WRONG, _ABSENT = "def f(n):\n    return n + 1\n", "def f(n):\n    return n\n", "g = 1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A suite, and the program that must pass it."""

    name: str
    program: str
    suite: Suite


def check_judge(judge: Judge) -> None:
    """A right program passes; a wrong one and one without the entry do not.

    Raises:
        SandboxError: otherwise; nothing that this judge says would mean anything.
    """
    suite = Suite(entry="f", cases=(CallCase(case_id="1", args=(Int(20),), expected=Int(21)),))
    for program in (_RIGHT, _WRONG, _ABSENT):
        verdict = judge.judge(program, suite)
        if not verdict.scorable or verdict.passed is not (program is _RIGHT):
            raise SandboxError(f"the judge fails its own test, nothing is graded with it: {_story(verdict)}")


def check_gold(judge: Judge, golds: Iterable[Gold], *, workers: int = 2) -> None:
    """Every gold program passes its own suite.

    Raises:
        ConfigError: some do not; names the first ones with what went wrong.
        SandboxError: the machine failed on one.
    """
    every = list(golds)
    failed = []
    verdicts = judge.judge_all(((gold.program, gold.suite) for gold in every), workers=workers)
    for gold, verdict in zip(every, verdicts, strict=True):
        first = verdict.first_failure
        if first is not None and not verdict.scorable:
            raise SandboxError(f"gold of {gold.name} can't be judged: {_story(verdict)}")
        if not verdict.passed:
            failed.append(f"{gold.name} ({_story(verdict)})")
    if failed:
        more = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        raise ConfigError(
            f"gold fails its own tests in {len(failed)} of {len(every)} problems: {'; '.join(failed[:3])}{more}; "
            "mend or remove them, no run begins with them"
        )


def _story(verdict: Verdict) -> str:
    first = verdict.first_failure
    if first is None:
        return "every case passed" if verdict.cases else "no case was run"
    return f"case {first.case_id}: {first.cause}, {first.difference or 'no detail'}"
