"""`Drafted`: a whole file that the user drafted, from which each part of the source finds its own by name."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from semalign.systems.translation.agents.reply import code_in
from semalign.systems.translation.files.assembly import piece_of
from semalign.systems.translation.files.parts import FileParts, Kind, Part, reached
from semalign.systems.translation.files.reading import parts_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """The draft's parts, by the names of the source; the draft has parts of its own beside them."""

    file: FileParts
    language: str
    names: frozenset[str]  # of the source

    def piece(self, part: Part, here: Collection[str]) -> str | None:
        """The draft of a part, after what it needs and only the draft has; None where there is none.

        What is `here` already is left out.
        """
        known = self.file.parts
        if part.kind is Kind.MAIN:
            own = [one for one in known if one.kind is Kind.MAIN]
        else:
            own = [one for one in known if set(one.names) & set(part.names) and not set(one.names) & set(here)]
        if not own:
            return None
        needed = {one for mine in own for one in reached(mine, known)}
        extra = {one for one in needed if not set(one.names) & {*self.names, *here}}
        return piece_of([one for one in known if one in extra or one in own], self.language)


def drafted(text: str, language: str, source: FileParts) -> Drafted:
    """A draft made ready; a name that is only written otherwise (`topValue`) becomes that of the source."""
    if "```" in text:
        text = code_in(text, "main")
    names = {name for part in source.parts for name in part.names}
    types = [name for part in source.parts if part.kind is Kind.TYPE for name in part.names]
    theirs = {name for part in parts_of(text, language, types).parts for name in part.names}
    plain = {_plain(name): name for name in theirs - names}
    for name in sorted(names - theirs):
        if other := plain.get(_plain(name)):
            text = re.sub(rf"\b{re.escape(other)}\b", name, text)
    return Drafted(file=parts_of(text, language, types), language=language, names=frozenset(names))


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
