"""The two code panes of a page: numbered, highlighted lines whose blocks can be pointed at."""

from collections.abc import Iterator

from semalign.systems.translation.verdict import Side
from semalign.systems.translation.views import words
from semalign.systems.translation.views.code import Line, Span, code_lines, tokens
from semalign.systems.translation.views.document import escaped
from semalign.traces.render import visible

N_COLOURS = 8  # in base.css; the number beside the colour tells pairs apart when they repeat


def pane(side: Side, name: str, numbers: dict[int, int], blamed: frozenset[int], span: tuple[int, int]) -> str:
    """One program. `numbers` are its blocks' pairs, `blamed` its blocks to mark, `span` the lines if there are none."""
    seen: set[int] = set()
    fresh = [(line, _fresh(line, seen)) for line in code_lines(side)]
    rows = "".join(_line(line, numbers, _marked(line, blamed, span), blocks) for line, blocks in fresh)
    crowd = min(4, max((len(blocks) for _, blocks in fresh), default=0)) if numbers else 0  # chips on one line
    about = " · ".join(part for part in (words.language(side), side.toolchain) if part)
    return (
        f'<figure class="pane crowd{crowd}" data-side="{name}">'
        f"<figcaption><strong>{escaped(visible(side.path))}</strong>"
        f"<span>{escaped(visible(about))}</span></figcaption>"
        f'<div class="code" tabindex="0" role="region" aria-label="{name} program">{rows}</div></figure>'
    )


def _marked(line: Line, blamed: frozenset[int], span: tuple[int, int]) -> frozenset[int] | None:
    """The blamed blocks of the line; the empty set for the whole line, None for nothing."""
    if blamed:
        return (blamed & set(line.blocks)) or None
    return frozenset() if span[0] > 0 and span[0] <= line.number <= max(span) else None


def _fresh(line: Line, seen: set[int]) -> list[int]:
    """Blocks that begin on this line."""
    fresh = [block for block in line.blocks if block not in seen]
    seen.update(fresh)
    return fresh


def _line(line: Line, numbers: dict[int, int], marked: frozenset[int] | None, fresh: list[int]) -> str:
    blocks = line.blocks
    first = blocks[0] if blocks else -1
    classes = ["line", *_classes(first, numbers)]
    alone = f' data-b="{first}"{_pair(first, numbers)}' if len(blocks) == 1 else ""
    if marked is not None:
        classes.append("blamed-line")
        if len(blocks) <= 1:
            classes.append("blamed")
    chips = "".join(_chip(block, numbers) for block in fresh)
    note = '<span class="hidden"> blamed</span>' if marked is not None else ""
    return (
        f'<div class="{" ".join(classes)}" data-line="{line.number}"{alone}><span class="no">{line.number}{note}</span>'
        f'<span class="bar"></span><span class="chips">{chips}</span><code>{_code(line, numbers, marked)}</code></div>'
    )


def _classes(block: int, numbers: dict[int, int]) -> list[str]:
    if block < 0 or not numbers:
        return []
    return [f"p{(numbers[block] - 1) % N_COLOURS + 1}" if block in numbers else "lone"]


def _pair(block: int, numbers: dict[int, int]) -> str:
    return f' data-pair="{numbers[block]}"' if block in numbers else ""


def _chip(block: int, numbers: dict[int, int]) -> str:
    if block not in numbers:
        return '<span class="chip lone" title="no partner in the other program">·</span>' if numbers else ""
    number, colour = numbers[block], _classes(block, numbers)[0]
    return (
        f'<button type="button" class="chip {colour}" data-pair="{number}" '
        f'aria-label="pair {number}: show its partner">{number}</button>'
    )


def _code(line: Line, numbers: dict[int, int], marked: frozenset[int] | None) -> str:
    if len(line.blocks) < 2:
        return "".join(coloured(span.text, span.token) for span in line.spans) or " "
    parts = []
    for block, spans in _by_block(line.spans):
        inner = "".join(coloured(span.text, span.token) for span in spans)
        if block < 0:
            parts.append(inner)
            continue
        classes = ["seg", *(["blamed"] if marked is not None and (block in marked or not marked) else [])]
        classes += _classes(block, numbers)
        parts.append(f'<span class="{" ".join(classes)}" data-b="{block}"{_pair(block, numbers)}>{inner}</span>')
    return "".join(parts)


def _by_block(spans: tuple[Span, ...]) -> Iterator[tuple[int, list[Span]]]:
    group: list[Span] = []
    for span in spans:
        if group and group[-1].block != span.block:
            yield group[-1].block, group
            group = []
        group.append(span)
    if group:
        yield group[-1].block, group


# By the first letter of the Pygments class: keyword, string, number, comment; names only where they are defined.
_PLAIN = frozenset("nopweg")
_DEFINED = frozenset({"nf", "fm", "nc"})


def coloured(text: str, token: str) -> str:
    """A stretch of code as HTML, by the Pygments class of its token."""
    kind = "nf" if token in _DEFINED else token[:1]
    if not kind or kind in _PLAIN:
        return escaped(text)
    return f'<i class="{kind}">{escaped(text)}</i>'


def coloured_all(text: str, language: str) -> str:
    """A whole program as HTML, as it is but for what does not print."""
    return "".join(coloured(visible(part), token) for token, part in tokens(language, text))
