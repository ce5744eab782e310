"""`Edits`: insertions into a source at byte positions, and the way back from the edited text to the original."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Edited:
    """The edited text. `_pieces` are (start in the edited bytes, start in the original, whether it was inserted)."""

    text: str
    _pieces: tuple[tuple[int, int, bool], ...]

    def original_byte(self, offset: int) -> int:
        """The byte of the original that a place in the edited text (in UTF-16 units, as Java counts) came from."""
        units = self.text.encode("utf-16-le", "surrogatepass")[: 2 * max(offset, 0)]
        at = len(units.decode("utf-16-le", "replace").encode("utf-8", "surrogatepass"))
        piece = (0, 0, False)
        for one in self._pieces:
            if one[0] > at:
                break
            piece = one
        start, original, inserted = piece
        return original if inserted else original + at - start


@dataclass(slots=True)
class Edits:
    """What is to be inserted or put in the place of something; at one position, in the order of asking."""

    data: bytes
    _edits: list[tuple[int, int, int, str]] = field(default_factory=list)  # start, order, end, text

    def insert(self, at: int, text: str) -> None:
        """Put text before the byte `at`."""
        self.replace(at, at, text)

    def replace(self, start: int, end: int, text: str) -> None:
        """Put text in the place of the bytes from `start` to `end`; must not overlap another edit."""
        self._edits.append((start, len(self._edits), end, text))

    def apply(self) -> Edited:
        """The text with all edits made. Inserted text has no newline, so lines keep their numbers."""
        made = bytearray()
        pieces: list[tuple[int, int, bool]] = []
        at = 0
        for start, _, end, text in sorted(self._edits):
            pieces.append((len(made), at, False))
            made += self.data[at:start]
            pieces.append((len(made), start, True))
            made += text.encode()
            at = max(at, end)
        pieces.append((len(made), at, False))
        made += self.data[at:]
        return Edited(made.decode("utf-8", "replace"), tuple(pieces))
