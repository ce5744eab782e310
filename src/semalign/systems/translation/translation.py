"""`Translation`: what became of a function that was to be translated; and `TranslateConfig`, what was asked."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.models import BudgetConfig, Spending
from semalign.repair import Attempt, Shown
from semalign.sandbox.model import Limits
from semalign.systems.translation.contract import type_arguments
from semalign.systems.translation.history import Round
from semalign.systems.translation.request import DiffConfig, refuse_blind
from semalign.systems.translation.verdict import Answer, Verdict
from semalign.values.policy import Policy
from semalign.values.types import Signature

SCHEMA = 1  # of the JSON form


class Agent(enum.StrEnum):
    """What can be switched off, as in the paper's ablation."""

    FIXERS = "fixers"  # those that need no model
    SYNTAX_FIXER = "syntax-fixer"
    ALIGNER = "aligner"
    SEMANTIC_FIXER = "semantic-fixer"
    REDRAFTER = "redrafter"


class Preset(enum.StrEnum):
    """Which pipeline translates; the verdict is the same for both."""

    SEMALIGN = "semalign"
    PAPER = "paper"  # TransAgent as published: the name-only prompt, lock step, its equality, its stop rules


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslateConfig:
    """One request, checked before anything is run."""

    source: Path
    to: str  # python, java, cpp
    function: str = ""  # of the source; "" finds it
    signature: str = ""  # of the target, as it writes it; "" derives it
    harness: Path | None = None  # a program of the target language with a line that holds TOFILL
    draft: Path | None = None  # to start from; no translator is asked
    available: str = ""  # what the harness has already, as the agents are told
    known: frozenset[str] = frozenset()  # names that it defines; a reply that defines them again is cut
    context: str = ""  # what of the source is told beside the function; "" finds it
    stdin: bytes = b""  # what the source's main reads: its calls become inputs
    map_file: Path | None = None  # what corresponds; entries made by hand win over what is measured
    regressions: Path | None = None  # inputs on which earlier drafts failed: repair begins with them; may be missing
    out: Path | None = None  # where the program will be kept: verdicts call it so
    policy: Policy = field(default_factory=Policy)
    seed: int = 0
    preset: Preset = Preset.SEMALIGN
    without: frozenset[Agent] = frozenset()
    budget: BudgetConfig = field(default_factory=lambda: BudgetConfig(calls=8))
    runs: int = 80  # candidates of fixers that are run for one draft, in one round of repair
    rounds: int = 2  # of repair; what a verdict refuted is among the inputs of the next one; the paper has one
    max_inputs: int = 500  # generated ones for a verdict
    time_s: float = 30.0  # of looking for a difference, for a verdict
    wall_s: float = 1.0  # for one input through one program, seconds
    memory_mib: int = 512
    explain: bool = False  # trace the drafts that were patched, for a report

    @property
    def limits(self) -> Limits:
        """Of one input through one program."""
        return Limits(wall_s=self.wall_s, memory_mib=self.memory_mib)

    def __post_init__(self) -> None:
        """Raises: ConfigError: a number or a policy that can't be meant."""
        refuse_blind(self.policy)
        numbers = min(self.runs, self.rounds) >= 1 and self.time_s > 0 and self.wall_s > 0  # which NaN is not
        if not numbers or self.memory_mib < 64 or self.max_inputs < 0:
            raise ConfigError(
                "need runs >= 1, rounds >= 1, max_inputs >= 0, time_s > 0, wall_s > 0 and memory_mib >= 64"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """The best program, how far it is to be trusted, and all that led to it."""

    function: str
    signature: Signature  # the contract
    head: str  # the same, as the target language writes it
    draft: str  # the first one
    text: str  # the best one
    program: str  # the whole file
    first: Shown  # what the first draft showed on the repair inputs
    shown: Shown  # what the best one shows there
    verdict: Verdict | None  # on inputs that no agent has seen; None where it does not build
    request: DiffConfig | None = None  # what the verdict was asked
    rounds: tuple[Round, ...] = ()  # the last one's verdict is the verdict
    spent: Mapping[str, Spending] = field(default_factory=dict)  # by agent
    model: str = ""  # "" where none was asked
    stopped: str = ""  # which budget did not hold another call
    regressions: tuple[type_arguments, ...] = ()  # inputs on which the first draft failed and the best one does not
    wall_s: float = 0.0

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every patch that was tried, in order."""
        return tuple(attempt for one in self.rounds for attempt in one.repaired.attempts)

    @property
    def answer(self) -> Answer:
        """A program that does not build is none that means the same."""
        return Answer.DIVERGENT if self.verdict is None else self.verdict.answer

    @property
    def reason(self) -> str:
        """One sentence."""
        if self.verdict is not None:
            return self.verdict.reason
        return f"no draft builds: {self.shown.notes[0]}" if self.shown.notes else "no draft builds"

    @property
    def model_s(self) -> float:
        """Seconds that calls of a model took."""
        return sum(one.seconds for one in self.spent.values())
