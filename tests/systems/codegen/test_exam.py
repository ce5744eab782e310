import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.grading.judge import Judge
from semalign.sandbox import open_sandbox
from semalign.systems.codegen.crux import arguments, crux_eval
from semalign.systems.codegen.exam import Exam, Marks, check, compare, human_eval, sit
from semalign.systems.codegen.prompts import Fenced

DATA = os.environ.get("SEMALIGN_DATA", "")


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with open_sandbox(workers=2) as opened:
        yield Judge(opened)


ROWS = [
    {"id": "a", "code": "def f(n):\n    return [n] * 2", "input": "3", "output": "[3, 3]"},
    {
        "id": "b",
        "code": "def f(t, k):\n    for c in t:\n        k += 1\n    return k",
        "input": "'ab', 1",
        "output": "3",
    },
    {"id": "c", "code": "def f():\n    return {1: (2,)}", "input": "", "output": "{1: (2,)}"},
]


@pytest.fixture
def crux(tmp_path: Path, judge: Judge) -> tuple[Exam, Exam]:
    path = tmp_path / "crux.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return crux_eval(path, judge)


def answers(exam: Exam, kind: str) -> list[str]:
    return [getattr(question, kind) for question in exam.questions]


def test_gold_scores_1_and_spoiled_gold_0(crux: tuple[Exam, Exam]) -> None:
    for exam in crux:
        assert sit(exam, lambda prompts, exam=exam: answers(exam, "right")).rate.value == 1  # type: ignore[misc]
        assert sit(exam, lambda prompts, exam=exam: answers(exam, "wrong")).rate.value == 0  # type: ignore[misc]
        assert sit(exam, lambda prompts: [""] * len(prompts)).rate.value == 0


def test_any_input_that_gives_the_output_counts_and_no_object_of_a_model_meets_the_judge(
    crux: tuple[Exam, Exam],
) -> None:
    _, inputs = crux
    found = sit(inputs, lambda _: ["f(3)", "`f('xy', k=1)` it is", "f()"])
    assert found.first == {"a": True, "b": True, "c": True}
    lying = "f(type('X', (), {'__eq__': lambda s, o: True})())"
    assert sit(inputs, lambda _: [lying, "f('', 3)", "f(1)"]).first == {"a": False, "b": True, "c": False}


def test_questions_are_broken_down_by_what_they_are_about(crux: tuple[Exam, Exam]) -> None:
    found = sit(crux[0], lambda _: ["output = [3, 3]", "output = 4", "output = {1: (2,)}"])
    shown = {tag: (one.hits, one.n) for tag, one in found.by_tag().items()}
    assert shown["loop"] == (0, 1)
    assert shown["no loop"] == (2, 2)
    assert shown["returns list"] == (1, 1)


def test_an_exam_that_fails_itself_is_not_used(crux: tuple[Exam, Exam], tmp_path: Path, judge: Judge) -> None:
    broken = replace(crux[0], grade=lambda replies: [True] * len(replies))
    with pytest.raises(ConfigError, match="the wrong answer of 3 questions"):
        sit(broken, lambda prompts: prompts)  # type: ignore[arg-type, return-value] # never asked
    path = tmp_path / "bad.jsonl"
    path.write_text(json.dumps(ROWS[0] | {"output": "[4, 4]"}))
    with pytest.raises(ConfigError, match="running does not give the output of 1 rows, first a"):
        crux_eval(path, judge)
    path.write_text('{"id": "a"}')
    with pytest.raises(ConfigError, match="lacks the field 'code'"):
        crux_eval(path, judge)


def test_programs_are_judged_by_the_tests_of_the_file(tmp_path: Path, judge: Judge) -> None:
    path = tmp_path / "sums.jsonl"
    row = {"id": "s", "statement": "add", "entry": "add", "cases": [{"args": [1, 2], "expected": 3}]}
    path.write_text(json.dumps(row | {"gold": "def add(a, b):\n    return a + b\n"}))
    exam = human_eval(path, Fenced(), judge)
    assert sit(exam, lambda _: ["```python\ndef add(a, b):\n    return b + a\n```"]).rate.value == 1
    path.write_text(json.dumps(row))
    with pytest.raises(ConfigError, match="has no gold program"):
        human_eval(path, Fenced(), judge)


def marks(**samples: Sequence[bool | None]) -> Marks:
    return Marks(exam="x", samples={name: tuple(found) for name, found in samples.items()}, tags={})


def test_pass_at_k_is_the_unbiased_one_and_what_is_unscored_counts_nowhere() -> None:
    found = marks(a=[True, False, False, False], b=[False, False, False, False], c=[None, None, True, None])
    assert found.pass_at(1) == pytest.approx((0.25 + 0 + 1) / 3)
    assert found.pass_at(2) == pytest.approx((0.5 + 0) / 2)
    assert found.n_unscored == 3
    assert (found.rate.hits, found.rate.n) == (1, 2)
    assert marks().pass_at(1) == 0


def test_two_models_are_compared_on_the_questions_that_both_were_judged_on() -> None:
    one = marks(a=[True], b=[True], c=[False], d=[None])
    other = marks(a=[True], b=[False], c=[False], d=[True], e=[True])
    assert compare(one, other) == (1, 0, 1.0)


def test_the_last_call_of_a_reply_is_taken() -> None:
    assert arguments("first f(1)\nthen f(2, 'x')\n") == "2, 'x'"
    assert arguments("g(1)") is None


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="needs SEMALIGN_DATA, a folder of public benchmark data")
def test_the_public_set_checks_itself(judge: Judge) -> None:
    for exam in crux_eval(Path(DATA) / "code" / "cruxeval.jsonl", judge, limit=150):
        assert len(exam.questions) == 150
        check(exam)
