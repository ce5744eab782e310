"""The reward for saying what a program computes."""

import enum
from fractions import Fraction

from semalign.rewards.answers import Answer, parse, read_value
from semalign.rewards.item import OUTPUT, AlignmentItem
from semalign.rewards.score import Score
from semalign.values.compare import equal
from semalign.values.model import Map, Text, Value
from semalign.values.policy import Policy


class SemanticsForm(enum.StrEnum):
    """How many right values become a number."""

    PAPER = "paper"  # right / asked
    RELEASED = "released"  # 0.1 + 0.9 * right / asked, the printed text counted as one more variable


def semantics_reward(item: AlignmentItem, text: str, form: SemanticsForm = SemanticsForm.PAPER) -> Score:
    """R_sem of one answer, exact. Pure: the label was got when the item was made.

    `parts` has, by name, 1.0 for each value that is right. An answer without any value scores as one that is wrong.
    Source: CodeRL+ (arXiv 2510.18471), R_sem = (1/|V|) * sum of 1[v^_k = v_k*]; `RELEASED` is what its code computes.
    """
    names = item.names + ((OUTPUT,) if item.ask_output else ())
    return score(item, parse(text, names), form)


def score(item: AlignmentItem, answer: Answer, form: SemanticsForm = SemanticsForm.PAPER) -> Score:
    """As `semantics_reward`, of an answer that has been read."""
    right = {
        name: name in answer.values and _same(answer.values[name], label, item.policy)
        for name, label in zip(item.names, item.labels, strict=True)
    }
    if item.ask_output:
        said = answer.values.get(OUTPUT)
        right[OUTPUT] = isinstance(said, Text) and said.value.strip() == item.output.strip()
    share = Fraction(sum(right.values()), len(right))
    value = share if form is SemanticsForm.PAPER else Fraction(1, 10) + Fraction(9, 10) * share
    parts = {name: float(is_right) for name, is_right in right.items()}
    return Score(value=value, parts=parts | {"format_ok": float(answer.format_ok)})


def _same(said: Value, label: Value, policy: Policy) -> bool:
    if equal(label, said, policy):
        return True
    # JSON has text as keys only: {"1": 2} is how {1: 2} is written there.
    if isinstance(said, Map) and all(isinstance(key, Text) for key, _ in said.pairs):
        keys = [(read_value(key.value) if isinstance(key, Text) else None, item) for key, item in said.pairs]
        if all(key is not None for key, _ in keys):
            return equal(label, Map(tuple((key, item) for key, item in keys if key is not None)), policy)
    return False
