"""`VariableMap`: which variable of one function stands for which of the other, by the values that they went through.

Names are a small prior only. A pair that can't be told from the second best is *ambiguous*, and never used to blame.

Source: bit-parallel LCS, Hyyrö, "Bit-parallel LCS-length computation revisited", AWOCA 2004; assignment, scipy's
Hungarian method (Crouse, "On implementing 2D rectangular assignment algorithms", IEEE TAES 2016).
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from semalign.alignment.states import Plain, change, shape
from semalign.alignment.tree import Tree

MAX_STREAM = 512  # changes of one variable in one run that are looked at
SHAPES = 8  # changes in one run whose kind of value is looked at
SAME_NAME = 0.05  # what a shared name adds; more where values say little
UNINFORMED_NAME = 0.45
MAX_OFFSET = 2
LEAST_SCORE = 0.2  # of a pair that is kept without the same name
AMBIGUOUS = 0.1  # least margin to the second best
OFFSET_WORTH = 0.6  # what agreement up to a constant counts, beside agreement itself
WITHOUT_PASSING = 0.5  # what is learned from failing runs alone counts half


class PairOrigin(enum.StrEnum):
    """How a pair came about."""

    POSITION = "position"  # parameters
    VALUES = "values"
    NAME = "name"  # the same name, and nothing speaks against it
    GIVEN = "given"  # by the user


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A source variable and its target variable; where `offset` is not 0, target = source + offset."""

    source: str
    target: str
    offset: int = 0
    confidence: float = 1.0  # 0..1
    ambiguous: bool = False
    origin: PairOrigin = PairOrigin.VALUES


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableMap:
    """The pairs of one pair of functions. A variable is in one pair at most."""

    pairs: tuple[Pair, ...] = ()
    of_source: dict[str, Pair] = field(init=False, repr=False, compare=False, default_factory=dict)
    of_target: dict[str, Pair] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Make both directions a look-up."""
        for pair in self.pairs:
            self.of_source[pair.source] = pair
            self.of_target[pair.target] = pair

    def target(self, name: str) -> str | None:
        """The target variable of a source variable."""
        pair = self.of_source.get(name)
        return pair.target if pair is not None else None

    def source(self, name: str) -> str | None:
        """The source variable of a target variable."""
        pair = self.of_target.get(name)
        return pair.source if pair is not None else None


type_stream = dict[int, list[Plain]]  # by number of the input: what each change did
type_changes = dict[str, list[Plain]]  # by name, of one input


@dataclass(slots=True)
class Streams:
    """What the variables of one function went through, over all inputs."""

    changes: dict[str, type_stream] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    shapes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def names(self) -> list[str]:
        """Variables that were seen, in order of first sight."""
        return list(self.changes)


def streams(trees: Sequence[Tree | None], function: str) -> Streams:
    """The streams of the variables of that function."""
    found = Streams()
    for number, one in enumerate(trees):
        if one is None:
            continue
        frames = {frame for frame, call in one.calls.items() if call.function == function}
        states: dict[int, dict[str, Plain]] = {frame: {} for frame in frames}
        mine: type_changes = {}
        for step in one.steps:
            if not step.shown or step.event.frame not in states:
                continue
            state = states[step.event.frame]
            for name, now in step.shown:
                stream = mine.get(name)
                if stream is None:
                    stream = mine[name] = found.changes[name][number]
                if len(stream) < MAX_STREAM:
                    stream.append(change(state.get(name), now))
                    if len(stream) <= SHAPES:
                        found.shapes[name][shape(now)] += 1
                state[name] = now
    return found


def common_length(a: Sequence[Plain], b: Sequence[Plain]) -> int:
    """Length of the longest common subsequence.

    >>> common_length([1, 2, 3, 4], [2, 4, 3, 4])
    3
    """
    places: dict[Plain, int] = {}
    for i, symbol in enumerate(a):
        places[symbol] = places.get(symbol, 0) | (1 << i)
    full = (1 << len(a)) - 1
    row = full
    for symbol in b:
        matches = row & places.get(symbol, 0)
        row = ((row + matches) | (row - matches)) & full
    return len(a) - row.bit_count()


def normal(name: str) -> str:
    """A name without case, underscores and sigils: what two conventions agree on.

    >>> normal("max_so_far") == normal("maxSoFar")
    True
    """
    return name.rsplit(".", 1)[-1].replace("_", "").lower()


def learn(source: Streams, target: Streams, passing: Iterable[int], pinned: Sequence[Pair] = ()) -> VariableMap:
    """The map that the streams speak for. `pinned` pairs stay as they are; `passing` inputs have equal outputs."""
    good = set(passing)
    weights = dict.fromkeys(good, 1.0)
    taken_source, taken_target = {pair.source for pair in pinned}, {pair.target for pair in pinned}
    left = [name for name in source.names() if name not in taken_source]
    right = [name for name in target.names() if name not in taken_target]
    fixed = list(pinned)
    if not left or not right:
        return VariableMap(pairs=tuple(fixed))
    scores = np.zeros((len(left), len(right)))
    offsets: dict[tuple[int, int], int] = {}
    for i, s in enumerate(left):
        for j, t in enumerate(right):
            if not _can_meet(source.shapes[s], target.shapes[t]):
                continue
            scores[i, j], offset = _score(source.changes[s], target.changes[t], weights, same=normal(s) == normal(t))
            offsets[i, j] = offset
    rows, columns = linear_sum_assignment(-scores)
    halved = 1.0 if good else WITHOUT_PASSING
    for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
        pair = _pair(scores, i, j, left, right, halved)
        if pair is not None:
            offset = offsets.get((i, j), 0)
            fixed.append(pair if not offset else _with_offset(pair, offset))
    return VariableMap(pairs=tuple(fixed))


def like_named(
    pinned: Sequence[Pair], names: tuple[Iterable[str], Iterable[str]], seen: tuple[Container[str], Container[str]]
) -> list[Pair]:
    """Like-named variables of which just one side has shown a value: the other may have lost the assignment."""
    taken = {pair.source for pair in pinned}, {pair.target for pair in pinned}
    left, right = (
        {normal(name): name for name in one if name not in took} for one, took in zip(names, taken, strict=True)
    )
    return [
        Pair(source=left[name], target=right[name], confidence=WITHOUT_PASSING / 2, origin=PairOrigin.NAME)
        for name in left
        if name in right and (left[name] in seen[0]) != (right[name] in seen[1])
    ]


def _with_offset(pair: Pair, offset: int) -> Pair:
    return Pair(
        source=pair.source, target=pair.target, offset=offset, confidence=pair.confidence, ambiguous=pair.ambiguous
    )


def _pair(
    scores: "np.ndarray[tuple[int, int], np.dtype[np.float64]]",
    i: int,
    j: int,
    left: Sequence[str],
    right: Sequence[str],
    halved: float,
) -> Pair | None:
    score = float(scores[i, j])
    same_name = normal(left[i]) == normal(right[j])
    if score < LEAST_SCORE and not (same_name and score > 0):
        return None
    rivals = np.concatenate([np.delete(scores[i], j), np.delete(scores[:, j], i)])
    margin = max(0.0, min(1.0, score - float(rivals.max(initial=0.0))))
    # Two variables that went through the same few values can't be told apart by values; a shared name then decides.
    confidence = max(margin, 0.5 * min(1.0, score + 0.3)) if same_name else margin
    return Pair(
        source=left[i],
        target=right[j],
        confidence=confidence * halved,
        ambiguous=confidence < AMBIGUOUS,
        origin=PairOrigin.NAME if same_name and margin < AMBIGUOUS else PairOrigin.VALUES,
    )


def _can_meet(a: Counter[str], b: Counter[str]) -> bool:
    one, other = set(a) - {""}, set(b) - {""}
    if not one or not other or one & other:
        return True
    return one | other <= {"list", "map"}  # an array that is indexed like a map


def _score(one: type_stream, other: type_stream, weights: Mapping[int, float], *, same: bool) -> tuple[float, int]:
    """How well two streams agree, 0..1.05, and the constant between them (0: none)."""
    common = total = 0.0
    distinct: set[Plain] = set()
    for number in one.keys() | other.keys():
        a, b = one.get(number, ()), other.get(number, ())
        weight = weights.get(number, 0.3 if weights else 1.0)
        n = common_length(a, b) if a and b else 0
        common += 2 * n * weight
        total += (len(a) + len(b)) * weight
        if n:
            distinct.update(b[:32])
    score = common / total if total else 0.0
    if weights and not same and (offset := _offset(one, other)):  # like-named ones are meant to be equal
        return OFFSET_WORTH, offset
    information = 1.0 - 0.5 ** len(distinct)  # one value alone says half as much as many
    told = information if weights else 0.0
    return score * information + (UNINFORMED_NAME + (SAME_NAME - UNINFORMED_NAME) * told if same else 0.0), 0


def _offset(one: type_stream, other: type_stream) -> int:
    """The constant that target is ahead of source in every change, where there is one and enough changes tell."""
    seen: Counter[int] = Counter()
    for number in one.keys() & other.keys():
        a, b = one[number], other[number]
        for x, y in zip(a, b, strict=False):
            if not isinstance(x, int) or not isinstance(y, int):
                return 0
            seen[y - x] += 1
    if not seen:
        return 0
    (constant, n), total = seen.most_common(1)[0], seen.total()
    return constant if total >= 4 and n >= 0.9 * total and abs(constant) <= MAX_OFFSET else 0
