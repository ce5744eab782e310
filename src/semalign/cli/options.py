"""What several commands share: exit codes, options, reading and writing the files they name."""

import enum
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semalign.core.errors import ConfigError


class Exit(enum.IntEnum):
    """Exit codes of every command."""

    DONE = 0  # equivalent, or done
    FAILED = 1  # divergent, or the program failed
    WRONG_REQUEST = 2
    UNDECIDED = 3
    LACKING = 4  # this machine lacks something
    STOPPED = 130  # by the keyboard


type_unsafe = Annotated[bool, Parameter(name="--unsafe-no-sandbox", negative="")]
type_json_flag = Annotated[bool, Parameter(name="--json", negative="")]


def write_text(path: Path, text: str) -> None:
    """Write a file that the user named.

    Raises:
        ConfigError: it can't be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written ({exc.strerror}); give a path in a folder that exists") from exc


def read_bytes(path: Path | None) -> bytes:
    """A file that the user named; nothing where none was.

    Raises:
        ConfigError: it can't be read.
    """
    if path is None:
        return b""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give the path of a file") from exc
