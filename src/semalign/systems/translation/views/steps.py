"""`Step`: the events of two runs in one order, so that a reader walks through both programs at once.

Events are partners when they have the same execution index: the same frame, paired blocks, the same iteration of
paired loops, the same repetition. Of all such partners the longest part that keeps both orders is used.

Not for: blaming. `semalign.alignment` decides what differs; this only lays two traces side by side.
Source: Xin, Sumner, Zhang, "Efficient program execution indexing", PLDI 2008 (the index).
"""

import bisect
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from semalign.traces.blocks import LOOPS, Block, Outline
from semalign.traces.trace import Event, EventKind, Frame, Trace

type_key = Hashable


@dataclass(frozen=True, slots=True)
class Step:
    """One step: the numbers of an event on each side, None where that side waits."""

    source: int | None
    target: int | None

    @property
    def paired(self) -> bool:
        """Both programs move."""
        return self.source is not None and self.target is not None


@dataclass(frozen=True, slots=True)
class Half:
    """One run to be paired: its trace, its outline, and the number of the pair each of its blocks belongs to."""

    trace: Trace
    outline: Outline
    numbers: dict[int, int]


def steps(source: Half | None, target: Half | None) -> tuple[Step, ...]:
    """All events of both runs in order; when no block is paired, event by event, which claims nothing."""
    n, m = (len(half.trace.events) if half else 0 for half in (source, target))
    if source and target and source.numbers and target.numbers:
        partners = _in_order(_keys(source), _keys(target))
    elif source and target:
        return tuple(Step(k if k < n else None, k if k < m else None) for k in range(max(n, m)))
    else:
        partners = []
    result: list[Step] = []
    i = j = 0
    for one, other in [*partners, (n, m)]:
        if source and target and one - i == other - j == 1 and _alike(source, target, i, j):
            result.append(Step(i, j))
        else:
            result += [Step(k, None) for k in range(i, one)]
            result += [Step(None, k) for k in range(j, other)]
        if one < n and other < m:
            result.append(Step(one, other))
        i, j = one + 1, other + 1
    return tuple(result)


def _alike(source: Half, target: Half, i: int, j: int) -> bool:
    """Two events alone between the same neighbours, of one kind in one iteration: the arms of a turned condition."""
    one, other = source.trace.events[i], target.trace.events[j]
    return bool(source.numbers and target.numbers) and (one.kind, one.index) == (other.kind, other.index)


def _in_order(left: Sequence[type_key | None], right: Sequence[type_key | None]) -> list[tuple[int, int]]:
    """The longest list of equal keys that rises on both sides (patience sorting)."""
    places = {key: j for j, key in enumerate(right) if key is not None}
    pairs = [(i, places[key]) for i, key in enumerate(left) if key is not None and key in places]
    tails: list[int] = []  # smallest last place on the right of a chain of each length
    ends: list[int] = []  # the pair that has it
    before: list[int] = []
    for k, (_, j) in enumerate(pairs):
        at = bisect.bisect_left(tails, j)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1] = [j]
        ends[at : at + 1] = [k]
    chain: list[tuple[int, int]] = []
    k = ends[-1] if ends else -1
    while k >= 0:
        chain.append(pairs[k])
        k = before[k]
    return chain[::-1]


def _keys(half: Half) -> list[type_key | None]:
    """What each event is called on both sides, with its repetition; None for one that can have no partner."""
    blocks = {block.id: (number, block) for number, block in enumerate(half.outline.blocks)}
    frames = {frame.id: frame for frame in half.trace.frames}
    roots: dict[int, type_key] = {}
    seen: Counter[type_key] = Counter()
    keys: list[type_key | None] = []
    for event in half.trace.events:
        key = _key(event, half, blocks, _frame(event.frame, frames, roots))
        if key is not None:
            seen[key] += 1
            key = (key, seen[key])
        keys.append(key)
    return keys


def _key(event: Event, half: Half, blocks: dict[str, tuple[int, Block]], frame: type_key) -> type_key | None:
    match event.kind:
        case EventKind.ENTER:
            return (frame, "enter")
        case EventKind.RETURN | EventKind.RAISE:
            return (frame, "leave")
    if event.block not in blocks:  # of another function than the compared one
        return None
    number = half.numbers.get(blocks[event.block][0])
    if number is None:
        return None
    return (frame, _kind(event, blocks[event.block][1]), number, _iterations(event, half, blocks))


def _kind(event: Event, block: Block) -> str:
    """Several blocks may stand for several: then a decision is the partner of a decision. Loops of any form are one."""
    if block.kind in LOOPS:
        return "loop"
    return event.kind.value


def _iterations(event: Event, half: Half, blocks: dict[str, tuple[int, Block]]) -> type_key:
    """The index with each loop named by its pair, so that an unpaired loop round paired blocks does no harm."""
    block = blocks[event.block][1]
    loops = [*block.loops, *([block.id] if block.kind in LOOPS else [])]
    if len(loops) < len(event.index):
        return event.index
    named = ((blocks[loop][0] if loop in blocks else -1, i) for loop, i in zip(loops, event.index, strict=False))
    return tuple((half.numbers[number], i) for number, i in named if number in half.numbers)


def _frame(number: int, frames: dict[int, Frame], known: dict[int, type_key]) -> type_key:
    """A call by its way from the root; built from the top so that deep recursion costs no recursion here."""
    path = []
    while number not in known and number in frames:
        path.append(number)
        number = frames[number].parent
    for k in reversed(path):
        frame = frames[k]
        # Interned by number: a tuple of tuples a thousand calls deep could not even be hashed.
        known[k] = hash((known.get(frame.parent, 0), frame.index, frame.ordinal))
    return known.get(path[0] if path else number, 0)
