"""From what was seen of a program to the `Cause` of its end."""

import math
import signal
from dataclasses import dataclass

from semalign.sandbox.capture import Watched
from semalign.sandbox.model import Cause, Limits, Outcome, Tier

# What runtimes print when an allocation fails. The last resort: where the guest or the kernel can tell, they do.
_OUT_OF_MEMORY = (
    b"std::bad_alloc", b"java.lang.OutOfMemoryError", b"out of memory allocating", b"virtual memory exhausted",
    b"Cannot allocate memory", b"insufficient memory for the Java Runtime", b"Could not reserve enough space",
)  # fmt: skip
_TAIL = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended, as the kernel and the guest said."""

    watched: Watched
    exit_code: int | None
    signal: int | None
    cpu_s: float
    out_of_memory: bool = False  # the guest saw a MemoryError that nobody caught
    sink: bytes = b""


def cpu_limit_s(limits: Limits) -> int:
    """Whole seconds, as the kernel counts them."""
    return math.ceil(limits.cpu_s if limits.cpu_s is not None else limits.wall_s)


def signal_name(number: int) -> str:
    """Its name, or its number where it has none.

    >>> signal_name(11), signal_name(99)
    ('SIGSEGV', 'signal 99')
    """
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def outcome(ended: Ended, limits: Limits, tier: Tier) -> Outcome:
    """The outcome; what was asked of it first is what it is: output, clock, memory, signal, exit code."""
    cause, detail = _cause(ended, limits)
    by_itself = ended.signal is None and not ended.watched.late
    return Outcome(
        cause=cause,
        detail=detail,
        exit_code=ended.exit_code if by_itself else None,
        signal=ended.signal,
        stdout=ended.watched.stdout,
        stderr=ended.watched.stderr,
        truncated=ended.watched.over,
        sink=ended.sink,
        wall_s=ended.watched.wall_s,
        cpu_s=ended.cpu_s,
        tier=tier,
    )


def _cause(ended: Ended, limits: Limits) -> tuple[Cause, str]:
    if ended.watched.over:
        return Cause.OUTPUT, f"more than {limits.output_kib} KiB"
    if ended.watched.late:
        return Cause.TIMEOUT, f"wall clock, {limits.wall_s:g} s"
    cpu_s = cpu_limit_s(limits)
    if ended.signal == signal.SIGXCPU or (ended.signal == signal.SIGKILL and ended.cpu_s >= cpu_s):
        return Cause.TIMEOUT, f"CPU time, {cpu_s} s"
    failed = ended.signal is not None or ended.exit_code != 0
    tail = ended.watched.stderr[-_TAIL:]
    if ended.out_of_memory or (failed and any(text in tail for text in _OUT_OF_MEMORY)):
        return Cause.MEMORY, f"{limits.memory_mib} MiB"
    if ended.signal is not None:
        return Cause.KILLED, signal_name(ended.signal)
    if failed:
        return Cause.EXCEPTION, f"exit code {ended.exit_code}"
    return Cause.OK, ""
