"""Compiling: the compiler of this machine, a precompiled header a set of flags, and a cache of binaries by content.

Everything is compiled inside the sandbox. The cache lies in `$SEMALIGN_CACHE`, else `$XDG_CACHE_HOME/semalign`, else
`~/.cache/semalign`; it may be deleted at any time.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path

from semalign.core import folders
from semalign.core.errors import MissingToolError
from semalign.languages.protocol import Mode
from semalign.sandbox.model import Cause, Command, Limits, Mount, Outcome, Sandbox

_COMPILERS = ("g++", "g++-14", "g++-13", "g++-12", "g++-11", "clang++")
_HEADERS = ("semalign.hpp", "semalign_value.hpp", "semalign_trace.hpp", "semalign_driver.hpp")
_RUNTIME = ("semalign_runtime.hpp", "semalign_text.hpp", "semalign_json.hpp", "semalign_frames.hpp")
_LIMITS = Limits(wall_s=120.0, cpu_s=120.0, memory_mib=8192, processes=32, output_kib=256, file_mib=512)
_BOX = "/box"
_GUEST = "/guest"
MISSING = (
    "no C++ compiler was found; install one: `apt install g++`, `dnf install gcc-c++`, or `xcode-select --install`"
)


@dataclass(frozen=True, slots=True)
class Toolchain:
    """The compiler and what it understands."""

    compiler: str
    version: str
    common: tuple[str, ...]
    link: tuple[str, ...]

    def flags(self, mode: Mode) -> tuple[str, ...]:
        """Flags of a mode; PLAIN and TRACED share theirs, hence their precompiled header."""
        if mode is not Mode.SANITIZED:
            return (*self.common, *_zeroed(self.common, "zero"))
        checks = (
            "-fsanitize=undefined,bounds,float-cast-overflow",
            "-fno-sanitize-recover=all",
            "-D_GLIBCXX_ASSERTIONS",
        )
        return (*self.common, *_zeroed(self.common, "pattern"), *checks)


def _zeroed(common: tuple[str, ...], how: str) -> tuple[str, ...]:
    return () if "-DSEMALIGN_NO_INIT" in common else (f"-ftrivial-auto-var-init={how}",)


@cache
def toolchain() -> Toolchain:
    """The first compiler that is there.

    Raises:
        MissingToolError: none is.
    """
    compiler = next((path for name in _COMPILERS if (path := shutil.which(name))), None)
    if compiler is None:
        raise MissingToolError(MISSING)
    version = subprocess.run((compiler, "--version"), capture_output=True, text=True, check=False).stdout.splitlines()
    common = ["-std=gnu++17", "-O0", "-w", "-pipe", "-fno-pie"]
    if not _accepts(compiler, "-ftrivial-auto-var-init=zero"):
        common.append("-DSEMALIGN_NO_INIT")
    link = ["-no-pie", "-ldl"]
    faster = next((name for name in ("mold", "lld", "gold") if shutil.which(f"ld.{name}") or shutil.which(name)), None)
    if faster is not None:
        link.append(f"-fuse-ld={faster}")
    return Toolchain(compiler, version[0] if version else "", tuple(common), tuple(link))


def _accepts(compiler: str, flag: str) -> bool:
    found = subprocess.run((compiler, flag, "-x", "c++", "-fsyntax-only", os.devnull), capture_output=True, check=False)
    return found.returncode == 0


def cache_folder() -> Path:
    """Where precompiled headers and binaries are kept."""
    return folders.cache_folder("cpp")


_locks: dict[str, threading.Lock] = {}
_locks_guard = threading.Lock()


@contextmanager
def _alone(key: str) -> Iterator[None]:
    """One thread at a time for one thing to make; others make other things meanwhile."""
    with _locks_guard:
        lock = _locks.setdefault(key, threading.Lock())
    with lock:
        yield


def compiled(text: str, mode: Mode, sandbox: Sandbox, *, guest: bool = True) -> Path | Outcome:
    """The binary of a C++ text, made now or before; the `Outcome` when the compiler refused it.

    Raises:
        MissingToolError: no compiler.
        SandboxError: the machine failed.
    """
    tools = toolchain()
    base = _guest_folder(tools, mode, sandbox)
    key = _digest(text, base.name, str(guest), *tools.link)
    kept = cache_folder() / "bin" / key[:2] / key
    if kept.is_file():
        return kept
    with _alone(key):
        if kept.is_file():
            return kept
        with tempfile.TemporaryDirectory(prefix="semalign-cpp-") as made:
            folder = _open_folder(Path(made))
            (folder / "p.cpp").write_text(text, encoding="utf-8", errors="surrogatepass")
            arguments = ("-include", f"{_GUEST}/semalign.hpp", "p.cpp", *((f"{_GUEST}/runtime.o",) if guest else ()))
            outcome = _run(tools, mode, (*arguments, *tools.link, "-o", f"{_BOX}/p"), folder, base, sandbox)
            if outcome.cause is not Cause.OK:
                return replace(outcome, cause=Cause.BUILD_ERROR)
            _keep(folder / "p", kept)
    return kept


def _run(
    tools: Toolchain, mode: Mode, arguments: tuple[str, ...], folder: Path, base: Path, sandbox: Sandbox
) -> Outcome:
    mounts = (Mount(path=folder, at=_BOX, writable=True), Mount(path=base, at=_GUEST))
    command = Command(
        argv=(tools.compiler, *tools.flags(mode), *arguments),
        mounts=mounts,
        env=(("PATH", "/usr/local/bin:/usr/bin:/bin"), ("TMPDIR", _BOX), ("LC_ALL", "C.UTF-8")),
    )
    return sandbox.run(command, limits=_LIMITS)


def _guest_folder(tools: Toolchain, mode: Mode, sandbox: Sandbox) -> Path:
    """A folder with the guest's headers, the precompiled one and the runtime, made once a set of flags.

    Raises:
        MissingToolError: the compiler can't compile the guest.
    """
    texts = {name: _guest_text(name) for name in (*_HEADERS, *_RUNTIME)}
    key = _digest(tools.compiler, tools.version, *tools.flags(mode), *texts.values())[:16]
    folder = cache_folder() / "guest" / key
    if (folder / "ready").is_file():
        return folder
    with _alone(key):
        if (folder / "ready").is_file():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="semalign-cpp-") as made:
            work = _open_folder(Path(made))
            for name, text in texts.items():
                (work / name).write_text(text, encoding="utf-8")
            header = ("-x", "c++-header", f"{_GUEST}/semalign.hpp", "-o", f"{_BOX}/semalign.hpp.gch")
            runtime = (
                "-O2",
                "-fno-sanitize=all",
                "-x",
                "c++",
                "-c",
                f"{_GUEST}/semalign_runtime.hpp",
                "-o",
                f"{_BOX}/runtime.o",
            )
            for arguments in (header, runtime):
                outcome = _run(tools, mode, arguments, work, work, sandbox)
                if outcome.cause is not Cause.OK:
                    words = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
                    said = words[0] if words else outcome.detail
                    raise MissingToolError(f"{tools.compiler} can't compile the guest ({said}); {MISSING}")
            (work / "ready").touch()
            staging = folder.with_name(f"{key}.{os.getpid()}.{threading.get_ident()}")
            try:
                shutil.copytree(work, staging)
                staging.rename(folder)
            except OSError:
                shutil.rmtree(staging, ignore_errors=True)
                if not (folder / "ready").is_file():  # else another process was first
                    raise
    return folder


def _guest_text(name: str) -> str:
    return resources.files("semalign.languages.guests").joinpath(name).read_text(encoding="utf-8")


def _open_folder(folder: Path) -> Path:
    folder.chmod(0o755)
    return folder


def _keep(made: Path, kept: Path) -> None:
    """Into the cache under its name at once, so that nobody sees half of it."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    staging = kept.with_name(f"{kept.name}.{os.getpid()}.{threading.get_ident()}")
    shutil.copyfile(made, staging)
    staging.chmod(0o755)
    staging.replace(kept)


def _digest(*parts: str) -> str:
    found = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        found.update(len(data).to_bytes(8, "little") + data)
    return found.hexdigest()
