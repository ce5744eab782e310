"""`StepRecord`: what a training step did, for people and for plots."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from semalign.training.advantages import Advantage, Reason
from semalign.training.rollout import Rollout, Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRecord:
    """One task in one step."""

    n_groups: int = 0
    n_rollouts: int = 0
    n_tokens: int = 0
    reward: float | None = None  # mean of what was scored
    pass_rate: float | None = None  # share of scored rollouts with the full reward
    groups: Mapping[str, int] = field(default_factory=dict)  # by reason: ok, zero_variance, too_few_scored

    @property
    def dead_share(self) -> float:
        """Share of its groups that taught nothing."""
        return 1 - self.groups.get(Reason.OK.value, 0) / self.n_groups if self.n_groups else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One step. `funnel` counts programs from which questions were to be made, by what became of them."""

    step: int
    tasks: Mapping[str, TaskRecord]
    causes: Mapping[str, int]  # of all cases that were run
    n_unscored: int
    n_items: int  # in the buffer, after the step
    mean_age_steps: float | None
    funnel: Mapping[str, int]
    seconds: Mapping[str, float]  # by stage


def task_record(rollouts: Sequence[Sequence[Rollout]], advantages: Sequence[Advantage], task: Task) -> TaskRecord:
    """What the groups of one task came to."""
    pairs = [(group, one) for group, one in zip(rollouts, advantages, strict=True) if group[0].slot.task is task]
    flat = [rollout for group, _ in pairs for rollout in group]
    values = [rollout.score.value for rollout in flat if rollout.score.value is not None]
    return TaskRecord(
        n_groups=len(pairs),
        n_rollouts=len(flat),
        n_tokens=sum(rollout.n_tokens for rollout in flat),
        reward=float(sum(values, Fraction(0)) / len(values)) if values else None,
        pass_rate=sum(value == 1 for value in values) / len(values) if values else None,
        groups=dict(Counter(one.reason.value for _, one in pairs)),
    )
