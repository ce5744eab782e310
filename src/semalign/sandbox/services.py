"""Confined processes that stay: one request line in, one reply line out."""

import contextlib
import os
import select
import threading
import time
from contextlib import ExitStack

from semalign.core.errors import SandboxError

_READ = 1 << 16


class Resident:
    """`Service`: lines over two pipes, and a stack of what to undo when it ends."""

    def __init__(self, requests: int, replies: int, held: ExitStack) -> None:
        self._requests = requests
        self._replies = replies
        self._held = held
        self._lock = threading.Lock()
        self._rest = bytearray()
        self._gone = False
        os.set_blocking(requests, False)

    def ask(self, request: bytes, *, wall_s: float) -> bytes:
        """See `Service.ask`."""
        with self._lock:
            if self._gone:
                raise SandboxError("the service is gone; start another")
            deadline = time.monotonic() + wall_s
            try:
                self._write(request.rstrip(b"\n") + b"\n", deadline)
                return self._line(deadline)
            except (SandboxError, OSError) as exc:
                self._end()
                raise SandboxError(f"the service is gone ({exc}); start another") from exc

    def _write(self, data: bytes, deadline: float) -> None:
        view = memoryview(data)
        while view:
            self._await(self._requests, select.POLLOUT, deadline)
            with contextlib.suppress(BlockingIOError):
                view = view[os.write(self._requests, view) :]

    def _line(self, deadline: float) -> bytes:
        while (end := self._rest.find(b"\n")) < 0:
            self._await(self._replies, select.POLLIN, deadline)
            chunk = os.read(self._replies, _READ)
            if not chunk:
                raise SandboxError("it ended")
            self._rest += chunk
        line = bytes(self._rest[:end])
        del self._rest[: end + 1]
        return line

    @staticmethod
    def _await(fd: int, event: int, deadline: float) -> None:
        poll = select.poll()
        poll.register(fd, event)
        left = deadline - time.monotonic()
        if left <= 0 or not poll.poll(left * 1000):
            raise SandboxError("it did not answer in time")

    def _end(self) -> None:
        self._gone = True
        self._held.close()

    def close(self) -> None:
        """See `Service.close`."""
        with self._lock:
            if not self._gone:
                self._end()
