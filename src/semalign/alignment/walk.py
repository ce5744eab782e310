"""The walk over two runs of one input: holds both states, compares them after each group, records what differs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from semalign.alignment.blocks import BlockMap, Group, GroupKind
from semalign.alignment.functions import FunctionMap
from semalign.alignment.records import Ledger, Record, RecordKind, Writer, shown
from semalign.alignment.states import UNKNOWN, Plain, difference, differs_in_extent, is_blank, is_partial, same
from semalign.alignment.structure import Item, Structure
from semalign.alignment.tree import Call, Iteration, Node, Step, Tree
from semalign.alignment.variables import Pair, VariableMap
from semalign.traces.trace import EventKind
from semalign.values.model import Raised, Value


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
            while self.ending and step.place > self.ending[-1][0]:
                self.hidden.update(self.ending.pop()[1])
        self.shown.update(written)
        return written


@dataclass(frozen=True, slots=True)
class _Seen:
    """How a pair stood before a group, and who wrote it there."""

    writers: tuple[Step | None, Step | None]
    old: tuple[Plain | None, Plain | None]
    before: dict[str, int]  # records that were active


class Walk:
    """One input through both programs. Fills `ledger`; `run` is called once."""

    def __init__(
        self, source: Tree, target: Tree, functions: FunctionMap, plans: Mapping[str, Plan], *, arguments: bool
    ) -> None:
        """`plans` by name of the target's function; `arguments`: what is done to them counts as output."""
        self.arguments = arguments
        self.source, self.target = source, target
        self.functions, self.plans = functions, plans
        self.ledger = Ledger()
        self._waiting: list[tuple[int, int, dict[str, int]]] = []

    def run(self) -> Ledger:
        """Walk the first call of either side, then every pair of calls that this leads to."""
        ledger = self.ledger
        roots = [next(iter(one.calls), None) for one in (self.source, self.target)]
        if roots[0] is None or roots[1] is None:
            return ledger
        self.pair(roots[0], roots[1], {})
        while self._waiting:
            source, target, given = self._waiting.pop()
            number = ledger.call_pairs.index((source, target))
            one, other = self.source.calls[source], self.target.calls[target]
            plan = self.plans.get(other.function)
            if plan is not None:
                ledger.call_outcomes[number] = CallWalk(self, one, other, plan, given).run()
        ledger.output = ledger.call_outcomes[0]
        return ledger

    def pair(self, source: int, target: int, given: dict[str, int]) -> int:
        """Two calls will be walked; `given` are the records of parameters (by target name) that already differ."""
        self.ledger.call_pairs.append((source, target))
        self.ledger.call_outcomes.append(set())
        self._waiting.append((source, target, given))
        return len(self.ledger.call_pairs) - 1


class CallWalk:
    """One pair of calls."""

    def __init__(self, walk: Walk, source: Call, target: Call, plan: Plan, given: dict[str, int]) -> None:
        """`given`: records of parameters that differ at the call."""
        self.walk, self.ledger, self.plan = walk, walk.ledger, plan
        self.calls = source, target
        self.source = _state(walk.source, plan.source)
        self.target = _state(walk.target, plan.target)
        self.active: dict[str, int] = dict(given)  # by target variable: the record since which it differs
        self.taint: dict[str, set[int]] = {}  # by unmatched target variable: records that flowed into it
        self.loose: dict[str, str] = {}  # by unmatched target variable: the block that wrote it last
        self.control: list[int] = []  # records that decided otherwise and whose effect still lasts
        self.place = target.enter.place if target.enter is not None else 0
        self.breaks_at = _breaks_at(source, target), _breaks_at(target, source)
        self.walked = [-1, -1]  # place of the last step taken over
        self.lone: dict[str, Record] = {}  # by source variable without a partner: where it got its first value
        self.absent: dict[str, Record] = {}  # by target variable: what only the source has given a value yet
        self.last_target = target.enter.event.block if target.enter is not None else ""
        self.before_loop = self.last_target
        self.over: Group | None = None  # the group at which one side was cut short

    def run(self) -> set[int]:
        """Walk; the numbers of the records that leave the call."""
        source, target = self.calls
        for call, state in ((source, self.source), (target, self.target)):
            if call.enter is not None:
                state.apply([call.enter])
        self._enter()
        self.groups(self.plan.blocks.groups, source.nodes, target.nodes)
        return self._end()

    def _enter(self) -> None:
        """Parameters that already differ at the first call are a matter of the driver, not of the programs."""
        for name in list(self.active):
            pair = self.plan.variables.of_target.get(name)
            if pair is None or self._agree(pair):
                del self.active[name]

    # Groups

    def groups(self, groups: Sequence[Group], left: Sequence[Node], right: Sequence[Node]) -> None:
        """Walk the nodes of two bodies, group by group."""
        if not left and not right:
            return
        ones, others = _by_block(left), _by_block(right)
        for group in groups:
            sources = [node for item in group.source for node in ones.get(item.block.id, ())]
            targets = [node for item in group.target for node in others.get(item.block.id, ())]
            if not sources and not targets:
                continue
            if self._is_over(group, sources, targets):
                return
            if group.target:
                self.before_loop = self.last_target
                self.last_target = group.target[-1].block.id
            if group.kind is GroupKind.LOOP and len(sources) <= 1 and len(targets) <= 1:
                self._loop(group, sources[0] if sources else None, targets[0] if targets else None)
            elif group.kind is GroupKind.CHOICE and len(sources) == len(targets) == 1:
                self._choice(group, sources[0], targets[0])
            else:
                self._whole(group, sources, targets)

    def _is_over(self, group: Group, sources: Sequence[Node], targets: Sequence[Node]) -> bool:
        """One side broke off before this group, so that nothing from here on can be compared."""
        if self.over is None:
            for nodes, others, side in ((sources, targets, 0), (targets, sources, 1)):
                if not nodes and others and self._broke_off(side):
                    self.over = group
        return self.over is not None

    def _broke_off(self, side: int) -> bool:
        """All that this side did in the call has been walked, and it did not come to its end."""
        last = self.breaks_at[side]
        return last is not None and self.walked[side] >= last

    def _whole(self, group: Group, sources: Sequence[Node], targets: Sequence[Node]) -> None:
        left = [step for node in sources for step in node.all_steps()]
        right = [step for node in targets for step in node.all_steps()]
        calls = self._calls(
            group, [c for node in sources for c in node.all_calls()], [c for node in targets for c in node.all_calls()]
        )
        self._sync(group, left, right, calls)

    def _choice(self, group: Group, source: Node, target: Node) -> None:
        calls = self._calls(group, source.calls, target.calls)
        before = dict(self.active)
        self._sync(group, source.steps, target.steps, calls)
        mark = len(self.control)
        record = self._outcomes(group, source, target, calls, before)
        if record is None:
            for arm, other_arm, groups in group.inner:
                self.last_target = group.target[0].block.id
                self.groups(groups, _of_arm(source, group.source[0], arm), _of_arm(target, group.target[0], other_arm))
            return
        self.control.append(record.number)
        inner_calls = self._calls(group, *([c for n in node.inner for c in n.all_calls()] for node in (source, target)))
        left, right = ([s for n in node.inner for s in n.all_steps()] for node in (source, target))
        self._sync(group, left, right, inner_calls)
        self._forget(group, mark)

    def _forget(self, group: Group, mark: int) -> None:
        """What was decided otherwise has shown in the state, unless something jumped away or broke off."""
        if not (group.source[0].leaves or group.target[0].leaves or self._broke_off(0) or self._broke_off(1)):
            del self.control[mark:]

    def _outcomes(
        self, group: Group, source: Node, target: Node, calls: list[int], before: dict[str, int]
    ) -> Record | None:
        """The record that the two chose differently."""
        a, b = source.outcome, target.outcome
        if not isinstance(a, int) or not isinstance(b, int):
            return None
        s, t = group.source[0].block, group.target[0].block
        self.ledger.check(t.id, s.id, RecordKind.CONDITION.value)
        if (a != 0) == ((b != 0) != group.negated):
            return None
        record = self._record(RecordKind.CONDITION, t.id, s.id, target.steps[0] if target.steps else None)
        record.expected = source.steps[0].event.outcome if source.steps else None
        record.actual = target.steps[0].event.outcome if target.steps else None
        self._causes(record, t.uses, s.uses, calls, before)
        return record

    def _loop(self, group: Group, source: Node | None, target: Node | None) -> None:
        left = [one for one in source.iterations if one.goes_on] if source else []
        right = [one for one in target.iterations if one.goes_on] if target else []
        mark = len(self.control)
        at = (0, 0)
        record: Record | None = None
        for i, j in self._paired(group, left, right):
            if (i, j) != at:  # one side began the loop earlier: those iterations are compared with nothing
                record = record or self._lengths(group, source, target, (len(left), len(right)), mark)
                self._alone(record, left[at[0] : i], right[at[1] : j], group)
            del self.control[mark:]  # both go on, so what was decided otherwise shows in the state
            self._iteration(group, left[i], right[j])
            if self.over is not None:
                return
            at = (i + 1, j + 1)
        if (at[0] == len(left) and at[1] < len(right) and self._broke_off(0)) or (
            at[1] == len(right) and at[0] < len(left) and self._broke_off(1)
        ):
            self.over = group
            return
        self._exit(group, source, target)
        if at != (len(left), len(right)):
            record = record or self._lengths(group, source, target, (len(left), len(right)), mark)
        if record is None:
            del self.control[mark:]
            return
        self._alone(record, left[at[0] :], right[at[1] :], group)
        self._forget(group, mark)

    def _alone(
        self, record: Record | None, left: Sequence[Iteration], right: Sequence[Iteration], group: Group
    ) -> None:
        """Iterations that only one side ran; what they change comes from the loop."""
        if record is None:
            return
        self.control.append(record.number)
        self._sync(
            group, [step for one in left for step in one.all_steps()], [s for one in right for s in one.all_steps()], []
        )

    def _paired(self, group: Group, left: Sequence[Iteration], right: Sequence[Iteration]) -> list[tuple[int, int]]:
        """Iterations by number; by the value of the variable that the headers count, where both count the same one."""
        by_number = list(zip(range(len(left)), range(len(right)), strict=False))
        names = self._counted(group)
        if names is None or not by_number:
            return by_number
        ours, theirs = (
            [_head_value(one, name) for one in side] for side, name in zip((left, right), names, strict=True)
        )
        n_known = [side.index(None) if None in side else len(side) for side in (ours, theirs)]
        ours, theirs = ours[: n_known[0]], theirs[: n_known[1]]
        if not ours or not theirs or ours[0] == theirs[0]:
            return by_number
        places = {value: i for i, value in enumerate(ours)}
        if len(places) != len(ours) or len(set(theirs)) != len(theirs):
            return by_number
        found = [(places[value], j) for j, value in enumerate(theirs) if value in places]
        rising = all(one[0] < other[0] for one, other in pairwise(found))
        if not rising or 2 * len(found) < min(len(ours), len(theirs)):
            return by_number
        i, j = found[-1]
        if n_known == [len(left), len(right)]:
            return found
        return [*found, *zip(range(i + 1, len(left)), range(j + 1, len(right)), strict=False)]

    def _counted(self, group: Group) -> tuple[str, str] | None:
        """The variable that both headers set."""
        s, t = group.source[0].block, group.target[0].block
        for name in t.defs:
            pair = self.plan.variables.of_target.get(name)
            if pair is not None and not pair.offset and pair.source in s.defs:
                return pair.source, pair.target
        return None

    def _iteration(self, group: Group, one: Iteration, other: Iteration) -> None:
        calls = self._calls(group, one.calls, other.calls)
        self._sync(group, one.head, other.head, calls)
        self.last_target = group.target[0].block.id
        for _, _, groups in group.inner:
            self.groups(groups, one.nodes, other.nodes)

    def _exit(self, group: Group, source: Node | None, target: Node | None) -> None:
        """What the headers showed when the loop was left, on either side."""
        left, right = (
            [s for one in node.iterations if not one.goes_on for s in one.head] + node.steps if node else []
            for node in (source, target)
        )
        if left or right:
            self._sync(group, left, right, [], quiet=True)

    def _lengths(
        self, group: Group, source: Node | None, target: Node | None, ran: tuple[int, int], mark: int
    ) -> Record | None:
        n_source, n_target = ran
        s, t = group.source[0].block, group.target[0].block
        if n_source <= n_target and self._cut(source, s.id, self.walk.source):
            return None  # it ran at least so often; how often is not known
        if n_target <= n_source and self._cut(target, t.id, self.walk.target):
            return None
        self.ledger.check(t.id, s.id, RecordKind.LOOP.value)
        step = None
        if target is not None:
            steps = [step for one in target.iterations for step in one.head]
            step = steps[-1] if steps else None
        record = self._record(RecordKind.LOOP, t.id, s.id, step)
        record.index = (*record.index[:-1], min(n_source, n_target)) if record.index else (min(n_source, n_target),)
        record.path = f"{n_source} against {n_target} iterations"
        self._causes(record, t.uses, s.uses, [], self.active)
        if len(self.control) > mark:  # an iteration was left early on one side only: that is why
            record.causes = set(self.control[mark:])
        return record

    @staticmethod
    def _cut(node: Node | None, block: str, tree: Tree) -> bool:
        """Iterations of this loop may be missing from the trace."""
        end = tree.ends_at.get(block)
        return end is not None and (node is None or node.last >= end or node.place >= end)

    # Calls

    def _calls(self, group: Group, left: Sequence[int], right: Sequence[int]) -> list[int]:
        """Pair the calls that two nodes made; the numbers of the pairs."""
        if not left and not right:
            return []
        made: list[int] = []
        waiting = [call for call in left if self.walk.source.calls[call].function in self.walk.functions.sources]
        for other in right:
            function = self.walk.target.calls[other].function
            partner = self.walk.functions.source(function)
            found = next((c for c in waiting if self.walk.source.calls[c].function == partner), None)
            if partner is None or found is None:
                continue
            waiting.remove(found)
            made.append(self.walk.pair(found, other, self._arguments(group, found, other)))
        return made

    def _arguments(self, group: Group, source: int, target: int) -> dict[str, int]:
        """Records of the parameters that the two calls were given unequal."""
        one, other = self.walk.source.calls[source], self.walk.target.calls[target]
        plan = self.walk.plans.get(other.function)
        if plan is None or one.enter is None or other.enter is None:
            return {}
        theirs = dict(other.enter.shown)
        found: dict[str, int] = {}
        for name, value in one.enter.shown:
            pair = plan.variables.of_source.get(name)
            if pair is None or pair.target not in theirs:
                continue
            t = group.target[0].block.id if group.target else self.last_target
            s = group.source[0].block.id if group.source else ""
            self.ledger.check(t, s, f"{other.function}({pair.target})")
            if _differ(pair, None, value, None, theirs[pair.target]) is None:
                continue
            record = self._record(RecordKind.ARGUMENT, t, s, other.enter)
            record.variables = (name, f"{other.function}({pair.target})")
            record.expected, record.actual = shown(one.enter.event, name), shown(other.enter.event, pair.target)
            uses = [name for item in group.target for name in item.block.uses]
            self._causes(record, uses, [n for item in group.source for n in item.block.uses], [], self.active)
            found[pair.target] = record.number
        return found

    # States

    def _sync(
        self, group: Group, left: Sequence[Step], right: Sequence[Step], calls: list[int], *, quiet: bool = False
    ) -> None:
        """Take over both sides' steps, then compare what they changed. `quiet`: only to see what agrees again."""
        if not left and not right:
            return
        was_source, was_target = dict(self.source.values), dict(self.target.values)
        before = dict(self.active)
        wrote_source, wrote_target = self.source.apply(left), self.target.apply(right)
        for side, steps in enumerate((left, right)):
            if steps:
                self.walked[side] = max(self.walked[side], steps[-1].place)
        if right:
            self.place = right[-1].place
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
            self._compare(group, pair, _Seen(writers, old, before), calls, quiet=quiet)

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

    def _agree(self, pair: Pair) -> bool:
        a, b = self.source.values.get(pair.source, UNKNOWN), self.target.values.get(pair.target, UNKNOWN)
        return _differ(pair, None, a, None, b) is None

    def _compare(self, group: Group, pair: Pair, seen: "_Seen", calls: list[int], *, quiet: bool) -> None:
        writers, before = seen.writers, seen.before
        a, b = self.source.values[pair.source], self.target.values[pair.target]
        s_block, t_block = self._blocks(group, writers, self.last_target)
        ahead = self._ahead(pair, writers)
        if ahead is not None:  # one side wrote earlier, the other does now: what was written then is compared
            s_block = ahead.source_block if writers[0] is None else s_block
            t_block = ahead.target_block if writers[1] is None else t_block
        self.ledger.check(t_block, s_block, pair.target)
        if ahead is not None and ahead.path and _differ(pair, seen.old[0], a, seen.old[1], b) is None:
            if not self._agree(pair):  # made good in part: who goes on with it is to blame for what is left
                ahead.target_block = writers[1].event.block if writers[1] else ahead.target_block
                return
        path = _differ(pair, None, a, None, b) if ahead else _differ(pair, seen.old[0], a, seen.old[1], b)
        if path is None:
            if differs_in_extent(a, b):
                self._note_extent(pair, (s_block, t_block), before)
            if pair.target in self.active and self._agree(pair):
                self.ledger.records[self.active.pop(pair.target)].resolved = True
            return
        if quiet and writers[1] is None:
            return
        record = self._record(RecordKind.STATE, t_block, s_block, writers[1])
        record.writer = Writer.SOURCE if not writers[1] else Writer.TARGET if not writers[0] else Writer.BOTH
        if record.writer is Writer.BOTH and is_blank(b) and not is_blank(a):
            record.writer = Writer.SOURCE  # a new array, to be filled
        record.variables, record.path, record.ambiguous = (pair.source, pair.target), path, pair.ambiguous
        record.expected = _value(self.source, pair.source)
        record.actual = _value(self.target, pair.target)
        record.wrapped = isinstance(a, int) and isinstance(b, int) and (a - b) % 2**32 == 0
        blocks = self.plan.target.block(t_block), self.plan.source.block(s_block)
        uses = [name for block in blocks[:1] if block is not None for name in block.uses]
        theirs = [name for block in blocks[1:] if block is not None for name in block.uses]
        within = {  # in a span, what an earlier block of the target already got wrong
            name: number
            for name, number in self.active.items()
            if self.ledger.records[number].target_block != t_block and name not in before
        }
        self._causes(record, uses, theirs, calls, {**within, **before})
        if ahead is not None:
            record.writer = Writer.BOTH
            if writers[1] is None:  # what the target wrote is blamed where it wrote it, for what it read there
                record.causes = set(ahead.causes)
        elif record.writer is not Writer.BOTH:
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
        self._causes(record, names[0], names[1], [], before)
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
                    flows |= {before[used]} if used in before else self.taint.get(used, set())
                self.taint[name] = flows
                self.loose[name] = block.id

    # Records

    def _record(self, kind: RecordKind, target_block: str, source_block: str, step: Step | None) -> Record:
        place = step.place if step is not None else self.place
        record = self.ledger.add(kind, target_block, source_block, self.plan.target.function, place)
        record.index = step.event.index if step is not None else ()
        return record

    def _causes(
        self, record: Record, uses: Iterable[str], theirs: Iterable[str], calls: list[int], before: dict[str, int]
    ) -> None:
        """What it read that differed already."""
        uses = list(uses)
        loose: list[str] = []
        for name in uses:
            if name in before:
                record.causes.add(before[name])
            elif name not in self.plan.variables.of_target:
                record.causes |= self.taint.get(name, set())
                if name in self.loose and self.loose[name] != record.target_block:
                    loose.append(self.loose[name])
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

    # The end of the call

    def _end(self) -> set[int]:
        source, target = self.calls
        leaving = {self.active[name] for name in self._parameters() if name in self.active}
        if not self.walk.arguments and self.walk.ledger.call_pairs[0] == (source.id, target.id):
            leaving = set()
        ends = [call.end.event.kind if call.end is not None else None for call in (source, target)]
        if ends[0] is not ends[1]:
            record = self._crash(source, target)
            if record is not None:
                return leaving | {record.number}
            # Somewhere past the cap one of the two never ends: all that differs before may be why.
            return leaving | set(self.active.values()) | set(self.control)
        if source.end is None or target.end is None:
            return leaving
        s, t = source.end_block, target.end_block
        self.ledger.check(t, s, RecordKind.RESULT.value)
        if ends[0] is EventKind.RETURN and not same(source.end.outcome, target.end.outcome):
            record = self._record(RecordKind.RESULT, t, s, target.end)
            record.expected, record.actual = source.end.event.outcome, target.end.event.outcome
            blocks = self.plan.target.block(t), self.plan.source.block(s)
            names = [block.uses if block is not None else () for block in blocks]
            calls = self._last_calls(source, target)
            self._causes(record, names[0], names[1], calls, self.active)
            if s not in self.plan.blocks.sources(t):
                record.causes.update(self.control)
            if not record.causes:
                self._blame_extents(record)
            leaving.add(record.number)
        return leaving

    def _blame_extents(self, record: Record) -> None:
        """Nothing else differs: then a place that only one side has, an inserted key say, was no harmless one."""
        for name in [name for name in self.absent if self._has_other_extent(name)]:
            found = self.absent.pop(name)
            found.number = len(self.ledger.records)
            self.ledger.records.append(found)
            record.causes.add(found.number)

    def _last_calls(self, source: Call, target: Call) -> list[int]:
        """Pairs of calls that were made by the two blocks that returned."""
        last = [node for node in _flat(target.nodes) if node.block == target.end_block][-1:]
        mine = {call for node in last for call in node.calls}
        return [i for i, (_, other) in enumerate(self.ledger.call_pairs) if other in mine]

    def _parameters(self) -> list[str]:
        enter = self.calls[1].enter
        return [name for name, _ in enter.shown] if enter is not None else []

    def _crash(self, source: Call, target: Call) -> Record | None:
        """One side did not end as the other did."""
        sides = (source, self.walk.source), (target, self.walk.target)
        if any(call.end is None and tree.dropped for call, tree in sides):
            return None  # the trace has a cap before the end: nothing is known of what came after
        block = self._crash_block(source, target)
        record = self._record(RecordKind.CRASH, block, source.end_block or source.last_block, target.end)
        here = self.plan.target.block(block)
        uses = here.uses if here is not None else ()
        for name in uses:
            if name in self.absent and (name not in self.target.values or self._has_other_extent(name)):
                missing = self.absent[name]
                missing.number = len(self.ledger.records)
                self.ledger.records.append(missing)
                record.causes.add(missing.number)
        if not record.causes and target.end is not None and _is_unnamed(target.end.event.outcome):
            theirs = [self.plan.source.block(one) for one in self.plan.blocks.sources(block)]
            for name in dict.fromkeys(name for one in theirs if one is not None for name in one.uses):
                if name in self.lone:
                    missing = self.lone[name]
                    missing.number = len(self.ledger.records)
                    self.ledger.records.append(missing)
                    record.causes.add(missing.number)
        made = [i for i, (_, other) in enumerate(self.ledger.call_pairs) if other in target.stray_calls]
        self._causes(record, uses, (), made, self.active)
        record.causes.update(self.control)
        if source.end is not None:
            record.expected = source.end.event.outcome
        if target.end is not None:
            record.actual = target.end.event.outcome
        return record

    def _has_other_extent(self, name: str) -> bool:
        if name not in self.target.values:
            return False
        pair = self.plan.variables.of_target.get(name)
        if pair is None or pair.source not in self.source.values:
            return False
        return differs_in_extent(self.source.values[pair.source], self.target.values[name])

    def _crash_block(self, source: Call, target: Call) -> str:
        """The target block in which one side broke off."""
        if self.breaks_at[1] is not None and target.end_block and target.end_block != self._entry():
            return target.end_block
        if self.over is not None and self.over.target:
            return self.over.target[0].block.id
        if self.breaks_at[1] is None and source.end_block:
            return next(iter(self.plan.blocks.targets(source.end_block)), self.last_target)
        return self.last_target if self.over is not None else target.last_block

    def _entry(self) -> str:
        return self.plan.target.items[0].block.id if self.plan.target.items else ""


def _breaks_at(call: Call, other: Call) -> int | None:
    """The place of the last step of a call that broke off while the other one did not, or not in this way."""
    kinds = [one.end.event.kind if one.end is not None else None for one in (call, other)]
    if kinds[0] is EventKind.RETURN or kinds[0] is kinds[1]:
        return None
    steps = [step.place for node in call.nodes for step in node.all_steps() if step.event.kind is not EventKind.RAISE]
    return max(steps, default=-1)


def _state(tree: Tree, structure: Structure) -> _State:
    state = _State(tree)
    for block_id, place in tree.ends_at.items():
        block = structure.block(block_id)
        if block is not None and block.defs:
            state.ending.append((place, block.defs))
    state.ending.sort(key=lambda one: -one[0])
    return state


def _by_block(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.block, []).append(node)
    return found


def _of_arm(node: Node, item: Item, arm: str) -> list[Node]:
    names = {inner.block.id for inner in item.arm(arm)}
    return [inner for inner in node.inner if inner.block in names]


def _flat(nodes: Sequence[Node]) -> list[Node]:
    found: list[Node] = []
    for node in nodes:
        found.append(node)
        found += _flat(node.inner)
        for iteration in node.iterations:
            found += _flat(iteration.nodes)
    return found


def _differ(pair: Pair, old_a: Plain | None, a: Plain, old_b: Plain | None, b: Plain) -> str | None:
    if pair.offset and isinstance(a, int) and isinstance(b, int):
        return None if a + pair.offset == b else ""
    return difference(old_a, a, old_b, b)


def _is_unnamed(outcome: Value | None) -> bool:
    """A name without a value was read; only Python can."""
    return isinstance(outcome, Raised) and outcome.name in ("NameError", "UnboundLocalError")


def _head_value(iteration: Iteration, name: str) -> int | None:
    for step in iteration.head:
        for shown_name, value in step.shown:
            if shown_name == name:
                return value if isinstance(value, int) else None
    return None


def _value(state: _State, name: str) -> Value | None:
    step = state.shown.get(name)
    return shown(step.event, name) if step is not None else None
