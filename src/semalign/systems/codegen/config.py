"""`CodegenConfig`: everything that a training is told, one flat TOML file; every ablation of the paper is a key.

Source: CodeRL+ (arXiv 2510.18471) and its released code (github.com/jiangxxxue/CODERLPLUS), for the presets.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from semalign.rewards.generation import GenerationForm
from semalign.rewards.item import Kind
from semalign.rewards.semantics import SemanticsForm
from semalign.systems.codegen.choice import Choice
from semalign.systems.codegen.own_reward import own_reward
from semalign.systems.codegen.questions import InputChoice, Level, QuestionConfig
from semalign.systems.codegen.tasks import RewardConfig
from semalign.traces.final import At
from semalign.training.advantages import DeadGroups, Scale
from semalign.training.mixing import MixConfig, Schedule, Warmup
from semalign.training.session import SessionConfig
from semalign.training.trl_backend import TrlConfig
from semalign.training.weighting import LossWeighting


class Source(enum.StrEnum):
    """Which programs become questions."""

    FAILED = "failed"
    PASSED = "passed"
    NEAR_MISS = "near_miss"
    ANY = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodegenConfig:
    """Keys of the file. What a key does is said where its type is defined."""

    output: Path  # checkpoints and records; a training that is there is gone on with
    preset: Literal["ours", "paper", "released"] = "ours"
    # the policy
    model: str = "tiny"  # a folder or name that transformers can load; "tiny": a decoder made on the spot
    warm: int = 350  # of "tiny": updates on right answers before the first reward
    # the problems
    problems: str = "generated"  # or a JSON-lines file
    n_problems: int = 1000
    wall_s: float = 4.0  # of one case
    check_gold: bool = True  # no run begins with gold that fails
    # the steps
    steps: int = 100
    slots: int = 32
    group_size: int = 8
    seed: int = 0
    workers: int = 2  # of the judge
    # the mix
    alpha: float = 0.6
    mixing: Schedule = Schedule.FIXED
    warmup: Warmup = Warmup.NONE
    warmup_steps: int = 0
    recency: Literal["last_step", "all"] | int = "last_step"  # a number: that many steps
    # the questions
    source: Source = Source.FAILED
    level: Level = Level.VARIABLE
    at: At = At.EXIT
    choice: Choice = Choice.INFORMATIVE
    input_choice: InputChoice = InputChoice.FAILING
    max_asked: int = 3
    ask_output: bool = False
    shuffled: bool = False
    # the rewards
    r_gen: GenerationForm = GenerationForm.ALL
    r_sem: SemanticsForm = SemanticsForm.PAPER
    reward: str = ""  # "file.py:function", in place of r_gen: `OwnReward`
    # the loss
    scale: Scale = Scale.STD
    dead_groups: DeadGroups = DeadGroups.MASK
    loss_weighting: LossWeighting = LossWeighting.PER_TASK
    loss: str = "dapo"
    learning_rate: float = 1e-6
    beta: float = 0.0
    epsilon: float = 0.2
    updates: int = 1
    temperature: float = 1.0
    max_new_tokens: int = 512
    micro_batch: int = 32
    lora_rank: int = 0
    bf16: bool = False
    save_steps: int = 50
    report_to: Literal["none", "tensorboard"] = "none"

    def __post_init__(self) -> None:
        """Raises: ValueError: sizes or shares that can't be meant; each part checks its own."""
        if self.n_problems < 1 or self.wall_s <= 0 or self.workers < 1 or self.warm < 0:
            raise ValueError("n_problems, wall_s and workers must be positive, and warm not negative")
        if isinstance(self.recency, int) and self.recency < 1:
            raise ValueError(f"recency must be last_step, all, or a number of steps from 1, got {self.recency}")
        if (self.slots * self.group_size) % self.micro_batch:
            raise ValueError(
                f"micro_batch {self.micro_batch} does not divide {self.slots * self.group_size}, the replies of a step "
                f"({self.slots} slots of {self.group_size})"
            )
        self.session()
        self.questions()
        self.trl()

    def session(self) -> SessionConfig:
        """What the session is told."""
        ages = {"last_step": 1, "all": None}
        return SessionConfig(
            n_steps=self.steps,
            n_slots=self.slots,
            group_size=self.group_size,
            mix=MixConfig(alpha=self.alpha, schedule=self.mixing, warmup=self.warmup, warmup_steps=self.warmup_steps),
            max_age_steps=ages[self.recency] if isinstance(self.recency, str) else self.recency,
            scale=self.scale,
            dead_groups=self.dead_groups,
            loss_weighting=self.loss_weighting,
            seed=self.seed,
        )

    def questions(self) -> QuestionConfig:
        """What the maker of questions is told."""
        return QuestionConfig(
            choice=self.choice,
            input_choice=self.input_choice,
            level=self.level,
            at=self.at,
            max_asked=self.max_asked,
            ask_output=self.ask_output,
            source=None if self.source is Source.ANY else Kind(self.source.value),
            shuffled=self.shuffled,
        )

    def rewards(self) -> RewardConfig:
        """Which form of each reward.

        Raises:
            ConfigError: there is no function where `reward` says.
        """
        return RewardConfig(r_gen=self.r_gen, r_sem=self.r_sem, own=own_reward(self.reward) if self.reward else None)

    def trl(self) -> TrlConfig:
        """What TRL is told."""
        return TrlConfig(
            output=self.output,
            learning_rate=self.learning_rate,
            loss=self.loss,
            beta=self.beta,
            epsilon=self.epsilon,
            updates=self.updates,
            temperature=self.temperature,
            max_new_tokens=self.max_new_tokens,
            micro_batch=self.micro_batch,
            lora_rank=self.lora_rank,
            save_steps=self.save_steps,
            bf16=self.bf16,
            report_to=self.report_to,
        )


_PAPER: dict[str, Any] = {
    "slots": 128,
    "group_size": 8,
    "micro_batch": 64,
    "loss": "grpo",
    "beta": 0.001,
    "dead_groups": "keep",
    "loss_weighting": "token_mean",
    "choice": "random",
    "input_choice": "first",
}
PRESETS: Mapping[str, Mapping[str, Any]] = {
    "ours": {},
    "paper": _PAPER,
    "released": _PAPER | {
        "choice": "last3",
        "r_sem": "released",
        "ask_output": True,
        "warmup": "until_items",
        "loss": "dapo",  # a mean over the tokens of the batch, as there
    },
}  # fmt: skip
"""`paper`: what the paper says, with random variables where it is silent; `released`: what its code does."""
