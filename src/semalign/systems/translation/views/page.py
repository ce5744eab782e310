"""A verdict as one HTML page."""

from semalign.systems.translation.verdict import Verdict
from semalign.systems.translation.views import words
from semalign.systems.translation.views.comparison import comparison
from semalign.systems.translation.views.document import document, escaped
from semalign.traces.render import visible


def page(verdict: Verdict) -> str:
    """The whole file, to be written as UTF-8; it loads nothing and works from a disk."""
    inner, data = comparison(verdict)
    body = "\n".join([_header(verdict), "<main>", inner, "</main>", footer(verdict)])
    title = f"{words.ANSWERS[verdict.answer]}: {visible(verdict.source.path)} → {visible(verdict.target.path)}"
    return document(title, body, styles=("page.css",), script="page.js", data=data)


def _header(verdict: Verdict) -> str:
    sides = " → ".join(
        f"<b>{escaped(visible(side.function or side.path))}</b> {escaped(words.language(side))}"
        for side in (verdict.source, verdict.target)
    )
    return (
        f'<header><p class="answer {verdict.answer.value}">'
        f'<span aria-hidden="true">{words.MARKS[verdict.answer]}</span> '
        f"{words.ANSWERS[verdict.answer]}</p><h1>{escaped(visible(words.told(verdict.reason, verdict)))}</h1>"
        f'<p class="quiet">{sides}</p></header>'
    )


def footer(verdict: Verdict) -> str:
    """What is told in small letters."""
    parts = [f"seed {verdict.strength.seed}"]
    if verdict.wall_s:
        parts.append(f"{verdict.wall_s:.1f} s")
    if verdict.tier:
        parts.append(f"sandbox: {verdict.tier}")
    return f'<footer class="quiet">semalign · {escaped(visible(" · ".join(parts)))}</footer>'
