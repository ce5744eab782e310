"""The judge: programs and suites in, `Verdict`s out.

It holds what is expected; a program gets the input of a case and nothing else, in a sandbox, and can influence its own
answers only. Answers are compared here, as `Value`s: no object of the program is alive when that is done.
Source: the design follows from what is wrong with graders that call a candidate in their own process, where walking
the frames is enough to print the expected output (CodeRL+'s released code, and the LiveCodeBench grader it took over).
"""

import enum
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from semalign.core.errors import SandboxError
from semalign.grading.candidate import Answer, Candidate, candidate
from semalign.grading.case import CallCase, Case, CodeCase, StreamCase, Suite
from semalign.grading.examiner import examine
from semalign.grading.printed import difference
from semalign.grading.retried import Retried
from semalign.grading.verdict import CaseResult, Cause, Verdict
from semalign.sandbox.model import Sandbox
from semalign.traces.render import show
from semalign.values.compare import first_difference
from semalign.values.model import Raised, is_whole

VERSION = "1"


class Isolation(enum.StrEnum):
    """What shares a process. Expected values are in none of them."""

    PROGRAM = "program"  # all calls of a program, its module executed anew for each: fast, for training
    CASE = "case"  # nothing: for evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeConfig:
    """How cases are run."""

    isolation: Isolation = Isolation.PROGRAM
    stop_after_failure: bool = True  # off where the pass rate counts
    runs: int = 1  # of each program; where they disagree a case is flaky
    retries: int = 1  # of a run whose sandbox failed

    def __post_init__(self) -> None:
        """Raises: ValueError: no run, or retries below 0."""
        if self.runs < 1 or self.retries < 0:
            raise ValueError(f"need runs >= 1 and retries >= 0, got {self.runs} and {self.retries}")


class Judge:
    """Judges programs by suites. Safe to call from several threads, as its sandbox is."""

    def __init__(self, sandbox: Sandbox, config: JudgeConfig | None = None) -> None:
        self._config = config or JudgeConfig()
        self._sandbox = Retried(sandbox, self._config.retries)

    def judge(self, program: str, suite: Suite) -> Verdict:
        """What came of the program. Never raises for what the program did, nor for a sandbox that failed."""
        results = list(self._results(program, suite))
        for _ in range(self._config.runs - 1):
            results = _agreed(results, list(self._results(program, suite)))
        return Verdict(
            program_digest=hashlib.md5(program.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest(),
            cases=tuple(results),
            n_cases=len(suite.cases),
            grader_version=VERSION,
            tier=self._sandbox.tier.value,
        )

    def judge_all(self, jobs: Iterable[tuple[str, Suite]], *, workers: int = 2) -> Iterator[Verdict]:
        """One verdict a job, in order, as they become ready."""
        with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="judge") as pool:
            yield from pool.map(lambda job: self.judge(*job), jobs)

    def _results(self, program: str, suite: Suite) -> Iterator[CaseResult]:
        """Results in the order of the cases, until one stops it. Calls that follow each other are run together."""
        found = candidate(program, suite.entry) if suite.entry else None
        for group in _groups(suite.cases, self._config.isolation):
            try:
                results = list(self._group(program, found, group, suite))
            except SandboxError as exc:
                results = [CaseResult(case_id=case.case_id, cause=Cause.INFRA, difference=str(exc)) for case in group]
            for result in results:
                yield result
                if self._config.stop_after_failure and result.cause is not Cause.PASSED:
                    return

    def _group(
        self, program: str, found: Candidate | None, group: Sequence[Case], suite: Suite
    ) -> Iterator[CaseResult]:
        first = group[0]
        if isinstance(first, StreamCase):
            reader = found or Candidate(source=program)
            yield _read(first, reader.read(first.stdin, self._sandbox, suite.limits), suite)
        elif found is None:
            raise AssertionError("a suite without entry has streams only")
        elif isinstance(first, CodeCase):
            yield examine(first, found, suite, self._sandbox)
        else:
            calls = [case for case in group if isinstance(case, CallCase)]
            waiting = iter(calls)
            ends = self._config.stop_after_failure

            def stops(answer: Answer) -> bool:
                return ends and _called(next(waiting), answer, suite).cause is not Cause.PASSED

            rows = [case.args for case in calls]
            answers = found.call(rows, self._sandbox, suite.limits, stop=stops)
            yield from (_called(case, answer, suite) for case, answer in zip(calls, answers, strict=False))


def _groups(cases: Sequence[Case], isolation: Isolation) -> Iterator[list[Case]]:
    """Neighbours that can share a process."""
    group: list[Case] = []
    for case in cases:
        shares = isolation is Isolation.PROGRAM and isinstance(case, CallCase)
        if group and not (shares and isinstance(group[-1], CallCase)):
            yield group
            group = []
        group.append(case)
    if group:
        yield group


def _called(case: CallCase, answer: Answer, suite: Suite) -> CaseResult:
    result = CaseResult(
        case_id=case.case_id,
        cause=answer.cause or Cause.PASSED,
        wall_s=answer.wall_s,
        output=answer.value,
        difference=answer.detail or None,
    )
    raises = isinstance(case.expected, Raised) and answer.cause is Cause.EXCEPTION and answer.value is not None
    if answer.cause is not None and not raises:
        return result
    if answer.value is None or not is_whole(answer.value):
        return replace(result, cause=Cause.OUTPUT_CAP, difference="its answer is too large to be compared")
    found = first_difference(answer.value, case.expected, suite.policy)
    if found is None:
        return replace(result, cause=Cause.PASSED, difference=None)
    said = f"{show(answer.value)}, expected {show(case.expected)}"
    return replace(result, cause=Cause.WRONG, difference=f"{said} (differs at {found.path})" if found.path else said)


def _read(case: StreamCase, answer: Answer, suite: Suite) -> CaseResult:
    differs = difference(answer.printed, case.expected, suite.policy) if answer.cause is None else answer.detail
    return CaseResult(
        case_id=case.case_id,
        cause=answer.cause or (Cause.PASSED if differs is None else Cause.WRONG),
        wall_s=answer.wall_s,
        cpu_s=answer.cpu_s,
        difference=differs,
    )


def _agreed(first: list[CaseResult], second: list[CaseResult]) -> list[CaseResult]:
    """Of two runs: a case that passed in one of them only is flaky. A machine that failed decides nothing."""
    other = {result.case_id: result for result in second}
    found = []
    for result in first:
        twin = other.get(result.case_id, result)
        if Cause.INFRA in (result.cause, twin.cause):
            found.append(result if result.cause is Cause.INFRA else twin)
        elif (result.cause is Cause.PASSED) != (twin.cause is Cause.PASSED):
            found.append(replace(result, cause=Cause.FLAKY, difference="runs of the same input disagree"))
        else:
            found.append(result)
    return found
