"""`Line` and `Span`: the code of one side cut into highlighted stretches that know their block.

Colours come from Pygments token types, by class; a lexer that is not there gives plain text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # no stubs, nor for the next two
from pygments.token import STANDARD_TYPES, Token  # type: ignore[import-untyped]
from pygments.util import ClassNotFound  # type: ignore[import-untyped]

from semalign.systems.translation.verdict import Pairing, Side
from semalign.traces.blocks import Block
from semalign.traces.render import visible

MAX_LINES = 400  # of a function without blocks to show


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line: its text, the Pygments class of its token, its block (-1 for none)."""

    text: str
    token: str
    block: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the source."""

    number: int
    spans: tuple[Span, ...]

    @property
    def blocks(self) -> tuple[int, ...]:
        """The blocks on this line in order, each once."""
        return tuple(dict.fromkeys(span.block for span in self.spans if span.block >= 0 and span.text.strip()))

    @property
    def text(self) -> str:
        """The line without colours."""
        return "".join(span.text for span in self.spans)


def code_lines(side: Side) -> tuple[Line, ...]:
    """The lines of the compared function, tabs widened, what does not print escaped."""
    first, last = _range(side)
    owner = _owners(side)
    rows: list[list[Span]] = [[]]
    place = 0  # in characters
    for token, text in tokens(side.language, side.source):
        for k, part in enumerate(text.split("\n")):
            if k:
                rows.append([])
                place += 1
            rows[-1].extend(_split(part, token, place, owner))
            place += len(part)
    kept = [Line(number, _widened(row)) for number, row in enumerate(rows, 1) if first <= number <= last]
    return _dedented(kept)


def _dedented(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Without the white space that every line begins with: methods stand in a class, and columns are few."""
    texts = [line.text for line in lines]
    shared = min((len(text) - len(text.lstrip(" ")) for text in texts if text.strip()), default=0)
    return tuple(Line(line.number, tuple(_without(line.spans, shared))) for line in lines)


def _without(spans: Sequence[Span], n: int) -> Iterator[Span]:
    for span in spans:
        if len(span.text) > n:
            yield Span(span.text[n:], span.token, span.block)
        n = max(0, n - len(span.text))


def _range(side: Side) -> tuple[int, int]:
    """The lines of the function, or the whole file when nothing better is known."""
    first = side.first_line if side.first_line > 0 else 1
    last = side.last_line if side.last_line >= first else side.source.count("\n") + 1
    spread = [block.last_line for block in side.outline.blocks]
    return first, min(max([last, *spread]), first + MAX_LINES) if not spread else max([last, *spread])


def tokens(language: str, source: str) -> Iterator[tuple[str, str]]:
    """The text cut into tokens: the Pygments class of each and its characters, which together are the text."""
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        yield "", source
        return
    # The lexer's own iteration is used since `lex` strips and normalises, which would shift every place.
    for _, token, text in lexer.get_tokens_unprocessed(source):
        yield _token_class(token), text


def _token_class(token: Any) -> str:
    while token is not Token and token not in STANDARD_TYPES:
        token = token.parent
    return str(STANDARD_TYPES[token])


def _owners(side: Side) -> list[int]:
    """For each character of the source the innermost block that holds it, -1 for none."""
    at: list[int] = []  # byte -> character
    for i, char in enumerate(side.source):
        at.extend([i] * len(char.encode("utf-8", "surrogatepass")))
    at.append(len(side.source))
    owner = [-1] * len(side.source)
    by_size = sorted(enumerate(side.outline.blocks), key=lambda item: item[1].start_byte - item[1].end_byte)
    for number, block in by_size:
        start, end = (at[min(max(place, 0), len(at) - 1)] for place in (block.start_byte, block.end_byte))
        owner[start:end] = [number] * max(0, end - start)
    return owner


def _split(text: str, token: str, place: int, owner: Sequence[int]) -> Iterator[Span]:
    start = 0
    for i in range(1, len(text) + 1):
        if i == len(text) or owner[place + i] != owner[place + start]:
            yield Span(text[start:i], token, owner[place + start])
            start = i


def _widened(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Tabs as four spaces; the white space before the first code belongs to no block; none at the end."""
    wide = [Span(visible(span.text.rstrip("\r")).replace("\t", "    "), span.token, span.block) for span in spans]
    while wide and not wide[-1].text.strip():
        wide.pop()
    return tuple(span for span in wide if span.text)


@dataclass(frozen=True, slots=True)
class Partners:
    """Which blocks of both sides stand for each other: a number from 1 for each pair, 0 for a block without partner."""

    source: dict[int, int]
    target: dict[int, int]
    count: int


def partners(source: Side, target: Side, pairing: Pairing) -> Partners:
    """Blocks joined by any pair get one number, in order of the source; so one block may stand for several."""
    joined: list[tuple[set[int], set[int]]] = []
    left, right = _numbers(source.outline.blocks), _numbers(target.outline.blocks)
    for one, other, _ in pairing.blocks:
        if one not in left or other not in right:
            continue
        ones, others = {left[one]}, {right[other]}
        rest = []
        for group in joined:
            if group[0] & ones or group[1] & others:
                ones |= group[0]
                others |= group[1]
            else:
                rest.append(group)
        joined = [*rest, (ones, others)]
    joined.sort(key=lambda group: min(group[0]))
    return Partners(
        {block: n for n, (ones, _) in enumerate(joined, 1) for block in ones},
        {block: n for n, (_, others) in enumerate(joined, 1) for block in others},
        len(joined),
    )


def _numbers(blocks: Sequence[Block]) -> dict[str, int]:
    return {block.id: number for number, block in enumerate(blocks)}


def blamed(side: Side, block_id: str, span: tuple[int, int]) -> frozenset[int]:
    """The blocks a blame means on one side: the one it names, else those that start in its lines."""
    blocks = side.outline.blocks
    named = frozenset(number for number, block in enumerate(blocks) if block.id == block_id)
    if named or span[0] <= 0:
        return named
    return frozenset(n for n, block in enumerate(blocks) if span[0] <= block.first_line <= max(span))
