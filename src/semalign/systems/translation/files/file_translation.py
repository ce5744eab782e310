"""`FileTranslation`: what became of a whole file, part by part, and how far the result is to be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semalign.models import Spending
from semalign.systems.translation.files.parts import Kind, Part, reached
from semalign.systems.translation.files.programs import Compared
from semalign.systems.translation.translation import Translation
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views import words

SCHEMA = 1  # of the JSON form


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDone:
    """What became of one part."""

    part: Part
    text: str  # in the target language; "" where it is left out
    answer: Answer | None  # None: it has no inputs of its own, and is judged by what uses it
    reason: str  # one sentence
    translations: tuple[Translation, ...] = ()  # one a function that was judged alone

    @property
    def is_left(self) -> bool:
        """The target file does not have it."""
        return not self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTranslation:
    """A whole file in the target language."""

    source: Path
    source_language: str
    language: str
    program: str  # the whole target file
    builds: bool  # as a whole
    parts: tuple[PartDone, ...]  # callees first
    compared: Compared | None = None  # the programs; None where there is no main or it is left
    spent: Mapping[str, Spending] = field(default_factory=dict)  # by agent
    model: str = ""  # "" where none was asked
    stopped: str = ""  # which budget did not hold another call
    wall_s: float = 0.0

    @property
    def left(self) -> tuple[PartDone, ...]:
        """What is not translated."""
        return tuple(one for one in self.parts if one.is_left)

    @property
    def answer(self) -> Answer:
        """The worst of the parts' and of the program's; a part that nothing judged has part in it."""
        return self._judged[0]

    @property
    def reason(self) -> str:
        """One sentence."""
        return self._judged[1]

    @property
    def _judged(self) -> tuple[Answer, str]:
        if not self.builds:
            return Answer.DIVERGENT, "the whole file does not build"
        for answer in (Answer.DIVERGENT, Answer.UNDECIDED):
            found = [one for one in self.parts if one.answer is answer]
            if found:
                more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
                return answer, f"{found[0].part.name}: {found[0].reason}{more}"
        if unjudged := self._unjudged():
            return Answer.UNDECIDED, f"nothing that was judged uses {unjudged[0].part.name}"
        printed = f"; {self.compared.reason}" if self.compared is not None else ""
        n_alone = len({each.function for one in self.parts for each in one.translations})
        return Answer.EQUIVALENT, f"{words.plural(n_alone, 'function')} equivalent, each alone{printed}"

    def _unjudged(self) -> list[PartDone]:
        """Types and constants that no judged part reaches."""
        parts = [one.part for one in self.parts]
        covered = {
            name
            for one in self.parts
            if one.answer is Answer.EQUIVALENT
            for part in reached(one.part, parts)
            for name in part.names
        }
        kinds = (Kind.TYPE, Kind.CONSTANT)
        return [
            one
            for one in self.parts
            if one.answer is None and one.part.kind in kinds and not covered & set(one.part.names)
        ]
