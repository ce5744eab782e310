"""The translations of `translate/`: drafts that are repaired with no model, and functions that a model translates."""

import importlib.util
import os
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from examples.demo_command import HERE, LANGUAGES, ask
from semalign.models.weights import WEIGHTS
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views.index_page import Row

FOLDER = HERE / "translate"
PATIENCE_S = 900.0  # for one example, or for fetching the weights
_WRITTEN = dict(LANGUAGES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A function to translate; with a draft, what `semalign translate --no-model` must make of it."""

    name: str
    source: Path
    to: str
    draft: Path | None = None  # without one a model is asked, whose answer is not known beforehand
    answer: str = ""
    authors: frozenset[str] = frozenset()  # of the patches that are kept
    mistake: str = ""

    @property
    def languages(self) -> tuple[str, str]:
        """Names of the adapters, source first."""
        return LANGUAGES[self.source.suffix][0], self.to

    @property
    def direction(self) -> str:
        """As people write it."""
        return f"{LANGUAGES[self.source.suffix][1]} → {_WRITTEN[self.to]}"

    def surprise(self, told: Mapping[str, Any]) -> str:
        """What of a translation (its JSON form) is not as expected; "" when all is."""
        if self.draft is None:
            return ""
        if told["answer"] != self.answer:
            return f"expected {self.answer}, got {told['answer']}: {told['reason']}"
        kept = frozenset(authors(told))
        if kept != self.authors:
            return f"expected {', '.join(sorted(self.authors))} to step in, got {', '.join(sorted(kept)) or 'nobody'}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ported:
    """What came of one example: a translation, or why there is none."""

    example: Example
    told: Mapping[str, Any] | None = None
    skipped: tuple[str, ...] = ()  # what is missing, and how to get it
    surprise: str = ""

    @property
    def name(self) -> str:
        """Of the example."""
        return self.example.name

    @property
    def answer(self) -> str:
        """In a word."""
        if self.told is None:
            return "skipped" if self.skipped else "failed"
        return str(self.told["answer"])


def examples() -> list[Example]:
    """All of them, those with a draft first."""
    tables = tomllib.loads((FOLDER / "expected.toml").read_text(encoding="utf-8"))
    return [
        Example(
            name=name,
            source=FOLDER / name / told["source"],
            to=told["to"],
            draft=FOLDER / name / told["draft"] if "draft" in told else None,
            answer=told.get("answer", ""),
            authors=frozenset(told.get("authors", ())),
            mistake=told.get("mistake", ""),
        )
        for name, told in tables.items()
    ]


def authors(told: Mapping[str, Any]) -> list[str]:
    """Who wrote a patch that was kept: fixers and agents, each once, in order."""
    return list(dict.fromkeys(attempt["author"] for attempt in told["attempts"] if attempt["kept"]))


def find_model(environ: Mapping[str, str], console: Console) -> tuple[str, str]:
    """The weights that are here, else those that can be fetched, and "" else; then why there are none."""
    if environ.get("NO_MODEL"):
        return "", "what asks a model (NO_MODEL is set)"
    if importlib.util.find_spec("xllamacpp") is None:
        return "", "what asks a model: there is no engine for it; get one with: pip install '.[local]'"
    here = [weights.name for weights in WEIGHTS.values() if weights.present]
    if here:
        return here[0], ""
    wanted = next(iter(WEIGHTS.values()))
    size = f"{wanted.n_bytes / 1e9:.1f} GB"
    console.print(f"fetching {wanted.title}, {size}; NO_MODEL=1 leaves this out", highlight=False)
    with console.status(f"fetching {size}"):
        told = ask("models", "pull", wanted.name, patience_s=PATIENCE_S)
    return ("", f"what asks a model: {told}") if isinstance(told, str) else (wanted.name, "")


def port(example: Example, missing: Mapping[str, str], model: str, folder: Path) -> Ported:
    """One translation; its page goes into the folder."""
    lacking = tuple(missing[language] for language in example.languages if missing[language])
    if lacking:
        return Ported(example=example, skipped=lacking)
    page = folder / f"{example.name}.html"
    start = ("--model", model) if example.draft is None else ("--no-model", "--from-draft", str(example.draft))
    told = ask("translate", str(example.source), "--to", example.to, *start, "--html", str(page), patience_s=PATIENCE_S)
    if isinstance(told, str):
        return Ported(example=example, surprise=told)
    return Ported(example=example, told=told, surprise=example.surprise(told))


def translate_all(folder: Path, missing: Mapping[str, str], model: str, console: Console) -> list[Ported]:
    """Drafts, as many at a time as there are processors; then what asks a model, one by one, where there is one."""
    drafts = [example for example in examples() if example.draft is not None]
    asking = [example for example in examples() if example.draft is None] if model else []
    done: list[Ported] = []
    with console.status("translating"), ThreadPoolExecutor(os.cpu_count()) as pool:
        for ported in pool.map(lambda example: port(example, missing, model, folder), drafts):
            console.print(f"  {ported.name}: {ported.answer}", highlight=False)
            done.append(ported)
        for example in asking:  # one model takes all processors
            done.append(port(example, missing, model, folder))
            console.print(f"  {example.name}: {done[-1].answer}", highlight=False)
    return done


def table(done: list[Ported]) -> Table:
    """The result for people."""
    title = "semalign translate on the examples"
    shown = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("example", "direction", "draft passed", "what stepped in", "answer", "s"):
        whole = heading != "what stepped in"
        shown.add_column(heading, justify="right" if heading == "s" else "left", overflow="fold", no_wrap=whole)
    for ported in done:
        shown.add_row(ported.name, ported.example.direction, *_cells(ported.told, ported.answer))
    return shown


def _cells(told: Mapping[str, Any] | None, answer: str) -> tuple[str, str, str, str]:
    if told is None:
        return "", "", answer, ""
    inputs = told["repair_inputs"]
    who = ["model"] * bool(told["model"]) + authors(told)
    return f"{inputs['agreed_at_first']} of {inputs['n']}", ", ".join(who), answer, f"{told['wall_s']:.1f}"


def rows(done: list[Ported]) -> Iterator[Row]:
    """The result for the index page; what was skipped is undecided there."""
    for ported in done:
        told, example = ported.told, ported.example
        if told is None:
            reason = "; ".join(ported.skipped) or ported.surprise
            yield Row(name=example.name, languages=example.direction, answer=Answer.UNDECIDED, reason=reason)
        else:
            yield Row(
                name=example.name,
                languages=f"{example.direction}, translated",
                answer=Answer(told["answer"]),
                reason=told["reason"],
                wall_s=told["wall_s"],
                link=f"{example.name}.html",
            )
