"""`SemanticFixer`: the fourth agent; it makes a draft that runs mean what the source means, from the values seen."""

from dataclasses import dataclass

from semalign.core.errors import ModelRequestError
from semalign.models.infill import infill
from semalign.repair import Patch, State
from semalign.repair.patch import redraft
from semalign.systems.translation.agents.aligner import Aligner
from semalign.systems.translation.agents.asker import Asker
from semalign.systems.translation.agents.example import WIDEST, ended, given
from semalign.systems.translation.agents.task import Task, fenced, whole
from semalign.systems.translation.verdict import Blame, Verdict
from semalign.traces.render import show

NAME = "semantic fixer"


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticFixer:
    """Asks value-aware first, then to fill the blamed lines in anew.

    Source: TransAgent, section 3.4: value-aware repair, then vanilla repair; the values are those of `Aligner`.
    """

    asker: Asker
    task: Task
    aligner: Aligner | None  # None: values of inputs and results alone, and nothing is cut out
    calls: int = 2  # value-aware, on the way to one draft
    name: str = NAME

    def propose(self, state: State) -> list[Patch]:
        """A patch of a draft that builds and fails; none where the calls on the way to it are used up."""
        made = sum(patch.author == self.name for patch in state.history)
        if not state.shown.builds or state.shown.solved or made > self.calls:
            return []
        verdict = self.aligner.blame(state) if self.aligner is not None else None
        blame = verdict.blames[0] if verdict is not None and verdict.blames else None
        if made < self.calls:
            patches = self._value_aware(state, verdict, blame)
            if patches:
                return patches
        return self._vanilla(state, verdict, blame)

    def _value_aware(self, state: State, verdict: Verdict | None, blame: Blame | None) -> list[Patch]:
        task = self.task
        parts = [
            f"This {task.title} translation of a {task.source_title} function gives wrong results.",
            f"The original:\n{fenced(task.function, task.source_language)}",
            f"The translation:\n{fenced(state.text, task.language)}",
            _shown(state, verdict),
        ]
        if verdict is not None and blame is not None:
            parts.append(_told(verdict, blame))
        if task.head:
            parts.append(f"Keep this signature:\n{fenced(task.head, task.language)}")
        parts.append(f"{whole(task.language)} which part did something else than the original.")
        text = self.asker.program("\n\n".join(parts), task, label=self.name)
        reason = blame.reason if blame is not None else "wrong results"
        return redraft(state.text, text, reason=f"values: {reason}", author=self.name)

    def _vanilla(self, state: State, verdict: Verdict | None, blame: Blame | None) -> list[Patch]:
        if verdict is None or blame is None or not blame.target_lines[0]:
            return []
        lines = state.text.splitlines(keepends=True)
        shift = self._lines_before(state)
        first, last = blame.target_lines[0] - shift, blame.target_lines[1] - shift
        if not 1 <= first <= last <= len(lines):
            return []
        mark = "#" if self.task.language == "python" else "//"
        ours = verdict.source.source.splitlines()[blame.source_lines[0] - 1 : blame.source_lines[1]]
        indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
        comment = "".join(f"{indent}{mark} {self.task.source_title}: {line.strip()}\n" for line in ours)
        before, after = "".join(lines[: first - 1]) + comment, "".join(lines[last:])
        try:
            filled = self.asker.fill(infill(before, "\n" + after, max_tokens=128), label=self.name)
        except ModelRequestError:  # many endpoints only chat; the best program so far is worth more than an error
            return []
        text = "".join(lines[: first - 1]) + _hole_only(filled, after) + "\n" + after
        return redraft(state.text, text, reason="the blamed lines were written anew", author=self.name)

    def _lines_before(self, state: State) -> int:
        """Lines of the harness before the draft's first."""
        assert self.aligner is not None, "there is a verdict, so there is an aligner"
        return self.aligner.candidates.shell.fill(state.text)[1]


def _hole_only(filled: str, after: str) -> str:
    """What was filled in, up to where the model goes on with what follows anyhow, or begins to talk."""
    following = {line.strip() for line in after.splitlines()[:2] if len(line.strip()) > 1}
    kept = []
    for line in filled.strip("\n").splitlines():
        if line.strip() in following or line.lstrip().startswith("```"):
            break
        kept.append(line)
    return "\n".join(kept)


def _shown(state: State, verdict: Verdict | None) -> str:
    example = verdict.smallest if verdict is not None else None
    if example is None:
        return "What failing calls showed:\n" + "\n".join(f"- {note}" for note in state.shown.notes[:3])
    ours, theirs = ended(example)
    return f"With {given(example)} the original {ours}; the translation {theirs}."


def _told(verdict: Verdict, blame: Blame) -> str:
    theirs = verdict.target.source.splitlines()[blame.target_lines[0] - 1 : blame.target_lines[1]]
    ours = verdict.source.source.splitlines()[blame.source_lines[0] - 1 : blame.source_lines[1]]
    said = [f"They part here: {blame.reason}."]
    if blame.source_lines[0]:
        said.append("In the original:\n" + "\n".join(ours))
    if blame.target_lines[0]:
        said.append("In the translation:\n" + "\n".join(theirs))
    if blame.expected is not None and blame.actual is not None and blame.variables[1]:
        expected, actual = show(blame.expected, WIDEST), show(blame.actual, WIDEST)
        said.append(f"There `{blame.variables[1]}` should be {expected} and is {actual}.")
    return "\n".join(said)
