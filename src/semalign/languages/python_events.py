"""What the recorder of an instrumented Python program leaves behind, as events.

The guest hands over flat lists of slots (`guests/python_tracer.py`): the number of an op, the frame, the iterations of
the loops around it, and the variables as they were. Which of them changed, what is cut and what a digest says is
worked out here, by the same code that guests write values with, so that it costs the program nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from semalign.core.errors import ConfigError
from semalign.languages.guests.python_values import Snapshots, TooLarge, floating
from semalign.languages.python_sites import Instrumented
from semalign.traces.trace import Caps, Event, EventKind, Frame
from semalign.traces.wire import EVENT_KINDS, Passed
from semalign.values.marshalled import MapItems, Other, SetItems, TupleItems, read_all
from semalign.values.model import Int, Raised, Text, Value
from semalign.values.wire import decode, load

ESCAPE = "s"  # after the key: the next slot is the number of a text, or the next two a text, cut and whole
MISSING = "m"  # after the key: the variable has no value
END = -1  # the op that ends an input
_MOST_WORK = 100_000_000  # characters looked at to tell values of one input apart; a guest may repeat one for ever
_MOST_TEXT = 1 << 22  # of those in one value
_ELEMENT = 8  # characters whose work that of an element is
_MOST_PLACE = 1_000  # loops around an event, and characters that tell of them
_MOST_VALUES = 4_096  # kept to be used again
_WHOLE = 1 << 62
_SMALL = 1 << 62


class Spelled:
    """A value that `marshal` does not know, as the guest wrote it: what tells it apart, cut and whole."""

    __slots__ = ("key", "whole")

    def __init__(self, key: Any, whole: Any) -> None:
        self.key = key
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
        self._text_left = 0

    def text(self, value: Any) -> str:
        """The wire text of a value, cut where it is too large; `work` grows by what it took."""
        self._left = self._digest_items
        self._text_left = _MOST_TEXT
        found = super().text(value)
        self.work += len(found) + _MOST_TEXT - self._text_left + _ELEMENT * (self._digest_items - max(0, self._left))
        return found

    def _room(self, value: list[Any]) -> int:
        left = super()._room(value)
        self.work += self._digest_items - max(0, left)
        return left

    def _string(self, value: str) -> tuple[str, str]:
        self._take(len(value))
        return super()._string(value)

    def _bytes(self, value: bytes | bytearray) -> tuple[str, str]:
        self._take(len(value))
        return super()._bytes(value)

    def _take(self, n_characters: int) -> None:
        self._text_left -= n_characters
        if self._text_left < 0:
            raise TooLarge


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
        self._work = 0  # characters that were decoded
        self._ended = False

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
                    whole = _text(next(rest, None))
                    self._spelled.append(Spelled(self._spelled_key(said), self._spelled_key(whole)))
                    out.append(self._spelled[-1])
                else:
                    out.append(self._spelled[_count(said)])
            else:
                out.append(slot)
        return out

    def _spelled_key(self, text: str) -> Any:
        """As `_key` has it."""
        if text[:1] in ('"', "-", *"0123456789"):
            tree = load(text)
            if type(tree) is int and -_SMALL < tree < _SMALL:
                return tree
            if type(tree) is str and len(tree) <= self._short and tree.isascii():
                return f"'{tree}"
        return text

    def _events(self, slots: list[Any]) -> Iterator[Event | Frame | Passed]:
        at = 0
        while at < len(slots):
            made, at = self._next(slots, at)
            yield from made

    def _next(self, slots: list[Any], at: int) -> tuple[Sequence[Event | Frame | Passed], int]:
        """What the slots from `at` say, and where the next ones begin."""
        number = slots[at]
        if self._ended or type(number) is not int or number < END:
            raise ConfigError("need the number of an op, and nothing after the end")
        if number == END:
            return [self._passed(slots[at + 1 : at + 3])], at + 3
        tag, site, n_loops, said = self._ops[number]
        if tag == "X":
            raised = [self._raised(_count(slots[at + 1]), slots[at + 2 : at + 5])] if self._takes() else []
            return raised, at + 5
        at += 1
        if self._lone:
            fid = self._fid = self._fid + (tag == "E")
            if fid < 0:
                raise ConfigError("an event comes before the frame it is of")
        else:
            fid = _count(slots[at])
            at += 1
        if tag == "E":
            caller = [-1] if self._lone else slots[at]
            at += not self._lone
            end = at + (0 if self._final else len(self._names[site]))
            return self._entered(site, fid, caller, slots[at:end]) if self._takes() else [], end
        first = at + n_loops
        index = _index(slots[at:first])
        first += tag in "RH"
        names = self._names[site]
        end = first + len(names)
        if end > len(slots):
            raise ConfigError("an event is cut short")
        if not self._takes():
            return [], end
        outcome = self._outcome(tag, said, slots[first - 1])
        shown = self._changed(fid, names, slots[first:end])
        return [Event(EVENT_KINDS[tag], self._sites[site].block, fid, index, shown, outcome)], end

    def _takes(self) -> bool:
        """Within the caps: nothing past them is even looked at."""
        self._left -= 1
        return self._left >= 0 and self._work + self._shown_text.work + self._whole_text.work <= _MOST_WORK

    def _entered(self, site: int, fid: int, caller: Any, values: list[Any]) -> list[Event | Frame]:
        parent, *loops = _place(caller)
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
        return Event(EventKind.RAISE, self._sites[site].block, fid, tuple(_place(loops)), (), self._exception(text))

    def _outcome(self, tag: str, said: str, extra: Any) -> Value | None:
        if tag == "R":
            return self._value(self._key(extra))
        if tag == "H":
            return self._exception(extra)
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
            return value.whole if whole else value.key
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
            self._work += len(key) if type(key) is str else 1
            value = self._values[key] = _made(key)
        return value

    def _exception(self, text: Any) -> Value:
        found = self._value(_text(text))
        if type(found) is not Raised:
            raise ConfigError("need an exception")
        return found

    def _passed(self, slots: list[Any]) -> Passed:
        n_raised, counts = slots
        self._ended = True
        if len(_numbers(counts)) != len(self._sites):
            raise ConfigError("need a number for each site")
        return Passed(tuple((site, n) for site, n in enumerate(map(_count, counts)) if n), _count(n_raised))


def _made(key: Any) -> Value:
    if type(key) is int:
        return Int(key)
    return Text(key[1:]) if key[0] == "'" else decode(load(key))


def _text(slot: Any) -> str:
    if type(slot) is not str:
        raise ConfigError("need the text of a value")
    return slot


def _count(slot: Any) -> int:
    if type(slot) is not int or slot < 0:
        raise ConfigError("need a number from 0")
    return slot


def _numbers(slot: Any) -> list[int]:
    if type(slot) is not list or any(type(number) is not int for number in slot):
        raise ConfigError("need numbers")
    return slot


def _place(slot: Any) -> list[int]:
    """Numbers that may have been spelled."""
    found = slot
    if type(slot) is Spelled and type(slot.key) is str and len(slot.key) <= _MOST_PLACE:
        found = load(slot.key)
    if len(_numbers(found)) > _MOST_PLACE:
        raise ConfigError("need fewer loops")
    return _numbers(found)


def _index(numbers: list[Any]) -> tuple[int, ...]:
    return tuple(_numbers(numbers))
