"""Advantages of groups of rollouts, exact where it matters: whether a group teaches anything must not be rounding."""

import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from semalign.rewards.score import Score


class DeadGroups(enum.StrEnum):
    """What becomes of a group whose rollouts all score alike."""

    MASK = "mask"  # it leaves the loss and what the loss is divided by
    KEEP = "keep"  # its advantages are 0, and it counts in what the loss is divided by, as in the paper


class Scale(enum.StrEnum):
    """What a difference to the group's mean is divided by."""

    STD = "std"  # the group's standard deviation: GRPO
    NONE = "none"  # nothing: Dr. GRPO
    LEAVE_ONE_OUT = "leave_one_out"  # nothing, and the mean is that of the others: RLOO


class Reason(enum.StrEnum):
    """Why a group is used or not."""

    OK = "ok"
    ZERO_VARIANCE = "zero_variance"
    TOO_FEW_SCORED = "too_few_scored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantage:
    """Of one group, one value a rollout in order; 0 for what is unscored. `used` says whether the loss sees it."""

    values: tuple[float, ...]
    scored: tuple[bool, ...]  # an unscored rollout leaves mean, deviation and loss
    used: bool
    reason: Reason


def advantage(scores: Sequence[Score], scale: Scale = Scale.STD, dead: DeadGroups = DeadGroups.MASK) -> Advantage:
    """Of one group. Fewer than two scored rollouts can't be compared.

    Source: GRPO, A_i = (R_i - mean) / std over the group, the deviation with divisor G - 1 as TRL has it; without the
    division Dr. GRPO (arXiv 2503.20783); against the mean of the others RLOO (arXiv 2402.14740).
    """
    scored = tuple(score.value is not None for score in scores)
    values = [score.value for score in scores if score.value is not None]
    if len(values) < 2:
        return Advantage(values=(0.0,) * len(scores), scored=scored, used=False, reason=Reason.TOO_FEW_SCORED)
    mean = sum(values, Fraction(0)) / len(values)
    squares = sum(((value - mean) ** 2 for value in values), Fraction(0))
    if squares == 0:
        used = dead is DeadGroups.KEEP
        return Advantage(values=(0.0,) * len(scores), scored=scored, used=used, reason=Reason.ZERO_VARIANCE)
    divisor = math.sqrt(squares / (len(values) - 1)) if scale is Scale.STD else 1.0
    factor = len(values) / (len(values) - 1) if scale is Scale.LEAVE_ONE_OUT else 1.0
    found = tuple(0.0 if score.value is None else factor * float(score.value - mean) / divisor for score in scores)
    return Advantage(values=found, scored=scored, used=True, reason=Reason.OK)
