"""`Comparison`: the two states of one pair of calls, held and compared; what comes to differ becomes a record."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from semalign.alignment.blocks import BlockMap, Group, GroupKind
from semalign.alignment.records import Ledger, Record, RecordKind, Writer, shown
from semalign.alignment.states import UNKNOWN, Plain, difference, differs_in_extent, is_blank, is_partial
from semalign.alignment.structure import Structure
from semalign.alignment.tree import Step, Tree
from semalign.alignment.variables import Pair, VariableMap
from semalign.values.model import Value


@dataclass(frozen=True, slots=True)
class Plan:
    """How one function of the source is compared with one of the target."""

    source: Structure
    target: Structure
    variables: VariableMap
    blocks: BlockMap


@dataclass(slots=True)
class _State:
    """What one side's variables hold in one call, and who wrote them."""

    tree: Tree
    values: dict[str, Plain] = field(default_factory=dict)
    shown: dict[str, Step] = field(default_factory=dict)  # the step that showed a variable last
    hidden: set[str] = field(default_factory=set)  # may have changed since, unseen
    ending: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)  # place past which those hide, last first

    def apply(self, steps: Iterable[Step]) -> dict[str, Step]:
        """Take over what the steps show; the last step that showed each variable."""
        written: dict[str, Step] = {}
        for step in steps:
            for name, value in step.shown:
                self.values[name] = value
                written[name] = step
        self.shown.update(written)
        return written

    def sees(self, step: Step) -> bool:
        """No cap hides anything, up to this step."""
        return not self.hidden and (not self.ending or step.place <= self.ending[-1][0])

    def reach(self, place: int) -> None:
        """What is capped before this place may be changing unseen from now on."""
        while self.ending and place > self.ending[-1][0]:
            self.hidden.update(self.ending.pop()[1])


@dataclass(frozen=True, slots=True)
class _Seen:
    """How a pair stood before a group, and who wrote it there."""

    writers: tuple[Step | None, Step | None]
    old: tuple[Plain | None, Plain | None]
    before: dict[str, int]  # records that were active
    divided: bool = False  # the two sides had decided otherwise


class Comparison:
    """Both states, the records that are active, and what each new one may come from."""

    def __init__(self, ledger: Ledger, plan: Plan, trees: tuple[Tree, Tree], given: dict[str, int]) -> None:
        """`given`: records of parameters that differ at the call, by target name."""
        self.ledger, self.plan = ledger, plan
        self.source, self.target = _state(trees[0], plan.source), _state(trees[1], plan.target)
        self.active: dict[str, int] = dict(given)  # by target variable: the record since which it differs
        self.control: list[int] = []  # records that decided otherwise and whose effect still lasts
        self.walked = [-1, -1]  # place of the last step taken over, of either side
        self.place = 0  # of the last step of the target
        self.last_target = self.before_loop = ""  # the target block that was compared last, and before this loop
        self.lone: dict[str, Record] = {}  # by source variable without a partner: where it got its first value
        self.absent: dict[str, Record] = {}  # by target variable: what only the source has given a value yet
        self._taints: dict[str, set[int]] = {}  # by unmatched target variable: records that flowed into it
        self._loose: dict[str, str] = {}  # by unmatched target variable: the block that wrote it last

    def sync(
        self,
        group: Group,
        left: Sequence[Step],
        right: Sequence[Step],
        calls: list[int],
        *,
        quiet: bool = False,
        divided: bool = False,
    ) -> None:
        """Take over both sides' steps, then compare what they changed.

        `quiet`: only to see what agrees again. `divided`: the sides decided otherwise, and these are the results.
        """
        if not left and not right:
            return
        if len(left) == len(right) == 1 and self._alike(left[0], right[0]):
            return
        if not any(step.shown for step in left) and not any(step.shown for step in right):
            self._pass(left, right)
            return
        was_source, was_target = dict(self.source.values), dict(self.target.values)
        before = dict(self.active)
        wrote_source, wrote_target = self.source.apply(left), self.target.apply(right)
        self._pass(left, right)
        self._note_lone(group, left)
        self._taint(right, before, calls)
        variables = self.plan.variables
        touched = [variables.of_target[name] for name in wrote_target if name in variables.of_target]
        touched += [
            variables.of_source[name]
            for name in wrote_source
            if name in variables.of_source and variables.of_source[name].target not in wrote_target
        ]
        for pair in touched:
            if pair.source not in self.source.values or pair.target not in self.target.values:
                self._note_absent(group, pair, wrote_source.get(pair.source))
                continue
            if self._hidden(pair, left, right):
                self.active.pop(pair.target, None)
                continue
            writers = wrote_source.get(pair.source), wrote_target.get(pair.target)
            old = was_source.get(pair.source), was_target.get(pair.target)
            self._compare(group, pair, _Seen(writers, old, before, divided), calls, quiet=quiet)

    def _alike(self, one: Step, other: Step) -> bool:
        """Take over two steps that show equal values of the same pairs, as nearly all do; False: nothing was done.

        Only a short cut: what follows in `sync` comes to the same.
        """
        if len(one.shown) != len(other.shown) or not self.source.sees(one) or not self.target.sees(other):
            return False
        of_target, ours = self.plan.variables.of_target, dict(one.shown)
        for name, value in other.shown:
            pair = of_target.get(name)
            if pair is None or pair.offset or name in self.active or ours.get(pair.source, self) != value:
                return False
        self.source.apply((one,))
        self.target.apply((other,))
        self._pass((one,), (other,))
        for name, _ in other.shown:
            self.ledger.check(other.event.block, one.event.block, name)
        return True

    def _pass(self, left: Sequence[Step], right: Sequence[Step]) -> None:
        """Both sides have come past these steps."""
        for side, state, steps in ((0, self.source, left), (1, self.target, right)):
            if steps:
                self.walked[side] = max(self.walked[side], steps[-1].place)
                state.reach(steps[-1].place)
        if right:
            self.place = right[-1].place

    def _note_lone(self, group: Group, left: Sequence[Step]) -> None:
        """Keep where the source sets variables without a partner: the target may end for want of one."""
        for step in left:
            for name, _ in step.shown:
                if name in self.plan.variables.of_source or name in self.lone:
                    continue
                t = group.target[-1].block.id if group.target else self.last_target
                record = Record(-1, RecordKind.STATE, t, step.event.block, self.plan.target.function, self.place)
                record.writer, record.variables = Writer.SOURCE, (name, name)
                record.expected = shown(step.event, name)
                self.lone[name] = record

    def _note_absent(self, group: Group, pair: Pair, step: Step | None) -> None:
        """Keep what to say if the target ends for want of this variable. No difference as long as it does not."""
        if step is None or pair.target in self.target.values or pair.target in self.absent:
            return
        t = group.target[-1].block.id if group.target else self.last_target
        if group.kind is GroupKind.LOOP and group.target[0].block.kind is not group.source[0].block.kind:
            t = self.before_loop  # what a `for` sets in its header, a `while` needs before it
        record = Record(-1, RecordKind.STATE, t, step.event.block, self.plan.target.function, self.place)
        record.writer, record.variables = Writer.SOURCE, (pair.source, pair.target)
        record.expected = shown(step.event, pair.source)
        record.causes.update(self.control)
        self.absent[pair.target] = record

    def _hidden(self, pair: Pair, left: Sequence[Step], right: Sequence[Step]) -> bool:
        """One of the two may have changed where the trace has a cap, and no step here shows it as it is now."""
        for name, state, structure, steps in (
            (pair.source, self.source, self.plan.source, left),
            (pair.target, self.target, self.plan.target, right),
        ):
            if name not in state.hidden:
                continue
            blocks = (structure.block(step.event.block) for step in steps)
            if not any(block is not None and (name in block.defs or name in block.uses) for block in blocks):
                return True
        return False

    def agree(self, pair: Pair) -> bool:
        """The two variables hold the same."""
        a, b = self.source.values.get(pair.source, UNKNOWN), self.target.values.get(pair.target, UNKNOWN)
        return differ(pair, None, a, None, b) is None

    def _compare(self, group: Group, pair: Pair, seen: "_Seen", calls: list[int], *, quiet: bool) -> None:
        writers = seen.writers
        a, b = self.source.values[pair.source], self.target.values[pair.target]
        s_block, t_block = self._blocks(group, writers, self.last_target)
        ahead = self._ahead(pair, writers)
        if ahead is not None:  # one side wrote earlier, the other does now: what was written then is compared
            s_block = ahead.source_block if writers[0] is None else s_block
            t_block = ahead.target_block if writers[1] is None else t_block
        self.ledger.check(t_block, s_block, pair.target)
        path = differ(pair, seen.old[0], a, seen.old[1], b)
        if ahead is not None and path is None and ahead.path and not self.agree(pair):
            # Made good in part: who goes on with it is to blame for what is left.
            ahead.target_block = writers[1].event.block if writers[1] else ahead.target_block
            return
        if ahead is not None:
            path = differ(pair, None, a, None, b)
        if path is not None:
            if not quiet or writers[1] is not None:
                self._note(pair, (s_block, t_block), path, seen, (ahead, calls))
            return
        if differs_in_extent(a, b):
            self._note_extent(pair, (s_block, t_block), seen.before)
        if pair.target in self.active and self.agree(pair):
            self.ledger.records[self.active.pop(pair.target)].resolved = True

    def _note(
        self, pair: Pair, where: tuple[str, str], path: str, seen: "_Seen", context: tuple[Record | None, list[int]]
    ) -> None:
        """A new record of this pair; `context`: the record of the side that was ahead, and calls made here."""
        a, b = self.source.values[pair.source], self.target.values[pair.target]
        ahead, calls = context
        record = self.record(RecordKind.STATE, where[1], where[0], seen.writers[1])
        record.writer = Writer.SOURCE if not seen.writers[1] else Writer.TARGET if not seen.writers[0] else Writer.BOTH
        if record.writer is Writer.BOTH and is_blank(b) and not is_blank(a):
            record.writer = Writer.SOURCE  # a new array, to be filled
        record.variables, record.path, record.ambiguous = (pair.source, pair.target), path, pair.ambiguous
        record.expected, record.actual = _value(self.source, pair.source), _value(self.target, pair.target)
        record.wrapped = isinstance(a, int) and isinstance(b, int) and (a - b) % 2**32 == 0
        blocks = self.plan.target.block(where[1]), self.plan.source.block(where[0])
        uses, theirs = (list(block.uses) if block is not None else [] for block in blocks)
        within = {  # in a span, what an earlier block of the target already got wrong
            name: number
            for name, number in self.active.items()
            if self.ledger.records[number].target_block != where[1] and name not in seen.before
        }
        self.find_causes(record, uses, theirs, calls, {**within, **seen.before})
        if ahead is not None:
            record.writer = Writer.BOTH
            if seen.writers[1] is None:  # what the target wrote is blamed where it wrote it, for what it read there
                record.causes = set(ahead.causes)
        elif record.writer is not Writer.BOTH or seen.divided:
            record.causes.update(self.control)
        self.active[pair.target] = record.number

    def _note_extent(self, pair: Pair, where: tuple[str, str], before: dict[str, int]) -> None:
        """Keep what to say if one side breaks off for want of elements."""
        if pair.target in self.absent:
            return
        record = Record(-1, RecordKind.STATE, where[1], where[0], self.plan.target.function, self.place)
        record.variables, record.path = (pair.source, pair.target), "length"
        record.expected, record.actual = _value(self.source, pair.source), _value(self.target, pair.target)
        blocks = self.plan.target.block(where[1]), self.plan.source.block(where[0])
        names = [block.uses if block is not None else () for block in blocks]
        self.find_causes(record, names[0], names[1], [], before)
        self.absent[pair.target] = record

    def _ahead(self, pair: Pair, writers: tuple[Step | None, Step | None]) -> Record | None:
        """The record of the side that wrote before, when this group is where the other side does."""
        if pair.target not in self.active or all(writers):
            return None
        record = self.ledger.records[self.active[pair.target]]
        waiting = Writer.TARGET if writers[1] is None else Writer.SOURCE
        return record if record.writer is waiting else None

    @staticmethod
    def _blocks(group: Group, writers: tuple[Step | None, Step | None], last_target: str) -> tuple[str, str]:
        """Where the source wrote and where the target did; a side that did not write is asked where it should have."""
        source = writers[0].event.block if writers[0] else group.source[-1].block.id if group.source else ""
        target = writers[1].event.block if writers[1] else group.target[-1].block.id if group.target else last_target
        return source, target

    def _taint(self, right: Sequence[Step], before: dict[str, int], calls: list[int]) -> None:
        """Follow differences through variables that only the target has."""
        for step in right:
            block = self.plan.target.block(step.event.block)
            for name, _ in step.shown:
                if name in self.plan.variables.of_target or block is None:
                    continue
                flows: set[int] = set()
                for used in block.uses:
                    flows |= {before[used]} if used in before else self._taints.get(used, set())
                self._taints[name] = flows
                self._loose[name] = block.id

    def record(self, kind: RecordKind, target_block: str, source_block: str, step: Step | None) -> Record:
        """A new record, at that step of the target."""
        place = step.place if step is not None else self.place
        record = self.ledger.add(kind, target_block, source_block, self.plan.target.function, place)
        record.index = step.event.index if step is not None else ()
        return record

    def find_causes(
        self, record: Record, uses: Iterable[str], theirs: Iterable[str], calls: list[int], before: dict[str, int]
    ) -> None:
        """What it read that differed already."""
        uses = list(uses)
        loose: list[str] = []
        for name in uses:
            if name in before:
                record.causes.add(before[name])
            elif name not in self.plan.variables.of_target:
                record.causes |= self._taints.get(name, set())
                if name in self._loose and self._loose[name] != record.target_block:
                    loose.append(self._loose[name])
        for name in theirs:
            target = self.plan.variables.target(name)
            if target in before:
                record.causes.add(before[target])
        record.loose = tuple(dict.fromkeys(loose))
        record.unsure = any(map(self._is_partial, uses))
        record.calls = list(calls)
        record.causes.discard(record.number)

    def _is_partial(self, name: str) -> bool:
        """The traces do not show all that this target variable and its partner hold."""
        pair = self.plan.variables.of_target.get(name)
        if pair is None:
            return False
        if pair.target in self.target.hidden or pair.source in self.source.hidden:
            return True
        return is_partial(self.target.values.get(pair.target)) or is_partial(self.source.values.get(pair.source))


def _state(tree: Tree, structure: Structure) -> _State:
    state = _State(tree)
    for block_id, place in tree.ends_at.items():
        block = structure.block(block_id)
        if block is not None and block.defs:
            state.ending.append((place, block.defs))
    state.ending.sort(key=lambda one: -one[0])
    return state


def differ(pair: Pair, old_a: Plain | None, a: Plain, old_b: Plain | None, b: Plain) -> str | None:
    """The path of the first place where the two of a pair differ, see `semalign.alignment.states.difference`."""
    if pair.offset and isinstance(a, int) and isinstance(b, int):
        return None if a + pair.offset == b else ""
    return difference(old_a, a, old_b, b)


def _value(state: _State, name: str) -> Value | None:
    step = state.shown.get(name)
    return shown(step.event, name) if step is not None else None
