"""`CodeTasks`: problems, the judge, and questions from failed programs, as a training session asks for them."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from semalign.core.errors import SandboxError
from semalign.grading.judge import Judge
from semalign.grading.verdict import Verdict
from semalign.rewards.generation import GenerationForm, generation_reward
from semalign.rewards.item import AlignmentItem
from semalign.rewards.item_json import item_from_json, item_to_json
from semalign.rewards.score import Score
from semalign.rewards.semantics import SemanticsForm, semantics_reward
from semalign.systems.codegen.own_reward import OwnReward
from semalign.systems.codegen.problem import Problem
from semalign.systems.codegen.prompts import Style
from semalign.systems.codegen.questions import Questions, Written, shuffled
from semalign.training.session import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardConfig:
    """Which form of each reward."""

    r_gen: GenerationForm = GenerationForm.ALL
    r_sem: SemanticsForm = SemanticsForm.PAPER
    own: OwnReward | None = None  # in place of `r_gen`


class CodeTasks:
    """`semalign.training.session.Tasks` over `AlignmentItem`s."""

    def __init__(
        self,
        problems: Sequence[Problem],
        style: Style,
        judge: Judge,
        questions: Questions,
        rewards: RewardConfig,
        workers: int = 2,
    ) -> None:
        self._problems = {problem.problem_id: problem for problem in problems}
        self._order = [problem.problem_id for problem in problems]
        self._style = style
        self._judge = judge
        self._questions = questions
        self._rewards = rewards
        self._workers = workers
        self._written: list[Written] = []

    @property
    def n_problems(self) -> int:
        """How many problems there are."""
        return len(self._order)

    def code_prompt(self, number: int) -> tuple[str, str]:
        """Id and prompt of a problem."""
        problem = self._problems[self._order[number]]
        return problem.problem_id, self._style.program(problem)

    def question_prompt(self, item: AlignmentItem) -> tuple[str, str]:
        """Id and prompt of a question."""
        return item.item_id, self._style.question(item)

    def score_code(self, replies: Sequence[tuple[str, str, str]], step: int) -> list[Judged]:
        """Replies (rollout id, problem id, text), judged; the same program to the same problem is judged once."""
        programs = [(problem_id, self._style.code(text)) for _, problem_id, text in replies]
        distinct = list(dict.fromkeys(pair for pair in programs if pair[1].strip()))
        jobs = ((program, self._problems[problem_id].suite) for problem_id, program in distinct)
        verdicts = dict(zip(distinct, self._judge.judge_all(jobs, workers=self._workers), strict=True))
        self._written = [
            Written(
                problem=self._problems[pair[0]], program=pair[1], verdict=verdicts[pair], step=step, rollout_id=name
            )
            for (name, _, _), pair in zip(replies, programs, strict=True)
            if pair in verdicts
        ]
        return [self._judged(*pair, verdicts.get(pair)) for pair in programs]

    def _judged(self, problem_id: str, program: str, verdict: Verdict | None) -> Judged:
        if verdict is None:
            return Judged(score=Score(value=Fraction(0)), label="no program")
        first = verdict.first_failure
        causes = Counter(case.cause.value for case in verdict.cases)
        if self._rewards.own is not None:
            score = self._rewards.own.score(problem_id, program, verdict)
        else:
            score = generation_reward(verdict, self._rewards.r_gen)
        return Judged(score=score, causes=causes, label=first.cause.value if first else "passed")

    def score_answer(self, item: AlignmentItem, text: str) -> Judged:
        """A reply to a question; what it shows of the policy is learned."""
        score = semantics_reward(item, text, self._rewards.r_sem)
        for name, tag in zip(item.names, item.tags, strict=False):
            self._questions.learnable.saw(tag, is_right=score.parts[name] == 1.0)
        n_right = sum(score.parts[name] == 1.0 for name in item.names)
        return Judged(score=score, label=f"{n_right}/{len(item.names)}")

    def items(self, limit: int, drawn: random.Random) -> list[tuple[str, AlignmentItem]]:
        """Questions from different programs that were scored last, until there are `limit`."""
        self._questions.funnel.clear()
        distinct = list({(one.problem.problem_id, one.program): one for one in self._written}.values())
        self._questions.funnel["the same program again"] += len(self._written) - len(distinct)
        drawn.shuffle(distinct)
        found: dict[str, AlignmentItem] = {}
        for number, one in enumerate(distinct):
            if len(found) == limit:
                self._questions.funnel["not needed"] += len(distinct) - number
                break
            try:
                item = self._questions.make(one, drawn)
            except SandboxError:  # of the machine; a question less is no reason to stop
                self._questions.funnel["the machine failed"] += 1
                continue
            if item is not None:
                found[item.item_id] = item
        every = list(found.values())
        return [(item.item_id, item) for item in (shuffled(every) if self._questions.config.shuffled else every)]

    def funnel(self) -> Mapping[str, int]:
        """What became of the programs that `items` looked at last."""
        return self._questions.funnel

    def encode(self, item: AlignmentItem) -> Any:
        """A question as JSON has it."""
        return item_to_json(item)

    def decode(self, tree: Any) -> AlignmentItem:
        """The question again."""
        return item_from_json(tree)

    def state(self) -> Any:
        """What was learned about the policy."""
        return self._questions.learnable.state()

    def restore(self, state: Any) -> None:
        """What `state` gave."""
        self._questions.learnable.cells = {tag: (hits, n) for tag, (hits, n) in state.items()}
