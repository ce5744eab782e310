"""Final values that may be asked: runs that must agree, and agree with a run that nobody watched.

The watched process could lie about itself. It would have to lie twice alike, under two ways of watching and two sets
of accidents (hash seed, clock, random numbers), print what it prints unwatched, and use nothing that only tampering
needs. A label that is wrong although all this holds costs a reward for a wrong answer, never a passed test.
Source: the certificate is ours; CodeRL+ (arXiv 2510.18471) takes its labels from one run.
"""

import ast
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from semalign.languages.python_final import Capture, FinalCaps, Stimulus, Watch, capture
from semalign.sandbox.model import Limits, Sandbox
from semalign.traces.final import Certificate, FinalValue, Status
from semalign.values.compare import equal
from semalign.values.model import Value
from semalign.values.policy import EXACT
from semalign.values.wire import wire

MAX_LINES = 120
CLOCK_SHIFT_S = 86_400.0 * 401 + 12_345.6
_MODULES = frozenset(
    {"ctypes", "gc", "inspect", "threading", "multiprocessing", "asyncio", "signal", "subprocess", "socket", "mmap",
     "_thread", "concurrent", "faulthandler", "tracemalloc", "atexit", "sysconfig", "importlib", "builtins", "random",
     "secrets", "time", "uuid"}
)  # fmt: skip
_NAMES = frozenset(
    {"_getframe", "_current_frames", "settrace", "setprofile", "gettrace", "monitoring", "f_locals", "f_back",
     "f_trace", "gi_frame", "tb_frame", "__subclasses__", "addaudithook", "exec", "eval", "compile", "now", "today",
     "utcnow", "urandom"}
)  # fmt: skip
_CALLED = frozenset({"id", "hash"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Finals:
    """What may be asked of a program on one input. `refused` says why nothing may; "" where something may."""

    values: tuple[FinalValue, ...] = ()
    certificate: Certificate | None = None
    refused: str = ""
    result: Value | None = None  # what the entry returned
    stdout: str = ""
    n_events: int = 0  # lines that were executed


def screen(program: str) -> str:
    """Why no question is made from this program; "" where one may be. Refusing is free: it judges nobody.

    Refused is what could see or change who watches, and what draws on chance or the clock: runs may agree on a coin.
    """
    if program.count("\n") >= MAX_LINES:
        return f"more than {MAX_LINES} lines"
    try:
        tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "does not parse"
    for node in ast.walk(tree):
        match node:
            case ast.Import(names):
                found = {name.name.partition(".")[0] for name in names} & _MODULES
            case ast.ImportFrom(module, names):
                found = ({(module or "").partition(".")[0]} & _MODULES) | ({name.name for name in names} & _NAMES)
            case ast.Call(func=ast.Name(id=name)):
                found = {name} & _CALLED
            case ast.Attribute(attr=name) | ast.Name(id=name):
                found = {name} & _NAMES
            case _:
                continue
        if found:
            return f"uses {min(found)}"
    return ""


def certified(
    program: str, stimulus: Stimulus, sandboxes: Sequence[Sandbox], *, limits: Limits, caps: FinalCaps | None = None
) -> Finals:
    """The final values of a program, each with whether it may be asked.

    Args:
        program: as it stands; nothing is added to it.
        stimulus: what it is run on.
        sandboxes: two or more, opened with different hash seeds; the first may be the judge's own. Those after the
            second are used where a program makes sets, whose order two seeds may share by chance.
        limits: of one run; the run that looks at lines gets five times the time.
        caps: past these a value is `TOO_LARGE`.

    Raises:
        SandboxError: the machine failed.
        ValueError: fewer than two sandboxes, or two that hash alike.
    """
    if len(sandboxes) < 2:
        raise ValueError(f"a certificate needs two sandboxes of different hash seeds, got {len(sandboxes)}")
    refused = screen(program)
    if refused:
        return Finals(refused=refused)
    caps = caps or FinalCaps()
    others: list[Capture] = []
    for seed, sandbox in enumerate(sandboxes[1 : None if _makes_sets(program) else 2], 1):
        watch = Watch(random_seed=seed, clock_shift_s=seed * CLOCK_SHIFT_S, caps=caps)
        run = capture(program, stimulus, sandbox, limits=limits, watch=watch)
        if not run.ended:  # the cheap runs first: most programs that can't be asked are found here
            return Finals(refused=f"ended by {run.how}: {run.detail}")
        others.append(run)
    patient = replace(limits, wall_s=5 * limits.wall_s, cpu_s=None)
    first = capture(program, stimulus, sandboxes[0], limits=patient, watch=Watch(lines=True, caps=caps))
    plain = capture(program, stimulus, sandboxes[0], limits=limits, watch=Watch(finals=False))
    return _compared(first, others, plain)


def _makes_sets(program: str) -> bool:
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Set | ast.SetComp) or (isinstance(node, ast.Name) and node.id in ("set", "frozenset")):
            return True
    return False


def _compared(first: Capture, others: Sequence[Capture], plain: Capture) -> Finals:
    for run in (first, *others, plain):
        if not run.ended:
            return Finals(refused=f"ended by {run.how}: {run.detail}")
        if run.flags:
            return Finals(refused=f"tampering: {'; '.join(run.flags)}")
    if (first.how, first.stdout) != (plain.how, plain.stdout) or not _same(first.result, plain.result):
        return Finals(refused="an unwatched run ends otherwise")
    if len({run.hash_mark for run in (first, *others)}) <= len(others):
        raise ValueError("two sandboxes have the same hash seed: open each with another `hash_seed`")
    values = first.finals
    for other in others:
        if (first.how, first.stdout) != (other.how, other.stdout) or not _same(first.result, other.result):
            return Finals(refused="its runs end differently")
        found = _agreed(values, other.finals)
        if found is None or first.calls != other.calls:
            return Finals(refused="its runs make different calls or have different variables")
        values = found
    certificate = Certificate(runs=1 + len(others), clock_shift_s=CLOCK_SHIFT_S, digest=_digest(values))
    return Finals(
        values=values, certificate=certificate, result=first.result, stdout=first.stdout, n_events=first.n_events
    )


def _same(one: Value | None, other: Value | None) -> bool:
    if one is None or other is None:
        return one is other
    return equal(one, other, EXACT)


def _agreed(first: Sequence[FinalValue], second: Sequence[FinalValue]) -> tuple[FinalValue, ...] | None:
    """The first run's values, those that the second has otherwise marked; None where variables differ."""
    others = {final.ref: final for final in second}
    kept = [final for final in first if final.status is not Status.DELETED]
    if {final.ref for final in kept} != {final.ref for final in second if final.status is not Status.DELETED}:
        return None
    found = []
    for final in first:
        other = others.get(final.ref)
        is_same = other is None or _same(final.at_exit, other.at_exit)
        is_askable = final.status is Status.STABLE
        found.append(replace(final, status=Status.UNSTABLE) if is_askable and not is_same else final)
    return tuple(found)


def _digest(values: Sequence[FinalValue]) -> str:
    stable = hashlib.sha256()
    for final in values:
        if final.status is Status.STABLE and final.at_exit is not None:
            stable.update(f"{final.ref} {wire(final.at_exit)}\n".encode())
    return stable.hexdigest()
