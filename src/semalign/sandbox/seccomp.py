"""System call filters, assembled here as classic BPF; no library is needed at run time.

A `Script` or `Binary` gets an *allow*-list: whatever is not named answers EPERM. A `Command` (a compiler, a JVM) gets a
*deny*-list, because what such a tool calls changes with its version. Both answer ENOSYS to clone3, whose flags lie in
memory where a filter cannot see them: with EPERM glibc would not fall back to clone, and no thread could start.

The filter is a binary search over number ranges, not a row of comparisons: the kernel evaluates it once for every
system call number when it is installed, so a row of 150 comparisons would cost more than the fork.

Source: the kernel's Documentation/userspace-api/seccomp_filter.rst.
"""

import errno
import functools
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from semalign.sandbox.syscalls import AUDIT_ARCH, machine, numbers

ALLOW = 0x7FFF0000
KILL = 0x80000000
EPERM = 0x00050000 | errno.EPERM
ENOSYS = 0x00050000 | errno.ENOSYS
OWN_PID = 0x5E1F0B1D  # stands for the program's process id until the guest, which knows it, puts it in
EXEC_FD = 9  # where the guest keeps the descriptor of a `Binary`

_LOAD, _JEQ, _JGE, _AND, _JA, _RET = 0x20, 0x15, 0x35, 0x54, 0x05, 0x06
_CLONE_THREAD = 0x00010000
_CLONE_NEW_ANY = 0x7E020000 | 0x00000080  # every namespace flag
_AT_EMPTY_PATH = 0x1000

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
Rule = tuple[Instruction, ...]  # what decides one system call, ending in a return on every way


def _ret(action: int) -> Rule:
    return ((_RET, 0, 0, action),)


def _argument(index: int, *, high: bool = False) -> Instruction:
    return (_LOAD, 0, 0, 16 + 8 * index + (4 if high else 0))


def _if_argument(index: int, values: Sequence[int], *, mask: int = 0xFFFFFFFF) -> Rule:
    """Allowed when the argument's low half, masked, is one of the values."""
    tests = [(_JEQ, 0, 1, value) for value in values]
    body: list[Instruction] = [_argument(index), (_AND, 0, 0, mask)]
    for test in tests:
        body += [test, (_RET, 0, 0, ALLOW)]
    return (*body, (_RET, 0, 0, EPERM))


_NULL_ADDRESS: Rule = (  # sendto without an address: the peer of a socketpair, nobody else
    _argument(4), (_JEQ, 0, 3, 0), _argument(4, high=True), (_JEQ, 0, 1, 0), (_RET, 0, 0, ALLOW), (_RET, 0, 0, EPERM),
)  # fmt: skip
_STREAM_PAIR: Rule = (  # asyncio wakes its loop through one; a datagram pair could be sent on to another address
    _argument(0), (_JEQ, 0, 4, 1), _argument(1), (_AND, 0, 0, 0xF), (_JEQ, 0, 1, 1), (_RET, 0, 0, ALLOW),
    (_RET, 0, 0, EPERM),
)  # fmt: skip
_THREAD: Rule = (_argument(0), (_AND, 0, 0, _CLONE_THREAD), (_JEQ, 0, 1, _CLONE_THREAD), (_RET, 0, 0, ALLOW),
                 (_RET, 0, 0, EPERM))  # fmt: skip
_SAME_NAMESPACES: Rule = (_argument(0), (_AND, 0, 0, _CLONE_NEW_ANY), (_JEQ, 0, 1, 0), (_RET, 0, 0, ALLOW),
                          (_RET, 0, 0, EPERM))  # fmt: skip
_EXEC_ONCE: Rule = (  # only the descriptor that the guest passed; it closes itself on exec
    _argument(0), (_JEQ, 0, 3, EXEC_FD), _argument(4), (_JEQ, 0, 1, _AT_EMPTY_PATH), (_RET, 0, 0, ALLOW),
    (_RET, 0, 0, EPERM),
)  # fmt: skip

# What CPython, glibc and libstdc++ use to compute, to read what Landlock lets them read, and to talk on open files.
_COMPUTE = """
read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn
pread64 pwrite64 readv writev access pipe select sched_yield mremap msync mincore madvise dup dup2 pause nanosleep
getitimer alarm setitimer getpid recvfrom shutdown getsockname getpeername getsockopt exit wait4 uname fcntl fsync
fdatasync ftruncate getcwd readlink umask gettimeofday getrlimit getrusage sysinfo times getuid getgid geteuid getegid
getppid getpgrp getgroups getresuid getresgid getpgid getsid rt_sigpending rt_sigtimedwait rt_sigsuspend sigaltstack
statfs fstatfs getpriority sched_getparam sched_getscheduler sched_get_priority_max sched_get_priority_min arch_prctl
setrlimit gettid time futex sched_getaffinity getdents64 set_tid_address restart_syscall fadvise64 timer_create
timer_settime timer_gettime timer_getoverrun timer_delete clock_gettime clock_getres clock_nanosleep exit_group
epoll_wait epoll_ctl waitid openat newfstatat readlinkat faccessat pselect6 ppoll set_robust_list get_robust_list
epoll_pwait eventfd eventfd2 epoll_create1 dup3 pipe2 preadv pwritev getcpu getrandom membarrier preadv2 pwritev2
statx close_range faccessat2 epoll_pwait2 rseq
"""

# What no compiler and no JVM needs, and what an escape would start with.
_NEVER = """
socket connect accept bind listen ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd pidfd_open
pidfd_send_signal unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsconfig fsmount fspick
mount_setattr swapon swapoff reboot sethostname setdomainname iopl ioperm init_module delete_module finit_module
kexec_load kexec_file_load quotactl acct settimeofday clock_settime clock_adjtime adjtimex syslog add_key request_key
keyctl bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register fanotify_init
name_to_handle_at open_by_handle_at shmget shmat shmctl semget semop semctl msgget msgsnd msgrcv msgctl mq_open
mq_unlink memfd_secret process_madvise move_pages migrate_pages mbind set_mempolicy vmsplice personality
"""


@dataclass(frozen=True, slots=True)
class Filter:
    """One assembled filter, as the kernel and `bwrap --seccomp` take it."""

    bpf: bytes
    default: str  # "deny": an allow-list; "allow": a deny-list


@functools.cache
def for_program(*, threads: bool, executes: bool) -> Filter:
    """The allow-list of a `Script` or `Binary`.

    Args:
        threads: it may start threads; processes it may never start.
        executes: it must replace itself by the descriptor `EXEC_FD` first (a `Binary`).
    """
    rules: dict[str, Rule] = {name: _ret(ALLOW) for name in _COMPUTE.split()}
    rules |= {
        # TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD, FIOCLEX, FIONCLEX: questions, and two flags of one's own descriptor.
        "ioctl": _if_argument(1, (0x5401, 0x5413, 0x5421, 0x541B, 0x5451, 0x5450)),
        "prctl": _if_argument(0, (3, 15, 16, 0x53564D41)),  # GET_DUMPABLE, SET_NAME, GET_NAME, SET_VMA (malloc)
        "prlimit64": _if_argument(0, (0, OWN_PID)),
        "kill": _if_argument(0, (OWN_PID,)),
        "tgkill": _if_argument(0, (OWN_PID,)),
        "socketpair": _STREAM_PAIR,
        "sendto": _NULL_ADDRESS,
        "clone": _THREAD if threads else _ret(EPERM),
        "clone3": _ret(ENOSYS),
    }
    if executes:
        rules["execveat"] = _EXEC_ONCE
    return Filter(_assemble(rules, default=EPERM), "deny")


@functools.cache
def for_command(*, own_session: bool) -> Filter:
    """The deny-list of a `Command`.

    Args:
        own_session: leaving its process group is denied too; without a PID namespace the group is how it is ended.
    """
    rules: dict[str, Rule] = {name: _ret(EPERM) for name in _NEVER.split()}
    # TIOCSTI types into a terminal, TIOCLINUX too.
    rules["ioctl"] = (
        _argument(1),
        (_JEQ, 1, 0, 0x5412),
        (_JEQ, 0, 1, 0x541C),
        (_RET, 0, 0, EPERM),
        (_RET, 0, 0, ALLOW),
    )
    rules |= {"clone": _SAME_NAMESPACES, "clone3": _ret(ENOSYS)}
    if own_session:
        rules |= {"setsid": _ret(EPERM), "setpgid": _ret(EPERM)}
    return Filter(_assemble(rules, default=ALLOW), "allow")


def _assemble(rules: Mapping[str, Rule], *, default: int) -> bytes:
    arch = machine()
    table = numbers(arch)
    by_number = sorted((table[name], rule) for name, rule in rules.items() if name in table)
    spans: list[tuple[int, Rule]] = [(0, _ret(default))]  # first number of a span, what decides it
    for number, rule in by_number:
        if spans[-1][0] == number:  # the span that the neighbour below opened
            spans.pop()
        if not spans or spans[-1][1] != rule:
            spans.append((number, rule))
        spans.append((number + 1, _ret(default)))
    if arch == "x86_64":
        spans.append((0x40000000, _ret(EPERM)))  # the x32 numbers name the same calls again
    head: list[Instruction] = [(_LOAD, 0, 0, 4), (_JEQ, 1, 0, AUDIT_ARCH[arch]), (_RET, 0, 0, KILL), (_LOAD, 0, 0, 0)]
    code = head + _search(spans)
    return b"".join(struct.pack("=HBBI", *step) for step in code)


def _search(spans: Sequence[tuple[int, Rule]]) -> list[Instruction]:
    """Instructions that find the span of the number in the accumulator and run its rule."""
    if len(spans) == 1:
        return list(spans[0][1])
    middle = len(spans) // 2
    below, above = _search(spans[:middle]), _search(spans[middle:])
    # A conditional jump reaches 255 instructions; an unconditional one reaches all.
    return [(_JGE, 0, 1, spans[middle][0]), (_JA, 0, 0, len(below)), *below, *above]
