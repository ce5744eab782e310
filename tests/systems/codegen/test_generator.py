from collections.abc import Iterator
from itertools import islice

import pytest

from semalign.grading.case import CallCase, Suite
from semalign.grading.judge import Judge
from semalign.sandbox import open_sandbox
from semalign.sandbox.pool import Pool
from semalign.systems.codegen.generator import GeneratorConfig, problems, templates
from semalign.systems.codegen.problem import Problem

CONFIG = GeneratorConfig(seed=3)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Pool]:
    with open_sandbox(workers=2) as opened:
        yield opened


def test_gold_passes_and_every_mutant_fails(sandbox: Pool) -> None:
    judge = Judge(sandbox)
    drawn = list(islice(problems(CONFIG), 60))
    golds = [(problem.gold or "", problem.suite) for problem in drawn]
    assert all(verdict.passed for verdict in judge.judge_all(golds))
    mutants = [(mutant.program, problem.suite) for problem in drawn for mutant in problem.mutants]
    verdicts = list(judge.judge_all(mutants))
    assert len(verdicts) > 100
    assert not any(verdict.passed for verdict in verdicts)
    assert all(verdict.scorable for verdict in verdicts)


def test_the_same_seed_gives_the_same_problems_and_another_one_others() -> None:
    first = list(islice(problems(CONFIG), 30))
    assert first == list(islice(problems(CONFIG), 30))
    assert first != list(islice(problems(GeneratorConfig(seed=4)), 30))


def test_held_out_templates_are_not_trained_on_but_their_steps_are() -> None:
    train = set(templates(CONFIG, held_out=False))
    held = set(templates(CONFIG, held_out=True))
    assert not train & held
    assert len(held) == round(0.2 * (len(train) + len(held)))
    assert {step.name for steps in held for step in steps} == {step.name for steps in train for step in steps}
    ids = {problem.template for problem in islice(problems(CONFIG, held_out=True), len(held))}
    assert ids == {"-".join(step.name for step in steps) for steps in held}


def test_cases_are_the_meaning_and_not_what_the_gold_program_does() -> None:
    problem = next(problems(CONFIG))
    case = problem.suite.cases[0]
    assert isinstance(case, CallCase)
    assert problem.statement not in (problem.gold or "")
    assert len(problem.suite.cases) == CONFIG.n_cases


@pytest.mark.parametrize("change", [{"n_cases": 0}, {"held_out_share": 1.0}, {"n_mutants": -1}])
def test_a_generator_that_can_not_be_meant_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"."):
        GeneratorConfig(**change)  # type: ignore[arg-type] # on purpose


def test_a_problem_without_cases_or_statement_is_refused() -> None:
    with pytest.raises(ValueError, match="has no cases"):
        Problem(problem_id="x", statement="add", suite=Suite(cases=()))
    with pytest.raises(ValueError, match="a statement"):
        Problem(problem_id="x", statement=" ", suite=Suite(cases=()))
