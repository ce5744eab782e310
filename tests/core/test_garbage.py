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
