"""How many small programs a core grades in a second: the warm sandbox against a process for each program.

The baseline is `benchmarks.inprocess_grader`. Programs come in two forms: a function that is called, and a program that
reads its input and prints; most of LiveCodeBench's are of the second. In both of our ways (a child for each program, a
child for each test of it) the expected values stay in the parent, which the baseline does not offer.

    python -m benchmarks.sandbox_throughput --n 300
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial

from benchmarks import inprocess_grader
from benchmarks.graded_programs import N_CASES, PRELUDE, Form, Program, printed_alike, programs
from semalign.sandbox import Cause, Limits, Sandbox, Script, open_sandbox

WALL_S = 6.0  # seconds, as the baseline's default
BAR_PROGRAM, BAR_CASE = 30.0, 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of grading programs of one form, measured."""

    way: str
    form: Form
    n_programs: int
    wall_s: float
    cpu_s: float
    n_agree: int  # verdicts that are what the generator knows them to be
    seconds: tuple[float, ...]  # CPU seconds of each batch, a program

    @property
    def per_core(self) -> float:
        """Programs in a second of one core: by CPU time, which waits and neighbours do not change."""
        return self.n_programs / self.cpu_s


# ---------------------------------------------------------------------------------------------------------- ours

_CALLS = """
import json as _json
_answers = [solution(_json.loads(_line)) for _line in _json.loads(input())]
print()
print(_json.dumps(_answers))
"""
_FEEDS = """
import io as _io, json as _json, sys as _sys
_code, _real = compile(_SOURCE, "main.py", "exec"), (_sys.stdin, _sys.stdout)
_answers = []
for _text in _json.loads(input()):
    _sys.stdin, _sys.stdout = _io.StringIO(_text), _io.StringIO()
    exec(_code, {"__name__": "__main__"})
    _answers.append(_sys.stdout.getvalue())
_sys.stdin, _sys.stdout = _real
print()
print(_json.dumps(_answers))
"""


def one_child_a_program(sandbox: Sandbox, program: Program) -> bool:
    """The child runs every input and returns what came of it; the parent compares."""
    if program.form is Form.CALL:
        source = PRELUDE + program.source + _CALLS
    else:
        source = f"_SOURCE = {PRELUDE + program.source!r}\n" + _FEEDS
    given = json.dumps(program.inputs).encode() + b"\n"
    return _is_right(program.form, _answers(sandbox, source, given), program.expected)


def one_child_a_case(sandbox: Sandbox, program: Program) -> bool:
    """A fresh child for each input; stops at the first that is wrong, as graders do."""
    for text, expected in zip(program.inputs, program.expected, strict=True):
        if program.form is Form.CALL:
            given = json.dumps([text]).encode() + b"\n"
            answers = _answers(sandbox, PRELUDE + program.source + _CALLS, given)
        else:
            limits = Limits(wall_s=WALL_S)
            outcome = sandbox.run(Script(source=PRELUDE + program.source), stdin=text.encode(), limits=limits)
            answers = [outcome.stdout.decode(errors="replace")] if outcome.cause is Cause.OK else None
        if not _is_right(program.form, answers, [expected]):
            return False
    return True


def _answers(sandbox: Sandbox, source: str, given: bytes) -> object:
    outcome = sandbox.run(Script(source=source), stdin=given, limits=Limits(wall_s=WALL_S))
    if outcome.cause is not Cause.OK:
        return None
    try:
        return json.loads(outcome.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return None


def _is_right(form: Form, answers: object, expected: Sequence[object]) -> bool:
    if not isinstance(answers, list) or len(answers) != len(expected):
        return False
    pairs = zip(answers, expected, strict=True)
    if form is Form.CALL:
        return all(answer == value for answer, value in pairs)
    return all(isinstance(answer, str) and printed_alike(answer, str(value)) for answer, value in pairs)


# ----------------------------------------------------------------------------------------------------- measuring


def _cpu_below(pids: Sequence[int]) -> float:
    """CPU seconds of living processes and of the children that they have collected."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - of many, and often
            ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _descendants() -> list[int]:
    found, below = [], [os.getpid()]
    while below:
        pid = below.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
                with open(f"/proc/{pid}/task/{task}/children") as file:  # noqa: PTH123
                    below += map(int, file.read().split())
        except FileNotFoundError:
            continue
    return found


def measure(way: str, grade: Callable[[Program], bool], given: Sequence[Program], *, batch: int = 10) -> Row:
    """CPU and wall time, in batches, so that the spread can be seen."""
    grade(given[0])
    seconds, n_agree = [], 0
    started = time.monotonic()
    for first in range(0, len(given), batch):
        part = given[first : first + batch]
        before = _cpu_below(_descendants())
        verdicts = [grade(program) for program in part]
        seconds.append((_cpu_below(_descendants()) - before) / len(part))
        n_agree += sum(verdict == program.is_right for verdict, program in zip(verdicts, part, strict=True))
    wall_s = time.monotonic() - started
    cpu_s = sum(seconds) / len(seconds) * len(given)
    return Row(way=way, form=given[0].form, n_programs=len(given), wall_s=wall_s, cpu_s=cpu_s, n_agree=n_agree,
               seconds=tuple(seconds))  # fmt: skip


def interval(slow: Row, fast: Row, *, seed: int = 0, n_resamples: int = 2000) -> tuple[float, float, float]:
    """How many times more programs a core grades: the ratio, and its 95% percentile bootstrap interval over batches."""
    drawn = random.Random(seed)

    def mean(values: Sequence[float]) -> float:
        return sum(values) / len(values)

    ratios = sorted(
        mean(drawn.choices(slow.seconds, k=len(slow.seconds))) / mean(drawn.choices(fast.seconds, k=len(fast.seconds)))
        for _ in range(n_resamples)
    )
    ratio = mean(slow.seconds) / mean(fast.seconds)
    return ratio, ratios[int(0.025 * n_resamples)], ratios[int(0.975 * n_resamples)]


def run(form: Form, n: int, n_baseline: int, seed: int) -> tuple[list[Row], str]:
    """Every way over the same programs; the baselines over the first of them, since they are slow."""
    import numpy  # noqa: F401 - so that a forked child inherits it, as it would from the grader

    given = programs(n, form, seed=seed)
    with open_sandbox(workers=1) as sandbox:
        ours = [
            measure("one child a program", partial(one_child_a_program, sandbox), given),
            measure("one child a case", partial(one_child_a_case, sandbox), given),
        ]
        tier = sandbox.tier.value
    theirs = [
        measure(
            f"in process, {start}", partial(inprocess_grader.grade, multiprocessing.get_context(start)),
            given[:n_baseline],
        )
        for start in ("fork", "spawn")
    ]  # fmt: skip
    return [*ours, *theirs], tier


def ratios(rows: Sequence[Row]) -> dict[str, tuple[float, float, float]]:
    """How many times more programs a core grades, with the interval, for each pair of ways."""
    ours, theirs = rows[:2], rows[2:]
    return {f"{one.way} / {other.way}": interval(other, one) for other in theirs for one in ours}


def table(form: Form, rows: Sequence[Row]) -> str:
    """The rows of one form, and whether the bars are reached."""
    lines = [f"{form.value + ' programs':<28}{'n':>5}{'agree':>7}{'ms wall':>9}{'ms CPU':>8}{'a second of a core':>20}"]
    for row in rows:
        wall_ms, cpu_ms = row.wall_s / row.n_programs * 1e3, row.cpu_s / row.n_programs * 1e3
        lines.append(
            f"{row.way:<28}{row.n_programs:>5}{row.n_agree:>7}{wall_ms:>9.1f}{cpu_ms:>8.1f}{row.per_core:>20.1f}"
        )
    for name, (ratio, low, high) in ratios(rows).items():
        bar = BAR_PROGRAM if name.startswith("one child a program") else BAR_CASE
        lines.append(f"  {name:<46}{ratio:>7.1f} times [{low:.1f}, {high:.1f}]  bar {bar:g}"
                     f" {'reached' if ratio >= bar else 'MISSED'}")  # fmt: skip
    return "\n".join(lines)


def main() -> int:
    """Measure, print, compare with the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=300, help="programs of each form, of ten tests each (default 300)")
    parser.add_argument("--baseline", type=int, default=100, help="how many of them the baseline grades (default 100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object a form instead of the tables")
    chosen = parser.parse_args()
    right = True
    for form in (Form.STDIN, Form.CALL):
        rows, tier = run(form, chosen.n, min(chosen.baseline, chosen.n), chosen.seed)
        right = right and all(row.n_agree == row.n_programs for row in rows)
        if chosen.json:
            print(json.dumps({"form": form, "tier": tier, "rows": [asdict(row) for row in rows],
                              "ratios": ratios(rows)}))  # fmt: skip
        else:
            print(f"tier {tier}, {N_CASES} tests a program, Python {sys.version.split()[0]}, "
                  f"load {os.getloadavg()[0]:.1f}")  # fmt: skip
            print(table(form, rows) + "\n")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
