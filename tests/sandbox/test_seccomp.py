"""The filters, decided here by a small BPF machine as the kernel would."""

import errno
import struct
from collections.abc import Iterator

import pytest

from semalign.sandbox import seccomp, syscalls

PID = 0x5E1F0B1D  # in its place stands the program's own id


def decide(bpf: bytes, number: int, *arguments: int, arch: int) -> int:
    """What the filter returns for one call."""
    given = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *given)
    steps = [struct.unpack_from("=HBBI", bpf, at) for at in range(0, len(bpf), 8)]
    at = accumulator = 0
    while True:
        code, if_true, if_false, constant = steps[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, constant)
        elif code == 0x54:
            accumulator &= constant
        elif code == 0x15:
            at += if_true if accumulator == constant else if_false
        elif code == 0x35:
            at += if_true if accumulator >= constant else if_false
        elif code == 0x05:
            at += constant
        else:
            assert code == 0x06
            return int(constant)


@pytest.fixture(params=["x86_64", "aarch64"])
def arch(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name: str = request.param
    monkeypatch.setattr("platform.machine", lambda: name)
    filters = (seccomp.for_program, seccomp.for_command)
    for make in filters:
        make.cache_clear()
    yield name
    for make in filters:
        make.cache_clear()


NEVER = """
socket connect ptrace fork vfork clone clone3 execve execveat unshare setns mount bpf memfd_create io_uring_setup kill
tkill pidfd_open sendmsg seccomp
"""


def test_a_program_may_call_what_is_named_and_nothing_else(arch: str) -> None:
    bpf = seccomp.for_program(threads=False, executes=False).bpf
    names = {number: name for name, number in syscalls.numbers(arch).items()}
    audited = syscalls.AUDIT_ARCH[arch]
    found = [number for number in range(600) if decide(bpf, number, arch=audited) == seccomp.ALLOW]
    allowed = {names.get(number, str(number)) for number in found}
    assert {"read", "write", "mmap", "futex", "exit_group", "openat", "clock_gettime"} <= allowed
    assert not set(NEVER.split()) & allowed
    assert not {name for name in allowed if name.isdigit()}


def test_every_call_that_is_not_allowed_answers_with_an_error(arch: str) -> None:
    bpf = seccomp.for_program(threads=True, executes=True).bpf
    answers = {decide(bpf, number, arch=syscalls.AUDIT_ARCH[arch]) for number in range(600)}
    assert answers == {seccomp.ALLOW, seccomp.EPERM, seccomp.ENOSYS}


def test_another_processor_is_not_listened_to(arch: str) -> None:
    for found in (seccomp.for_program(threads=True, executes=True), seccomp.for_command(own_session=True)):
        assert decide(found.bpf, 1, arch=0x40000003) == seccomp.KILL


@pytest.mark.parametrize(
    ("name", "arguments", "is_allowed"),
    [
        ("kill", (PID, 9), True),
        ("kill", (0xFFFFFFFF, 9), False),
        ("kill", (1, 9), False),
        ("tgkill", (PID, 7, 6), True),
        ("prlimit64", (0, 1), True),
        ("prlimit64", (1, 1), False),
        ("clone", (0x3D0F00,), True),
        ("clone", (17,), False),
        ("clone", (0x10000011,), False),
        ("execveat", (9, 1, 2, 3, 0x1000), True),
        ("execveat", (9, 1, 2, 3, 0), False),
        ("execveat", (8, 1, 2, 3, 0x1000), False),
        ("socketpair", (1, 0x80801), True),
        ("socketpair", (1, 2), False),
        ("socketpair", (2, 1), False),
        ("sendto", (4, 1, 1, 0, 0), True),
        ("sendto", (4, 1, 1, 0, 0x1000), False),
        ("sendto", (4, 1, 1, 0, 1 << 32), False),
        ("ioctl", (1, 0x5401), True),
        ("ioctl", (1, 0x5412), False),
        ("prctl", (15,), True),
        ("prctl", (22,), False),
    ],
)
def test_arguments_decide(arch: str, name: str, arguments: tuple[int, ...], is_allowed: bool) -> None:
    bpf = seccomp.for_program(threads=True, executes=True).bpf
    found = decide(bpf, syscalls.numbers(arch)[name], *arguments, arch=syscalls.AUDIT_ARCH[arch])
    assert found == (seccomp.ALLOW if is_allowed else seccomp.EPERM)


def test_clone3_is_absent_and_not_forbidden(arch: str) -> None:
    """Else glibc would not fall back, and no thread could start."""
    for found in (seccomp.for_program(threads=True, executes=False), seccomp.for_command(own_session=False)):
        assert decide(found.bpf, 435, arch=syscalls.AUDIT_ARCH[arch]) & 0xFFFF == errno.ENOSYS


def test_a_command_may_start_processes_but_no_namespaces(arch: str) -> None:
    bpf = seccomp.for_command(own_session=False).bpf
    table = syscalls.numbers(arch)

    def allows(name: str, *arguments: int) -> bool:
        return decide(bpf, table[name], *arguments, arch=syscalls.AUDIT_ARCH[arch]) == seccomp.ALLOW

    assert allows("clone", 17)
    assert allows("execve")
    assert allows("setsid")
    assert not allows("clone", 0x10000011)
    assert not allows("socket")
    assert not allows("ptrace")
    assert not allows("ioctl", 1, 0x5412)
    assert allows("ioctl", 1, 0x5401)


def test_without_a_namespace_a_command_stays_in_its_group(arch: str) -> None:
    bpf = seccomp.for_command(own_session=True).bpf
    assert decide(bpf, syscalls.numbers(arch)["setsid"], arch=syscalls.AUDIT_ARCH[arch]) == seccomp.EPERM


def test_the_numbers_of_the_x32_way_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for found in (seccomp.for_program(threads=True, executes=False), seccomp.for_command(own_session=False)):
        assert decide(found.bpf, 0x40000000 + 39, arch=syscalls.AUDIT_ARCH["x86_64"]) == seccomp.EPERM
