"""Every pair and every draft of `examples/` gets the answer that the `expected.toml` beside it states."""

import io
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from examples import demo_translate
from examples.demo_command import HERE, SEMALIGN
from examples.demo_diff import Pair, pairs
from examples.demo_translate import Example, Ported, examples
from semalign.languages import LANGUAGES


@pytest.mark.slow
@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: pair.name)
def test_a_pair_gets_its_expected_answer(pair: Pair) -> None:
    for language in pair.languages:
        if missing := LANGUAGES[language].missing():
            pytest.skip(missing)
    # In a process of its own, as users run it: Hypothesis draws constants from whatever modules are loaded.
    command = [*SEMALIGN, "diff", str(pair.source), str(pair.target), "--json"]
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


@pytest.mark.slow
@pytest.mark.parametrize("example", [one for one in examples() if one.draft], ids=lambda one: one.name)
def test_a_draft_is_repaired_without_a_model(example: Example, tmp_path: Path) -> None:
    for language in example.languages:
        if missing := LANGUAGES[language].missing():
            pytest.skip(missing)
    ported = demo_translate.port(example, dict.fromkeys(LANGUAGES, ""), "", tmp_path)
    assert ported.surprise == ""
    assert ported.told is not None
    inputs = ported.told["repair_inputs"]
    assert inputs["agreed_at_first"] < inputs["n"] == inputs["agree"]
    assert ported.told["model"] == ""
    assert example.name in (tmp_path / f"{example.name}.html").read_text(encoding="utf-8")


def test_every_folder_of_a_translation_is_an_example() -> None:
    folders = sorted(path.name for path in demo_translate.FOLDER.iterdir() if path.is_dir())
    assert folders == sorted(example.name for example in examples())
    assert all(example.source.is_file() for example in examples())
    assert all(example.draft.is_file() for example in examples() if example.draft)
    assert len([example for example in examples() if example.draft is None]) == 2


@pytest.mark.parametrize(
    ("answer", "kept", "told"),
    [
        ("divergent", ("block edit", "int overflow"), "expected equivalent, got divergent: because"),
        ("equivalent", ("block edit",), "expected block edit, int overflow to step in, got block edit"),
        ("equivalent", (), "got nobody"),
        ("equivalent", ("int overflow", "block edit", "int overflow"), ""),
    ],
)
def test_a_translation_that_is_not_as_expected_is_told(answer: str, kept: tuple[str, ...], told: str) -> None:
    example = next(example for example in examples() if example.name == "loyalty-points")
    attempts = [{"author": author, "kept": True} for author in kept] + [{"author": "wrap-around", "kept": False}]
    surprise = example.surprise({"answer": answer, "reason": "because", "attempts": attempts})
    assert told in surprise
    assert bool(told) == bool(surprise)


def test_no_model_leaves_out_what_asks_one() -> None:
    model, why = demo_translate.find_model({"NO_MODEL": "1"}, Console(file=io.StringIO()))
    assert (model, why) == ("", "what asks a model (NO_MODEL is set)")


def test_the_table_names_who_stepped_in() -> None:
    example = examples()[0]
    told = {
        "answer": "equivalent",
        "attempts": [{"author": "aligner", "kept": True}],
        "model": "small",
        "repair_inputs": {"n": 9, "agreed_at_first": 4},
        "wall_s": 1.25,
    }
    screen = Console(file=(shown := io.StringIO()), width=120)
    screen.print(demo_translate.table([Ported(example=example, told=told), Ported(example=example, skipped=("g++",))]))
    lines = shown.getvalue().splitlines()
    assert any(all(word in line for word in ("4 of 9", "model, aligner", "equivalent", "1.2")) for line in lines)
    assert any("skipped" in line for line in lines)


def test_the_pictures_of_the_readme_are_there_and_load_nothing() -> None:
    root = HERE.parent
    pictures = re.findall(r"!\[[^]]*\]\((.*?)\)", (root / "README.md").read_text(encoding="utf-8"))
    assert pictures == ["docs/diff.svg", "docs/translate.svg"]
    for picture in pictures:
        drawn = (root / picture).read_text(encoding="utf-8")
        assert not re.search(r"@font-face|href|@import|url\((?!#)", drawn)
        assert str(root) not in drawn
