"""Folders of the host as a program under another user id finds them.

A temporary folder is private to whoever made it. When programs run under ids of their own, a folder that they are to
see is opened to their id, and what they leave in it is given back to its owner afterwards.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from semalign.sandbox.model import Mount

_GROUP = {False: stat.S_IRGRP | stat.S_IXGRP, True: stat.S_IRWXG}
_OTHERS = {False: stat.S_IROTH | stat.S_IXOTH, True: stat.S_IRWXO}


def open_to(path: Path, gid: int | None, *, writable: bool) -> None:
    """Let the group use the path itself, where not everybody may; what lies below keeps its rights."""
    if gid is None:
        return
    found = path.stat()
    needed = _OTHERS[writable] if path.is_dir() else _OTHERS[writable] & ~stat.S_IXOTH
    if found.st_mode & needed == needed:
        return
    os.chown(path, -1, gid)
    path.chmod(stat.S_IMODE(found.st_mode) | (_GROUP[writable] if path.is_dir() else _GROUP[writable] & ~stat.S_IXGRP))


@contextlib.contextmanager
def opened(mounts: Sequence[Mount], uid: int | None, gid: int | None) -> Iterator[None]:
    """The mounts, open to the group for as long as the program runs, and its files given back to their owner."""
    for mount in mounts:
        open_to(mount.path, gid, writable=mount.writable)
    try:
        yield
    finally:
        if uid is not None:
            for mount in mounts:
                if mount.writable:
                    _give_back(mount.path, uid)


@contextlib.contextmanager
def staged(mounts: Sequence[Mount], folder: Path, uid: int | None) -> Iterator[tuple[Mount, ...]]:
    """The mounts as another user id can reach them by name: those below a private folder are copied.

    Only for walls without mount namespaces. What a program leaves in a writable copy is copied back: files and folders,
    but no links, which could point to what only we may read.
    """
    reached = []
    for number, mount in enumerate(mounts):
        if uid is None or all(parent.stat().st_mode & stat.S_IXOTH for parent in mount.path.resolve().parents):
            reached.append(mount)
            continue
        copy = folder / f"mount-{number}"
        if mount.path.is_dir():
            shutil.copytree(mount.path, copy)
        else:
            shutil.copy(mount.path, copy)
        reached.append(replace(mount, path=copy))
    yield tuple(reached)
    for mount, used in zip(mounts, reached, strict=True):
        if mount.writable and used.path != mount.path:
            if used.path.is_dir():
                shutil.copytree(used.path, mount.path, dirs_exist_ok=True, ignore=_links_and_special)
            else:
                shutil.copyfile(used.path, mount.path, follow_symlinks=False)


def _links_and_special(folder: str, names: list[str]) -> list[str]:
    modes = {name: Path(folder, name).lstat().st_mode for name in names}
    return [name for name, mode in modes.items() if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))]


def _give_back(path: Path, uid: int) -> None:
    owner = path.stat()
    for folder, names, files in os.walk(path):  # does not follow links
        for name in (*names, *files):
            entry = os.path.join(folder, name)  # noqa: PTH118 - a Path for each of many files is slow
            with contextlib.suppress(FileNotFoundError):
                if os.lstat(entry).st_uid == uid:
                    os.chown(entry, owner.st_uid, owner.st_gid, follow_symlinks=False)
