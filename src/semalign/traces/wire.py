r"""What a guest prints while a program runs, and how it becomes `Run`s.

Guests append lines to a shared memory, each a JSON array ended by `\n`; the memory is zero after the last one, so a
line that a kill cut short is dropped. `site` is an index into the table that the instrumenter made (`Site`).

| line | when |
|---|---|
| `["=",k]` | input k (from 0) begins |
| `["E",site,fid,parent,[i...],ordinal,{"x":value}]` | frame `fid` > `parent` is entered from `parent` (-1: none) |
| | at the parent's loop iterations, the `ordinal`-th call there; parameters |
| `["B",site,fid,[i...],{"x":value}]` | a straight-line block is left; variables that changed in this frame |
| `["C",site,fid,[i...],outcome,{...}]` | a condition was decided (`true`/`false`; of a switch or match its arm) |
| `["I",site,fid,[i...],{...}]` | a loop began an iteration, its own number last |
| `["R",site,fid,[i...],value,{...}]` | the frame returns value |
| `["X",site,fid,[i...],{"x":[class,message]}]` | an exception leaves the frame |
| `["H",site,fid,[i...],{"x":[class,message]},{...}]` | a handler was entered |
| `["N",[[site,n_executed]...],n_dropped]` | end of the input's events: how often each site was passed, caps or not |
| `["r",value,[argument...]]` | the function returned; its arguments after the call, whole (up to 4,096 elements) |
| `["e",{"x":[class,message]},[argument...]]` | it raised; the class as the language names it |
| `["!",reason]` | the driver could not make the call (an argument does not fit the declared type, and the like) |

A traced Python program writes records instead of the lines of events and of "N": the byte 1, the number of bytes in
four, lowest first, what an `Unpacker` of the language reads, and `\n`. A record is there when its length is, which is
written last.

An input with `["=",k]` and neither `r`, `e` nor `!` did not end: it crashed, hung or was killed. The memory is the
program's to write, so a line that does not have its form ends the reading of that input: it counts as not ended. So is
what follows an input's end before the next one begins, and an input that begins twice: both are "tampered".
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from semalign.core.errors import ConfigError
from semalign.traces.trace import Event, EventKind, Frame, Run, Trace
from semalign.values.model import Raised, Value
from semalign.values.wire import decode, load, type_json

_RECORD = 1  # the first byte of a record
_HEAD = 5  # bytes before its data


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the instrumented source: the function and the block it tells of."""

    function: str
    block: str


@dataclass(frozen=True, slots=True)
class Passed:
    """End of an input's events: how often each site was passed that was, and how many exceptions left a frame."""

    executions: tuple[tuple[int, int], ...]
    n_raised: int


class Unpacker(Protocol):
    """Reads the records of one input, in order."""

    def unpack(self, record: bytes) -> Iterator[Event | Frame | Passed]:
        """What a record says.

        Raises:
            ConfigError: it does not have its form.
        """
        ...


EVENT_KINDS = {
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
    end: Run | None = None
    unpacker: Unpacker | None = None
    broken: bool = False  # a line did not have its form: nothing after it is taken
    tampered: bool = False  # it began twice, or something follows its end

    def run(self, *, traced: bool) -> Run:
        run = self.end if self.end is not None and not self.broken else Run(cause="unfinished")
        if self.tampered:
            run = Run(cause="tampered", detail="it wrote where its answer is reported")
        if not traced:
            return run
        trace = Trace(
            events=tuple(self.events),
            frames=tuple(self.frames),
            counts=self.counts if self.counted else _count(self.events),
            n_dropped=self.n_dropped,
            complete=self.counted and run.cause != "unfinished",
        )
        return replace(run, trace=trace)


def read_runs(
    sink: bytes, sites: Sequence[Site], *, traced: bool, unpacker: Callable[[], Unpacker] | None = None
) -> dict[int, Run]:
    """The runs in a guest's memory, by number of the input; `unpacker` makes what reads the records of the next one.

    The cause is "ok", "exception", "not run", "tampered", or "unfinished" for an input that began and did not end: the
    caller knows from the process how (a crash, a time limit) and puts that in its place.
    """
    readings: dict[int, _Reading] = {}
    current: _Reading | None = None
    for line in _lines(sink):
        match line:
            case ["=", int(number)]:
                if number in readings:
                    readings[number].tampered = True
                current = readings.setdefault(number, _Reading(unpacker=unpacker() if unpacker else None))
            case _ if current is not None and current.end is not None:
                current.tampered = True
            case _ if current is not None and not current.broken:
                current.broken = not (_unpacked if type(line) is bytes else _took)(current, line, sites)
    return {number: reading.run(traced=traced) for number, reading in readings.items()}


def finish(run: Run, cause: str, detail: str) -> Run:
    """An unfinished run with what its process showed; any other run unchanged."""
    return replace(run, cause=cause, detail=detail) if run.cause == "unfinished" else run


def _took(reading: _Reading, line: type_json, sites: Sequence[Site]) -> bool:
    """Whether the line had its form; a tag that is not known has none."""
    try:
        match line:
            case ["r" | "e" | "!", *_]:
                reading.end = _end(line)
            case ["N", list(executions), int(n_dropped)]:
                reading.counts = _counts(executions, sites)
                reading.counted, reading.n_dropped = True, n_dropped
            case ["E", site, int(fid), int(parent), index, int(ordinal), variables] if -1 <= parent < fid:
                place, depth = _site(sites, site), reading.depths.get(parent, -1) + 1
                event = Event(EventKind.ENTER, place.block, fid, (), _variables(variables))
                reading.frames.append(Frame(fid, place.function, parent, _index(index), ordinal, depth))
                reading.events.append(event)
                reading.depths[fid] = depth
            case [str(tag), site, int(fid), index, *rest]:
                outcome, variables = _shown(tag, rest)
                reading.events.append(
                    Event(EVENT_KINDS[tag], _site(sites, site).block, fid, _index(index), variables, outcome)
                )
            case _:
                return False
    except (ConfigError, LookupError, TypeError):
        return False
    return True


def _unpacked(reading: _Reading, record: bytes, sites: Sequence[Site]) -> bool:
    """Whether the record had its form."""
    if reading.unpacker is None:
        return False
    try:
        for found in reading.unpacker.unpack(record):
            if isinstance(found, Event):
                reading.events.append(found)
            elif isinstance(found, Frame):
                reading.frames.append(found)
            else:
                reading.counts = _counts(found.executions, sites)
                n_passed = sum(n for _, n in found.executions) + found.n_raised
                reading.counted, reading.n_dropped = True, max(0, n_passed - len(reading.events))
    except (ConfigError, LookupError, TypeError):
        return False
    return True


def _end(line: type_json) -> Run:
    match line:
        case ["r", result, list(arguments)]:
            return Run(cause="ok", result=decode(result), arguments=_values(arguments))
        case ["e", {"x": _} as raised, list(arguments)]:
            value = decode(raised)
            assert isinstance(value, Raised)  # by its tag
            return Run(cause="exception", raised=value, arguments=_values(arguments))
        case ["!", str(reason)]:
            return Run(cause="not run", detail=reason)
        case _:
            raise TypeError("not the form of an end")


def _shown(tag: str, rest: type_json) -> tuple[Value | None, tuple[tuple[str, Value], ...]]:
    """Outcome and variables, as the event of that tag has them."""
    match tag, rest:
        case (("B" | "I"), [variables]):
            return None, _variables(variables)
        case "X", [{"x": _} as raised]:
            return decode(raised), ()
        case "H", [{"x": _} as raised, variables]:
            return decode(raised), _variables(variables)
        case (("C" | "R"), [outcome, variables]):
            return decode(outcome), _variables(variables)
        case _:
            raise TypeError("not the form of an event")


def _site(sites: Sequence[Site], number: type_json) -> Site:
    if not isinstance(number, int) or number < 0:
        raise TypeError("need the number of a site")
    return sites[number]


def _index(numbers: type_json) -> tuple[int, ...]:
    if not isinstance(numbers, list) or not all(isinstance(number, int) for number in numbers):
        raise TypeError("need loop numbers")
    return tuple(numbers)


def _counts(executions: type_json | tuple[tuple[int, int], ...], sites: Sequence[Site]) -> dict[str, int]:
    """The most executed site of each block stands for it."""
    counts: dict[str, int] = {}
    for execution in executions:
        match execution:
            case [site, int(n_executed)]:  # a list or a tuple
                block = _site(sites, site).block
                counts[block] = max(counts.get(block, 0), n_executed)
            case _:
                raise TypeError("need a site and how often it was passed")
    return counts


def _lines(sink: bytes) -> Iterator[type_json]:
    """The trees of the lines, and the records as bytes."""
    at = 0
    while at < len(sink):
        if sink[at] == _RECORD:
            start = at + _HEAD
            end = start + int.from_bytes(sink[at + 1 : start], "little")
            if sink[end : end + 1] != b"\n":
                return
            yield sink[start:end]
            at = end + 1
            continue
        end = sink.find(b"\n", at)
        line = sink[at:end]
        if end < 0 or b"\0" in line:  # nothing more was written, or the line was cut short
            return
        at = end + 1
        try:
            yield load(line)
        except ValueError:  # torn by a kill between two writes: what follows can't be trusted to be in order
            return


def _variables(shown: type_json) -> tuple[tuple[str, Value], ...]:
    if not isinstance(shown, dict):
        raise TypeError("need variables by name")
    return tuple((name, decode(tree)) for name, tree in shown.items())


def _values(trees: list[type_json]) -> tuple[Value, ...]:
    return tuple(map(decode, trees))


def _count(events: Sequence[Event]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for event in events:
        counts[event.block] = counts.get(event.block, 0) + 1
    return counts
