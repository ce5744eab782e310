"""The command `translate`: exit codes, files, and that nothing paid for is lost."""

import json
from pathlib import Path

import pytest

from semalign.cli import main

SOURCE = "def half(a, b):\n    return (a + b) // 2\n\nprint(half(3, 8))\nprint(half(-3, 8))\nprint(half(7, 0))\n"
FLOORS = "static long half(int a, int b) { return Math.floorDiv((long) a + b, 2L); }\n"
CUTS = "static long half(int a, int b) { return Math.abs((long) a + b) / 2; }\n"
ALONE = ("--to", "java", "--no-model", "--max-inputs", "150")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "half.py").write_text(SOURCE)
    (tmp_path / "floors.java").write_text(FLOORS)
    (tmp_path / "cuts.java").write_text(CUTS)
    return tmp_path


def translate(folder: Path, draft: str, *more: str) -> int:
    return main(["translate", str(folder / "half.py"), *ALONE, "--from-draft", str(folder / draft), *more])


def test_equivalent_is_zero_and_everything_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, work = folder / "Half.java", folder / "work"
    assert translate(folder, "floors.java", "--out", str(out), "--resume", str(work), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == "equivalent"
    assert out.read_text() == told["program"] == (work / "translation.java").read_text()
    assert json.loads((work / "translation.json").read_text())["program"] == told["program"]


def test_divergent_is_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translate(folder, "cuts.java", "--without", "fixers") == 1
    assert "Divergent" in capsys.readouterr().out


def test_a_page_shows_what_was_changed_and_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bare.java").write_text("static long half(int a, int b) { return ((long) a + b) / 2; }\n")
    page = folder / "out.html"
    assert translate(folder, "bare.java", "--html", str(page)) == 0
    shown = page.read_text()
    assert "How it came about" in shown
    assert "floorDiv" in shown, "the fixer's patch is there"
    assert "Smallest input" in shown.partition('aria-label="verdict"')[0], "where the draft left the source"
    assert "Equivalent" in shown
    assert 'src="http' not in shown, "it loads nothing"


def test_the_page_of_a_draft_that_does_not_build(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.java").write_text("static long half(int a, int b) { return nothing(a; }\n")
    page = folder / "out.html"
    assert translate(folder, "broken.java", "--html", str(page)) == 1
    assert "How it came about" in page.read_text()


def test_a_file_that_cannot_be_written_costs_no_result(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert translate(folder, "floors.java", "--out", str(folder / "none" / "Half.java"), "--json") == 2
    shown = capsys.readouterr()
    assert json.loads(shown.out)["answer"] == "equivalent"
    assert "cannot be written" in shown.err


def test_a_budget_that_holds_no_call_is_five(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMALIGN_BASE_URL", "http://127.0.0.1:9/v1")  # nobody is asked, so nobody need be there
    monkeypatch.setenv("SEMALIGN_MODEL", "talker")
    assert main(["translate", str(folder / "half.py"), "--to", "java", "--budget-calls", "0"]) == 5
    assert "budget of 0 calls" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("--to", "rust", "--no-model", "--from-draft", "floors.java"), "--to takes"),
        (("--to", "python", "--no-model", "--from-draft", "floors.java"), "is python already"),
        (("--to", "java", "--no-model"), "--from-draft"),
        (("--to", "java", "--no-model", "--from-draft", "nowhere.java"), "cannot be read"),
        (("--to", "java", "--no-model", "--from-draft", "floors.java", "--preset", "paper"), "needs a model"),
        (("--to", "java", "--no-model", "--from-draft", "floors.java", "--preset", "peper"), "paper"),
        (("--to", "java", "--no-model", "--model", "x", "--from-draft", "floors.java"), "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_two(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(folder)
    assert main(["translate", "half.py", *argv]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)
