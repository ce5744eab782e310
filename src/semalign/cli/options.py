"""What several commands share: exit codes, options, reading and writing the files they name."""

import contextlib
import enum
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

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


class Screen(Console):
    """Standard output for people. Whoever reads it may stop early, as `head` does: the exit code stays what it is."""

    def on_broken_pipe(self) -> None:
        """Nobody reads any more."""
        self.quiet = True
        let_go()


def tell(text: str, end: str = "\n") -> None:
    """Print for programs; nothing happens where nobody reads any more."""
    try:
        print(text, end=end, flush=True)
    except BrokenPipeError:
        let_go()


def let_go() -> None:
    """What is still to be printed goes nowhere, so that closing standard output does not fail as well."""
    with contextlib.suppress(OSError, ValueError):  # it may be no file at all
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


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
