"""`Frame trees`: a trace folded back into the shape of its program, so that events stand under their execution index.

Each call becomes a `Call`; in it each execution of a block becomes a `Node`, a loop holding a list of nodes for every
iteration, a choice those of the arm that was taken. Two runs are then compared place by place, and a loop that ran
more often in one of them leaves nodes over without shifting the rest.

Source: Xin, Sumner, Zhang, "Efficient program execution indexing", PLDI 2008.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from semalign.alignment.states import Plain, plain
from semalign.alignment.structure import Spot, Structure
from semalign.traces.trace import Event, EventKind, Frame, Trace
from semalign.values.model import Int

# A member of an enumeration takes longer to find than to compare, and this is asked of every event.
_ENTER, _BRANCH, _ITERATE = EventKind.ENTER, EventKind.BRANCH, EventKind.ITERATE
_RETURN, _RAISE = EventKind.RETURN, EventKind.RAISE


_NOTHING: Mapping[str, Plain] = {}
# Of every node that has none: to make a list for each takes longer than the rest. A tuple, so that none can be added.
_NONE = cast("list[Any]", ())


@dataclass(slots=True)  # not frozen: that triples the time to make one, and there are as many as events
class Step:
    """An event with its values in plain form; `place` is its number in the trace. Never changed."""

    place: int
    event: Event
    shown: Mapping[str, Plain]
    outcome: Plain


@dataclass(slots=True)
class Node:
    """One execution of a block: its own steps, what ran inside it, and the calls that it made. For readers only."""

    block: str
    place: int
    steps: list[Step]  # of a loop: those with no iteration of their own
    inner: list["Node"]
    iterations: list["Iteration"]
    outcome: Plain = None  # of a choice: the arm that was taken
    calls: Sequence[int] = ()

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

    def all_calls(self) -> Sequence[int]:
        """Every call made in it, in order."""
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
    head: list[Step]
    nodes: list[Node]
    calls: Sequence[int] = ()
    goes_on: bool = True  # False: the condition was found false here, no body ran

    def all_steps(self) -> list[Step]:
        """Every step in it."""
        steps = list(self.head)
        for node in self.nodes:
            steps += node.all_steps()
        return steps


@dataclass(slots=True)
class Running:
    """A header that control is inside of, at one iteration (-1: it is no loop)."""

    node: Node
    iteration: int
    chain: tuple[str, ...]  # it and the headers around it
    index: tuple[int, ...]  # the iterations of those that are loops
    body: list[Node] | None  # the nodes inside; None: not known to have begun


@dataclass(slots=True)
class Call:
    """One call of a function: what it was given, what ran, and how it ended (None: it did not)."""

    id: int
    function: str
    spots: Mapping[str, Spot] = field(repr=False)  # of the function
    enter: Step | None = None
    nodes: list[Node] = field(default_factory=list)
    end: Step | None = None
    end_block: str = ""
    stray_calls: list[int] = field(default_factory=list)  # made by a step that never ended
    last_block: str = ""
    open: list[Running] = field(default_factory=list, repr=False)  # outermost first


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
    steps = tuple([_step(place, event) for place, event in enumerate(trace.events)])
    frames = {frame.id: frame for frame in trace.frames}
    calls: dict[int, Call] = {}
    waiting: dict[int, list[int]] = {}  # by the frame that made them: calls not yet under a step of it
    for step in steps:
        frame = step.event.frame
        call = calls.get(frame)
        if call is None:
            call = calls[frame] = _call(frames.get(frame), frame, structures)
            if frame in frames and frames[frame].parent >= 0:
                waiting.setdefault(frames[frame].parent, []).append(frame)
        _place(step, call, waiting.pop(frame, ()) if waiting else ())
    for frame, made in waiting.items():
        if frame in calls:
            calls[frame].stray_calls += made
    return Tree(
        calls, steps, _ends(steps, trace.counts) if trace.n_dropped else {}, trace.n_dropped > 0, trace.complete,
        steps[-1].event.block if steps else "",
    )  # fmt: skip


def _call(frame: Frame | None, number: int, structures: Mapping[str, Structure]) -> Call:
    function = frame.function if frame is not None else ""
    shape = structures.get(function)
    return Call(number, function, shape.spots if shape is not None else {})


def _step(place: int, event: Event) -> Step:
    variables, outcome = event.variables, event.outcome
    shown = _NOTHING
    if variables:
        shown = {name: value.value if type(value) is Int else plain(value) for name, value in variables}
    return Step(place, event, shown, None if outcome is None else plain(outcome))


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


def _place(step: Step, call: Call, made: Sequence[int]) -> None:
    kind, block = step.event.kind, step.event.block
    if block:
        call.last_block = block
    if kind is _ENTER:
        call.enter = step
        return
    is_end = kind is _RETURN or kind is _RAISE
    if is_end:
        call.end, call.end_block = step, block
    spot = call.spots.get(block)
    if spot is None:
        node = Node(block, step.place, [step], _NONE, _NONE)
        call.nodes.append(node)
    elif spot.item.is_loop:
        _place_loop(step, call, spot, made)
        return
    else:
        nodes = _body(step, call, spot)
        if is_end and nodes and nodes[-1].block == block:  # it goes on with the block that was just left
            node = nodes[-1]
            node.steps.append(step)
        else:
            node = _node(step, call, spot)
            nodes.append(node)
    if made:
        node.calls = [*node.calls, *made]


def _node(step: Step, call: Call, spot: Spot) -> Node:
    """A new node of a step that is not a loop's."""
    item = spot.item
    outcome = step.outcome if step.event.kind is _BRANCH else None
    if not item.arms and not item.is_choice:
        return Node(item.block.id, step.place, [step], _NONE, _NONE, outcome)
    node = Node(item.block.id, step.place, [step], [], _NONE, outcome)
    call.open.append(Running(node, -1, spot.inner, step.event.index[: spot.depth], node.inner))
    return node


def _body(step: Step, call: Call, spot: Spot) -> list[Node]:
    """The list that a step's node belongs in, with just the headers around it open."""
    chain, level = spot.chain, len(spot.chain)
    if len(call.open) > level:
        del call.open[level:]
    if not level:
        return call.nodes
    if len(call.open) == level:  # what is around the innermost one is what it was when that was opened
        innermost, index = call.open[-1], step.event.index
        index = index if len(index) == spot.depth else index[: spot.depth]
        if innermost.body is not None and innermost.chain is chain and innermost.index == index:
            return innermost.body
    return _open(step, call, chain)


def _open(step: Step, call: Call, chain: tuple[str, ...]) -> list[Node]:
    """Closes headers that were left and opens those that showed nothing; the body of the innermost."""
    index, depth, nodes = step.event.index, 0, call.nodes
    for level, header in enumerate(chain):
        spot = call.spots[header]
        is_loop = spot.item.is_loop
        iteration = (index[depth] if depth < len(index) else 0) if is_loop else -1
        depth += is_loop
        running = call.open[level] if level < len(call.open) else None
        if running is None or running.node.block != header or iteration < running.iteration:
            node = Node(header, step.place, [], [], [])
            nodes.append(node)
        elif iteration == running.iteration and running.body is not None:
            nodes = running.body
            continue
        else:
            node = running.node
        del call.open[level:]
        nodes = _iteration(node, iteration).nodes if is_loop else node.inner
        call.open.append(Running(node, iteration, spot.inner, index[:depth], nodes))
    return nodes


def _iteration(node: Node, number: int) -> Iteration:
    if node.iterations and node.iterations[-1].number == number:
        return node.iterations[-1]
    for known in reversed(node.iterations):
        if known.number == number:
            return known
        if known.number < number:
            break
    made = Iteration(number, [], [])
    node.iterations.append(made)
    return made


def _place_loop(step: Step, call: Call, spot: Spot, made: Sequence[int]) -> None:
    event, block, level = step.event, spot.item.block.id, len(spot.chain)
    own = event.index[-1] if event.index else 0
    running = call.open[level] if level < len(call.open) else None
    nodes = _body(step, call, spot)
    last = nodes[-1] if nodes and nodes[-1].block == block else None
    if last is not None and running is not None and running.node is last and own >= running.iteration:
        node = last
    else:
        node = Node(block, step.place, [], _NONE, [])
        nodes.append(node)
    index = event.index if len(event.index) == spot.depth + 1 else (*event.index[: spot.depth], own)
    running = Running(node, own, spot.inner, index, None)
    call.open.append(running)
    if event.kind is not _BRANCH and event.kind is not _ITERATE:
        node.steps.append(step)
        if made:
            node.calls = [*node.calls, *made]
        return
    iteration = _iteration(node, own)
    running.body = iteration.nodes
    iteration.head.append(step)
    if made:
        iteration.calls = [*iteration.calls, *made]
    if event.kind is _BRANCH and step.outcome == 0:
        iteration.goes_on = bool(iteration.nodes)  # of a `do` the body ran before its condition
