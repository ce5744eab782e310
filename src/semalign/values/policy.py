"""`Policy`: when two values count as the same, declared rather than hidden in a comparison."""

import enum
import math
from dataclasses import dataclass


class TextRule(enum.StrEnum):
    """How text is compared."""

    EXACT = "exact"
    TRIMMED = "trimmed"  # white space at line ends and at the end does not count
    ANY = "any"  # any two texts are the same: never for outputs


class ExceptionRule(enum.StrEnum):
    """When two exceptions are the same."""

    KIND = "kind"  # the same thing went wrong (`semalign.values.exceptions`)
    NAME = "name"  # the class has the same bare name
    ANY = "any"  # both raised


class Domain(enum.StrEnum):
    """Which inputs a verdict speaks of."""

    OBSERVED = "observed"  # magnitudes up to ten times those of the given inputs
    TYPE = "type"  # everything the declared types hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rule of equality; every field is printed with the verdict that used it.

    Numbers are equal within any one of the tolerances. With all tolerances 0 equality is an equivalence relation.
    """

    rel_tol: float = 1e-9  # relative to the larger magnitude
    abs_tol: float = 1e-12
    ulp: int = 0  # doubles that lie between
    single_rel_tol: float = 1e-5  # relative, where either side is single precision
    int_width: int | None = None  # compare integers modulo 2**int_width; None: by value
    int_as_float: bool = False  # 3 and 3.0 are the same
    bool_as_int: bool = True  # true and 1 are the same
    char_as_text: bool = True  # 'a' and "a" are the same
    tuple_as_list: bool = True
    unordered: bool = False  # lists are compared as bags
    map_order: bool = False  # the order of a map's pairs counts
    text: TextRule = TextRule.EXACT
    exceptions: ExceptionRule = ExceptionRule.KIND
    domain: Domain = Domain.OBSERVED

    def __post_init__(self) -> None:
        """Raises: ValueError: a tolerance below zero or without bound, a width that is not positive."""
        for name in ("rel_tol", "abs_tol", "ulp", "single_rel_tol"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be a number, finite and not negative, got {getattr(self, name)}")
        if self.int_width is not None and self.int_width <= 0:
            raise ValueError(f"int_width must be positive, got {self.int_width}")


EXACT = Policy(rel_tol=0, abs_tol=0, single_rel_tol=0)
"""No tolerance: an equivalence relation, and the same relation as equal `key`s."""

TRANSAGENT = Policy(rel_tol=0, abs_tol=0.005, single_rel_tol=0, int_as_float=True, text=TextRule.ANY)
"""For variables in the middle of a run as TransAgent's released code compares them; never for outputs.

Source: github.com/Y123CP/TransAGENT. There an infinite difference counts as none, too; here it does not.
"""

STATES = Policy(int_as_float=True)
"""For variables in the middle of a run, where one language's int is another's float; never for outputs."""
