"""The pairs of this folder: `semalign diff` compares them, and leaves a page of each."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.progress import Progress
from rich.table import Table

from examples.demo_command import HERE, LANGUAGES, ask
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views.index_page import Row

PATIENCE_S = 300.0  # for one pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two programs and what `semalign diff` must say of them."""

    name: str
    source: Path
    target: Path
    answer: str
    lines: tuple[int, ...]  # of the target; the first blamed range has to hold one
    mistake: str

    @property
    def languages(self) -> tuple[str, str]:
        """Names of the adapters, source first."""
        return LANGUAGES[self.source.suffix][0], LANGUAGES[self.target.suffix][0]

    @property
    def direction(self) -> str:
        """As people write it."""
        return f"{LANGUAGES[self.source.suffix][1]} → {LANGUAGES[self.target.suffix][1]}"

    def surprise(self, verdict: Mapping[str, Any]) -> str:
        """What of a verdict (its JSON form) is not as expected; "" when all is."""
        if verdict["verdict"] != self.answer:
            return f"expected {self.answer}, got {verdict['verdict']}: {verdict['reason']}"
        if not self.lines:
            return ""
        if not verdict["blame"]:
            return f"expected line {self.lines[0]} to be blamed, got no blame"
        first, last = verdict["blame"][0]["lines"]
        if not any(first <= line <= last for line in self.lines):
            return f"expected line {self.lines[0]} to be blamed, got lines {first} to {last}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What came of one pair: a verdict, or why there is none."""

    pair: Pair
    verdict: Mapping[str, Any] | None = None
    skipped: tuple[str, ...] = ()  # what is missing, and how to get it
    surprise: str = ""

    @property
    def name(self) -> str:
        """Of the pair."""
        return self.pair.name


def pairs() -> list[Pair]:
    """All pairs, by name."""
    tables = tomllib.loads((HERE / "expected.toml").read_text(encoding="utf-8"))
    return [
        Pair(
            name=name,
            source=HERE / name / told["source"],
            target=HERE / name / told["target"],
            answer=told["answer"],
            lines=tuple(told.get("lines", ())),
            mistake=told["mistake"],
        )
        for name, told in tables.items()
    ]


def compare(pair: Pair, missing: Mapping[str, str], folder: Path) -> Comparison:
    """The verdict on a pair; its page goes into the folder."""
    lacking = tuple(missing[language] for language in pair.languages if missing[language])
    if lacking:
        return Comparison(pair=pair, skipped=lacking)
    page = str(folder / f"{pair.name}.html")
    told = ask("diff", str(pair.source), str(pair.target), "--html", page, patience_s=PATIENCE_S)
    if isinstance(told, str):
        return Comparison(pair=pair, surprise=told)
    return Comparison(pair=pair, verdict=told, surprise=pair.surprise(told))


def compare_all(folder: Path, missing: Mapping[str, str], console: Console) -> list[Comparison]:
    """All pairs, as many at a time as there are processors, in the order of their names."""
    done: list[Comparison] = []
    with Progress(console=console) as progress, ThreadPoolExecutor(os.cpu_count()) as pool:
        task = progress.add_task("comparing", total=len(pairs()))
        for future in as_completed([pool.submit(compare, pair, missing, folder) for pair in pairs()]):
            done.append(future.result())
            progress.console.print(f"  {done[-1].pair.name}: {summary(done[-1])}", highlight=False)
            progress.advance(task)
    return sorted(done, key=lambda comparison: comparison.pair.name)


def summary(comparison: Comparison) -> str:
    """The answer in a word."""
    if comparison.verdict is None:
        return "skipped" if comparison.skipped else "failed"
    return str(comparison.verdict["verdict"])


def blamed(comparison: Comparison) -> tuple[str, str]:
    """Lines of the target and the two values that stand there, as far as there are any."""
    found = (comparison.verdict or {}).get("blame") or []
    if not found or comparison.pair.answer == "equivalent":
        return "", ""
    first, last = found[0]["lines"]
    expected, actual = found[0].get("expected"), found[0].get("actual")
    values = "" if expected is None and actual is None else f"{expected} / {actual}"
    return str(first) if first == last else f"{first}-{last}", values


def table(comparisons: list[Comparison]) -> Table:
    """The result for people."""
    shown = Table(title="semalign diff on the examples", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("pair", "direction", "answer", "line", "expected / actual there", "s"):
        numbers, whole = heading in ("line", "s"), heading in ("pair", "direction", "answer")
        side: JustifyMethod = "right" if numbers else "left"
        shown.add_column(heading, justify=side, overflow="fold", no_wrap=whole, min_width=len(heading) + 4 * whole)
    for comparison in comparisons:
        line, values = blamed(comparison)
        seconds = f"{comparison.verdict['wall_s']:.1f}" if comparison.verdict else ""
        shown.add_row(comparison.pair.name, comparison.pair.direction, summary(comparison), line, values, seconds)
    return shown


def rows(comparisons: list[Comparison]) -> Iterator[Row]:
    """The result for the index page; skipped pairs are undecided there."""
    for comparison in comparisons:
        verdict, pair = comparison.verdict, comparison.pair
        if verdict is None:
            reason = "; ".join(comparison.skipped) or comparison.surprise
            yield Row(name=pair.name, languages=pair.direction, answer=Answer.UNDECIDED, reason=reason)
        else:
            yield Row(
                name=pair.name,
                languages=pair.direction,
                answer=Answer(verdict["verdict"]),
                reason=verdict["reason"],
                lines=blamed(comparison)[0],
                wall_s=verdict["wall_s"],
                link=f"{pair.name}.html",
            )
