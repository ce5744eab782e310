"""The whole exception tree, and the one place where a failure is attributed.

    SemalignError
    ├── ConfigError         the request cannot be meant: a missing file, an unknown key, no such function   (exit 2)
    │   └── SourceError     the program text cannot be used: syntax, an unsupported construct, no signature (exit 2)
    ├── MissingToolError    this machine lacks a compiler or a kernel feature; says how to get it            (exit 4)
    ├── SandboxError        the machine broke while running a program, or cannot isolate it                  (exit 4)
    ├── ModelError          a language model gave no usable reply                                            (exit 4)
    │   ├── ModelDownError      it can't be reached, or fails on its side
    │   ├── ModelKeyError       it refuses the key
    │   ├── ModelTimeoutError   it took longer than it was given
    │   ├── ModelRateError      it is asked too often, also after waiting
    │   ├── ModelGarbageError   what it sent is not a reply
    │   ├── ModelCutError       the reply ended in the middle
    │   ├── ModelSchemaError    the schema is refused, or the reply does not hold to it
    │   ├── ModelContextError   prompt and reply do not fit into its context
    │   ├── ModelRequestError   it refuses the request for another reason, such as an unknown model
    │   └── ModelMissError      the recording has no reply to this request
    └── BudgetError         what may be spent on models is spent; ends a run, and is no model's failure      (exit 4)

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


class ModelError(SemalignError):
    """A language model gave no usable reply; never that the reply is wrong."""


class ModelDownError(ModelError):
    """The model can't be reached, or fails on its side."""


class ModelKeyError(ModelError):
    """The endpoint refuses the key."""


class ModelTimeoutError(ModelError):
    """The model took longer than it was given."""


class ModelRateError(ModelError):
    """The endpoint is asked too often, also after waiting as it says."""


class ModelGarbageError(ModelError):
    """What the model sent is not a reply."""


class ModelCutError(ModelError):
    """The reply ended in the middle, without saying why."""


class ModelSchemaError(ModelError):
    """The schema is refused, or the reply does not hold to it."""


class ModelContextError(ModelError):
    """Prompt and reply do not fit into the model's context."""


class ModelRequestError(ModelError):
    """The endpoint refuses the request for another reason, such as an unknown model."""


class ModelMissError(ModelError):
    """The recording has no reply to this request."""


class BudgetError(SemalignError):
    """The budget would not hold another call; beside `ModelError`, so that no loop counts it as a failed try."""


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
