"""The functions that `benchmarks.translation` has translated, six directions of TransAGENT tasks and GfG triples.

Each source is a whole program whose main calls the function, so that the inputs it is meant for are known. TransAGENT
tasks of two languages are one where they have one name. A GfG function gets the main of its script in that language;
without a script it is left out.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from benchmarks.data import ParallelFunction, gfg_functions, transagent_tasks
from benchmarks.fault_runs import DIRECTIONS

SUFFIXES = {"python": ".py", "java": ".java", "cpp": ".cpp"}
ORIGINS = ("transagent", "gfg")
_MARK = re.compile(r"^.*TOFILL.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One function to be translated, with a translation that people made."""

    origin: str  # which set
    source_language: str
    language: str  # of the target
    stem: str  # of the source's file
    name: str  # of the function, without a class
    source: str  # the whole program
    reference: str  # a whole program of the target language; what it calls the function is `name`, too

    @property
    def pair(self) -> str:
        """As `java2cpp`."""
        return f"{self.source_language}2{self.language}"

    @property
    def id(self) -> str:
        """Unique among all."""
        return f"{self.origin}/{self.pair}/{self.stem}"


def ports(data: Path, *, origins: Sequence[str], pairs: Sequence[str], seed: int) -> list[Port]:
    """All of them, in an order by seed that takes the directions in turn: any beginning is a sample of the whole."""
    of_pair: dict[str, list[Port]] = {}
    for port in _all(data, origins):
        if not pairs or port.pair in pairs:
            of_pair.setdefault(port.pair, []).append(port)
    for pair, found in of_pair.items():
        random.Random(f"{seed}/{pair}").shuffle(found)
    return [port for turn in zip_longest(*of_pair.values()) for port in turn if port is not None]


def _all(data: Path, origins: Sequence[str]) -> Iterator[Port]:
    for source, target in DIRECTIONS:
        if "transagent" in origins:
            yield from _transagent(data, source, target)
        if "gfg" in origins:
            found = (_gfg(data, function, source, target) for function in gfg_functions(data))
            yield from (port for port in found if port is not None)


def _transagent(data: Path, source: str, target: str) -> Iterator[Port]:
    targets = {_bare(task.id): task for task in transagent_tasks(data, target)}
    for task in transagent_tasks(data, source):
        name = _bare(task.id)
        if name in targets:
            yield Port(
                origin="transagent", source_language=source, language=target, stem=Path(task.id).stem, name=name,
                source=task.program, reference=targets[name].program,
            )  # fmt: skip


def _bare(task_id: str) -> str:
    return Path(task_id).stem.removesuffix("_Test")


def _gfg(data: Path, function: ParallelFunction, source: str, target: str) -> Port | None:
    script = data / f"translation/gfg/{source}/{function.id}{SUFFIXES[source]}"
    if not script.is_file():
        return None
    name, theirs = (function.names[language].rsplit(".", 1)[-1] for language in (source, target))
    if not name or not theirs:
        return None
    main = _MARK.split(script.read_text(encoding="utf-8"), maxsplit=1)[-1]
    main = re.sub(r"\bf_(gold|filled)\b", name, main).rstrip()
    program = function.sources[source].rstrip()
    if source == "java":  # the class ends after its main
        program = program.removesuffix("}")
    return Port(
        origin="gfg", source_language=source, language=target, stem=re.sub(r"\W", "_", function.id), name=name,
        source=f"{program}\n\n{main}\n",
        reference=re.sub(rf"\b{re.escape(theirs)}\b", name, function.sources[target]),
    )  # fmt: skip
