from fractions import Fraction
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.grading.verdict import CaseResult, Cause, Verdict
from semalign.systems.codegen.own_reward import own_reward


def verdict(cause: Cause = Cause.PASSED) -> Verdict:
    case = CaseResult(case_id="0", cause=cause)
    return Verdict(program_digest="", cases=(case,), n_cases=1, grader_version="1")


def test_a_function_of_the_users_gives_the_score(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def short(problem_id, program, verdict):\n    return verdict.passed / len(program)\n")
    assert own_reward(f"{path}:short").score("p", "abcd", verdict()).value == Fraction(1, 4)
    infra = own_reward(f"{path}:short").score("p", "", verdict(Cause.INFRA))
    assert infra.value is None
    path.write_text("def f(*_):\n    return None\n")
    assert own_reward(f"{path}:f").score("p", "x", verdict()).unscored


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('k')", r"mine\.py:f raised KeyError: 'k' for a program of p"),
        ("return 'good'", "gave 'good' for a program of p, and not a number"),
        ("return float('nan')", "gave nan"),
    ],
)
def test_one_that_fails_is_named_in_a_line(tmp_path: Path, body: str, said: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f"def f(*_):\n    {body}\n")
    with pytest.raises(ConfigError, match=said):
        own_reward(f"{path}:f").score("p", "x", verdict())


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("f", "file.py:function"),
        ("none.py:f", "no such file"),
        ("{}:g", "defines no function g"),
        ("{}:f", "fails when"),
    ],
)
def test_a_place_where_no_function_is_is_said(tmp_path: Path, place: str, said: str) -> None:
    path = tmp_path / "mine.py"
    path.write_text("def f(): ...\n" if "g" in place else "1 // 0\n")
    with pytest.raises(ConfigError, match=said):
        own_reward(place.format(path))
