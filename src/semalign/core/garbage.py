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

    What was made inside counts as old from then on: it is looked at by the next full search and not by the ones before
    it, of which the first would come at once. Where the caller keeps objects frozen, nothing is made old.
    """
    was_on = gc.isenabled()
    if was_on:
        gc.collect(1)  # of what was made before, only what is used becomes old; that is little
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():
                gc.freeze()  # all that is tracked is moved past the searches, and back to where the oldest are
                gc.unfreeze()
            gc.enable()
