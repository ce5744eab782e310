"""Buffered events of an instrumented Python program as wire lines; runs inside the wall.

An event is a run of slots in one flat list: the number of its op, its frame, the iterations of the loops it is in, and
the variables themselves. An op is `[tag, site, n_loops, said]`; op 0 is an exception that leaves a frame.
"""

import collections
import itertools
import types
from collections.abc import Callable, Iterator
from json.encoder import encode_basestring_ascii
from struct import pack
from typing import Any

_PLAIN = frozenset((int, bool, float, str, type(None)))
_ATOMS = _PLAIN | {bytes, complex, range, types.FunctionType, types.BuiltinFunctionType}
_FLAT = frozenset((list, set, collections.deque))
_LIST = frozenset((list,))
_NO_VALUE = object()
_SMALL = 1 << 62
_SHORT = 64  # characters; a cap on text is not set below it


class Encoded:
    """A value of which no cheap copy could be taken: its wire text, cut and whole."""

    __slots__ = ("text", "whole")

    def __init__(self, text: str, whole: str) -> None:
        self.text = text
        self.whole = whole


class Encoder:
    """Writes the events of one input. `sites` has of each site the local names shown, and those of the module."""

    def __init__(self, header: dict[str, Any], shown: Callable[[Any], str], whole: Callable[[Any], str]) -> None:
        self._text = shown
        self._whole = whole
        self.missing = _NO_VALUE  # in the place of a variable that has no value
        self._digest_items: int = header["caps"]["digest_items"]
        self._ops = [tuple(op) for op in header["ops"]]
        self._labels = [
            tuple(f"{encode_basestring_ascii(name)}:" for name in (*site[0], *site[1])) for site in header["sites"]
        ]
        self._roots = frozenset(header["roots"])  # sites of the top level: what it calls shows its parameters whole
        self._final: bool = header["final"]
        self.begin()

    def begin(self) -> None:
        """Forget the frames of the input before."""
        self._seen: dict[int, dict[str, Any]] = {}  # of each frame, what it last showed of each variable
        self._shown: dict[int, dict[str, str]] = {}
        self._calls: dict[str, int] = {}  # calls made so far at each place of each frame
        self._outermost = {-1} if self._roots else set()  # frames whose calls show their parameters whole

    def freeze(self, events: list[Any]) -> tuple[dict[int, Any], int]:
        """Copies of what these events hold and may change, by id, and how many elements they have."""
        kept: dict[int, Any] = {}
        size = 0
        for value in events:
            if type(value) not in _ATOMS and id(value) not in kept:
                kept[id(value)] = copied = self._copied(value)
                size += 8 if type(copied) is Encoded else len(copied)
        return kept, size

    def _copied(self, value: Any) -> Any:
        """A copy made by the interpreter's own code where all elements are atoms; else the text at this moment."""
        kind = type(value)
        if kind in _FLAT or kind is tuple:
            if len(value) > self._digest_items:
                return self._encoded(value)
            if _ATOMS.issuperset(map(type, value)):
                return value if kind is tuple else value.copy()
            if kind is list and _LIST.issuperset(map(type, value)):
                fits = sum(map(len, value)) <= self._digest_items
                if fits and _ATOMS.issuperset(map(type, itertools.chain.from_iterable(value))):
                    return [row.copy() for row in value]
        elif (
            kind is dict
            and len(value) <= self._digest_items
            and _ATOMS.issuperset(map(type, value))
            and _ATOMS.issuperset(map(type, value.values()))
        ):
            return value.copy()
        return self._encoded(value)

    def _encoded(self, value: Any) -> Encoded:
        return Encoded(self._text(value), self._whole(value) if self._roots else "")

    def lines(self, events: list[Any], kept: dict[int, Any]) -> Iterator[str]:
        """A line for each event; `kept` are the copies of what has changed since."""
        ops, labels = self._ops, self._labels
        texts: dict[int, str] = {}  # by id: nothing changes between two events of one part
        at, end = 0, len(events)
        while at < end:
            number, fid = events[at : at + 2]
            tag, site, n_loops, said = ops[number]
            if tag == "E":
                names = () if self._final else labels[site]
                yield self._entered(site, fid, events[at + 2], events[at + 3 : at + 3 + len(names)], (kept, texts))
                at += 3 + len(names)
                continue
            if tag == "X":
                loops, place, text = events[at + 2 : at + 5]
                yield f'["X",{place},{fid},{loops},{text}]\n'
                at += 5
                continue
            first = at + 2 + n_loops
            loops = events[at + 2 : first]
            if tag in "RH":
                extra = events[first]
                said = f",{extra if tag == 'H' else self._one(extra, kept, texts)}"
                first += 1
            at = first + len(labels[site])
            shown = self._changed(fid, labels[site], events[first:at], kept, texts)
            yield f'["{tag}",{site},{fid},{loops}{said},{{{shown}}}]\n'

    def _entered(self, site: int, fid: int, caller: list[int], values: list[Any], held: tuple[Any, Any]) -> str:
        parent, *loops = caller
        place = f"{parent}:{loops}"
        ordinal = self._calls.get(place, 0)
        self._calls[place] = ordinal + 1
        if site in self._roots:
            self._outermost.add(fid)
        self._seen[fid], self._shown[fid] = {}, {}
        names = self._labels[site][: len(values)]
        if parent in self._outermost:
            kept = held[0]
            texts = [self._one_whole(kept.get(id(value), value)) for value in values]
            self._shown[fid].update(zip(names, texts, strict=True))
            shown = ",".join(map("".join, zip(names, texts, strict=True)))
        else:
            shown = self._changed(fid, names, values, *held)
        return f'["E",{site},{fid},{parent},{loops},{ordinal},{{{shown}}}]\n'

    def _one_whole(self, value: Any) -> str:
        return value.whole if type(value) is Encoded else self._whole(value)

    def _one(self, value: Any, kept: dict[int, Any], texts: dict[int, str]) -> str:
        text = texts.get(id(value))
        if text is None:
            held = kept.get(id(value), value)
            text = texts[id(value)] = held.text if type(held) is Encoded else self._text(held)
        return text

    def _changed(
        self, fid: int, names: tuple[str, ...], values: list[Any], kept: dict[int, Any], texts: dict[int, str]
    ) -> str:
        """Those variables whose wire text is not what this frame showed last."""
        seen, shown = self._seen[fid], self._shown[fid]
        changed = []
        for name, value in zip(names, values):  # noqa: B905 - in step by construction, and `strict` costs time here
            kind = type(value)
            if kind in _PLAIN:
                if seen.get(name, _NO_VALUE) is value:
                    continue
                seen[name] = value
                if kind is int and -_SMALL < value < _SMALL:
                    text = repr(value)
                elif kind is float and value == value:  # not a NaN, and no call to ask
                    text = f'{{"f":"{pack(">d", value).hex()}"}}'
                elif kind is str and len(value) < _SHORT:
                    text = encode_basestring_ascii(value)
                else:
                    text = self._text(value)
            elif value is _NO_VALUE:
                continue
            else:
                seen.pop(name, None)
                text = self._one(value, kept, texts)
            if shown.get(name) != text:
                shown[name] = text
                changed.append(f"{name}{text}")
        return ",".join(changed)
