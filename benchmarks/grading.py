"""How many programs a core judges in a second, and whether a broken machine or a cheat can change a verdict.

Three questions. *Rate*: the judge, isolation on, against `benchmarks.inprocess_grader` on the same programs, whose
truth is known, interleaved, by CPU time. *Faults*: a share of sandbox runs fails as a machine does; none may count
against a program. *Cheats*: which of `tests/fixtures/exploits` that read the answer or fake the verdict pass the
baseline; this one is run in an outer box, on a host that can't be written to.

    python -m benchmarks.grading --n 60
"""

import argparse
import multiprocessing
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import inprocess_grader
from benchmarks.graded_programs import PRELUDE, Form, Program, programs
from benchmarks.sandbox_hostile import outer_box
from benchmarks.sandbox_throughput import Row, interval, measure
from semalign.core.errors import SandboxError
from semalign.grading.case import CallCase, StreamCase, Suite
from semalign.grading.judge import Isolation, Judge, JudgeConfig
from semalign.grading.self_test import check_judge
from semalign.grading.verdict import Verdict
from semalign.sandbox import Limits, Outcome, Sandbox, Tier, open_sandbox
from semalign.sandbox.model import Program as Runnable
from semalign.sandbox.model import Service
from semalign.values.model import Int, List, Text, Value

N_CASES = (1, 10, 50)
BAR_AT_10, BAR_ANYWHERE = 20.0, 10.0  # times the baseline's programs per core
FAULTS = 0.05
EXPLOITS = Path(__file__).parent.parent / "tests" / "fixtures" / "exploits"
PATIENCE_S = 40.0  # more than the baseline allows itself for four tests
_INSIDE = "SEMALIGN_INSIDE_OUTER_BOX"
_PASSED, _FAILED = 70, 71  # exit codes inside the outer box


def suite(program: Program) -> Suite:
    """A program's tests as typed cases."""
    pairs = list(zip(program.inputs, program.expected, strict=True))
    limits = Limits(wall_s=float(inprocess_grader.WALL_S))
    if program.form is Form.STDIN:
        streams = (StreamCase(case_id=str(k), stdin=text, expected=str(said)) for k, (text, said) in enumerate(pairs))
        return Suite(cases=tuple(streams), limits=limits)
    calls = (
        CallCase(case_id=str(k), args=(Int(int(text)),), expected=_value(expected))
        for k, (text, expected) in enumerate(pairs)
    )
    return Suite(entry="solution", cases=tuple(calls), limits=limits)


def _value(held: object) -> Value:
    if isinstance(held, list):
        return List(tuple(map(_value, held)))
    return Text(held) if isinstance(held, str) else Int(int(str(held)))


def judged(judge: Judge, program: Program) -> bool:
    """The judge's word, with the same lines in front of the program as the baseline puts there."""
    return judge.judge(PRELUDE + program.source, suite(program)).passed


# -------------------------------------------------------------------------------------------------------------- rate


def rates(form: Form, n_cases: int, n: int, seed: int, sandbox: Sandbox) -> list[Row]:
    """The judge's two isolations, then the baseline, in turns of ten programs."""
    context = multiprocessing.get_context("fork")
    ways: dict[str, Callable[[Program], bool]] = {
        f"judge, a process a {isolation}": partial(judged, Judge(sandbox, JudgeConfig(isolation=isolation)))
        for isolation in Isolation
        if form is Form.CALL or isolation is Isolation.CASE  # what reads its input never shares one
    }
    ways["in process"] = partial(inprocess_grader.grade, context)
    given = programs(n, form, seed=seed, n_cases=n_cases)
    found: dict[str, list[Row]] = {way: [] for way in ways}
    for first in range(0, n, 10):
        for way, grade in ways.items():
            found[way].append(measure(way, grade, given[first : first + 10], batch=5))
    return [_joined(rows) for rows in found.values()]


def _joined(rows: Sequence[Row]) -> Row:
    return replace(
        rows[0],
        n_programs=sum(row.n_programs for row in rows),
        wall_s=sum(row.wall_s for row in rows),
        cpu_s=sum(row.cpu_s for row in rows),
        n_agree=sum(row.n_agree for row in rows),
        seconds=tuple(second for row in rows for second in row.seconds),
    )


# ------------------------------------------------------------------------------------------------------------ faults


class Failing:
    """A sandbox of which a share of the runs fails, drawn from a seed."""

    def __init__(self, inner: Sandbox, share: float, seed: int) -> None:
        self._inner, self._share = inner, share
        self._drawn = random.Random(seed)
        self._lock = threading.Lock()
        self.n_runs = self.n_failed = 0

    @property
    def tier(self) -> Tier:
        """Of the one that works."""
        return self._inner.tier

    def run(self, program: Runnable, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """Fails, or runs."""
        with self._lock:
            self.n_runs += 1
            fails = self._drawn.random() < self._share
            self.n_failed += fails
        if fails:
            raise SandboxError("no room for another process")
        return self._inner.run(program, stdin=stdin, limits=limits)

    def serve(self, *_args: object, **_named: object) -> Service:
        """Not asked for here."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faulty:
    """Verdicts while the machine fails."""

    n_runs: int
    n_failed: int
    n_unscored: int
    n_false: int  # right programs that failed, and wrong ones that passed


def with_faults(sandbox: Sandbox, n: int, seed: int) -> Faulty:
    """Judge known programs, a process a case, so that faults come in the middle of suites."""
    failing = Failing(sandbox, FAULTS, seed)
    given = [program for form in Form for program in programs(n, form, seed=seed)]
    judge = Judge(failing, JudgeConfig(isolation=Isolation.CASE))
    verdicts: list[Verdict] = list(judge.judge_all((program.source, suite(program)) for program in given))
    pairs = list(zip(given, verdicts, strict=True))
    return Faulty(
        n_runs=failing.n_runs,
        n_failed=failing.n_failed,
        n_unscored=sum(not verdict.scorable for verdict in verdicts),
        n_false=sum(verdict.scorable and verdict.passed != program.is_right for program, verdict in pairs),
    )


# ------------------------------------------------------------------------------------------------------------ cheats


def passes(path: Path) -> bool:
    """Whether the baseline takes an exploit for right. Inside the outer box only."""
    source = path.read_text(encoding="utf-8")
    inputs = (5, 11, 40, 123)
    answers = [n * n % 1009 + 17 for n in inputs]
    form = Form.STDIN if "# Form: stdin" in source else Form.CALL
    expected = tuple(map(str, answers)) if form is Form.STDIN else tuple(answers)
    program = Program(form=form, source=source, inputs=tuple(map(str, inputs)), expected=expected, is_right=False)
    return inprocess_grader.grade(multiprocessing.get_context("fork"), program)


def cheats() -> dict[str, str]:
    """What the baseline says of each exploit: "passed" or "failed", or that it "hung", which stops a training run."""
    found = {}
    for path in sorted([*EXPLOITS.glob("read_the_answer/*.py"), *EXPLOITS.glob("fake_the_verdict/*.py")]):
        command = outer_box(["-m", "benchmarks.grading", "--cheat", str(path)])
        try:
            ran = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
            )
        except subprocess.TimeoutExpired:
            found[path.stem] = "hung"
            continue
        if ran.returncode not in (_PASSED, _FAILED):
            sys.exit(f"{path.stem} did not run: {ran.stderr.decode(errors='replace').strip()[-500:]}")
        found[path.stem] = "passed" if ran.returncode == _PASSED else "failed"
    return found


def _print_rates(form: Form, n_cases: int, rows: Sequence[Row]) -> bool:
    *ours, theirs = rows
    held = True
    for row in rows:
        print(f"{form:<6}{n_cases:>4} tests  {row.way:<28}{row.n_agree:>5}/{row.n_programs}"
              f"{row.cpu_s / row.n_programs * 1e3:>9.1f} ms{row.per_core:>9.1f} a second of a core")  # fmt: skip
    for row in ours:
        ratio, low, high = interval(theirs, row)
        is_bar = form is Form.CALL and row.way.endswith(Isolation.PROGRAM)
        bar = BAR_AT_10 if n_cases == 10 else BAR_ANYWHERE
        held = held and (not is_bar or ratio >= bar)
        said = f"  bar {bar:g} {'reached' if ratio >= bar else 'MISSED'}" if is_bar else ""
        print(f"       {row.way} / in process: {ratio:.1f} times [{low:.1f}, {high:.1f}]{said}")
    return held and all(row.n_agree == row.n_programs for row in ours)


def main() -> int:
    """Measure, print, compare with the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=60, help="programs of each form and number of tests (default 60)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cheat", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.cheat:
        if _INSIDE not in os.environ:
            parser.error("an exploit is only run in an outer box")
        return _PASSED if passes(chosen.cheat) else _FAILED
    import numpy  # noqa: F401 - so that a forked child inherits it, as it would from the grader

    held = True
    with open_sandbox(workers=2) as sandbox:
        check_judge(Judge(sandbox))
        print(f"tier {sandbox.tier}, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}")
        for form in Form:
            for n_cases in N_CASES:
                held = _print_rates(form, n_cases, rates(form, n_cases, chosen.n, chosen.seed, sandbox)) and held
        faulty = with_faults(sandbox, chosen.n, chosen.seed)
        print(f"\nfaults: {faulty.n_failed} of {faulty.n_runs} runs failed; {faulty.n_unscored} of {2 * chosen.n} "
              f"programs unscored, {faulty.n_false} judged falsely")  # fmt: skip
    said = cheats()
    for word in ("passed", "hung"):
        names = [name for name, what in said.items() if what == word]
        print(f"cheats: of {len(said)}, {len(names)} {word} in process: {', '.join(names)}")
    return 0 if held and faulty.n_false == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
