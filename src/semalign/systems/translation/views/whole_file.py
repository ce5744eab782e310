"""A translated file for people on a terminal, as JSON for machines, and as the rows of a page."""

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from semalign.systems.translation.files.file_translation import SCHEMA, FileTranslation, PartDone
from semalign.systems.translation.files.programs import Compared
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views import translated, words
from semalign.systems.translation.views.index_page import Row
from semalign.traces.render import visible
from semalign.values.wire import type_json

COLOURS = {Answer.EQUIVALENT: "green", Answer.DIVERGENT: "red", Answer.UNDECIDED: "yellow"}
MAX_STDIN = 600  # characters shown of a text for standard input


def render(done: FileTranslation) -> RenderableType:
    """The program, a table of its parts, where the programs part, the cost, and the answer."""
    shown: list[RenderableType] = [Syntax(done.program.rstrip("\n"), done.language, word_wrap=True), ""]
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("part", "kind", "answer", "why"):
        table.add_column(heading, overflow="fold")
    for one in done.parts:
        style = COLOURS[one.answer] if one.answer else "yellow" if one.is_left else ""
        cells = (one.part.name, one.part.kind.value, _answer(one), one.reason)
        table.add_row(*(Text(visible(cell), style=style if i == 2 else "") for i, cell in enumerate(cells)))
    shown += [table, ""]
    found = done.compared
    if found is not None and found.stdin is not None:
        shown += ["on this standard input:", Text(visible(found.stdin[:MAX_STDIN].rstrip("\n"))), ""]
    if done.spent:
        shown += [translated.costs(done), ""]
    if done.stopped:
        shown.append(Text(done.stopped, style="yellow"))
    shown.append(Text(visible(f"{done.answer}: {done.reason}"), style=f"bold {COLOURS[done.answer]}"))
    return Group(*shown)


def _answer(one: PartDone) -> str:
    if one.is_left:
        return "not translated"
    return one.answer.value if one.answer is not None else "kept"


def rows(done: FileTranslation, links: dict[str, str]) -> list[Row]:
    """The parts that were judged or left out; `links` by name of the part."""
    languages = f"{words.LANGUAGES[done.source_language]} → {words.LANGUAGES[done.language]}"
    return [
        Row(
            name=one.part.name,
            languages=languages,
            answer=one.answer or Answer.UNDECIDED,
            reason=f"not translated: {one.reason}" if one.is_left else one.reason,
            wall_s=sum(each.wall_s for each in one.translations),
            link=links.get(one.part.name, ""),
        )
        for one in done.parts
        if one.answer is not None or one.is_left
    ]


def to_json(done: FileTranslation) -> dict[str, type_json]:
    """All of it as plain JSON types; each function in the form of a translation of it alone."""
    return {
        "schema": SCHEMA,
        "answer": done.answer.value,
        "reason": done.reason,
        "source": str(done.source),
        "language": done.language,
        "builds": done.builds,
        "program": done.program,
        "parts": [
            {
                "name": one.part.name,
                "kind": one.part.kind.value,
                "answer": None if one.answer is None else one.answer.value,
                "reason": one.reason,
                "translated": not one.is_left,
                "text": one.text,
                "functions": [translated.to_json(each) for each in one.translations],
            }
            for one in done.parts
        ],
        "left": [one.part.name for one in done.left],
        "programs": None if done.compared is None else _compared(done.compared),
        "model": done.model,
        "cost": {name: translated.cost(one) for name, one in done.spent.items()},
        "stopped": done.stopped,
        "wall_s": round(done.wall_s, 3),
    }


def _compared(found: Compared) -> dict[str, type_json]:
    return {
        "answer": found.answer.value,
        "reason": found.reason,
        "n_equal": found.n_equal,
        "n_outside": found.n_outside,
        "stdin": found.stdin,
        "line": found.line,
        "expected": found.expected,
        "actual": found.actual,
    }
