"""`localize`: the blocks of the target to blame for outputs that differ, best first.

For every failing input the differences that reach the output are followed back to those that come from nowhere: their
inputs were equal. What differs in the same way on passing inputs, or agrees again by itself, is innocent and is
stepped over. The inputs then vote.

Source: TransAgent (arXiv 2409.19894), Algorithm 1, for the question; the answer differs: no lock step.
"""

import enum
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from semalign.alignment.align import Alignment
from semalign.alignment.records import Ledger, Record, RecordKind, Writer, type_type
from semalign.values.model import Float, Int, Value

INNOCENT = 0.5  # of the checks of one type on passing inputs, the share that differed, from which it is innocent
EXTREME = 100  # magnitude from which a value can stand for "none yet"
HUGE = 100_000
DOUBT = 0.02  # weight of a record that was stepped over
SECOND = 0.5  # weight of the next root of the same input, against the one before it


class DivergenceKind(enum.StrEnum):
    """What kind of place is blamed."""

    BLOCK = "block"  # equal inputs, an unequal variable
    CONDITION = "condition"
    LOOP = "loop"  # how often it runs
    CRASH = "crash"
    MISSING = "missing"  # the source changes a variable here, the target does not
    EXTRA = "extra"  # the target changes a variable here, the source does not
    RANGE = "range"  # somewhere between blocks, through variables that have no partner
    RESULT = "result"  # equal states, unequal outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """A place in the target where it parts from the source, and what was seen there on one input."""

    kind: DivergenceKind
    target_block: str
    source_block: str
    function: str  # of the target
    index: tuple[int, ...] = ()  # iterations of the loops around it
    input: int = 0  # number of the failing input that shows it best
    variables: tuple[str, str] = ("", "")  # of source and target
    expected: Value | None = None  # in the source
    actual: Value | None = None  # in the target
    path: str = ""  # where in the value
    confidence: float = 0.0  # 0..1
    reason: str = ""
    blocks: tuple[str, ...] = field(default=())  # of a range: all of it, most likely first

    @property
    def is_single(self) -> bool:
        """It names one block."""
        return len(self.blocks) <= 1


type_localize = Callable[[Alignment], Sequence[Divergence]]


@dataclass(frozen=True, slots=True)
class _Vote:
    record: Record
    input: int
    weight: float


def localize(alignment: Alignment, *, top: int = 5) -> tuple[Divergence, ...]:
    """The places to blame, best first; empty when all outputs agree, however their states differ."""
    if not alignment.failing:
        return ()
    innocents = _innocents(alignment)
    votes: dict[str, list[_Vote]] = defaultdict(list)
    for number in alignment.failing:
        ledger = alignment.ledgers[number]
        if ledger is None:
            continue
        weight = 1.0
        for record in _roots(ledger, innocents) or _unexplained(ledger):
            votes[_place_of(alignment, record)].append(_Vote(record, number, weight))
            weight *= SECOND
        # Second thoughts: what was stepped over, and the first differences whether or not they reach the output.
        for record in (*_search(ledger, frozenset()), *_unexplained(ledger)):
            votes[_place_of(alignment, record)].append(_Vote(record, number, DOUBT))
    _join_arms(alignment, votes)
    ranked = sorted(votes.items(), key=lambda entry: -sum(vote.weight for vote in entry[1]))
    found = [_divergence(alignment, block, cast) for block, cast in ranked]
    return tuple(_filled(alignment, found)[:top])


def _place_of(alignment: Alignment, record: Record) -> str:
    """The block that a record speaks against: where it showed; of a number that was cut, where that is declared."""
    outline = alignment.target.outline(record.function) if record.wrapped else None
    for block in outline.blocks if outline is not None else ():
        if record.variables[1] in block.defs and record.variables[0]:
            return block.id
    return record.target_block


def _join_arms(alignment: Alignment, votes: dict[str, list[_Vote]]) -> None:
    """Where both arms of a choice are blamed, the choice is: it took the wrong one each time."""
    blocks = {block.id: block for outline in alignment.target.outlines for block in outline.blocks}
    arms: dict[str, set[str]] = defaultdict(set)
    for name, cast in votes.items():
        block = blocks.get(name)
        if block is not None and block.arm not in ("", "body") and any(vote.weight > DOUBT for vote in cast):
            arms[block.parent].add(block.arm)
    for parent, names in arms.items():
        if len(names) > 1:
            for name in [one for one in votes if one in blocks and blocks[one].parent == parent]:
                votes[parent] += votes.pop(name)


# Innocence


def _innocents(alignment: Alignment) -> frozenset[type_type]:
    """Types of difference that mean nothing.

    Inside a container: those that are common where outputs agree, as its unused elements may hold anything; but not
    those that alone explain how a plain variable or a decision differs there. Of a variable that one side changes
    earlier than the other: those that the other side makes good. Of two extreme starting values: those that the first
    real value replaces. Any other plain variable is read whole, so its difference counts.
    """
    differed: Counter[type_type] = Counter()
    checked: Counter[tuple[str, str, str]] = Counter()
    for number in alignment.passing:
        ledger = alignment.ledgers[number]
        if ledger is not None:
            differed.update(record.type for record in ledger.records if _may_be_innocent(record))
            checked.update(ledger.checks)
    found = {kind for kind, n in differed.items() if n >= INNOCENT * max(1, checked[kind[:3]])}
    for number in alignment.passing:
        ledger = alignment.ledgers[number]
        if ledger is not None:
            found -= _alone_explain(ledger, frozenset(found))
    found |= _starting_values(alignment)
    settled: Counter[type_type] = Counter()
    seen: Counter[type_type] = Counter()
    for ledger in alignment.ledgers:
        for record in ledger.records if ledger is not None else ():
            if record.writer is not Writer.BOTH:
                seen[record.type] += 1
                settled[record.type] += record.resolved
    found |= {kind for kind, n in settled.items() if n and n >= INNOCENT * seen[kind]}
    return frozenset(found)


def _starting_values(alignment: Alignment) -> set[type_type]:
    """Types of difference between two huge numbers that are the same on all inputs: each stands for "none yet"."""
    values: dict[type_type, set[tuple[Value | None, Value | None]]] = defaultdict(set)
    for ledger in alignment.ledgers:
        for record in ledger.records if ledger is not None else ():
            if record.kind is RecordKind.STATE and _is_huge(record.expected) and _is_huge(record.actual):
                values[record.type].add((record.expected, record.actual))
    return {kind for kind, pairs in values.items() if len(pairs) == 1}


def _is_huge(value: Value | None) -> bool:
    return isinstance(value, Int | Float) and abs(value.value) >= HUGE


def _may_be_innocent(record: Record) -> bool:
    if not record.variables[0]:
        return False
    return bool(record.path) or (record.resolved and _is_extreme(record.expected) and _is_extreme(record.actual))


def _is_extreme(value: Value | None) -> bool:
    return isinstance(value, Int | Float) and abs(value.value) >= EXTREME


def _alone_explain(ledger: Ledger, innocents: frozenset[type_type]) -> set[type_type]:
    """Types of root that are the only ones behind a difference that is not innocent."""
    behind: list[frozenset[type_type]] = []
    found: set[type_type] = set()
    for record in ledger.records:
        roots: frozenset[type_type] = frozenset().union(*(behind[c] for c in record.causes if c < len(behind)))
        roots = roots or frozenset({record.type})
        behind.append(roots)
        if len(roots) == 1 and record.type not in innocents and record.writer is Writer.BOTH:
            found |= roots
    return found


def _roots(ledger: Ledger, innocents: frozenset[type_type]) -> list[Record]:
    """The records that explain the output and are explained by none, first in time first."""
    for stepped_over in (innocents, frozenset[type_type]()):
        found = _search(ledger, stepped_over)
        if found:
            return sorted(found, key=lambda record: (record.ambiguous, record.place, record.number))
    return []


def _unexplained(ledger: Ledger) -> list[Record]:
    """Where nothing that differs reaches the output: the first differences that stayed."""
    return [record for record in ledger.records if not record.resolved and not record.causes][:3]


def _search(ledger: Ledger, innocents: frozenset[type_type]) -> list[Record]:
    seen: set[int] = set()
    roots: list[Record] = []
    waiting = sorted(ledger.output)
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        record = ledger.records[number]
        causes = _effective(ledger, record, innocents)
        if not causes and record.type not in innocents:
            roots.append(record)
            if record.unsure:  # what it read may have differed unseen: then the first difference of all is likelier
                roots += _first(ledger, record, innocents)
        waiting += [cause for cause in causes if cause not in seen]
    return roots


def _first(ledger: Ledger, before: Record, innocents: frozenset[type_type]) -> list[Record]:
    with_effect = {cause for record in ledger.records for cause in record.causes}
    for record in ledger.records[: before.number]:
        if record.number in with_effect and record.type not in innocents and not _effective(ledger, record, innocents):
            return [record]
    return []


def _effective(ledger: Ledger, record: Record, innocents: frozenset[type_type]) -> set[int]:
    """Its causes that are not innocent; for those that are, what is behind them."""
    waiting = [*record.causes, *(one for call in record.calls for one in ledger.call_outcomes[call])]
    if not innocents or not waiting:
        return set(waiting) - {record.number}
    found: set[int] = set()
    passed: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number in passed or number == record.number:
            continue
        passed.add(number)
        cause = ledger.records[number]
        if cause.type in innocents:
            waiting += [*cause.causes, *(one for call in cause.calls for one in ledger.call_outcomes[call])]
        else:
            found.add(number)
    return found


# Reports


def _divergence(alignment: Alignment, block: str, cast: Sequence[_Vote]) -> Divergence:
    best = max(cast, key=lambda vote: (vote.weight, not vote.record.ambiguous, -vote.input))
    record = best.record
    kind = _kind(record)
    share = sum(vote.weight for vote in cast) / max(1, len(alignment.failing))
    return Divergence(
        kind=kind,
        target_block=block,
        source_block=record.source_block,
        function=record.function,
        index=record.index,
        input=best.input,
        variables=record.variables,
        expected=record.expected,
        actual=record.actual,
        path=record.path,
        confidence=min(1.0, share) * (0.5 if record.ambiguous else 1.0) * (0.8 if record.loose else 1.0),
        reason=_reason(record, kind, len({vote.input for vote in cast}), len(alignment.failing)),
        blocks=tuple(dict.fromkeys((block, record.target_block, *record.loose))),
    )


def _kind(record: Record) -> DivergenceKind:
    match record.kind:
        case RecordKind.CONDITION:
            return DivergenceKind.CONDITION
        case RecordKind.LOOP:
            return DivergenceKind.LOOP
        case RecordKind.CRASH:
            return DivergenceKind.CRASH
        case RecordKind.STATE if record.loose or record.ambiguous:
            return DivergenceKind.RANGE
        case RecordKind.STATE if record.writer is Writer.SOURCE:
            return DivergenceKind.MISSING
        case RecordKind.STATE if record.writer is Writer.TARGET:
            return DivergenceKind.EXTRA
        case RecordKind.RESULT:
            return DivergenceKind.RESULT
        case _:
            return DivergenceKind.BLOCK


def _reason(record: Record, kind: DivergenceKind, n_inputs: int, n_failing: int) -> str:
    source, target = record.variables
    what = {
        DivergenceKind.BLOCK: f"what it reads is equal, but {target} is not what {source} is",
        DivergenceKind.CONDITION: "what it reads is equal, but it decides otherwise",
        DivergenceKind.LOOP: f"what it reads is equal, but it runs {record.path}",
        DivergenceKind.CRASH: "only one of the two programs gets past here",
        DivergenceKind.MISSING: f"the source changes {source} here, the target leaves {target} as it was",
        DivergenceKind.EXTRA: f"the target changes {target} here, the source leaves {source} as it was",
        DivergenceKind.RANGE: f"{target} is not what {source} is, and it comes from variables without a sure partner",
        DivergenceKind.RESULT: "all variables agree, but what is returned differs",
    }[kind]
    return f"{what} ({n_inputs} of {n_failing} failing inputs)"


def _filled(alignment: Alignment, found: list[Divergence]) -> list[Divergence]:
    """Second choices behind the first: the blocks of ranges, and the header that decides over a blamed block."""
    named = {one.target_block for one in found}
    for one in list(found):
        for block in (*one.blocks[1:], *_neighbours(alignment, one)):
            if block and block not in named:
                named.add(block)
                found.append(_second(one, block))
    return found


def _second(first: Divergence, block: str) -> Divergence:
    return Divergence(
        kind=DivergenceKind.RANGE,
        target_block=block,
        source_block=first.source_block,
        function=first.function,
        index=first.index,
        input=first.input,
        confidence=first.confidence * 0.3,
        reason=f"if {first.target_block} is only where it shows",
        blocks=(block,),
    )


def _neighbours(alignment: Alignment, one: Divergence) -> list[str]:
    outline = alignment.target.outline(one.function)
    if outline is None:
        return []
    blocks = list(outline.blocks)
    here = next((block for block in blocks if block.id == one.target_block), None)
    if here is None:
        return []
    around = blocks.index(here)
    before = [blocks[around - 1].id] if around > 1 else []
    after = [blocks[around + 1].id] if around + 1 < len(blocks) else []
    return [here.parent, *before, *after]
