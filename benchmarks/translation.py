"""How often a translation means what its source means: our pipeline, its own first draft, and the paper's preset.

All ask the same model and are judged alike: a program counts if it builds and agrees with the source on all inputs
held out, drawn from the source alone and from a seed that no pipeline used. A row counts as judged where the source
builds and is defined on such inputs; the others are listed, and are failures in the figure of all rows. A verdict is
honest if no program that it calls equivalent fails there. Run it with `python -m benchmarks.translation --help`.
"""

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from pydantic import TypeAdapter

from benchmarks.data import data_folder
from benchmarks.fault_runs import DIRECTIONS
from benchmarks.repair import code_version
from benchmarks.retry import retried
from benchmarks.translation_models import NAMES, gold, kept, spoiled
from benchmarks.translation_ports import ORIGINS, SUFFIXES, Port, ports
from benchmarks.translation_result import Result, Score, line, table
from semalign.core.errors import ConfigError, ModelError, SandboxError
from semalign.languages import LANGUAGES
from semalign.models import BudgetConfig, Model
from semalign.models.choice import open_model
from semalign.repair import Journal
from semalign.repair.patch import digest
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits, Sandbox
from semalign.systems.translation.candidates import Candidates
from semalign.systems.translation.contract import callable_named
from semalign.systems.translation.oracle import Wish, sets_of
from semalign.systems.translation.skeleton import skeleton
from semalign.systems.translation.subject import BuildError, Subject, load
from semalign.systems.translation.translate import translate
from semalign.systems.translation.translation import Agent, Preset, TranslateConfig, Translation
from semalign.traces.render import show
from semalign.values.policy import Policy

POLICY = Policy()
LIMITS = Limits(wall_s=1.0, memory_mib=512)  # of the source: what takes longer is out of domain
PATIENT = Limits(wall_s=5.0, memory_mib=512)  # of programs: a busy machine makes none wrong
HELD_OUT = 700_000_001  # beside the seed; far from all that pipelines draw from
_RESULT = TypeAdapter(Result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a result depends on beside the function and the code."""

    model: str
    presets: tuple[Preset, ...]
    without: frozenset[Agent]
    calls: int
    n_inputs: int  # held out, of each function
    seed: int

    @property
    def systems(self) -> tuple[str, ...]:
        """In the order of the table."""
        return tuple(name for preset in self.presets for name in _SYSTEMS[preset])


_SYSTEMS = {Preset.SEMALIGN: ("draft", "semalign"), Preset.PAPER: ("paper",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Translates functions and judges, with what all have in common."""

    sandbox: Sandbox
    folder: Path
    settings: Settings
    version: str
    results: Journal
    model: Model | None  # None: the function's own, by the name in the settings

    def result(self, port: Port) -> Result:
        """What becomes of a function: read where it was measured before, and never kept where the machine failed."""
        asked = self.settings
        settings = f"{asked.model} {asked.presets} {sorted(asked.without)} {asked.calls} {asked.n_inputs} {asked.seed}"
        key = digest(self.version, settings, port.id, port.source, port.reference)
        try:
            value = self.results.step(key, lambda: asdict(retried(lambda: self._measured(port, key))))
        except SandboxError as exc:
            return Result(id=port.id, origin=port.origin, pair=port.pair, unscored=f"the machine failed: {exc}")
        return _RESULT.validate_python(value)

    def _measured(self, port: Port, key: str) -> Result:
        unscored = partial(Result, id=port.id, origin=port.origin, pair=port.pair)
        path = self.folder / port.origin / port.pair / f"{port.stem}{SUFFIXES[port.source_language]}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(port.source, encoding="utf-8")
        try:
            held = self._held_out(port, path)
        except (ConfigError, BuildError) as exc:
            return unscored(unscored=f"source: {exc}".replace(f"{path.parent}/", ""))
        n_inputs = len(held.oracle.inputs)
        if not n_inputs:
            return unscored(unscored="the source is defined on no held-out input")
        model = self.model
        if model is None:
            model = gold(port) if self.settings.model == "gold" else spoiled(port, held.run)
        if model is None:
            return unscored(unscored="no fault shows in the reference, or it fails itself")
        scores: list[Score] = []
        for preset in self.settings.presets:
            scores += self._scores(port, path, preset, model, judge=held, key=key)
        return unscored(n_inputs=n_inputs, scores=tuple(scores))

    def _held_out(self, port: Port, path: Path) -> Candidates:
        speaks, unit = load(path)
        function = callable_named(unit, port.name)
        subject = Subject(
            language=speaks, unit=unit, function=function, signature=function.signature, sandbox=self.sandbox
        )
        wish = Wish(repair=0, verdict=self.settings.n_inputs, seed=self.settings.seed + HELD_OUT)
        return Candidates(
            language=LANGUAGES[port.language], shell=skeleton(port.language, path.stem), name=port.name,
            oracle=sets_of(subject, POLICY, LIMITS, wish).verdict, policy=POLICY, sandbox=self.sandbox, limits=PATIENT,
        )  # fmt: skip

    def _scores(
        self, port: Port, path: Path, preset: Preset, model: Model, *, judge: Candidates, key: str
    ) -> list[Score]:
        config = TranslateConfig(
            source=path, to=port.language, function=port.name, policy=POLICY, seed=self.settings.seed, preset=preset,
            without=self.settings.without if preset is Preset.SEMALIGN else frozenset(),
            budget=BudgetConfig(calls=self.settings.calls), wall_s=LIMITS.wall_s, memory_mib=LIMITS.memory_mib,
        )  # fmt: skip
        journal = Journal(self.folder / "journals" / f"{digest(key, preset)}.jsonl")
        systems = _SYSTEMS[preset]
        try:
            made = translate(config, self.sandbox, model, journal=journal)
        except ModelError as exc:
            return [Score(system=name, passed=None, note=f"the model failed: {exc}") for name in systems]
        except ConfigError as exc:
            return [Score(system=name, passed=False, note=f"refused: {exc}", answer="refused") for name in systems]
        ours = _score(systems[-1], made.text, judge, made, fresh=not journal.n_skipped)
        return [*(_score(name, made.draft, judge) for name in systems[:-1]), ours]


def _score(system: str, text: str, judge: Candidates, made: Translation | None = None, *, fresh: bool = True) -> Score:
    """The text on the held-out inputs; with what led to it, where it is the last one."""
    shown = judge.run(text)
    failed = [number for number, passed in enumerate(shown.passed) if not passed]
    inputs = judge.oracle.inputs
    spent = list(made.spent.values()) if made is not None else []
    return Score(
        system=system,
        passed=shown.solved,
        n_failed=len(failed),
        note=next(iter(shown.notes), ""),
        failing=", ".join(show(value, 200) for value in inputs[failed[0]]) if failed and shown.builds else "",
        answer=made.answer.value if made is not None else "",
        n_calls=sum(one.calls for one in spent),
        n_tokens=sum(one.tokens for one in spent),
        model_s=round(made.model_s, 3) if made is not None else 0.0,
        wall_s=round(made.wall_s, 3) if made is not None else 0.0,
        fresh=fresh,
        stopped=made.stopped if made is not None else "",
        text=text,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.translation",
        description="Translations that are right on held-out inputs. The bars: ours significantly above its own "
        "draft and the paper's preset; no draft that was right ends wrong; of those said to be equivalent at most "
        "0.5 % fail; half of the functions take at most 8 s without the model.",
        epilog="example: python -m benchmarks.translation ../data --model gold --n 12",
    )
    pairs = [f"{source}2{target}" for source, target in DIRECTIONS]
    parser.add_argument("data", nargs="?", help="data folder; default: the environment variable SEMALIGN_DATA")
    parser.add_argument("--model", default="", help=f"as `semalign translate` takes it, or {' or '.join(NAMES)}")
    parser.add_argument("--replies", type=Path, help="a recording; a --model is asked for what it lacks")
    parser.add_argument("--n", type=int, default=10_000, help="functions, the directions in turn (default: all)")
    parser.add_argument("--skip", type=int, default=0, help="of these, the first that are left out, to go on elsewhere")
    parser.add_argument("--pair", action="append", choices=pairs, default=[], help="a direction; may be repeated")
    parser.add_argument("--set", action="append", choices=ORIGINS, default=[], help="tasks (default: both)")
    parser.add_argument("--only", default="", help="functions whose id matches this pattern")
    parser.add_argument("--preset", choices=("both", *(one.value for one in Preset)), default="both")
    parser.add_argument("--without", action="append", choices=[one.value for one in Agent], default=[],
                        help="an agent of ours that is switched off; may be repeated")  # fmt: skip
    parser.add_argument("--calls", type=int, default=8, help="of the model, a function and preset")
    parser.add_argument("--inputs", "--honesty-inputs", type=int, default=1000, help="held out, a function")
    parser.add_argument("--jobs", type=int, default=1, help="functions at a time")
    parser.add_argument(
        "--work", type=Path, help="folder of journals and results, to go on from; default: a temporary one"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object a function")
    return parser


def measured(bench: Bench, chosen: Sequence[Port], jobs: int, tell: Callable[[Result], None]) -> list[Result]:
    """All of them, in order; each is told as soon as it and those before it are done."""
    found = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        for number, result in enumerate(pool.map(bench.result, chosen), start=1):
            print(f"{number}/{len(chosen)} {line(result)}", file=sys.stderr, flush=True)
            tell(result)
            found.append(result)
    return found


def main() -> None:
    """Translate, judge, print."""
    given = _parser().parse_args()
    wanted = ports(data_folder(given.data), origins=given.set or ORIGINS, pairs=given.pair, seed=given.seed)
    chosen = [port for port in wanted if re.search(given.only, port.id)][given.skip : given.n]
    presets = tuple(Preset) if given.preset == "both" else (Preset(given.preset),)
    model = None if given.model in NAMES or (given.replies and not given.model) else open_model(given.model)
    if given.replies:
        model = kept(given.replies, model)
    folder = given.work or Path(tempfile.mkdtemp(prefix="semalign-translation-"))
    settings = Settings(
        model=model.name if model is not None else given.model, presets=presets,
        without=frozenset(map(Agent, given.without)), calls=given.calls, n_inputs=given.inputs, seed=given.seed,
    )  # fmt: skip
    with open_sandbox() as sandbox:
        bench = Bench(
            sandbox=sandbox, folder=folder, settings=settings, version=code_version(),
            results=Journal(folder / "results.jsonl"), model=model,
        )  # fmt: skip

        def tell(result: Result) -> None:
            if given.json:
                print(json.dumps(asdict(result)), flush=True)

        found = measured(bench, chosen, given.jobs, tell)
    if not given.json:
        print(table(found, settings.systems))


if __name__ == "__main__":
    main()
