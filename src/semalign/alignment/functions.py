"""`FunctionMap`: which functions of two programs correspond, by what calls them, how often, and their names."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from semalign.alignment.side import Side
from semalign.alignment.tree import Tree
from semalign.alignment.variables import normal

LEAST_SCORE = 0.5

type_trees = tuple[Sequence[Tree | None], Sequence[Tree | None]]  # of source and target, by input


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionMap:
    """Pairs of source and target functions, the ones that the inputs were given to first."""

    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def sources(self) -> frozenset[str]:
        """Source functions that have a partner."""
        return frozenset(source for source, _ in self.pairs)

    def source(self, target: str) -> str | None:
        """The source function that a target function stands for."""
        return next((s for s, t in self.pairs if t == target), None)


def match_functions(
    source: Side, target: Side, trees: tuple[Sequence[Tree | None], Sequence[Tree | None]]
) -> FunctionMap:
    """The map of two programs. The functions that the inputs were given to are partners; so are the like-named."""
    pairs = [(source.root, target.root)]
    left = [outline.function for outline in source.outlines if outline.function != source.root]
    right = [outline.function for outline in target.outlines if outline.function != target.root]
    if not left or not right:
        return FunctionMap(pairs=tuple(pairs))
    calls = tuple(_calls(side) for side in trees)
    scores = np.zeros((len(left), len(right)))
    for i, one in enumerate(left):
        for j, other in enumerate(right):
            scores[i, j] = _score(one, other, calls[0], calls[1])
    rows, columns = linear_sum_assignment(-scores)
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        if scores[i, j] >= LEAST_SCORE:
            pairs.append((left[i], right[j]))
    return FunctionMap(pairs=tuple(pairs))


def _calls(trees: Sequence[Tree | None]) -> list[Counter[str]]:
    return [Counter(call.function for call in one.calls.values()) if one is not None else Counter() for one in trees]


def _score(one: str, other: str, left: Sequence[Counter[str]], right: Sequence[Counter[str]]) -> float:
    """0..2: a shared name, and how alike the numbers of calls are."""
    ran = [(a[one], b[other]) for a, b in zip(left, right, strict=False) if a[one] or b[other]]
    alike = sum(min(pair) / max(pair) for pair in ran) / len(ran) if ran else 0.4
    return (1.0 if normal(one) == normal(other) else 0.0) + alike
