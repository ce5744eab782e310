"""How a pair of calls ends: what differs and leaves it, what it returns, and where one of the two broke off."""

from collections.abc import Sequence
from dataclasses import dataclass

from semalign.alignment.blocks import Group
from semalign.alignment.comparison import Comparison
from semalign.alignment.records import Record, RecordKind
from semalign.alignment.states import differs_in_extent, same
from semalign.alignment.tree import Call, Node
from semalign.traces.trace import EventKind
from semalign.values.model import Raised, Value


@dataclass(frozen=True, slots=True)
class Ending:
    """The last look at a pair of calls that was walked. `over` is the group at which one side broke off."""

    states: Comparison
    calls: tuple[Call, Call]
    breaks_at: tuple[int | None, int | None]
    over: Group | None
    keeps_arguments: bool  # what was done to them is seen outside

    def leaving(self) -> set[int]:
        """The numbers of the records that leave the call."""
        source, target = self.calls
        leaving = {self.states.active[name] for name in self._parameters() if name in self.states.active}
        if not self.keeps_arguments:
            leaving = set()
        ends = [call.end.event.kind if call.end is not None else None for call in (source, target)]
        if ends[0] is not ends[1]:
            record = self._crash(source, target)
            if record is not None:
                return leaving | {record.number}
            # Somewhere past the cap one of the two never ends: all that differs before may be why.
            return leaving | set(self.states.active.values()) | set(self.states.control)
        if source.end is None or target.end is None:
            return leaving
        s, t = source.end_block, target.end_block
        self.states.ledger.check(t, s, RecordKind.RESULT.value)
        if ends[0] is EventKind.RETURN and not same(source.end.outcome, target.end.outcome):
            record = self.states.record(RecordKind.RESULT, t, s, target.end)
            record.expected, record.actual = source.end.event.outcome, target.end.event.outcome
            blocks = self.states.plan.target.block(t), self.states.plan.source.block(s)
            names = [block.uses if block is not None else () for block in blocks]
            calls = self._last_calls(source, target)
            self.states.find_causes(record, names[0], names[1], calls, self.states.active)
            if s not in self.states.plan.blocks.sources(t):
                record.causes.update(self.states.control)
            if not record.causes:
                self._blame_extents(record)
            leaving.add(record.number)
        return leaving

    def _blame_extents(self, record: Record) -> None:
        """Nothing else differs: then a place that only one side has, an inserted key say, was no harmless one."""
        for name in [name for name in self.states.absent if self._has_other_extent(name)]:
            found = self.states.absent.pop(name)
            found.number = len(self.states.ledger.records)
            self.states.ledger.records.append(found)
            record.causes.add(found.number)

    def _last_calls(self, source: Call, target: Call) -> list[int]:
        """Pairs of calls that were made by the two blocks that returned."""
        last = [node for node in _flat(target.nodes) if node.block == target.end_block][-1:]
        mine = {call for node in last for call in node.calls}
        return [i for i, (_, other) in enumerate(self.states.ledger.call_pairs) if other in mine]

    def _parameters(self) -> list[str]:
        enter = self.calls[1].enter
        return list(enter.shown) if enter is not None else []

    def _crash(self, source: Call, target: Call) -> Record | None:
        """One side did not end as the other did."""
        sides = (source, self.states.source.tree), (target, self.states.target.tree)
        if any(call.end is None and tree.dropped for call, tree in sides):
            return None  # the trace has a cap before the end: nothing is known of what came after
        block = self._crash_block(source, target)
        record = self.states.record(RecordKind.CRASH, block, source.end_block or source.last_block, target.end)
        here = self.states.plan.target.block(block)
        uses = here.uses if here is not None else ()
        for name in uses:
            if name in self.states.absent and (name not in self.states.target.values or self._has_other_extent(name)):
                missing = self.states.absent[name]
                missing.number = len(self.states.ledger.records)
                self.states.ledger.records.append(missing)
                record.causes.add(missing.number)
        if not record.causes and target.end is not None and _is_unnamed(target.end.event.outcome):
            theirs = [self.states.plan.source.block(one) for one in self.states.plan.blocks.sources(block)]
            for name in dict.fromkeys(name for one in theirs if one is not None for name in one.uses):
                if name in self.states.lone:
                    missing = self.states.lone[name]
                    missing.number = len(self.states.ledger.records)
                    self.states.ledger.records.append(missing)
                    record.causes.add(missing.number)
        made = [i for i, (_, other) in enumerate(self.states.ledger.call_pairs) if other in target.stray_calls]
        self.states.find_causes(record, uses, (), made, self.states.active)
        record.causes.update(self.states.control)
        if source.end is not None:
            record.expected = source.end.event.outcome
        if target.end is not None:
            record.actual = target.end.event.outcome
        return record

    def _has_other_extent(self, name: str) -> bool:
        if name not in self.states.target.values:
            return False
        pair = self.states.plan.variables.of_target.get(name)
        if pair is None or pair.source not in self.states.source.values:
            return False
        return differs_in_extent(self.states.source.values[pair.source], self.states.target.values[name])

    def _crash_block(self, source: Call, target: Call) -> str:
        """The target block in which one side broke off."""
        if self.breaks_at[1] is not None and target.end_block and target.end_block != self._entry():
            return target.end_block
        if self.over is not None and self.over.target:
            return self.over.target[0].block.id
        if self.breaks_at[1] is None and source.end_block:
            return next(iter(self.states.plan.blocks.targets(source.end_block)), self.states.last_target)
        return self.states.last_target if self.over is not None else target.last_block

    def _entry(self) -> str:
        return self.states.plan.target.items[0].block.id if self.states.plan.target.items else ""


def breaks_at(call: Call, other: Call) -> int | None:
    """The place of the last step of a call that broke off while the other one did not, or not in this way."""
    kinds = [one.end.event.kind if one.end is not None else None for one in (call, other)]
    if kinds[0] is EventKind.RETURN or kinds[0] is kinds[1]:
        return None
    steps = [step.place for node in call.nodes for step in node.all_steps() if step.event.kind is not EventKind.RAISE]
    return max(steps, default=-1)


def _flat(nodes: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        found.append(node)
        found += _flat(node.inner)
        for iteration in node.iterations:
            found += _flat(iteration.nodes)
    return found


def _is_unnamed(outcome: Value | None) -> bool:
    """A name without a value was read; only Python can."""
    return isinstance(outcome, Raised) and outcome.name in ("NameError", "UnboundLocalError")
