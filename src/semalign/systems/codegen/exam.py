"""What a model knows: exams of questions with answers that are judged by running, and figures with their intervals.

An exam validates itself: its own right answers score 1 and spoiled ones 0, or it is not used.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.core.metrics import Rate, mcnemar, rate
from semalign.grading.judge import Judge
from semalign.systems.codegen.loaders import load_problems
from semalign.systems.codegen.problem import Problem
from semalign.systems.codegen.prompts import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of an exam, with the replies by which the exam checks itself."""

    question_id: str
    prompt: str
    right: str  # a reply that is right
    wrong: str  # and one that is not
    tags: tuple[str, ...] = ()  # what it is about, for the breakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """Questions of one kind, and how their replies are judged: many at once, None where one can't be."""

    name: str
    questions: tuple[Question, ...]
    grade: Callable[[Sequence[tuple[Question, str]]], list[bool | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """How a model did: for each question whether each of its samples was right."""

    exam: str
    samples: Mapping[str, tuple[bool | None, ...]]  # by question
    tags: Mapping[str, tuple[str, ...]]

    def pass_at(self, k: int) -> float:
        """The chance that one of k samples is right, averaged over questions with at least k that were judged.

        Source: Chen et al., "Evaluating Large Language Models Trained on Code" (arXiv 2107.03374), the unbiased form.
        """
        found = []
        for marks in self.samples.values():
            judged = [mark for mark in marks if mark is not None]
            if len(judged) >= k:
                n, right = len(judged), sum(judged)
                found.append(1 - comb(n - right, k) / comb(n, k))
        return sum(found) / len(found) if found else 0.0

    @property
    def first(self) -> dict[str, bool]:
        """Whether the first sample was right, where it could be judged."""
        return {name: bool(marks[0]) for name, marks in self.samples.items() if marks and marks[0] is not None}

    @property
    def rate(self) -> Rate:
        """Of the first samples, with its interval."""
        return rate(sum(self.first.values()), len(self.first))

    @property
    def n_unscored(self) -> int:
        """Samples that could not be judged."""
        return sum(mark is None for marks in self.samples.values() for mark in marks)

    def by_tag(self) -> dict[str, Rate]:
        """The rate among the questions of each tag."""
        found: dict[str, list[bool]] = defaultdict(list)
        for name, is_right in self.first.items():
            for tag in self.tags.get(name, ()):
                found[tag].append(is_right)
        return {tag: rate(sum(marks), len(marks)) for tag, marks in sorted(found.items())}


def compare(one: Marks, other: Marks) -> tuple[int, int, float]:
    """Questions that only the first model got right, that only the other did, and McNemar's p-value."""
    shared = one.first.keys() & other.first.keys()
    only_one = sum(one.first[name] and not other.first[name] for name in shared)
    only_other = sum(other.first[name] and not one.first[name] for name in shared)
    return only_one, only_other, mcnemar(only_one, only_other)


def sit(exam: Exam, reply: Callable[[Sequence[str]], list[str]], *, samples: int = 1) -> Marks:
    """Put every question to a model, `samples` times each.

    Raises:
        ConfigError: the exam fails its own right or wrong answers.
    """
    check(exam)
    prompts = [question.prompt for question in exam.questions for _ in range(samples)]
    asked = [question for question in exam.questions for _ in range(samples)]
    marks = exam.grade(list(zip(asked, reply(prompts), strict=True)))
    by_question: dict[str, list[bool | None]] = {question.question_id: [] for question in exam.questions}
    for question, mark in zip(asked, marks, strict=True):
        by_question[question.question_id].append(mark)
    return Marks(
        exam=exam.name,
        samples={name: tuple(found) for name, found in by_question.items()},
        tags={question.question_id: question.tags for question in exam.questions},
    )


def check(exam: Exam) -> None:
    """Its right answers are right, and its wrong ones are not.

    Raises:
        ConfigError: otherwise, naming the first questions.
    """
    for replies, expected in (("right", True), ("wrong", False)):
        marks = exam.grade([(question, getattr(question, replies)) for question in exam.questions])
        bad = [q.question_id for q, mark in zip(exam.questions, marks, strict=True) if mark is not expected]
        if bad:
            raise ConfigError(
                f"{exam.name}: the {replies} answer of {len(bad)} questions is judged otherwise "
                f"({', '.join(bad[:3])}); the file or this machine is not as it should be"
            )


def human_eval(path: Path, style: Style, judge: Judge, *, limit: int | None = None) -> Exam:
    """Programs for HumanEval's problems, or for those of any other file that `load_problems` reads and that has gold.

    Raises:
        ConfigError: the file can't be read, or a problem has no gold.
    """
    problems = {problem.problem_id: problem for problem in load_problems(path, limit=limit)}
    lacking = [name for name, problem in problems.items() if not problem.gold]
    if lacking:
        raise ConfigError(f"{path}: {lacking[0]} has no gold program, so the exam can't check itself")

    def grade(replies: Sequence[tuple[Question, str]]) -> list[bool | None]:
        jobs = ((style.code(reply), problems[question.question_id].suite) for question, reply in replies)
        return [verdict.passed if verdict.scorable else None for verdict in judge.judge_all(jobs)]

    questions = tuple(
        Question(
            question_id=name,
            prompt=style.program(problem),
            right=f"```python\n{problem.gold}\n```",
            wrong=f"```python\n{problem.gold}\n{_spoiled(problem)}```",
        )
        for name, problem in problems.items()
    )
    return Exam(name=path.stem, questions=questions, grade=grade)


def _spoiled(problem: Problem) -> str:
    """What makes its gold wrong, written below it."""
    if not problem.suite.entry:
        return "print('and more')\n"
    return f"def {problem.suite.entry.rpartition('.')[2]}(*_):\n    return object\n"
