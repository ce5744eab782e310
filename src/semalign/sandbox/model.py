"""What can be run, under which limits, and what running showed.

Three kinds of program, by what starts them: a `Script` is run by a warm Python interpreter inside the wall, a `Binary`
is a compiled file started inside the same wall, a `Command` is any other executable with the folders it may see
(a compiler, a JVM). Whatever the program does comes back as an `Outcome`; only a broken machine raises.

Not for: deciding whether an answer is right. Expectations never enter a sandbox.
"""

import enum
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class Tier(enum.StrEnum):
    """How a program is held in; recorded in every outcome. Nothing weaker than `CONFINED` runs unasked."""

    NAMESPACES = "namespaces"  # own mount, PID, IPC, UTS and network namespaces + Landlock + seccomp + rlimits
    CONFINED = "confined"  # Landlock + seccomp + rlimits, no namespaces
    NONE = "none"  # --unsafe-no-sandbox: rlimits and a clock, nothing else


class Cause(enum.StrEnum):
    """Why a program ended, as seen from outside it."""

    OK = "ok"
    EXCEPTION = "exception"  # exit code other than 0, or an exception that was not caught
    TIMEOUT = "timeout"  # wall or CPU limit
    MEMORY = "memory"
    OUTPUT = "output"  # wrote more than it may
    KILLED = "killed"  # a signal that was not ours: a crash, an abort
    BUILD_ERROR = "build error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one execution may use; refuses what cannot be meant."""

    wall_s: float = 10.0  # wall clock, seconds
    cpu_s: float | None = None  # CPU time, seconds; None: wall_s rounded up
    memory_mib: int = 512  # address space, MiB (a JVM or compiler `Command` needs several GiB of it)
    processes: int = 1  # tasks, the program itself included; a `Script` or `Binary` may add threads only
    output_kib: int = 1024  # kept of standard output, and again of standard error; past it the program is stopped
    file_mib: int = 0  # largest file it may write in a writable mount, MiB; 0: it may write none
    sink_mib: int = 0  # size of the shared memory it reports through, MiB; 0: none

    def __post_init__(self) -> None:
        """Raises: ValueError: a limit that is not positive (sink_mib and file_mib may be 0)."""
        for name in ("wall_s", "memory_mib", "processes", "output_kib"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if self.cpu_s is not None and self.cpu_s <= 0:
            raise ValueError(f"cpu_s must be positive or None, got {self.cpu_s}")
        if self.sink_mib < 0 or self.file_mib < 0:
            raise ValueError("sink_mib and file_mib must not be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A host path that a `Command` sees at `at`; read-only unless said otherwise."""

    path: Path
    at: str
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Python source, run as a fresh `__main__` by the warm interpreter inside the wall.

    Its hash and `random` seeds are fixed, so that a run repeats.
    `argv` becomes `sys.argv[1:]`. With `Limits.sink_mib`, file descriptor 3 is the shared memory.
    """

    source: str
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary:
    """A compiled executable (dynamically linked to system libraries), started inside the wall.

    `argv` are its arguments after the name. With `Limits.sink_mib`, file descriptor 3 is the shared memory.
    """

    path: Path
    argv: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Any executable with the folders it may see; system folders are read-only in view.

    `argv[0]` is an absolute path. The working folder is `/box`, empty unless mounted. Without mount namespaces
    (`Tier.CONFINED`) folders cannot be given other names: there `argv` and `env` are translated to the real ones.
    What runs at the same time must not share a writable mount.
    With `Limits.sink_mib`, the environment variable `SEMALIGN_SINK` names a file of that size to map.
    """

    argv: tuple[str, ...]
    mounts: tuple[Mount, ...] = ()
    env: tuple[tuple[str, str], ...] = ()


Program = Script | Binary | Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What running showed. A wrong program is data: nothing here is an error of ours."""

    cause: Cause
    detail: str = ""  # one line: the signal, the limit that was met
    exit_code: int | None = None  # None: it did not exit by itself
    signal: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    truncated: bool = False  # standard output or error was cut at the limit
    sink: bytes = field(default=b"", repr=False)  # the shared memory, trailing zero bytes removed
    wall_s: float = 0.0
    cpu_s: float = 0.0
    tier: Tier = Tier.NONE


class Service(Protocol):
    """A confined process that stays and answers: one request line in, one reply line out."""

    def ask(self, request: bytes, *, wall_s: float) -> bytes:
        """The reply, without its newline.

        Raises:
            SandboxError: it died or did not answer in time; it is gone then, and a new one must be started.
        """
        ...

    def close(self) -> None:
        """End it and everything it started. May be called twice."""
        ...


class Sandbox(Protocol):
    """Runs programs; safe to call from several threads, each call independent of the others."""

    @property
    def tier(self) -> Tier:
        """How programs are held in here."""
        ...

    def run(self, program: Program, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """Run to its end or to a limit.

        Raises:
            SandboxError: the machine failed; says nothing about the program.
        """
        ...

    def serve(self, command: Command, *, limits: Limits) -> Service:
        """Start a resident confined process; of the limits, memory, processes and file sizes apply.

        Raises:
            SandboxError: it could not be started.
        """
        ...

    def close(self) -> None:
        """End every process that was started here. May be called twice."""
        ...
