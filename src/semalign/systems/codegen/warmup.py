"""What a decoder that knows nothing is shown before it is trained by rewards: programs, and what programs compute.

Answers come from the meaning of steps, not from running anything, and from training templates only.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

from semalign.systems.codegen.generator import GeneratorConfig, draw_input, neighbours, recipes
from semalign.systems.codegen.steps import Recipe

NAMES = ("y", "s", "r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What some variables of a recipe's program hold on one input."""

    program: str
    arguments: tuple[str, str]  # as text
    names: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def prompt(self) -> str:
        """As `Tagged.question` asks."""
        given = "".join(f"{argument}\n" for argument in self.arguments)
        return f"<program>\n{self.program}<input>\n{given}<values> {' '.join(self.names)}\n"

    @property
    def answer(self) -> str:
        """One line a variable."""
        return "".join(f"{name} = {value}\n" for name, value in zip(self.names, self.values, strict=True))


def question(recipe: Recipe, drawn: random.Random) -> Question:
    """About some variables, in the order in which they are bound; mostly all of them."""
    numbers, k = draw_input(drawn)
    found = dict(zip(NAMES, map(str, recipe.values(numbers, k)), strict=True))
    n_asked = drawn.choice((1, 2, 3, 3, 3, 3))
    names = tuple(sorted(drawn.sample(NAMES, n_asked), key=NAMES.index))
    return Question(
        program=recipe.program(),
        arguments=(str(list(numbers)), str(k)),
        names=names,
        values=tuple(found[name] for name in names),
    )


def questions(config: GeneratorConfig, *, held_out: bool, seed: int) -> Iterator[Question]:
    """About programs that are right, and about some that are one step or constant beside what was asked."""
    drawn = random.Random(f"questions {seed} {held_out}")
    for recipe in recipes(config, held_out=held_out):
        about = recipe if drawn.random() < 0.5 else drawn.choice([near for _, near in neighbours(recipe)])
        yield question(about, drawn)


def pairs(config: GeneratorConfig, n: int, *, questions_share: float, seed: int) -> list[tuple[str, str]]:
    """Prompts with what is to be answered, of both kinds in random order."""
    drawn = random.Random(f"pairs {seed}")
    asked = questions(config, held_out=False, seed=seed)
    found = []
    for recipe in itertools.islice(recipes(config, held_out=False, stream=f"pairs {seed}"), n):
        if drawn.random() < questions_share:
            one = next(asked)
            found.append((one.prompt, one.answer))
        else:
            found.append((f"<problem> {recipe.statement}\n<program>\n", recipe.program()))
    return found
