"""`Case`s, parsed once, and the `Suite` of a problem: what a program is given and what it must answer.

Expected values are here and in the judge, and nowhere else.
"""

from dataclasses import dataclass, field

from semalign.sandbox.model import Limits
from semalign.values.model import Value
from semalign.values.policy import Policy

ANSWERS = Policy(bool_as_int=False, int_as_float=True)
"""How an answer is compared unless a suite says otherwise: as tests written in JSON mean it, but True is not 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCase:
    """The entry is called with these arguments. An expected `Raised` asks for that exception."""

    case_id: str
    args: tuple[Value, ...]
    expected: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCase:
    """The program reads this and must print that; how both are compared, `printed` says."""

    case_id: str
    stdin: str
    expected: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCase:
    """A test that is Python: its asserts must hold, with the entry in reach under its own name and as `candidate`.

    Where it defines `check`, that is called with the entry. It holds what is expected, so it runs in a process of its
    own, where the program is not.
    """

    case_id: str
    code: str
    setup: str = ""  # run before it, also in that process: helpers of the test; the entry that it defines is not used


Case = CallCase | StreamCase | CodeCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """All cases of a problem. `limits` are for one case."""

    cases: tuple[Case, ...]
    entry: str = ""  # the function or method that is called; "" where all cases are streams
    policy: Policy = ANSWERS
    limits: Limits = field(default=Limits(wall_s=4.0))

    def __post_init__(self) -> None:
        """Raises: ValueError: two cases of one id, or calls without an entry."""
        if len({case.case_id for case in self.cases}) < len(self.cases):
            raise ValueError("two cases of a suite have the same id")
        if not self.entry and not all(isinstance(case, StreamCase) for case in self.cases):
            raise ValueError("a suite whose cases call a function must name it as its entry")
