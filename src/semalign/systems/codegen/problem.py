"""`Problem`: what is asked, and how an answer is judged. Data only; loaders and the generator make it."""

from dataclasses import dataclass

from semalign.grading.case import Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A program that is known to fail at least one case of its problem."""

    program: str
    what: str  # "sum became count"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One task of program generation.

    `statement` is all that a model reads; the suite never enters a prompt. `gold` is None where a data set has none;
    such a problem can't be checked before a run begins.
    """

    problem_id: str
    statement: str
    suite: Suite
    gold: str | None = None
    template: str = ""  # problems that differ only in numbers share it; "" where nothing is known of that
    mutants: tuple[Mutant, ...] = ()

    def __post_init__(self) -> None:
        """Raises: ValueError: no id, nothing asked or nothing to judge by."""
        if not self.problem_id or not self.statement.strip():
            raise ValueError(f"a problem needs an id and a statement, got {self.problem_id!r}")
        if not self.suite.cases:
            raise ValueError(f"problem {self.problem_id} has no cases: nothing could be judged")
