"""The Java of this machine, the folder where compiled things are kept, and how a JVM is started in a sandbox."""

import functools
import hashlib
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

from semalign.core import folders
from semalign.core.errors import MissingToolError
from semalign.sandbox.model import Command, Limits, Mount

_GET_IT = "install a JDK of version 17 or later (`apt install openjdk-17-jdk-headless`, `brew install openjdk`)"
_RESERVED_MIB = 2048  # address space that a JVM takes beside its heap and the stacks we ask for
_STACKS = 3  # of inputs one after the other: one that ended may still be mapped
_THREADS = 48  # of the JVM itself: collector, compilers, signal handling
# Quick to start, and content with little: compiled code and classes of small programs.
_FLAGS = (
    "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:ReservedCodeCacheSize=64m",
    "-XX:CompressedClassSpaceSize=64m", "-XX:MaxMetaspaceSize=192m", "-Xss8m",
    "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US",
)  # fmt: skip


@functools.cache
def find_java() -> Path | None:
    """The `java` command, from JAVA_HOME or the path; links followed."""
    home = os.environ.get("JAVA_HOME")
    found = [str(Path(home, "bin", "java"))] if home else []
    found += [path for path in [shutil.which("java")] if path]
    return next((Path(path).resolve() for path in found if os.access(path, os.X_OK)), None)


@functools.cache
def _said(java: Path) -> str:
    """What it says of its modules. By asking it: a runtime without the compiler has a `java` too."""
    return subprocess.run([java, "--list-modules"], capture_output=True, text=True, timeout=60, check=False).stdout


def _compiler_version(java: Path) -> str:
    """The version of the compiler's module; "" when it has none."""
    modules = dict(line.partition("@")[::2] for line in _said(java).split())
    return modules.get("jdk.compiler", "")


def missing_java() -> str:
    """What is missing to compile and run Java, and how to get it; "" when nothing."""
    java = find_java()
    if java is None:
        return f"no `java` was found; {_GET_IT}"
    try:
        version = _compiler_version(java)
    except (OSError, subprocess.TimeoutExpired) as exc:
        return f"{java} does not start ({exc}); {_GET_IT}"
    if not version:
        return f"{java} is a runtime without the compiler; {_GET_IT}"
    major = version.partition(".")[0]
    if major.isdigit() and int(major) < 17:
        return f"{java} is version {version}; {_GET_IT}"
    return ""


def java_version() -> str:
    """The JDK in use, with its version; "" when there is none."""
    java = find_java()
    return "" if java is None or missing_java() else f"JDK {_compiler_version(java)}"


def require_java() -> Path:
    """The `java` command.

    Raises:
        MissingToolError: there is none with a compiler.
    """
    missing = missing_java()
    java = find_java()
    if missing or java is None:
        raise MissingToolError(missing)
    return java


@functools.cache
def cache_folder() -> Path:
    """Where compiled classes are kept between runs; a temporary folder where the usual one can't be written."""
    folder = folders.cache_folder("java")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="semalign-java-"))


def guest_sources() -> dict[str, str]:
    """The Java sources of the guest runtime, by file name."""
    folder = resources.files("semalign.languages.guests")
    found = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".java")}
    return dict(sorted(found.items()))


@functools.cache
def guests_key() -> str:
    """Stands for the guest runtime and the Java that it is compiled with."""
    java = find_java()
    stamp = "" if java is None else f"{java}:{java.stat().st_mtime_ns}"
    return key_of(stamp, *guest_sources().values())


def key_of(*texts: str) -> str:
    """A short name for these texts."""
    sums = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts)
    return hashlib.sha256("".join(sums).encode()).hexdigest()[:32]


def write_jar(folder: Path, name: str, files: Mapping[str, bytes]) -> Path:
    """A jar in a folder of its own, complete as soon as it can be seen; readable by whoever runs it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".new-", delete=False) as file:
        with zipfile.ZipFile(file, "w") as jar:
            for path, data in files.items():
                jar.writestr(zipfile.ZipInfo(path, (2000, 1, 1, 0, 0, 0)), data)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(target)
    return target


def jvm(java: Path, *arguments: str, heap_mib: int, mounts: tuple[Path, ...] = ()) -> Command:
    """A JVM as a sandbox starts it; folders of `mounts` are seen under their own names."""
    shown = [*mounts]
    home = java.parent.parent
    if not home.is_relative_to("/usr"):
        shown.append(home)
    return Command(
        argv=(str(java), f"-Xmx{heap_mib}m", *_FLAGS, *arguments),
        mounts=tuple(Mount(path=path, at=str(path)) for path in shown),
    )


def jvm_limits(limits: Limits, *, stack_mib: int = 0) -> Limits:
    """Limits for a JVM whose heap is what `limits` allows: address space and threads of its own on top."""
    memory_mib = limits.memory_mib + _RESERVED_MIB + _STACKS * stack_mib
    return replace(limits, memory_mib=memory_mib, processes=limits.processes + _THREADS)
