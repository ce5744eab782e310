"""Which variables of a program are worth asking: those that tell something, and that the policy may or may not know."""

import ast
import enum
import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from semalign.traces.final import At, FinalValue, Status, VariableRef
from semalign.traces.render import show
from semalign.values.model import Value
from semalign.values.wire import wire

MAX_CHARACTERS = 160  # of a value as text
_PRIOR = (1.0, 2.0)  # successes and trials that every cell begins with


class Choice(enum.StrEnum):
    """How variables are chosen among those that may be asked."""

    INFORMATIVE = "informative"  # see `informative`
    RANDOM = "random"
    LAST3 = "last3"  # those whose binding stands last, as the released code does


class Drop(enum.StrEnum):
    """Why a variable is not asked."""

    UNSTABLE = "unstable"
    UNREPRESENTABLE = "unrepresentable"
    TOO_LARGE = "too_large"
    DELETED = "deleted"
    NO_DEFINITION = "no_definition"  # asked for at its last definition, which no run saw
    LITERAL = "literal"  # every line that binds it gives it a constant
    PARAMETER = "parameter"  # still holds what was passed
    CONSTANT = "constant"  # the same on all inputs that were tried
    VISIBLE = "visible"  # is what the program prints
    TWIN = "twin"  # on every input equal to another one that is asked


@dataclass(slots=True)
class Learnable:
    """A running estimate of how often the policy is right, by kind of variable. Mutable: training updates it.

    A binary answer's variance is p(1-p): a kind that is always or never right teaches nothing.
    """

    cells: dict[str, tuple[float, float]] = field(default_factory=dict)  # successes and trials by tag
    decay: float = 0.98  # of what was known, at each new answer

    def rate(self, tag: str) -> float:
        """In (0, 1); 0.5 for a kind that was never asked."""
        hits, n = self.cells.get(tag, (0.0, 0.0))
        return (hits + _PRIOR[0]) / (n + _PRIOR[1])

    def saw(self, tag: str, *, is_right: bool) -> None:
        """One more answer."""
        hits, n = self.cells.get(tag, (0.0, 0.0))
        self.cells[tag] = (hits * self.decay + is_right, n * self.decay + 1)

    def state(self) -> dict[str, list[float]]:
        """For a checkpoint."""
        return {tag: list(cell) for tag, cell in self.cells.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of a program on the input that is asked about, and on others."""

    program: str
    finals: Sequence[FinalValue]
    others: Sequence[Mapping[VariableRef, Value]] = ()  # the final values on further inputs
    printed: str = ""  # a variable that can be read off there is not asked
    at: At = At.EXIT  # the moment that is asked about

    def profile(self, final: FinalValue) -> tuple[str, ...]:
        """What a variable holds on each input, as text; "" where it has no value."""
        value = final.at(self.at)
        here = wire(value) if value is not None else ""
        return (here, *(wire(other[final.ref]) if final.ref in other else "" for other in self.others))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was chosen, and why the rest was not. `tags` say what kind each variable is."""

    finals: tuple[FinalValue, ...]
    tags: tuple[str, ...]
    dropped: Mapping[Drop, int]


def choose(seen: Seen, choice: Choice, max_asked: int, learnable: Learnable, drawn: random.Random) -> Asked:
    """Up to `max_asked` variables of one run.

    `LAST3` and `RANDOM` leave out only what has no value that can be held. `drawn` decides for `RANDOM`, and between
    variables that are equally good.
    Source: which values are asked, the paper leaves open; the rule of entropy and p(1-p) is ours.
    """
    dropped: Counter[Drop] = Counter()
    usable = []
    for final in seen.finals:
        reason = _unusable(final, seen.at)
        if reason is None and choice is Choice.INFORMATIVE:
            reason = _dull(final, seen)
        if reason is None:
            usable.append(final)
        else:
            dropped[reason] += 1
    match choice:
        case Choice.RANDOM:
            kept = drawn.sample(usable, min(max_asked, len(usable)))
        case Choice.LAST3:
            kept = sorted(usable, key=lambda final: (final.defined_line or 0, final.ref))[-max_asked:]
        case Choice.INFORMATIVE:
            ranked = _ranked(usable, seen, learnable, drawn)
            kept = _picked(ranked, seen, max_asked)
            dropped[Drop.TWIN] += len(usable) - len({seen.profile(final) for final in usable})
    kept = sorted(kept, key=lambda final: (final.ref.scope, final.ref.call, final.defined_line or 0, final.ref.name))
    return Asked(finals=tuple(kept), tags=tuple(tag_of(final, seen.at) for final in kept), dropped=dict(dropped))


def tag_of(final: FinalValue, at: At) -> str:
    """The kind of a variable: its type, how deep its scope is, and how often it was bound."""
    value = final.at(at)
    writes = final.writes or 0
    bucket = "0" if writes == 0 else "1" if writes == 1 else "2-4" if writes < 5 else "5+"
    return f"{type(value).__name__}/{final.ref.scope.count('.') if final.ref.scope else 'module'}/{bucket}"


def _unusable(final: FinalValue, at: At) -> Drop | None:
    if final.status is not Status.STABLE:
        return Drop(final.status.value)
    value = final.at(at)
    if value is None:
        return Drop.NO_DEFINITION
    return Drop.TOO_LARGE if len(show(value, MAX_CHARACTERS + 1)) > MAX_CHARACTERS else None


def _dull(final: FinalValue, seen: Seen) -> Drop | None:
    """Why the value of a variable tells nothing about the run."""
    if final.writes == 0 and not final.mutated:
        return Drop.PARAMETER
    if final.ref.name in _literals(seen.program) and not final.mutated:
        return Drop.LITERAL
    value = final.at(seen.at)
    if value is not None and seen.printed.strip() == show(value, MAX_CHARACTERS):
        return Drop.VISIBLE
    here, *elsewhere = seen.profile(final)
    met = [one for one in elsewhere if one]
    return Drop.CONSTANT if met and set(met) == {here} else None


def _literals(program: str) -> set[str]:
    """Names that are bound, and to constants only."""
    constant: set[str] = set()
    other: set[str] = set()
    for node in ast.walk(ast.parse(program)):
        match node:
            case ast.Assign(targets=targets, value=ast.Constant()) if all(isinstance(t, ast.Name) for t in targets):
                constant |= {target.id for target in targets if isinstance(target, ast.Name)}
            case ast.Assign(targets=targets):
                other |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
            case ast.AugAssign(target=ast.Name(id=name)) | ast.NamedExpr(target=ast.Name(id=name)):
                other.add(name)
            case ast.For(target=target) | ast.comprehension(target=target):
                other |= {name.id for name in ast.walk(target) if isinstance(name, ast.Name)}
    return constant - other


def _ranked(usable: Sequence[FinalValue], seen: Seen, learnable: Learnable, drawn: random.Random) -> list[FinalValue]:
    """By (1 + entropy over inputs) * p(1-p), the most telling first."""

    def worth(final: FinalValue) -> tuple[float, float]:
        rate = learnable.rate(tag_of(final, seen.at))
        return -(1 + _entropy(seen.profile(final))) * rate * (1 - rate), drawn.random()

    return sorted(usable, key=worth)


def _picked(ranked: Sequence[FinalValue], seen: Seen, max_asked: int) -> list[FinalValue]:
    """The first ones, each from another scope where possible, no two alike, one of them bound often."""
    fresh: list[FinalValue] = []
    later: list[FinalValue] = []
    profiles: set[tuple[str, ...]] = set()
    for final in ranked:
        if seen.profile(final) not in profiles:
            profiles.add(seen.profile(final))
            (later if final.ref.scope in {one.ref.scope for one in fresh} else fresh).append(final)
    kept = [*fresh, *later][:max_asked]
    busy = next((final for final in ranked if (final.writes or 0) >= 2), None)
    if busy is not None and not any((final.writes or 0) >= 2 for final in kept):
        kept[-1:] = [busy]
    return kept


def _entropy(profile: Sequence[str]) -> float:
    """Bits of a value's distribution over the inputs."""
    counts = Counter(profile).values()
    total = sum(counts)
    return -sum(n / total * math.log2(n / total) for n in counts)
