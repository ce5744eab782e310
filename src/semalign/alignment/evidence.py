"""`Evidence`: how often the blocks of one program ran on each input, and which way its choices went."""

from collections.abc import Sequence
from dataclasses import dataclass

from semalign.alignment.tree import Tree
from semalign.traces.trace import EventKind, Run

MAX_OUTCOMES = 512  # of one choice that are looked at


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts by block for each input, and the outcomes of each choice in order."""

    by_input: tuple[dict[str, int], ...]
    outcomes: dict[str, tuple[int, ...]]

    def counts(self, block: str) -> tuple[int, ...]:
        """How often a block ran, by input; 0 where nothing was traced."""
        return tuple(counts.get(block, 0) for counts in self.by_input)

    def branches(self, block: str) -> tuple[int, ...]:
        """Outcomes of a choice, 1 for true."""
        return self.outcomes.get(block, ())


def evidence(runs: Sequence[Run], trees: Sequence[Tree | None]) -> Evidence:
    """What the runs of one program tell of its blocks."""
    outcomes: dict[str, list[int]] = {}
    for one in trees:
        if one is None:
            continue
        for step in one.steps:
            if step.outcome is not None and step.event.kind is EventKind.BRANCH and isinstance(step.outcome, int):
                stream = outcomes.setdefault(step.event.block, [])
                if len(stream) < MAX_OUTCOMES:
                    stream.append(step.outcome)
    counts = tuple(run.trace.counts if run.trace is not None else {} for run in runs)
    return Evidence(counts, {block: tuple(stream) for block, stream in outcomes.items()})
