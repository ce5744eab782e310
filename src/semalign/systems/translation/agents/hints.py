"""Hints: what goes wrong between two languages, told to a translator where the source shows the pattern."""

import re

_TYPED = frozenset({"java", "cpp"})
_HINTS: tuple[tuple[frozenset[str], frozenset[str], str, str], ...] = (
    (frozenset({"python"}), _TYPED, r"[*+]|<<", "Python integers never overflow: use 64 bits where values grow."),
    (frozenset({"python"}), _TYPED, r"//|%", "Python's // and % round down; with negative operands others do not."),
    (frozenset({"python"}), _TYPED, r"(?<!/)/(?!/)", "Python's / is a division of real numbers."),
    (_TYPED, frozenset({"python"}), r"/", "A division of integers cuts off towards zero; Python's / does not."),
    (_TYPED, frozenset({"python"}), r"%", "The sign of % follows the left operand, in Python the right one."),
    (_TYPED, frozenset({"python"}), r"<<|>>>|\*", "Integers of fixed width wrap around; Python's do not."),
    (_TYPED, frozenset({"python"}), r"\+\+|--|[-+*/]=", "Python has no ++; keep when a variable is read and changes."),
    (frozenset({"cpp"}), frozenset({"java"}), r"\[", "A C++ text may be changed in place, a Java String may not."),
    (frozenset({"java"}), frozenset({"cpp"}), r">>>", "C++ has no >>>: shift an unsigned value."),
    (frozenset({"cpp"}), frozenset({"java", "python"}), r"substr", "The 2nd argument of substr is a length, no end."),
    (_TYPED, frozenset({"python"}), r"'.'", "A char is a number here: use ord and chr."),
)  # fmt: skip


def hints(source: str, source_language: str, language: str) -> tuple[str, ...]:
    """Those whose pattern the source shows."""
    return tuple(
        words
        for ours, theirs, pattern, words in _HINTS
        if source_language in ours and language in theirs and re.search(pattern, source)
    )
