"""Memory files and sockets: how programs, their input and their output cross the wall.

Everything that crosses is a descriptor, so nothing has to be written into a folder that both sides see.
"""

import contextlib
import fcntl
import mmap
import os
import select
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_SEALED = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
_SIZED = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL


def read_only(data: bytes, *, name: str) -> int:
    """A memory file that holds the data, at its beginning, and can never be changed."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SEALED)
    return fd


def fixed_size(n_bytes: int, *, name: str) -> int:
    """A memory file of zeros that can be written but neither grown nor cut."""
    fd = os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, n_bytes)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, _SIZED)
    return fd


def without_trailing_zeros(fd: int) -> bytes:
    """What the file holds up to its last byte that is not zero.

    Holes are skipped, so a large sink in which little was written costs little to read.
    """
    size = os.fstat(fd).st_size
    end = 0
    while end < size:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole up to the end
            break
        end = os.lseek(fd, start, os.SEEK_HOLE)
    if end == 0:
        return b""
    with mmap.mmap(fd, end, prot=mmap.PROT_READ) as shared:
        return shared[:].rstrip(b"\0")


def close_all(fds: Iterable[int]) -> None:
    """Each descriptor once; those below 0 stand for none."""
    for fd in fds:
        if fd >= 0:
            os.close(fd)


def receive(control: socket.socket, *, timeout_s: float) -> tuple[bytes, list[int]]:
    """One message with its descriptors; empty when the other side is gone.

    Raises:
        TimeoutError: nothing came.
    """
    control.settimeout(timeout_s)
    try:
        data, fds, _, _ = socket.recv_fds(control, 1 << 16, 4)
    except ConnectionError:
        return b"", []
    return data, fds


def read_all(fd: int) -> bytes:
    """What is left to read, up to the end."""
    chunks = []
    while chunk := os.read(fd, 1 << 16):
        chunks.append(chunk)
    return b"".join(chunks)


@contextlib.contextmanager
def owned(fd: int) -> Iterator[int]:
    """The descriptor, closed at the end."""
    try:
        yield fd
    finally:
        os.close(fd)


def await_end(pidfd: int, *, timeout_s: float) -> None:
    """Until the process has ended, or the time has passed."""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.poll(timeout_s * 1000)


@dataclass(slots=True)
class Pipe:
    """Two ends; the one for writing is closed once somebody else has it, so that the other comes to an end."""

    read_end: int
    write_end: int

    def close_write_end(self) -> None:
        """Nothing happens when it is closed."""
        fd, self.write_end = self.write_end, -1
        close_all((fd,))


@contextlib.contextmanager
def pipe() -> Iterator[Pipe]:
    """A pipe, closed at the end."""
    ends = Pipe(*os.pipe2(os.O_CLOEXEC))
    try:
        yield ends
    finally:
        ends.close_write_end()
        os.close(ends.read_end)
