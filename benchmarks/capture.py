"""Are captured values right, do labels repeat, how many programs give one, and what does looking cost?

Programs are generated from a seed, in the shapes that generated code has: a function, `main()`, `class Solution`,
module scope. The oracle is a line tracer of a few lines that copies every local at every line of the same program, in
another process; it knows nothing of the guest. Run it with `python -m benchmarks.capture --help`.
"""

import argparse
import contextlib
import copy
import json
import random
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from semalign.core.metrics import Rate, bootstrap, rate
from semalign.languages.python_certificate import Finals, certified
from semalign.languages.python_final import Stimulus, Watch, capture
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits, Sandbox
from semalign.traces.final import Status
from semalign.values.compare import equal
from semalign.values.model import Bool, Float, Int, List, Map, Null, Set, Text, Tuple, Value
from semalign.values.policy import EXACT

LIMITS = Limits(wall_s=5.0)
SHAPES = ("function", "main", "solution", "module")
CHANCES = (
    "random.random()", "random.choice((True, False))", "time.time() > 0",
    "list({{str(i) for i in range({n} % 9 + 2)}})",
    "os.urandom(1)", "id(object()) % 2", "hash('a{n}') % 2", "next(iter({{'a', 'b', 'c', str({n})}}))",
    "str(helper)", "[k for k in frozenset(map(str, range(5)))]",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Generated:
    """A program, how it is started, and the name of a variable that depends on chance where there is one."""

    source: str
    entry: str
    shape: str
    chance: str = ""


def generated(n: int, seed: int, *, chance: bool = False) -> Iterator[Generated]:
    """Programs over integers, lists, maps, text and tuples, with loops, branches, helpers and exceptions."""
    drawn = random.Random(seed)
    for number in range(n):
        body = _body(drawn, drawn.randint(3, 8))
        if chance:
            body.insert(drawn.randint(2, len(body)), f"luck = {CHANCES[number % len(CHANCES)].format(n=number)}")
        yield _shaped(body, SHAPES[number % len(SHAPES)], "luck" if chance else "")


def _body(drawn: random.Random, n_steps: int) -> list[str]:
    lines = ["a = [" + ", ".join(str(drawn.randint(-9, 9)) for _ in range(drawn.randint(2, 6))) + "]", "t = 1"]
    numbers = ["t"]
    for i in range(n_steps):
        k, name, other = drawn.randint(1, 7), f"v{i}", drawn.choice(numbers)
        kind = drawn.randrange(9)
        if kind == 0:
            lines += [f"{name} = {other} * {k} - {drawn.randint(0, 9)}"]
        elif kind == 1:
            lines += [f"{name} = 0", "for x in a:", f"    if x % {k + 1} == 0:", f"        {name} += x", "    else:",
                      f"        {name} -= {k}"]  # fmt: skip
        elif kind == 2:
            lines += [f"{name} = {other}", f"while {name} < {k * 20}:", f"    {name} += abs({name}) % 7 + 1"]
        elif kind == 3:
            lines += [f"w{i} = [x * {k} for x in a]", f"w{i}.append({other})", f"{name} = len(w{i})"]
        elif kind == 4:
            lines += [f"d{i} = {{}}", "for x in a:", f"    d{i}[x % {k + 1}] = d{i}.get(x % {k + 1}, 0) + 1",
                      f"{name} = len(d{i})"]  # fmt: skip
        elif kind == 5:
            lines += [f"{name} = helper({other}, {k})"]
        elif kind == 6:
            lines += [
                "try:",
                f"    {name} = {k} // ({other} % {k + 1})",
                "except ZeroDivisionError:",
                f"    {name} = -1",
            ]
        elif kind == 7:
            lines += [f"p{i} = ({other}, str({other}))", f"s{i} = set(a)", f"a.sort(reverse={bool(k % 2)})",
                      f"{name} = a[0]"]  # fmt: skip
        else:
            lines += [f"u{i} = a", f"u{i}.append({k})", f"{name} = a[-1] + {other}"]
        numbers.append(name)
    return [*lines, f"r = {numbers[-1]}"]


def _shaped(body: Sequence[str], shape: str, chance: str) -> Generated:
    helper = "def helper(m, k):\n    q = m\n    for i in range(k):\n        q += i * m\n    return q\n\n"
    if chance:
        helper = f"import os, random, time\n\n{helper}"
    if shape == "module":
        return Generated(helper + "\n".join(body) + "\nprint(r)\n", "", shape, chance)
    inside = "\n".join(f"    {line}" for line in body)
    if shape == "main":
        return Generated(f"{helper}def main():\n{inside}\n    print(r)\n\nmain()\n", "", shape, chance)
    if shape == "function":
        return Generated(f"{helper}def solve():\n{inside}\n    return r\n", "solve", shape, chance)
    deeper = "\n".join(f"        {line}" for line in body)
    source = f"{helper}class Solution:\n    def solve(self):\n        self.n = 0\n{deeper}\n        return r\n"
    return Generated(source, "Solution.solve", shape, chance)


# ------------------------------------------------------------------------------------------------------- the oracle


def oracle(program: Generated) -> dict[tuple[str, int, str], Value]:
    """What every local held when its call ended, by tracing every line; our own programs, so they run here."""
    held: dict[FrameType, dict[str, Any]] = {}
    calls: dict[str, int] = {}
    found: dict[tuple[str, int, str], Value] = {}

    def trace(frame: FrameType, event: str, _arg: object) -> Any:
        code = frame.f_code
        if code.co_filename != "generated" or (code.co_name[0] == "<" and code.co_name != "<module>"):
            return None
        if event in ("line", "return"):
            held[frame] = {name: copy.deepcopy(value) for name, value in frame.f_locals.items() if _plain(name, value)}
        if event == "return" and code.co_name != "<module>":
            name = code.co_qualname
            calls[name] = calls.get(name, 0) + 1
            for variable, value in held.pop(frame).items():
                found[name, calls[name], variable] = _value(value)
        return trace

    space: dict[str, Any] = {"__name__": "__main__", "print": lambda *_: None}
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        exec(compile(program.source, "generated", "exec"), space)
        if program.entry == "solve":
            space["solve"]()
        elif program.entry:
            space["Solution"]().solve()
    finally:
        sys.settrace(before)
    for name, value in space.items():
        if _plain(name, value) and not name.startswith("__"):
            found["", 1, name] = _value(value)
    return found


def _plain(name: str, value: object) -> bool:
    return name != "self" and isinstance(value, int | float | str | list | tuple | set | dict | None)


def _value(value: Any) -> Value:
    match value:
        case None:
            return Null()
        case bool():
            return Bool(value)
        case int():
            return Int(value)
        case float():
            return Float(value)
        case str():
            return Text(value)
        case list():
            return List(tuple(map(_value, value)))
        case tuple():
            return Tuple(tuple(map(_value, value)))
        case set():
            return Set(tuple(map(_value, sorted(value))))
        case _:
            return Map(tuple((_value(key), _value(item)) for key, item in value.items()))


# ------------------------------------------------------------------------------------------------------ measuring


@dataclass(frozen=True, slots=True)
class Labels:
    """What was compared on one program."""

    shape: str
    n_equal: int
    n_labels: int
    is_askable: bool
    refused: str
    unlike: str


def labels(program: Generated, sandboxes: Sequence[Sandbox]) -> Labels:
    """Every stable label of one program against the oracle."""
    found = certified(program.source, Stimulus(entry=program.entry), sandboxes, limits=LIMITS)
    truth = oracle(program)
    stable = [
        final for final in found.values if final.status is Status.STABLE and not final.ref.name.startswith("self.")
    ]
    unlike = ""
    n_equal = 0
    for final in stable:
        wanted = truth.get((final.ref.scope, final.ref.call, final.ref.name))
        if wanted is not None and final.at_exit is not None and equal(wanted, final.at_exit, EXACT):
            n_equal += 1
        else:
            unlike = unlike or f"{final.ref}: {final.at_exit} and {wanted}"
    return Labels(program.shape, n_equal, len(stable), bool(stable), found.refused, unlike)


def chances(program: Generated, sandboxes: Sequence[Sandbox]) -> tuple[bool, Finals]:
    """Whether a variable that depends on chance was taken for a label."""
    found = certified(program.source, Stimulus(entry=program.entry), sandboxes, limits=LIMITS)
    names = {final.ref.name for final in found.values if final.status is Status.STABLE}
    return not found.refused and program.chance in names, found


LOOP = """
def solve():
    t = 0
    for i in range(300000):
        t = (t * 31 + i) % 1000003
    return t
"""
CALLS = """
def step(t, i):
    return (t * 31 + i) % 1000003
def solve():
    t = 0
    for i in range(60000):
        t = step(t, i)
    return t
"""


def cost(source: str, sandbox: Sandbox, n: int) -> dict[str, list[float]]:
    """Seconds of the program alone, plain, by returns and by lines, interleaved."""
    ways = {"plain": Watch(finals=False), "returns": Watch(), "lines": Watch(lines=True)}
    found: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(n):
        for way, watch in ways.items():
            run = capture(source, Stimulus(entry="solve"), sandbox, limits=Limits(wall_s=30.0), watch=watch)
            found[way].append(run.seconds)
    return found


def _askable(found: Sequence[Labels]) -> Rate:
    return rate(sum(one.is_askable for one in found), len(found))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=2000, help="programs whose labels are compared")
    parser.add_argument("--n-chance", type=int, default=1000, help="programs with a variable that depends on chance")
    parser.add_argument("--n-cost", type=int, default=7, help="runs of each way, for the cost")
    parser.add_argument("--seeds", type=int, default=5, help="hash seeds, each a sandbox; at least 2")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with contextlib.ExitStack() as held:
        pools = [held.enter_context(open_sandbox(workers=2, hash_seed=seed)) for seed in range(args.seeds)]
        programs = list(generated(args.n, args.seed))
        truths = [labels(program, pools) for program in programs]
        lucky = [chances(program, pools) for program in generated(args.n_chance, 1 + args.seed, chance=True)]
        costs = {name: cost(source, pools[0], args.n_cost) for name, source in (("loop", LOOP), ("calls", CALLS))}
    report = {
        "labels equal to the line trace": str(rate(sum(t.n_equal for t in truths), sum(t.n_labels for t in truths))),
        "programs with a label": str(_askable(truths)),
        **{
            f"  {shape}": str(
                rate(sum(t.is_askable for t in truths if t.shape == shape), sum(t.shape == shape for t in truths))
            )
            for shape in SHAPES
        },
        "programs whose luck became a label": str(rate(sum(bad for bad, _ in lucky), len(lucky))),
        "  of them refused before they were run": str(rate(sum("uses" in one.refused for _, one in lucky), len(lucky))),
    }
    for name, found in costs.items():
        for way in ("returns", "lines"):
            ratios = [a / b for a, b in zip(found[way], found["plain"], strict=True)]
            low, high = bootstrap(ratios)
            report[f"{name}: {way} / plain"] = f"{statistics.median(ratios):.2f} [{low:.2f}, {high:.2f}]"
    if args.json:
        print(json.dumps(report))
        return
    print("\n".join(f"{what:<40} {figure}" for what, figure in report.items()))
    for one_ in [t for t in truths if t.unlike or t.refused][:10]:
        print(f"  {one_.shape}: {one_.refused or one_.unlike}")


if __name__ == "__main__":
    main()
