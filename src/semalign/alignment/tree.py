"""`Frame trees`: a trace folded back into the shape of its program, so that events stand under their execution index.

Each call becomes a `Call`; in it each execution of a block becomes a `Node`, a loop holding a list of nodes for every
iteration, a choice those of the arm that was taken. Two runs are then compared place by place, and a loop that ran
more often in one of them leaves nodes over without shifting the rest.

Source: Xin, Sumner, Zhang, "Efficient program execution indexing", PLDI 2008.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semalign.alignment.states import Plain, plain
from semalign.alignment.structure import Item, Structure
from semalign.traces.trace import Event, EventKind, Trace
from semalign.values.model import Int, Value

# A member of an enumeration takes longer to find than to compare, and this is asked of every event.
_ENTER, _BRANCH, _ITERATE = EventKind.ENTER, EventKind.BRANCH, EventKind.ITERATE
_RETURN, _RAISE = EventKind.RETURN, EventKind.RAISE


@dataclass(slots=True)  # not frozen: that triples the time to make one, and there are as many as events
class Step:
    """An event with its values in plain form; `place` is its number in the trace. Never changed."""

    place: int
    event: Event
    shown: tuple[tuple[str, Plain], ...]
    outcome: Plain


@dataclass(slots=True)
class Node:
    """One execution of a block: its own steps, what ran inside it, and the calls that it made."""

    block: str
    place: int
    steps: list[Step] = field(default_factory=list)  # of a loop: those with no iteration of their own
    inner: list["Node"] = field(default_factory=list)
    iterations: list["Iteration"] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    outcome: Plain = None  # of a choice: the arm that was taken

    def last_place(self) -> int:
        """Place of the last step in it."""
        if self.iterations:
            last = self.iterations[-1]
            found = last.head[-1].place if last.head else self.place
            found = max(found, last.nodes[-1].last_place()) if last.nodes else found
        else:
            found = self.inner[-1].last_place() if self.inner else self.place
        return max(found, self.steps[-1].place) if self.steps else found

    def all_steps(self) -> list[Step]:
        """Every step in it, in order; not to be changed."""
        if not self.iterations and not self.inner:
            return self.steps
        steps = list(self.steps)
        for iteration in self.iterations:
            steps += iteration.all_steps()
        for node in self.inner:
            steps += node.all_steps()
        return sorted(steps, key=lambda step: step.place)

    def all_calls(self) -> list[int]:
        """Every call made in it, in order; not to be changed."""
        if not self.iterations and not self.inner:
            return self.calls
        calls = list(self.calls)
        for iteration in self.iterations:
            calls += iteration.calls
            for node in iteration.nodes:
                calls += node.all_calls()
        for node in self.inner:
            calls += node.all_calls()
        return sorted(calls)


@dataclass(slots=True)
class Iteration:
    """One iteration of a loop: the steps of its header, and what ran in its body."""

    number: int
    head: list[Step] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    goes_on: bool = True  # False: the condition was found false here, no body ran

    def all_steps(self) -> list[Step]:
        """Every step in it."""
        steps = list(self.head)
        for node in self.nodes:
            steps += node.all_steps()
        return steps


@dataclass(slots=True)
class Call:
    """One call of a function: what it was given, what ran, and how it ended (None: it did not)."""

    id: int
    function: str
    enter: Step | None = None
    nodes: list[Node] = field(default_factory=list)
    end: Step | None = None
    end_block: str = ""
    stray_calls: list[int] = field(default_factory=list)  # made by a step that never ended
    last_block: str = ""
    open: list[tuple[Node, int]] = field(default_factory=list)  # headers that are running, with their iteration
    here: tuple[tuple[str, ...], tuple[int, ...]] | None = None  # the headers and iterations of the last place
    body: list[Node] = field(default_factory=list)  # the nodes of that place


@dataclass(frozen=True, slots=True)
class Tree:
    """A trace as calls, and where it stops being whole: after `ends_at[block]` executions of that block are missing."""

    calls: dict[int, Call]
    steps: tuple[Step, ...]
    ends_at: dict[str, int]  # place of the last event kept of a block that ran more often than was kept
    dropped: bool  # a cap left events out
    complete: bool  # the program came to its end
    last_block: str  # where the trace ends


def tree(trace: Trace, structures: Mapping[str, Structure]) -> Tree:
    """The calls of a trace, folded by the structures of their functions."""
    known: dict[int, Plain] = {}
    steps = tuple(
        Step(
            place,
            event,
            tuple(
                [(name, value.value if type(value) is Int else _plain(value, known)) for name, value in event.variables]
            )
            if event.variables
            else (),
            None if event.outcome is None else _plain(event.outcome, known),
        )
        for place, event in enumerate(trace.events)
    )
    names = {frame.id: frame.function for frame in trace.frames}
    parents = {frame.id: frame.parent for frame in trace.frames}
    calls: dict[int, Call] = {}
    waiting: dict[int, list[int]] = {}
    for step in steps:
        frame = step.event.frame
        call = calls.get(frame)
        if call is None:
            call = calls[frame] = Call(frame, names.get(frame, ""))
            waiting.setdefault(parents.get(frame, -1), []).append(frame)
        made = waiting.pop(frame, None)
        _place(step, call, structures.get(call.function), made)
    for frame, made in waiting.items():
        if frame in calls:
            calls[frame].stray_calls += made
    return Tree(
        calls, steps, _ends(steps, trace.counts) if trace.n_dropped else {}, trace.n_dropped > 0, trace.complete,
        steps[-1].event.block if steps else "",
    )  # fmt: skip


def _plain(value: Value, known: dict[int, Plain]) -> Plain:
    # Keyed by identity: events share value objects that live as long as the trace does, and hashing a value is slow.
    found = known.get(id(value))
    if found is None:
        found = known[id(value)] = plain(value)
    return found


def _ends(steps: Sequence[Step], counts: Mapping[str, int]) -> dict[str, int]:
    last: dict[str, int] = {}
    kept: dict[tuple[str, EventKind], int] = {}
    for step in steps:
        block = step.event.block
        last[block] = step.place
        kept[block, step.event.kind] = kept.get((block, step.event.kind), 0) + 1
    most: dict[str, int] = {}
    for (block, _), n in kept.items():
        most[block] = max(most.get(block, 0), n)
    return {block: last[block] for block, n in most.items() if counts.get(block, 0) > n}


def _place(step: Step, call: Call, shape: Structure | None, made: list[int] | None) -> None:
    kind, block = step.event.kind, step.event.block
    call.last_block = block or call.last_block
    if kind is _ENTER:
        call.enter = step
        return
    if kind is _RETURN or kind is _RAISE:
        call.end, call.end_block = step, block
    item = shape.by_id.get(block) if shape is not None else None
    if shape is None or item is None:
        nodes = call.nodes
        node = Node(block, step.place, [step])
        nodes.append(node)
    elif item.is_loop:
        _place_loop(step, call, shape, item, made)
        return
    else:
        node = _node(step, call, shape, item)
    if made:
        node.calls += made


def _node(step: Step, call: Call, shape: Structure, item: Item) -> Node:
    """The node of a step that is not a loop's: a new one, unless it goes on with the block that was just left."""
    nodes = _open(step, call, shape)
    block = item.block.id
    kind = step.event.kind
    if (kind is _RETURN or kind is _RAISE) and nodes and nodes[-1].block == block:
        nodes[-1].steps.append(step)
        return nodes[-1]
    node = Node(block, step.place, [step], outcome=step.outcome if kind is _BRANCH else None)
    nodes.append(node)
    if item.arms or item.is_choice:
        call.open.append((node, -1))
    return node


def _open(step: Step, call: Call, shape: Structure) -> list[Node]:
    """The list that a step's node belongs in: closes headers that were left, opens those that showed nothing."""
    block, index = step.event.block, step.event.index
    chain = shape.chains[block]
    here = (chain, index[: shape.depths[block]])
    if call.here == here:
        del call.open[len(chain) :]
        return call.body
    depth, nodes = 0, call.nodes
    for level, header in enumerate(chain):
        is_loop = shape.by_id[header].is_loop
        iteration = (index[depth] if depth < len(index) else 0) if is_loop else -1
        depth += is_loop
        if level < len(call.open) and call.open[level][0].block == header and _goes_on(call, level, iteration):
            node = call.open[level][0]
            if call.open[level][1] != iteration:
                del call.open[level:]
                call.open.append((node, iteration))
        else:
            del call.open[level:]
            node = Node(header, step.place)
            nodes.append(node)
            call.open.append((node, iteration))
        nodes = _iteration(node, iteration).nodes if is_loop else node.inner
    del call.open[len(chain) :]
    call.here, call.body = here, nodes
    return nodes


def _goes_on(call: Call, level: int, iteration: int) -> bool:
    return iteration >= call.open[level][1]


def _iteration(node: Node, number: int) -> Iteration:
    if node.iterations and node.iterations[-1].number == number:
        return node.iterations[-1]
    for known in reversed(node.iterations):
        if known.number == number:
            return known
        if known.number < number:
            break
    made = Iteration(number)
    node.iterations.append(made)
    return made


def _place_loop(step: Step, call: Call, shape: Structure, item: Item, made: list[int] | None) -> None:
    block = item.block.id
    level = len(shape.chains[block])
    own = step.event.index[-1] if step.event.index else 0
    running = call.open[level][0] if level < len(call.open) and call.open[level][0].block == block else None
    was = call.open[level][1] if running is not None else -1
    nodes = _open(step, call, shape)
    still = running is not None and bool(nodes) and nodes[-1] is running and own >= was
    node = nodes[-1] if still else Node(block, step.place)
    if not still:
        nodes.append(node)
    call.open.append((node, own))
    if step.event.kind is not _BRANCH and step.event.kind is not _ITERATE:
        node.steps.append(step)
        node.calls += made or []
        return
    iteration = _iteration(node, own)
    iteration.head.append(step)
    iteration.calls += made or []
    if step.event.kind is _BRANCH and step.outcome == 0:
        iteration.goes_on = bool(iteration.nodes)  # of a `do` the body ran before its condition
