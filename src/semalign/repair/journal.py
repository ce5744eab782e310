"""`Journal`: every step of a repair as a line of a file, so that a run that was killed goes on where it stopped.

A step is named by a key: the digest of everything that its value depends on. A step whose key is in the file is not
taken again; its value is read. Lines are only ever appended, and each is on the disk before the next step begins.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from semalign.core.errors import ConfigError

type_json = None | bool | int | float | str | list["type_json"] | dict[str, "type_json"]
_Json = TypeVar("_Json", bound=type_json)


class Journal:
    """Values of finished steps by key, in memory or in a file; one process at a time writes to a file."""

    def __init__(self, path: Path | None = None, *, basis: str = "") -> None:
        """Read what is there; a torn last line, of a process that was killed in the middle, is cut off.

        `basis` names all that steps depend on beside what they are told: inputs, configuration, code version.

        Raises:
            ConfigError: the file can't be read or written, or is not a journal.
        """
        self._path = path
        self.basis = basis
        self._steps: dict[str, type_json] = {}
        self.n_taken = 0  # steps that this process took
        self.n_skipped = 0  # steps that were read
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._read(path)
            except OSError as exc:
                raise ConfigError(f"{path}: {exc.strerror}; name a file that can be written") from exc

    def _read(self, path: Path) -> None:
        data = path.read_bytes() if path.exists() else b""
        whole = data[: data.rfind(b"\n") + 1]
        for number, line in enumerate(whole.splitlines(), start=1):
            try:
                record = json.loads(line)
                self._steps[record["step"]] = record["value"]
            except (ValueError, KeyError, TypeError) as exc:
                raise ConfigError(f"{path}:{number}: not a line of a journal; name another file") from exc
        if len(whole) < len(data):
            os.truncate(path, len(whole))

    def step(self, key: str, take: Callable[[], _Json]) -> _Json:
        """The value of this step: as it was written down, else taken now and written down."""
        if key in self._steps:
            self.n_skipped += 1
            return self._steps[key]  # type: ignore[return-value]  # it was written by a `take` of the same key
        value = take()
        self._steps[key] = value
        self.n_taken += 1
        if self._path is not None:
            line = json.dumps({"step": key, "value": value}, ensure_ascii=True, separators=(",", ":"))
            with self._path.open("ab") as file:
                file.write(line.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        return value
