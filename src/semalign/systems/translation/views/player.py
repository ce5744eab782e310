"""`Player`: what the page replays, step by step: where both programs stand and what the matched variables hold.

A variable counts as different at a step only where both programs moved and the difference is still there when both
have moved again: two programs may set the same variables in another order without meaning another thing. Pairs of
variables that were matched with little confidence are shown but not judged, unless they are what is blamed.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from semalign.systems.translation.verdict import Blame, Verdict, shown, traces
from semalign.systems.translation.views.code import Partners, blamed
from semalign.systems.translation.views.steps import Half, Step, steps
from semalign.systems.translation.views.words import plural
from semalign.traces.render import NOTHING, Marked, Piece, show, show_difference, visible
from semalign.traces.trace import Event, EventKind, Trace
from semalign.values.compare import first_difference
from semalign.values.model import Int, Value
from semalign.values.policy import Policy

MAX_STEPS = 1_500
MIN_CONFIDENCE = 0.25
VALUE_WIDTH = 88  # characters of a value in a cell
SAME, DIFFERENT, OPEN = 0, 1, 2  # OPEN: one side has not got there, nothing can be said


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table of variables: a matched pair, or a variable of one side alone (its other name is "")."""

    source: str
    target: str
    confidence: float = 0.0
    offset: int = 0  # the target holds the source's number plus this, always


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One step as it is shown. Blocks are -1 where a side waits; `cells` are (source, target, state), row by row."""

    number: int  # among all steps, from 0
    blocks: tuple[int, int]
    lines: tuple[int, int]
    words: tuple[str, str]  # what the event did, on each side
    cells: tuple[tuple[Marked, Marked, int], ...]
    state: int  # of the step as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """All that is replayed. `first` is the moment where the programs part, -1 where they do not."""

    rows: tuple[Row, ...]
    moments: tuple[Moment, ...]
    n_steps: int
    first: int = -1
    paired: bool = True
    notes: tuple[str, ...] = ()


_Values = dict[str, Value]
_Pair = tuple[Value | None, Value | None]


@dataclass(frozen=True, slots=True)
class _State:
    """After a step: the values of each row, and how they compare on their own."""

    step: Step
    pairs: tuple[_Pair, ...]
    raw: tuple[int, ...]


def player(verdict: Verdict, pairs: Partners) -> Player | None:
    """The replay of the shown input, or None when no side has a trace that may be used."""
    example = shown(verdict)
    both = traces(example) if example else (None, None)
    if both[0] is None and both[1] is None:
        return None
    halves = (
        Half(both[0], verdict.source.outline, pairs.source) if both[0] else None,
        Half(both[1], verdict.target.outline, pairs.target) if both[1] else None,
    )
    order = steps(*halves)
    paired = any(step.paired for step in order) and bool(pairs.count)
    rows = _rows(verdict, both)
    policy = dataclasses.replace(verdict.policy, int_as_float=True)
    states = list(_states(order, both, rows, policy))
    rows = _with_offsets(rows, states)
    judged = [paired and _judged(row, verdict) for row in rows]
    final = _settled(states, rows, judged)
    whole = [_whole(state.step, cells, both, policy, paired) for state, cells in zip(states, final, strict=True)]
    first = _first(verdict, order, both, final, whole, rows) if paired else -1
    kept = _kept(len(order), first)
    moments = tuple(_moment(verdict, k, states[k], final[k], whole[k], both) for k in kept)
    return Player(
        rows=rows,
        moments=moments,
        n_steps=len(order),
        first=kept.index(first) if first >= 0 else -1,
        paired=paired,
        notes=tuple(_notes(verdict, both, len(kept), len(order), paired)),
    )


def _rows(verdict: Verdict, both: Sequence[Trace | None]) -> tuple[Row, ...]:
    """Matched pairs first, in their order; then what only one side has, in order of appearance."""
    named = [
        dict.fromkeys(name for event in (found.events if found else ()) for name, _ in event.variables)
        for found in both
    ]
    matched = [
        Row(source=pair.source, target=pair.target, confidence=pair.confidence)
        for pair in verdict.pairing.variables
        if pair.source in named[0] or pair.target in named[1]
    ]
    left, right = {row.source for row in matched}, {row.target for row in matched}
    return (
        *matched,
        *(Row(source=name, target="") for name in named[0] if name not in left),
        *(Row(source="", target=name) for name in named[1] if name not in right),
    )


def _states(
    order: Sequence[Step], both: Sequence[Trace | None], rows: Sequence[Row], policy: Policy
) -> Iterator[_State]:
    frames: tuple[dict[int, _Values], dict[int, _Values]] = ({}, {})
    current: list[_Values] = [{}, {}]
    known: dict[tuple[int, int], int] = {}  # by identity: most cells do not change from step to step
    for step in order:
        for side, place in enumerate((step.source, step.target)):
            found = both[side]
            if found is not None and place is not None:
                event = found.events[place]
                current[side] = frames[side].setdefault(event.frame, {})
                current[side].update(event.variables)
        pairs = tuple((current[0].get(row.source), current[1].get(row.target)) for row in rows)
        yield _State(
            step, pairs, tuple(_compared(pair, row, policy, known) for pair, row in zip(pairs, rows, strict=True))
        )


def _compared(pair: _Pair, row: Row, policy: Policy, known: dict[tuple[int, int], int]) -> int:
    one, other = pair
    if one is None or other is None or not row.source or not row.target:
        return OPEN
    key = (id(one), id(other))  # traces outlive this, so an id is not used twice
    if key not in known:
        known[key] = SAME if first_difference(one, other, policy) is None else DIFFERENT
    return known[key]


def _with_offsets(rows: Sequence[Row], states: Sequence[_State]) -> tuple[Row, ...]:
    """A pair of integers that always differ by the same number counts as equal: 0-based against 1-based."""
    found = []
    for k, row in enumerate(rows):
        # None: a pair that is no two integers
        seen = {_integers(state.pairs[k]) for state in states if state.step.paired and state.raw[k] != OPEN}
        gaps = {pair[1] - pair[0] if pair else 0 for pair in seen}
        offset = gaps.pop() if len(gaps) == 1 and len(seen) >= 3 else 0
        found.append(dataclasses.replace(row, offset=offset))
    return tuple(found)


def _integers(pair: _Pair) -> tuple[int, int] | None:
    one, other = pair
    return (one.value, other.value) if isinstance(one, Int) and isinstance(other, Int) else None


def _judged(row: Row, verdict: Verdict) -> bool:
    return row.confidence >= MIN_CONFIDENCE or (row.source, row.target) in {blame.variables for blame in verdict.blames}


def _settled(states: Sequence[_State], rows: Sequence[Row], judged: Sequence[bool]) -> list[tuple[int, ...]]:
    """The states that are shown; see the head of this file."""
    final: list[tuple[int, ...]] = []
    later = [OPEN] * len(rows)  # SAME: the row is equal somewhere before or just when both have moved again
    for state in reversed(states):
        cells = []
        for k, row in enumerate(rows):
            raw = SAME if row.offset and state.raw[k] == DIFFERENT else state.raw[k]
            settles = SAME in (raw, later[k])
            cells.append(OPEN if not judged[k] or (raw == DIFFERENT and settles) else raw)
            later[k] = raw if state.step.paired else (SAME if settles else OPEN)
        final.append(tuple(cells))
    return final[::-1]


def _events(step: Step, both: Sequence[Trace | None]) -> tuple[Event | None, Event | None]:
    one, other = both
    return (
        one.events[step.source] if one and step.source is not None else None,
        other.events[step.target] if other and step.target is not None else None,
    )


def _whole(step: Step, cells: Sequence[int], both: Sequence[Trace | None], policy: Policy, paired: bool) -> int:
    """Whether the programs agree at this step: variables, decision, and that both are there."""
    if not paired:
        return SAME
    one, other = _events(step, both)
    if one is None or other is None:
        return DIFFERENT if DIFFERENT in cells else OPEN
    if DIFFERENT in cells or (one.kind is EventKind.RAISE) != (other.kind is EventKind.RAISE):
        return DIFFERENT
    if one.outcome is None or other.outcome is None:
        return SAME
    return DIFFERENT if first_difference(one.outcome, other.outcome, policy) else SAME


def _first(
    verdict: Verdict,
    order: Sequence[Step],
    both: Sequence[Trace | None],
    final: Sequence[Sequence[int]],
    whole: Sequence[int],
    rows: Sequence[Row],
) -> int:
    """Where the first blame is seen; else the first step that differs; else, when they differ, the first alone."""
    if not verdict.blames:
        return next((k for k, state in enumerate(whole) if state == DIFFERENT), -1)
    blame = verdict.blames[0]
    wanted = [k for k, row in enumerate(rows) if row.source and (row.source, row.target) == blame.variables]
    here = [k for k, step in enumerate(order) if _stands_on(blame, verdict, _events(step, both))]
    tests: tuple[Callable[[int], bool], ...] = (
        lambda k: any(final[k][row] == DIFFERENT for row in wanted),
        lambda k: whole[k] == DIFFERENT,
        lambda k: whole[k] == OPEN,
    )
    for test in tests:
        found = next((k for k in here if test(k)), -1)
        if found >= 0:
            return found
    return next((k for wish in (DIFFERENT, OPEN) for k, state in enumerate(whole) if state == wish), -1)


def _stands_on(blame: Blame, verdict: Verdict, events: tuple[Event | None, Event | None]) -> bool:
    named = (
        (verdict.source, blame.source_block, blame.source_lines),
        (verdict.target, blame.target_block, blame.target_lines),
    )
    for event, (side, block, span) in zip(events, named, strict=True):
        blocks = side.outline.blocks
        if event is not None and any(event.block == blocks[k].id for k in blamed(side, block, span)):
            return True
    return False


def _kept(n: int, first: int) -> list[int]:
    """The steps that are shown: all, or the beginning, the surroundings of the divergence, and the end."""
    if n <= MAX_STEPS:
        return list(range(n))
    part = MAX_STEPS // 3
    middle = min(max(first - part // 2, 0), n - part)
    return sorted({*range(part), *range(middle, middle + part), *range(n - part, n)})


def _moment(
    verdict: Verdict, number: int, state: _State, cells: Sequence[int], whole: int, both: Sequence[Trace | None]
) -> Moment:
    events = _events(state.step, both)
    blocks, lines = [], []
    for event, side in zip(events, (verdict.source, verdict.target), strict=True):
        found = [k for k, block in enumerate(side.outline.blocks) if event and block.id == event.block]
        blocks.append(found[0] if found else -1)
        lines.append(side.outline.blocks[found[0]].first_line if found else 0)
    return Moment(
        number=number,
        blocks=(blocks[0], blocks[1]),
        lines=(lines[0], lines[1]),
        words=(_words(events[0]), _words(events[1])),
        cells=tuple((*_texts(pair, cell, verdict.policy), cell) for pair, cell in zip(state.pairs, cells, strict=True)),
        state=whole,
    )


def _texts(pair: _Pair, state: int, policy: Policy) -> tuple[Marked, Marked]:
    one, other = pair
    if state == DIFFERENT and one is not None and other is not None:
        found = first_difference(one, other, dataclasses.replace(policy, int_as_float=True))
        return show_difference(one, other, found.path if found else "", VALUE_WIDTH)
    return _text(one), _text(other)


def _text(value: Value | None) -> Marked:
    return () if value is None else (Piece(show(value, VALUE_WIDTH)),)


def _words(event: Event | None) -> str:
    if event is None:
        return ""
    outcome = show(event.outcome, VALUE_WIDTH) if event.outcome is not None else NOTHING
    turn = " · ".join(str(i + 1) for i in event.index)
    match event.kind:
        case EventKind.ENTER:
            return "called" if not event.frame else f"called, frame {event.frame + 1}"
        case EventKind.BRANCH:
            return f"condition is {outcome}"
        case EventKind.ITERATE:
            return f"iteration {turn}"
        case EventKind.RETURN:
            return f"returns {outcome}"
        case EventKind.RAISE:
            return outcome if outcome.startswith("raised") else f"raises {outcome}"
        case EventKind.CATCH:
            return "handler entered"
        case EventKind.RUN:
            return f"in iteration {turn}" if turn else "runs"


def _notes(verdict: Verdict, both: Sequence[Trace | None], n_kept: int, n_steps: int, paired: bool) -> Iterator[str]:
    if n_kept < n_steps:
        yield f"{n_steps} steps are too many for a page: the first, the last and those round the difference are here."
    example = shown(verdict)
    runs = (example.source, example.target) if example else ()
    for name, run, found in zip(("source", "target"), runs, both, strict=False):
        if run.trace and run.trace.void:
            yield f"The trace of the {name} must not be used: {visible(run.trace.void)}"
        elif found is None:
            yield f"The {name} has no trace."
        elif found.n_dropped:
            yield f"{plural(found.n_dropped, 'event')} of the {name} went past the cap and are missing."
        elif not found.complete:
            yield f"The {name} ended before its trace was whole."
    if not paired and all(both):
        yield "No blocks are paired, so the two columns run side by side without being compared."
