"""Pausing the garbage collector."""

import gc

import pytest

from semalign.core.garbage import uncollected


def test_nothing_is_collected_inside_and_the_switch_is_put_back() -> None:
    """Also when pauses are nested."""
    assert gc.isenabled()
    with uncollected():
        with uncollected():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_switch_is_put_back_after_an_error() -> None:
    """And the error goes on."""
    with pytest.raises(ZeroDivisionError), uncollected():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_a_switch_that_was_off_stays_off() -> None:
    """Whoever runs us without the collector has a reason."""
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_inside_is_old_and_a_full_search_still_frees_it() -> None:
    """The search that would come at once has nothing to go through."""
    with uncollected():
        cycle: list[object] = []
        cycle.append(cycle)
        made = [[number] for number in range(1_000)]
    assert not any(item is made for item in gc.get_objects(0))
    assert any(item is made for item in gc.get_objects(2))
    assert gc.get_freeze_count() == 0
    number = id(cycle)
    del cycle
    gc.collect()
    assert not any(id(item) == number for item in gc.get_objects() if type(item) is list and len(item) == 1)


def test_objects_that_the_caller_froze_stay_frozen() -> None:
    """As before a fork."""
    gc.freeze()
    try:
        n_frozen = gc.get_freeze_count()
        with uncollected():
            pass
        assert gc.get_freeze_count() == n_frozen
    finally:
        gc.unfreeze()
