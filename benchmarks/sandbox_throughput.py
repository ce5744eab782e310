"""How many small programs a core grades in a second: the warm sandbox against a process for each program.

The baseline is written from what is known of LiveCodeBench's grader, and copies none of it. For each program it starts
a `multiprocessing.Process` and a `Manager` that carries the results back; the process patches dangerous functions away
(as `reliability_guard` does), arms `signal.alarm`, executes the candidate inside itself and compares each test there.
Two ways of starting are shown. `fork` is what Linux gives to Python 3.11 by default: the child inherits the grader's
imports. `spawn` starts a fresh interpreter that imports them again, as macOS does and as one must when the caller has
threads or a GPU. The grader's own imports are those of the standard library plus numpy, which its candidates may use.

In both of our ways the expected values stay in the parent, which the baseline does not offer: it hands them to the
process that runs the candidate.

    python benchmarks/sandbox_throughput.py --n 300
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
from multiprocessing.context import BaseContext
from typing import Any

from semalign.sandbox import Cause, Limits, Sandbox, Script, open_sandbox

N_CASES = 10
WALL_S = 6.0  # seconds a test may take, as the baseline's default
BAR_PROGRAM, BAR_CASE = 30.0, 8.0
_COLLATZ = """steps = 0
    n += {a}
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps"""
_FIBONACCI = """from functools import lru_cache
    @lru_cache(None)
    def f(k):
        return k if k < 2 else f(k - 1) + f(k - 2)
    return f(n + {a})"""
_PAIRS = "return [[i, j] for i in range(n) for j in range(i) if (i + j) % {a} == 0]"
_FAMILIES: tuple[tuple[str, Callable[[int, int], object]], ...] = (  # a body, and what it must return
    ("return sum(i * i for i in range(n + {a}))", lambda n, a: sum(i * i for i in range(n + a))),
    ("return sorted(str(n * {a} + 7))", lambda n, a: sorted(str(n * a + 7))),
    (_PAIRS, lambda n, a: [[i, j] for i in range(n) for j in range(i) if (i + j) % a == 0]),
    (_COLLATZ, lambda n, a: _collatz(n + a)),
    (_FIBONACCI, lambda n, a: _fibonacci(n + a)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A candidate with its tests; a fifth of the candidates are wrong."""

    source: str
    inputs: tuple[int, ...]
    expected: tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One way of grading, measured."""

    way: str
    at_once: int
    n_programs: int
    wall_s: float
    cpu_s: float
    n_agree: int  # verdicts that are what the generator knows them to be
    seconds: tuple[float, ...]  # CPU seconds of each batch, a program

    @property
    def per_core(self) -> float:
        """Programs in a second of one core: by CPU time, which waits and neighbours do not change."""
        return self.n_programs / self.cpu_s


def _collatz(n: int) -> int:
    steps = 0
    while n != 1:
        n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1
    return steps


def _fibonacci(n: int) -> int:
    low, high = 0, 1
    for _ in range(n):
        low, high = high, low + high
    return low


def programs(n: int, *, seed: int) -> list[Program]:
    """Small functions of one number, with what they must return."""
    drawn = random.Random(seed)
    found = []
    for number in range(n):
        body, truth = drawn.choice(_FAMILIES)
        a = drawn.randrange(2, 9)
        inputs = tuple(drawn.randrange(1, 30) for _ in range(N_CASES))
        expected = tuple(truth(n, a) for n in inputs)
        wrong = "    n = n + 1\n" if number % 5 == 0 else ""
        source = f"def solution(n):\n{wrong}    {body.format(a=a)}\n"
        found.append(Program(source=source, inputs=inputs, expected=expected))
    return found


def _is_right(program: Program) -> bool:
    scope: dict[str, Any] = {}
    exec(program.source, scope)
    return all(scope["solution"](n) == value for n, value in zip(program.inputs, program.expected, strict=True))


# ---------------------------------------------------------------------------------------------------------- ours


def one_child_a_program(sandbox: Sandbox, program: Program) -> bool:
    """The child runs every input and returns the values; the parent compares."""
    calls = "import json\nprint()\nprint(json.dumps([solution(n) for n in json.loads(input())]))\n"
    outcome = sandbox.run(
        Script(source=program.source + calls),
        stdin=json.dumps(program.inputs).encode() + b"\n",
        limits=Limits(wall_s=WALL_S),
    )
    return _values(outcome.cause, outcome.stdout) == list(program.expected)


def one_child_a_case(sandbox: Sandbox, program: Program) -> bool:
    """A fresh child for each input; stops at the first that is wrong, as graders do."""
    call = "import json\nprint()\nprint(json.dumps([solution(json.loads(input()))]))\n"
    for n, expected in zip(program.inputs, program.expected, strict=True):
        outcome = sandbox.run(Script(source=program.source + call), stdin=b"%d\n" % n, limits=Limits(wall_s=WALL_S))
        if _values(outcome.cause, outcome.stdout) != [expected]:
            return False
    return True


def _values(cause: Cause, stdout: bytes) -> object:
    if cause is not Cause.OK:
        return None
    try:
        return json.loads(stdout.splitlines()[-1])
    except (ValueError, IndexError):
        return None


# ------------------------------------------------------------------------------------------------------ baseline


def _guard() -> None:
    """What a grader without a sandbox takes away from a candidate; it stops accidents, not intent."""
    import builtins
    import faulthandler
    import shutil
    import subprocess

    faulthandler.disable()
    os.environ["OMP_NUM_THREADS"] = "1"
    for module, names in {
        os: "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate "
        "replace unlink fchmod fchown chmod chown chroot lchown getcwd chdir",
        shutil: "rmtree move chown",
        subprocess: "Popen",
        builtins: "quit exit",
    }.items():
        for name in names.split():
            setattr(module, name, None)
    for name in ("ipdb", "joblib", "resource", "psutil", "tkinter"):
        sys.modules[name] = None  # type: ignore[assignment]  # this is how an import is made to fail


def _grade(source: str, inputs: Sequence[int], expected: Sequence[object], results: Any) -> None:
    import ast  # noqa: F401 - the grader's own imports, again in a fresh interpreter
    import collections  # noqa: F401
    import datetime  # noqa: F401
    import decimal  # noqa: F401
    import heapq  # noqa: F401
    import inspect  # noqa: F401
    import io  # noqa: F401
    import itertools  # noqa: F401
    import platform  # noqa: F401
    import signal
    import unittest.mock  # noqa: F401

    import numpy  # noqa: F401

    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    _guard()
    verdicts = []
    try:
        signal.alarm(int(WALL_S))
        scope: dict[str, Any] = {"__name__": "tmp_sol"}
        exec("from string import *\nfrom re import *\nfrom collections import *\nfrom math import *\n" + source, scope)
        for n, value in zip(inputs, expected, strict=True):
            signal.alarm(int(WALL_S))
            verdicts.append(scope["solution"](n) == value)
            if not verdicts[-1]:
                break
        signal.alarm(0)
    except BaseException:  # noqa: BLE001 - it is the candidate's
        verdicts.append(False)
    results.append(verdicts)


def one_process_a_program(context: BaseContext, program: Program) -> bool:
    """The baseline: a process and a manager for each program."""
    with context.Manager() as manager:
        results = manager.list()
        process = context.Process(  # type: ignore[attr-defined]  # every concrete context has it
            target=_grade, args=(program.source, program.inputs, program.expected, results)
        )
        process.start()
        process.join(timeout=(WALL_S + 1) * len(program.inputs) + 5)
        if process.is_alive():
            process.kill()
            process.join()
        verdicts = list(results)
    return bool(verdicts) and all(verdicts[0]) and len(verdicts[0]) == len(program.inputs)


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
        alive = _descendants()
        before = _cpu_below(alive)
        verdicts = [grade(program) for program in part]
        seconds.append((_cpu_below(_descendants()) - before) / len(part))
        n_agree += sum(verdict == _is_right(program) for verdict, program in zip(verdicts, part, strict=True))
    wall_s = time.monotonic() - started
    cpu_s = sum(seconds) / len(seconds) * len(given)
    return Row(way=way, at_once=1, n_programs=len(given), wall_s=wall_s, cpu_s=cpu_s, n_agree=n_agree,
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


def run(n: int, n_baseline: int, seed: int) -> tuple[list[Row], str]:
    """Every way over the same programs; the baselines over the first of them, since they are slow."""
    import numpy  # noqa: F401 - so that a forked child inherits it, as it would from the grader

    given = programs(n, seed=seed)
    with open_sandbox(workers=1) as sandbox:
        ours = [
            measure("one child a program", lambda program: one_child_a_program(sandbox, program), given),
            measure("one child a case", lambda program: one_child_a_case(sandbox, program), given),
        ]
        tier = sandbox.tier.value
    few = given[:n_baseline]
    theirs = [
        measure(
            f"process and manager, {start}",
            lambda program, start=start: one_process_a_program(multiprocessing.get_context(start), program),  # type: ignore[misc]
            few,
        )
        for start in ("spawn", "fork")
    ]
    return [*ours, *theirs], tier


def main() -> int:
    """Measure, print, compare with the bars."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=300, help="programs, of ten tests each (default 300)")
    parser.add_argument("--baseline", type=int, default=100, help="how many of them the baseline grades (default 100)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    chosen = parser.parse_args()
    rows, tier = run(chosen.n, min(chosen.baseline, chosen.n), chosen.seed)
    program, case, spawn, fork = rows
    ratios = {
        f"{ours.way} / {theirs.way}": interval(theirs, ours) for theirs in (spawn, fork) for ours in (program, case)
    }
    reached = {
        theirs.way: ratios[f"{program.way} / {theirs.way}"][0] >= BAR_PROGRAM
        and ratios[f"{case.way} / {theirs.way}"][0] >= BAR_CASE
        for theirs in (spawn, fork)
    }
    right = all(row.n_agree == row.n_programs for row in rows)
    if chosen.json:
        print(json.dumps({"tier": tier, "rows": [asdict(row) for row in rows], "ratios": ratios, "reached": reached}))
        return 0 if reached[spawn.way] and right else 1
    print(f"tier {tier}, {N_CASES} tests a program, Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'way':<32}{'programs':>9}{'agree':>7}{'ms wall':>9}{'ms CPU':>8}{'a second':>10}{'a core':>8}")
    for row in rows:
        wall_ms, cpu_ms = row.wall_s / row.n_programs * 1e3, row.cpu_s / row.n_programs * 1e3
        print(f"{row.way:<32}{row.n_programs:>9}{row.n_agree:>7}{wall_ms:>9.1f}{cpu_ms:>8.1f}"
              f"{row.n_programs / row.wall_s:>10.1f}{row.per_core:>8.1f}")  # fmt: skip
    print()
    for name, (ratio, low, high) in ratios.items():
        print(f"{name:<55}{ratio:>7.1f} times  [{low:.1f}, {high:.1f}]")
    print(f"\nbars, {BAR_PROGRAM:g} times a program and {BAR_CASE:g} a case (the exit code is spawn's):")
    for way, is_reached in reached.items():
        print(f"  against {way}: {'reached' if is_reached else 'MISSED'}")
    return 0 if reached[spawn.way] and right else 1


if __name__ == "__main__":
    sys.exit(main())
