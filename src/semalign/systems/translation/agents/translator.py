"""`Translator`: the first agent; it writes the first draft."""

from dataclasses import dataclass

from semalign.systems.translation.agents.asker import Asker
from semalign.systems.translation.agents.hints import hints
from semalign.systems.translation.agents.task import Task, fenced

NAME = "translator"


@dataclass(frozen=True, slots=True)
class Translator:
    """Writes a draft from the source, its contract, hints and examples.

    Source: TransAgent, section 3.1; the signature comes first here, which the paper's prompt leaves out.
    """

    asker: Asker
    contract_first: bool = True  # False: the paper's prompt, with the name alone

    def draft(self, task: Task) -> str:
        """The draft; "" where two replies held no code.

        Raises:
            ModelError, BudgetError: as `Asker.ask` has them.
        """
        asked = prompt(task) if self.contract_first else _name_only(task)
        return self.asker.program(asked, task, label=NAME)


def prompt(task: Task) -> str:
    """What is asked: the source, the contract, what is there already, hints and examples."""
    asked = f"Translate this {task.source_title} function to {task.title}:"
    parts = [asked, fenced(task.function, task.source_language)]
    if task.context:
        parts += ["It uses:", fenced(task.context, task.source_language)]
    if task.head:
        parts += [f"The {task.title} function must have exactly this signature:", fenced(task.head, task.language)]
    else:
        parts.append(f"The {task.title} function must be called `{task.name}`.")
    if task.available:
        parts += ["These are there already; call them, do not write them again:", fenced(task.available, task.language)]
    told = hints(task.function, task.source_language, task.language)
    if told:
        parts.append("Mind:\n" + "\n".join(f"- {one}" for one in told))
    if task.examples:
        parts.append("For example:\n" + "\n".join(f"{call} gives {result}" for call, result in task.examples))
    parts.append("Reply with one code block that holds the function and the imports it needs, and no main program.")
    return "\n\n".join(parts)


def _name_only(task: Task) -> str:
    """The paper's: examples of inputs and outputs, the name, and the wish to keep the control flow."""
    shown = "\n".join(f"{call} -> {result}" for call, result in task.examples[:3])
    return (
        f"Given the {task.source_title} code:\n{fenced(task.function, task.source_language)}\n"
        f"and these calls with their results:\n{shown}\n"
        f"translate it to {task.title}, keep its control flow, and name the function `{task.name}`. "
        "Reply with the code only."
    )
