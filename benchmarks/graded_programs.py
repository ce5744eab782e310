"""Small programs with tests, ten unless said otherwise, as graders of generated code meet them, and their answers.

Two forms, as LiveCodeBench has them: `CALL`, a function that is called with a value (LeetCode's form), and `STDIN`, a
program that reads its input and prints (AtCoder's and Codeforces'). A fifth of the programs are wrong.
"""

import enum
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

N_CASES = 10
_MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json", "typing",
)  # fmt: skip
# What such graders put in front of every candidate; it is part of the program, whoever runs it.
PRELUDE = "".join(f"from {name} import *\n" for name in _MODULES) + "".join(f"import {name}\n" for name in _MODULES)


class Form(enum.StrEnum):
    """How a program is given its input."""

    CALL = "call"
    STDIN = "stdin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A candidate with its tests: inputs as JSON text, `expected` as values (CALL) or as what is printed (STDIN)."""

    form: Form
    source: str
    inputs: tuple[str, ...]
    expected: tuple[object, ...]
    is_right: bool


_COLLATZ = """steps = 0
    n += {a}
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps"""
_FIBONACCI = """from functools import lru_cache
    @lru_cache(None)
    def f(k):
        return k if k < 2 else f(k - 1) + f(k - 2)
    return f(n + {a})"""
_PAIRS = "return [[i, j] for i in range(n) for j in range(i) if (i + j) % {a} == 0]"


def _collatz(n: int) -> int:
    steps = 0
    while n != 1:
        n, steps = (n // 2 if n % 2 == 0 else 3 * n + 1), steps + 1
    return steps


def _fibonacci(n: int) -> int:
    low, high = 0, 1
    for _ in range(n):
        low, high = high, low + high
    return low


_FAMILIES: tuple[tuple[str, Callable[[int, int], object]], ...] = (  # a body, and what it must return
    ("return sum(i * i for i in range(n + {a}))", lambda n, a: sum(i * i for i in range(n + a))),
    ("return sorted(str(n * {a} + 7))", lambda n, a: sorted(str(n * a + 7))),
    (_PAIRS, lambda n, a: [[i, j] for i in range(n) for j in range(i) if (i + j) % a == 0]),
    (_COLLATZ, lambda n, a: _collatz(n + a)),
    (_FIBONACCI, lambda n, a: _fibonacci(n + a)),
)


def programs(n: int, form: Form, *, seed: int, n_cases: int = N_CASES) -> list[Program]:
    """So many programs of one form; whether each is right is known from how it was made, and from running its truth."""
    drawn = random.Random(seed)
    found = []
    for number in range(n):
        body, truth = drawn.choice(_FAMILIES)
        a = drawn.randrange(2, 9)
        inputs = [drawn.randrange(1, 30) for _ in range(n_cases)]
        values = [truth(n, a) for n in inputs]
        off = number % 5 == 0
        source = "def solution(n):\n" + ("    n = n + 1\n" if off else "") + f"    {body.format(a=a)}\n"
        if form is Form.STDIN:
            source += "print(solution(int(input())))\n"
        found.append(
            Program(
                form=form,
                source=source,
                inputs=tuple(map(str, inputs)),
                expected=tuple(map(str, values) if form is Form.STDIN else values),
                is_right=not off or _same_shifted(truth, inputs, a),
            )
        )
    return found


def _same_shifted(truth: Callable[[int, int], object], inputs: Sequence[int], a: int) -> bool:
    """The fault does not show on these inputs."""
    return all(truth(n + 1, a) == truth(n, a) for n in inputs)


def printed_alike(printed: str, expected: str) -> bool:
    """Line by line, without the space around lines."""
    return [line.strip() for line in printed.strip().split("\n")] == [
        line.strip() for line in expected.strip().split("\n")
    ]
