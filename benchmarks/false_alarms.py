"""How often a difference is reported between programs whose outputs agree, and how well their parts are paired.

Pairs: the parallel functions in six directions where their outputs agree on all inputs, and each function beside its
twins (renamed, reordered, a loop rewritten). An alarm is any divergence that is reported. For renamed and reordered
twins the right pairing is known, so it is counted, too: of variables one by one, of blocks by whole program.
Run it with `python -m benchmarks.false_alarms --help`.
"""

import argparse
import json
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.data import ParallelFunction, data_folder, gfg_functions
from benchmarks.fault_runs import DIRECTIONS, POLICY, Collector, Store, agreeing, callee
from benchmarks.twins import TWINS, new_name, twin
from semalign.alignment import lockstep
from semalign.alignment.align import Alignment, align
from semalign.alignment.locate import localize
from semalign.alignment.side import Side
from semalign.core.metrics import rate
from semalign.languages import LANGUAGES
from semalign.sandbox import open_sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """One pair of programs that agree."""

    name: str  # direction, or kind of twin
    id: str
    alarm: bool
    lockstep_alarm: bool  # on any input
    n_variables: int = 0  # whose partner is known
    n_right: int = 0
    blocks_right: bool | None = None  # None: not known


def judge(name: str, function_id: str, source: Side, target: Side, names: dict[str, str] | None) -> Pairing:
    """Alarms on one pair; `names` are the true variable pairs of a twin whose blocks stand in the same order."""
    alignment = align(source, target, POLICY)
    lock = any(lockstep.alarm(alignment, number) for number in alignment.passing)
    right, known, blocks = 0, 0, None
    if names is not None:
        seen = {name for name in names if name in alignment.variables.of_source or name in _shown(alignment)}
        known, right = len(seen), sum(alignment.variables.target(name) == names[name] for name in seen)
        blocks = all(_same_place(pair.source, pair.target) for pair in alignment.blocks.pairs)
    return Pairing(
        name=name, id=function_id, alarm=bool(localize(alignment)), lockstep_alarm=lock, n_variables=known,
        n_right=right, blocks_right=blocks,
    )  # fmt: skip


def _shown(alignment: Alignment) -> set[str]:
    trees = (tree for tree in alignment.trees[0] if tree is not None)
    return {name for tree in trees for step in tree.steps for name in step.shown}


def _same_place(source: tuple[str, ...], target: tuple[str, ...]) -> bool:
    return [block.split(":", 1)[-1] for block in source] == [block.split(":", 1)[-1] for block in target]


def _pairings(function: ParallelFunction, collector: Collector) -> Iterator[Pairing]:
    sides = {language: collector.original(function, language) for language in LANGUAGES}
    for a, b in DIRECTIONS:
        source, target = sides[a], sides[b]
        if source is not None and target is not None and agreeing(source, target):
            yield judge(f"{a} -> {b}", function.id, source, target, None)
    for language, side in sides.items():
        if side is None:
            continue
        found = callee(function, language, function.sources[language])
        outline = side.outline(side.root)
        if found is None or outline is None:
            continue
        variables = frozenset(name for block in outline.blocks for name in block.defs)
        for kind in TWINS:
            span = (found[1].start_byte, found[1].end_byte)
            text = partial(twin, kind, language, function.sources[language], variables, span)
            other = collector.twin(function, language, kind, text)
            if other is None or not agreeing(side, other):
                continue
            names = {name: new_name(i) for i, name in enumerate(sorted(variables))}
            known = names if kind == "renamed" else {n: n for n in variables} if kind == "reordered" else None
            yield judge(kind, function.id, side, other, known)


def table(found: list[Pairing]) -> str:
    """Alarms by kind of pair."""
    by_name: dict[str, list[Pairing]] = defaultdict(list)
    for one in found:
        by_name["all"].append(one)
        by_name[one.name].append(one)
    lines = [f"{'pairs whose outputs agree':26}{'n':>5}  {'semalign alarms':32}{'lock step alarms':32}"]
    for name, of in by_name.items():
        ours = rate(sum(one.alarm for one in of), len(of))
        lock = rate(sum(one.lockstep_alarm for one in of), len(of))
        lines.append(f"{name:26}{len(of):5}  {ours!s:32}{lock!s:32}")
    lines.append("coverage ranking needs a failing input, so it has no alarms and no answer")
    known = [one for one in found if one.n_variables]
    lines.append(f"variables paired right: {rate(sum(o.n_right for o in known), sum(o.n_variables for o in known))}")
    planted = [one for one in found if one.blocks_right is not None]
    lines.append(
        f"programs with all blocks paired right: {rate(sum(bool(o.blocks_right) for o in planted), len(planted))}"
    )
    return "\n".join(lines)


def main() -> None:
    """Run, judge, print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.false_alarms",
        description="Alarms on programs whose outputs agree, beside lock step; the bar is 0.",
        epilog="example: python -m benchmarks.false_alarms ../data --n 20",
    )
    parser.add_argument("data", nargs="?", help="data folder; default: the environment variable SEMALIGN_DATA")
    parser.add_argument("--n", type=int, default=400, help="functions (default: all)")
    parser.add_argument("--work", type=Path, help="folder of kept runs; default: a temporary one")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object a pair")
    given = parser.parse_args()
    data = data_folder(given.data)
    store = Store(given.work or Path(tempfile.gettempdir()) / "semalign-localization")
    functions = list(gfg_functions(data))
    random.Random(given.seed).shuffle(functions)
    with open_sandbox() as sandbox, ThreadPoolExecutor(max_workers=2) as pool:
        collector = Collector(data, store, sandbox, per_language=0, seed=given.seed)
        found = [
            one
            for pairings in pool.map(lambda function: list(_pairings(function, collector)), functions[: given.n])
            for one in pairings
        ]
    if given.json:
        for one in found:
            print(json.dumps(asdict(one)))
        return
    print(table(found))


if __name__ == "__main__":
    main()
