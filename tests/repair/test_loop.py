"""The loop and its journal, on a toy domain: letters to turn into a wanted word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.repair import Budget, Edit, Journal, Patch, Proposers, Repaired, Shown, State, repair
from semalign.repair.patch import redraft

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
        text,
        Proposers([Letters(letters)]),
        run,
        journal=journal,
        budget=Budget(runs=runs),
        clock=lambda: float(next(clock)),
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


@dataclass(frozen=True)
class Redrafts:
    """Each of the drafts in turn, whatever there is."""

    drafts: tuple[str, ...]
    name: str = "redrafts"

    def propose(self, state: State) -> Sequence[Patch]:
        made = sum(patch.author == self.name for patch in state.history)
        return redraft(state.text, self.drafts[made], reason="", author=self.name) if made < len(self.drafts) else []


def redrafted(text: str, letters: str, *drafts: str, budget: Budget) -> Repaired:
    return repair(text, Proposers([Letters(letters)], [Redrafts(drafts)]), run, budget=budget)


def test_a_new_draft_has_runs_of_its_own() -> None:
    done = redrafted("????", "n", "meaa", budget=Budget(runs=4))
    assert done.solved
    assert [one.patch.author for one in done.attempts].count("letters") == 8
    alone = redrafted("????", "n", "mmmm", "meaa", budget=Budget(runs=4, drafts=1))
    assert not alone.solved
    assert [one.patch.author for one in alone.attempts].count("redrafts") == 1


def test_a_new_draft_is_worked_on_before_what_is_older() -> None:
    authors = [one.patch.author for one in redrafted("maaa", "xy", "aean", budget=Budget(runs=3)).attempts]
    assert authors == ["letters"] * 3 + ["redrafts"] + ["letters"] * 3


def test_a_draft_that_passes_more_but_breaks_what_passed_is_not_returned() -> None:
    done = redrafted("maaa", "?", "zean", budget=Budget(runs=2))
    assert max(sum(one.shown.passed) for one in done.attempts) == 3
    assert done.best.text == "maaa"


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
