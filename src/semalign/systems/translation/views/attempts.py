"""The way to a translation as part of a page: each draft, what was wrong with it, and what was changed."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from semalign.repair import Attempt, Shown
from semalign.systems.translation.hazards import HAZARDS
from semalign.systems.translation.history import Parting, Round
from semalign.systems.translation.proposers import PROPOSERS
from semalign.systems.translation.verdict import Answer, Verdict
from semalign.systems.translation.views import words
from semalign.systems.translation.views.changes import Hunk, Row, hunks
from semalign.systems.translation.views.comparison import facts
from semalign.systems.translation.views.document import escaped
from semalign.systems.translation.views.panes import coloured
from semalign.traces.render import visible

MOST_NOTES = 5  # of what a compiler said, or of results that differ
MOST_ROWS = 200  # of one change


def kind(author: str) -> str:
    """Agent (asks a model), hazard, or fixer.

    >>> kind("semantic fixer"), kind("int overflow"), kind("retype")
    ('agent', 'hazard', 'fixer')
    """
    if author not in PROPOSERS:
        return "agent"
    return "hazard" if author in HAZARDS else "fixer"


def way(rounds: Sequence[Round], language: str, *, drafted_by: str) -> str:
    """All rounds as one list of steps; a patch that was dropped is folded away, together with its neighbours."""
    steps: list[str] = []
    for number, one in enumerate(rounds):
        told = _Told(one, language, first=len(steps) == 0)
        if number == 0:
            steps.append(told.draft(drafted_by))
        else:
            steps.append(_refuted(rounds[number - 1], told.start))
        for shown, group in groupby(one.repaired.attempts, key=told.stands_out):
            attempts = list(group)
            steps += map(told.step, attempts) if shown else [told.folded(attempts)]
    return f'<ol class="steps">{"".join(steps)}</ol>'


class _Told:
    """One round, put into words."""

    def __init__(self, done: Round, language: str, *, first: bool) -> None:
        self.done, self.language, self.first = done, language, first
        self.texts, self.shown, self.on_the_way = done.texts, done.shown, done.way

    @property
    def start(self) -> Shown:
        """What the first draft of the round showed."""
        return self.done.repaired.first

    def stands_out(self, attempt: Attempt) -> bool:
        """It led to the program, or was kept at least for a while."""
        return attempt.kept or attempt.child in self.on_the_way

    def draft(self, by: str) -> str:
        text = self.done.start
        rows = tuple(
            Row("same", row.new, row.new, row.stretches)
            for hunk in hunks("", text, self.language, context=0)
            for row in hunk
        )
        code = _change([rows]) if rows else '<p class="quiet">There was no code in it.</p>'
        opened = "" if self.done.repaired.attempts else " open"
        return (
            f'<li class="step"><div class="step-head"><span class="who">draft</span><b>{escaped(visible(by))}</b>'
            f"{_badge(self.start)}</div>"
            f"<details{opened}><summary>{words.plural(text.count(chr(10)), 'line')}</summary>{code}</details></li>"
        )

    def step(self, attempt: Attempt) -> str:
        before = self.shown[attempt.parent]
        state = "kept" if attempt.child in self.on_the_way else "tried"
        return (
            f'<li class="step {state}">{self._head(attempt)}<p class="came">{_came(attempt, before)}</p>'
            f'<div class="case">{self._wrong(attempt)}{self._changes(attempt)}</div></li>'
        )

    def folded(self, attempts: Sequence[Attempt]) -> str:
        n = len(attempts)
        inner = "".join(
            f"<li><details><summary>{self._head(attempt)}"
            f'<span class="came quiet">{_came(attempt, self.shown[attempt.parent])}</span></summary>'
            f'<div class="case">{self._wrong(attempt)}{self._changes(attempt)}</div></details></li>'
            for attempt in attempts
        )
        noun = "patch was" if n == 1 else "patches were"
        return (
            f'<li class="step dropped"><details><summary>{n} more {noun} tried and dropped</summary>'
            f"<ol>{inner}</ol></details></li>"
        )

    def _head(self, attempt: Attempt) -> str:
        author, reason = attempt.patch.author, visible(attempt.patch.reason)
        return (
            f'<div class="step-head"><span class="who {kind(author)}">{kind(author)}</span>'
            f"<b>{escaped(visible(author))}</b>{_badge(attempt.shown)}</div>"
            f'<div class="reason">{escaped(reason)}</div>'
        )

    def _wrong(self, attempt: Attempt) -> str:
        before, parting = self.shown[attempt.parent], self.done.partings.get(attempt.parent)
        inner = _parting(parting) if parting is not None else _notes(before)
        return f'<section class="wrong" aria-label="what was wrong"><h3>What was wrong</h3>{inner}</section>'

    def _changes(self, attempt: Attempt) -> str:
        found = hunks(self.texts[attempt.parent], self.texts[attempt.child], self.language)
        return (
            '<section class="changed" aria-label="what was changed"><h3>What was changed</h3>'
            f"{_change(found)}</section>"
        )


def _badge(shown: Shown) -> str:
    """How far a draft came, in words and as a bar."""
    n, of = sum(shown.passed), len(shown.passed)
    if not shown.builds:
        return '<span class="badge bad">does not build</span>'
    state = "good" if shown.solved else "part"
    bar = (
        '<svg class="gauge" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="100" height="10"></rect><rect class="{state}" width="{100 * n // max(1, of)}" height="10">'
        "</rect></svg>"
    )
    return f'<span class="badge {state}">{bar}{n} of {of} inputs agree</span>'


def _came(attempt: Attempt, before: Shown) -> str:
    """What became of a patch, and why."""
    after = attempt.shown
    if attempt.kept:
        if not before.builds:
            return "Kept: it builds." if after.builds else "Kept: the compiler has less to say."
        more = sum(after.passed) - sum(before.passed)
        return (
            f"Kept: {words.plural(more, 'more input')} agree{'s' if more == 1 else ''}, and none that agreed is lost."
        )
    broken = sum(was and not now for was, now in zip(before.passed, after.passed, strict=True))
    if not after.builds:
        why = "it does not build" if before.builds else "it still does not build"
    elif broken:
        why = f"it breaks {words.plural(broken, 'input')} that agreed"
    else:
        why = "no more inputs agree"
    if attempt.patch.fresh:
        return f"No better yet, {why}; as a new draft it was looked at further."
    if not before.builds and not after.builds and before.notes != after.notes:
        return f"No better yet, {why}; the compiler says something else now, so it was looked at further."
    return f"Dropped: {why}."


def _parting(parting: Parting) -> str:
    verdict = parting.verdict
    blame = verdict.blames[0] if verdict.blames else None
    said = ""
    if blame is not None:
        first, last = (max(0, line - parting.n_before) for line in blame.target_lines)
        lines = words.lines((first, last))
        place = f"Line{'s' if '-' in lines[1:] else ''} {lines}: " if lines != "-" else ""
        why = visible(_by_draft(blame.reason or words.KINDS.get(blame.kind, ""), verdict, parting.n_before))
        said = f"<p>{place}{escaped(why)}</p>"
    return f"{said}{facts(verdict, blame)}" or f"<p>{escaped(visible(verdict.reason))}</p>"


def _by_draft(text: str, verdict: Verdict, n_before: int) -> str:
    """A sentence that calls blocks by their lines, those of the target counted in the draft."""
    blocks = tuple(
        (block.id, f"line {max(1, block.first_line - n_before)} of the draft")
        for block in verdict.target.outline.blocks
    )
    for name, place in sorted(blocks, key=lambda one: -len(one[0])):
        text = text.replace(name, place)
    return words.told(text, verdict)


def _notes(shown: Shown) -> str:
    if not shown.notes:
        return "<p>Nothing: it agrees with the source.</p>" if shown.solved else "<p>It fails inputs.</p>"
    rest = len(shown.notes) - MOST_NOTES
    items = "".join(f"<li><code>{escaped(visible(note))}</code></li>" for note in shown.notes[:MOST_NOTES])
    more = f'<li class="quiet">and {rest} more</li>' if rest > 0 else ""
    heading = "" if shown.builds else "<p>The compiler said (line:column in the draft):</p>"
    return f"{heading}<ul>{items}{more}</ul>"


def _refuted(before: Round, start: Shown) -> str:
    verdict = before.verdict
    assert verdict is not None, "a round follows a verdict"
    n = len(start.passed) - len(before.repaired.best.shown.passed)
    blame = verdict.blames[0] if verdict.blames and verdict.answer is Answer.DIVERGENT else None
    return (
        '<li class="step refuted"><div class="step-head"><span class="who">verdict</span><b>refuted</b>'
        f"{_badge(start)}</div>"
        f'<div class="reason">{escaped(visible(words.told(verdict.reason, verdict)))}</div>'
        f'<p class="came">{words.plural(n, "input")} of this verdict joined the repair inputs; '
        f"the next verdict is given on fresh ones.</p>{facts(verdict, blame)}</li>"
    )


def _change(found: Sequence[Hunk]) -> str:
    rows = list(_rows(found))
    cut = f'<div class="gap">{words.plural(len(rows) - MOST_ROWS, "more line")}</div>' if len(rows) > MOST_ROWS else ""
    inner = "".join(rows[:MOST_ROWS])
    return f'<div class="change" tabindex="0" role="region" aria-label="changed lines">{inner}{cut}</div>'


_SIGNS = {"same": " ", "gone": "-", "new": "+"}
_SPOKEN = {"same": "", "gone": "removed: ", "new": "added: "}


def _rows(found: Sequence[Hunk]) -> Iterator[str]:
    for number, hunk in enumerate(found):
        if number:
            yield '<div class="gap">⋯</div>'
        for row in hunk:
            spoken = f'<span class="hidden">{_SPOKEN[row.kind]}</span>' if row.kind != "same" else ""
            code = "".join(
                f"<mark>{coloured(one.text, one.token)}</mark>" if one.changed else coloured(one.text, one.token)
                for one in row.stretches
            )
            yield (
                f'<div class="row {row.kind}"><span class="no">{row.new or row.old}</span>'
                f'<span class="sign" aria-hidden="true">{_SIGNS[row.kind]}</span>'
                f"<code>{spoken}{code or ' '}</code></div>"
            )
