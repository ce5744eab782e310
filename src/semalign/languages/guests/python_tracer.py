"""The recorder of an instrumented Python program; runs inside the wall.

The instrumented source counts every site itself. Below the caps it appends the event to a flat list in one call of the
interpreter's own code: the variables themselves, by reference. Nothing is written at that moment. What a reference
shows stays true until something changes it, so before every statement that may, `freeze` packs what the events since
the last time refer to, in one call of `marshal`, which follows exact built-in types only and runs no code of the
program. All that events mean is worked out by whoever reads them. They are written when the input ends, when a clock
ticks, when they grow large, and before the process is ended through `os`. So a hang that is killed and an `os._exit`
keep their events; of a signal that leaves Python no time (SIGKILL or SIGSEGV from outside `os.kill`), those since the
last tick of the clock are lost.

A frame is the list of its number and of the iterations of the loops it is in. `State.cur` is None while a frame runs
that was not kept: its events are counted and not kept.
"""

import itertools
import marshal
import os
import sys
from collections.abc import Callable
from typing import Any

_ROOM = 1 << 20  # bytes of an input's share kept for its result
_MOST_WAITING = 1 << 18  # bytes that wait to be written
_PLAIN_SIZE = 1 << 16  # bytes of events whose variables are of usual size, and a few more for each slot
_PLAIN_ROOM = 1 << 20  # bytes of an input before its values are written as text, which is cut and not repeated
_N_REHEARSALS = 16  # after eight calls the interpreter begins to adapt to a function
_FORMAT = 4  # of marshal: what is referred to twice is written once
_UNSHARED = 2  # this costs time, which is left out where nothing repeats
_END = -1  # the op that ends an input
_SCALARS = frozenset((int, float, bool, str, bytes, type(None)))
_ESCAPES = ("_exit", "abort", "kill", "killpg")  # of `os`: they may end the process at once
_SPARE = 200  # frames that writing may need when the clock ticks deep in a recursion
_dumps = marshal.dumps


class State:
    """The frame that runs now, None while one runs that was not kept."""

    __slots__ = ("cur",)

    def __init__(self) -> None:
        self.cur: list[int] | None = None


class Recorder:
    """Events of one input at a time; `speller` writes values that marshal does not know."""

    def __init__(
        self, sink: Any, header: dict[str, Any], speller: Any, exception_text: Callable[[BaseException], str]
    ) -> None:
        self._sink = sink
        self._speller = speller
        self._missing = f"{header['key']}m"  # in the place of a variable that has no value
        self._per_site: int = header["caps"]["per_site"]
        self._key = header["key"]
        self._ops = header["ops"]
        self._names = [site[0] for site in header["sites"]]
        self._globals = [site[1] for site in header["sites"]]
        self._lines = header["lines"]
        self._eager: bool = header["eager"]
        self._telling: bool = header["telling"]
        self._format = _FORMAT if header["sharing"] else _UNSHARED
        self._first = 1 if header["lone"] else 0  # the number of the only frame is not written
        self._exception_text = exception_text
        self._space: dict[str, Any] = {}
        self._open = self._full = False
        self._busy = False  # in the middle of a copy or of writing: the clock must wait
        self._is_plain = False  # marshal has known every value so far
        self._n_raised = self._n_waiting = 0
        self._process = os.getpid()
        self._buffer: list[Any] = []  # events whose variables are what they were
        self._parts: list[bytes] = []  # those before, packed
        for name in _ESCAPES:
            setattr(os, name, self._writing_first(getattr(os, name)))

    def _writing_first(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def escape(*given: Any, **named: Any) -> Any:
            self.flush()
            return call(*given, **named)

        return escape

    def rehearse(self) -> None:
        """Record a few inputs of nothing, so that the interpreter has adapted to this code when the program starts."""
        for _ in range(_N_REHEARSALS):
            self._sink.begin(_ROOM << 1)
            self.enter({})
            self.begin()
            self._buffer.extend((0, 0, (), 0, ""))
            self.freeze()
            self._buffer.extend((0, 0, (), 0, ""))
            self.flush()
            self.end()
        self._sink.clear()

    def enter(self, space: dict[str, Any]) -> None:
        """Put what an instrumented module needs among its global names.

        All that is written to is new for each input: a frame left over from another one can't be heard in this.
        """
        key = self._key
        self._space = space
        self.counts = [0] * len(self._names)
        self.state = State()
        self._buffer = []
        self._next = itertools.count().__next__
        found = {
            "P": (), "Q": (self._buffer, self.freeze), "M": self.of_locals,
            "V": self.final, "X": self.raised, "k": self.caught, "u": up, "v": self.up, "e": counted, "i": self.counted,
            "y": self.suspend, "w": self.resume, "l": locals, "T": type, "A": _SCALARS, "N": NameError,
            "g": space.get, "U": self._missing,
        }  # fmt: skip
        found = {f"{key}{name}": value for name, value in found.items()}
        space.update(found)
        self._limit(-1)

    def _limit(self, n_events: int) -> None:
        """How many events of a site are kept from here on. All that a function needs at once is one name to look up."""
        append = self._push if self._eager else self._buffer.extend
        self._space[f"{self._key}P"] = (self.state, self.counts, append, self._next, n_events)

    def begin(self) -> None:
        """Start the input whose module was made last."""
        self.counts[:] = [0] * len(self.counts)
        self._buffer.clear()
        self._parts.clear()
        self._n_raised = self._n_waiting = 0
        self._full = self._busy = False
        self._is_plain = self._telling
        self._plain_room = _PLAIN_ROOM
        self._speller.begin()
        self._open = True
        self.state.cur = [-1]
        self._limit(self._per_site)

    def end(self) -> None:
        """Write what waits and the counts; nothing is written twice, and what is recorded later is not written."""
        if not self._open:
            return
        self._busy = True  # until the next input
        self._open = False
        data = b""
        try:
            data = self._packed(self._buffer, (_END, self._n_raised, self.counts))
            if self._parts:
                self._parts.append(data)
                data = b"".join(self._parts)
        except (MemoryError, RecursionError):
            self._full = True
        if self._full or not self._sink.put(data, _ROOM):
            self._sink.put(_dumps([_END, self._n_raised, self.counts], _FORMAT))

    def settle(self, frame: Any) -> None:
        """Take over what the frame of a function that counts in variables has counted until now."""
        first = f"{self._key}n0"
        while frame is not None and first not in frame.f_code.co_varnames:
            frame = frame.f_back
        if frame is not None:
            held = frame.f_locals
            self.counts[:] = [held.get(f"{self._key}n{site}", n) for site, n in enumerate(self.counts)]

    def freeze(self) -> None:
        """Something may be changed next: keep what the events so far show."""
        if self._busy:
            return
        self._busy = True
        try:
            self._pack()
        finally:
            self._busy = False
        if self._n_waiting > _MOST_WAITING:
            self.flush()

    def _pack(self) -> None:
        data = self._packed(self._buffer)
        self._buffer.clear()
        self._parts.append(data)
        self._speller.keep()
        self._n_waiting += len(data)

    def _packed(self, events: list[Any], last: tuple[Any, ...] = ()) -> bytes:
        """These events as bytes. From the first value on that marshal does not know, all are looked at."""
        if not self._is_plain:
            return _dumps([*self._speller.spelled(events), *last], _FORMAT)
        n_events = len(events)
        events += last
        try:
            data = _dumps(events, self._format)
            self._plain_room -= len(data)
            if self._plain_room > 0 and len(data) < _PLAIN_SIZE + 64 * len(events):
                return data
        except ValueError:
            pass
        self._is_plain = False
        del events[n_events:]
        return self._packed(events, last)

    def flush(self) -> None:
        """Write all events so far."""
        if self._busy or not self._open or os.getpid() != self._process:
            return
        self._busy = True
        try:
            if self._buffer:
                self._pack()
            record = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
            self._parts.clear()
            self._n_waiting = 0
            if self._full or not self._sink.put(record, _ROOM):
                self._full = True
                self._limit(-1)
        finally:
            self._busy = False

    @property
    def busy(self) -> bool:
        """The clock struck in the middle of its work: it must be left to end that."""
        return self._busy

    def tick(self) -> None:
        """The clock: write what there is, however deep the program is in a recursion."""
        if not (self._buffer or self._parts):
            return
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit + _SPARE)
        try:
            self.flush()
        finally:
            sys.setrecursionlimit(limit)

    def _push(self, slots: Any) -> None:
        """An event of a program that would notice references to its objects."""
        self._buffer.extend(slots)
        self.flush()

    def of_locals(self, op: int, frame: list[int], held: dict[str, Any], *extra: Any) -> None:
        """An event where some variables may have no value: from all local variables."""
        site, n_loops = self._ops[op][1:3]
        space = self._space
        slots = [op, *frame[self._first : 1 + n_loops], *extra]
        slots += [held.get(name, self._missing) for name in self._names[site]]
        slots += [space.get(name, self._missing) for name in self._globals[site]]
        (self._push if self._eager else self._buffer.extend)(slots)

    def final(self, op: int, frame: list[int], held: dict[str, Any], *extra: Any) -> None:
        """What the variables of a frame hold when it ends that others go on after: these may change them."""
        get = held.get
        slots = [
            op,
            *frame[self._first : 1],
            *extra,
            *[get(name, self._missing) for name in self._names[self._ops[op][1]]],
        ]
        (self._push if self._eager else self._buffer.extend)(slots)
        self.freeze()

    def caught(self) -> str:
        """The text of the exception that is handled now."""
        raised = sys.exc_info()[1]
        return self._exception_text(raised) if raised else "null"

    def raised(self, site: int, frame: list[int], limit: int, raised: BaseException) -> None:
        """An exception leaves the frame."""
        if isinstance(raised, GeneratorExit):  # a generator was put away: nothing that the program did
            return
        self._n_raised += 1
        if limit < 0 or self._full or not self._open or self._n_raised > self._per_site:
            return
        trace = raised.__traceback__
        line = trace.tb_lineno if trace is not None else 0
        site = next((found for first, last, found in self._lines if first <= line <= last), site)
        (self._push if self._eager else self._buffer.extend)(
            (0, frame[0], frame[1:], site, self._exception_text(raised))
        )

    def suspend(self, parent: list[int] | None, value: Any) -> Any:
        """A generator hands `value` to whoever asked for it."""
        self.state.cur = parent
        return value

    def resume(self, value: Any, _parent: list[int] | None, frame: list[int], limit: int) -> Any:
        """A generator goes on."""
        self.state.cur = frame if limit >= 0 else None
        self.freeze()
        return value

    def up(self, frame: list[int]) -> bool:
        """As the function `up`, where the condition may change something."""
        if self._buffer:
            self.freeze()
        frame[-1] += 1
        return True

    def counted(self, frame: list[int], items: Any) -> Any:
        """As the function `counted`, where asking for an element may change something."""
        numbered = enumerate(self._asked(iter(items)))
        frame.append(-1)
        return numbered

    def _asked(self, items: Any) -> Any:
        while True:
            if self._buffer:
                self.freeze()
            try:
                item = next(items)
            except StopIteration:
                return
            yield item


def up(frame: list[int]) -> bool:
    """A loop whose condition makes calls begins an iteration before these."""
    frame[-1] += 1
    return True


def counted(frame: list[int], items: Any) -> Any:
    """The elements of a loop with their numbers; the loop is entered."""
    numbered = enumerate(items)
    frame.append(-1)
    return numbered
