"""The loop that repairs: propose, run, and propose again from what was seen; the domain is the caller's."""

from semalign.repair.journal import Journal
from semalign.repair.loop import Budget, Proposer, Proposers, Repaired, repair
from semalign.repair.patch import Attempt, Edit, Patch, Shown, State

__all__ = [
    "Attempt",
    "Budget",
    "Edit",
    "Journal",
    "Patch",
    "Proposer",
    "Proposers",
    "Repaired",
    "Shown",
    "State",
    "repair",
]
