"""How long a diff takes from request to verdict: pairs of parallel functions, six directions, ten given inputs.

Compilers are warm (the resident Java compiler runs, the C++ header is precompiled), programs are not: each text differs
by a comment from every other, so that nothing is found in the cache of binaries.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.data import ParallelFunction, data_folder, gfg_functions, gfg_inputs
from semalign.core.errors import SemalignError
from semalign.core.metrics import bootstrap
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.values.model import List
from semalign.values.wire import wire

SUFFIX = {"python": ".py", "java": ".java", "cpp": ".cpp"}
P50_S, P95_S = 3.0, 10.0
MAX_LINES = 60


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; 0 when both bars hold, 1 when not."""
    arguments = _arguments(argv)
    data = data_folder(arguments.data)
    functions = [one for one in gfg_functions(data) if _short(one) and gfg_inputs(data, one.id)]
    random.Random(arguments.seed).shuffle(functions)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = _measure(functions[: arguments.n], data, work)
    return _print(rows, as_json=arguments.json)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python -m benchmarks.diff_speed DATA --n 20", allow_abbrev=False
    )
    parser.add_argument("data", nargs="?", help="data folder (default: SEMALIGN_DATA)")
    parser.add_argument("--n", type=int, default=20, help="functions; each is compared in six directions")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _short(function: ParallelFunction) -> bool:
    return all(text.count("\n") < MAX_LINES for text in function.bare.values())


def _measure(functions: Sequence[ParallelFunction], data: Path, work: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    with open_sandbox() as sandbox:
        _warm(functions[0], data, work, sandbox)
        for number, function in enumerate(functions):
            for source, target in permutations(SUFFIX, 2):
                rows.append(_one(function, source, target, data, work / f"{number}-{source}-{target}", sandbox))
                print(f"\r{len(rows)} of {6 * len(functions)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rows


def _warm(function: ParallelFunction, data: Path, work: Path, sandbox: Sandbox) -> None:
    for source, target in (("python", "java"), ("cpp", "python")):
        _one(function, source, target, data, work / f"warm-{source}", sandbox)


def _one(
    function: ParallelFunction, source: str, target: str, data: Path, folder: Path, sandbox: Sandbox
) -> dict[str, object]:
    folder.mkdir(parents=True)
    paths = []
    for role, language in (("source", source), ("target", target)):
        name = function.names[language].split(".", maxsplit=1)[0] if language == "java" else role
        path = folder / f"{name}{SUFFIX[language]}"
        # A comment that no other run has: nothing is found in a cache of binaries.
        path.write_text(f"{function.sources[language]}{'#' if language == 'python' else '//'} {folder}\n")
        paths.append(path)
    given = folder / "inputs.jsonl"
    given.write_text("".join(wire(List(arguments)) + "\n" for arguments in gfg_inputs(data, function.id)[:10]))
    config = DiffConfig(
        source=paths[0],
        target=paths[1],
        function=f"{function.names[source]}:{function.names[target]}",
        inputs=given,
        max_inputs=0,
    )
    began = time.monotonic()
    try:
        answer = diff(config, sandbox).answer.value
    except SemalignError as exc:
        answer = f"refused: {exc}"
    return {"id": function.id, "pair": f"{source} to {target}", "answer": answer, "s": time.monotonic() - began}


def _print(rows: Sequence[dict[str, object]], *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(list(rows), indent=1))
    table = Table(title=f"diff, warm, 10 inputs, functions of at most {MAX_LINES} lines ({os.cpu_count()} cores)")
    for heading in ("direction", "n", "p50 s", "95 % interval", "p95 s", "answers"):
        table.add_column(heading)
    everything = [float(str(row["s"])) for row in rows]
    for pair in [*dict.fromkeys(str(row["pair"]) for row in rows), "all"]:
        chosen = [row for row in rows if pair in ("all", row["pair"])]
        seconds = sorted(float(str(row["s"])) for row in chosen)
        low, high = bootstrap(seconds)
        answers: dict[str, int] = {}
        for row in chosen:
            word = str(row["answer"]).split(":", maxsplit=1)[0]
            answers[word] = answers.get(word, 0) + 1
        shown = ", ".join(f"{n} {word}" for word, n in sorted(answers.items()))
        p50, p95 = _at(seconds, 0.5), _at(seconds, 0.95)
        table.add_row(pair, str(len(seconds)), f"{p50:.2f}", f"[{low:.2f}, {high:.2f}]", f"{p95:.2f}", shown)
    Console(stderr=as_json).print(table)
    good = _at(sorted(everything), 0.5) <= P50_S and _at(sorted(everything), 0.95) <= P95_S
    Console(stderr=as_json).print(f"bars: p50 <= {P50_S:g} s and p95 <= {P95_S:g} s: {'met' if good else 'missed'}")
    return 0 if good else 1


def _at(seconds: Sequence[float], share: float) -> float:
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))]


if __name__ == "__main__":
    sys.exit(main())
