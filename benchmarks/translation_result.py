"""What became of one function in `benchmarks.translation`, and the table of many."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from semalign.core.metrics import Rate, mcnemar, rate

PAPER = "published, of TransAgent with a 6.7B model: CA 91.6 % in the mean of the directions"
EQUIVALENT = "equivalent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One system's program on the held-out inputs."""

    system: str  # draft, semalign, paper
    passed: bool | None  # it builds and agrees on all; None: it can't be judged, and `note` says why
    n_failed: int = 0  # inputs
    note: str = ""  # the first difference, or why there is no program
    failing: str = ""  # the first input on which it fails
    answer: str = ""  # what the pipeline itself says of it
    n_calls: int = 0
    n_tokens: int = 0  # of prompts and replies
    model_s: float = 0.0
    wall_s: float = 0.0
    fresh: bool = True  # the time is that of the whole; not of a run that went on with a journal
    stopped: str = ""  # which budget did not hold another call
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One function by each system."""

    id: str
    origin: str
    pair: str
    n_inputs: int = 0  # held out
    unscored: str = ""  # why no system can be judged
    scores: tuple[Score, ...] = ()

    def by(self, system: str) -> Score | None:
        """Its score, where it was run."""
        return next((score for score in self.scores if score.system == system), None)

    def passes(self, system: str) -> bool | None:
        """None where it can't be told."""
        score = self.by(system)
        return None if score is None else score.passed

    @property
    def harmed(self) -> bool:
        """The draft was right and what became of it is wrong."""
        return bool(self.passes("draft")) and self.passes("semalign") is False


def line(result: Result) -> str:
    """What is told while it goes on."""
    if result.unscored:
        return f"{result.id}: unscored, {result.unscored}"
    told = (f"{score.system} {_mark(score.passed)} {score.answer}".rstrip() for score in result.scores)
    ours = result.by("semalign") or result.scores[-1]
    return f"{result.id}: {', '.join(told)}; {ours.n_calls} calls, {ours.wall_s - ours.model_s:.1f} s without the model"


def _mark(passed: bool | None) -> str:
    return {True: "right", False: "wrong", None: "unscored"}[passed]


def table(found: Sequence[Result], systems: Sequence[str]) -> str:
    """Everything that the bars ask for."""
    return "\n".join([*_accuracy(found, systems), "", *_compared(found, systems), "", *_honesty(found, systems),
                      "", *_cost(found, systems), "", *_failures(found, systems), PAPER])  # fmt: skip


def _accuracy(found: Sequence[Result], systems: Sequence[str]) -> Iterator[str]:
    yield f"{'CA of judged rows':16}{'n':>5} {'unscored':>8}  " + "".join(f"{system:34}" for system in systems)
    for name, of in _groups(found).items():
        yield (
            f"{name:16}{len(of):5} {sum(bool(one.unscored) for one in of):8}  "
            + "".join(f"{_rate_of(of, system)!s:34}" for system in systems)
        )  # fmt: skip
    n = len(found)
    whole = (f"{system} {rate(_n_right(found, system), n)}" for system in systems)
    yield f"CA of all rows, unscored ones as failed: {', '.join(whole)}"
    for system in systems:
        pairs = sorted({one.pair for one in found})
        rates = [_rate_of([one for one in found if one.pair == pair], system).value for pair in pairs]
        yield f"{system}: mean of {len(pairs)} directions {100 * sum(rates) / max(1, len(rates)):.1f} %"


def _groups(found: Sequence[Result]) -> dict[str, list[Result]]:
    groups: dict[str, list[Result]] = {"all": list(found)}
    keys: tuple[Callable[[Result], str], ...] = (lambda one: one.pair, lambda one: one.origin)
    for key in keys:
        for name in sorted({key(one) for one in found}):
            groups[name] = [one for one in found if key(one) == name]
    return groups


def _n_right(found: Sequence[Result], system: str) -> int:
    return sum(one.passes(system) is True for one in found)


def _rate_of(found: Sequence[Result], system: str) -> Rate:
    return rate(_n_right(found, system), sum(one.passes(system) is not None for one in found))


def _compared(found: Sequence[Result], systems: Sequence[str]) -> Iterator[str]:
    for other in ("draft", "paper"):
        if "semalign" not in systems or other not in systems:
            continue
        both = [(one.passes("semalign"), one.passes(other)) for one in found]
        gained, lost = both.count((True, False)), both.count((False, True))
        yield f"semalign against {other}: {gained} more, {lost} less, McNemar p {mcnemar(gained, lost):.3g}"
    harmed = [one.id for one in found if one.harmed]
    yield f"drafts that were right and end wrong: {len(harmed)} {' '.join(harmed)}".rstrip()


def _honesty(found: Sequence[Result], systems: Sequence[str]) -> Iterator[str]:
    for system in systems:
        judged = [(one, score) for one in found if (score := one.by(system)) is not None and score.answer]
        answers = Counter(score.answer for _, score in judged)
        said = [(one, score) for one, score in judged if score.answer == EQUIVALENT and score.passed is not None]
        wrong = [(one, score) for one, score in said if not score.passed]
        if not judged:
            continue
        yield f"{system} says: {', '.join(f'{answer} {n}' for answer, n in answers.most_common())}"
        yield f"{system} says equivalent and fails on fresh inputs: {rate(len(wrong), len(said))}"
        for one, score in wrong:
            yield f"  {one.id}: {score.n_failed} of {one.n_inputs} inputs; {score.failing}: {score.note}"


def _cost(found: Sequence[Result], systems: Sequence[str]) -> Iterator[str]:
    for system in systems:
        scores = [score for one in found if (score := one.by(system)) is not None]
        if system == "draft" or not scores:
            continue
        own = sorted(score.wall_s - score.model_s for score in scores if score.fresh and score.answer)
        n = len(scores)
        yield (
            f"{system}: {sum(score.n_calls for score in scores) / n:.2f} calls and "
            f"{sum(score.n_tokens for score in scores) / n:,.0f} tokens a function, "
            f"{sum(score.model_s for score in scores) / n:.1f} s of the model"
        )
        if own:
            yield (
                f"{system}: without the model p50 {median(own):.1f} s, p95 {own[int(0.95 * (len(own) - 1))]:.1f} s, "
                f"most {own[-1]:.1f} s, of {len(own)}"
            )
        for why, times in Counter(score.stopped for score in scores if score.stopped).most_common():
            yield f"{system}: stopped in {times}: {why}"


def _failures(found: Sequence[Result], systems: Sequence[str]) -> Iterator[str]:
    unscored = [one for one in found if one.unscored]
    if unscored:
        yield f"unscored: {len(unscored)}"
        yield from (f"  {one.id}: {one.unscored}" for one in unscored)
    for system in systems:
        for one in found:
            score = one.by(system)
            if score is not None and score.passed is None:
                yield f"  {one.id}: {system} can't be judged: {score.note}"
