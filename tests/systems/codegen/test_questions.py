import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from semalign.grading.judge import Judge
from semalign.grading.verdict import Verdict
from semalign.rewards.answers import parse
from semalign.rewards.item import AlignmentItem, Kind, Origin
from semalign.rewards.semantics import semantics_reward
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits
from semalign.sandbox.pool import Pool
from semalign.systems.codegen.choice import Choice, Drop, Learnable, Seen, choose, tag_of
from semalign.systems.codegen.generator import GeneratorConfig, problems
from semalign.systems.codegen.problem import Problem
from semalign.systems.codegen.prompts import EXAMPLE_ANSWER, EXAMPLE_ASKED, EXAMPLE_PROGRAM, Fenced, Tagged
from semalign.systems.codegen.questions import InputChoice, QuestionConfig, Questions, Written
from semalign.traces.final import At, Certificate, FinalValue, Status, VariableRef
from semalign.traces.render import show
from semalign.values.model import Int, List, Text, Value


@pytest.fixture(scope="module")
def pools() -> Iterator[tuple[Pool, ...]]:
    with open_sandbox(workers=1) as one, open_sandbox(workers=1, hash_seed=7) as two:
        yield one, two


def written(pools: tuple[Pool, ...], problem: Problem, program: str) -> Written:
    verdict: Verdict = Judge(pools[0]).judge(program, problem.suite)
    return Written(problem=problem, program=program, verdict=verdict, step=3, rollout_id="r")


FAILED = [
    (problem, mutant.program) for problem in islice(problems(GeneratorConfig(seed=1)), 8) for mutant in problem.mutants
]


@pytest.mark.parametrize("choice", list(Choice))
def test_failed_programs_give_questions_whose_own_answer_scores_1(pools: tuple[Pool, ...], choice: Choice) -> None:
    made = Questions(sandboxes=pools, config=QuestionConfig(choice=choice))
    items = [made.make(written(pools, problem, program), random.Random(0)) for problem, program in FAILED]
    found = [item for item in items if item]
    assert len(found) >= 0.9 * len(FAILED)
    assert sum(n for what, n in made.funnel.items() if not what.startswith("variable")) == len(FAILED)
    for item in found:
        answer = "".join(f"{n} = {show(v, 1000)}\n" for n, v in zip(item.names, item.labels, strict=True))
        assert semantics_reward(item, answer).value == 1
        assert semantics_reward(item, answer.replace("= ", "= 1")).value != 1
        assert item.origin.kind in (Kind.FAILED, Kind.NEAR_MISS)
        assert item.names[0] in Fenced().question(item)
        assert Tagged().question(item).endswith(f"<values> {' '.join(item.names)}\n")


def test_what_passes_gives_a_question_only_where_that_is_asked_for(pools: tuple[Pool, ...]) -> None:
    problem = next(problems(GeneratorConfig()))
    one = written(pools, problem, problem.gold or "")
    assert Questions(sandboxes=pools).make(one, random.Random(0)) is None
    for source in (Kind.PASSED, None):
        assert Questions(sandboxes=pools, config=QuestionConfig(source=source)).make(one, random.Random(0)) is not None


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import ctypes\ndef solve(a, k):\n    return 1\n", "screen: uses ctypes"),
        ("def solve(a, k):\n    while True:\n        pass\n", "program timeout"),
        ("def other(a, k):\n    return 1\n", "no input that can be asked about"),
        ("def solve(a, k):\n    return 1\n", "no variable worth asking"),
        ("def solve(a, k):\n    return list(set('pqrstuvw'))\n", "certificate: its runs end differently"),
    ],
)
def test_a_program_without_a_question_says_why(pools: tuple[Pool, ...], program: str, reason: str) -> None:
    problem = next(problems(GeneratorConfig()))
    problem = replace(problem, suite=replace(problem.suite, limits=Limits(wall_s=0.5)))
    made = Questions(sandboxes=pools)
    assert made.make(written(pools, problem, program), random.Random(0)) is None
    assert reason in made.funnel


def test_each_choice_of_input_and_moment_changes_the_question(pools: tuple[Pool, ...]) -> None:
    def asked(config: QuestionConfig) -> set[str]:
        made = Questions(sandboxes=pools, config=config)
        items = [made.make(written(pools, problem, program), random.Random(0)) for problem, program in FAILED[:10]]
        return {item.item_id for item in items if item}

    base = asked(QuestionConfig())
    changes = (
        QuestionConfig(input_choice=InputChoice.MAX_ENTROPY),
        QuestionConfig(at=At.LAST_DEFINITION),
        QuestionConfig(max_asked=1),
        QuestionConfig(choice=Choice.RANDOM),
        QuestionConfig(ask_output=True),
        QuestionConfig(n_inputs=1),
    )
    assert [change for change in changes if asked(change) == base] == []


def final(name: str, value: Value, *, writes: int = 1, line: int = 2, status: Status = Status.STABLE) -> FinalValue:
    ref = VariableRef(scope="f", call=1, name=name)
    return FinalValue(ref=ref, at_exit=value, at_last_definition=value, defined_line=line, writes=writes, status=status)


PROGRAM = "def f(x):\n    a = 0\n    for i in range(x):\n        a += i\n    b = 7\n    c = a\n    return c\n"


def test_what_tells_nothing_is_left_out_with_its_reason() -> None:
    finals = [
        final("x", Int(4), writes=0), final("a", Int(6), writes=5), final("b", Int(7)), final("c", Int(6)),
        final("i", Int(3), writes=5), final("u", Int(1), status=Status.UNSTABLE), final("z", Text("x" * 200)),
        final("k", Int(5)),
    ]  # fmt: skip
    other = {one.ref: Int(9) for one in finals if one.ref.name in "aci"} | {finals[-1].ref: Int(5)}
    asked = choose(
        Seen(program=PROGRAM, finals=finals, others=[other]), Choice.INFORMATIVE, 3, Learnable(), random.Random(0)
    )
    assert {one.ref.name for one in asked.finals} in ({"a", "i"}, {"c", "i"})
    assert asked.dropped == {
        Drop.PARAMETER: 1, Drop.LITERAL: 1, Drop.UNSTABLE: 1, Drop.TOO_LARGE: 1, Drop.CONSTANT: 1, Drop.TWIN: 1,
    }  # fmt: skip
    printed = Seen(program=PROGRAM, finals=finals[1:2], printed="6\n")
    assert choose(printed, Choice.INFORMATIVE, 3, Learnable(), random.Random(0)).dropped[Drop.VISIBLE] == 1
    last = choose(Seen(program=PROGRAM, finals=finals), Choice.LAST3, 3, Learnable(), random.Random(0))
    assert len(last.finals) == 3


def test_a_kind_that_is_always_right_sinks() -> None:
    easy, hard = final("a", Int(6), writes=5), final("w", List((Int(1),)), writes=1)
    learnable = Learnable()
    for _ in range(30):
        learnable.saw(tag_of(easy, At.EXIT), is_right=True)
        learnable.saw(tag_of(hard, At.EXIT), is_right=bool(_ % 2))
    seen = Seen(program="def f(x): ...", finals=[easy, final("b", Int(5), writes=5), hard])
    assert learnable.rate(tag_of(easy, At.EXIT)) > 0.9
    ranked = choose(seen, Choice.INFORMATIVE, 3, learnable, random.Random(0))
    assert len(ranked.finals) == 3
    two = choose(seen, Choice.INFORMATIVE, 2, learnable, random.Random(0))
    assert hard in two.finals
    assert Learnable(cells={tag: (a, b) for tag, (a, b) in learnable.state().items()}).rate("x") == 0.5


def test_the_example_of_the_prompt_is_right_and_read_by_our_own_parser() -> None:
    space: dict[str, object] = {}
    exec(EXAMPLE_PROGRAM.replace("    return t % 7\n", "    return a, i, t\n"), space)
    a, i, t = space["f"](4)  # type: ignore[operator] # a function
    labels = (List(tuple(map(Int, a))), Int(i), Int(t))
    item = AlignmentItem(
        program=EXAMPLE_PROGRAM,
        entry="f",
        arguments=(Int(4),),
        asked=tuple(VariableRef(scope="f", call=1, name=name) for name in EXAMPLE_ASKED),
        labels=labels,
        certificate=Certificate(runs=2, clock_shift_s=1.0, digest=""),
        origin=Origin(problem_id="", step=0, rollout_id="", kind=Kind.FAILED),
    )
    assert semantics_reward(item, EXAMPLE_ANSWER).value == 1
    assert parse(EXAMPLE_ANSWER, EXAMPLE_ASKED).format_ok
    assert EXAMPLE_ANSWER in Fenced().question(item)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("Sure:\n```python\ndef f():\n    pass\n```\nDone.", "def f():\n    pass\n"),
        ("```python\nx = 1\n```\n```python\ny = 2\n```", "y = 2\n"),
        ("```python\nx = 1\n```\nOutput:\n```\n1\n```", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```py\nx = 1\n", "x = 1\n"),
        ("def f():\n    return 1\n", "def f():\n    return 1\n"),
        ("I can't do that.", ""),
        ("", ""),
    ],
)
def test_the_program_is_found_in_a_reply(reply: str, code: str) -> None:
    assert Fenced().code(reply) == code
