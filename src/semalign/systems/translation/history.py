"""What led to a translation: rounds of repair, the text of every draft, and where a patched draft left the source.

A result names drafts by digest and patches by edits; from the first draft of a round all texts follow. Where a draft
left the source is asked of the `Aligner`, which traces and so costs seconds: it is done where a report is wanted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from semalign.repair import Repaired, Shown, State
from semalign.repair.patch import digest
from semalign.systems.translation.agents.aligner import Aligner
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.verdict import Verdict

MOST_PARTINGS = 6  # drafts of one round that are traced; the next ones rarely tell anything new


@dataclass(frozen=True, slots=True, kw_only=True)
class Parting:
    """Where a draft left the source on the repair inputs."""

    verdict: Verdict  # on the smallest repair input that it fails
    n_before: int  # lines of the program before the draft's first


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round of repair, and the verdict on what it left."""

    start: str  # the draft that it began with
    repaired: Repaired
    verdict: Verdict | None = None  # None where nothing builds
    request: DiffConfig | None = None  # what the verdict was asked
    partings: Mapping[str, Parting] = field(default_factory=dict)  # by digest of the draft; empty: not asked for

    @property
    def texts(self) -> Mapping[str, str]:
        """Every draft by its digest."""
        found = {digest(self.start): self.start}
        for attempt in self.repaired.attempts:
            found[attempt.child] = attempt.patch.apply(found[attempt.parent])
        return found

    @property
    def shown(self) -> Mapping[str, Shown]:
        """What every draft showed, by its digest."""
        return {digest(self.start): self.repaired.first} | {one.child: one.shown for one in self.repaired.attempts}

    @property
    def way(self) -> frozenset[str]:
        """The drafts between the first and the best one, the best one included, by digest."""
        parents = {attempt.child: attempt.parent for attempt in self.repaired.attempts}
        found, at = set[str](), digest(self.repaired.best.text)
        while at in parents and at not in found:
            found.add(at)
            at = parents[at]
        return frozenset(found)


def explained(done: Round, aligner: Aligner) -> Round:
    """The round with its partings: of drafts that were patched, build, and fail an input.

    Raises:
        SandboxError: the machine failed.
    """
    texts, shown = done.texts, done.shown
    found: dict[str, Parting] = {}
    for name in _patched(done):
        if len(found) == MOST_PARTINGS:
            break
        verdict = aligner.blame(State(text=texts[name], shown=shown[name])) if not shown[name].solved else None
        if verdict is not None:
            found[name] = Parting(verdict=verdict, n_before=aligner.candidates.shell.fill(texts[name])[1])
    return replace(done, partings=found)


def _patched(done: Round) -> Iterator[str]:
    """Digests of drafts that were patched, those on the way to the best one first, each once."""
    way, attempts = done.way, done.repaired.attempts
    yield from dict.fromkeys([one.parent for one in attempts if one.child in way] + [one.parent for one in attempts])
