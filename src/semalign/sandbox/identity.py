"""Who a program runs as: a user id that nothing else on the machine has.

The kernel does not bind user 0 by RLIMIT_NPROC, and one id shared by several programs lets one exhaust it for all;
so whoever may change ids gives every worker and every command one of its own.
"""

import contextlib
import functools
import itertools
import os
import secrets
from pathlib import Path

_CAP_SETGID, _CAP_SETUID, _CAP_SYS_ADMIN = 6, 7, 21
_FAR = 0x1000_0000  # beyond what distributions, containers and directory services hand out
_FEWEST = 1000  # ids worth drawing from


@functools.cache
def mapped_uids() -> range:
    """The widest range of user ids above the system's own that exist in this user namespace."""
    widest = range(0)
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, _, count = (int(word) for word in line.split())
        span = range(max(inside, 10_000), inside + count)
        widest = max(widest, span, key=len)
    return widest


@functools.cache
def _capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0


def can_change_user() -> bool:
    """Whether programs can be given ids of their own: we are root, with ids to give."""
    has = all(_capabilities() >> bit & 1 for bit in (_CAP_SETGID, _CAP_SETUID))
    return os.geteuid() == 0 and has and len(mapped_uids()) >= _FEWEST


def can_mount() -> bool:
    """Whether namespaces can be made without a user namespace."""
    return can_change_user() and bool(_capabilities() >> _CAP_SYS_ADMIN & 1)


@functools.cache
def _ids() -> "itertools.cycle[int]":
    ids = mapped_uids()
    far = range(_FAR, min(ids.stop, 0x7000_0000)) if ids.stop > 2 * _FAR else ids
    # Drawn, not counted from a fixed number: two of our processes must not meet on one id.
    start = secrets.randbelow(len(far))
    window = [far[(start + step) % len(far)] for step in range(min(len(far), 4096))]
    return itertools.cycle(window)


def fresh_uid() -> int:
    """The next id to give away."""
    return next(_ids())


def count_own_tasks() -> int:
    """Processes and threads of this user, as the limit on them counts."""
    own = os.getuid()
    n_tasks = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == own:
                n_tasks += sum(1 for _ in (folder / "task").iterdir())
    return n_tasks


@functools.cache
def shared_gid() -> int | None:
    """The group of all our programs, to which folders are opened; None: they run as we do."""
    return fresh_uid() if can_change_user() else None
