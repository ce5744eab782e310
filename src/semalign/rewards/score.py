"""`Score`: a number, or why there is none. What can't be judged is unscored, never 0."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A reward of one rollout, exact: whether a group has any variance must not hang on rounding.

    Exactly one of `value` and `unscored` is there. `parts` are what the value was made of, for people and records.
    """

    value: Fraction | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    unscored: str | None = None

    def __post_init__(self) -> None:
        """Raises: ValueError: a value and a reason to have none, or neither."""
        if (self.value is None) == (self.unscored is None):
            raise ValueError("a score has either a value or the reason why it has none")
