"""`Porter`: the agent for what has no inputs of its own: constants, classes, main programs."""

import re
from dataclasses import dataclass

from semalign.systems.translation.agents.asker import SYSTEM, Asker
from semalign.systems.translation.agents.hints import hints
from semalign.systems.translation.agents.reply import code_in
from semalign.systems.translation.agents.task import Task, fenced

NAME = "porter"


@dataclass(frozen=True, slots=True)
class Porter:
    """Writes a part of a file in the target language, and again where the file did not build with it.

    Not in the paper, which translates functions alone.
    """

    asker: Asker

    def port(self, task: Task, kind: str, *, before: str = "", said: str = "") -> str:
        """The part; "" where the reply held no code. `before` is what was written last, `said` what came of it.

        Raises:
            ModelError, BudgetError: as `Asker.ask` has them.
        """
        asked = prompt(task, kind)
        if before:
            asked += (
                f"\n\nThis was tried before:\n\n{fenced(before, task.language)}\n\n"
                f"It does not work:\n\n{fenced(said, 'text')}\n\nWrite all of it again, corrected."
            )
        return _code(self.asker.chat(SYSTEM, asked, label=NAME), task.name)


def prompt(task: Task, kind: str) -> str:
    """What is asked: the source, what it uses, what is there already, the names to keep, hints."""
    parts = [f"Translate this {task.source_title} {kind} to {task.title}:", fenced(task.function, task.source_language)]
    if task.context:
        parts += ["It uses:", fenced(task.context, task.source_language)]
    if task.available:
        parts += ["These are there already; use them, do not write them again:", fenced(task.available, task.language)]
    if kind == "main program":
        parts.append("It reads the same standard input and prints exactly the same text.")
    else:
        parts.append(f"Keep these names: {task.name}.")
    told = hints(task.function, task.source_language, task.language)
    if told:
        parts.append("Mind:\n" + "\n".join(f"- {one}" for one in told))
    if task.language == "java":
        parts.append("All of it stands inside of one class that is there already, so everything is static.")
    only = "" if kind == "main program" else ", and no main program"
    parts.append(f"Reply with one code block that holds the {kind} and the imports it needs{only}.")
    return "\n\n".join(parts)


def _code(reply: str, names: str) -> str:
    """The fenced code; a reply without a fence is code where it has one of the names and no sentence."""
    first = names.partition(",")[0]
    if "```" in reply:
        return code_in(reply, first)
    return reply.strip("\n") if re.search(rf"\b{re.escape(first)}\b.*[({{=]", reply) else ""
