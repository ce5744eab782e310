"""Models beside those that `semalign translate` takes: replies that are kept, and two that need no weights.

These two check `benchmarks.translation` itself: one knows the answer, one all but a fault. `gold` answers with the
translation that the data has. `spoiled` does so with one planted fault: in an order by the function's id, the first
that builds and fails on an input held out. Asked again, it says the same.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.translation_ports import Port
from semalign.core.errors import ModelMissError, ModelRequestError
from semalign.languages import LANGUAGES
from semalign.languages.faults import faults, spread
from semalign.models import Model, Price, Recorded, Recorder, Reply, Request, Scripted
from semalign.repair import Shown
from semalign.systems.translation.agents.reply import program_in
from semalign.systems.translation.contract import callable_named

NAMES = ("gold", "spoiled")
MOST_FAULTS = 24  # tried


@dataclass(frozen=True, slots=True)
class Kept:
    """A model that is asked only for what a recording lacks; its replies are added to that."""

    recorded: Recorded
    asked: Recorder

    @property
    def name(self) -> str:
        """That of the model."""
        return self.asked.name

    @property
    def price(self) -> Price | None:
        """That of the model."""
        return self.asked.price

    def complete(self, request: Request) -> Reply:
        """The recorded reply, else the model's."""
        try:
            return self.recorded.complete(request)
        except ModelMissError:
            return self.asked.complete(request)


def kept(path: Path, model: Model | None) -> Model:
    """A recording, with a model behind it where there is one: the file may be new then.

    Raises:
        ConfigError: the recording can't be read.
    """
    if model is None:
        return Recorded(path)
    path.touch()
    return Kept(Recorded(path), Recorder(model, path))


def gold(port: Port) -> Scripted:
    """Answers with the reference."""
    return _saying(port.reference, port, "gold")


def spoiled(port: Port, run: Callable[[str], Shown]) -> Scripted | None:
    """Answers with the reference and a fault that `run` shows; None where no fault is seen or the reference fails."""
    if not run(program_in(_fenced(port.reference, port), port.language, port.name)).solved:
        return None
    unit = LANGUAGES[port.language].parse(port.reference, "reference")
    function = callable_named(unit, port.name)
    start = min((block.start_byte for block in function.outline.blocks[1:]), default=function.end_byte)
    found = faults(port.language, port.reference, start, function.end_byte)
    for fault in spread(found, random.Random(port.id))[:MOST_FAULTS]:
        shown = run(program_in(_fenced(fault.source, port), port.language, port.name))
        if shown.builds and not shown.solved:
            return _saying(fault.source, port, "spoiled")
    return None


def _saying(program: str, port: Port, name: str) -> Scripted:
    def answer(request: Request) -> str:
        if request.prompt is not None:
            raise ModelRequestError("this model only chats; ask it with messages")
        return _fenced(program, port)

    return Scripted(answer, name=name)


def _fenced(program: str, port: Port) -> str:
    return f"```{port.language}\n{program}\n```\n"
