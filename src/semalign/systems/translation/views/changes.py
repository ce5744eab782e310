"""`Hunk`: what a patch changed, line by line, with the words marked that differ inside of a line."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from semalign.systems.translation.views.code import tokens
from semalign.traces.render import visible

CONTEXT = 3  # unchanged lines round a change
ALIKE = 0.4  # two lines that share less are not one line that was edited
_WORD = re.compile(r"\w+|\s+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a line: its text, the Pygments class of its token, whether it is what changed."""

    text: str
    token: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a change; its number on a side where it does not stand is 0."""

    kind: str  # same, gone, new
    old: int
    new: int
    stretches: tuple[Stretch, ...]


Hunk = tuple[Row, ...]
type_line = list[tuple[str, str]]  # text, token


def hunks(old: str, new: str, language: str, *, context: int = CONTEXT) -> tuple[Hunk, ...]:
    r"""The changed lines in order, with those around them; lines that leave come before those that take their place.

    >>> [[(row.kind, row.old, row.new) for row in hunk] for hunk in hunks("a\nb\n", "a\nc\n", "")]
    [[('same', 1, 1), ('gone', 2, 0), ('new', 0, 2)]]
    """
    lines, others = _lines(old, language), _lines(new, language)
    texts = [["".join(text for text, _ in line) for line in side] for side in (lines, others)]
    matcher = difflib.SequenceMatcher(None, texts[0], texts[1], autojunk=False)
    return tuple(tuple(_rows(group, lines, others)) for group in matcher.get_grouped_opcodes(context))


def _rows(
    group: Sequence[tuple[str, int, int, int, int]], lines: Sequence[type_line], others: Sequence[type_line]
) -> Iterator[Row]:
    for tag, a, b, c, d in group:
        if tag == "equal":
            yield from (Row("same", i + 1, c + i - a + 1, _marked(lines[i], ())) for i in range(a, b))
            continue
        paired = {i: c + i - a for i in range(a, b)} if b - a == d - c else {}
        marks = {i: _changed(lines[i], others[j]) for i, j in paired.items()}
        yield from (Row("gone", i + 1, 0, _marked(lines[i], marks[i][0] if paired else ())) for i in range(a, b))
        yield from (
            Row("new", 0, j + 1, _marked(others[j], marks[a + j - c][1] if paired else ())) for j in range(c, d)
        )


def _lines(text: str, language: str) -> list[type_line]:
    lines: list[type_line] = [[]]
    for token, part in tokens(language, text):
        for k, piece in enumerate(part.split("\n")):
            if k:
                lines.append([])
            if piece:
                lines[-1].append((visible(piece.rstrip("\r")).replace("\t", "    "), token))
    return lines[:-1] if not lines[-1] else lines


type_places = Sequence[tuple[int, int]]  # of characters, in order


def _changed(line: type_line, other: type_line) -> tuple[type_places, type_places]:
    """The places that differ; none where the lines share too little for that to tell anything."""
    words = [_WORD.findall("".join(text for text, _ in side)) for side in (line, other)]
    matcher = difflib.SequenceMatcher(None, words[0], words[1], autojunk=False)
    if matcher.ratio() < ALIKE:
        return (), ()
    ends = [_ends(side) for side in words]
    codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    ours = [(ends[0][a], ends[0][b]) for _, a, b, _, _ in codes if a < b]
    theirs = [(ends[1][c], ends[1][d]) for _, _, _, c, d in codes if c < d]
    return ours, theirs


def _ends(words: Sequence[str]) -> list[int]:
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return ends


def _marked(line: type_line, places: type_places) -> tuple[Stretch, ...]:
    """The line cut at the ends of the places as well."""
    cuts = sorted({place for pair in places for place in pair})
    found, at = [], 0
    for text, token in line:
        end = at + len(text)
        bounds = [at, *(cut for cut in cuts if at < cut < end), end]
        for one, other in pairwise(bounds):
            inside = any(start <= one and other <= stop for start, stop in places)
            found.append(Stretch(text[one - at : other - at], token, inside))
        at = end
    return tuple(found)
