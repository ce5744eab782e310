"""A measurement that is made again where the machine fails in between."""

import contextlib
from collections.abc import Callable
from typing import TypeVar

from semalign.core.errors import SandboxError

TRIES = 3
_Made = TypeVar("_Made")


def retried(make: Callable[[], _Made]) -> _Made:
    """What `make` gives, at the third failure of the machine its failure.

    Raises:
        SandboxError: the machine failed each time.
    """
    for _ in range(TRIES - 1):
        with contextlib.suppress(SandboxError):
            return make()
    return make()
