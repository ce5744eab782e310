r"""What a guest prints while a program runs, and how it becomes `Run`s.

Guests append lines to a shared memory, each a JSON array ended by `\n`; the memory is zero after the last one, so a
line that a kill cut short is dropped. `site` is an index into the table that the instrumenter made (`Site`).

| line | when |
|---|---|
| `["=",k]` | input k (from 0) begins |
| `["E",site,fid,parent,[i...],ordinal,{"x":value}]` | frame `fid` is entered from `parent` (-1: none), at the parent's loop iterations, the `ordinal`-th call there; parameters |
| `["B",site,fid,[i...],{"x":value}]` | a straight-line block is left; variables that changed in this frame |
| `["C",site,fid,[i...],outcome,{...}]` | a condition was decided (`true`/`false`; of a switch or match the arm's name) |
| `["I",site,fid,[i...],{...}]` | a loop began an iteration, its own number last |
| `["R",site,fid,[i...],value,{...}]` | the frame returns value |
| `["X",site,fid,[i...],{"x":[class,message]}]` | an exception leaves the frame |
| `["H",site,fid,[i...],{"x":[class,message]},{...}]` | a handler was entered |
| `["N",[[site,n_executed]...],n_dropped]` | end of the input's events: how often each site was passed, also past the caps |
| `["r",value,[argument...]]` | the function returned; its arguments after the call, whole (up to 4,096 elements) |
| `["e",{"x":[class,message]},[argument...]]` | it raised; the class as the language names it |
| `["!",reason]` | the driver could not make the call (an argument does not fit the declared type, and the like) |

An input with `["=",k]` and neither `r`, `e` nor `!` did not end: it crashed, hung or was killed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from semalign.traces.trace import Event, EventKind, Frame, Run, Trace
from semalign.values.model import Raised, Value
from semalign.values.wire import decode, type_json


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the instrumented source: the function and the block it tells of."""

    function: str
    block: str


_KINDS = {
    "E": EventKind.ENTER,
    "B": EventKind.RUN,
    "C": EventKind.BRANCH,
    "I": EventKind.ITERATE,
    "R": EventKind.RETURN,
    "X": EventKind.RAISE,
    "H": EventKind.CATCH,
}


@dataclass(slots=True)
class _Reading:
    """The lines of one input, as far as they were read."""

    events: list[Event] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    depths: dict[int, int] = field(default_factory=lambda: {-1: -1})
    counts: dict[str, int] = field(default_factory=dict)
    n_dropped: int = 0
    counted: bool = False
    end: list[type_json] | None = None

    def run(self, *, traced: bool) -> Run:
        trace = None
        if traced:
            counts = self.counts if self.counted else _count(self.events)
            trace = Trace(
                events=tuple(self.events),
                frames=tuple(self.frames),
                counts=counts,
                n_dropped=self.n_dropped,
                complete=self.counted and self.end is not None,
            )
        if self.end is None:
            return Run(cause="unfinished", trace=trace)
        tag, *body = self.end
        if tag == "r":
            return Run(cause="ok", result=decode(body[0]), arguments=_values(body[1]), trace=trace)
        if tag == "e":
            raised = decode(body[0])
            assert isinstance(raised, Raised), "a guest's `e` line carries an exception"
            return Run(cause="exception", raised=raised, arguments=_values(body[1]), trace=trace)
        return Run(cause="not run", detail=str(body[0]), trace=trace)


def read_runs(sink: bytes, sites: Sequence[Site], *, traced: bool) -> dict[int, Run]:
    """The runs in a guest's memory, by number of the input.

    The cause is "ok", "exception", "not run", or "unfinished" for an input that began and did not end: the caller
    knows from the process how (a crash, a time limit) and puts that in its place.
    """
    readings: dict[int, _Reading] = {}
    current: _Reading | None = None
    for line in _lines(sink):
        tag = line[0]
        if tag == "=":
            current = readings.setdefault(line[1], _Reading())
        elif current is not None:
            _take(current, tag, line, sites)
    return {number: reading.run(traced=traced) for number, reading in readings.items()}


def finish(run: Run, cause: str, detail: str) -> Run:
    """An unfinished run with what its process showed; any other run unchanged."""
    return replace(run, cause=cause, detail=detail) if run.cause == "unfinished" else run


def _take(reading: _Reading, tag: str, line: list[type_json], sites: Sequence[Site]) -> None:
    if tag in ("r", "e", "!"):
        reading.end = line
    elif tag == "N":
        reading.counted = True
        reading.n_dropped = line[2]
        for site, n_executed in line[1]:
            block = sites[site].block
            reading.counts[block] = max(reading.counts.get(block, 0), n_executed)
    elif tag == "E":
        _, site, fid, parent, index, ordinal, variables = line
        depth = reading.depths.get(parent, -1) + 1
        reading.depths[fid] = depth
        reading.frames.append(Frame(fid, sites[site].function, parent, tuple(index), ordinal, depth))
        reading.events.append(Event(EventKind.ENTER, sites[site].block, fid, (), _variables(variables)))
    elif tag in _KINDS:
        reading.events.append(_event(tag, line, sites))


def _event(tag: str, line: list[type_json], sites: Sequence[Site]) -> Event:
    _, site, fid, index, *rest = line
    outcome = decode(rest[0]) if tag in ("C", "R", "X", "H") else None
    shown = rest[-1] if tag != "X" and isinstance(rest[-1], dict) else {}
    return Event(_KINDS[tag], sites[site].block, fid, tuple(index), _variables(shown), outcome)


def _lines(sink: bytes) -> Iterator[list[type_json]]:
    end = sink.find(b"\0")
    whole = sink if end < 0 else sink[:end]
    for line in whole.split(b"\n")[:-1]:
        try:
            parsed = json.loads(line)
        except ValueError:  # torn by a kill between two writes: what follows can't be trusted to be in order
            return
        if isinstance(parsed, list) and parsed:
            yield parsed


def _variables(shown: dict[str, type_json]) -> tuple[tuple[str, Value], ...]:
    return tuple((name, decode(tree)) for name, tree in shown.items())


def _values(trees: list[type_json]) -> tuple[Value, ...]:
    return tuple(map(decode, trees))


def _count(events: Sequence[Event]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for event in events:
        counts[event.block] = counts.get(event.block, 0) + 1
    return counts
