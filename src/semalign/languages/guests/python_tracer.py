"""The recorder of an instrumented Python program; runs inside the wall.

The instrumented source counts every site itself. Below the caps it appends the event to a flat list in one call of the
interpreter's own code: the variables themselves, by reference. Nothing is written at that moment. What a reference
shows stays true until something changes it, so before every statement that may, `freeze` copies what the events since
the last time refer to. Events become lines when the input ends, when a clock ticks, when the copies grow large, and
before the process is ended through `os`. So a hang that is killed and an `os._exit` keep their events; of a signal that
leaves Python no time (SIGKILL or SIGSEGV from outside `os.kill`), those since the last tick of the clock are lost.

A frame is the list of its number and of the iterations of the loops it is in. `State.cur` is None while a frame runs
that was not kept: its events are counted and not kept.
"""

import itertools
import mmap
import os
import sys
from collections.abc import Callable
from typing import Any

_ROOM = 1 << 20  # bytes of an input's share kept for its result
_MOST_COPIED = 1 << 18  # elements in copies that wait to be written
_SCALARS = frozenset((int, float, bool, str, bytes, type(None)))
_ESCAPES = ("_exit", "abort", "kill", "killpg")  # of `os`: they may end the process at once
_SPARE = 200  # frames that writing may need when the clock ticks deep in a recursion


class State:
    """The frame that runs now, None while one runs that was not kept."""

    __slots__ = ("cur",)

    def __init__(self) -> None:
        self.cur: list[int] | None = None


class Sink:
    """The shared memory behind file descriptor 3, filled from its beginning."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(3, size)
        self._append = self._memory.write
        self._size = size
        self._used = 0
        self._end = 0

    def begin(self, share: int) -> bool:
        """Give the next input its share; False when there is no room for it."""
        self._end = min(self._used + share, self._size)
        return self._end - self._used >= min(share, self._size)

    def write(self, line: str, room: int = 0) -> bool:
        """Append a line if `room` bytes stay free after it."""
        data = line.encode("ascii")
        end = self._used + len(data)
        if end + room >= self._end:
            return False
        self._append(data)
        self._used = end
        return True


class Recorder:
    """Events of one input at a time; `encoder` writes them."""

    def __init__(
        self, sink: Sink, header: dict[str, Any], encoder: Any, exception_text: Callable[[BaseException], str]
    ) -> None:
        self._sink = sink
        self._encoder = encoder
        self._missing = encoder.missing
        self._caps = header["caps"]
        self._most: int = header["caps"]["events"]
        self._key = header["key"]
        self._ops = header["ops"]
        self._names = [site[0] for site in header["sites"]]
        self._globals = [site[1] for site in header["sites"]]
        self._lines = header["lines"]
        self._eager: bool = header["eager"]
        self._exception_text = exception_text
        self._space: dict[str, Any] = {}
        self._open = self._full = False
        self._busy = False  # in the middle of a copy or of writing: the clock must wait
        self._n_events = self._n_raised = self._n_copied = 0
        self._process = os.getpid()
        self._buffer: list[Any] = []  # events whose variables are what they were
        self._parts: list[tuple[list[Any], dict[int, Any]]] = []  # events before, and copies of what they hold
        for name in _ESCAPES:
            setattr(os, name, self._writing_first(getattr(os, name)))

    def _writing_first(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def escape(*given: Any, **named: Any) -> Any:
            self.flush()
            return call(*given, **named)

        return escape

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
        self._encoder.begin()
        self._n_events = self._n_raised = self._n_copied = 0
        self._full = False
        self._open = True
        self.state.cur = [-1]
        self._limit(self._caps["per_site"])

    def end(self) -> None:
        """Stop recording and write the counts; nothing is written twice."""
        if not self._open:
            return
        self._limit(-1)
        self.state.cur = None
        try:
            self.flush()
        except (MemoryError, RecursionError):
            self._parts.clear()
        self._open = False
        passed = [f"[{site},{n}]" for site, n in enumerate(self.counts) if n]
        n_dropped = max(0, sum(self.counts) + self._n_raised - self._n_events)
        self._sink.write(f'["N",[{",".join(passed)}],{n_dropped}]\n')

    def freeze(self) -> None:
        """Something may be changed next: keep what the events so far show."""
        if self._busy:
            return
        self._busy = True
        try:
            events = self._buffer[:]
            kept, size = self._encoder.freeze(events)
            self._buffer.clear()
            self._parts.append((events, kept))
            self._n_copied += size
        finally:
            self._busy = False
        if self._n_copied > _MOST_COPIED:
            self.flush()

    def flush(self) -> None:
        """Write all events so far."""
        if self._busy or not self._open or os.getpid() != self._process:
            return
        self._busy = True
        try:
            self._write_all()
        finally:
            self._busy = False

    def _write_all(self) -> None:
        parts = [*self._parts, (self._buffer[:], {})]
        self._parts.clear()
        self._buffer.clear()
        self._n_copied = 0
        for events, kept in parts:
            for line in self._encoder.lines(events, kept):
                if not self._full and self._n_events < self._most and self._sink.write(line, _ROOM):
                    self._n_events += 1
                else:
                    self._full = True
                    self._limit(-1)

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
        slots = [op, frame[0], *frame[1 : 1 + n_loops], *extra]
        slots += [held.get(name, self._missing) for name in self._names[site]]
        slots += [space.get(name, self._missing) for name in self._globals[site]]
        (self._push if self._eager else self._buffer.extend)(slots)

    def final(self, op: int, frame: list[int], held: dict[str, Any], *extra: Any) -> None:
        """What the variables of a frame hold when it ends that others go on after: these may change them."""
        get = held.get
        slots = [op, frame[0], *extra, *[get(name, self._missing) for name in self._names[self._ops[op][1]]]]
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
        if limit < 0 or self._full or not self._open or self._n_raised > self._caps["per_site"]:
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
