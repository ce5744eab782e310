"""A translation as one HTML page: what it cost, every attempt in order, and the verdict, to step through."""

import shlex
from collections.abc import Iterator

from semalign.languages import language_of
from semalign.models import Spending
from semalign.repair import Attempt
from semalign.systems.translation.translation import Preset, TranslateConfig, Translation
from semalign.systems.translation.verdict import Verdict
from semalign.systems.translation.views import words
from semalign.systems.translation.views.attempts import kind, way
from semalign.systems.translation.views.comparison import comparison
from semalign.systems.translation.views.document import document, escaped
from semalign.systems.translation.views.page import footer
from semalign.systems.translation.views.panes import coloured_all
from semalign.systems.translation.views.translated import figures
from semalign.traces.render import show, visible

MOST_REGRESSIONS = 12  # that are shown
_HEADS = ("who", "tried", "kept", "running s", "calls", "prompt tokens", "tokens written", "US dollars", "model s")


def translation_page(done: Translation, config: TranslateConfig) -> str:
    """The whole file; like the page of a verdict it loads nothing."""
    inner, data = ("", None)
    if done.verdict is not None:
        inner, data = comparison(done.verdict, command=command(done, config))
    drafted_by = f"translator, {done.model}" if config.draft is None else f"given: {config.draft.name}"
    body = [
        _header(done, config),
        "<main>",
        f'<section class="sheet" aria-label="cost"><h2>What it took</h2>{_costs(done)}</section>',
        '<section aria-label="attempts"><h2 class="part">How it came about</h2>',
        way(done.rounds, config.to, drafted_by=drafted_by),
        "</section>",
        '<section aria-label="verdict"><h2 class="part">The verdict</h2>',
        f'<p class="quiet told">{_told(done.verdict)}</p>{inner}</section>',
        *_folded(done, config),
        "</main>",
        footer(done.verdict) if done.verdict is not None else '<footer class="quiet">semalign</footer>',
    ]
    answer = words.ANSWERS[done.answer]
    title = f"{answer}: {visible(done.function)} in {words.LANGUAGES.get(config.to, config.to)}"
    return document(title, "\n".join(body), styles=("page.css", "translation.css"), script="page.js", data=data)


def command(done: Translation, config: TranslateConfig) -> str:
    """What asks for this translation again."""
    said = ["semalign", "translate", str(config.source), "--to", config.to, "--function", done.function]
    if config.draft is not None:
        said += ["--from-draft", str(config.draft)]
    said += ["--model", done.model] if done.model else ["--no-model"]
    said += [] if config.harness is None else ["--harness", str(config.harness)]
    said += ["--signature", config.signature] if config.signature else []
    said += [] if config.preset is Preset.SEMALIGN else ["--preset", config.preset]
    said += [part for agent in sorted(config.without) for part in ("--without", agent)]
    usual, plain = TranslateConfig(source=config.source, to=config.to), config.budget
    for option, value, default in (
        ("--budget-calls", plain.calls, usual.budget.calls),
        ("--budget-tokens", plain.tokens, None),
        ("--budget-usd", plain.usd, None),
        ("--budget-s", plain.seconds, None),
        ("--max-inputs", config.max_inputs, usual.max_inputs),
        ("--time-s", config.time_s, usual.time_s),
        ("--map", config.map_file, None),
        ("--regressions", config.regressions, None),
    ):
        said += [] if value in (default, None) else [option, str(value)]
    return shlex.join([*said, "--seed", str(config.seed)])


def _header(done: Translation, config: TranslateConfig) -> str:
    ours, theirs = (words.LANGUAGES.get(name, name) for name in (language_of(config.source).name, config.to))
    reason = done.reason if done.verdict is None else words.told(done.reason, done.verdict)
    stopped = f'<p class="stopped">{escaped(visible(done.stopped))}</p>' if done.stopped else ""
    return (
        f'<header><p class="answer {done.answer.value}">'
        f'<span aria-hidden="true">{words.MARKS[done.answer]}</span> {words.ANSWERS[done.answer]}</p>'
        f"<h1>{escaped(visible(reason))}</h1>"
        f'<p class="quiet"><b>{escaped(visible(done.function))}</b> {ours} → {theirs} '
        f'<code class="head">{escaped(visible(done.head))}</code></p>'
        f'<p class="quiet">{escaped(_summary(done))}</p>{stopped}</header>'
    )


def _summary(done: Translation) -> str:
    """Where fixers and agents stepped in, in one line.

    Patches that led to the program count, whoever proposed them.
    """
    used = [attempt for one in done.rounds for attempt in one.repaired.attempts if attempt.child in one.way]
    parts = [_passed(done)]
    if used:
        names = ", then ".join(visible(attempt.patch.author) for attempt in used)
        parts.append(f"{len(used)} {'patch' if len(used) == 1 else 'patches'} led here: {names}")
    else:
        parts.append("no patch was needed" if done.shown.solved else "no patch made it better")
    calls = sum(one.calls for one in done.spent.values())
    if done.model:
        parts.append(f"{words.plural(calls, 'call')} of {visible(done.model)}, {done.model_s:.1f} s")
    else:
        parts.append("no model was asked")
    return " · ".join([*parts, f"{done.wall_s:.1f} s in all"])


def _passed(done: Translation) -> str:
    first = f"{sum(done.first.passed)} of {len(done.first.passed)}" if done.first.builds else "does not build"
    last = f"{sum(done.shown.passed)} of {len(done.shown.passed)}" if done.shown.builds else "does not build"
    return f"draft: {first}, program: {last} repair inputs agree"


def _costs(done: Translation) -> str:
    """A row for each agent, and one each for fixers and hazards: what was tried, what was kept, what it cost."""
    authors = (one.patch.author for one in done.attempts if kind(one.patch.author) == "agent")
    names = dict.fromkeys([*done.spent, *authors])
    rows = [(name, *_row(_attempts(done, name), done.spent.get(name))) for name in names]
    for group in ("fixer", "hazard"):
        found = [one for one in done.attempts if kind(one.patch.author) == group]
        rows += [(f"{group}s", *_row(found, None))] if found else []
    if len(rows) > 1:
        rows.append(("all", *_row(list(done.attempts), sum(done.spent.values(), Spending()))))
    if not rows:
        return '<p class="quiet">Nothing was patched and no model was asked.</p>'
    heads = "".join(f'<th scope="col">{head}</th>' for head in _HEADS)
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escaped(cell)}</td>" for cell in cells)}</tr>'
        for name, *cells in rows
    )
    return f'<div class="costs"><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _attempts(done: Translation, author: str) -> list[Attempt]:
    return [one for one in done.attempts if one.patch.author == author]


def _row(attempts: list[Attempt], spent: Spending | None) -> tuple[str, ...]:
    kept = sum(one.kept for one in attempts)
    ran = (str(len(attempts)), str(kept), f"{sum(one.cost_s for one in attempts):.1f}") if attempts else ("", "", "")
    return (*ran, *(figures(spent) if spent is not None and (spent.calls or spent.cached) else ("",) * 5))


def _told(verdict: Verdict | None) -> str:
    if verdict is None:
        return "No draft builds, so there is nothing to compare with the source."
    told = escaped(words.inputs(verdict.strength))
    return f"Given as <code>semalign diff</code> gives it, on inputs that no agent has seen: {told}."


def _folded(done: Translation, config: TranslateConfig) -> Iterator[str]:
    """What is of use now and then: the whole program, and the inputs that a draft failed on."""
    lines = words.plural(done.program.rstrip("\n").count("\n") + 1, "line")
    code = f'<pre class="program" tabindex="0">{coloured_all(done.program, config.to)}</pre>'
    yield f'<details class="sheet"><summary>The whole program, {lines}</summary>{code}</details>'
    if done.regressions:
        shown = "".join(
            f"<li><code>{escaped(', '.join(show(value, 100) for value in arguments))}</code></li>"
            for arguments in done.regressions[:MOST_REGRESSIONS]
        )
        rest = len(done.regressions) - MOST_REGRESSIONS
        more = f'<li class="quiet">and {rest} more</li>' if rest > 0 else ""
        n = words.plural(len(done.regressions), "input")
        yield (
            f'<details class="sheet"><summary>{n} that a draft failed on and the program does not</summary>'
            f"<ul>{shown}{more}</ul></details>"
        )
