import json
from pathlib import Path

import pytest

from semalign.cli import main

ROOT = Path(__file__).parent.parent.parent
LAPTOP = str(ROOT / "examples" / "train" / "laptop.toml")


def test_a_dry_run_shows_what_the_first_step_asks_and_trains_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = [f"output={tmp_path / 'run'}", "n_problems=9", "slots=3", "micro_batch=8"]
    assert main(["train", "codegen", LAPTOP, *words, "--dry-run", "--json"]) == 0
    slots = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [slot["task"] for slot in slots] == ["code"] * 3
    assert all(slot["prompt"].startswith("<problem> ") for slot in slots)
    assert not (tmp_path / "run").exists()
    assert main(["train", "codegen", LAPTOP, *words, "--dry-run"]) == 0
    assert "The first of 40 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["slot=3"], "unknown key 'slot'"),
        (["alpha=0"], "alpha must be above 0"),
        (["alpha='much'"], "alpha: "),
        (["choice=best"], "choice: "),
        (["preset=mine"], "preset: 'mine' is none of ours, paper, released"),
        (["micro_batch=5"], "micro_batch 5 does not divide 128"),
        (["loss=best"], "loss must be one of grpo"),
        (["group_size=1", "micro_batch=16"], "a group of one"),
        (["problems=none.jsonl"], "none.jsonl: cannot be read"),
        (["recency=0"], "recency must be last_step"),
        (["steps"], "write it as key=value"),
    ],
)
def test_what_can_not_be_meant_is_one_line_that_names_the_key(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["train", "codegen", LAPTOP, *words, "--dry-run"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert "Traceback" not in error


def test_gold_that_fails_its_own_tests_begins_no_run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [
        {"id": name, "statement": "add", "entry": "f", "cases": [{"args": [1, 2], "expected": 3}], "gold": gold}
        for name, gold in (("good", "def f(a, b):\n    return a + b\n"), ("bad", "def f(a, b):\n    return a\n"))
    ]
    path = tmp_path / "problems.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = [f"problems={path}", "model=none", f"output={tmp_path / 'run'}"]
    assert main(["train", "codegen", LAPTOP, *words, "--dry-run"]) == 2
    assert "1 of 2 problems: bad (case 0: wrong, 1, expected 3)" in capsys.readouterr().err
    assert main(["train", "codegen", LAPTOP, *words, "check_gold=false", "--dry-run"]) == 0


def test_presets_give_way_to_what_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for preset, n in (("paper", 128), ("released", 128), ("ours", 32)):
        config = tmp_path / f"{preset}.toml"
        config.write_text(f'output = "x"\npreset = "{preset}"\nn_problems = 9\ncheck_gold = false\n')
        assert main(["train", "codegen", str(config), "--dry-run", "--json"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == n
        assert main(["train", "codegen", str(config), "slots=8", "--dry-run", "--json"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 8


def test_an_exam_of_a_file_that_is_none_is_a_bad_request(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": 1}\n')
    for suite in ("human-eval", "crux-output", "crux-input"):
        assert main(["eval", "codegen", suite, str(path)]) == 2
    assert main(["eval", "codegen", "human-eval", str(path), "--samples", "0"]) == 2
    assert main(["eval", "codegen", "trivia", str(path)]) == 2
    assert "Traceback" not in capsys.readouterr().err
