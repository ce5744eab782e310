"""Watching one program: its output up to a cap, the clock, and the kill when either is passed."""

import os
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_GRACE_S = 5.0  # for the kernel to end a killed program; a large memory takes its time to be given back


@dataclass(slots=True)
class Stream:
    """What was read from one pipe; never more than the cap is kept."""

    fd: int
    cap: int
    data: bytearray = field(default_factory=bytearray)
    over: bool = False
    open: bool = True

    def read(self) -> None:
        """What is there now, without waiting."""
        try:
            chunk = os.read(self.fd, 1 << 16)
        except BlockingIOError:
            return
        if not chunk:
            self.open = False
            return
        room = self.cap - len(self.data)
        self.data += chunk[:room]
        self.over |= len(chunk) > room

    def drain(self) -> None:
        """Everything that is left once the writers are gone, up to the cap."""
        size = -1
        while self.open and not self.over and size != len(self.data):
            size = len(self.data)
            self.read()


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen until the program ended."""

    stdout: bytes
    stderr: bytes
    over: bool  # wrote more than it may
    late: bool  # was killed by the clock
    ended: bool  # False: it did not even end when killed
    wall_s: float


def watch(*, stdout: int, stderr: int, done: int, cap: int, wall_s: float, kill: Callable[[], None]) -> Watched:
    """Read both pipes until `done` is readable; kill when the clock or the cap is passed."""
    started = time.monotonic()
    deadline = started + wall_s
    streams = {fd: Stream(fd, cap) for fd in (stdout, stderr)}
    poll = select.poll()
    for fd in (*streams, done):
        os.set_blocking(fd, False)
        poll.register(fd, select.POLLIN)
    killed = late = ended = False
    while not ended:
        left = deadline - time.monotonic()
        if left <= 0 and killed:
            break
        if not killed and (left <= 0 or any(stream.over for stream in streams.values())):
            late = left <= 0
            killed = True
            deadline = time.monotonic() + _GRACE_S
            kill()
            continue
        for fd, _ in poll.poll(max(left, 0) * 1000):
            if fd == done:
                ended = True
                continue
            streams[fd].read()
            if streams[fd].over or not streams[fd].open:
                poll.unregister(fd)
    wall = time.monotonic() - started
    for stream in streams.values():
        stream.drain()
    return Watched(
        stdout=bytes(streams[stdout].data),
        stderr=bytes(streams[stderr].data),
        over=any(stream.over for stream in streams.values()),
        late=late,
        ended=ended,
        wall_s=wall,
    )
