"""A program as the zygote takes it: limits in the kernel's units, the filter, what may be opened."""

import contextlib
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from semalign.core.errors import ConfigError
from semalign.sandbox import descriptors, identity, seccomp
from semalign.sandbox.folders import open_to, opened, staged
from semalign.sandbox.model import Binary, Command, Limits, Program, Script, Tier
from semalign.sandbox.verdict import cpu_limit_s
from semalign.sandbox.wall import Wall

Kind = Literal["script", "binary", "command"]

_MIB = 1 << 20
_TASKS_OF_A_BOX = 3  # bubblewrap's first process, the zygote, the first process of the program's namespace
_LOADERS = ("/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1",
            "/lib/ld-musl-aarch64.so.1")  # fmt: skip
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/box"}
_SYSTEM = ("/usr", "/bin", "/lib", "/lib64")
_SCRIPT_STACK = 120 * _MIB  # what the kernel leaves below the zygote's own mappings, less a margin
_THREAD_STACK = 16 * _MIB  # every thread of a binary gets as much


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One program for the zygote; `executable_fd` is the caller's to close."""

    kind: Kind
    source: str = ""
    argv: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    folder: str = "/"
    readable: tuple[str, ...] = ()
    executable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    filter: bytes = b""
    memory: int | None = None  # this and what follows: bytes, bytes, bytes, seconds, descriptors, tasks
    file: int = 0
    stack: int = 0
    cpu: int = 0
    files: int = 64
    processes: int | None = None
    executable_fd: int = -1

    def encoded(self, *, has_sink: bool) -> bytes:
        """The message's text; the descriptors travel beside it."""
        fields: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__ if name != "executable_fd"}
        fields |= {"env": dict(self.env), "filter": self.filter.hex(), "sink": has_sink}
        return json.dumps(fields).encode()


def _limited(job: Job, limits: Limits, wall: Wall) -> Job:
    return replace(
        job,
        memory=limits.memory_mib * _MIB,
        file=max(limits.sink_mib, limits.file_mib if job.kind == "command" else 0) * _MIB,
        cpu=cpu_limit_s(limits),
        processes=_tasks(limits, wall),
    )


def _tasks(limits: Limits, wall: Wall) -> int | None:
    """The kernel counts a user's tasks, not a program's: what is allowed is added to what others of that user have."""
    if wall.config["uid"] is not None:
        return limits.processes
    if wall.tier is Tier.NAMESPACES:  # counted for each user namespace since Linux 5.14
        return limits.processes + _TASKS_OF_A_BOX
    # Without a thread allowed none can be started; the count, a walk through /proc, is not worth its time then.
    return limits.processes + identity.count_own_tasks() if limits.processes > 1 and wall.filters else None


def script(program: Script, limits: Limits, wall: Wall) -> Job:
    """A script's job."""
    allow = seccomp.for_program(threads=limits.processes > 1, executes=False).bpf if wall.filters else b""
    job = Job(kind="script", source=program.source, argv=program.argv, stack=_SCRIPT_STACK, filter=allow)
    return _limited(job, limits, wall)


def binary(program: Binary, limits: Limits, wall: Wall) -> Job:
    """A compiled program's job; its `executable_fd` is open and the caller's to close.

    Raises:
        ConfigError: there is no such file.
    """
    allow = seccomp.for_program(threads=limits.processes > 1, executes=True).bpf if wall.filters else b""
    stack = _THREAD_STACK if limits.processes > 1 else min(256, limits.memory_mib) * _MIB
    job = Job(
        kind="binary",
        argv=(program.path.name, *program.argv),
        env=tuple(_ENVIRONMENT.items()),
        readable=tuple(wall.config["readable"]),
        executable=_LOADERS,
        stack=stack,
        filter=allow,
        executable_fd=_open_executable(program.path),
    )
    return _limited(job, limits, wall)


def _open_executable(path: Path) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as exc:
        raise ConfigError(f"cannot run {path}: {exc.strerror}; build it first") from exc
    everybody = stat.S_IROTH | stat.S_IXOTH
    if os.fstat(fd).st_mode & everybody == everybody:
        return fd
    # The id it will run under may not start it where it lies.
    try:
        return descriptors.read_only(descriptors.read_all(fd), name=path.name)
    finally:
        os.close(fd)


def command(program: Command, limits: Limits, wall: Wall, box: Path) -> Job:
    """A command's job where there are no mount namespaces: names inside the box become names on the host.

    Only `argv` and the environment are translated; a program that builds such names by itself will not find them.
    """
    places = {mount.at.rstrip("/"): str(mount.path.resolve()) for mount in program.mounts}
    places.setdefault("/box", str(box))
    scratch = str(box / "tmp")
    deny = seccomp.for_command(own_session=True).bpf if wall.filters else b""
    env = _ENVIRONMENT | {"HOME": places["/box"], "TMPDIR": scratch} | dict(program.env)
    if limits.sink_mib:
        env["SEMALIGN_SINK"] = "/proc/self/fd/3"
    job = Job(
        kind="command",
        argv=tuple(_translated(text, places) for text in program.argv),
        env=tuple((name, _translated(value, places)) for name, value in env.items()),
        folder=places["/box"],
        readable=(*wall.config["readable"], "/etc/alternatives", *map(str, sorted(Path("/etc").glob("java*")))),
        executable=(*_SYSTEM, *(str(mount.path.resolve()) for mount in program.mounts if not mount.writable)),
        writable=(str(box), *(str(mount.path.resolve()) for mount in program.mounts if mount.writable)),
        files=1024,
        stack=8 * _MIB,
        filter=deny,
    )
    return _limited(job, limits, wall)


def _translated(text: str, places: dict[str, str]) -> str:
    for inside, outside in sorted(places.items(), key=lambda item: -len(item[0])):
        for opening in ("", "-I", "-L", "-isystem", "-include", "-o", "@"):
            if text == opening + inside or text.startswith(f"{opening}{inside}/"):
                return opening + outside + text[len(opening) + len(inside) :]
    return text


@contextlib.contextmanager
def prepared(program: Program, limits: Limits, wall: Wall) -> Iterator[Job]:
    """The program's job, and for as long as it runs what it needs on this side.

    Raises:
        ConfigError: the executable cannot be opened.
    """
    if isinstance(program, Script):
        yield script(program, limits, wall)
    elif isinstance(program, Binary):
        job = binary(program, limits, wall)
        try:
            yield job
        finally:
            os.close(job.executable_fd)
    else:
        uid, gid = wall.config["uid"], identity.shared_gid() if wall.config["uid"] is not None else None
        with contextlib.ExitStack() as held:
            box = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="box-")))
            (box / "tmp").mkdir()
            for made in (box, box / "tmp"):
                open_to(made, gid, writable=True)
            mounts = held.enter_context(staged(program.mounts, box, uid))
            held.enter_context(opened(mounts, uid, gid))
            yield command(replace(program, mounts=mounts), limits, wall, box)
