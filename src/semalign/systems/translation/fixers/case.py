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
        """What the fixer proposes for this state and can be applied to it.

        Of edits inside of each other the outer one stays, of two in one place the first. Nothing is proposed that
        reaches out of the draft: where a bracket is missing, the syntax tree goes on behind it.
        """
        draft = Draft(
            text=state.text,
            language=self.case.language,
            name=self.case.name,
            builds=state.shown.builds,
            notes=state.shown.notes,
        )
        size = len(state.text.encode())
        found = [replace(patch, edits=_apart(patch.edits)) for patch in self.fix(self.case, draft) if patch.edits]
        return [patch for patch in found if all(0 <= edit.start <= edit.end <= size for edit in patch.edits)]


def _apart(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    """Those that no other one is in the way of; what is put before or behind a replaced part stays."""
    kept: list[int] = []
    for place in sorted(range(len(edits)), key=lambda one: edits[one].start - edits[one].end):  # the longest first
        if not any(_meet(edits[place], edits[other]) for other in kept):
            kept.append(place)
    return tuple(edits[place] for place in sorted(kept))


def _meet(edit: Edit, other: Edit) -> bool:
    if edit.start == edit.end or other.start == other.end:
        return other.start < edit.start < other.end or edit.start < other.start < edit.end
    return edit.start < other.end and other.start < edit.end
