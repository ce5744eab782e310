"""The laptop proof: CodeRL+ against GRPO at equal rollouts, with controls, on a decoder of two million parameters.

One warm start for all; arms are paired by seed. The rule, fixed before the first run: the figure of an arm is the mean
difference to GRPO over seeds, on held-out problems (pass@1, greedy) and on held-out questions (share of right values);
its interval is a hierarchical bootstrap, seeds first and then problems; nothing is claimed where it holds 0. Beside
what was found stands the difference that this many seeds could have shown.

What is done is kept in --work, so that a run which was stopped goes on. Needs the extra `train`. Run it with
`python -m benchmarks.laptop --help`.
"""

import argparse
import json
import math
import sys
import warnings
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from semalign.systems.codegen.laptop import Arm, ArmResult, LaptopConfig, run_arm


def one(task: tuple[Arm, int, LaptopConfig, Path]) -> ArmResult:
    """One arm of one seed, in a process of its own and on one thread: so two fit two cores."""
    import torch

    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    arm, seed, config, work = task
    return run_arm(arm, seed, config, work, lambda text: print(text, file=sys.stderr, flush=True))


def difference(
    ours: Sequence[Sequence[float]], base: Sequence[Sequence[float]], *, n: int = 4000
) -> tuple[float, float, float]:
    """Mean paired difference and its 95 % interval. Rows are seeds, columns problems, the same in both."""
    table = np.asarray(ours, dtype=float) - np.asarray(base, dtype=float)
    drawn = np.random.default_rng(0)
    seeds, problems = table.shape
    means = []
    for _ in range(n):
        rows = drawn.integers(0, seeds, seeds)
        columns = drawn.integers(0, problems, problems)
        means.append(table[np.ix_(rows, columns)].mean())
    low, high = np.percentile(means, [2.5, 97.5])
    return float(table.mean()), float(low), float(high)


def detectable(ours: Sequence[Sequence[float]], base: Sequence[Sequence[float]]) -> float:
    """The mean difference that as many seeds show in four of five repetitions, from the spread between seeds."""
    spread = np.asarray(ours, dtype=float).mean(axis=1) - np.asarray(base, dtype=float).mean(axis=1)
    return 2.8 * float(spread.std(ddof=1)) / math.sqrt(len(spread)) if len(spread) > 1 else math.nan


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="a folder for warm start, checkpoints and results")
    parser.add_argument("--arm", action="append", choices=[arm.value for arm in Arm], default=[], help="default: all")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--steps", type=int, default=LaptopConfig().n_steps)
    parser.add_argument("--jobs", type=int, default=2, help="arms at a time, one thread each")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    config = replace(LaptopConfig(), n_steps=args.steps)
    arms = list(dict.fromkeys([Arm.GRPO, *map(Arm, args.arm)])) if args.arm else list(Arm)
    tasks = [(arm, seed, config, args.work) for seed in range(args.seeds) for arm in arms]
    one(tasks[0])  # makes the warm start that the others take up
    with ProcessPoolExecutor(args.jobs) as pool:
        results = list(pool.map(one, tasks))
    by_arm = {arm: [found for found in results if found.arm is arm] for arm in arms}
    base = by_arm[Arm.GRPO]
    report = {arm.value: _row(by_arm[arm], base) for arm in arms}
    if args.json:
        print(json.dumps(report))
        return
    first = base[0]
    print(f"warm start: solves {first.before_passed:.1%}, {first.before_right:.1%} of values right")
    print(f"{len(base)} seeds, {len(first.passed)} problems and {len(first.right)} questions held out\n")
    heads = (("pass@1", 8), ("against GRPO", 26), ("values", 9), ("against GRPO", 26), ("rollouts", 10), ("dead", 6))
    print(f"{'arm':<12}" + "".join(f"{head:>{width}}" for head, width in heads) + f"{'s':>6}")
    for arm, row in report.items():
        print(
            f"{arm:<12}{row['passed']:>8.1%}{_shown(row['passed_gain']):>26}{row['right']:>9.1%}"
            f"{_shown(row['right_gain']):>26}{row['n_rollouts']:>10.0f}{row['dead']:>6.0%}{row['seconds']:>6.0f}"
        )
    print("\ngains in points with their interval, and in brackets what as many seeds could have shown")


def _row(found: Sequence[ArmResult], base: Sequence[ArmResult]) -> dict[str, object]:
    passed, right = [one.passed for one in found], [one.right for one in found]
    base_passed, base_right = [one.passed for one in base], [one.right for one in base]
    return {
        "n_seeds": len(found),
        "passed": float(np.mean(passed)),
        "right": float(np.mean(right)),
        "passed_gain": [*difference(passed, base_passed), detectable(passed, base_passed)],
        "right_gain": [*difference(right, base_right), detectable(right, base_right)],
        "n_rollouts": float(np.mean([one.n_rollouts for one in found])),
        "n_tokens": float(np.mean([one.n_tokens for one in found])),
        "dead": float(np.mean([one.dead for one in found])),
        "seconds": float(np.mean([one.seconds for one in found])),
        "question_share": float(np.mean([one.stages.get("questions", 0.0) / one.seconds for one in found])),
    }


def _shown(gain: object) -> str:
    assert isinstance(gain, list)
    mean, low, high, could = (100 * value for value in gain)
    if low == high == 0:
        return "-"
    return f"{mean:+.1f} [{low:+.1f}, {high:+.1f}] ({could:.1f})"


if __name__ == "__main__":
    main()
