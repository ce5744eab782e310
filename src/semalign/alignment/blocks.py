"""`BlockMap`: which blocks of two functions do the same work, loops first and top-down, order kept within each body.

The cost of a pair weighs which matched variables the two change and read, how often they ran on each input, which way
they branched, what they are, and where they stand. Within a pair of bodies the cheapest order-preserving pairing is
found by dynamic programming, with gaps and with spans of one against up to four.

Source: the cost is ours; spans and gaps as in Gale and Church, "A program for aligning sentences", CL 1993.
"""

import enum
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from semalign.alignment.evidence import Evidence
from semalign.alignment.given import Wishes
from semalign.alignment.structure import Item, Structure
from semalign.alignment.variables import VariableMap
from semalign.traces.blocks import LOOPS, BlockKind

W_VARIABLES, W_COUNTS, W_BRANCHES, W_TEXT, W_KIND, W_POSITION = 0.35, 0.20, 0.10, 0.15, 0.15, 0.05
OTHER_INPUTS = 0.25  # weight of counts on an input with unequal outputs
GAP = 0.32  # for one block left alone
SPAN = 0.2  # for each block more than one against one
MAX_SPAN = 4
_NEVER = 9.0


class GroupKind(enum.StrEnum):
    """How the two sides of a group are compared."""

    RUN = "run"  # both straight-line
    CHOICE = "choice"  # two choices: outcome first, then arm by arm
    LOOP = "loop"  # two loops: iteration by iteration
    SPAN = "span"  # as a whole, once both sides have passed it
    GAP = "gap"  # one side is empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Items that are compared as one, and for loops and choices what stands inside them."""

    kind: GroupKind
    source: tuple[Item, ...] = ()
    target: tuple[Item, ...] = ()
    inner: tuple[tuple[str, str, tuple["Group", ...]], ...] = ()  # arm of source, arm of target, their groups
    negated: bool = False  # the target's condition is the opposite of the source's
    cost: float = 0.0  # 0 alike .. 1 nothing in common

    def everything(self) -> Iterator["Group"]:
        """It and all groups inside."""
        yield self
        for _, _, groups in self.inner:
            for group in groups:
                yield from group.everything()


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockPair:
    """Source blocks and the target blocks that do their work; one side empty where nothing does."""

    source: tuple[str, ...]
    target: tuple[str, ...]
    confidence: float
    negated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockMap:
    """The pairing of two functions' blocks."""

    source: str
    target: str
    groups: tuple[Group, ...] = field(repr=False)

    @property
    def pairs(self) -> tuple[BlockPair, ...]:
        """Every group as ids, headers without what is inside them, in source order."""
        found = []
        for top in self.groups:
            for group in top.everything():
                spread = group.kind in (GroupKind.SPAN, GroupKind.GAP)
                found.append(
                    BlockPair(
                        source=_ids(group.source, spread=spread),
                        target=_ids(group.target, spread=spread),
                        confidence=max(0.0, 1.0 - group.cost) if group.kind is not GroupKind.GAP else 0.0,
                        negated=group.negated,
                    )
                )
        return tuple(found)

    def targets(self, source_block: str) -> tuple[str, ...]:
        """The target blocks that do the work of a source block."""
        return next((pair.target for pair in self.pairs if source_block in pair.source), ())

    def sources(self, target_block: str) -> tuple[str, ...]:
        """The source blocks whose work a target block does."""
        return next((pair.source for pair in self.pairs if target_block in pair.target), ())


def _ids(items: Sequence[Item], *, spread: bool) -> tuple[str, ...]:
    return tuple(one.block.id for item in items for one in (item.all() if spread else [item]))


@dataclass(frozen=True, slots=True)
class _Matcher:
    variables: VariableMap
    source: Evidence
    target: Evidence
    passing: frozenset[int]
    features_source: dict[int, "_Features"]
    features_target: dict[int, "_Features"]
    wishes: Wishes

    def groups(self, left: Sequence[Item], right: Sequence[Item]) -> tuple[Group, ...]:
        """The cheapest pairing of two bodies."""
        n, m = len(left), len(right)
        best = [[_NEVER * (n + m + 1)] * (m + 1) for _ in range(n + 1)]
        back: dict[tuple[int, int], tuple[int, int, float]] = {}
        best[0][0] = 0.0
        for i in range(n + 1):
            for j in range(m + 1):
                for a, b, cost in self._moves(left, right, i, j):
                    if best[i - a][j - b] + cost < best[i][j] - 1e-12:
                        best[i][j] = best[i - a][j - b] + cost
                        back[i, j] = (a, b, cost)
        made: list[Group] = []
        i, j = n, m
        while i or j:
            a, b, cost = back[i, j]
            made.append(self._group(tuple(left[i - a : i]), tuple(right[j - b : j]), max(0.0, cost)))
            i, j = i - a, j - b
        return tuple(reversed(made))

    def _moves(self, left: Sequence[Item], right: Sequence[Item], i: int, j: int) -> Iterator[tuple[int, int, float]]:
        if i:
            yield 1, 0, GAP
        if j:
            yield 0, 1, GAP
        if not i or not j:
            return
        place = W_POSITION * abs(i / len(left) - j / len(right))
        yield 1, 1, self._cost(left[i - 1 : i], right[j - 1 : j]) + place
        for k in range(2, MAX_SPAN + 1):
            if i >= k:
                yield k, 1, self._cost(left[i - k : i], right[j - 1 : j]) + place + SPAN * (k - 1)
            if j >= k:
                yield 1, k, self._cost(left[i - 1 : i], right[j - k : j]) + place + SPAN * (k - 1)

    def _cost(self, left: Sequence[Item], right: Sequence[Item]) -> float:
        if self.wishes.forbids(left, right):
            return _NEVER
        worth = self.wishes.worth(left, right)
        if self.wishes.ask(left, right):
            return -worth
        kind = _kind_cost(left, right)
        if kind >= 1.0:
            return _NEVER
        one = _union([self.features_source[item.number] for item in left])
        other = _union([self.features_target[item.number] for item in right])
        return (
            W_VARIABLES * _variables_cost(one, other)
            + W_COUNTS * _counts_cost(one, other, self.passing)
            + W_BRANCHES * _branches_cost(one, other)
            + W_TEXT * _text_cost(one, other)
            + W_KIND * kind
            - worth
        )

    def _group(self, left: tuple[Item, ...], right: tuple[Item, ...], cost: float) -> Group:
        if not left or not right:
            return Group(kind=GroupKind.GAP, source=left, target=right, cost=1.0)
        if len(left) == 1 and len(right) == 1:
            s, t = left[0], right[0]
            if s.is_loop and t.is_loop:
                inner = (("body", "body", self.groups(s.inner(), t.inner())),)
                return Group(kind=GroupKind.LOOP, source=left, target=right, inner=inner, cost=cost)
            if s.block.kind is t.block.kind is BlockKind.IF:
                return self._choice(s, t, cost)
            if s.arms or t.arms:
                return self._armed(s, t, cost)
            return Group(kind=GroupKind.RUN, source=left, target=right, cost=cost)
        return Group(kind=GroupKind.SPAN, source=left, target=right, cost=cost)

    def _choice(self, s: Item, t: Item, cost: float) -> Group:
        negated = self._is_negated(s, t)
        arms = (("then", "else"), ("else", "then")) if negated else (("then", "then"), ("else", "else"))
        inner = tuple((a, b, self.groups(s.arm(a), t.arm(b))) for a, b in arms)
        return Group(kind=GroupKind.CHOICE, source=(s,), target=(t,), inner=inner, negated=negated, cost=cost)

    def _is_negated(self, s: Item, t: Item) -> bool:
        """By what stands in the arms; the outcomes alone would hide a condition that was negated by mistake."""
        straight = self._arms_cost(s.arm("then"), t.arm("then")) + self._arms_cost(s.arm("else"), t.arm("else"))
        crossed = self._arms_cost(s.arm("then"), t.arm("else")) + self._arms_cost(s.arm("else"), t.arm("then"))
        return crossed < straight - 0.2

    def _arms_cost(self, left: Sequence[Item], right: Sequence[Item]) -> float:
        if not left or not right:
            return 0.0 if not left and not right else 0.7
        one = _union([self.features_source[item.number] for item in left])
        other = _union([self.features_target[item.number] for item in right])
        # Two arms that change and read the same can only be told apart by what they say.
        return _variables_cost(one, other) + 0.5 * _text_cost(one, other)

    def _armed(self, s: Item, t: Item, cost: float) -> Group:
        """Two `try`, `with` or `switch`: arm by arm where the arms are called the same, else as a whole."""
        if s.block.kind is not t.block.kind or [a for a, _ in s.arms] != [b for b, _ in t.arms]:
            return Group(kind=GroupKind.SPAN, source=(s,), target=(t,), cost=cost)
        inner = tuple((a, b, self.groups(x, y)) for (a, x), (b, y) in zip(s.arms, t.arms, strict=True))
        return Group(kind=GroupKind.CHOICE, source=(s,), target=(t,), inner=inner, cost=cost)


@dataclass(frozen=True, slots=True)
class _Features:
    defs: frozenset[str]  # in the target's names; those of the source without a partner are left out
    uses: frozenset[str]
    free: int  # variables without a partner
    counts: tuple[int, ...]  # how often it ran, by input
    branches: tuple[int, ...]
    tokens: frozenset[str]


def match_blocks(
    source: Structure,
    target: Structure,
    variables: VariableMap,
    evidence: tuple[Evidence, Evidence],
    passing: Iterable[int] = (),
    given: Iterable[tuple[str, str]] = (),
) -> BlockMap:
    """The map of two functions, given which variables correspond and what ran how often.

    `given` are block pairs that the user knows.
    """
    to_target = {pair.source: pair.target for pair in variables.pairs}
    own = {pair.target: pair.target for pair in variables.pairs}
    matcher = _Matcher(
        variables,
        *evidence,
        frozenset(passing),
        _features(source.items, to_target, evidence[0]),
        _features(target.items, own, evidence[1]),
        Wishes(given, source, target),
    )
    return BlockMap(source=source.function, target=target.function, groups=matcher.groups(source.items, target.items))


def _features(items: Sequence[Item], names: Mapping[str, str], evidence: Evidence) -> dict[int, _Features]:
    found: dict[int, _Features] = {}
    for item in items:
        below = _features(item.inner(), names, evidence)
        found |= below
        whole = [one.block for one in item.all()]
        defs = {name for block in whole for name in block.defs}
        uses = {name for block in whole for name in block.uses}
        found[item.number] = _Features(
            frozenset(names[name] for name in defs if name in names),
            frozenset(names[name] for name in uses if name in names),
            sum(name not in names for name in defs | uses),
            evidence.counts(item.block.id),
            evidence.branches(item.block.id),
            frozenset(token for block in whole for token in _TOKEN.findall(_rename(block.text, names))),
        )
    return found


_TOKEN = re.compile(r"\d+|[^\W\d]\w*|[<>=!]=|[^\s\w();,{}]")
_WORD = re.compile(r"[^\W\d]\w*")


def _rename(text: str, names: Mapping[str, str]) -> str:
    return _WORD.sub(lambda word: names.get(word.group(), word.group()), text)


def _union(features: Sequence[_Features]) -> _Features:
    if len(features) == 1:
        return features[0]
    return _Features(
        frozenset().union(*(one.defs for one in features)),
        frozenset().union(*(one.uses for one in features)),
        sum(one.free for one in features),
        tuple(max(n) for n in zip(*(one.counts for one in features), strict=True)),
        next((one.branches for one in features if one.branches), ()),
        frozenset().union(*(one.tokens for one in features)),
    )


def _kind_cost(left: Sequence[Item], right: Sequence[Item]) -> float:
    """0 the same, 1 never the same work."""
    kinds = {item.block.kind for item in left}, {item.block.kind for item in right}
    if (BlockKind.ENTRY in kinds[0]) or (BlockKind.ENTRY in kinds[1]):
        return 0.0 if kinds[0] == kinds[1] and len(left) == len(right) == 1 else 1.0
    loops = tuple(any(_repeats(item) for item in side) for side in (left, right))
    if len(left) == len(right) == 1:
        a, b = left[0].block.kind, right[0].block.kind
        if a is b:
            return 0.0
        if a in LOOPS and b in LOOPS:
            return 0.1
    if loops[0] != loops[1]:
        return 1.0
    spans_loops = [any(kind in LOOPS for kind in side) for side in kinds]
    if all(spans_loops):  # one loop done as several; anything else beside a loop finds its own partner
        return 0.9 if all(item.is_loop for item in (*left, *right)) else 1.0
    return 0.8 if any(spans_loops) else 0.5


def _repeats(item: Item) -> bool:
    return item.is_loop or item.block.inner_loops > 0 or any(map(_repeats, item.inner()))


def _variables_cost(one: _Features, other: _Features) -> float:
    return 0.65 * _apart(one.defs, other.defs) + 0.35 * _apart(one.uses, other.uses)


def _apart(a: frozenset[str], b: frozenset[str]) -> float:
    if not a and not b:
        return 0.0
    return 1.0 - len(a & b) / len(a | b)


def _counts_cost(one: _Features, other: _Features, passing: frozenset[int]) -> float:
    """Inputs with equal outputs speak with full weight: on the others the fault itself changes the counts."""
    cost = total = 0.0
    for number, (a, b) in enumerate(zip(one.counts, other.counts, strict=True)):
        if a or b:
            weight = 1.0 if number in passing else OTHER_INPUTS
            total += weight
            cost += weight * abs(a - b) / max(a, b)
    if not total:  # never run on either side: what they say is all there is
        return _text_cost(one, other)
    return cost / total


def _text_cost(one: _Features, other: _Features) -> float:
    return _apart(one.tokens, other.tokens)


def _branches_cost(one: _Features, other: _Features) -> float:
    a, b = one.branches, other.branches
    if not a or not b:
        return 0.0 if not a and not b else 0.5
    share, other_share = sum(a) / len(a), sum(b) / len(b)
    return min(abs(share - other_share), abs(share - (1.0 - other_share)) + 0.1)
