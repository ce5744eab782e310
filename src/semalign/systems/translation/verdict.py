"""`Verdict`: what comparing two programs showed, with everything needed to trust it or to repeat it."""

import enum
from dataclasses import dataclass, field

from semalign.alignment.variables import Pair
from semalign.traces.blocks import Outline
from semalign.traces.trace import Run, Trace
from semalign.values.model import Value
from semalign.values.policy import Policy
from semalign.values.types import Signature

SCHEMA = 1  # of the JSON form


class Answer(enum.StrEnum):
    """The three answers."""

    EQUIVALENT = "equivalent"  # on the inputs that were tried
    DIVERGENT = "divergent"  # reproducibly, on an input in domain
    UNDECIDED = "undecided"  # could not be told, and why


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two programs, as it was compared."""

    path: str
    language: str
    function: str
    source: str  # the whole file
    outline: Outline  # of the compared function
    first_line: int
    last_line: int
    signature: Signature
    toolchain: str = ""  # compiler or interpreter and its version
    n_blocks: int = 0
    n_blocks_covered: int = 0
    arms_missed: tuple[str, ...] = ()  # blocks that no input entered


@dataclass(frozen=True, slots=True, kw_only=True)
class Blame:
    """A place where the two programs stop agreeing, and what was seen there; a verdict has the likeliest first."""

    kind: str  # block, condition, loop, crash, missing, extra, range, result
    source_block: str  # "" where the source has none
    target_block: str  # "" where the target has none
    source_lines: tuple[int, int]  # (0, 0) where there is no block
    target_lines: tuple[int, int]
    variables: tuple[str, str] = ("", "")  # source name, target name
    expected: Value | None = None
    actual: Value | None = None
    path: str = ""  # inside the value, `[3].x`
    confidence: float = 0.0  # 0 to 1
    n_inputs: int = 0  # failing inputs that blame it
    reason: str = ""  # one sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One input through both programs."""

    arguments: tuple[tuple[str, Value], ...]  # parameter name in the source, value
    source: Run
    target: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """What corresponds: for views, the map file and the evidence."""

    variables: tuple[Pair, ...] = ()
    blocks: tuple[tuple[str, str, float], ...] = ()  # source block id, target block id, confidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Survivor:
    """A planted fault that no input showed; it may be one that means the same."""

    line: int  # of the target, from 1
    kind: str  # of semalign.languages.faults.FaultKind
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """What became of the faults that were planted in the target to see whether the inputs catch them."""

    n_caught: int = 0
    n_tried: int = 0  # built and run
    n_unbuilt: int = 0  # a compiler catches these
    n_left: int = 0  # for which there was no number or no time left
    survivors: tuple[Survivor, ...] = ()  # in order of place


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How much a verdict is worth."""

    n_given: int = 0  # inputs from the user or a harness
    n_run: int = 0  # inputs that both programs ran
    n_domain: int = 0  # of these, in domain: the source is defined on them
    n_agree: int = 0
    preconditions: tuple[str, ...] = ()  # learned or assumed, each a readable condition
    seed: int = 0
    faults: Planted | None = None  # None when not asked for, or where the programs differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One input that was run, and what it showed: agree, differ, outside (of the domain), unknown."""

    arguments: tuple[Value, ...]
    agreement: str
    given: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer, why, and how sure."""

    answer: Answer
    reason: str  # one sentence
    source: Side
    target: Side
    policy: Policy = field(default_factory=Policy)
    strength: Strength = field(default_factory=Strength)
    smallest: Example | None = None  # the smallest input on which they differ
    example: Example | None = None  # when they agree: one traced input, to look at
    blames: tuple[Blame, ...] = ()
    pairing: Pairing = field(default_factory=Pairing)
    notes: tuple[str, ...] = ()  # differences that are no alarm, caps that were hit, what was assumed
    tried: tuple[Tried, ...] = ()  # every input that was run, in order
    tier: str = ""  # how the programs were held in
    wall_s: float = 0.0


def shown(verdict: Verdict) -> Example | None:
    """The input that views show: the smallest difference, else the example."""
    return verdict.smallest or verdict.example


def traces(example: Example) -> tuple[Trace | None, Trace | None]:
    """The traces of both sides that may be used: a void one is left out."""
    one, other = example.source.trace, example.target.trace
    return (one if one and not one.void else None, other if other and not other.void else None)
