"""`Rollout`: one reply of the policy, what it was asked, and its score."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from semalign.rewards.score import Score


class Task(enum.StrEnum):
    """What a prompt asks for."""

    CODE = "code"  # a program
    ALIGNMENT = "alignment"  # what a program computes


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One prompt of a step: G rollouts answer it, and are compared with each other.

    `source` is the id of the problem or of the item that it was made from.
    """

    number: int  # in its step, from 0
    task: Task
    source: str
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A reply with its score. `policy_version` counts the updates that the policy had seen when it wrote it."""

    rollout_id: str
    slot: Slot
    text: str
    n_tokens: int
    policy_version: int
    score: Score
    causes: Mapping[str, int] = field(default_factory=dict)  # how its cases ended, for the record
    label: str = ""  # a word on how it went: "passed", "timeout", "2/3"
