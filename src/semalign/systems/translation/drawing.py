"""Hypothesis draws also from the constants of every loaded module that lies outside an installation.

Inputs, and so blames, would then depend on where this package lies and on each number in its code. There is no setting
for it; a backend of its own would be one, but draws differently in other ways too.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hypothesis.internal.conjecture import providers

_NAME = "_get_local_constants"
_NONE = type(providers._local_constants)(integers=(), floats=(), bytes=(), strings=())  # type: ignore[arg-type]
_drawing: ContextVar[bool] = ContextVar("_drawing", default=False)
_found: Callable[[], object] = getattr(providers, _NAME)


def _constants() -> object:
    return _NONE if _drawing.get() else _found()


setattr(providers, _NAME, _constants)


@contextmanager
def seed_alone() -> Iterator[None]:
    """Inside, loaded modules have no say in what Hypothesis draws; elsewhere, in a user's tests say, they have."""
    token = _drawing.set(True)
    try:
        yield
    finally:
        _drawing.reset(token)
