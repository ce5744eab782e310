"""How long alignment and blame take by themselves, for traces of 10,000 events in all on either side.

The programs are kept runs of `benchmarks.localization` (parallel functions and their faults); the inputs of a pair are
repeated, or left out, until each side has about that many events. Nothing is compiled or run.
Run it with `python -m benchmarks.alignment_speed --help`.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.data import data_folder
from benchmarks.fault_runs import POLICY, Store, drawn, sides
from semalign.alignment.align import align
from semalign.alignment.locate import localize
from semalign.alignment.side import Side
from semalign.core.metrics import bootstrap


def sized(source: Side, target: Side, n_events: int) -> tuple[Side, Side] | None:
    """The pair with as many of its inputs, again and again, as give about that many events on the larger side."""
    sizes = [
        max(len(run.trace.events) if run.trace is not None else 0 for run in pair)
        for pair in zip(source.runs, target.runs, strict=True)
    ]
    usable = [i for i, size in enumerate(sizes) if 0 < size <= n_events]
    if not usable:
        return None
    chosen: list[int] = []
    total = 0
    while total < n_events and len(chosen) < 2_000:
        for i in usable:
            if total + sizes[i] > 1.05 * n_events:
                continue
            chosen.append(i)
            total += sizes[i]
        if total + min(sizes[i] for i in usable) > 1.05 * n_events:
            break
    return tuple(replace(side, runs=tuple(side.runs[i] for i in chosen)) for side in (source, target))  # type: ignore[return-value]  # two


def main() -> None:
    """Time and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.alignment_speed",
        description="Seconds for `align` and `localize` at 10,000 events; the bar is p95 <= 0.2 s.",
        epilog="example: python -m benchmarks.alignment_speed ../data --n 20",
    )
    parser.add_argument("data", nargs="?", help="data folder; default: the environment variable SEMALIGN_DATA")
    parser.add_argument("--n", type=int, default=60, help="pairs of programs (default 60)")
    parser.add_argument("--events", type=int, default=10_000, help="events on the larger side (default 10000)")
    parser.add_argument("--work", type=Path, help="folder of kept runs; default: a temporary one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object a pair")
    given = parser.parse_args()
    store = Store(given.work or Path(tempfile.gettempdir()) / "semalign-localization")
    faulty = drawn(store, data_folder(given.data), per_direction=-(-given.n // 6), seed=given.seed)
    if not faulty:
        sys.exit("error: no kept runs; first run python -m benchmarks.localization with the same --work")
    random.Random(given.seed).shuffle(faulty)
    seconds: list[float] = []
    for source, fault in faulty[: given.n]:
        pair = sized(*sides(store, source, fault), given.events)
        if pair is None:
            continue
        best = min(_timed(*pair) for _ in range(3))  # the least of three: other work on the machine only adds
        seconds.append(best)
        if given.json:
            print(json.dumps({"source": source, "key": fault.key, "n_inputs": len(pair[0].runs), "s": best}))
    if not given.json:
        low, high = bootstrap(seconds)
        print(f"python {sys.version.split()[0]}, {len(seconds)} pairs, about {given.events:,} events a side")
        print(f"p50 {np.percentile(seconds, 50):.3f} s [{low:.3f}, {high:.3f}]  p95 {np.percentile(seconds, 95):.3f} s")


def _timed(source: Side, target: Side) -> float:
    began = time.process_time()
    localize(align(source, target, POLICY))
    return time.process_time() - began


if __name__ == "__main__":
    main()
