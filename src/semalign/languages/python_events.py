"""What the recorder of an instrumented Python program leaves behind, as events.

The guest hands over flat lists of slots (`guests/python_tracer.py`): the number of an op, the frame, the iterations of
the loops around it, and the variables as they were. Which of them changed, what is cut and what a digest says is
worked out here, by the same code that guests write values with, so that it costs the program nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from semalign.core.errors import ConfigError
from semalign.languages.guests.python_values import Snapshots, floating
from semalign.languages.python_sites import Instrumented
from semalign.traces.trace import Caps, Event, EventKind, Frame
from semalign.traces.wire import EVENT_KINDS, Passed
from semalign.values.marshalled import MapItems, Other, SetItems, TupleItems, read_all
from semalign.values.model import Int, Raised, Text, Value
from semalign.values.wire import decode, load

ESCAPE = "s"  # after the key: the next slot is the number of a text, or the next two a text, cut and whole
MISSING = "m"  # after the key: the variable has no value
END = -1  # the op that ends an input
_MOST_WORK = 40_000_000  # elements that are written to tell values of one input apart; a guest may repeat one for ever
_MOST_VALUES = 4_096  # kept to be used again
_WHOLE = 1 << 62
_SMALL = 1 << 62


class Spelled:
    """A value that `marshal` does not know, as the guest wrote it."""

    __slots__ = ("text", "whole")

    def __init__(self, text: str, whole: str) -> None:
        self.text = text
        self.whole = whole


class _Writer(Snapshots):
    """As in the guest, for objects that were read back."""

    def __init__(self, **caps: int) -> None:
        super().__init__(**caps)
        self._writers |= {
            TupleItems: lambda value: self._sequence(value, '{"t":[', "]}"),
            SetItems: self._set,
            MapItems: lambda value: self._map(value, list(zip(value[::2], value[1::2], strict=True))),
            Other: lambda value: (f'{{"o":"{value.type_name}"}}',) * 2,
        }
        self.work = 0

    def text(self, value: Any) -> str:
        """The wire text of a value, cut where it is too large; `work` grows by what it took."""
        self._left = self._digest_items
        found = super().text(value)
        self.work += len(found) + self._digest_items - max(0, self._left)
        return found


class Unpacker:
    """The records of one input, in order."""

    def __init__(self, instrumented: Instrumented, caps: Caps) -> None:
        self._ops = instrumented.ops
        self._sites = instrumented.sites
        self._names = [(*local, *others) for local, others in instrumented.names]
        self._roots = frozenset(instrumented.roots)
        self._lone = instrumented.lone
        self._fid = -1  # of the frame that was entered last, where only one function is traced
        self._final = instrumented.final_values
        self._escape = instrumented.key + ESCAPE
        self._missing = instrumented.key + MISSING
        cut = {"items": caps.items, "depth": caps.depth, "text": caps.text}
        self._shown_text = _Writer(digest_items=caps.digest_items, **cut)
        self._whole_text = _Writer(digest_items=caps.digest_items, items=_WHOLE, depth=64, text=_WHOLE)
        self._short = caps.text
        self._left = caps.events
        self._seen: dict[int, dict[str, Any]] = {}  # of each frame, what it last showed of each variable
        self._depths = {-1: -1}
        self._calls: dict[tuple[int, ...], int] = {}  # calls made so far at each place of each frame
        self._outermost = {-1} if self._roots else set[int]()  # frames whose calls show their parameters whole
        self._values: dict[Any, Value] = {}  # by what tells values apart
        self._keys: dict[int, Any] = {}  # of the containers of one record part
        self._spelled: list[Spelled] = []

    def unpack(self, record: bytes) -> Iterator[Event | Frame | Passed]:
        """What a record says.

        Raises:
            ConfigError: it does not have the form that the recorder writes.
        """
        try:
            for slots in read_all(record):
                if type(slots) is not list:
                    raise ConfigError("need a list of slots")
                self._keys.clear()
                yield from self._events(self._joined(slots) if self._escape in slots else slots)
        except (TypeError, LookupError, ValueError) as exc:
            raise ConfigError(f"not the slots of events: {exc}") from exc

    def _joined(self, slots: list[Any]) -> list[Any]:
        out: list[Any] = []
        rest = iter(slots)
        for slot in rest:
            if slot == self._escape and type(slot) is str:
                said = next(rest, None)
                if type(said) is str:
                    self._spelled.append(Spelled(said, _text(next(rest, None))))
                    out.append(self._spelled[-1])
                else:
                    out.append(self._spelled[_count(said)])
            else:
                out.append(slot)
        return out

    def _events(self, slots: list[Any]) -> Iterator[Event | Frame | Passed]:
        at, end, fid = 0, len(slots), self._fid
        while at < end:
            number = slots[at]
            if number == END:
                yield _passed(slots[at + 1 : at + 3])
                at += 3
                continue
            if type(number) is not int or number < 0:
                raise ConfigError("need the number of an op")
            tag, site, n_loops, said = self._ops[number]
            if tag == "X":
                yield from self._kept([self._raised(_count(slots[at + 1]), slots[at + 2 : at + 5])])
                at += 5
                continue
            at += 1
            if not self._lone:
                fid = _count(slots[at])
                at += 1
            elif tag == "E":
                fid += 1
            if tag == "E":
                names = () if self._final else self._names[site]
                at += not self._lone
                caller = [-1] if self._lone else slots[at - 1]
                yield from self._kept(self._entered(site, fid, caller, slots[at : at + len(names)]))
                at += len(names)
            else:
                first = at + n_loops
                index = _index(slots[at:first])
                if tag in "RH":
                    first += 1
                names = self._names[site]
                at = first + len(names)
                if at > end:
                    raise ConfigError("an event is cut short")
                outcome = self._outcome(tag, said, slots[first - 1])
                shown = self._changed(fid, names, slots[first:at])
                yield from self._kept([Event(EVENT_KINDS[tag], self._sites[site].block, fid, index, shown, outcome)])
        self._fid = fid

    def _kept(self, made: Sequence[Event | Frame]) -> Sequence[Event | Frame]:
        """Nothing past the caps; an event counts once its frame is there."""
        self._left -= 1
        within = self._left >= 0 and self._shown_text.work + self._whole_text.work <= _MOST_WORK
        return made if within else ()

    def _entered(self, site: int, fid: int, caller: Any, values: list[Any]) -> list[Event | Frame]:
        parent, *loops = _numbers(caller)
        if not -1 <= parent < fid:
            raise ConfigError("a frame comes after the one that called it")
        place = (parent, *loops)
        ordinal = self._calls.get(place, 0)
        self._calls[place] = ordinal + 1
        if site in self._roots:
            self._outermost.add(fid)
        depth = self._depths[fid] = self._depths.get(parent, -1) + 1
        self._seen[fid] = {}
        names = self._names[site][: len(values)]
        shown = self._changed(fid, names, values, whole=parent in self._outermost)
        found = self._sites[site]
        return [
            Frame(fid, found.function, parent, tuple(loops), ordinal, depth),
            Event(EventKind.ENTER, found.block, fid, (), shown),
        ]

    def _raised(self, fid: int, slots: list[Any]) -> Event:
        loops, site, text = slots
        if type(site) is not int or site < 0:
            raise ConfigError("need the number of a site")
        return Event(EventKind.RAISE, self._sites[site].block, fid, _index(_numbers(loops)), (), _exception(text))

    def _outcome(self, tag: str, said: str, extra: Any) -> Value | None:
        if tag == "R":
            return self._value(self._key(extra))
        if tag == "H":
            return _exception(extra)
        return decode(load(said[1:])) if said else None

    def _changed(
        self, fid: int, names: Sequence[str], values: list[Any], *, whole: bool = False
    ) -> tuple[tuple[str, Value], ...]:
        """Those variables that are not what this frame showed last."""
        seen = self._seen.setdefault(fid, {})
        changed = []
        for name, value in zip(names, values, strict=True):
            key = value if type(value) is int else self._key(value, whole=whole)
            if key is not None and (name not in seen or seen[name] != key):
                seen[name] = key
                changed.append((name, self._value(key)))
        return tuple(changed)

    def _key(self, value: Any, *, whole: bool = False) -> Any:
        """What tells a value apart: a small integer itself, short text behind a quote, else the wire text.

        None where the variable has no value.
        """
        kind = type(value)
        if kind is Spelled:
            value = _plain(value.whole if whole else value.text)
            if type(value) is Spelled:
                return value.text
            kind = type(value)
        if kind is int and -_SMALL < value < _SMALL:
            return value
        if kind is str:
            if value == self._missing:
                return None
            if len(value) <= self._short and value.isascii():
                return f"'{value}"
        elif kind is float:
            return floating(value)
        key = None if whole else self._keys.get(id(value))
        if key is None:
            key = (self._whole_text if whole else self._shown_text).text(value)
            if not whole:
                self._keys[id(value)] = key
        return key

    def _value(self, key: Any) -> Value:
        value = self._values.get(key)
        if value is None:
            if len(self._values) >= _MOST_VALUES:
                self._values.clear()
            value = self._values[key] = _made(key)
        return value


def _made(key: Any) -> Value:
    if type(key) is int:
        return Int(key)
    return Text(key[1:]) if key[0] == "'" else decode(load(key))


def _plain(text: str) -> Any:
    """An integer or a text that the guest spelled, as if it had not; everything else stays spelled."""
    if text[:1] in '"-0123456789':
        tree = load(text)
        if type(tree) in (int, str):
            return tree
    return Spelled(text, text)


def _text(slot: Any) -> str:
    if type(slot) is not str:
        raise ConfigError("need the text of a value")
    return slot


def _count(slot: Any) -> int:
    if type(slot) is not int or slot < 0:
        raise ConfigError("need a number from 0")
    return slot


def _numbers(slot: Any) -> list[int]:
    found = load(slot.text) if type(slot) is Spelled else slot
    if type(found) is not list or any(type(number) is not int for number in found):
        raise ConfigError("need numbers")
    return found


def _index(numbers: list[Any]) -> tuple[int, ...]:
    return tuple(_numbers(numbers))


def _passed(slots: list[Any]) -> Passed:
    n_raised, counts = slots
    executions = tuple((site, n) for site, n in enumerate(map(_count, _numbers(counts))) if n)
    return Passed(executions, _count(n_raised))


def _exception(text: Any) -> Value:
    found = decode(load(_text(text)))
    if type(found) is not Raised:
        raise ConfigError("need an exception")
    return found
