"""How many slots of a step ask for programs, how many about programs, and which problems come next."""

import enum
import random
from dataclasses import dataclass, field
from typing import Any

_BOUNDS = (0.2, 0.95)  # of a share that follows the signal: neither task is given up


class Schedule(enum.StrEnum):
    """How the share of code slots changes."""

    FIXED = "fixed"
    LINEAR = "linear"  # from 1 to alpha over all steps
    BY_SIGNAL = "by_signal"  # in proportion to the share of each task's groups that taught something


class Warmup(enum.StrEnum):
    """When questions begin."""

    UNTIL_ITEMS = "until_items"  # as soon as there are enough for all their slots, as the released code does
    N_STEPS = "n_steps"
    NONE = "none"  # with the first item


@dataclass(frozen=True, slots=True, kw_only=True)
class MixConfig:
    """The mix of a batch. There is no other weight between the tasks: the share is the weight.

    Source: CodeRL+ (arXiv 2510.18471), B = alpha * B_code + (1 - alpha) * B_align with alpha = 0.6.
    """

    alpha: float = 0.6  # share of code slots; 1: plain GRPO
    schedule: Schedule = Schedule.FIXED
    warmup: Warmup = Warmup.NONE
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        """Raises: ValueError: a share outside (0, 1], or steps below 0."""
        if not 0 < self.alpha <= 1:
            raise ValueError(f"alpha must be above 0 and at most 1, got {self.alpha}: no code slot, no question")
        if self.warmup_steps < 0:
            raise ValueError(f"warmup_steps must not be negative, got {self.warmup_steps}")


@dataclass(slots=True)
class Mixer:
    """Decides the number of alignment slots. Mutable only in what it has seen of the signal."""

    config: MixConfig
    n_steps: int
    live: dict[str, float] = field(default_factory=dict)  # share of groups that taught something, by task, smoothed
    started: bool = False

    def n_alignment(self, step: int, n_slots: int, n_items: int) -> int:
        """Slots of a step that ask about programs; never more than there are items."""
        wanted = n_slots - round(self.share(step) * n_slots)
        if self.config.warmup is Warmup.N_STEPS and step < self.config.warmup_steps:
            return 0
        if self.config.warmup is Warmup.UNTIL_ITEMS and not self.started:
            if n_items < wanted:
                return 0
            self.started = True
        return min(wanted, n_items)

    def share(self, step: int) -> float:
        """Of code slots, at a step."""
        alpha = self.config.alpha
        match self.config.schedule:
            case Schedule.LINEAR:
                return 1 - (1 - alpha) * min(1.0, step / max(1, self.n_steps - 1))
            case Schedule.BY_SIGNAL if alpha < 1 and len(self.live) == 2:
                code, other = alpha * self.live["code"], (1 - alpha) * self.live["alignment"]
                return min(max(code / (code + other or 1), _BOUNDS[0]), _BOUNDS[1])
        return alpha

    def saw(self, task: str, live_share: float) -> None:
        """How many of a step's groups of a task taught something."""
        self.live[task] = 0.7 * self.live.get(task, live_share) + 0.3 * live_share

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"live": self.live, "started": self.started}

    def restore(self, state: dict[str, Any]) -> None:
        """What `state` gave."""
        self.live, self.started = dict(state["live"]), state["started"]


@dataclass(slots=True)
class Deck:
    """Numbers below n in random order, each once before any comes twice; the same for the same seed."""

    n: int
    seed: int
    position: int = 0  # of all that were taken

    def take(self, k: int) -> list[int]:
        """The next k."""
        found = []
        for _ in range(k):
            round_, at = divmod(self.position, self.n)
            found.append(self._order(round_)[at])
            self.position += 1
        return found

    def _order(self, round_: int) -> list[int]:
        order = list(range(self.n))
        random.Random(f"deck {self.seed} {round_}").shuffle(order)
        return order
