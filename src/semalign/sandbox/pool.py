"""The sandbox as callers see it: a few warm interpreters, and fresh boxes for commands."""

import contextlib
import functools
import os
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Self

from semalign.core.errors import SandboxError
from semalign.sandbox import commands, descriptors, jobs, wall
from semalign.sandbox.model import Command, Limits, Outcome, Program, Service, Tier
from semalign.sandbox.services import Resident
from semalign.sandbox.verdict import outcome
from semalign.sandbox.wall import Wall
from semalign.sandbox.worker import Worker

_LEAVE_S = 10.0
_FOREVER_S = 10.0 * 365 * 24 * 3600  # a service has no clock of its own; each question has


class Pool:
    """`Sandbox`, and a context manager; made by `open_sandbox`."""

    def __init__(self, tier: Tier, *, workers: int, hash_seed: int = 0) -> None:
        """Raises: SandboxError: the tier does not hold on this machine."""
        self._tier = tier
        self._hash_seed = hash_seed
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sandbox-starter")
        self._idle: queue.LifoQueue[Worker] = queue.LifoQueue()  # the warmest first
        self._walls: dict[Worker, Wall] = {}
        self._services: list[Service] = []
        self._lock = threading.Lock()
        self._closed = False
        try:
            for _ in range(workers):
                built = wall.build(tier, hash_seed)
                worker = Worker(built, self._starter)
                self._walls[worker] = built
                self._idle.put(worker)
            worker = self._idle.get()
            worker.start()  # a wall that does not hold is found now, not with the first program
            self._idle.put(worker)
        except SandboxError:
            self.close()
            raise

    @property
    def tier(self) -> Tier:
        """How programs are held in here."""
        return self._tier

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The warm interpreters, in use or not."""
        return tuple(self._walls)

    def run(self, program: Program, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """See `Sandbox.run`."""
        self._refuse_when_closed()
        if isinstance(program, Command) and self._tier is Tier.NAMESPACES:
            return outcome(commands.run(program, stdin, limits), limits, self._tier)
        with self._worker() as worker, jobs.prepared(program, limits, self._walls[worker]) as job:
            return outcome(worker.run(job, stdin, limits), limits, self._tier)

    @contextlib.contextmanager
    def _worker(self) -> Iterator[Worker]:
        worker = self._idle.get()
        try:
            self._refuse_when_closed()
            yield worker
        finally:
            self._idle.put(worker)

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise SandboxError("this sandbox has been closed; open another")

    def serve(self, command: Command, *, limits: Limits) -> Service:
        """See `Sandbox.serve`."""
        self._refuse_when_closed()
        with contextlib.ExitStack() as held:
            ends = [fd for _ in range(2) for fd in os.pipe2(os.O_CLOEXEC)]
            theirs_in, requests, replies, theirs_out = ends
            held.callback(descriptors.close_all, (requests, replies))
            errors = held.enter_context(descriptors.owned(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)))
            stdio = (theirs_in, theirs_out, errors)
            unclocked = replace(limits, wall_s=_FOREVER_S, cpu_s=None)
            try:
                if self._tier is Tier.NAMESPACES:
                    begin = functools.partial(commands.started, command, unclocked, stdio=stdio, starter=self._starter)
                    held.enter_context(begin())
                else:
                    self._serve_from_worker(command, unclocked, stdio, held)
            finally:
                descriptors.close_all((theirs_in, theirs_out))
            service = Resident(requests, replies, held.pop_all())
        with self._lock:
            self._services.append(service)
        return service

    def _serve_from_worker(
        self, command: Command, limits: Limits, stdio: tuple[int, int, int], held: contextlib.ExitStack
    ) -> None:
        """Without namespaces a service occupies a warm interpreter of its own."""
        built = wall.build(self._tier, self._hash_seed)
        worker = Worker(built, self._starter)
        held.callback(worker.close)
        job = held.enter_context(jobs.prepared(command, limits, built))
        held.callback(held.enter_context(worker.begin(job, stdio)).kill)

    def close(self) -> None:
        """End every process that was started here. May be called twice."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            services, self._services = self._services, []
        for service in services:
            service.close()
        for worker in self._walls:
            worker.retire()
        for _ in self._walls:  # those in use come back soon, their process being dead
            with contextlib.suppress(queue.Empty):
                self._idle.get(timeout=_LEAVE_S).close()
        self._starter.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
