"""`Record`: a place where the states of two runs came to differ, and which earlier records it comes from.

Records of one input form a graph from effects to causes. A record without a cause had equal inputs and an unequal
result: a *root*, the place to blame. What does not lead to a difference of outputs is never asked about, so a
temporary that one program scales differently stays innocent.

Source: causal graphs between two executions after Johnson et al., "Differential slicing: identifying causal execution
differences for security applications", IEEE S&P 2011.
"""

import enum
from collections import Counter
from dataclasses import dataclass, field

from semalign.traces.trace import Event
from semalign.values.model import Value


class RecordKind(enum.StrEnum):
    """What differed."""

    STATE = "state"  # a variable after a group
    CONDITION = "condition"  # the outcome of a choice
    LOOP = "loop"  # how often a loop ran
    ARGUMENT = "argument"  # what a call was given
    RESULT = "result"  # what a call returned
    CRASH = "crash"  # one of the two did not come to the end of a call
    LOST = "lost"  # one of the two did not make a call


class Writer(enum.StrEnum):
    """Which side changed the variable in the group."""

    BOTH = "both"
    SOURCE = "source"
    TARGET = "target"


type_type = tuple[str, str, str, str]  # target block, source block, variable or kind, writer


@dataclass(slots=True)
class Record:
    """One difference; `causes` are numbers of earlier records of the same input."""

    number: int
    kind: RecordKind
    target_block: str
    source_block: str
    function: str  # of the target
    place: int  # in the target's trace
    writer: Writer = Writer.BOTH
    index: tuple[int, ...] = ()
    variables: tuple[str, str] = ("", "")
    ambiguous: bool = False
    expected: Value | None = None
    actual: Value | None = None
    path: str = ""
    causes: set[int] = field(default_factory=set)
    calls: list[int] = field(default_factory=list)  # pairs of calls whose outcome it depends on
    loose: tuple[str, ...] = ()  # target blocks whose unmatched variables it read
    wrapped: bool = False  # the target's number is the source's, cut to 32 bits: blamed where it is declared
    unsure: bool = False  # it read something of which the traces show only a part
    resolved: bool = False  # the two agreed again later

    @property
    def type(self) -> type_type:
        """What records of other inputs and iterations it is compared with."""
        return (self.target_block, self.source_block, self.variables[1] or self.kind, self.writer)


@dataclass(slots=True)
class Ledger:
    """The records of one input, and how often each kind of check was made."""

    records: list[Record] = field(default_factory=list)
    checks: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    call_outcomes: list[set[int]] = field(default_factory=list)  # by pair of calls: records that leave it
    call_pairs: list[tuple[int, int]] = field(default_factory=list)
    output: set[int] = field(default_factory=set)  # records that reach the output

    def add(self, kind: RecordKind, target_block: str, source_block: str, function: str, place: int) -> Record:
        """A new record."""
        record = Record(len(self.records), kind, target_block, source_block, function, place)
        self.records.append(record)
        return record

    def check(self, target_block: str, source_block: str, what: str) -> None:
        """The two were compared there."""
        self.checks[target_block, source_block, what] += 1


def shown(event: Event, name: str) -> Value | None:
    """The value of that variable in an event, where the event has it."""
    for variable, value in event.variables:
        if variable == name:
            return value
    return None
