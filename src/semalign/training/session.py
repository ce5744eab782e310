"""One training step without the policy: which prompts, and what their replies are worth.

Back ends generate and update; everything between is here, the same for all of them: `begin` a step, let the policy
answer its slots, `end` it. All randomness comes from the seed and the step, and all state can be saved.
Source: CodeRL+ (arXiv 2510.18471): failed programs of a step become questions of the next one.
"""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from semalign.rewards.score import Score
from semalign.training.advantages import Advantage, DeadGroups, Scale, advantage
from semalign.training.buffer import RolloutBuffer
from semalign.training.mixing import Deck, MixConfig, Mixer
from semalign.training.record import StepRecord, task_record
from semalign.training.rollout import Rollout, Slot, Task
from semalign.training.weighting import LossWeighting, Weighed, weights

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the policy wrote."""

    text: str
    n_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a reply is worth, and a few words for the record."""

    score: Score
    causes: Mapping[str, int] = field(default_factory=dict)
    label: str = ""


class Tasks(Protocol[T]):
    """What is trained on. A session knows neither programs nor prompts; it asks here."""

    @property
    def n_problems(self) -> int:
        """How many problems there are."""
        ...

    def code_prompt(self, number: int) -> tuple[str, str]:
        """Id and prompt of a problem."""
        ...

    def question_prompt(self, item: T) -> tuple[str, str]:
        """Id and prompt of a question."""
        ...

    def score_code(self, replies: Sequence[tuple[str, str, str]], step: int) -> list[Judged]:
        """Replies (rollout id, problem id, text), judged, in order."""
        ...

    def score_answer(self, item: T, text: str) -> Judged:
        """A reply to a question."""
        ...

    def items(self, limit: int, drawn: random.Random) -> list[tuple[str, T]]:
        """Questions, by id, from the programs that were scored last; at most `limit`."""
        ...

    def funnel(self) -> Mapping[str, int]:
        """What became of the programs that `items` looked at last."""
        ...

    def encode(self, item: T) -> Any:
        """A question as JSON has it."""
        ...

    def decode(self, tree: Any) -> T:
        """The question again."""
        ...

    def state(self) -> Any:
        """What else has to be kept from step to step, as JSON has it."""
        ...

    def restore(self, state: Any) -> None:
        """What `state` gave."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """The shape of a training."""

    n_steps: int = 100
    n_slots: int = 32  # prompts a step
    group_size: int = 8  # rollouts a prompt
    mix: MixConfig = field(default=MixConfig())
    capacity: int = 20_000
    max_age_steps: int | None = 1
    scale: Scale = Scale.STD
    dead_groups: DeadGroups = DeadGroups.MASK
    loss_weighting: LossWeighting = LossWeighting.PER_TASK
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises: ValueError: a size that can't be meant."""
        if self.n_steps < 1 or self.n_slots < 1 or self.group_size < 2:
            raise ValueError(
                f"need n_steps >= 1, n_slots >= 1 and group_size >= 2, got {self.n_steps}, {self.n_slots} and "
                f"{self.group_size}: a group of one has nothing to be compared with"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """A step that was judged: for each slot its rollouts, what they are worth, and how much each counts."""

    rollouts: tuple[tuple[Rollout, ...], ...]
    advantages: tuple[Advantage, ...]
    weights: tuple[tuple[float, ...], ...]  # 0 for a rollout that the loss does not see
    record: StepRecord


class Session(Generic[T]):
    """Deals slots and judges their replies, step after step."""

    def __init__(self, tasks: Tasks[T], config: SessionConfig, clock: Callable[[], float]) -> None:
        self.config = config
        self._tasks = tasks
        self._clock = clock
        self._mixer = Mixer(config=config.mix, n_steps=config.n_steps)
        self._buffer: RolloutBuffer[T] = RolloutBuffer(capacity=config.capacity, max_age_steps=config.max_age_steps)
        self._deck = Deck(n=tasks.n_problems, seed=config.seed)
        self._asked: dict[int, T] = {}  # items of this step, by slot
        self.boundary: dict[str, Any] = self.state()  # as it was when the step began

    def begin(self, step: int) -> tuple[Slot, ...]:
        """The slots of a step: questions first, the rest problems. A slot without a question is another problem."""
        self.boundary = self.state()
        drawn = random.Random(f"slots {self.config.seed} {step}")
        n_items = len(self._buffer.eligible(step))
        items = self._buffer.draw(self._mixer.n_alignment(step, self.config.n_slots, n_items), step, drawn)
        slots = []
        self._asked = {}
        for number, (_, item) in enumerate(items):
            source, prompt = self._tasks.question_prompt(item)
            self._asked[number] = item
            slots.append(Slot(number=number, task=Task.ALIGNMENT, source=source, prompt=prompt))
        for number, problem in enumerate(self._deck.take(self.config.n_slots - len(items)), len(items)):
            source, prompt = self._tasks.code_prompt(problem)
            slots.append(Slot(number=number, task=Task.CODE, source=source, prompt=prompt))
        return tuple(slots)

    def end(self, step: int, slots: Sequence[Slot], replies: Sequence[Sequence[Reply]]) -> Verdicts:
        """Judge the replies to the slots that `begin` gave, and make the next questions.

        Raises:
            ValueError: not one group of `group_size` replies a slot.
        """
        if [len(group) for group in replies] != [self.config.group_size] * len(slots):
            raise ValueError(f"need {self.config.group_size} replies to each of {len(slots)} slots")
        start = self._clock()
        rollouts = self._judged(step, slots, replies)
        advantages = [
            advantage([one.score for one in group], self.config.scale, self.config.dead_groups) for group in rollouts
        ]
        judged = self._clock()
        wanted = self.config.n_slots - round(self.config.mix.alpha * self.config.n_slots)
        if wanted:
            self._buffer.add(self._tasks.items(2 * wanted, random.Random(f"items {self.config.seed} {step}")), step)
        records = {task.value: task_record(rollouts, advantages, task) for task in Task}
        for task, one in records.items():
            if one.n_groups:
                self._mixer.saw(task, 1 - one.dead_share)
        ages = self._buffer.ages(step)
        record = StepRecord(
            step=step,
            tasks=records,
            causes=dict(sum((Counter(one.causes) for group in rollouts for one in group), Counter[str]())),
            n_unscored=sum(one.score.value is None for group in rollouts for one in group),
            n_items=len(self._buffer),
            mean_age_steps=sum(ages) / len(ages) if ages else None,
            funnel=dict(self._tasks.funnel()) if wanted else {},
            seconds={"judging": judged - start, "questions": self._clock() - judged},
        )
        return Verdicts(
            rollouts=tuple(rollouts),
            advantages=tuple(advantages),
            weights=self._weights(rollouts, advantages),
            record=record,
        )

    def _judged(
        self, step: int, slots: Sequence[Slot], replies: Sequence[Sequence[Reply]]
    ) -> list[tuple[Rollout, ...]]:
        named = [
            (slot, f"{step}-{slot.number}-{number}", reply)
            for slot, group in zip(slots, replies, strict=True)
            for number, reply in enumerate(group)
        ]
        code = [(name, slot.source, reply.text) for slot, name, reply in named if slot.task is Task.CODE]
        of_code = iter(self._tasks.score_code(code, step))
        found = []
        for slot, name, reply in named:
            is_code = slot.task is Task.CODE
            one = next(of_code) if is_code else self._tasks.score_answer(self._asked[slot.number], reply.text)
            found.append(
                Rollout(
                    rollout_id=name,
                    slot=slot,
                    text=reply.text,
                    n_tokens=reply.n_tokens,
                    policy_version=step,
                    score=one.score,
                    causes=one.causes,
                    label=one.label,
                )
            )
        size = self.config.group_size
        return [tuple(found[at : at + size]) for at in range(0, len(found), size)]

    def _weights(
        self, rollouts: Sequence[Sequence[Rollout]], advantages: Sequence[Advantage]
    ) -> tuple[tuple[float, ...], ...]:
        seen = [
            (number, at)
            for number, one in enumerate(advantages)
            for at, scored in enumerate(one.scored)
            if one.used and scored
        ]
        weighed = [Weighed(rollouts[n][at].slot.task.value, rollouts[n][at].n_tokens) for n, at in seen]
        factors = dict(zip(seen, weights(weighed, self.config.loss_weighting), strict=True))
        return tuple(
            tuple(factors.get((number, at), 0.0) for at in range(len(group))) for number, group in enumerate(rollouts)
        )

    def state(self) -> dict[str, Any]:
        """For a checkpoint between two steps, as JSON has it."""
        return {
            "buffer": self._buffer.state(self._tasks.encode),
            "mixer": self._mixer.state(),
            "deck": self._deck.position,
            "tasks": self._tasks.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave."""
        self._buffer.restore(state["buffer"], self._tasks.decode)
        self._mixer.restore(state["mixer"])
        self._deck.position = state["deck"]
        self._tasks.restore(state["tasks"])
