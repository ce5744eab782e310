"""Figures of experiments: rates with intervals, and whether two systems differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import binomtest


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of a count, with its 95 % interval."""

    hits: int
    n: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """In [0, 1]; 0 for an empty count."""
        return self.hits / self.n if self.n else 0.0

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % [{100 * self.low:.1f}, {100 * self.high:.1f}] ({self.hits}/{self.n})"


def rate(hits: int, n: int) -> Rate:
    """The share `hits / n` with its Wilson 95 % interval, which stays sensible at 0 and 1.

    Raises:
        ValueError: not 0 <= hits <= n.
    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 1927.

    >>> str(rate(9, 10))
    '90.0 % [59.6, 98.2] (9/10)'
    """
    if not 0 <= hits <= n:
        raise ValueError(f"need 0 <= hits <= n, got {hits=} {n=}")
    if n == 0:
        return Rate(0, 0, 0.0, 1.0)
    z = 1.959964
    p = hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Rate(hits, n, max(0.0, middle - half), min(1.0, middle + half))


def bootstrap(
    values: Sequence[float], *, statistic: str = "median", seed: int = 0, n: int = 2000
) -> tuple[float, float]:
    """The percentile bootstrap 95 % interval of the median or mean of independent values.

    Raises:
        ValueError: no values, or an unknown statistic.
    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3.
    """
    if not values:
        raise ValueError("no values to resample")
    if statistic not in ("median", "mean"):
        raise ValueError(f"statistic must be median or mean, got {statistic!r}")
    drawn = np.random.default_rng(seed).choice(np.asarray(values, dtype=float), size=(n, len(values)))
    figures = np.median(drawn, axis=1) if statistic == "median" else drawn.mean(axis=1)
    low, high = np.percentile(figures, [2.5, 97.5])
    return float(low), float(high)


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p-value that two systems judged on the same items are equally good.

    `only_first` counts the items that only the first got right. 1.0 when they never differ.
    Source: McNemar, Psychometrika 1947; the exact binomial form.

    >>> round(mcnemar(10, 1), 4)
    0.0117
    """
    n = only_first + only_second
    return float(binomtest(only_first, n, 0.5).pvalue) if n else 1.0
