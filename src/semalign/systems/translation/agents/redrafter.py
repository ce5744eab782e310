"""`Redrafter`: translates anew where a draft can't be mended; another draw of the first agent's."""

from dataclasses import dataclass

from semalign.repair import Patch, State
from semalign.repair.patch import redraft
from semalign.systems.translation.agents.asker import Asker
from semalign.systems.translation.agents.task import Task
from semalign.systems.translation.agents.translator import prompt

NAME = "redrafter"
TEMPERATURE = 0.8  # of every draw but the first, which is the likeliest one


@dataclass(frozen=True, slots=True)
class Redrafter:
    """Asks what the translator asks, without a word of the draft that failed: its faults are not handed down.

    Not in the paper. A draft of a small model often has one fault that fixers mend and rarely the same ones twice, so
    that a new draft with fixers after it is worth more than one more try to talk the model out of the old one's.
    """

    asker: Asker
    task: Task
    n_before: int = 0  # draws that were taken by others: 1 where the draft is the translator's
    calls: int = 4  # on the way to one draft
    name: str = NAME

    def propose(self, state: State) -> list[Patch]:
        """One new draft; none where all draws on the way to this state are taken."""
        made = sum(patch.author == self.name for patch in state.history)
        if state.shown.solved or made >= self.calls:
            return []
        draw = self.n_before + made
        temperature = TEMPERATURE if draw else 0.0
        text = self.asker.program(prompt(self.task), self.task, label=self.name, temperature=temperature, seed=draw)
        return redraft(state.text, text, reason=f"translated anew, draw {draw + 1}", author=self.name)
