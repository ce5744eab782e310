"""Questions about programs that the policy wrote: which input, which variables, and the certified answer.

Every program that comes in leaves as an item or with the reason why not; the counts add up.
"""

import enum
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from semalign.grading.candidate import candidate
from semalign.grading.case import CallCase, StreamCase, Suite
from semalign.grading.verdict import Cause, Verdict
from semalign.languages.python_certificate import certified, screen
from semalign.languages.python_final import Stimulus, Watch, capture
from semalign.rewards.item import AlignmentItem, Kind, Origin
from semalign.sandbox.model import Sandbox
from semalign.systems.codegen.choice import Asked, Choice, Learnable, Seen, choose, tag_of
from semalign.systems.codegen.problem import Problem
from semalign.traces.final import At, FinalValue, VariableRef
from semalign.values.model import Raised, Value, is_whole

_ENDLESS = (Cause.TIMEOUT, Cause.MEMORY, Cause.OUTPUT_CAP)  # there is no end at which to ask


class InputChoice(enum.StrEnum):
    """Which case a question is about."""

    FAILING = "failing"  # the first on which the program failed
    FIRST = "first"
    MAX_ENTROPY = "max_entropy"  # the one whose values are rarest among those tried


class Level(enum.StrEnum):
    """What is asked about a run."""

    VARIABLE = "variable"
    OUTPUT_ONLY = "output_only"  # what the entry returns, as a variable of the name `return`


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionConfig:
    """How questions are made."""

    choice: Choice = Choice.INFORMATIVE
    input_choice: InputChoice = InputChoice.FAILING
    level: Level = Level.VARIABLE
    at: At = At.EXIT
    max_asked: int = 3
    n_inputs: int = 3  # on which a program is looked at, at most
    ask_output: bool = False
    source: Kind | None = Kind.FAILED  # which programs; None: any
    shuffled: bool = False  # control: every question gets the answers of another one

    def __post_init__(self) -> None:
        """Raises: ValueError: nothing to ask, or no input to ask about."""
        if self.max_asked < 1 or self.n_inputs < 1:
            raise ValueError(f"max_asked and n_inputs must be at least 1, got {self.max_asked} and {self.n_inputs}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A program that the policy wrote, with its verdict."""

    problem: Problem
    program: str
    verdict: Verdict
    step: int
    rollout_id: str

    @property
    def kind(self) -> Kind:
        """What a question from it is made of."""
        if self.verdict.passed:
            return Kind.PASSED
        return Kind.NEAR_MISS if self.verdict.pass_rate * 2 >= 1 else Kind.FAILED


@dataclass(slots=True)
class Questions:
    """Makes items. Mutable only in what it has learned about the policy and in its counts."""

    sandboxes: Sequence[Sandbox]  # two or more of different hash seeds
    config: QuestionConfig = field(default_factory=QuestionConfig)
    learnable: Learnable = field(default_factory=Learnable)
    funnel: Counter[str] = field(default_factory=Counter)  # programs by what became of them

    def make(self, written: Written, drawn: random.Random) -> AlignmentItem | None:
        """The question about one program; None with the reason counted in `funnel`.

        Raises:
            SandboxError: the machine failed.
        """
        item, reason = self._made(written, drawn)
        self.funnel["item" if item else reason] += 1
        return item

    def _made(self, written: Written, drawn: random.Random) -> tuple[AlignmentItem | None, str]:
        config = self.config
        wanted = {config.source} | ({Kind.NEAR_MISS} if config.source is Kind.FAILED else set())
        if config.source is not None and written.kind not in wanted:
            return None, f"program {written.kind}"
        first = written.verdict.first_failure
        if first is not None and first.cause in _ENDLESS:
            return None, f"program {first.cause}"
        refused = screen(written.program)
        if refused:
            return None, f"screen: {refused}"
        stimuli = _stimuli(written, config.n_inputs)
        if not stimuli:
            return None, "no input that can be asked about"
        looks = [self._look(written.program, stimulus, written.problem.suite) for stimulus in stimuli]
        at = _chosen(looks, config.input_choice)
        if at is None:
            return None, "no run that ends"
        others = [look for number, look in enumerate(looks) if look is not None and number != at]
        found = certified(written.program, stimuli[at], self.sandboxes, limits=written.problem.suite.limits)
        if found.refused or found.certificate is None:
            return None, f"certificate: {found.refused.partition(':')[0]}"
        seen = Seen(program=written.program, finals=found.values, others=others, printed=found.stdout, at=config.at)
        if config.level is Level.OUTPUT_ONLY:
            asked = _returned(stimuli[at].entry, found.result)
        else:
            asked = choose(seen, config.choice, config.max_asked, self.learnable, drawn)
        self.funnel.update({f"variable {drop}": n for drop, n in asked.dropped.items()})
        if not asked.finals:
            return None, "no variable worth asking"
        labels = [final.at(config.at) for final in asked.finals]
        item = AlignmentItem(
            program=written.program,
            entry=stimuli[at].entry,
            arguments=stimuli[at].arguments,
            stdin=stimuli[at].stdin,
            asked=tuple(final.ref for final in asked.finals),
            labels=tuple(label for label in labels if label is not None),
            at=config.at,
            ask_output=config.ask_output,
            output=found.stdout,
            certificate=found.certificate,
            origin=Origin(
                problem_id=written.problem.problem_id,
                step=written.step,
                rollout_id=written.rollout_id,
                kind=written.kind,
            ),
            tags=asked.tags,
        )
        return item, ""

    def _look(self, program: str, stimulus: Stimulus, suite: Suite) -> Mapping[VariableRef, Value] | None:
        """A cheap run, for what its variables hold on one more input; None where it does not end."""
        run = capture(program, stimulus, self.sandboxes[0], limits=suite.limits, watch=Watch())
        if not run.ended:
            return None
        return {final.ref: final.at_exit for final in run.finals if final.at_exit is not None}


def _returned(entry: str, result: Value | None) -> Asked:
    """What the entry returned, where that can be asked."""
    if not entry or result is None or isinstance(result, Raised) or not is_whole(result):
        return Asked(finals=(), tags=(), dropped={})
    ref = VariableRef(scope=entry, call=1, name="return")
    final = FinalValue(ref=ref, at_exit=result, at_last_definition=result)
    return Asked(finals=(final,), tags=(tag_of(final, At.EXIT),), dropped={})


def shuffled(items: Sequence[AlignmentItem]) -> list[AlignmentItem]:
    """The same questions, each with the answers of the next one that asks for as much: no label means anything."""
    found = list(items)
    for n_asked in {len(item.asked) for item in items}:
        alike = [number for number, item in enumerate(items) if len(item.asked) == n_asked]
        for number, other in zip(alike, alike[1:] + alike[:1], strict=True):
            found[number] = replace(items[number], labels=items[other].labels)
    return found


def _stimuli(written: Written, n: int) -> list[Stimulus]:
    """The first case that failed, then others in their order."""
    failed = written.verdict.first_failure
    cases = list(written.problem.suite.cases)
    if failed is not None and failed.cause is not Cause.REFUSED:
        cases.sort(key=lambda case: case.case_id != failed.case_id)
    entry = candidate(written.program, written.problem.suite.entry).name
    found = []
    for case in cases:
        if isinstance(case, CallCase) and entry:
            found.append(Stimulus(entry=entry, arguments=case.args))
        elif isinstance(case, StreamCase):
            found.append(Stimulus(stdin=case.stdin))
    return found[:n]


def _chosen(looks: Sequence[Mapping[VariableRef, Value] | None], rule: InputChoice) -> int | None:
    """The index of the input that is asked about."""
    usable = [number for number, look in enumerate(looks) if look]
    if not usable:
        return None
    if rule is InputChoice.MAX_ENTROPY:
        counts = Counter((ref, repr(value)) for look in looks if look for ref, value in look.items())
        return min(usable, key=lambda number: _commonness(looks[number] or {}, counts))
    return usable[0]


def _commonness(look: Mapping[VariableRef, Value], counts: Counter[tuple[VariableRef, str]]) -> float:
    return sum(counts[ref, repr(value)] for ref, value in look.items()) / len(look)
