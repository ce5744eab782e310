"""Baseline: both traces in lock step, variables paired by name. Algorithm 1 of TransAgent, implemented again.

For each failing input the two event sequences are walked together. The target's event is missing: the partner of the
source's block is blamed. The target's block is not the partner: the target's block where it is a header, else the
partner. The values of like-named variables, or the outcomes, are unequal: the target's block. There is no
re-synchronisation. Three things are kinder than the released code: the partners come from our block map, values are
compared by content (there any two texts are equal), and the condition that ends a loop is left out of both sequences.

Source: TransAgent (arXiv 2409.19894), section 3.4, Algorithm 1; matching of names as released (lower case without `_`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from semalign.alignment.align import Alignment
from semalign.alignment.states import Plain, same
from semalign.alignment.tree import Tree
from semalign.alignment.variables import normal
from semalign.traces.blocks import BlockKind
from semalign.traces.trace import EventKind

_HEADERS = frozenset({BlockKind.IF, BlockKind.FOR, BlockKind.WHILE, BlockKind.DO, BlockKind.SWITCH})
_LOOPS = frozenset({BlockKind.FOR, BlockKind.WHILE, BlockKind.DO})


@dataclass(frozen=True, slots=True)
class _Passed:
    """One event: its block, the variables the block names as they are then, and what was decided or returned."""

    block: str
    values: dict[str, Plain]
    outcome: Plain


def rank(alignment: Alignment) -> list[str]:
    """The blocks blamed by the failing inputs, in order of the inputs."""
    found: dict[str, None] = {}
    for number in alignment.failing:
        source, target = (trees[number] for trees in alignment.trees)
        if source is None or target is None:
            continue
        block = _first(alignment, _events(alignment, source, 0), _events(alignment, target, 1))
        if block:
            found.setdefault(block)
    return list(found)


def alarm(alignment: Alignment, number: int) -> bool:
    """It blames a block for this input, whatever the outputs are."""
    source, target = (trees[number] for trees in alignment.trees)
    if source is None or target is None:
        return False
    return bool(_first(alignment, _events(alignment, source, 0), _events(alignment, target, 1)))


def _first(alignment: Alignment, source: Sequence[_Passed], target: Sequence[_Passed]) -> str:
    for i, one in enumerate(source):
        partners = _partners(alignment, one.block)
        if i >= len(target):
            return partners[0] if partners else target[-1].block if target else ""
        other = target[i]
        if other.block not in partners:
            if _kind(alignment, other.block) in _HEADERS or not partners:
                return other.block
            return partners[0]
        if _unequal(one, other):
            return other.block
    return target[len(source)].block if len(target) > len(source) else ""


def _unequal(one: _Passed, other: _Passed) -> bool:
    if isinstance(one.outcome, int) and isinstance(other.outcome, int) and not same(one.outcome, other.outcome):
        return True
    return any(not same(value, other.values[name]) for name, value in one.values.items() if name in other.values)


def _partners(alignment: Alignment, block: str) -> tuple[str, ...]:
    return next((found for pair in alignment.functions if (found := pair.blocks.targets(block))), ())


def _kind(alignment: Alignment, block: str) -> BlockKind | None:
    for outline in alignment.target.outlines:
        for one in outline.blocks:
            if one.id == block:
                return one.kind
    return None


def _events(alignment: Alignment, tree: Tree, side: int) -> list[_Passed]:
    outlines = (alignment.source, alignment.target)[side].outlines
    blocks = {block.id: block for outline in outlines for block in outline.blocks}
    state: dict[tuple[int, str], Plain] = {}
    found: list[_Passed] = []
    for step in tree.steps:
        block, frame = blocks.get(step.event.block), step.event.frame
        for name, value in step.shown.items():
            state[frame, normal(name)] = value
        if block is None or block.kind is BlockKind.TRY:
            continue
        if block.kind in _LOOPS and step.event.kind is EventKind.BRANCH and step.outcome == 0:
            continue
        if step.event.kind is EventKind.RETURN and found and found[-1].block == block.id:
            found[-1] = _Passed(block.id, found[-1].values, step.outcome)
            continue
        names = [normal(name) for name in (*block.defs, *block.uses)]
        values = {name: state[frame, name] for name in names if (frame, name) in state}
        found.append(_Passed(block.id, values, step.outcome))
    return found
