"""What the variables of a scope hold when a run is over: `FinalValue`s, and the `Certificate` that they may be asked.

Differs from a `Trace`: no events and no order, only where each variable ended. That is what a question about a
program's meaning asks for. Every variable is kept with a status; none is left out because it can't be shown.
Source: CodeRL+ (arXiv 2510.18471), the last-definition values `F_p(x)`; which of the two readings of its text is meant
is said by `At`.
"""

import enum
from dataclasses import dataclass

from semalign.values.model import Value


class At(enum.StrEnum):
    """Which moment a question means. The two differ after a change in place, through an alias, and after `del`."""

    EXIT = "exit"  # what the variable holds when its scope is left
    LAST_DEFINITION = "last_definition"  # a copy made right after the line that bound it last


class Status(enum.StrEnum):
    """Whether a final value can be asked."""

    STABLE = "stable"  # the same in every run
    UNSTABLE = "unstable"  # another run, with another hash seed, clock or random seed, gave another value
    UNREPRESENTABLE = "unrepresentable"  # holds what no `Value` can show whole: a function, a file, a generator
    TOO_LARGE = "too_large"  # past a cap
    DELETED = "deleted"  # unbound again before its scope was left


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class VariableRef:
    """One variable of one call of one scope.

    `scope` is the function's qualified name ("Grid.count"), "" for the module. `call` counts that scope's calls from 1
    in the order in which they were completed.
    """

    scope: str
    call: int
    name: str

    def __post_init__(self) -> None:
        """Raises: ValueError: a call below 1, or no name."""
        if self.call < 1 or not self.name:
            raise ValueError(f"a variable needs a name and a call from 1, got {self.name!r} of call {self.call}")

    def __str__(self) -> str:
        place = "the module" if not self.scope else f"call {self.call} of {self.scope}"
        return f"{self.name} in {place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalValue:
    """What a variable ended with. `at_last_definition` is None where no run looked at lines; so are the other two."""

    ref: VariableRef
    at_exit: Value | None  # None: deleted
    at_last_definition: Value | None = None
    defined_line: int | None = None  # of the last definition, from 1
    writes: int | None = None  # how often a line that binds it was run; 0: a parameter that keeps what was passed
    status: Status = Status.STABLE

    def at(self, moment: At) -> Value | None:
        """Its value at that moment, where it has one."""
        return self.at_exit if moment is At.EXIT else self.at_last_definition

    @property
    def mutated(self) -> bool:
        """Its value at the end is not what its last definition gave it."""
        return self.at_last_definition is not None and self.at_exit != self.at_last_definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That several runs under other hash seeds, clocks and random seeds agreed; a label without one is a guess."""

    runs: int
    clock_shift_s: float  # between one and the next
    digest: str  # of everything stable
