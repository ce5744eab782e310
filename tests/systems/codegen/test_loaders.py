import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from semalign.core.errors import ConfigError
from semalign.grading.judge import Judge
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits
from semalign.sandbox.pool import Pool
from semalign.systems.codegen.loaders import load_problems, value_of, with_limits
from semalign.values.model import Int, List, Map, Null, Text


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Pool]:
    with open_sandbox(workers=1) as opened:
        yield opened


READS = "a, b = map(int, input().split())\nprint(a + b)\n"
ADDS = "def add(a, b):\n    return a + b\n"
TESTS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
CALLS = {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": [[3], 7]}
ROWS: dict[str, tuple[dict[str, Any], str]] = {
    "our own, called": (
        {"id": "a", "statement": "add", "entry": "add", "cases": [{"args": [1, 2], "expected": 3}], "gold": ADDS}, ADDS
    ),
    "our own, read": ({"statement": "add", "cases": [{"stdin": "1 2\n", "stdout": "3\n"}]}, READS),
    "HumanEval, with a helper in the prompt": (
        {
            "task_id": "HumanEval/0",
            "prompt": 'def two():\n    return 2\n\ndef add(a, b):\n    """Add."""\n',
            "canonical_solution": "    return a + b\n",
            "test": "def check(candidate):\n    assert candidate(1, two()) == 3\n",
            "entry_point": "add",
        },
        ADDS,
    ),
    "APPS, read": ({"problem_id": 7, "question": "add", "input_output": json.dumps(TESTS), "solutions": "[]"}, READS),
    "TACO, called": ({"question": "add", "input_output": CALLS, "solutions": json.dumps([ADDS])}, ADDS),
    "PRIME": (
        {
            "prompt": [{"role": "system", "content": "think"}, {"role": "user", "content": "add"}],
            "reward_model": {"ground_truth": json.dumps(TESTS), "style": "rule"},
            "extra_info": {"index": 4},
        },
        READS,
    ),
    "LiveCodeBench, read": (
        {
            "question_id": "abc",
            "question_content": "add",
            "public_test_cases": json.dumps([{"input": "1 2\n", "output": "3", "testtype": "stdin"}]),
            "private_test_cases": "eJx9packed",
            "metadata": "{}",
        },
        READS,
    ),
    "LiveCodeBench, called": (
        {
            "question_id": "abd",
            "question_content": "add",
            "starter_code": "class Solution:\n    def add(self, a, b):",
            "public_test_cases": [{"input": "1\n2", "output": "3", "testtype": "functional"}],
            "private_test_cases": json.dumps([{"input": "3\n4", "output": "7"}]),
            "metadata": '{"func_name": "add"}',
        },
        "class Solution:\n    def add(self, a, b):\n        return a + b\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("layout", list(ROWS))
def test_each_layout_gives_a_problem_that_a_right_program_passes_and_a_wrong_one_does_not(
    sandbox: Pool, tmp_path: Path, layout: str
) -> None:
    row, right = ROWS[layout]
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n\n")
    (problem,) = load_problems(path)
    judge = Judge(sandbox)
    assert judge.judge(right, problem.suite).passed
    wrong = judge.judge(right.replace("+", "-"), problem.suite)
    assert wrong.scorable
    assert not wrong.passed
    if problem.gold:
        assert judge.judge(problem.gold, problem.suite).passed
    assert "add" in problem.statement.lower()
    assert with_limits(problem, Limits(wall_s=1)).suite.limits.wall_s == 1


def test_private_tests_that_are_plain_count_and_packed_ones_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [ROWS["LiveCodeBench, read"][0], ROWS["LiveCodeBench, called"][0]]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert [len(problem.suite.cases) for problem in load_problems(path)] == [1, 2]
    assert len(load_problems(path, limit=1)) == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "holds no problem"),
        ("[1]", "line 1: a JSON object is wanted, got list"),
        ("{", "line 1: no JSON"),
        ('{"x": 1}', "line 1: no layout that is known has the fields x"),
        ('{"entry_point": "f"}', "line 1: lacks the field 'test'"),
        ('{"statement": "s", "entry": "f", "cases": []}', "has no cases"),
        ('{"question": "q", "input_output": "{\\"inputs\\": [], \\"outputs\\": []}"}', "has no tests"),
        ('{"question": "q", "input_output": {"inputs": ["1"], "outputs": []}}', "1 inputs and 0 outputs"),
        ('{"statement": "", "cases": [{"stdin": "", "stdout": ""}]}', "needs an id and a statement"),
        ('{"id": 1, "statement": "s", "cases": [{"stdin": "", "stdout": ""}]}\n' * 2,
         "line 2: the id '1' is there twice"),
        ('{"statement": "s", "cases": [{"args": [1], "expected": 1}]}', "must name it as its entry"),
    ],
)  # fmt: skip
def test_what_is_no_problem_is_said_with_file_line_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"rows\.jsonl") as caught:
        load_problems(path)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_problems(tmp_path / "none.jsonl")
    (tmp_path / "packed").write_bytes(b"\x1f\x8b\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_problems(tmp_path / "packed")


def test_values_of_json() -> None:
    assert value_of([None, {"a": 1}]) == List((Null(), Map(((Text("a"), Int(1)),))))
