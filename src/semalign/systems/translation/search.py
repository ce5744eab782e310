"""Looking for an input on which two programs differ: given ones first, then generated ones, light before heavy."""

import math
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace

from semalign.languages.protocol import Mode
from semalign.sandbox.model import Limits
from semalign.systems.translation.contract import Contract, type_arguments
from semalign.systems.translation.judge import Agreement, Judge, Judgement
from semalign.systems.translation.mapfile import Hints
from semalign.systems.translation.preconditions import Precondition, mend, numbers
from semalign.systems.translation.shrink import order, shrink
from semalign.systems.translation.subject import Subject
from semalign.traces.trace import Run

FIRST_CHUNK = 24  # inputs to a process at first; each further chunk is twice as large
SHRINK_ROUNDS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One input through both programs, judged."""

    arguments: type_arguments  # in the form of the common signature
    source: Run
    target: Run
    judgement: Judgement
    given: bool = False


@dataclass(slots=True, kw_only=True)
class Search:
    """Runs both subjects on inputs and remembers every trial."""

    contract: Contract
    source: Subject
    target: Subject
    judge: Judge
    limits: Limits
    executor: Executor
    clock: Callable[[], float]
    budget_s: float  # for looking and shrinking; building is not counted
    checks_undefined: bool = False  # the source has a build that notices undefined behaviour
    hints: Hints = field(default_factory=Hints)  # what the user knows to correspond
    trials: list[Trial] = field(default_factory=list)
    heaviest: float | None = None  # numbers from here on make the source run too long
    unstable: bool = False  # the source was seen to give two answers to one input: it is no oracle
    deadline: float = math.inf

    def begin(self) -> None:
        """Wait until both programs are built, and start the clock.

        Raises:
            BuildError: one of them does not build.
        """
        for subject in (self.source, self.target):
            subject.wait(Mode.PLAIN)
        self.deadline = self.clock() + self.budget_s

    def time_left(self) -> float:
        """Seconds; not positive when the time is over."""
        return self.deadline - self.clock()

    def differing(self, inputs: Iterable[type_arguments], *, given: bool = False) -> list[Trial]:
        """The trials that differ in the first chunk that has any; none when all agree or the time is over."""
        waiting = list(inputs)
        chunk = max(FIRST_CHUNK, len(waiting)) if given else FIRST_CHUNK
        while waiting and self.time_left() > 0:
            batch, waiting = waiting[:chunk], waiting[chunk:]
            found = self.confirmed(self.attempt(batch, given=given))
            if found:
                return found
            waiting = self._bearable(waiting)
            chunk *= 2
        return []

    def attempt(self, inputs: Sequence[type_arguments], *, given: bool = False, keep: bool = True) -> list[Trial]:
        """Both programs on these inputs, side by side."""
        ours = [self.contract.for_source(arguments) for arguments in inputs]
        theirs = [self.contract.for_target(arguments) for arguments in inputs]
        running = self.executor.submit(self.target.run, theirs, limits=self.limits)
        source_runs = self.source.run(ours, limits=self.limits)
        trials = [
            Trial(
                arguments=arguments,
                source=one,
                target=other,
                judgement=self.judge.judge(one, other, given=given),
                given=given,
            )
            for arguments, one, other in zip(inputs, source_runs, running.result(), strict=True)
        ]
        if keep:
            self.trials += trials
        return trials

    def confirmed(self, trials: Sequence[Trial]) -> list[Trial]:
        """Those that differ, are in domain, and do so again; lightest first. The others are judged anew."""
        found = self._defined([trial for trial in trials if trial.judgement.agreement is Agreement.DIFFER])
        if not found:
            return []
        patient = replace(self, limits=replace(self.limits, wall_s=2 * self.limits.wall_s))
        again = patient.attempt([trial.arguments for trial in found], given=found[0].given, keep=False)
        kept = []
        for one, other in zip(found, again, strict=True):
            if _shown(one.source) != _shown(other.source):
                self.unstable = True
            if _like(other, one):
                kept.append(one)
            else:
                self._rejudge(one, Judgement(Agreement.UNKNOWN, "a difference that did not come again"))
        return sorted(kept, key=lambda trial: order(trial.arguments))

    def _defined(self, trials: list[Trial]) -> list[Trial]:
        """Without the inputs on which the source itself has undefined behaviour."""
        if not trials or not self.checks_undefined:
            return trials
        inputs = [self.contract.for_source(trial.arguments) for trial in trials]
        runs = self.source.run(inputs, mode=Mode.SANITIZED, limits=self.limits)
        kept = []
        for trial, run in zip(trials, runs, strict=True):
            if run.cause == trial.source.cause and run.result == trial.source.result:
                kept.append(trial)
            else:
                why = run.detail or "the result depends on memory that was never set"
                self._rejudge(trial, Judgement(Agreement.OUTSIDE, f"the source has undefined behaviour: {why}"))
        return kept

    def _rejudge(self, trial: Trial, judgement: Judgement) -> None:
        self.trials[:] = [replace(one, judgement=judgement) if one is trial else one for one in self.trials]

    def _bearable(self, waiting: list[type_arguments]) -> list[type_arguments]:
        """Without inputs that are larger than the smallest that made the source run too long."""
        slow = [_reach(trial.arguments) for trial in self.trials if trial.source.cause == "timeout"]
        if not slow:
            return waiting
        self.heaviest = min(slow)
        return [arguments for arguments in waiting if _reach(arguments) < self.heaviest]

    def settle(self) -> None:
        """Run the source a second time on some inputs, to see whether it answers the same."""
        tried = [trial for trial in self.trials if trial.source.cause == "ok"][:3]
        again = self.source.run([self.contract.for_source(one.arguments) for one in tried], limits=self.limits)
        if any(_shown(one.source) != _shown(run) for one, run in zip(tried, again, strict=True)):
            self.unstable = True

    def learn(self, inputs: Sequence[type_arguments]) -> None:
        """More trials beside a difference that was found, whichever way they go."""
        if self.time_left() > 0:
            self.confirmed(self.attempt(inputs))

    def tried(self) -> list[type_arguments]:
        """Every input that was run so far, in order."""
        return [trial.arguments for trial in self.trials]

    def _remember(self, tried: Sequence[Trial]) -> None:
        """Near misses: the inputs beside a difference on which the programs agree teach most about what corresponds."""
        known = {trial.arguments for trial in self.trials}
        self.trials += [
            one for one in tried if one.judgement.agreement is Agreement.AGREE and one.arguments not in known
        ]

    def smallest(self, trial: Trial, preconditions: Sequence[Precondition]) -> Trial:
        """The lightest input that shows a difference of the same kind, found from this one."""
        best: dict[type_arguments, Trial] = {trial.arguments: trial}

        def prepare(arguments: type_arguments) -> type_arguments | None:
            mended = mend(self.contract.bind(arguments), preconditions)
            meant = self.contract.admits(mended) and all(condition.holds(mended) for condition in preconditions)
            return mended if meant else None

        def differ(candidates: Sequence[type_arguments]) -> list[bool]:
            if self.time_left() <= 0:
                return [False] * len(candidates)
            tried = self.attempt(candidates, given=trial.given, keep=False)
            self._remember(tried)
            good = self._defined([one for one in tried if _like(one, trial)])
            best.update((one.arguments, one) for one in good)
            return [one.arguments in best for one in tried]

        found = shrink(trial.arguments, prepare=prepare, differ=differ, rounds=SHRINK_ROUNDS)
        return best[found]


def _shown(run: Run) -> tuple[object, ...]:
    return (run.cause, run.result, run.raised)


def _like(one: Trial, other: Trial) -> bool:
    """Shows a difference of the same kind, so that shrinking does not wander to another fault."""
    return one.judgement.agreement is Agreement.DIFFER and one.judgement.reason == other.judgement.reason


def _reach(arguments: type_arguments) -> float:
    return max((abs(number) for value in arguments for number in numbers(value)), default=0.0)
