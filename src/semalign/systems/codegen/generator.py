"""Small problems from a seed: words, a gold program, its cases, and mutants that are known to be wrong.

Templates for training and held-out templates share steps but no combination of them, so what is measured on held-out
ones is not memory of a template.

Not for: telling how good a model is at programming; the language of these problems is one that a decoder of two million
parameters can learn in minutes.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from semalign.grading.case import CallCase, Suite
from semalign.systems.codegen.problem import Mutant, Problem
from semalign.systems.codegen.steps import STEPS, Recipe, Stage, Step
from semalign.values.model import Int, List

_CONSTANTS = (2, 5)
_LENGTHS = (2, 4)
_NUMBERS = (0, 9)
_SECOND = (1, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """What is drawn. The same numbers give the same problems, whatever else was drawn before."""

    n_cases: int = 6
    n_mutants: int = 3
    held_out_share: float = 0.2  # of all templates
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises: ValueError: no case, or a share outside (0, 1)."""
        if self.n_cases < 1 or self.n_mutants < 0:
            raise ValueError(f"need n_cases >= 1 and n_mutants >= 0, got {self.n_cases} and {self.n_mutants}")
        if not 0 < self.held_out_share < 1:
            raise ValueError(f"held_out_share must be between 0 and 1, got {self.held_out_share}")


def templates(config: GeneratorConfig, *, held_out: bool) -> tuple[tuple[Step, ...], ...]:
    """The combinations of steps for training, or those held out. Each step is found on both sides."""
    every = list(itertools.product(*(STEPS[stage] for stage in Stage)))
    random.Random(f"templates {config.seed}").shuffle(every)
    n_held_out = max(1, round(config.held_out_share * len(every)))
    return tuple(every[:n_held_out] if held_out else every[n_held_out:])


def recipes(config: GeneratorConfig, *, held_out: bool = False, stream: str = "recipes") -> Iterator[Recipe]:
    """Without end: each template once, in random order with random constants, then all of them again.

    Another `stream` has other constants in another order.
    """
    drawn = random.Random(f"{stream} {config.seed} {held_out}")
    combinations = list(templates(config, held_out=held_out))
    while True:
        drawn.shuffle(combinations)
        for steps in combinations:
            yield Recipe(steps=tuple((step, drawn.randint(*_CONSTANTS)) for step in steps))


def problems(config: GeneratorConfig, *, held_out: bool = False) -> Iterator[Problem]:
    """A problem for each of `recipes`, without end."""
    drawn = random.Random(f"problems {config.seed} {held_out}")
    for number, recipe in enumerate(recipes(config, held_out=held_out)):
        yield _problem(recipe, f"{'h' if held_out else 't'}{number}-{recipe.template}", drawn, config)


def _problem(recipe: Recipe, problem_id: str, drawn: random.Random, config: GeneratorConfig) -> Problem:
    """With cases that tell at least something apart: not all answers are equal where that can be had."""
    inputs = [draw_input(drawn) for _ in range(config.n_cases)]
    for _ in range(20):
        if len({recipe.answer(*one) for one in inputs}) > 1:
            break
        inputs = [draw_input(drawn) for _ in range(config.n_cases)]
    cases = tuple(
        CallCase(
            case_id=str(i),
            args=(List(tuple(map(Int, numbers))), Int(k)),
            expected=Int(recipe.answer(numbers, k)),
        )
        for i, (numbers, k) in enumerate(inputs)
    )
    return Problem(
        problem_id=problem_id,
        statement=recipe.statement,
        suite=Suite(entry="solve", cases=cases),
        gold=recipe.program(),
        template=recipe.template,
        mutants=tuple(itertools.islice(_mutants(recipe, inputs, drawn), config.n_mutants)),
    )


def draw_input(drawn: random.Random) -> tuple[tuple[int, ...], int]:
    """A list and a number, as the programs take them."""
    numbers = tuple(drawn.randint(*_NUMBERS) for _ in range(drawn.randint(*_LENGTHS)))
    return numbers, drawn.randint(*_SECOND)


def _mutants(recipe: Recipe, inputs: list[tuple[tuple[int, ...], int]], drawn: random.Random) -> Iterator[Mutant]:
    """Recipes one step or one constant away that answer some case otherwise, in random order."""
    answers = [recipe.answer(*one) for one in inputs]
    near = list(neighbours(recipe))
    drawn.shuffle(near)
    for what, other in near:
        if [other.answer(*one) for one in inputs] != answers:
            yield Mutant(program=other.program(), what=what)


def neighbours(recipe: Recipe) -> Iterator[tuple[str, Recipe]]:
    """Recipes that are one step or one constant away, each with what became of what."""
    for at, (step, constant) in enumerate(recipe.steps):
        for other in STEPS[step.stage]:
            if other != step:
                yield f"{step.name} became {other.name}", _changed(recipe, at, other, constant)
        for number in (constant - 1, constant + 1):
            if step.has_constant and number >= _CONSTANTS[0]:
                yield f"{step.name} {constant} became {number}", _changed(recipe, at, step, number)


def _changed(recipe: Recipe, at: int, step: Step, constant: int) -> Recipe:
    return replace(recipe, steps=(*recipe.steps[:at], (step, constant), *recipe.steps[at + 1 :]))
