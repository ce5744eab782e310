"""The paper's own fixers, for the preset `paper`: the first error only, then the first block that lock step blames.

Differs from ours beside it: advice is asked for before a patch, nothing is told of the signature, a difference is
looked for in lock step under the paper's loose equality, and each stage ends by the paper's own rules. What these read
of a candidate (its diagnostics, which inputs fail) and the search that keeps the best one are the same for both.

Source: TransAgent (arXiv 2409.19894), sections 3.2 to 3.4; prompts in paraphrase. Deviations: docs/decisions/0017.
"""

import re
from dataclasses import dataclass
from functools import partial

from semalign.alignment import lockstep
from semalign.repair import Patch, State
from semalign.repair.patch import redraft
from semalign.systems.translation.agents.aligner import Aligner
from semalign.systems.translation.agents.asker import SYSTEM, Asker
from semalign.systems.translation.agents.example import ended, given
from semalign.systems.translation.agents.reply import program_in
from semalign.systems.translation.agents.task import Task, fenced
from semalign.systems.translation.verdict import Blame, Verdict
from semalign.values.policy import TRANSAGENT

lock_step = partial(lockstep.localize, policy=TRANSAGENT)
"""Algorithm 1 with the paper's equality of values."""

SYNTAX_FIXER = "syntax fixer"
VALUE_AWARE = "value-aware fixer"
VANILLA = "vanilla fixer"
LONGEST_ADVICE = 400  # characters
_PLACE = re.compile(r"^(\d+):\d+: (.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SyntaxFixer:
    """Asks for advice on the first error, then for a patch that takes it.

    Stops when nothing is wrong, when the same error comes up again at the same place, and in a program that a semantic
    fixer broke.
    """

    asker: Asker
    task: Task
    name: str = SYNTAX_FIXER

    def propose(self, state: State) -> list[Patch]:
        """One patch of a draft that does not build; none once a stop rule holds."""
        if state.shown.builds or not state.shown.notes:
            return []
        reason = f"the first error is {state.shown.notes[0]}"
        if any(patch.author != self.name or patch.reason == reason for patch in state.history):
            return []
        task, (line, error) = self.task, _first_error(state, self.task)
        code = fenced(_with_mark(state.text, (line, line), task.language), task.language)
        faulty = f"This {task.title} code does not compile; the error is marked.\n{code}\nThe compiler says: {error}"
        advice = self.asker.chat(SYSTEM, f"{faulty}\n\nGive one sentence of advice on how to fix it.", label=self.name)
        test = "".join(f"\n\nOne test: {call} gives {result}" for call, result in task.examples[:1])
        asked = f"{faulty}\n\nAdvice: {advice.strip()[:LONGEST_ADVICE]}{test}\n\n"
        asked += f"Fix the error and keep everything else. Reply with the whole {task.title} code in one code block."
        text = program_in(self.asker.chat(SYSTEM, asked, label=self.name), task.language, task.name)
        return redraft(state.text, text, reason=reason, author=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SemanticFixer:
    """Asks to mend the first block in which a failing input parts from the source.

    Stops when the same block comes up again with the same input, and when a patch does not build. The next block is
    looked at only where the difference in this one is gone.
    """

    asker: Asker
    task: Task
    aligner: Aligner
    name: str  # VALUE_AWARE or VANILLA

    def propose(self, state: State) -> list[Patch]:
        """A patch of a draft that builds and fails; none where no block is blamed or a stop rule holds."""
        if not state.shown.builds or state.shown.solved:
            return []
        verdict = self.aligner.blame(state)
        if verdict is None or verdict.smallest is None or not verdict.blames:
            return []
        blame = verdict.blames[0]
        reason = f"{blame.source_block or blame.target_block}, {given(verdict.smallest)}"
        if any(patch.reason == reason for patch in state.history):
            return []
        asked = self._prompt(state, verdict, blame)
        text = program_in(self.asker.chat(SYSTEM, asked, label=self.name), self.task.language, self.task.name)
        return redraft(state.text, text, reason=reason, author=self.name)

    def _prompt(self, state: State, verdict: Verdict, blame: Blame) -> str:
        task = self.task
        before = self.aligner.candidates.shell.fill(state.text)[1]
        theirs = _moved(blame.target_lines, -before)
        ours = _moved(blame.source_lines, 1 - verdict.source.first_line)
        original = fenced(_with_mark(task.function, ours, task.source_language), task.source_language)
        translation = fenced(_with_mark(state.text, theirs, task.language), task.language)
        example = verdict.smallest
        assert example is not None, "there is a blame, so there is an input"
        if self.name == VALUE_AWARE:
            ours_ended, theirs_ended = ended(example)
            said = f"With {given(example)}, {blame.reason}; the original {ours_ended}, the translation {theirs_ended}."
            steps = "Step 1: find the fault in the marked block from these values. Step 2: correct it, so that both "
            steps += "codes are equivalent."
        else:
            said = "The marked block is where they part; it is cut out of the translation."
            translation = fenced(_with_hole(state.text, theirs, task.language), task.language)
            steps = f"Step 1: comment the marked {task.source_title} block. Step 2: fill in <FILL>, so that both codes "
            steps += "are equivalent."
        return (
            f"This {task.source_title} code\n{original}\nwas translated to {task.title}:\n{translation}\n\n{said}\n\n"
            f"{steps} Reply with the whole {task.title} code in one code block."
        )


def semantic_fixers(asker: Asker, task: Task, aligner: Aligner | None) -> list[SemanticFixer]:
    """Value-aware first, then vanilla; none where no aligner says which block to mend."""
    if aligner is None:
        return []
    return [SemanticFixer(asker=asker, task=task, aligner=aligner, name=name) for name in (VALUE_AWARE, VANILLA)]


def _first_error(state: State, task: Task) -> tuple[int, str]:
    """The line of the first error and its words; an error where the function is called marks its header instead."""
    note = state.shown.notes[0]
    place = _PLACE.match(note)
    if place is not None:
        return int(place[1]), place[2]
    named = re.compile(rf"\b{re.escape(task.name)}\s*\(")
    lines = state.text.splitlines()
    return next((n for n, line in enumerate(lines, start=1) if named.search(line)), 0), note.removeprefix("harness: ")


def _moved(lines: tuple[int, int], by: int) -> tuple[int, int]:
    return lines[0] + by, lines[1] + by


def _with_mark(code: str, lines: tuple[int, int], language: str) -> str:
    """The code with a comment at each of these lines, from 1; as it is where they lie outside it."""
    mark = "# <<< mark" if language == "python" else "// <<< mark"
    return "\n".join(
        f"{line}  {mark}" if lines[0] <= number <= lines[1] else line
        for number, line in enumerate(code.splitlines(), start=1)
    )


def _with_hole(code: str, lines: tuple[int, int], language: str) -> str:
    """The code with a hole for these lines, from 1."""
    found = code.splitlines()
    first, last = max(1, lines[0]), min(len(found), lines[1])
    if first > last:
        return _with_mark(code, lines, language)
    indent = found[first - 1][: len(found[first - 1]) - len(found[first - 1].lstrip())]
    return "\n".join([*found[: first - 1], f"{indent}<FILL>", *found[last:]])
