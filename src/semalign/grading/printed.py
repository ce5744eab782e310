"""When two printed texts say the same."""

from decimal import Decimal, InvalidOperation
from itertools import zip_longest

from semalign.values.policy import Policy


def printed_alike(printed: str, expected: str, policy: Policy) -> bool:
    r"""Line by line, without the space around a line and without empty lines at the end.

    Lines that differ as text are alike if they have as many words and each word is the same or the same number, within
    the policy's tolerances.

    >>> printed_alike("0.30000000000000004 \n", "0.3", Policy()), printed_alike("1 2", "1\n2", Policy())
    (True, False)
    """
    return difference(printed, expected, policy) is None


def difference(printed: str, expected: str, policy: Policy) -> str | None:
    """The first line that differs, in words; None where both say the same."""
    pairs = zip_longest(_lines(printed), _lines(expected))
    for number, (line, wanted) in enumerate(pairs, 1):
        if line is None:
            return f"line {number} is missing, expected {wanted[:80]!r}"
        if wanted is None:
            return f"line {number} is too many: {line[:80]!r}"
        if line != wanted and not _same_words(line.split(), wanted.split(), policy):
            return f"line {number}: {line[:80]!r}, expected {wanted[:80]!r}"
    return None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.rstrip().split("\n")]


def _same_words(words: list[str], wanted: list[str], policy: Policy) -> bool:
    if len(words) != len(wanted):
        return False
    return all(one == two or _same_number(one, two, policy) for one, two in zip(words, wanted, strict=True))


def _same_number(one: str, two: str, policy: Policy) -> bool:
    try:
        a, b = Decimal(one), Decimal(two)
    except InvalidOperation:
        return False
    if not (a.is_finite() and b.is_finite()):
        return False
    near = max(Decimal(policy.abs_tol), Decimal(policy.rel_tol) * max(abs(a), abs(b)))
    return abs(a - b) <= near
