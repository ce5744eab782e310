"""Baseline: blocks ranked by how much more the failing inputs run them than the passing ones.

Only the target is looked at, as a debugger without the source program would. Ties are broken at random with the
caller's seed, because any fixed order would know something about programs.

Source: Ochiai as in Abreu, Zoeteweij, van Gemund, "On the accuracy of spectrum-based fault localization", TAIC PART
2007; Tarantula, Jones and Harrold, ASE 2005. tHinter ranks translations in this way.
"""

import random
from math import sqrt

from semalign.alignment.align import Alignment
from semalign.traces.blocks import BlockKind


def rank(alignment: Alignment, rng: random.Random, *, formula: str = "ochiai") -> list[str]:
    """The target's blocks, most suspicious first."""
    runs = alignment.target.runs
    n_failing, n_passing = len(alignment.failing), len(alignment.passing)
    scores: dict[str, float] = {}
    for outline in alignment.target.outlines:
        for block in outline.blocks:
            if block.kind is BlockKind.ENTRY:
                continue
            ran = [bool(run.trace and run.trace.counts.get(block.id, 0)) for run in runs]
            failed = sum(ran[i] for i in alignment.failing)
            passed = sum(ran[i] for i in alignment.passing)
            scores[block.id] = _score(failed, passed, n_failing, n_passing, formula)
    order = list(scores)
    rng.shuffle(order)
    return sorted((block for block in order if scores[block] > 0), key=lambda block: -scores[block])


def _score(failed: int, passed: int, n_failing: int, n_passing: int, formula: str) -> float:
    if not failed:
        return 0.0
    if formula == "ochiai":
        return failed / sqrt(n_failing * (failed + passed))
    share, other = failed / n_failing, passed / n_passing if n_passing else 0.0
    return share / (share + other)
