"""The reward for a program that was written: what its cases say."""

import enum
from fractions import Fraction

from semalign.grading.verdict import Verdict
from semalign.rewards.score import Score


class GenerationForm(enum.StrEnum):
    """How a verdict becomes a number."""

    ALL = "all"  # 1 if every case passes, else 0
    PASS_RATE = "pass_rate"  # the share of cases that pass
    ALL_THEN_RATE = "all_then_rate"  # 1 if every case passes, else half the share: never as much as passing


def generation_reward(verdict: Verdict, form: GenerationForm = GenerationForm.ALL) -> Score:
    """R_gen of one program. Unscored where the machine or chance had a part in the verdict, and where it has no case.

    `PASS_RATE` and `ALL_THEN_RATE` need a judge that does not stop after the first failure.
    Source: CodeRL+ (arXiv 2510.18471), R_gen, for `ALL`.
    """
    if not verdict.scorable:
        first = verdict.first_failure
        return Score(unscored=f"{first.cause}: {first.difference or 'no detail'}" if first else "no case was run")
    rate = verdict.pass_rate
    passed = Fraction(verdict.passed)
    value = {
        GenerationForm.ALL: passed,
        GenerationForm.PASS_RATE: rate,
        GenerationForm.ALL_THEN_RATE: passed or rate / 2,
    }[form]
    return Score(value=value, parts={"passed": float(passed), "pass_rate": float(rate)})
