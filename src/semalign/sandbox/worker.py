"""One warm interpreter and the side of it that we are on: hands it jobs, holds the clock, starts it again.

What runs inside is `guests/zygote.py`; the protocol is described there.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from semalign.core.errors import SandboxError
from semalign.sandbox import descriptors
from semalign.sandbox.capture import Watched, watch
from semalign.sandbox.jobs import Job
from semalign.sandbox.model import Limits
from semalign.sandbox.verdict import Ended
from semalign.sandbox.wall import Wall

_START_S = 30.0  # to be warm; a loaded machine takes a second
_REPLY_S = 10.0  # to fork, or to report an end that has been seen
_LEAVE_S = 2.0  # to end what it runs, and itself
_GUEST = Path(__file__).with_name("guests") / "zygote.py"
_NOTE_MEMORY = 1  # as in the guest
_SETUP_DONE = 1


class WorkerDied(Exception):
    """The warm interpreter is gone or silent; not an error of ours until it repeats."""


@dataclass(slots=True)
class Running:
    """A program that was started, and what ends it."""

    kill_fd: int

    def kill(self) -> None:
        """End it and all it started; nothing happens when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.kill_fd, signal.SIGKILL)


class Worker:
    """One zygote; used by one thread at a time."""

    def __init__(self, wall: Wall, starter: Executor) -> None:
        # Started by a thread that lives as long as the sandbox: the kernel ends the box with the *thread* it came from.
        self._wall = wall
        self._starter = starter
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._first: list[int] = []  # pidfd of the box's first process, once it is warm
        self._log = -1
        self._retired = False

    @property
    def pid(self) -> int | None:
        """The process that holds the box, while there is one."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Make it warm; nothing happens when it is.

        Raises:
            SandboxError: it did not come up.
        """
        if self._retired:
            raise SandboxError("this sandbox has been closed; open another")
        if self._process is not None:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = os.memfd_create("zygote-log", os.MFD_CLOEXEC)
        self._control = ours
        arguments = [*self._wall.launch, _GUEST.read_text(encoding="utf-8"), str(theirs.fileno())]
        try:
            self._process = self._starter.submit(self._popen, arguments, theirs).result()
        except OSError as exc:
            self.close()
            raise SandboxError(f"cannot start {arguments[0]}: {exc}; see `semalign doctor`") from exc
        finally:
            theirs.close()
        try:
            ours.send(json.dumps(self._wall.config).encode())
            ready, self._first = descriptors.receive(ours, timeout_s=_START_S)
        except OSError:
            ready = b""
        if ready != b"R":
            said = os.pread(self._log, 4096, 0).decode(errors="replace").strip().splitlines()
            self.close()
            raise SandboxError(
                f"the sandbox did not start: {said[-1] if said else 'no message'}; see `semalign doctor`"
            )

    def _popen(self, arguments: Sequence[str], control: socket.socket) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            pass_fds=(control.fileno(),),
            env=dict(self._wall.env),
            cwd="/",
            start_new_session=True,
        )

    def run(self, job: Job, stdin: bytes, limits: Limits) -> Ended:
        """Run to its end or to a limit; a worker that dies is started again, once.

        Raises:
            SandboxError: it died twice, or could not set the program up.
        """
        try:
            return self._whole_run(job, stdin, limits)
        except WorkerDied:
            pass
        try:
            return self._whole_run(job, stdin, limits)
        except WorkerDied as exc:
            raise SandboxError(f"the sandbox died twice running one program ({exc}); see `semalign doctor`") from exc

    def _whole_run(self, job: Job, stdin: bytes, limits: Limits) -> Ended:
        try:
            return self._run(job, stdin, limits)
        except SandboxError:
            raise  # the end of the program was reported
        except BaseException:
            self.close()  # dead, or interrupted: its next program would be told of the end of this one
            raise

    def _run(self, job: Job, stdin: bytes, limits: Limits) -> Ended:
        with contextlib.ExitStack() as held:
            source = held.enter_context(descriptors.owned(descriptors.read_only(stdin, name="stdin")))
            sink = -1
            if limits.sink_mib:
                sink = descriptors.fixed_size(limits.sink_mib << 20, name="sink")
                held.enter_context(descriptors.owned(sink))
            out, err = held.enter_context(descriptors.pipe()), held.enter_context(descriptors.pipe())
            running = held.enter_context(self.begin(job, (source, out.write_end, err.write_end), sink))
            out.close_write_end()
            err.close_write_end()
            assert self._control is not None
            watched = watch(
                stdout=out.read_end,
                stderr=err.read_end,
                done=self._control.fileno(),
                cap=limits.output_kib << 10,
                wall_s=limits.wall_s,
                kill=running.kill,
            )
            return self.finish(watched, sink)

    @contextlib.contextmanager
    def begin(self, job: Job, stdio: tuple[int, int, int], sink: int = -1) -> Iterator[Running]:
        """A started program; its end is `finish`'s to wait for.

        Raises:
            WorkerDied: nothing was started.
        """
        self.start()
        assert self._control is not None
        text = descriptors.read_only(job.encoded(has_sink=sink >= 0), name="job")
        given = [text, *stdio, *(fd for fd in (sink, job.executable_fd) if fd >= 0)]
        kill_fds: list[int] = []
        try:
            try:
                socket.send_fds(self._control, [b"J"], given)
                started, kill_fds = descriptors.receive(self._control, timeout_s=_REPLY_S)
            except OSError as exc:
                raise WorkerDied(type(exc).__name__) from exc
            finally:
                os.close(text)
            if started != b"S" or len(kill_fds) != 1:
                raise WorkerDied("no program was started")
            yield Running(kill_fds[0])
        finally:
            descriptors.close_all(kill_fds)

    def finish(self, watched: Watched, sink: int) -> Ended:
        """The end of the program, as the zygote reports it.

        Raises:
            WorkerDied: it reports nothing.
            SandboxError: the program was never reached.
        """
        assert self._control is not None
        try:
            message, fds = descriptors.receive(self._control, timeout_s=_REPLY_S)
        except OSError as exc:
            raise WorkerDied(type(exc).__name__) from exc
        descriptors.close_all(fds)
        if not watched.ended or message[:1] != b"E":
            raise WorkerDied("no end was reported")
        ended = json.loads(message[1:])
        if ended["setup"] != _SETUP_DONE and not watched.late:
            said = watched.stderr.decode(errors="replace").strip().splitlines()
            raise SandboxError(f"a program could not be started: {said[-1] if said else 'no message'}")
        status = ended["status"]
        return Ended(
            watched=watched,
            exit_code=os.WEXITSTATUS(status) if os.WIFEXITED(status) else None,
            signal=os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
            cpu_s=ended["cpu_s"],
            out_of_memory=ended["note"] == _NOTE_MEMORY,
            sink=descriptors.without_trailing_zeros(sink) if sink >= 0 else b"",
        )

    def send(self, number: signal.Signals) -> None:
        """A signal to the first process of the box, if it is warm."""
        for fd in self._first:
            signal.pidfd_send_signal(fd, number)

    def retire(self) -> None:
        """End its process for good; may be called while another thread runs a program in it."""
        self._retired = True
        control = self._control
        if control is not None:
            with contextlib.suppress(OSError):
                control.shutdown(socket.SHUT_RDWR)  # the zygote kills what it runs and leaves

    def close(self) -> None:
        """End it and whatever runs in it; comes back when all of it has ended."""
        process, control, first, log = self._process, self._control, self._first, self._log
        self._process, self._control, self._first, self._log = None, None, [], -1
        if control is not None:
            control.close()  # the zygote kills what it runs and leaves
        if process is not None:
            try:
                process.wait(timeout=_LEAVE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for fd in first:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            descriptors.await_end(fd, timeout_s=_LEAVE_S)
        descriptors.close_all((*first, log))
