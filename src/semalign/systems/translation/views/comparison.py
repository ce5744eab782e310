"""A verdict as a part of a page: both programs side by side, the run to step through, and all that backs the answer."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from semalign.systems.translation.verdict import Answer, Blame, Example, Verdict, shown
from semalign.systems.translation.views import words
from semalign.systems.translation.views.code import blamed, partners
from semalign.systems.translation.views.document import escaped
from semalign.systems.translation.views.panes import pane
from semalign.systems.translation.views.player import Player, Row, player
from semalign.traces.render import Marked, show, show_difference, visible

type_json = dict[str, Any]

_STATES = ("same", "different", "open")
_LEGEND = (
    '<span class="legend"><i class="same"></i>same <i class="different"></i>different '
    '<i class="open"></i>one side alone</span>'
)


def comparison(verdict: Verdict, *, command: str = "") -> tuple[str, type_json]:
    """The part as HTML, and the data that `page.js` needs; `command` repeats the verdict, by default as `diff`.

    One page holds one of them: the script finds its parts by their ids.
    """
    pairs = partners(verdict.source, verdict.target, verdict.pairing)
    replay = player(verdict, pairs)
    blames = verdict.blames if verdict.answer is not Answer.EQUIVALENT else ()
    data: type_json = {
        "replay": _replay(replay) if replay else None,
        "blames": [
            [
                sorted(blamed(verdict.source, blame.source_block, blame.source_lines)),
                sorted(blamed(verdict.target, blame.target_block, blame.target_lines)),
                [blame.source_lines[0], blame.target_lines[0]],
            ]
            for blame in blames
        ],
    }
    first = blames[0] if blames else None
    panes = [
        pane(
            side,
            name,
            numbers,
            blamed(side, *place) if place else frozenset(),
            place[1] if place else (0, 0),
        )
        for side, name, numbers, place in (
            (verdict.source, "source", pairs.source, (first.source_block, first.source_lines) if first else None),
            (verdict.target, "target", pairs.target, (first.target_block, first.target_lines) if first else None),
        )
    ]
    body = [
        facts(verdict, first),
        f'<section class="programs" aria-label="programs">{"".join(panes)}</section>',
        _player(replay) if replay else _no_player(verdict),
        f'<div class="cards">{"".join(_cards(verdict, blames, command or words.command(verdict)))}</div>',
    ]
    return "\n".join(body), data


def facts(verdict: Verdict, blame: Blame | None) -> str:
    """The case in one look: what was expected over what came out, and the input that shows it."""
    parts = []
    if blame and (blame.expected is not None or blame.actual is not None):
        expected, actual = show_difference(blame.expected, blame.actual, blame.path, 160)
        name = visible(words.variable(blame))
        parts.append(
            f'<section class="difference" aria-label="first difference"><h2>{escaped(name) or "Value"}</h2><dl>'
            f"<dt>expected</dt><dd>{_marked(expected)}</dd><dt>actual</dt><dd>{_marked(actual)}</dd></dl></section>"
        )
    example = shown(verdict)
    if example:
        title = "Smallest input" if verdict.smallest else "The input shown"
        parts.append(f'<section aria-label="input"><h2>{title}</h2>{_input(example)}</section>')
        one, other = words.outcomes(verdict, example, 160)
        if one != other:
            parts.append(
                '<section class="difference" aria-label="results"><h2>Result</h2><dl>'
                f"<dt>source</dt><dd>{_marked(one)}</dd><dt>target</dt><dd>{_marked(other)}</dd></dl></section>"
            )
    return f'<div class="facts">{"".join(parts)}</div>' if parts else ""


def _marked(marked: Marked) -> str:
    return "".join(f"<mark>{escaped(piece.text)}</mark>" if piece.differs else escaped(piece.text) for piece in marked)


def _player(replay: Player) -> str:
    n = len(replay.moments)
    jump = '<button type="button" id="jump" class="strong">First difference</button>' if replay.first >= 0 else ""
    rows = "".join(_row(row) for row in replay.rows)
    notes = "".join(f'<p class="quiet">{escaped(note)}</p>' for note in replay.notes)
    return f"""<section class="player" aria-label="step through the run">
<div class="controls">
<button type="button" id="back" aria-label="one step back">←</button>
<button type="button" id="play" aria-label="play" aria-pressed="false">▶ Play</button>
<button type="button" id="next" aria-label="one step on">→</button>
{jump}
<output id="count" for="slider"></output>
{_LEGEND}
</div>
<div class="strip"><svg viewBox="0 0 {n} 1" preserveAspectRatio="none" aria-hidden="true">{_strip(replay)}
<rect id="head" x="0" y="0" width="1" height="1"></rect></svg>
<input type="range" id="slider" min="0" max="{n - 1}" value="0" aria-label="step"></div>
<div class="table"><table id="variables"><thead><tr><th scope="col">variable</th><th scope="col">source</th>
<th scope="col">target</th></tr>
<tr class="event"><th scope="row">step</th><td id="said-source"></td><td id="said-target"></td></tr></thead>
<tbody>{rows}</tbody></table></div>
{notes}</section>"""


def _row(row: Row) -> str:
    names = [visible(name) for name in (row.source, row.target) if name]
    name = names[0] if len(set(names)) == 1 else " / ".join(names)
    hints = []
    if row.source and row.target:
        hints.append(words.percent(row.confidence))
    if row.offset:
        hints.append(f"target is {row.offset:+d}")
    hint = f" <small>{' · '.join(hints)}</small>" if hints else ""
    alone = "" if row.source and row.target else ' class="alone"'
    return f'<tr{alone}><th scope="row">{escaped(name)}{hint}</th><td></td><td></td></tr>'


def _strip(replay: Player) -> str:
    """One rectangle for each stretch of steps in the same state."""
    parts = []
    for state, group in groupby(enumerate(replay.moments), key=lambda item: item[1].state):
        at = [k for k, _ in group]
        parts.append(f'<rect class="{_STATES[state]}" x="{at[0]}" y="0" width="{len(at)}" height="1"></rect>')
    return "".join(parts)


def _no_player(verdict: Verdict) -> str:
    why = "No run was traced" if shown(verdict) else "No input was run"
    return f'<p class="quiet no-steps">{why}, so there are no steps to show.</p>'


def _replay(replay: Player) -> type_json:
    """Steps with only the cells that changed, each text once."""
    texts: dict[Marked, int] = {}
    last: list[tuple[Marked, Marked, int] | None] = [None] * len(replay.rows)
    moments = []
    for moment in replay.moments:
        changes = []
        for k, cell in enumerate(moment.cells):
            if cell != last[k]:
                one, other = (texts.setdefault(text, len(texts)) for text in cell[:2])
                changes.append([k, one, other, cell[2]])
                last[k] = cell
        moments.append([moment.number, list(moment.blocks), list(moment.words), moment.state, changes])
    return {
        "first": replay.first,
        "total": replay.n_steps,
        "texts": [[[piece.text, int(piece.differs)] for piece in text] for text in texts],
        "moments": moments,
    }


def _cards(verdict: Verdict, blames: Sequence[Blame], command: str) -> Iterable[str]:
    if blames:
        yield _card(
            "Where they part",
            f"<ol class='blames'>{''.join(_blame(verdict, rank, blame) for rank, blame in enumerate(blames))}</ol>",
        )
    yield _card("How sure", _strength(verdict))
    if verdict.pairing.variables:
        yield _card("Matched variables", _variables(verdict))
    policy = [f"{meaning}: {setting}" for meaning, setting in words.policy_changes(verdict.policy)]
    for title, entries in (
        ("Assumed of the inputs", verdict.strength.preconditions),
        ("Equality, where it is not the default", policy),
        ("Notes", [words.told(note, verdict) for note in verdict.notes]),
    ):
        if entries:
            yield _card(title, f"<ul>{''.join(f'<li>{escaped(visible(entry))}</li>' for entry in entries)}</ul>")
    # Each word by itself, so that a line never breaks inside an option.
    spans = " ".join(f"<span>{escaped(visible(word))}</span>" for word in command.split(" "))
    yield _card("Repeat it", f'<code class="command" tabindex="0">{spans}</code>')


def _card(title: str, inner: str) -> str:
    return f"<section class='card'><h2>{title}</h2>{inner}</section>"


def _blame(verdict: Verdict, rank: int, blame: Blame) -> str:
    name = visible(words.variable(blame))
    said = f" <code>{escaped(name)}</code>" if name else ""
    why = visible(words.told(blame.reason or words.KINDS.get(blame.kind, ""), verdict))
    inputs = f" · {words.plural(blame.n_inputs, 'input')}" if blame.n_inputs else ""
    return (
        f'<li><button type="button" class="blame" data-blame="{rank}"><span class="what"><b>{escaped(blame.kind)}</b>'
        f"{said} <span class='quiet'>lines {words.place(blame)}</span></span>"
        f"{_gauge(blame.confidence)}"
        f"<span class='sure'>{words.percent(blame.confidence)}</span>"
        f"<span class='why'>{escaped(why)}{inputs}</span>"
        "</button></li>"
    )


def _gauge(share: float) -> str:
    width = round(100 * min(max(share, 0.0), 1.0))
    return (
        '<svg class="gauge" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="100" height="10"></rect><rect class="different" width="{width}" height="10"></rect></svg>'
    )


def _input(example: Example) -> str:
    if not example.arguments:
        return "<p>No arguments.</p>"
    return _pairs((visible(name), f"<code>{escaped(show(value, 240))}</code>") for name, value in example.arguments)


def _pairs(entries: Iterable[tuple[str, str]]) -> str:
    """Labels are escaped here, the right side is HTML."""
    return f"<dl>{''.join(f'<dt>{escaped(label)}</dt><dd>{inner}</dd>' for label, inner in entries)}</dl>"


def _strength(verdict: Verdict) -> str:
    entries = [
        ("inputs", escaped(words.inputs(verdict.strength))),
        ("source entered", words.coverage(verdict.source)),
        ("target entered", words.coverage(verdict.target)),
    ]
    missed = [*verdict.source.arms_missed, *verdict.target.arms_missed]
    if missed:
        entries.append(("never entered", escaped(visible(", ".join(missed)))))
    told = "".join(f"<li>{escaped(visible(text))}</li>" for text in words.faults(verdict.strength))
    if told:
        entries.append(("planted faults", f"<ul>{told}</ul>"))
    return _pairs(entries)


def _variables(verdict: Verdict) -> str:
    rows = "".join(
        f"<tr><td><code>{escaped(visible(pair.source))}</code></td>"
        f"<td><code>{escaped(visible(pair.target))}</code></td>"
        f"<td class='sure'>{words.percent(pair.confidence)}</td></tr>"
        for pair in verdict.pairing.variables
    )
    head = "<th scope='col'>source</th><th scope='col'>target</th><th scope='col' class='sure'>sure</th>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
