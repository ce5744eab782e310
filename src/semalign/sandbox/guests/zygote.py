"""The warm interpreter inside the wall: forks one confined child for each program it is handed.

It is given to the interpreter as text (`python -c`), so that no folder of ours has to be visible to it, and it needs
the standard library only. It decides nothing: limits, filters and user ids arrive with the job, the clock is the
parent's. A job is a message of one byte with its descriptors: the job (JSON in a memory file), standard input, output
and error, then the sink and the executable where there are such. Two answers come back: `S` with a pidfd that ends
the program when killed, then `E` with the exit status and what was used.

Order in the child matters: descriptors, then the user id, then what may never be gained again, Landlock, seccomp.
"""

import atexit
import builtins
import contextlib
import ctypes
import fcntl
import gc
import importlib
import io
import json
import linecache
import mmap
import os
import random
import resource
import select
import signal
import socket
import stat
import struct
import sys
import threading
import traceback
import types
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
libc.setns.argtypes = [ctypes.c_int, ctypes.c_int]

CLONE_VM, CLONE_NEWPID = 0x100, 0x20000000
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 36, 38
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
EXEC_FD = 9  # known to the system call filter
MAIN = "main.py"
NOTE_MEMORY = 1
SETUP_DONE, SETUP_FAILED = 1, 2
READ = 1 << 2 | 1 << 3  # files and folders
EXECUTE = 1
ALL_OF_A_FOLDER = (1 << 16) - 1


class Fprog(ctypes.Structure):
    """The kernel's `struct sock_fprog`."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def call(number: int, *args: object) -> int:
    """One system call by number; raises OSError with its errno."""
    result = int(libc.syscall(ctypes.c_long(number), *args))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return result


class Landlock:
    """A ruleset: nothing on any file system, but for what is added."""

    def __init__(self, abi: int) -> None:
        # Rights and fields that the kernel does not know are an error, so both are trimmed to its ABI.
        n_rights = 13 + (abi >= 2) + (abi >= 3) + (abi >= 5)
        self.handled = (1 << n_rights) - 1
        net = 3 if abi >= 4 else 0
        scoped = 3 if abi >= 6 else 0
        size = 24 if abi >= 6 else 16 if abi >= 4 else 8
        attributes = struct.pack("=QQQ", self.handled, net, scoped)[:size]
        self.fd = call(LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))

    def allow(self, fd: int, rights: int) -> None:
        """Beneath the folder (or on the file) that `fd` is open on."""
        rule = struct.pack("=Qi", rights & self.handled, fd)
        call(LANDLOCK_ADD, ctypes.c_int(self.fd), ctypes.c_int(1), rule, ctypes.c_uint32(0))

    def allow_path(self, path: str, rights: int) -> None:
        """As `allow`; a path that is not there cannot be allowed."""
        with contextlib.suppress(FileNotFoundError, PermissionError):
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                is_folder = stat.S_ISDIR(os.fstat(fd).st_mode)
                self.allow(fd, rights if is_folder else rights & ~(1 << 3) & (0b111 | 1 << 14 | 1 << 15))
            finally:
                os.close(fd)

    def restrict(self) -> None:
        """From here on, for this process and all it starts."""
        call(LANDLOCK_RESTRICT, ctypes.c_int(self.fd), ctypes.c_uint32(0))
        os.close(self.fd)


class Zygote:
    """What stays between jobs."""

    def __init__(self, control: socket.socket, config: dict[str, Any]) -> None:
        self.control = control
        self.config = config
        # Shared with the child, so they outlive it. The program can reach the note; the set-up page is unmapped before
        # the program starts, so that no program can pass for a broken machine.
        self.note = mmap.mmap(-1, mmap.PAGESIZE)
        self.setup = mmap.mmap(-1, mmap.PAGESIZE)
        self.own_pidfd = os.pidfd_open(os.getpid())
        self.stack = ctypes.create_string_buffer(1 << 14)
        self.script_rules = self.rules(config["readable"]) if config["landlock_abi"] else None
        self.pause = ctypes.cast(libc.pause, ctypes.c_void_p)

    def rules(self, readable: list[str]) -> Landlock:
        """The ruleset of a `Script`; the base of the others."""
        landlock = Landlock(self.config["landlock_abi"])
        for path in readable:
            landlock.allow_path(path, READ)
        for path in ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random"):
            landlock.allow_path(path, READ | 1 << 1)
        return landlock

    def serve(self) -> None:
        """One job after the other, until the parent is gone."""
        while True:
            data, fds, _, _ = socket.recv_fds(self.control, 16, 16)
            if not data:
                return
            job = json.loads(os.pread(fds[0], os.fstat(fds[0]).st_size, 0))
            self.run(job, fds)

    def run(self, job: dict[str, Any], fds: list[int]) -> None:
        """Start the program, say so, wait, say how it ended."""
        self.note[0] = self.setup[0] = 0
        init = self.new_namespace() if self.config["namespaces"] else 0
        pid = os.fork()
        if pid == 0:
            try:
                Child(self, job, fds).start()
            except BaseException:  # noqa: BLE001 - whatever it is, no child may return into this loop
                if not self.setup.closed:
                    self.setup[0] = SETUP_FAILED
                traceback.print_exc()
            finally:
                os._exit(125)
        for fd in fds:
            os.close(fd)
        pidfd = os.pidfd_open(pid)
        if init:
            libc.setns(self.own_pidfd, CLONE_NEWPID)
        kill_fd = self.init_pidfd if init else pidfd
        socket.send_fds(self.control, [b"S"], [kill_fd])
        orphaned = not self.wait(pidfd, kill_fd)
        if not self.config["namespaces"]:
            # Not reaped yet, so the group's number cannot have been given to others.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        _, status, used = os.wait4(pid, 0)
        if init:
            os.kill(init, signal.SIGKILL)
            os.waitpid(init, 0)
            os.close(self.init_pidfd)
        else:
            with contextlib.suppress(ChildProcessError):
                while True:  # those of its group that it left behind; they have been killed
                    os.waitpid(-pid, 0)
        os.close(pidfd)
        if orphaned:
            sys.exit(0)
        ended = {"status": status, "cpu_s": used.ru_utime + used.ru_stime, "rss_kib": used.ru_maxrss}
        self.control.send(b"E" + json.dumps(ended | {"note": self.note[0], "setup": self.setup[0]}).encode())

    def wait(self, pidfd: int, kill_fd: int) -> bool:
        """Until the program ends; False: the parent is gone, and the program has been killed."""
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(self.control, select.POLLHUP | select.POLLRDHUP)
        ready = dict(poll.poll())
        if pidfd in ready:
            return True
        signal.pidfd_send_signal(kill_fd, signal.SIGKILL)
        return False

    def new_namespace(self) -> int:
        """A process id namespace for one program, and its first process, which does nothing but be killed.

        The program is not process 1 itself: the kernel drops signals that process 1 sends to itself, so abort() would
        look like a segmentation fault. The first process shares our memory (a few microseconds instead of a second
        fork) and stands in pause(), on a stack of its own.
        """
        top = ctypes.c_void_p((ctypes.addressof(self.stack) + len(self.stack)) & ~0xF)
        init = int(libc.clone(self.pause, top, CLONE_VM | CLONE_NEWPID | signal.SIGCHLD, None))
        if init < 0:
            raise OSError(ctypes.get_errno(), "clone")
        self.init_pidfd = os.pidfd_open(init)
        if libc.setns(self.init_pidfd, CLONE_NEWPID) < 0:
            raise OSError(ctypes.get_errno(), "setns")
        return init


class Child:
    """The forked process, until it has become the program."""

    def __init__(self, zygote: Zygote, job: dict[str, Any], fds: list[int]) -> None:
        self.zygote = zygote
        self.config = zygote.config
        self.job = job
        self.fds = fds

    def start(self) -> None:
        """Confine, then run; does not return."""
        os.setsid()
        landlock = self.landlock()
        self.arrange_descriptors(landlock)
        self.drop_user()
        if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 and not self.config["unsafe"]:
            raise OSError(ctypes.get_errno(), "no_new_privs")
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        self.limit()
        for number in (signal.SIGPIPE, signal.SIGXFSZ):
            # A script keeps Python's habit of an exception instead of a signal; what is executed gets the default.
            signal.signal(number, signal.SIG_IGN if self.job["kind"] == "script" else signal.SIG_DFL)
        if self.job["kind"] == "command":
            os.chdir(self.job["folder"])
        if landlock:
            landlock.restrict()
        if self.job["filter"]:
            own = struct.pack("=I", os.getpid())
            bpf = bytes.fromhex(self.job["filter"]).replace(struct.pack("=I", 0x5E1F0B1D), own)
            program = Fprog(len(bpf) // 8, bpf)
            if libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "seccomp")
        self.zygote.setup[0] = SETUP_DONE
        if self.job["kind"] == "script":
            self.zygote.setup.close()
            os._exit(run_script(self.job["source"], self.job["argv"], self.zygote.note))
        target = EXEC_FD if self.job["kind"] == "binary" else self.job["argv"][0]
        os.execve(target, self.job["argv"], self.job["env"])

    def landlock(self) -> Landlock | None:
        """What the program may read and execute; made before descriptors are closed."""
        if not self.config["landlock_abi"]:
            return None
        if self.job["kind"] == "script":
            return self.zygote.script_rules
        landlock = self.zygote.rules(self.job["readable"])
        for path in self.job["executable"]:
            landlock.allow_path(path, READ | EXECUTE)
        for path in self.job["writable"]:
            landlock.allow_path(path, ALL_OF_A_FOLDER)
        if self.job["kind"] == "binary":
            # A memory file lies on no file system that Landlock governs, and needs no rule.
            with contextlib.suppress(OSError):
                landlock.allow(self.fds[-1], 1 << 2 | EXECUTE)
        return landlock

    def arrange_descriptors(self, landlock: Landlock | None) -> None:
        """0, 1, 2; the sink as 3; what is to be executed as `EXEC_FD`; the ruleset as 8; nothing else."""
        places = {0: self.fds[1], 1: self.fds[2], 2: self.fds[3]}
        rest = self.fds[4:]
        if self.job["sink"]:
            places[3] = rest.pop(0)
        if rest:
            places[EXEC_FD] = rest.pop(0)
        if landlock:
            places[8] = landlock.fd
        # Through high numbers, so that no place is taken by a descriptor that is still to be moved.
        high = {place: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for place, fd in places.items()}
        for place, fd in high.items():
            os.dup2(fd, place, inheritable=place <= 3)
        if landlock:
            landlock.fd = 8
        previous = 2
        for place in [*sorted(place for place in places if place > 2), 1 << 20]:
            os.closerange(previous + 1, place)
            previous = place

    def drop_user(self) -> None:
        """To the worker's own user id when there is one; capabilities go in any case."""
        uid = self.config["uid"]
        if uid is not None:
            os.setgroups([])
            os.setresgid(*[self.config["gid"]] * 3)
            os.setresuid(uid, uid, uid)
        header = struct.pack("=Ii", 0x20080522, 0)
        if libc.capset(header, bytes(24)) != 0 and not self.config["unsafe"]:
            raise OSError(ctypes.get_errno(), "capset")

    def limit(self) -> None:
        """Every resource limit, hard and soft."""
        job = self.job
        pairs = {
            resource.RLIMIT_AS: job["memory"],
            resource.RLIMIT_FSIZE: job["file"],
            resource.RLIMIT_STACK: job["stack"],
            resource.RLIMIT_NOFILE: job["files"],
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_NPROC: job["processes"],
            resource.RLIMIT_MEMLOCK: 0,
        }
        for which, value in pairs.items():
            if value is not None:
                hard = resource.getrlimit(which)[1]
                bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
                resource.setrlimit(which, (bound, bound))
        resource.setrlimit(resource.RLIMIT_CPU, (job["cpu"], job["cpu"] + 1))


def run_script(source: str, argv: list[str], note: mmap.mmap) -> int:
    """The source as `__main__`; the exit code it would have had under `python main.py`."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=MAIN, __builtins__=builtins)
    sys.modules["__main__"] = module
    sys.argv = [MAIN, *argv]
    for name, fd, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        errors = "backslashreplace" if name == "stderr" else "surrogateescape"
        raw = open(fd, f"{mode}b", closefd=False)  # noqa: SIM115 - it is the program's
        stream = io.TextIOWrapper(raw, encoding="utf-8", errors=errors, line_buffering=name == "stderr")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    linecache.cache[MAIN] = (len(source), None, source.splitlines(keepends=True), MAIN)
    random.seed(0)
    code = 0
    try:
        exec(compile(source, MAIN, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as exit_:
        code = exit_code(exit_)
    except BaseException as exc:  # noqa: BLE001 - it is the program's
        code = report(exc, note)
    return finish(code)


def exit_code(exit_: SystemExit) -> int:
    """As the interpreter does it: None is 0, a number is itself, anything else is printed and 1."""
    if exit_.code is None:
        return 0
    if isinstance(exit_.code, int):
        return exit_.code & 0xFF
    print(exit_.code, file=sys.stderr)
    return 1


def report(exc: BaseException, note: mmap.mmap) -> int:
    """The traceback, without our own frames, on standard error."""
    if isinstance(exc, MemoryError):
        note[0] = NOTE_MEMORY
        traceback.clear_frames(exc.__traceback__)  # what filled the memory is held by them
    shown = exc.__traceback__.tb_next if exc.__traceback__ else None
    try:
        if sys.excepthook is sys.__excepthook__:
            traceback.print_exception(type(exc), exc, shown)
        else:
            sys.excepthook(type(exc), exc, shown)
    except BaseException:  # noqa: BLE001 - a __str__ that raises, a closed stream, no memory left
        os.write(2, type(exc).__name__.encode() + b"\n")
    return 130 if isinstance(exc, KeyboardInterrupt) else 1


def finish(code: int) -> int:
    """What the interpreter does at its end: join threads, run exit handlers, flush."""
    try:
        getattr(threading, "_shutdown")()  # noqa: B009 - private, and known to no type checker
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - it is the program's
        return code or 120
    return code


def main() -> None:
    """Warm up, say so, serve."""
    control = socket.socket(fileno=int(sys.argv[1]))
    config = json.loads(control.recv(1 << 16))
    for name in config["preload"]:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for setter in ("setquit", "sethelper"):  # `exit` and `quit`, which -S leaves out
        getattr(importlib.import_module("site"), setter)()
    os.environ.clear()
    os.environ.update(config["env"])
    sys.executable = ""
    sys.path[:] = [path for path in sys.path if path]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    zygote = Zygote(control, config)
    gc.collect()
    gc.freeze()  # so that a collection in a child does not copy our pages
    # The first process of this box: with it everything ends, and when it has ended so has everything.
    socket.send_fds(control, [b"R"], [os.pidfd_open(1 if config["namespaces"] else os.getpid())])
    zygote.serve()


if __name__ == "__main__":
    main()
