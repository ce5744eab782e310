"""`Asker`: how agents ask a model; each reply is journalled, so that none is paid for twice."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from semalign.models import BudgetConfig, Budgeted, Message, Model, Request, Role, Spending
from semalign.repair import Journal
from semalign.repair.journal import type_json
from semalign.systems.translation.agents.reply import program_in
from semalign.systems.translation.agents.task import Task
from semalign.systems.translation.files.reading import without_known

SYSTEM = "You translate code between programming languages. The translation does exactly what the original does."
_ASKED = "ask "
_CODE_ALONE = "\n\nReply with the code alone, in one code block."


@dataclass(frozen=True, slots=True)
class Asker:
    """A model with a journal of its replies."""

    model: Model
    journal: Journal = field(default_factory=Journal)
    clock: Callable[[], float] = time.monotonic

    def ask(self, request: Request) -> str:
        """The reply's text.

        Raises:
            ModelError: there is no usable reply; the kind says why.
            BudgetError: the budget does not hold the call.
        """

        def take() -> dict[str, type_json]:
            began = self.clock()
            reply = self.model.complete(request)
            return {
                "seconds": round(self.clock() - began, 3),
                "text": reply.text,
                "label": request.label,
                "cached": int(reply.cached),
                "prompt_tokens": reply.usage.prompt_tokens,
                "completion_tokens": reply.usage.completion_tokens,
                "usd": reply.usd,
            }

        value = self.journal.step(f"{_ASKED}{self.model.name} {request.digest}", take)
        return str(value["text"])

    def chat(self, system: str, user: str, *, label: str, temperature: float = 0.0, seed: int = 0) -> str:
        """The reply to one question."""
        messages = (Message(Role.SYSTEM, system), Message(Role.USER, user))
        return self.ask(Request(messages=messages, label=label, temperature=temperature, seed=seed))

    def program(self, user: str, task: Task, *, label: str, temperature: float = 0.0, seed: int = 0) -> str:
        """The target's function out of the reply; asked once more where the reply holds no code; "" for none then."""
        for more in ("", _CODE_ALONE):
            reply = self.chat(SYSTEM, user + more, label=label, temperature=temperature, seed=seed)
            if text := program_in(reply, task.language, task.name):
                return without_known(text, task.language, task.known) if task.known else text
        return ""

    def fill(self, request: Request, *, label: str) -> str:
        """The reply to a request that was made elsewhere, booked on `label`."""
        return self.ask(replace(request, label=label))


def asker_within(
    budget: BudgetConfig, model: Model, journal: Journal, *, clock: Callable[[], float] = time.monotonic
) -> Asker:
    """Who asks the model, within what the budget still holds after the runs that the journal tells of."""
    before = sum(spent(journal).values(), Spending())
    left = BudgetConfig(
        calls=None if budget.calls is None else max(0, budget.calls - before.calls),
        tokens=None if budget.tokens is None else max(0, budget.tokens - before.tokens),
        usd=None if budget.usd is None else max(0.0, budget.usd - (before.usd or 0.0)),
        seconds=None if budget.seconds is None else max(0.0, budget.seconds - before.seconds),
    )
    return Asker(Budgeted(model, left, clock=clock), journal, clock)


def spent(journal: Journal) -> Mapping[str, Spending]:
    """What each agent spent, in this process and in those before it whose journal was taken up."""
    found: dict[str, Spending] = {}
    for value in journal.values(_ASKED):
        if not isinstance(value, dict):
            continue
        label = str(value["label"])
        found[label] = found.get(label, Spending()) + _spending(value)
    return found


def _spending(value: dict[str, type_json]) -> Spending:
    if value["cached"]:
        return Spending(cached=1)
    usd = value["usd"]
    return Spending(
        calls=1,
        prompt_tokens=int(str(value["prompt_tokens"])),
        completion_tokens=int(str(value["completion_tokens"])),
        usd=None if usd is None else float(str(usd)),
        seconds=float(str(value["seconds"])),
    )
