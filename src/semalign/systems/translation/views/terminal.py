"""A verdict for the terminal: the answer first, then the place, the values, the input, and how far to trust it.

Nothing here decides on colour: rich leaves it out where the output is not a terminal.
"""

from collections.abc import Callable, Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from semalign.systems.translation.verdict import Answer, Blame, Example, Side, Verdict, shown
from semalign.systems.translation.views import words
from semalign.systems.translation.views.code import Line, Partners, blamed, code_lines, partners
from semalign.traces.render import Marked, show, show_difference, visible
from semalign.values.model import Value

NARROW = 84  # columns below which the programs stand above each other
MAX_ROWS = 26  # of code
N_BLAMES = 3

_ANSWER = {
    Answer.EQUIVALENT: "bold green",
    Answer.DIVERGENT: "bold red",
    Answer.UNDECIDED: "bold yellow",
}
# By prefix of the Pygments class, longest first; the terminal's own colours, so any theme stays legible.
_TOKENS = (("kc", "cyan"), ("nf", "bold"), ("c", "bright_black"), ("k", "blue"), ("s", "green"), ("m", "cyan"))
_BLAMED = "color(16) on color(223)"  # both colours are set: legible on dark and light terminals
_QUIET = "bright_black"

Row = tuple[Line | None, Line | None]


def render(verdict: Verdict, *, width: int) -> RenderableType:
    """What `semalign diff` prints; lay it out for that many columns."""
    parts: list[RenderableType] = [_headline(verdict), Text()]
    if verdict.source.source or verdict.target.source:
        parts += [_programs(verdict, width), Text()]
    if verdict.blames and verdict.answer is not Answer.EQUIVALENT:
        parts += [*_values(verdict.blames[0], width)]
    example = shown(verdict)
    if example:
        parts += [_input(verdict, example, width), Text()]
    if verdict.blames and verdict.answer is not Answer.EQUIVALENT:
        parts += [_blames(verdict), Text()]
    parts += [_strength(verdict)]
    return Padding(Group(*parts), (1, 1), expand=False)


def _headline(verdict: Verdict) -> Text:
    text = Text(f"{words.MARKS[verdict.answer]} {words.ANSWERS[verdict.answer]}", style=_ANSWER[verdict.answer])
    if verdict.reason:
        text.append(f"  {visible(words.told(verdict.reason, verdict))}", style="default not bold")
    return text


def _programs(verdict: Verdict, width: int) -> RenderableType:
    pairs = partners(verdict.source, verdict.target, verdict.pairing)
    left, right = code_lines(verdict.source), code_lines(verdict.target)
    blame = verdict.blames[0] if verdict.blames and verdict.answer is not Answer.EQUIVALENT else None
    marks = (
        (blamed(verdict.source, blame.source_block, blame.source_lines), blame.source_lines) if blame else _NO_BLAME,
        (blamed(verdict.target, blame.target_block, blame.target_lines), blame.target_lines) if blame else _NO_BLAME,
    )
    columns = (
        _Column(verdict.source, pairs.source, marks[0]),
        _Column(verdict.target, pairs.target, marks[1]),
    )
    inner = width - 2
    if width < NARROW:
        stacked = [
            column.stacked(_windowed([(line, None) for line in lines], column.is_blamed), inner)
            for column, lines in zip(columns, (left, right), strict=True)
        ]
        return Group(stacked[0], Text(), stacked[1])
    rows = _windowed(_aligned(left, right, pairs), lambda line: any(c.is_blamed(line) for c in columns))
    table = Table.grid(padding=(0, 1))
    for code in _widths(left, right, inner - 2 * 10):
        for options in ({"width": 5, "justify": "right"}, {"width": 2}, {"width": code}):
            table.add_column(no_wrap=True, overflow="ellipsis", **options)
    table.add_row("", "", columns[0].title(), "", "", columns[1].title())
    for row in rows:
        if row is None:
            table.add_row("", "", Text("⋮", style=_QUIET), "", "", Text("⋮", style=_QUIET))
        else:
            table.add_row(*columns[0].cells(row[0]), *columns[1].cells(row[1]))
    return table


def _widths(left: Sequence[Line], right: Sequence[Line], room: int) -> tuple[int, int]:
    """Half each; what one side does not need is the other's."""
    half = room // 2
    needs = [max((len(line.text) for line in lines), default=0) + 1 for lines in (left, right)]
    first = half
    if needs[0] <= half < needs[1]:
        first = max(needs[0], room - needs[1])
    elif needs[1] <= half < needs[0]:
        first = min(needs[0], room - needs[1])
    return first, room - first


_Marks = tuple[frozenset[int], tuple[int, int]]
_NO_BLAME: _Marks = (frozenset(), (0, 0))


class _Column:
    """One side of the listing: how its lines are numbered, hinted and marked."""

    def __init__(self, side: Side, numbers: dict[int, int], marks: _Marks) -> None:
        self._side, self._numbers = side, numbers
        self._blocks, self._span = marks
        self._seen: set[int] = set()

    def title(self) -> Text:
        name = f"{visible(self._side.path)}"
        return Text.assemble((name, "bold"), (f"  {words.language(self._side)}", _QUIET))

    def is_blamed(self, line: Line) -> bool:
        if self._blocks:
            return bool(self._blocks & set(line.blocks))
        return self._span[0] <= line.number <= max(self._span) if self._span[0] else False

    def cells(self, line: Line | None) -> tuple[Text, Text, Text]:
        """Number, hint of the partner or mark of blame, code."""
        if line is None:
            return Text(), Text(), Text()
        blame = self.is_blamed(line)
        number = Text(f"{'▶ ' if blame else ''}{line.number}", style="bold red" if blame else _QUIET)
        return number, self._hint(line), self._code(line, blame)

    def _hint(self, line: Line) -> Text:
        """The number of the pair on the first line of a block, `·` on a block that has no partner."""
        fresh = [block for block in line.blocks if block not in self._seen]
        self._seen.update(fresh)
        if not fresh or not self._numbers:
            return Text()
        number = self._numbers.get(fresh[0])
        return Text(str(number), style="cyan") if number else Text("·", style="yellow")

    def _code(self, line: Line, blame: bool) -> Text:
        text = Text()
        for span in line.spans:
            marked = blame and (span.block in self._blocks or not self._blocks) and bool(text or span.text.strip())
            text.append(span.text, style=_BLAMED if marked else _token_style(span.token))
        return text

    def stacked(self, rows: Sequence[Row | None], width: int) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        for options in ({"width": 5, "justify": "right"}, {"width": 2}, {"width": max(width - 9, 20)}):
            table.add_column(no_wrap=True, overflow="ellipsis", **options)
        table.add_row("", "", self.title())
        for row in rows:
            table.add_row(*(self.cells(row[0]) if row else (Text(), Text(), Text("⋮", style=_QUIET))))
        return table


def _token_style(token: str) -> str:
    return next((style for prefix, style in _TOKENS if token.startswith(prefix)), "")


def _aligned(left: Sequence[Line], right: Sequence[Line], pairs: Partners) -> list[Row]:
    """Both listings side by side, the first lines of paired blocks on one row where the order allows it."""
    starts = [_starts(left, pairs.source), _starts(right, pairs.target)]
    rows: list[Row] = []
    i = j = 0
    for number in sorted(starts[0].keys() & starts[1].keys(), key=lambda n: starts[0][n]):
        next_i, next_j = starts[0][number], starts[1][number]
        # A gap of more than a few blank rows would tear the listing apart: better unaligned.
        if next_i < i or next_j < j or abs((next_i - i) - (next_j - j)) > 4:
            continue
        rows += _zipped(left[i:next_i], right[j:next_j])
        i, j = next_i, next_j
    return rows + _zipped(left[i:], right[j:])


def _zipped(left: Sequence[Line], right: Sequence[Line]) -> list[Row]:
    n = max(len(left), len(right))
    return [(left[k] if k < len(left) else None, right[k] if k < len(right) else None) for k in range(n)]


def _starts(lines: Sequence[Line], numbers: dict[int, int]) -> dict[int, int]:
    """For each pair number the first row on which one of its blocks stands."""
    found: dict[int, int] = {}
    for row, line in enumerate(lines):
        for block in line.blocks:
            if block in numbers:
                found.setdefault(numbers[block], row)
    return found


def _windowed(rows: Sequence[Row], is_blamed: Callable[[Line], bool]) -> list[Row | None]:
    """At most `MAX_ROWS` rows: the head, and what lies round the blame; None for what was left out."""
    if len(rows) <= MAX_ROWS:
        return list(rows)
    hot = [k for k, row in enumerate(rows) if any(line is not None and is_blamed(line) for line in row)]
    first = hot[0] if hot else 0
    start = max(0, min(first - MAX_ROWS // 3, len(rows) - MAX_ROWS + 3))
    keep = {*range(2), *range(start, start + MAX_ROWS - 3)}
    kept: list[Row | None] = []
    for k, row in enumerate(rows):
        if k in keep:
            kept.append(row)
        elif not kept or kept[-1] is not None:
            kept.append(None)
    return kept


def _values(blame: Blame, width: int) -> Iterator[RenderableType]:
    """Expected over actual, so that the eye compares them column by column."""
    if blame.expected is None and blame.actual is None:
        return
    room = max(width - 16, 28)
    expected, actual = show_difference(blame.expected, blame.actual, blame.path, room)
    table = Table.grid(padding=(0, 2))
    table.add_column(style=_QUIET, no_wrap=True)
    table.add_column(overflow="fold")
    name = visible(words.variable(blame))
    if name:
        table.add_row("at", Text(name, style="bold"))
    table.add_row("expected", _marked(expected, "bold green"))
    table.add_row("actual", _marked(actual, "bold red"))
    yield Padding(table, (0, 0, 1, 0))


def _marked(marked: Marked, style: str) -> Text:
    text = Text()
    for piece in marked:
        text.append(piece.text, style=f"{style} underline".strip() if piece.differs and len(marked) > 1 else "")
    if len(marked) == 1:
        text.stylize(style)
    return text


def _input(verdict: Verdict, example: Example, width: int) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style=_QUIET, no_wrap=True)
    table.add_column(overflow="fold")
    label = "smallest input" if verdict.smallest else "an input"
    for name, value in example.arguments or (("(no arguments)", None),):
        table.add_row(label, _argument(name, value, width))
        label = ""
    expected, actual = words.outcomes(verdict, example, max(width - 24, 28))
    if expected != actual:
        table.add_row("source gives", _marked(expected, ""))
        table.add_row("target gives", _marked(actual, ""))
    return table


def _argument(name: str, value: Value | None, width: int) -> Text:
    if value is None:
        return Text(name)
    return Text.assemble((visible(name), "bold"), (" = ", _QUIET), show(value, max(width - 24 - len(name), 28)))


def _blames(verdict: Verdict) -> RenderableType:
    blames = verdict.blames
    table = Table.grid(padding=(0, 2))
    for justify in ("right", "left", "left", "left", "right"):
        table.add_column(justify=justify, vertical="top")
    table.add_row(*(Text(head, style=_QUIET) for head in ("", "lines", "what", "why", "sure")))
    for rank, blame in enumerate(blames[:N_BLAMES], 1):
        table.add_row(
            Text(str(rank), style=_QUIET),
            Text(words.place(blame), no_wrap=True),
            Text(blame.kind, style="bold"),
            Text(visible(words.told(blame.reason or words.KINDS.get(blame.kind, ""), verdict))),
            words.percent(blame.confidence),
        )
    if len(blames) > N_BLAMES:
        table.add_row("", "", "", Text(f"{len(blames) - N_BLAMES} less likely places are left out", style=_QUIET), "")
    return table


def _strength(verdict: Verdict) -> RenderableType:
    strength = verdict.strength
    table = Table.grid(padding=(0, 2))
    table.add_column(style=_QUIET, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("tried", Text(words.inputs(strength)))
    covered = f"source {words.coverage(verdict.source)}, target {words.coverage(verdict.target)}"
    if verdict.source.n_blocks or verdict.target.n_blocks:
        table.add_row("entered", Text(covered))
    for label, entries in (
        ("assumed", strength.preconditions),
        ("policy", tuple(f"{meaning}: {setting}" for meaning, setting in words.policy_changes(verdict.policy))),
        ("faults", words.faults(strength)),
        ("note", tuple(words.told(note, verdict) for note in verdict.notes)),
    ):
        for k, entry in enumerate(entries):
            table.add_row(label if not k else "", Text(visible(entry)))
    return table
