"""The whole exception tree, and the one place where a failure is attributed.

    SemalignError
    ├── ConfigError         the request cannot be meant: a missing file, an unknown key, no such function   (exit 2)
    │   └── SourceError     the program text cannot be used: syntax, an unsupported construct, no signature (exit 2)
    ├── MissingToolError    this machine lacks a compiler or a kernel feature; says how to get it            (exit 4)
    └── SandboxError        the machine broke while running a program, or cannot isolate it                  (exit 4)

A program that is wrong, crashes or hangs is none of these: it is an `Outcome`, and data.
"""

import contextlib
from collections.abc import Iterator


class SemalignError(Exception):
    """Root of the tree; its text is one line that ends with what to do next."""


class ConfigError(SemalignError):
    """The request cannot be meant as it stands."""


class SourceError(ConfigError):
    """The program text cannot be used: it does not parse, or has something that is not supported."""


class MissingToolError(SemalignError):
    """This machine lacks something that the job needs."""


class SandboxError(SemalignError):
    """The machine broke, or cannot hold a program in; never the program's own failure."""


@contextlib.contextmanager
def blame(kind: type[SemalignError], doing: str) -> Iterator[None]:
    """Whatever escapes becomes `kind`, once; what is already attributed passes unchanged.

    >>> with blame(ConfigError, "reading limits"):
    ...     int("x")
    Traceback (most recent call last):
    semalign.core.errors.ConfigError: reading limits: ValueError: invalid literal for int() with base 10: 'x'
    """
    try:
        yield
    except SemalignError:
        raise
    except Exception as exc:
        raise kind(f"{doing}: {type(exc).__name__}: {exc}") from exc
