"""How often the block to blame is the one that was broken: seeded faults in six directions, beside two baselines.

A fault is one change in the target of two programs that agree on all inputs; it counts when an output changes.
Run it with `python -m benchmarks.localization --help`.
"""

import argparse
import json
import random
import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import coverage_rank
from benchmarks.data import data_folder
from benchmarks.fault_runs import DIRECTIONS, POLICY, Collector, FaultyProgram, Store, drawn, sides
from semalign.alignment import lockstep
from semalign.alignment.align import align
from semalign.alignment.locate import localize
from semalign.core.metrics import bootstrap, mcnemar
from semalign.sandbox import open_sandbox

SYSTEMS = ("semalign", "lock step", "ochiai", "tarantula")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One fault in one direction: rank from 1 of the first right block of each system, 0 where it has none."""

    source: str
    target: str
    id: str
    key: str
    kind: str
    old: str
    new: str
    blocks: tuple[str, ...]
    ranks: dict[str, int]
    named: tuple[str, ...]  # what semalign blames, best first


def judge(folder: Path, source: str, fault: FaultyProgram, seed: int) -> Judged | None:
    """Every system's answer to one fault; None when the outputs agree in this direction after all."""
    one, other = sides(Store(folder, entries={}), source, fault)
    alignment = align(one, other, POLICY)
    if not alignment.failing:
        return None
    rng = random.Random(f"{seed}/{fault.key}")
    named = {
        "semalign": [divergence.target_block for divergence in localize(alignment)],
        "lock step": lockstep.rank(alignment),
        "ochiai": coverage_rank.rank(alignment, rng),
        "tarantula": coverage_rank.rank(alignment, rng, formula="tarantula"),
    }
    ranks = {
        system: next((i for i, block in enumerate(blocks, 1) if block in fault.blocks), 0)
        for system, blocks in named.items()
    }
    return Judged(
        source=source, target=fault.language, id=fault.function_id, key=fault.key, kind=fault.kind, old=fault.old,
        new=fault.new, blocks=fault.blocks, ranks=ranks, named=tuple(named["semalign"]),
    )  # fmt: skip


def judge_all(folder: Path, chosen: Sequence[tuple[str, FaultyProgram]], seed: int, workers: int) -> list[Judged]:
    """The answers to all faults, in their order."""
    with ProcessPoolExecutor(max_workers=workers) as pool:
        jobs = [pool.submit(judge, folder, source, fault, seed) for source, fault in chosen]
        return [found for job in jobs if (found := job.result()) is not None]


def share(judged: Sequence[Judged], system: str, top: int) -> str:
    """A rate with its bootstrap interval, as text."""
    hits = [float(1 <= one.ranks[system] <= top) for one in judged]
    if not hits:
        return "-"
    low, high = bootstrap(hits, statistic="mean")
    return f"{100 * sum(hits) / len(hits):5.1f} [{100 * low:4.1f}, {100 * high:5.1f}]"


def table(judged: Sequence[Judged]) -> str:
    """Rates by direction and by kind of fault, and whether the systems differ."""
    rows: dict[str, list[Judged]] = {"all": list(judged)}
    for source, target in DIRECTIONS:
        rows[f"{source} -> {target}"] = [one for one in judged if (one.source, one.target) == (source, target)]
    by_kind: dict[str, list[Judged]] = defaultdict(list)
    for one in judged:
        by_kind[one.kind].append(one)
    rows |= dict(sorted(by_kind.items()))
    lines = [f"{'top-1 % [95 % interval]':26}{'n':>5}  " + "".join(f"{system:22}" for system in SYSTEMS)]
    for top in (1, 3):
        lines += ["top-3"] if top == 3 else []
        for name, of in rows.items():
            lines.append(f"{name:26}{len(of):5}  " + "".join(f"{share(of, system, top):22}" for system in SYSTEMS))
    for system in SYSTEMS[1:]:
        first = sum(one.ranks["semalign"] == 1 and one.ranks[system] != 1 for one in judged)
        second = sum(one.ranks["semalign"] != 1 and one.ranks[system] == 1 for one in judged)
        lines.append(f"McNemar, top-1, against {system}: {first} to {second}, p = {mcnemar(first, second):.2g}")
    return "\n".join(lines)


def main() -> None:
    """Collect what is missing, judge, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.localization",
        description="Top-1 and top-3 accuracy of blame on seeded faults, beside lock step and coverage ranking.",
        epilog="example: python -m benchmarks.localization ../data --n 60 --minutes 5",
    )
    parser.add_argument("data", nargs="?", help="data folder; default: the environment variable SEMALIGN_DATA")
    parser.add_argument("--n", type=int, default=1020, help="faults over all six directions (default 1020)")
    parser.add_argument("--work", type=Path, help="folder of the journal and the runs; default: a temporary one")
    parser.add_argument("--minutes", type=float, default=25, help="stop making programs after so long (default 25)")
    parser.add_argument("--no-collect", action="store_true", help="judge what is in the journal")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="one JSON object a fault")
    given = parser.parse_args()
    data = data_folder(given.data)
    work = given.work or Path(tempfile.gettempdir()) / "semalign-localization"
    store = Store(work)
    per_direction = -(-given.n // len(DIRECTIONS))
    if not given.no_collect:
        with open_sandbox() as sandbox:
            per_language = int(per_direction * 1.3)  # some serve only one of their two directions
            Collector(data, store, sandbox, per_language, given.seed, given.minutes * 60).collect()
    judged = judge_all(work, drawn(store, data, per_direction, given.seed), given.seed, given.workers)
    if given.json:
        for one in judged:
            print(json.dumps(asdict(one)))
        return
    print(f"python {sys.version.split()[0]}, seed {given.seed}, {len(judged)} faults")
    print(table(judged))


if __name__ == "__main__":
    main()
