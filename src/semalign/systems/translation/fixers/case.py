"""`Case`: what every fixer may know beside the draft; and `Fixer`, a function that proposes patches from both."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from semalign.repair import Edit, Patch, State
from semalign.systems.translation.fixers.draft import Draft
from semalign.systems.translation.fixers.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The source and the contract. No input that a verdict is given on, and no other solution, is ever here."""

    source_language: str
    source: str  # the whole program
    function: str  # the text of the function that is translated
    language: str  # of the target
    name: str  # of the function that the harness calls
    wanted: Wanted


type_fixer = Callable[[Case, Draft], Iterator[Patch]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixer:
    """A `Proposer` made of a fixer and its case."""

    name: str
    case: Case
    fix: type_fixer

    def propose(self, state: State) -> list[Patch]:
        """What the fixer proposes for this state; of edits inside of each other the outer one."""
        draft = Draft(
            text=state.text,
            language=self.case.language,
            name=self.case.name,
            builds=state.shown.builds,
            notes=state.shown.notes,
        )
        return [replace(patch, edits=_apart(patch.edits)) for patch in self.fix(self.case, draft) if patch.edits]


def _apart(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Without those that lie inside of others; a patch can't be applied with them."""
    return tuple(edit for edit in edits if not any(_holds(other, edit) for other in edits))


def _holds(other: Edit, edit: Edit) -> bool:
    if edit.start == edit.end:  # what is put before or behind a replaced part stays
        return other.start < edit.start < other.end
    inside = other.start <= edit.start and edit.end <= other.end
    return inside and other.end - other.start > edit.end - edit.start
