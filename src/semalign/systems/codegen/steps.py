"""The steps of generated problems: each has words, lines of Python, and a meaning that no line was read for.

A problem filters a list, maps what is left, folds it into a number and finishes that number. Because the meaning is
written here a second time, in values, the expected answers of a problem do not come from running its own gold program.
"""

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass


class Stage(enum.StrEnum):
    """Where in a program a step stands. Every program has one of each, in this order."""

    FILTER = "filter"
    MAP = "map"
    FOLD = "fold"
    FINISH = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step. `{c}` in `words`, `code` and `start` stands for the constant; "k" in the code is the second argument.

    `code` is the condition of a filter, the expression of a map or finish, the new total of a fold whose first total is
    `start`.
    """

    stage: Stage
    name: str
    words: str
    code: str
    meaning: Callable[[int, int, int], int]  # (x or r, k, c), for a fold (total, x, c)
    start: int = 0

    @property
    def has_constant(self) -> bool:
        """Another constant makes another program."""
        return "{c}" in self.code


def _filter(name: str, words: str, code: str, meaning: Callable[[int, int, int], int]) -> Step:
    return Step(stage=Stage.FILTER, name=name, words=words, code=code, meaning=meaning)


def _map(name: str, words: str, code: str, meaning: Callable[[int, int, int], int]) -> Step:
    return Step(stage=Stage.MAP, name=name, words=words, code=code, meaning=meaning)


def _fold(name: str, words: str, code: str, meaning: Callable[[int, int, int], int], start: int = 0) -> Step:
    return Step(stage=Stage.FOLD, name=name, words=words, code=code, meaning=meaning, start=start)


def _finish(name: str, words: str, code: str, meaning: Callable[[int, int, int], int]) -> Step:
    return Step(stage=Stage.FINISH, name=name, words=words, code=code, meaning=meaning)


FILTERS = (
    _filter("over", "over {c}", "x > {c}", lambda x, k, c: x > c),
    _filter("under", "under {c}", "x < {c}", lambda x, k, c: x < c),
    _filter("over_k", "over k", "x > k", lambda x, k, c: x > k),
    _filter("under_k", "under k", "x < k", lambda x, k, c: x < k),
    _filter("even", "even", "x % 2 == 0", lambda x, k, c: x % 2 == 0),
    _filter("odd", "odd", "x % 2 == 1", lambda x, k, c: x % 2 == 1),
    _filter("not", "not {c}", "x != {c}", lambda x, k, c: x != c),
)
MAPS = (
    _map("plus", "plus {c}", "x + {c}", lambda x, k, c: x + c),
    _map("minus", "minus {c}", "x - {c}", lambda x, k, c: x - c),
    _map("times", "times {c}", "x * {c}", lambda x, k, c: x * c),
    _map("plus_k", "plus k", "x + k", lambda x, k, c: x + k),
    _map("square", "square", "x * x", lambda x, k, c: x * x),
    _map("rest", "rest {c}", "x % {c}", lambda x, k, c: x % c),
)
FOLDS = (
    _fold("sum", "sum", "s + x", lambda s, x, c: s + x),
    _fold("count", "count", "s + 1", lambda s, x, c: s + 1),
    _fold("largest", "largest", "max(s, x)", lambda s, x, c: max(s, x)),
    _fold("swing", "swing", "x - s", lambda s, x, c: x - s),
    _fold("last", "last", "x", lambda s, x, c: x),
    _fold("less", "less", "s - x", lambda s, x, c: s - x, start=50),
)
FINISHES = (
    _finish("add", "add {c}", "s + {c}", lambda s, k, c: s + c),
    _finish("take", "take {c}", "s - {c}", lambda s, k, c: s - c),
    _finish("scale", "scale {c}", "s * {c}", lambda s, k, c: s * c),
    _finish("add_k", "add k", "s + k", lambda s, k, c: s + k),
    _finish("modulo", "modulo {c}", "s % {c}", lambda s, k, c: s % c),
)
STEPS = {Stage.FILTER: FILTERS, Stage.MAP: MAPS, Stage.FOLD: FOLDS, Stage.FINISH: FINISHES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole program as its four steps, each with its constant (2 to 5; unused where the step has none)."""

    steps: tuple[tuple[Step, int], ...]  # filter, map, fold, finish

    @property
    def template(self) -> str:
        """Which steps, whatever their constants: problems of one template differ only in numbers."""
        return "-".join(step.name for step, _ in self.steps)

    @property
    def statement(self) -> str:
        """What is asked, in words."""
        return ", ".join(step.words.format(c=c) for step, c in self.steps)

    def program(self) -> str:
        """Python that does it, `solve(a, k)`, with the three variables y, s and r."""
        (keep, k1), (change, k2), (fold, k3), (finish, k4) = self.steps
        return (
            "def solve(a, k):\n"
            "    y = []\n"
            "    for x in a:\n"
            f"        if {keep.code.format(c=k1)}:\n"
            f"            y.append({change.code.format(c=k2)})\n"
            f"    s = {fold.start}\n"
            "    for x in y:\n"
            f"        s = {fold.code.format(c=k3)}\n"
            f"    r = {finish.code.format(c=k4)}\n"
            "    return r\n"
        )

    def answer(self, numbers: Sequence[int], k: int) -> int:
        """What the program must return, without running it."""
        return self.values(numbers, k)[2]

    def values(self, numbers: Sequence[int], k: int) -> tuple[list[int], int, int]:
        """What y, s and r hold in the end, without running the program."""
        (keep, k1), (change, k2), (fold, k3), (finish, k4) = self.steps
        kept = [change.meaning(number, k, k2) for number in numbers if keep.meaning(number, k, k1)]
        total = fold.start
        for number in kept:
            total = fold.meaning(total, number, k3)
        return kept, total, finish.meaning(total, k, k4)
