"""Values that marshal does not know, or that are too large for it, among the events of a program; inside the wall."""

from collections.abc import Callable
from typing import Any

_PLAIN = frozenset((int, bool, float, str, type(None)))


class Speller:
    """Writes such values as text in their place, as they are now."""

    def __init__(self, header: dict[str, Any], shown: Callable[[Any], str], whole: Callable[[Any], str]) -> None:
        self._shown = shown
        self._whole = whole if header["roots"] else None  # only what the top level calls shows its parameters whole
        self._escape = f"{header['key']}s"

    def spelled(self, events: list[Any]) -> list[Any]:
        """The slots, each value that is not plain in three: a mark, and its text cut and whole."""
        out: list[Any] = []
        made: dict[int, tuple[str, str, str]] = {}
        for value in events:
            if type(value) in _PLAIN:
                out.append(value)
                continue
            text = made.get(id(value))
            if text is None:
                text = made[id(value)] = (self._escape, self._shown(value), self._whole(value) if self._whole else "")
            out += text
        return out
