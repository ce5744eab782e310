"""`RolloutBuffer`: questions from recent steps, to be drawn without putting one into a batch twice."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[T]):
    step: int
    item: T


@dataclass(slots=True)
class RolloutBuffer(Generic[T]):
    """Items by id, each with the step in which it was made; all state is in `state`.

    The same question made again counts as made now. Past the capacity the oldest leave.
    Source: CodeRL+ (arXiv 2510.18471): later batches draw from the most recent failed programs. Its released code draws
    with replacement and forgets everything when it is stopped.
    """

    capacity: int = 20_000
    max_age_steps: int | None = 1  # 1: only the step before; None: whatever is there
    _entries: dict[str, _Entry[T]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises: ValueError: no room, or an age below 1."""
        if self.capacity < 1 or (self.max_age_steps is not None and self.max_age_steps < 1):
            raise ValueError(
                f"capacity and max_age_steps must be at least 1, got {self.capacity}, {self.max_age_steps}"
            )

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, items: Iterable[tuple[str, T]], step: int) -> None:
        """Items of a step, by id."""
        for item_id, item in items:
            self._entries.pop(item_id, None)  # so that the order is that of the steps
            self._entries[item_id] = _Entry(step, item)
        while len(self._entries) > self.capacity:
            self._entries.pop(next(iter(self._entries)))

    def eligible(self, step: int) -> list[tuple[str, T]]:
        """What may be drawn for a step, the oldest first; what has become too old is forgotten."""
        if self.max_age_steps is not None:
            for item_id in [key for key, entry in self._entries.items() if step - entry.step > self.max_age_steps]:
                del self._entries[item_id]
        return [(item_id, entry.item) for item_id, entry in self._entries.items()]

    def draw(self, n: int, step: int, drawn: random.Random) -> list[tuple[str, T]]:
        """Up to n different items, at random; what is drawn leaves."""
        pool = self.eligible(step)
        found = drawn.sample(pool, min(n, len(pool)))
        for item_id, _ in found:
            del self._entries[item_id]
        return found

    def ages(self, step: int) -> list[int]:
        """In steps, of everything that is there."""
        return [step - entry.step for entry in self._entries.values()]

    def state(self, encode: Callable[[T], Any]) -> list[list[Any]]:
        """For a checkpoint, as JSON has it."""
        return [[item_id, entry.step, encode(entry.item)] for item_id, entry in self._entries.items()]

    def restore(self, state: Iterable[list[Any]], decode: Callable[[Any], T]) -> None:
        """What `state` gave, in place of what is there."""
        self._entries = {item_id: _Entry(step, decode(item)) for item_id, step, item in state}
