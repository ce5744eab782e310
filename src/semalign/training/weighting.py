"""How much each rollout counts, where the loss is a mean over tokens: longer answers must not change the mix."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass


class LossWeighting(enum.StrEnum):
    """What the weight of a task, and of a reply, is."""

    PER_TASK = "per_task"  # each task weighs as its share of the used replies, however long they are
    TOKEN_MEAN = "token_mean"  # each token weighs the same, as in the released code: longer answers weigh more
    SEQUENCE_MEAN = "sequence_mean"  # each reply weighs the same


@dataclass(frozen=True, slots=True)
class Weighed:
    """A reply that the loss sees: its task and its length."""

    task: str
    n_tokens: int


def weights(replies: Sequence[Weighed], rule: LossWeighting) -> list[float]:
    """Factors for the advantages of these replies, under a loss that is a mean over their tokens; on average 1 a token.

    Source: ours; that a token mean over a mixed batch gives the longer task more than its share, follows from its
    definition.
    """
    total = sum(reply.n_tokens for reply in replies)
    match rule:
        case LossWeighting.TOKEN_MEAN:
            return [1.0] * len(replies)
        case LossWeighting.SEQUENCE_MEAN:
            return [total / (len(replies) * max(1, reply.n_tokens)) for reply in replies]
        case LossWeighting.PER_TASK:
            tokens: dict[str, int] = {}
            counts: dict[str, int] = {}
            for reply in replies:
                tokens[reply.task] = tokens.get(reply.task, 0) + reply.n_tokens
                counts[reply.task] = counts.get(reply.task, 0) + 1
            by_task = {task: counts[task] / len(replies) * total / max(1, n) for task, n in tokens.items()}
            return [by_task[reply.task] for reply in replies]
