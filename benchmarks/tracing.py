"""How well every language is parsed, run and traced, and what tracing costs.

    python -m benchmarks.tracing DATA [--language python] [--json] [--limit N] [--skip-overhead]

Each function of the GfG set and each program of the TransAGENT set is run plain and instrumented; the two must agree in
result, arguments, exception and output, and the trace must be whole. Everything that fails is listed with its reason.
"""

import argparse
import dataclasses
import json
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.data import ParallelFunction, Task, data_folder, gfg_functions, gfg_inputs, transagent_tasks
from semalign.core.errors import SemalignError
from semalign.core.metrics import Rate, rate
from semalign.languages import LANGUAGES
from semalign.languages.protocol import Executable, Language, Mode
from semalign.languages.python import PythonLanguage
from semalign.languages.python_run import PythonExecutable
from semalign.sandbox import Limits, Outcome, Sandbox, open_sandbox
from semalign.traces.trace import Run
from semalign.values.model import Value

LIMITS = Limits(wall_s=5.0, memory_mib=1024)
BAR_PERCENT = 98.0
BARS_OVERHEAD = {"python": 5.0, "java": 20.0, "cpp": 20.0, "python, final values": 2.0}
N_RUNS = 7
N_OVERHEAD = 40  # functions whose overhead is measured


@dataclass(frozen=True, slots=True)
class Check:
    """One program: "" or why it is not right."""

    id: str
    problem: str = ""
    stage: str = ""  # where it failed: parse, build, run, trace, differs


@dataclass(frozen=True, slots=True)
class Overhead:
    """Factors of run time over plain, one a function."""

    what: str
    factors: tuple[float, ...]
    plain_ms: float  # median
    whole_factors: tuple[float, ...] = ()  # with what is left to write when the function has returned

    @property
    def median(self) -> float:
        """The middle factor of the whole run where the guest tells it, else until the function returns; 0: neither."""
        factors = self.whole_factors or self.factors
        return median(factors) if factors else 0.0


def check_function(
    language: Language, item: ParallelFunction, inputs: list[tuple[Value, ...]], sandbox: Sandbox
) -> Check:
    """Parse, outline, run plain and traced, compare."""
    built = _built(language, item, sandbox)
    if isinstance(built, Check):
        return built
    plain, traced = (made.run(inputs, sandbox, limits=LIMITS) for made in built)
    for number, (one, other) in enumerate(zip(plain, traced, strict=True)):
        problem = _difference(one, other)
        if problem:
            again = built[0].run([inputs[number]], sandbox, limits=LIMITS)[0]
            if _seen(again) != _seen(one):
                problem = f"two plain runs differ ({problem})"
            return Check(item.id, f"input {number}: {problem}", "differs")
        if other.trace is None or other.trace.void:
            return Check(item.id, other.trace.void if other.trace else "no trace", "trace")
        if other.cause in ("ok", "exception") and not (other.trace.complete and other.trace.events):
            return Check(item.id, f"input {number}: the trace is not whole", "trace")
    if not any(run.cause in ("ok", "exception") for run in plain):
        return Check(item.id, f"no input ran: {plain[0].cause} {plain[0].detail}", "run")
    return Check(item.id)


def _built(language: Language, item: ParallelFunction, sandbox: Sandbox) -> tuple[Executable, Executable] | Check:
    name = item.names[language.name]
    try:
        unit = language.parse(item.sources[language.name], f"{item.id}{language.suffixes[0]}")
        function = next((found for found in unit.functions if found.name == name), None)
        if function is None or len(function.outline.blocks) < 2:
            return Check(item.id, f"no outline of {name}", "parse")
        made = [language.build(unit, function, sandbox, mode=mode) for mode in (Mode.PLAIN, Mode.TRACED)]
    except SemalignError as exc:
        return Check(item.id, str(exc), "parse")
    for build in made:
        if isinstance(build, Outcome):
            return Check(item.id, build.stderr.decode("utf-8", "replace").strip()[:300], "build")
    plain, traced = made
    assert not isinstance(plain, Outcome)
    assert not isinstance(traced, Outcome)
    return plain, traced


def check_task(language: Language, item: Task, sandbox: Sandbox) -> Check:
    """Run the whole program plain and traced, compare what it prints and how it ends."""
    try:
        unit = language.parse(item.program, item.id)
        plain = language.run_program(unit, sandbox, limits=LIMITS)
        traced, run = language.trace_program(unit, sandbox, limits=LIMITS)
    except SemalignError as exc:
        return Check(item.id, str(exc), "parse")
    if (plain.cause, plain.exit_code, plain.stdout) != (traced.cause, traced.exit_code, traced.stdout):
        said = traced.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        return Check(item.id, f"{plain.cause.value} became {traced.cause.value}: {said}", "differs")
    if plain.cause.value not in ("ok", "exception"):
        return Check(
            item.id, f"{plain.cause.value} {plain.detail} {plain.stderr[:200].decode('utf-8', 'replace')}", "run"
        )
    if run.trace is None or run.trace.void or not run.trace.events:
        return Check(item.id, (run.trace.void if run.trace else "") or "no events", "trace")
    return Check(item.id)


def _seen(run: Run) -> tuple[object, ...]:
    return run.cause, run.result, run.arguments, run.raised, run.stdout


def _difference(one: Run, other: Run) -> str:
    names = ("cause", "result", "arguments", "exception", "output")
    pairs = zip(names, _seen(one), _seen(other), strict=True)
    return next((f"{name}: {str(a)[:120]} became {str(b)[:120]}" for name, a, b in pairs if a != b), "")


def overhead(language: Language, data: Path, sandbox: Sandbox, *, final_values: bool = False) -> Overhead:
    """Factors over plain for a spread of functions; the time is taken inside the guest, start-up left out."""
    factors: list[float] = []
    whole: list[float] = []
    times: list[float] = []
    functions = gfg_functions(data)
    for item in functions[:: max(1, len(functions) // N_OVERHEAD)]:
        built = _built(language, item, sandbox)
        inputs = gfg_inputs(data, item.id)
        if isinstance(built, Check) or not inputs:
            continue
        plain, traced = built
        if final_values and isinstance(language, PythonLanguage):
            traced = _final_values(language, item)
        seconds = [_seconds(made, inputs, sandbox) for made in (plain, traced)]
        if all(seconds):
            factors.append(seconds[1] / seconds[0])
            if isinstance(traced, PythonExecutable):
                counted = dataclasses.replace(traced, count_writing=True)
                whole.append(_seconds(counted, inputs, sandbox) / seconds[0])
            times.append(seconds[0] * 1000)
    name = f"{language.name}, final values" if final_values else language.name
    return Overhead(name, tuple(factors), median(times) if times else 0.0, tuple(whole))


def _final_values(language: PythonLanguage, item: ParallelFunction) -> Executable:
    unit = language.parse(item.sources["python"])
    function = next(found for found in unit.functions if found.name == item.names["python"])
    return language.prepare(unit, function, mode=Mode.TRACED, final_values=True)


def _seconds(made: Executable, inputs: Sequence[Sequence[Value]], sandbox: Sandbox) -> float:
    """Median over runs of the time that all inputs took; 0 where the guest does not tell."""
    totals = [sum(run.wall_s for run in made.run(inputs, sandbox, limits=LIMITS)) for _ in range(N_RUNS)]
    return median(totals)


def main() -> int:
    """0 when every bar is met, 1 when one is missed."""
    options = _options()
    data = data_folder(options.data)
    sandbox = open_sandbox()
    report: dict[str, object] = {"python_version": platform.python_version(), "tier": sandbox.tier.value}
    met = True
    try:
        for language in [LANGUAGES[name] for name in options.language or LANGUAGES]:
            if language.missing():
                print(f"{language.name}: {language.missing()}", file=sys.stderr)
                continue
            found = _measured(language, data, sandbox, options)
            report[language.name] = found
            met &= bool(found["met"])
    finally:
        sandbox.close()
    if options.json:
        print(json.dumps(report, indent=1))
    return 0 if met else 1


def _measured(language: Language, data: Path, sandbox: Sandbox, options: argparse.Namespace) -> dict[str, object]:
    sets: dict[str, Iterator[Check]] = {
        "gfg": (
            check_function(language, item, gfg_inputs(data, item.id), sandbox)
            for item in gfg_functions(data)[: options.limit]
        ),
        "transagent": (
            check_task(language, item, sandbox) for item in transagent_tasks(data, language.name)[: options.limit]
        ),
    }
    say: Callable[[str], None] = (lambda line: None) if options.json else print
    found: dict[str, object] = {}
    everything: list[Check] = []
    for name, checks in sets.items():
        done = list(checks)
        say(_line(language, name, done))
        failed = [check for check in done if check.problem]
        for check in failed:
            say(f"    {check.stage:8}{check.id}: {check.problem}")
        found[name] = dataclasses.asdict(_share(done))
        found[f"{name}_failed"] = [dataclasses.asdict(check) for check in failed]
        everything += done
    share = _share(everything)
    met = 100 * share.value >= BAR_PERCENT
    say(f"{_line(language, 'all', everything)}  bar {BAR_PERCENT:.0f} %: {'met' if met else 'missed'}")
    found["all"] = dataclasses.asdict(share) | {"met": met}
    if not options.skip_overhead:
        met &= _tell_overhead(language, data, sandbox, found, say)
    return found | {"met": met}


def _share(done: Sequence[Check]) -> Rate:
    return rate(sum(not check.problem for check in done), len(done))


def _line(language: Language, name: str, done: Sequence[Check]) -> str:
    return f"{language.name:8}{name:12}{_share(done)}"


def _tell_overhead(
    language: Language, data: Path, sandbox: Sandbox, found: dict[str, object], say: Callable[[str], None]
) -> bool:
    met = True
    for final_values in (False, True) if language.name == "python" else (False,):
        cost = overhead(language, data, sandbox, final_values=final_values)
        bar = BARS_OVERHEAD[cost.what]
        ok = bool(cost.factors) and cost.median <= bar
        met &= ok
        spread = sorted(cost.factors)
        say(
            f"{cost.what:22} until the function returns x{median(spread):.1f} (n={len(spread)}, plain"
            f" {cost.plain_ms:.3f} ms, from x{spread[0]:.1f} to x{spread[-1]:.1f})"
            + (f"; whole run, writing included x{cost.median:.1f}" if cost.whole_factors else "")
            + f"  bar x{bar:.0f}: {'met' if ok else 'missed'}"
            if spread
            else f"{cost.what:22} run time not told by the guest"
        )
        found[f"overhead: {cost.what}"] = {
            "median": cost.median,
            "until_return": median(cost.factors) if cost.factors else None,
            "factors": spread,
            "plain_ms": cost.plain_ms,
            "with_writing": median(cost.whole_factors) if cost.whole_factors else None,
            "met": ok,
        }
    return met


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", help="folder laid out like the public data; default: SEMALIGN_DATA")
    parser.add_argument("--language", action="append", choices=sorted(LANGUAGES), help="default: all")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--limit", type=int, help="only the first N of each set")
    parser.add_argument("--skip-overhead", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
