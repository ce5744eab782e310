"""The page of a batch: how many pairs got which answer, and a table of them that sorts and filters."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from semalign.systems.translation.verdict import Answer, Verdict
from semalign.systems.translation.views import words
from semalign.systems.translation.views.document import document, escaped
from semalign.traces.render import visible

_ORDER = (Answer.DIVERGENT, Answer.UNDECIDED, Answer.EQUIVALENT)  # what needs a look comes first
_COLUMNS = ("languages", "answer", "reason", "lines", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One pair of the batch. `link` is a path relative to the page, "" for none."""

    name: str
    languages: str  # `Python → Java`
    answer: Answer
    reason: str
    lines: str = ""  # blamed, `8 → 5`
    wall_s: float = 0.0
    link: str = ""


def row(verdict: Verdict, name: str = "", link: str = "") -> Row:
    """What the index shows of a verdict; it is called by its function where no name is given."""
    blamed = bool(verdict.blames) and verdict.answer is not Answer.EQUIVALENT
    return Row(
        name=name or verdict.source.function or verdict.source.path,
        languages=f"{words.language(verdict.source)} → {words.language(verdict.target)}",
        answer=verdict.answer,
        reason=words.told(verdict.reason, verdict),
        lines=words.place(verdict.blames[0]) if blamed else "",
        wall_s=verdict.wall_s,
        link=link,
    )


def index(rows: Sequence[Row], title: str = "Compared programs", noun: str = "pair") -> str:
    """The whole file; like `page` it loads nothing. `noun` is what a row is."""
    counts = Counter(one.answer for one in rows)
    buttons = "".join(
        f'<button type="button" class="count {answer.value}" data-answer="{answer.value}" aria-pressed="false">'
        f"<b>{counts[answer]}</b> {words.ANSWERS[answer].lower()}</button>"
        for answer in _ORDER
        if counts[answer]
    )
    heads = "".join(f'<th scope="col"><button type="button">{column}</button></th>' for column in (noun, *_COLUMNS))
    ordered = sorted(rows, key=lambda one: _ORDER.index(one.answer))
    seconds = f", {sum(one.wall_s for one in rows):.1f} s" if any(one.wall_s for one in rows) else ""
    body = (
        f'<header><h1>{escaped(visible(title))}</h1><p class="quiet">{words.plural(len(rows), noun)}{seconds}</p>'
        f'</header><main><div class="counts">{buttons}</div><div class="table"><table id="pairs"><thead><tr>{heads}'
        f"</tr></thead><tbody>{''.join(map(_row, ordered))}</tbody></table></div></main>"
    )
    return document(title, body, styles=("index.css",), script="index.js")


def _row(one: Row) -> str:
    name = escaped(visible(one.name))
    if one.link:
        # Quoting leaves no scheme behind: a name like `javascript:` becomes the file of that name.
        name = f'<a href="{escaped(quote(one.link))}">{name}</a>'
    mark = words.MARKS[one.answer]
    cells = (
        (one.name, f"<b>{name}</b>"),
        (one.languages, escaped(visible(one.languages))),
        (str(_ORDER.index(one.answer)), f'<span class="{one.answer.value}">{mark} {one.answer.value}</span>'),
        (one.reason, escaped(visible(one.reason))),
        (one.lines.split(" ")[-1].split("-")[0].zfill(6), escaped(visible(one.lines))),
        (f"{one.wall_s:012.3f}", f"{one.wall_s:.1f} s" if one.wall_s else ""),
    )
    inner = "".join(f'<td data-sort="{escaped(visible(key))}">{text}</td>' for key, text in cells)
    return f'<tr data-answer="{one.answer.value}">{inner}</tr>'
