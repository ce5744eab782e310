"""A translation for people on a terminal, and as JSON for machines."""

from collections.abc import Mapping
from typing import Protocol

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from semalign.models import Spending
from semalign.systems.translation.translation import SCHEMA, Translation
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views import jsonform, terminal
from semalign.values.wire import encode, type_json

_COLOURS = {Answer.EQUIVALENT: "green", Answer.DIVERGENT: "red", Answer.UNDECIDED: "yellow"}


class Costly(Protocol):
    """Whatever a model was paid for."""

    @property
    def model(self) -> str:
        """Its name."""
        ...

    @property
    def spent(self) -> Mapping[str, Spending]:
        """By agent."""
        ...


def render(done: Translation, language: str, *, width: int) -> RenderableType:
    """The program, what led to it, what it cost, and the verdict."""
    parts: list[RenderableType] = [Syntax(done.program.rstrip("\n"), language, word_wrap=True), ""]
    kept = [attempt for attempt in done.attempts if attempt.kept]
    parts.append(
        Text(
            f"draft: {_passed(done.first.passed, builds=done.first.builds)}; now: "
            f"{_passed(done.shown.passed, builds=done.shown.builds)}; "
            f"{len(done.attempts)} patches tried, {len(kept)} kept"
        )
    )
    parts += [Text(f"  {one.patch.author}: {one.patch.reason}", style="dim") for one in kept]
    if done.spent:
        parts += ["", costs(done)]
    if done.stopped:
        parts.append(Text(done.stopped, style="yellow"))
    parts.append("")
    if done.verdict is None:
        parts.append(Text(f"{done.answer}: {done.reason}", style=f"bold {_COLOURS[done.answer]}"))
    elif done.answer is Answer.DIVERGENT:
        parts.append(terminal.render(done.verdict, width=width))
    else:
        parts.append(Text(f"{done.answer}: {done.reason}", style=f"bold {_COLOURS[done.answer]}"))
        parts += [Text(f"  {note}", style="dim") for note in done.verdict.notes]
    return Group(*parts)


def costs(done: Costly) -> Table:
    """What each agent spent."""
    table = Table(title=f"cost ({done.model})", title_justify="left")
    for name in ("agent", "calls", "prompt tokens", "tokens written", "US dollars", "seconds"):
        table.add_column(name, justify="left" if name == "agent" else "right")
    for name, one in done.spent.items():
        table.add_row(name, *figures(one))
    if len(done.spent) > 1:
        table.add_row("all", *figures(sum(done.spent.values(), Spending())), style="bold")
    return table


def figures(one: Spending) -> tuple[str, ...]:
    """Calls, tokens of prompts, tokens written, US dollars, seconds."""
    usd = "unknown" if one.usd is None else f"{one.usd:.4f}"
    calls = f"{one.calls}" + (f" (+{one.cached} kept)" if one.cached else "")
    return (calls, f"{one.prompt_tokens:,}", f"{one.completion_tokens:,}", usd, f"{one.seconds:.1f}")


def _passed(passed: tuple[bool, ...], *, builds: bool) -> str:
    return f"{sum(passed)} of {len(passed)} repair inputs agree" if builds else "does not build"


def to_json(done: Translation) -> dict[str, type_json]:
    """All of it as plain JSON types; the verdict in the form of `semalign diff`."""
    return {
        "schema": SCHEMA,
        "answer": done.answer.value,
        "reason": done.reason,
        "function": done.function,
        "signature": done.head,
        "program": done.program,
        "draft": done.draft,
        "repair_inputs": {
            "n": len(done.shown.passed),
            "agreed_at_first": sum(done.first.passed),
            "agree": sum(done.shown.passed),
        },
        "builds": done.shown.builds,
        "attempts": [
            {
                "author": one.patch.author,
                "reason": one.patch.reason,
                "kept": one.kept,
                "builds": one.shown.builds,
                "agree": sum(one.shown.passed),
                "seconds": one.cost_s,
                "edits": [[edit.start, edit.end, edit.text] for edit in one.patch.edits],
                "parent": one.parent,
                "child": one.child,
            }
            for one in done.attempts
        ],
        "model": done.model,
        "cost": {name: cost(one) for name, one in done.spent.items()},
        "stopped": done.stopped,
        "regressions": [[encode(value) for value in arguments] for arguments in done.regressions],
        "verdict": None if done.verdict is None else jsonform.to_json(done.verdict),
        "wall_s": round(done.wall_s, 3),
        "model_s": round(done.model_s, 3),
    }


def cost(one: Spending) -> type_json:
    """What one agent spent."""
    return {
        "calls": one.calls,
        "cached": one.cached,
        "prompt_tokens": one.prompt_tokens,
        "completion_tokens": one.completion_tokens,
        "usd": one.usd,
        "seconds": round(one.seconds, 3),
    }
