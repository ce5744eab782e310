"""`Event` and `Trace`: what one run of a program did, in values.

An event is one execution of a block. Its place in the run is its *execution index*: the frame (one call of one
function) and the iteration of each loop around it. So an event keeps its index however often other loops ran.

Source: Xin, Sumner, Zhang, "Efficient program execution indexing", PLDI 2008.
"""

import enum
from dataclasses import dataclass, field

from semalign.values.model import Raised, Value


class EventKind(enum.StrEnum):
    """What an event tells of its block."""

    ENTER = "enter"  # a call: parameters bound
    RUN = "run"  # a straight-line block was left
    BRANCH = "branch"  # a condition was decided: `outcome`
    ITERATE = "iterate"  # a loop began an iteration
    RETURN = "return"  # the frame ended with `outcome`
    RAISE = "raise"  # an exception left the frame: `outcome`
    CATCH = "catch"  # a handler was entered


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `variables` are those the block mentions whose value changed since the frame last showed them."""

    kind: EventKind
    block: str
    frame: int
    index: tuple[int, ...] = ()  # iteration, from 0, of each loop around it, outermost first; own iteration last
    variables: tuple[tuple[str, Value], ...] = ()
    outcome: Value | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of one function. `parent` is the frame that called, -1 for the first."""

    id: int
    function: str
    parent: int = -1
    index: tuple[int, ...] = ()  # iterations of the parent's loops at the call
    ordinal: int = 0  # how many calls the parent had made before at this index
    depth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The events of one run in order, and what is missing from them."""

    events: tuple[Event, ...] = ()
    frames: tuple[Frame, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)  # block id -> executions, also past the caps
    n_dropped: int = 0  # events that a cap left out; `counts` still has them
    complete: bool = True  # False: the program was killed or crashed hard, the end is missing
    void: str = ""  # why this trace must not be used ("" when it may): instrumented and plain run differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How much of a run is kept; what is left out is counted, never forgotten."""

    events: int = 10_000  # per input
    per_site: int = 256  # events kept of one place in the source, the first ones
    items: int = 64  # elements kept of one value
    digest_items: int = 4_096  # elements a digest covers; larger is unrepresentable
    depth: int = 8
    text: int = 256  # characters kept of one text
    sink_mib: int = 8  # bytes per input, MiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One input through one program: what came out, and the trace where one was asked for.

    `result` is None when the program raised, crashed or was stopped. `arguments` are the values after the call.
    """

    cause: str  # of semalign.sandbox.Cause: "ok", "exception", "timeout", ...
    result: Value | None = None
    arguments: tuple[Value, ...] = ()
    raised: Raised | None = None
    stdout: str = ""
    detail: str = ""
    wall_s: float = 0.0
    trace: Trace | None = None
