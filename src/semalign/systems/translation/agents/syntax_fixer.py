"""`SyntaxFixer`: the second agent; it makes a draft build, from what the compiler said of all of it."""

import re
from dataclasses import dataclass

from semalign.repair import Patch, State
from semalign.repair.patch import redraft
from semalign.systems.translation.agents.asker import Asker
from semalign.systems.translation.agents.task import Task, fenced, whole

NAME = "syntax fixer"
MOST_TOLD = 6  # causes; more only repeat each other
_PLACE = re.compile(r"^(?:(\d+):\d+: |harness: )(.*)$", re.DOTALL)
_NAMES = re.compile(r"['`][^'`]*['`]")


@dataclass(frozen=True, slots=True)
class SyntaxFixer:
    """Asks for the whole function anew, with every cause named once and its lines.

    Source: TransAgent, section 3.2: a plan, then a patch; in one reply here, and for all diagnostics.
    """

    asker: Asker
    task: Task
    calls: int = 2  # on the way to one draft
    name: str = NAME

    def propose(self, state: State) -> list[Patch]:
        """One patch where the draft does not build; none once its calls on this way are used up."""
        if state.shown.builds or sum(patch.author == self.name for patch in state.history) >= self.calls:
            return []
        text = self.asker.program(self._prompt(state), self.task, label=self.name)
        reason = f"it did not build: {causes(state.shown.notes)[0]}" if state.shown.notes else "it did not build"
        return redraft(state.text, text, reason=reason, author=self.name)

    def _prompt(self, state: State) -> str:
        task = self.task
        parts = [
            f"This {task.title} translation of a {task.source_title} function does not build.",
            f"The original:\n{fenced(task.function, task.source_language)}",
            f"The translation:\n{fenced(state.text, task.language)}",
            "What is wrong with it:\n" + "\n".join(f"- {one}" for one in causes(state.shown.notes)[:MOST_TOLD]),
        ]
        if task.head:
            parts.append(f"It must have exactly this signature:\n{fenced(task.head, task.language)}")
        parts.append(f"{whole(task.language)} how to mend it.")
        return "\n\n".join(parts)


def causes(notes: tuple[str, ...]) -> list[str]:
    """Diagnostics with the same words are one cause: told once, with its lines.

    >>> causes(("1:4: cannot find symbol 'a'", "7:4: cannot find symbol 'b'", "harness: no function f"))
    ["lines 1, 7: cannot find symbol 'a'", 'where it is called: no function f']
    """
    groups: dict[str, tuple[str, list[str]]] = {}
    for note in notes:
        place = _PLACE.match(note)
        line, words = (place[1] or "", place[2]) if place else ("", note)
        lines = groups.setdefault(_NAMES.sub("'", words), (words, []))[1]
        if line and line not in lines:
            lines.append(line)
    return [_told(words, lines) for words, lines in groups.values()]


def _told(words: str, lines: list[str]) -> str:
    if not lines:
        return f"where it is called: {words}"
    return f"line{'s' if len(lines) > 1 else ''} {', '.join(lines)}: {words}"
