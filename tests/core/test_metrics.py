import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.core.metrics import bootstrap, mcnemar, rate


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [  # R 4: binom::binom.confint(hits, n, methods = "wilson"), to four digits
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_the_wilson_interval_has_known_figures(hits: int, n: int, low: float, high: float) -> None:
    found = rate(hits, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_rate_holds_the_rate(counted: tuple[int, int]) -> None:
    found = rate(*counted)
    assert 0 <= found.low <= found.value <= found.high <= 1 or found.value in (0, 1)


def test_of_nothing_nothing_is_known() -> None:
    found = rate(0, 0)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize(("hits", "n"), [(2, 1), (-1, 1)])
def test_more_hits_than_items_are_refused(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="hits"):
        rate(hits, n)


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [  # 2 * sum of binom(n, i) for i <= the smaller, over 2**n
        (0, 0, 1.0),
        (5, 5, 1.0),
        (0, 5, 0.0625),
        (0, 6, 0.03125),
        (10, 1, 24 / 2048),
        (9, 21, 0.0427739),
    ],
)
def test_the_exact_mcnemar_test_has_known_figures(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p, rel=1e-5)
    assert mcnemar(only_second, only_first) == mcnemar(only_first, only_second)


def test_the_bootstrap_of_equal_values_is_that_value() -> None:
    assert bootstrap([3.0] * 10) == (3.0, 3.0)


def test_the_bootstrap_holds_the_statistic_and_repeats_with_its_seed() -> None:
    values = [float(n * n % 17) for n in range(40)]
    low, high = bootstrap(values, statistic="mean", seed=1)
    assert low < sum(values) / len(values) < high
    assert bootstrap(values, statistic="mean", seed=1) == (low, high)
    assert bootstrap(values, statistic="mean", seed=2) != (low, high)


def test_a_bootstrap_of_nothing_or_of_something_unknown_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        bootstrap([])
    with pytest.raises(ValueError, match="median or mean"):
        bootstrap([1.0], statistic="mode")
