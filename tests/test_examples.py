"""Every pair of `examples/` gets the answer, and the blame, that `examples/expected.toml` states."""

import json
import subprocess
import sys
from collections import Counter

import pytest

from examples.demo import HERE, Pair, pairs
from semalign.languages import LANGUAGES


@pytest.mark.slow
@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_a_pair_gets_its_expected_answer(pair: Pair) -> None:
    for language in pair.languages:
        if missing := LANGUAGES[language].missing():
            pytest.skip(missing)
    # In a process of its own, as users run it: Hypothesis draws constants from whatever modules are loaded.
    command = [sys.executable, "-m", "semalign.cli", "diff", str(pair.source), str(pair.target), "--json"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert said.stdout, said.stderr
    assert pair.surprise(json.loads(said.stdout)) == ""
    assert said.returncode == {"equivalent": 0, "divergent": 1}[pair.answer]


def test_the_examples_cover_every_direction_and_one_language_alone() -> None:
    directions = Counter(pair.languages for pair in pairs())
    assert {(a, b) for a, b in directions if a != b} == {(a, b) for a in LANGUAGES for b in LANGUAGES if a != b}
    assert any(a == b for a, b in directions)
    assert Counter(pair.answer for pair in pairs())["equivalent"] >= 2


def test_every_folder_is_a_pair_and_every_pair_is_there() -> None:
    assert sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name[0].isdigit()) == sorted(
        pair.name for pair in pairs()
    )
    assert all(pair.source.is_file() and pair.target.is_file() for pair in pairs())


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ({"verdict": "undecided", "reason": "time"}, "expected divergent, got undecided: time"),
        ({"verdict": "divergent", "blame": []}, "got no blame"),
        ({"verdict": "divergent", "blame": [{"lines": [1, 6]}]}, "expected line 7 to be blamed, got lines 1 to 6"),
        ({"verdict": "divergent", "blame": [{"lines": [6, 8]}]}, ""),
    ],
)
def test_a_verdict_that_is_not_as_expected_is_told(verdict: dict[str, object], told: str) -> None:
    pair = next(pair for pair in pairs() if pair.name == "01-savings-plan")
    assert told in pair.surprise(verdict)
    assert bool(told) == bool(pair.surprise(verdict))
