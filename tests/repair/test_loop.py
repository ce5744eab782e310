"""The loop and its journal, on a toy domain: letters to turn into a wanted word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.repair import Budget, Edit, Journal, Patch, Repaired, Shown, State, repair

WORD = "mean"


@dataclass(frozen=True)
class Letters:
    """Proposes each letter at each place."""

    letters: str
    name: str = "letters"

    def propose(self, state: State) -> Sequence[Patch]:
        return [
            Patch(edits=(Edit(start=i, end=i + 1, text=one),), reason="another letter", author=self.name)
            for i in range(len(state.text))
            for one in self.letters
        ]


def run(text: str) -> Shown:
    passed = tuple(a == b for a, b in zip(text, WORD, strict=True))
    return Shown(builds="?" not in text, passed=passed if "?" not in text else (False,) * len(WORD))


def solved(letters: str = "aemn", text: str = "aaaa", journal: Journal | None = None, runs: int = 100) -> Repaired:
    clock = iter(range(10_000))
    return repair(
        text, [Letters(letters)], run, journal=journal, budget=Budget(runs=runs), clock=lambda: float(next(clock))
    )


def test_a_repair_ends_when_every_input_passes() -> None:
    done = solved()
    assert done.solved
    assert done.best.text == WORD
    assert done.best.shown.passed == (True,) * 4


def test_what_passed_passes_in_what_is_returned() -> None:
    done = solved(letters="ae", text="maaa")
    assert not done.solved
    assert not done.best.shown.breaks(done.first)
    assert done.best.text == "meaa"


def test_a_budget_of_runs_is_kept() -> None:
    assert len(solved(runs=3).attempts) == 3


def test_a_program_that_passes_is_left_alone() -> None:
    done = solved(text=WORD)
    assert done.attempts == ()
    assert done.best.text == WORD


def test_a_journal_replays_bit_for_bit_and_takes_no_step_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    first = solved(journal=Journal(path))
    written = path.read_bytes()
    again = Journal(path)
    assert solved(journal=again) == first
    assert again.n_taken == 0
    assert path.read_bytes() == written


@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
def test_a_killed_run_goes_on_from_a_torn_journal(tmp_path: Path, kept: float) -> None:
    whole, torn = tmp_path / "whole.jsonl", tmp_path / "torn.jsonl"
    first = solved(journal=Journal(whole))
    data = whole.read_bytes()
    torn.write_bytes(data[: int(len(data) * kept)])
    journal = Journal(torn)
    found = solved(journal=journal)
    assert [one.child for one in found.attempts] == [one.child for one in first.attempts]
    assert found.best == first.best
    assert journal.n_skipped > 0
    assert torn.read_bytes().count(b"\n") == data.count(b"\n")


def test_another_basis_takes_every_step_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    solved(journal=Journal(path, basis="one version"))
    other = Journal(path, basis="another version")
    solved(journal=other)
    assert other.n_skipped == 0


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello\n")
    with pytest.raises(ConfigError, match="not a line of a journal"):
        Journal(path)


def test_edits_that_overlap_are_refused() -> None:
    edits = (Edit(start=0, end=2, text="x"), Edit(start=1, end=3, text="y"))
    with pytest.raises(ValueError, match="overlap"):
        Patch(edits=edits, reason="", author="").apply("abc")


def test_edits_count_bytes_of_utf_8() -> None:
    assert Patch(edits=(Edit(start=2, end=3, text="x"),), reason="", author="").apply("éa") == "éx"
