"""`Verdict`: what came of a program's cases, each with its cause. Data only; `judge` makes it.

A wrong program is data. What the machine did to it (`Cause.INFRA`) is no fault of the program: such a verdict can't be
scored, and must not be counted as a failure.
"""

import enum
from dataclasses import dataclass
from fractions import Fraction

from semalign.values.model import Value


class Cause(enum.StrEnum):
    """What came of one case. Of these only `PASSED` counts for the program, and `INFRA` and `FLAKY` not against it."""

    PASSED = "passed"
    WRONG = "wrong"  # it answered, and otherwise than expected
    EXCEPTION = "exception"  # it raised, exited or crashed
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_CAP = "output_cap"  # it wrote more than it may
    REFUSED = "refused"  # it tampered with what watches it, or has nothing that can be called
    FLAKY = "flaky"  # repeated runs disagree
    INFRA = "infra"  # the machine failed


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case. `output` is what the program answered, where it did; `difference` is for people."""

    case_id: str
    cause: Cause
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_mib: float = 0.0
    output: Value | None = None
    difference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All cases that were run, in their order; `n_cases` counts those that were not, too."""

    program_digest: str
    cases: tuple[CaseResult, ...]
    n_cases: int
    grader_version: str
    tier: str = ""  # of the sandbox

    @property
    def scorable(self) -> bool:
        """There is a case, and none fell to the machine or to chance."""
        return bool(self.cases) and not any(case.cause in (Cause.INFRA, Cause.FLAKY) for case in self.cases)

    @property
    def passed(self) -> bool:
        """Every case passed, and there is one."""
        return 0 < self.n_cases == sum(case.cause is Cause.PASSED for case in self.cases)

    @property
    def pass_rate(self) -> Fraction:
        """Share of all cases that passed; a case that was not run counts as failed. 0 where there is no case."""
        return Fraction(sum(case.cause is Cause.PASSED for case in self.cases), self.n_cases or 1)

    @property
    def first_failure(self) -> CaseResult | None:
        """The first case that did not pass."""
        return next((case for case in self.cases if case.cause is not Cause.PASSED), None)
