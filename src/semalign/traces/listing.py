"""A trace as a table for people: event by event, the line of the source, and what changed.

Deeper calls and inner blocks stand further to the right, so the shape of the run is seen at a glance.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from semalign.traces.blocks import Block, Outline
from semalign.traces.render import show, visible
from semalign.traces.trace import Event, EventKind, Trace

_VALUE_WIDTH = 60
_QUIET = "bright_black"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event as it is listed. `line` is 0 where the block is not known."""

    line: int
    code: str
    depth: int  # of the call, and of the headers around the block
    turn: str  # which iteration of each loop, from 1: `2.5`
    changed: tuple[tuple[str, str], ...]
    outcome: str


def entries(trace: Trace, outlines: Sequence[Outline], value_width: int = _VALUE_WIDTH) -> Iterator[Entry]:
    """The events in order; `outlines` are those of the functions that were traced."""
    blocks = {block.id: block for outline in outlines for block in outline.blocks}
    depths = {frame.id: frame.depth for frame in trace.frames}
    for event in trace.events:
        block = blocks.get(event.block)
        yield Entry(
            line=block.first_line if block else 0,
            code=_code(block) if block else visible(event.block),
            depth=depths.get(event.frame, 0) + (_nesting(block, blocks) if block else len(event.index)),
            turn=".".join(str(i + 1) for i in event.index),
            changed=tuple((visible(name), show(value, value_width)) for name, value in event.variables),
            outcome=_outcome(event, value_width),
        )


def listing(trace: Trace, outlines: Sequence[Outline], *, max_events: int = 1_000) -> Table:
    """The trace as a rich table, with a last row that says what is missing."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style=_QUIET)
    table.add_column("line", justify="right", style=_QUIET)
    table.add_column("turn", style="cyan")
    table.add_column("code", max_width=56, overflow="ellipsis", no_wrap=True)
    table.add_column("what changed", overflow="fold")
    for k, entry in enumerate(entries(trace, outlines)):
        if k == max_events:
            break
        code = Text("  " * entry.depth + entry.code)
        table.add_row(str(entry.line or ""), entry.turn, code, _change(entry))
    for gap in _gaps(trace, max_events):
        table.add_row("", "", Text("⋮", style=_QUIET), Text(gap, style="yellow"))
    return table


def listing_text(trace: Trace, outlines: Sequence[Outline], *, width: int = 100, max_events: int = 1_000) -> str:
    """The same as plain text."""
    file = io.StringIO()
    Console(file=file, width=width, color_system=None, force_terminal=False).print(
        listing(trace, outlines, max_events=max_events)
    )
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _nesting(block: Block, blocks: dict[str, Block]) -> int:
    """How many headers it stands in."""
    depth = 0
    while block.parent in blocks:
        block = blocks[block.parent]
        depth += 1
    return depth


def _change(entry: Entry) -> Text:
    text = Text()
    for name, value in entry.changed:
        if text:
            text.append(", ", style=_QUIET)
        text.append(name, style="bold").append(f" = {value}")
    if entry.outcome:
        text.append("  " if text else "").append(entry.outcome, style="green")
    return text


def _code(block: Block) -> str:
    """The first line of the block, and that there are more."""
    first, _, more = block.text.strip().partition("\n")
    return visible(first.rstrip().replace("\t", " ")) + (" ..." if more else "")


def _outcome(event: Event, width: int) -> str:
    value = "" if event.outcome is None else show(event.outcome, width)
    match event.kind:
        case EventKind.RETURN:
            return f"returns {value}".rstrip()
        case EventKind.RAISE:
            return value if value.startswith("raised") else f"raises {value}".rstrip()
        case EventKind.BRANCH:
            return f"-> {value}" if value else ""
        case EventKind.CATCH:
            return f"catches {value}".rstrip()
        case _:
            return value


def _gaps(trace: Trace, max_events: int) -> Iterator[str]:
    hidden = len(trace.events) - max_events
    if hidden > 0:
        yield f"{hidden} more events are not listed"
    if trace.n_dropped:
        yield f"{trace.n_dropped} events went past the cap and were not kept"
    if not trace.complete:
        yield "the run ended before its trace was whole"
    if trace.void:
        yield f"this trace must not be used: {visible(trace.void)}"
