"""Garbage collection, put off where much is made and nothing of it is garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for unreachable cycles inside; as it was before, after it. Also a decorator.

    For a bounded piece of work that makes many small objects and keeps them: each search would go through all of them
    and free none. Reference counts still free what is no longer used. The interpreter has one switch for all threads;
    whoever found it on turns it on again, so it never stays off.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
