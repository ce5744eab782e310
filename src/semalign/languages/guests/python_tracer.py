"""The recorder of an instrumented Python program: events as lines in a shared memory; runs inside the wall.

The instrumented source counts every site itself and calls in here only below the caps. A frame that was not kept has
the handle None, and its events are counted and not kept.
"""

import collections
import mmap
import sys
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring_ascii
from struct import pack
from typing import Any

_ROOM = 1 << 20  # bytes of an input's share kept for its result
_PLAIN = frozenset((int, bool, float, str, type(None)))
_MARKED = frozenset((list, dict, set, collections.deque))
_MISSING = object()
_SMALL = 1 << 62
_SHORT = 64  # characters; a cap on text is not set below it


class Handle:
    """One frame: its number, the iterations of the loops it is in, and what it last showed of each variable."""

    __slots__ = ("calls", "fid", "looked", "loops", "seen", "shown")

    def __init__(self, fid: int) -> None:
        self.fid = fid
        self.loops: list[int] = []
        self.calls: dict[str, int] = {}  # calls made so far at each place in its loops
        self.seen: dict[str, Any] = {}  # the value itself; of a container also how often any had changed then
        self.looked: dict[int, int] = {}  # how often any had changed when all variables of a site were looked at
        self.shown: dict[str, str] = {}


class State:
    """The frame that runs now, None while one runs that was not kept; and how often a container may have changed."""

    __slots__ = ("changes", "cur")

    def __init__(self) -> None:
        self.cur: Handle | None = None
        self.changes = 0


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
    """Events of one input at a time. `sites` has of each site the local names shown, and those of the module."""

    def __init__(
        self, sink: Sink, header: dict[str, Any], shown: Callable[[Any], str], whole: Callable[[Any], str]
    ) -> None:
        self._sink = sink
        self._text = shown
        self._whole = whole
        self._caps = header["caps"]
        self._most: int = header["caps"]["events"]
        self._write = sink.write
        self._key = header["key"]
        self._names = [[f"{encode_basestring_ascii(name)}:" for name in site[0]] for site in header["sites"]]
        self._defined = [names[: site[2]] for names, site in zip(self._names, header["sites"], strict=True)]
        self._last: int = header["caps"]["per_site"] - 1
        self._all_kept = True
        self._plain_names = [site[0] for site in header["sites"]]
        self._globals = [[(name, f"{encode_basestring_ascii(name)}:") for name in site[1]] for site in header["sites"]]
        self._final: bool = header["final"]  # only what variables hold at the end of a frame is asked for
        self._roots = frozenset(header["roots"])  # sites of the top level: what it calls shows its parameters whole
        self._lines = header["lines"]
        self.counts = [0] * len(header["sites"])
        self.state = State()
        self._space: dict[str, Any] = {}
        self._open = False
        self._n_events = self._n_raised = self._fid = 0
        self._outermost: set[int] = set()  # frames whose calls show their parameters whole, for use as inputs
        self._exception_text: Callable[[BaseException], str] = header["exception_text"]

    def names(self) -> dict[str, Any]:
        """What an instrumented module finds among its global names."""
        key = self._key
        found = {
            "n": self.counts, "s": self.state, "L": -1, "E": self.enter, "B": self.block, "M": self.block_of_locals,
            "R": self.leave, "X": self.raised, "H": self.caught, "u": up, "e": counted,
            "y": self.suspend, "w": self.resume, "l": locals, "T": type,
        }  # fmt: skip
        return {f"{key}{name}": value for name, value in found.items()}

    def begin(self, space: dict[str, Any]) -> None:
        """Start an input whose module has the global names `space`."""
        self._space = space
        self._open = self._all_kept = True
        self.counts[:] = [0] * len(self.counts)
        self._n_events = self._n_raised = self._fid = 0
        self._outermost = {-1} if self._roots else set()
        self.state.cur = Handle(-1)
        space[f"{self._key}L"] = self._caps["per_site"]

    def end(self) -> None:
        """Stop recording and write the counts; nothing is written twice."""
        if not self._open:
            return
        self._open = False
        self._space[f"{self._key}L"] = -1
        self.state.cur = None
        passed = [f"[{site},{n}]" for site, n in enumerate(self.counts) if n]
        n_dropped = max(0, sum(self.counts) + self._n_raised - self._n_events)
        self._sink.write(f'["N",[{",".join(passed)}],{n_dropped}]\n')

    def _put(self, line: str) -> None:
        if self._n_events < self._most and self._write(line, _ROOM):
            self._n_events += 1
        else:
            self._space[f"{self._key}L"] = -1

    def enter(self, site: int, parent: Handle | None, values: Iterable[Any]) -> Handle | None:
        """A call of a function of the program."""
        if parent is None:
            self.state.cur = None
            return None
        handle = self.state.cur = Handle(self._fid)
        self._fid += 1
        at = str(parent.loops)
        ordinal = parent.calls.get(at, 0)
        parent.calls[at] = ordinal + 1
        if site in self._roots:
            self._outermost.add(handle.fid)
        shown = ""
        if not self._final:
            is_outermost = parent.fid in self._outermost
            shown = self._changed(handle, self._names[site], values, self._whole if is_outermost else self._text)
        self._put(f'["E",{site},{handle.fid},{parent.fid},{at},{ordinal},{{{shown}}}]\n')
        return handle

    def block(self, site: int, handle: Handle | None, values: Iterable[Any], tag: str = "B", said: str = "") -> None:
        """A block was left, a loop began an iteration, or the like; `values` in the order of the site's names."""
        if handle is None:
            return
        changes = self.state.changes
        if handle.looked.get(site) == changes and self._all_kept:
            # What is only read here was shown where it was bound, and no container changed: the rest is as it was.
            shown = self._changed(handle, self._defined[site], values, self._text)
        else:
            handle.looked[site] = changes
            shown = self._changed(handle, self._names[site], values, self._text)
            if self._globals[site]:
                shown = self._with_globals(handle, site, shown)
        if self.counts[site] >= self._last:
            self._all_kept = False  # from here on, a variable may be bound where it is not shown
        self._put(f'["{tag}",{site},{handle.fid},{handle.loops}{said},{{{shown}}}]\n')

    def block_of_locals(
        self, site: int, handle: Handle | None, held: dict[str, Any], tag: str = "B", said: str = ""
    ) -> None:
        """The same where some names may have no value yet: from all local variables."""
        if handle is not None:
            pairs = zip(self._plain_names[site], self._names[site], strict=True)
            kept = {label: held[name] for name, label in pairs if name in held}
            shown = self._changed(handle, kept, kept.values(), self._text)
            if self._globals[site]:
                shown = self._with_globals(handle, site, shown)
            if self.counts[site] >= self._last:
                self._all_kept = False
            self._put(f'["{tag}",{site},{handle.fid},{handle.loops}{said},{{{shown}}}]\n')

    def leave(self, site: int, handle: Handle | None, result: Any, values: Any) -> None:
        """The frame returns."""
        if handle is not None:
            record = self.block_of_locals if type(values) is dict else self.block
            record(site, handle, values, "R", f",{self._text(result)}")

    def caught(self, site: int, handle: Handle | None, values: Any) -> None:
        """A handler was entered."""
        if handle is not None:
            record = self.block_of_locals if type(values) is dict else self.block
            raised = sys.exc_info()[1]
            record(site, handle, values, "H", f",{self._exception_text(raised) if raised else 'null'}")

    def raised(self, site: int, handle: Handle | None, raised: BaseException) -> None:
        """An exception leaves the frame."""
        if isinstance(raised, GeneratorExit):  # a generator was put away: nothing that the program did
            return
        self._n_raised += 1
        if handle is None or self._space.get(f"{self._key}L", -1) < 0 or self._n_raised > self._caps["per_site"]:
            return
        trace = raised.__traceback__
        line = trace.tb_lineno if trace is not None else 0
        site = next((found for first, last, found in self._lines if first <= line <= last), site)
        self._put(f'["X",{site},{handle.fid},{handle.loops},{self._exception_text(raised)}]\n')

    def suspend(self, parent: Handle | None, value: Any) -> Any:
        """A generator hands `value` to whoever asked for it."""
        self.state.cur = parent
        return value

    def resume(self, value: Any, _parent: Handle | None, handle: Handle | None) -> Any:
        """A generator goes on."""
        self.state.cur = handle
        return value

    def _with_globals(self, handle: Handle, site: int, shown: str) -> str:
        space = self._space
        kept = [(label, space[name]) for name, label in self._globals[site] if name in space]
        more = self._changed(handle, [label for label, _ in kept], [value for _, value in kept], self._text)
        return f"{shown},{more}" if shown and more else shown or more

    def _changed(
        self, handle: Handle, names: Iterable[str], values: Iterable[Any], text_of: Callable[[Any], str]
    ) -> str:
        """Those variables whose wire text is not what this frame showed last."""
        seen, changes = handle.seen, self.state.changes
        changed = ""
        for name, value in zip(names, values):  # noqa: B905 - in step by construction, and `strict` costs time here
            kind = type(value)
            old = seen.get(name, _MISSING)
            if old is value and kind in _PLAIN:
                continue
            if kind in _PLAIN:
                seen[name] = value
                if kind is int and -_SMALL < value < _SMALL:
                    text = repr(value)
                elif kind is float and value == value:  # not a NaN, and no call to ask
                    text = f'{{"f":"{pack(">d", value).hex()}"}}'
                elif kind is str and len(value) < _SHORT:
                    text = encode_basestring_ascii(value)
                else:
                    text = text_of(value)
            elif kind in _MARKED:
                # The same container, and nothing that can change one was done since it was looked at.
                if type(old) is tuple and old[0] is value and old[1] == changes:
                    continue
                text = text_of(value)
                seen[name] = (value, changes)
            else:
                text = text_of(value)
            if handle.shown.get(name) != text:
                handle.shown[name] = text
                changed += f",{name}{text}"
        return changed[1:]


def up(loops: list[int]) -> bool:
    """A loop whose condition makes calls begins an iteration before these."""
    loops[-1] += 1
    return True


def counted(loops: list[int], items: Any) -> Any:
    """The elements of a loop with their numbers; the loop is entered."""
    numbered = enumerate(items)
    loops.append(-1)
    return numbered
