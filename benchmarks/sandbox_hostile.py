"""Thousands of hostile programs, one after the other: how late the clock is, and who is left alive.

The programs are the quick ones of `tests/fixtures/attacks`. All of it runs inside an outer box with namespaces of its
own and a host that cannot be written to, so that a hole in the sandbox would not be a hole in this machine.

    python benchmarks/sandbox_hostile.py --n 10000
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from semalign.sandbox import Cause, Limits, Sandbox, Script, Tier, open_sandbox
from semalign.sandbox.bubblewrap import executable

ATTACKS = Path(__file__).parent.parent / "tests" / "fixtures" / "attacks"
QUICK = """
fork_bomb thread_bomb memory_bomb endless_loop alarm_catching_loop ignores_signals endless_output sleeps huge_integer
kills_others leaves_daemon signals_everywhere closes_everything crashes deep_recursion writes_outside executes_shell
raw_calls nests_namespaces connects
"""
BAR_LATE_S = 0.2  # at the 99th percentile
_INSIDE = "SEMALIGN_INSIDE_OUTER_BOX"


def outer_box(argv: list[str]) -> list[str]:
    """The command line that runs this file again, in namespaces of its own."""
    user = [] if os.geteuid() == 0 else ["--unshare-user"]
    return [
        executable() or "bwrap", *user, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts",
        "--unshare-cgroup-try", "--hostname", "outer", "--die-with-parent", "--new-session", "--ro-bind", "/", "/",
        "--dev", "/dev", "--proc", "/proc", "--size", str(1 << 30), "--perms", "1777", "--tmpfs", "/tmp",
        "--setenv", _INSIDE, "1", "--", sys.executable, "-B", *argv,
    ]  # fmt: skip


def attack(sandbox: Sandbox, n: int, at_once: int, limits: Limits) -> list[tuple[str, Cause, float, float]]:
    """Name, cause, seconds by the outcome and seconds by the caller's clock of each run."""
    sources = {name: (ATTACKS / f"{name}.py").read_text() for name in QUICK.split()}
    order = itertools.islice(itertools.cycle(sources.items()), n)
    lock = threading.Lock()
    found = []

    def worker() -> None:
        while True:
            with lock:
                name, source = next(order, ("", ""))
            if not name:
                return
            started = time.monotonic()
            outcome = sandbox.run(Script(source=source), limits=limits)
            took = time.monotonic() - started
            with lock:
                found.append((name, outcome.cause, outcome.wall_s, took))
                if len(found) % 1000 == 0:
                    print(f"{len(found)} of {n}", file=sys.stderr)

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        warm = Script(source="import time\ntime.sleep(0.5)")  # long enough that each takes an interpreter of its own
        list(pool.map(lambda _: sandbox.run(warm, limits=Limits()), range(at_once)))
        for future in [pool.submit(worker) for _ in range(at_once)]:
            future.result()
    return found


def processes(*, of_others: bool) -> list[str]:
    """Processes in this box besides ours and its first; or those that run under another user id than ours."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        is_ours = fields["Pid"] in ("1", str(os.getpid()))
        if not is_ours and (not of_others or int(fields["Uid"].split()[0]) != os.geteuid()):
            found.append(f"{fields['Name']} {fields['State']}")
    return found


def at(values: list[float], share: float) -> float:
    """The value below which that share lies; 0.0 of none."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else 0.0


def measure(n: int, at_once: int, wall_s: float, tier: Tier | None, as_json: bool) -> int:
    """Inside the outer box: run, count, print."""
    limits = Limits(wall_s=wall_s, memory_mib=128, output_kib=64)
    started = time.monotonic()
    with open_sandbox(workers=at_once, tier=tier) as sandbox:
        found = attack(sandbox, n, at_once, limits)
        idle = processes(of_others=True)
        used = sandbox.tier
    left = processes(of_others=False)
    took = time.monotonic() - started
    late = [seconds - wall_s for _, cause, seconds, _ in found if cause is Cause.TIMEOUT]
    call = [seconds - wall_s for _, cause, _, seconds in found if cause is Cause.TIMEOUT]
    causes = Counter(cause.value for _, cause, _, _ in found)
    held = at(call, 0.99) < BAR_LATE_S and not idle and not left
    numbers = {
        name: {"p50": at(values, 0.5), "p99": at(values, 0.99), "max": max(values, default=0.0)}
        for name, values in (("outcome", late), ("caller", call))
    }
    if as_json:
        print(json.dumps({"n": n, "tier": used.value, "took_s": took, "causes": causes, "late_s": numbers,
                          "orphans": [*idle, *left], "held": held}))  # fmt: skip
        return 0 if held else 1
    print(f"{n} hostile programs, tier {used}, {at_once} at a time, clock {wall_s:g} s, load {os.getloadavg()[0]:.1f}")
    print(f"took {took:.0f} s, {n / took:.1f} a second; ended by: {dict(causes.most_common())}\n")
    print(f"{'past the clock, ms':<40}{'p50':>9}{'p99':>9}{'max':>9}   ({len(late)} that it ended)")
    for name, of in (("outcome", "as the outcome says"), ("caller", "from the call to its return")):
        row = numbers[name]
        print(f"{of:<40}{row['p50'] * 1e3:>9.1f}{row['p99'] * 1e3:>9.1f}{row['max'] * 1e3:>9.1f}")
    print(
        f"\nleft alive: {len(idle)} while the sandbox was idle, {len(left)} after it was closed {[*idle, *left] or ''}"
    )
    print(f"bars: p99 below {BAR_LATE_S * 1e3:.0f} ms, nobody left alive: {'reached' if held else 'MISSED'}")
    return 0 if held else 1


def main() -> int:
    """Go into the outer box, measure there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=10_000, help="programs (default 10000)")
    parser.add_argument("--at-once", type=int, default=3, help="warm interpreters (default 3)")
    parser.add_argument("--wall-s", type=float, default=0.1, help="clock of each program (default 0.1)")
    parser.add_argument("--tier", choices=[Tier.NAMESPACES.value, Tier.CONFINED.value], help="default: the strongest")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of the table")
    chosen = parser.parse_args()
    if _INSIDE not in os.environ:
        return subprocess.run(outer_box(sys.argv), stdin=subprocess.DEVNULL, check=False).returncode
    tier = Tier(chosen.tier) if chosen.tier else None
    return measure(chosen.n, chosen.at_once, chosen.wall_s, tier, chosen.json)


if __name__ == "__main__":
    sys.exit(main())
