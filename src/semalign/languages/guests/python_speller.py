"""Values that marshal does not know, or that are too large for it, among the events of a program; inside the wall."""

from collections.abc import Callable
from typing import Any

_PLAIN = frozenset((int, bool, float, str, type(None)))


class Speller:
    """Writes such values as text in their place, as they are now; a text of an input is written once."""

    def __init__(self, header: dict[str, Any], shown: Callable[[Any], str], whole: Callable[[Any], str]) -> None:
        self._shown = shown
        self._whole = whole if header["roots"] else None  # only what the top level calls shows its parameters whole
        self._escape = f"{header['key']}s"
        self.begin()

    def begin(self) -> None:
        """Forget the texts of the input before."""
        self._numbers: dict[tuple[str, str], int] = {}
        self._new: dict[tuple[str, str], int] = {}

    def spelled(self, events: list[Any]) -> list[Any]:
        """The slots; in the place of each value that is not plain a mark and the number of its text.

        Where that is new, its text cut and whole instead of the number. It stays new until `keep`.
        """
        out: list[Any] = []
        made: dict[int, int] = {}  # by id: nothing changes between two events of one part
        self._new.clear()
        for value in events:
            if type(value) in _PLAIN:
                out.append(value)
                continue
            number = made.get(id(value))
            if number is None:
                pair = self._shown(value), self._whole(value) if self._whole else ""
                number = self._numbers.get(pair, self._new.get(pair))
                if number is None:
                    made[id(value)] = self._new[pair] = len(self._numbers) + len(self._new)
                    out += (self._escape, *pair)
                    continue
                made[id(value)] = number
            out += (self._escape, number)
        return out

    def keep(self) -> None:
        """What was spelled last is written, and can be referred to."""
        self._numbers.update(self._new)
        self._new.clear()
