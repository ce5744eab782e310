"""`AlignmentItem`: a question about what a program computes, with its certified answer. Data only."""

import enum
from dataclasses import dataclass, field

from semalign.traces.final import At, Certificate, VariableRef
from semalign.values.model import Text, Value
from semalign.values.policy import Policy
from semalign.values.wire import digest, wire

LABELS = Policy(abs_tol=0, bool_as_int=False, char_as_text=False, tuple_as_list=False)
"""How an answer is compared: typed and strict, floats within 1e-9 of each other."""
OUTPUT = "output"  # what is said where the printed text is asked for


class Kind(enum.StrEnum):
    """Which program a question was made from."""

    FAILED = "failed"
    PASSED = "passed"
    NEAR_MISS = "near_miss"  # failed, and passed at least half of its cases
    OFF_POLICY = "off_policy"  # written by somebody else, or long ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the program came from."""

    problem_id: str
    step: int  # of the training, from 0
    rollout_id: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class AlignmentItem:
    """One question: what do these variables hold at that moment, when this program gets this input?

    Source: CodeRL+ (arXiv 2510.18471): q' = <p_fail, x, V>, with the label F_p(x) got by execution.
    """

    program: str
    entry: str  # the function that is called with `arguments`; "" where the whole program reads `stdin`
    arguments: tuple[Value, ...]
    stdin: str = ""
    asked: tuple[VariableRef, ...]
    labels: tuple[Value, ...]  # one each
    at: At = At.EXIT
    ask_output: bool = False
    output: str = ""  # what it prints
    policy: Policy = LABELS
    certificate: Certificate
    origin: Origin
    tags: tuple[str, ...] = field(default=())  # one each: the type, the scope's depth and the writes of the variable

    def __post_init__(self) -> None:
        """Raises: ValueError: nothing is asked, or a question without its label."""
        if not self.asked or len(self.asked) != len(self.labels):
            raise ValueError(
                f"an item asks for something and knows it: {len(self.asked)} asked, {len(self.labels)} known"
            )

    @property
    def item_id(self) -> str:
        """Of the question alone: the same program, input and variables are the same question, whoever wrote it."""
        asked = " ".join(f"{ref.scope}#{ref.call}.{ref.name}" for ref in self.asked)
        given = " ".join(map(wire, self.arguments)) or wire(Text(self.stdin))
        question = f"{self.program}\n{self.entry}\n{given}\n{asked}\n{self.at}\n{self.ask_output}"
        return digest(wire(Text(question)))

    @property
    def names(self) -> tuple[str, ...]:
        """How each asked variable is called in the question: as briefly as is unambiguous."""
        plain = [ref.name for ref in self.asked]
        scoped = [f"{ref.scope}.{ref.name}" if ref.scope else ref.name for ref in self.asked]
        found = []
        for ref, name, longer in zip(self.asked, plain, scoped, strict=True):
            if plain.count(name) == 1:
                found.append(name)
            else:
                found.append(longer if scoped.count(longer) == 1 else f"{longer}#{ref.call}")
        return tuple(found)
