"""The walk over two runs of one input: pairs what they executed, and has their states compared after each group."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from semalign.alignment.blocks import Group, GroupKind
from semalign.alignment.comparison import Comparison, Plan, differ
from semalign.alignment.ending import Ending, breaks_at
from semalign.alignment.functions import FunctionMap
from semalign.alignment.records import Ledger, Record, RecordKind, shown
from semalign.alignment.states import Plain
from semalign.alignment.structure import Item
from semalign.alignment.tree import Call, Iteration, Node, Tree


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
        self.states = Comparison(walk.ledger, plan, (walk.source, walk.target), given)
        self.states.last_target = target.enter.event.block if target.enter is not None else ""
        self.states.place = target.enter.place if target.enter is not None else 0
        self.breaks_at = breaks_at(source, target), breaks_at(target, source)
        self.over: Group | None = None  # the group at which one side broke off

    def run(self) -> set[int]:
        """Walk; the numbers of the records that leave the call."""
        source, target = self.calls
        for call, state in ((source, self.states.source), (target, self.states.target)):
            if call.enter is not None:
                state.apply([call.enter])
        self._enter()
        self.groups(self.plan.blocks.groups, source.nodes, target.nodes)
        is_first = self.ledger.call_pairs[0] == (source.id, target.id)
        keeps = self.walk.arguments or not is_first
        return Ending(self.states, self.calls, self.breaks_at, self.over, keeps).leaving()

    def _enter(self) -> None:
        """Parameters that already differ at the first call are a matter of the driver, not of the programs."""
        for name in list(self.states.active):
            pair = self.plan.variables.of_target.get(name)
            if pair is None or self.states.agree(pair):
                del self.states.active[name]

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
                self.states.before_loop = self.states.last_target
                self.states.last_target = group.target[-1].block.id
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
        return last is not None and self.states.walked[side] >= last

    def _whole(self, group: Group, sources: Sequence[Node], targets: Sequence[Node]) -> None:
        left = [step for node in sources for step in node.all_steps()]
        right = [step for node in targets for step in node.all_steps()]
        calls = self._calls(
            group, [c for node in sources for c in node.all_calls()], [c for node in targets for c in node.all_calls()]
        )
        self.states.sync(group, left, right, calls)

    def _choice(self, group: Group, source: Node, target: Node) -> None:
        calls = self._calls(group, source.calls, target.calls)
        before = dict(self.states.active)
        self.states.sync(group, source.steps, target.steps, calls)
        mark = len(self.states.control)
        record = self._outcomes(group, source, target, calls, before)
        if record is None:
            for arm, other_arm, groups in group.inner:
                self.states.last_target = group.target[0].block.id
                self.groups(groups, _of_arm(source, group.source[0], arm), _of_arm(target, group.target[0], other_arm))
            return
        self.states.control.append(record.number)
        inner_calls = self._calls(group, *([c for n in node.inner for c in n.all_calls()] for node in (source, target)))
        left, right = ([s for n in node.inner for s in n.all_steps()] for node in (source, target))
        self.states.sync(group, left, right, inner_calls, divided=True)
        self._forget(group, mark)

    def _forget(self, group: Group, mark: int) -> None:
        """What was decided otherwise has shown in the state, unless something jumped away or broke off."""
        if not (group.source[0].leaves or group.target[0].leaves or self._broke_off(0) or self._broke_off(1)):
            del self.states.control[mark:]

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
        record = self.states.record(RecordKind.CONDITION, t.id, s.id, target.steps[0] if target.steps else None)
        record.expected = source.steps[0].event.outcome if source.steps else None
        record.actual = target.steps[0].event.outcome if target.steps else None
        self.states.find_causes(record, t.uses, s.uses, calls, before)
        return record

    def _loop(self, group: Group, source: Node | None, target: Node | None) -> None:
        left = [one for one in source.iterations if one.goes_on] if source else []
        right = [one for one in target.iterations if one.goes_on] if target else []
        mark = len(self.states.control)
        at = (0, 0)
        record: Record | None = None
        for i, j in self._paired(group, left, right):
            if (i, j) != at:  # one side began the loop earlier: those iterations are compared with nothing
                record = record or self._lengths(group, source, target, (len(left), len(right)), mark)
                self._alone(record, left[at[0] : i], right[at[1] : j], group)
            del self.states.control[mark:]  # both go on, so what was decided otherwise shows in the state
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
            del self.states.control[mark:]
            return
        self._alone(record, left[at[0] :], right[at[1] :], group)
        self._forget(group, mark)

    def _alone(
        self, record: Record | None, left: Sequence[Iteration], right: Sequence[Iteration], group: Group
    ) -> None:
        """Iterations that only one side ran; what they change comes from the loop."""
        if record is None:
            return
        self.states.control.append(record.number)
        self.states.sync(
            group,
            [step for one in left for step in one.all_steps()],
            [s for one in right for s in one.all_steps()],
            [],
            divided=True,
        )

    def _paired(self, group: Group, left: Sequence[Iteration], right: Sequence[Iteration]) -> list[tuple[int, int]]:
        """Iterations by number; by the value of the variable that the headers count, where both count the same one."""
        by_number = list(zip(range(len(left)), range(len(right)), strict=False))
        names = self._counted(group)
        if names is None or not by_number:
            return by_number
        ours = _head_values(left, names[0], self.states.source.values.get(names[0]))
        theirs = _head_values(right, names[1], self.states.target.values.get(names[1]))
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
        self.states.sync(group, one.head, other.head, calls)
        self.states.last_target = group.target[0].block.id
        for _, _, groups in group.inner:
            self.groups(groups, one.nodes, other.nodes)

    def _exit(self, group: Group, source: Node | None, target: Node | None) -> None:
        """What the headers showed when the loop was left, on either side."""
        left, right = (
            [s for one in node.iterations if not one.goes_on for s in one.head] + node.steps if node else []
            for node in (source, target)
        )
        if left or right:
            self.states.sync(group, left, right, [], quiet=True)

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
        record = self.states.record(RecordKind.LOOP, t.id, s.id, step)
        record.index = (*record.index[:-1], min(n_source, n_target)) if record.index else (min(n_source, n_target),)
        record.path = f"{n_source} against {n_target} iterations"
        self.states.find_causes(record, t.uses, s.uses, [], self.states.active)
        if len(self.states.control) > mark:  # an iteration was left early on one side only: that is why
            record.causes = set(self.states.control[mark:])
        return record

    @staticmethod
    def _cut(node: Node | None, block: str, tree: Tree) -> bool:
        """Iterations of this loop may be missing from the trace."""
        end = tree.ends_at.get(block)
        return end is not None and (node is None or node.last_place() >= end or node.place >= end)

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
            alike = [call for call in waiting if self.walk.source.calls[call].function == partner]
            if partner is None or not alike:
                continue
            # Two calls in one expression may come in either order: first what was given the same.
            found = next((call for call in alike if self._given_alike(call, other)), alike[0])
            waiting.remove(found)
            made.append(self.walk.pair(found, other, self._arguments(group, found, other)))
        return made

    def _given_alike(self, source: int, target: int) -> bool:
        """The two calls were given the same."""
        one, other = self.walk.source.calls[source].enter, self.walk.target.calls[target].enter
        plan = self.walk.plans.get(self.walk.target.calls[target].function)
        if one is None or other is None or plan is None:
            return False
        theirs = dict(other.shown)
        pairs = ((plan.variables.of_source.get(name), value) for name, value in one.shown)
        return all(
            differ(pair, None, value, None, theirs[pair.target]) is None
            for pair, value in pairs
            if pair is not None and pair.target in theirs
        )

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
            t = group.target[0].block.id if group.target else self.states.last_target
            s = group.source[0].block.id if group.source else ""
            self.ledger.check(t, s, f"{other.function}({pair.target})")
            if differ(pair, None, value, None, theirs[pair.target]) is None:
                continue
            record = self.states.record(RecordKind.ARGUMENT, t, s, other.enter)
            record.variables = (name, f"{other.function}({pair.target})")
            record.expected, record.actual = shown(one.enter.event, name), shown(other.enter.event, pair.target)
            uses = [name for item in group.target for name in item.block.uses]
            self.states.find_causes(
                record, uses, [n for item in group.source for n in item.block.uses], [], self.states.active
            )
            found[pair.target] = record.number
        return found


def _by_block(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(node.block, []).append(node)
    return found


def _of_arm(node: Node, item: Item, arm: str) -> list[Node]:
    if not node.inner:
        return []
    names = {inner.block.id for inner in item.arm(arm)}
    return [inner for inner in node.inner if inner.block in names]


def _head_values(iterations: Sequence[Iteration], name: str, now: Plain) -> list[int | None]:
    """What a counter was in each iteration; `now` is what it was before. A step shows it only where it changed."""
    found: list[int | None] = []
    for one in iterations:
        for step in one.head:
            now = next((value for shown_name, value in step.shown if shown_name == name), now)
        found.append(now if isinstance(now, int) and one.head else None)
    return found
