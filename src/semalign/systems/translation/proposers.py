"""`PROPOSERS`: every fixer and hazard that needs no model, in the order in which the loop asks them."""

from semalign.systems.translation.fixers.adapter import adapter
from semalign.systems.translation.fixers.calls import calls
from semalign.systems.translation.fixers.case import Case, Fixer, type_fixer
from semalign.systems.translation.fixers.comparators import comparators
from semalign.systems.translation.fixers.constants import constants
from semalign.systems.translation.fixers.edits import edits
from semalign.systems.translation.fixers.form import form
from semalign.systems.translation.fixers.functions import functions
from semalign.systems.translation.fixers.imports import imports
from semalign.systems.translation.fixers.retype import retype
from semalign.systems.translation.hazards import HAZARDS

PROPOSERS: dict[str, type_fixer] = {
    "form": form,
    "imports": imports,
    "missing constant": constants,
    "missing function": functions,
    "comparator": comparators,
    "calls": calls,
    "retype": retype,
    "adapter": adapter,
    **HAZARDS,
    "block edit": edits,
}
"""Name to fixer: form and the compiler's words first, then the contract, then hazards, then small edits."""


def proposers(case: Case) -> tuple[Fixer, ...]:
    """All of them for one case."""
    return tuple(Fixer(name=name, case=case, fix=fix) for name, fix in PROPOSERS.items())
