"""Lock step: both traces walked together, variables paired by name; TransAgent's Algorithm 1, implemented again.

For each failing input the two event sequences are walked together. The target's event is missing: the partner of the
source's block is blamed. The target's block is not the partner: the target's block where it is a header, else the
partner. The values of like-named variables, or the outcomes, are unequal: the target's block. There is no
re-synchronisation. Not for verdicts: it is what ours is compared with, as a baseline and in the preset `paper`.

Two things are kinder than the released code: the partners come from our block map, and the condition that ends a loop
is left out of both sequences. Without a policy a third one is: values are compared by content.

Source: TransAgent (arXiv 2409.19894), section 3.4, Algorithm 1; matching of names as released (lower case without `_`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semalign.alignment.align import Alignment
from semalign.alignment.locate import Divergence, DivergenceKind
from semalign.alignment.records import shown
from semalign.alignment.states import Plain, same
from semalign.alignment.tree import Step, Tree
from semalign.alignment.variables import normal
from semalign.traces.blocks import LOOPS, BlockKind
from semalign.traces.render import show
from semalign.traces.trace import EventKind
from semalign.values.compare import equal
from semalign.values.model import Unrepresentable, Value
from semalign.values.policy import Policy

_HEADERS = frozenset({BlockKind.IF, BlockKind.FOR, BlockKind.WHILE, BlockKind.DO, BlockKind.SWITCH})
_WIDEST = 80  # characters of a value
_MOST_TOLD = 6  # variables before a block

type_shown = Mapping[str, tuple[str, Step]]
"""By normal name: the name as its program has it, and the step that showed it last."""


@dataclass(frozen=True, slots=True)
class _Passed:
    """One event: its block, the variables the block names before and after it, and what was decided or returned."""

    block: str
    before: type_shown
    values: type_shown
    outcome: Plain


def localize(alignment: Alignment, *, policy: Policy | None = None) -> tuple[Divergence, ...]:
    """The blocks that failing inputs blame, in order of the inputs; the values of each stand in its reason.

    `policy` says when two values are equal; without one their content does.
    """
    found: dict[str, Divergence] = {}
    for number in alignment.failing:
        one = _blamed(alignment, number, policy)
        if one is not None:
            found.setdefault(one.target_block, one)
    return tuple(found.values())


def rank(alignment: Alignment) -> list[str]:
    """The blocks blamed by the failing inputs, in order of the inputs."""
    return [one.target_block for one in localize(alignment)]


def alarm(alignment: Alignment, number: int) -> bool:
    """It blames a block for this input, whatever the outputs are."""
    return _blamed(alignment, number, None) is not None


def _blamed(alignment: Alignment, number: int, policy: Policy | None) -> Divergence | None:
    source, target = (trees[number] for trees in alignment.trees)
    if source is None or target is None:
        return None
    walk = _Walk(alignment, number, policy)
    found = walk.first(_events(alignment, source, 0), _events(alignment, target, 1))
    return found if found is not None and found.target_block else None


@dataclass(frozen=True, slots=True)
class _Walk:
    """The walk through two event sequences of one input."""

    alignment: Alignment
    number: int
    policy: Policy | None

    def first(self, source: Sequence[_Passed], target: Sequence[_Passed]) -> Divergence | None:
        for i, one in enumerate(source):
            partners = self._partners(one.block)
            if i >= len(target):
                block = partners[0] if partners else target[-1].block if target else ""
                return self._at(DivergenceKind.CRASH, block, one, "the translation ends before it comes here")
            other = target[i]
            if other.block not in partners:
                header = self._kind(other.block) in _HEADERS
                block = other.block if header or not partners else partners[0]
                kind = DivergenceKind.CONDITION if header else DivergenceKind.BLOCK
                return self._at(kind, block, one, "the two go different ways here")
            if (found := self._unequal(one, other)) is not None:
                return found
        if len(target) > len(source):
            last = source[-1] if source else target[-1]
            block = target[len(source)].block
            return self._at(DivergenceKind.EXTRA, block, last, "the translation goes on where the original has ended")
        return None

    def _unequal(self, one: _Passed, other: _Passed) -> Divergence | None:
        both_decided = isinstance(one.outcome, int) and isinstance(other.outcome, int)
        if both_decided and not same(one.outcome, other.outcome):
            said = f"it should give {one.outcome:d} and gives {other.outcome:d}"
            return self._at(DivergenceKind.CONDITION, other.block, one, said)
        for name, ours in one.values.items():
            theirs = other.values.get(name)
            if theirs is None or self._same(ours, theirs):
                continue
            expected, actual = (shown(step.event, own) for own, step in (ours, theirs))
            assert expected is not None, "a step is kept for what it shows"
            assert actual is not None, "a step is kept for what it shows"
            said = f"`{theirs[0]}` should be {show(expected, _WIDEST)} after it and is {show(actual, _WIDEST)}"
            return self._at(DivergenceKind.BLOCK, other.block, one, said, (ours[0], theirs[0]), (expected, actual))
        return None

    def _same(self, ours: tuple[str, Step], theirs: tuple[str, Step]) -> bool:
        (name, step), (other_name, other_step) = ours, theirs
        if self.policy is None:
            return same(step.shown[name], other_step.shown[other_name])
        one, other = shown(step.event, name), shown(other_step.event, other_name)
        if one is None or other is None or isinstance(one, Unrepresentable) or isinstance(other, Unrepresentable):
            return True  # what could not be captured says nothing
        return equal(one, other, self.policy)

    def _at(
        self,
        kind: DivergenceKind,
        block: str,
        one: _Passed,
        said: str,
        variables: tuple[str, str] = ("", ""),
        values: tuple[Value | None, Value | None] = (None, None),
    ) -> Divergence:
        told = [
            f"{name} = {show(value, _WIDEST)}"
            for name, step in list(one.before.values())[:_MOST_TOLD]
            if (value := shown(step.event, name)) is not None
        ]
        return Divergence(
            kind=kind,
            target_block=block,
            source_block=one.block,
            function=self.alignment.target.root,
            input=self.number,
            variables=variables,
            expected=values[0],
            actual=values[1],
            confidence=1.0,
            reason=f"with {', '.join(told)} before it, {said}" if told else said,
        )

    def _partners(self, block: str) -> tuple[str, ...]:
        return next((found for pair in self.alignment.functions if (found := pair.blocks.targets(block))), ())

    def _kind(self, block: str) -> BlockKind | None:
        for outline in self.alignment.target.outlines:
            for one in outline.blocks:
                if one.id == block:
                    return one.kind
        return None


def _events(alignment: Alignment, tree: Tree, side: int) -> list[_Passed]:
    outlines = (alignment.source, alignment.target)[side].outlines
    blocks = {block.id: block for outline in outlines for block in outline.blocks}
    state: dict[tuple[int, str], tuple[str, Step]] = {}
    found: list[_Passed] = []
    for step in tree.steps:
        block, frame = blocks.get(step.event.block), step.event.frame
        names = [] if block is None else [normal(name) for name in (*block.defs, *block.uses)]
        before = {name: state[frame, name] for name in names if (frame, name) in state}
        for name in step.shown:
            state[frame, normal(name)] = (name, step)
        if block is None or block.kind is BlockKind.TRY:
            continue
        if block.kind in LOOPS and step.event.kind is EventKind.BRANCH and step.outcome == 0:
            continue
        if step.event.kind is EventKind.RETURN and found and found[-1].block == block.id:
            found[-1] = _Passed(block.id, found[-1].before, found[-1].values, step.outcome)
            continue
        values = {name: state[frame, name] for name in names if (frame, name) in state}
        found.append(_Passed(block.id, before, values, step.outcome))
    return found
