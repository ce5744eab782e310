"""The command `translate`: exit codes, files, and that nothing paid for is lost."""

import json
import tomllib
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


def test_a_draft_may_spell_the_name_as_its_language_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "half_of.py").write_text(SOURCE.replace("half", "half_of"))
    (folder / "half.java").write_text(FLOORS.replace("half", "halfOf"))
    argv = ("translate", str(folder / "half_of.py"), *ALONE, "--from-draft", str(folder / "half.java"), "--json")
    assert main(list(argv)) == 0
    told = json.loads(capsys.readouterr().out)
    assert "long halfOf(" in told["program"]
    assert main([*argv, "--signature", "static long halfOf(int a, int b)"]) == 0


def test_evidence_repeats_the_verdict_and_holds_the_attempts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bare.java").write_text("static long half(int a, int b) { return ((long) a + b) / 2; }\n")
    kept = folder / "kept"
    assert translate(folder, "bare.java", "--evidence", str(kept)) == 0
    attempts = json.loads((kept / "translation.json").read_text())
    assert "floorDiv" in attempts["program"]
    assert any(one["kept"] for one in attempts["attempts"])
    assert main(["diff", "--replay", str(kept)]) == 0
    assert "repeated" in capsys.readouterr().err
    program = next((kept / "target").iterdir())
    program.write_text(
        program.read_text().replace("Math.floorDiv", "Math.ceilDivOf").replace("ceilDivOf", "multiplyExact")
    )
    assert main(["diff", "--replay", str(kept)]) != 0, "another program is another verdict"


def test_the_places_of_a_difference_as_sarif(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places, out = folder / "out.sarif", folder / "Half.java"
    assert translate(folder, "cuts.java", "--without", "fixers", "--sarif", str(places), "--out", str(out)) in (1, 2)
    (run,) = json.loads(places.read_text())["runs"]
    assert run["properties"]["verdict"] == "divergent"
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].endswith("Half.java")


def test_what_does_not_build_is_a_place_too_and_no_evidence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "broken.java").write_text("static long half(int a, int b) { return nothing(a; }\n")
    places, kept = folder / "out.sarif", folder / "kept"
    assert translate(folder, "broken.java", "--sarif", str(places), "--evidence", str(kept)) == 1
    (run,) = json.loads(places.read_text())["runs"]
    assert run["results"][0]["ruleId"] == "semalign/build"
    assert "no verdict" in capsys.readouterr().err
    assert not kept.exists()


def test_faults_that_were_mended_are_tried_first_next_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "bare.java").write_text("static long half(int a, int b) { return ((long) a + b) / 2; }\n")
    known = folder / "half.jsonl"
    assert translate(folder, "bare.java", "--regressions", str(known)) == 0
    lines = known.read_text().splitlines()
    assert len(set(lines)) == len(lines) > 0
    known.write_text(known.read_text() + "[-700001, 0]\n")
    capsys.readouterr()
    assert translate(folder, "bare.java", "--regressions", str(known), "--json") == 0
    first, again = json.loads(capsys.readouterr().out), known.read_text().splitlines()
    assert "[-700001, 0]" in again
    assert len(set(again)) == len(again)
    assert first["repair_inputs"]["agreed_at_first"] < first["repair_inputs"]["n"]
    assert main(["diff", str(folder / "half.py"), str(folder / "half.py"), "--inputs", str(known)]) == 0


def test_a_map_is_written_edited_and_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = folder / "half.toml"
    assert translate(folder, "cuts.java", "--without", "fixers", "--write-map", str(pairs)) == 1
    assert 'source = "a"' in pairs.read_text()
    assert translate(folder, "cuts.java", "--write-map", str(pairs)) == 2, "it is there already"
    assert "--map" in capsys.readouterr().err
    pairs.write_text('source = "half"\ntarget = "Half.half"\n[[variables]]\nsource = "a"\ntarget = "b"\n')
    assert translate(folder, "floors.java", "--map", str(pairs), "--write-map", str(pairs)) == 0
    found = {(one["source"], one["target"], one["origin"]) for one in tomllib.loads(pairs.read_text())["variables"]}
    assert ("a", "b", "given") in found
    assert ("a", "a") not in {one[:2] for one in found}, "what is said wins over what is measured"
    pairs.write_text('source = "third"\ntarget = "third"\n')
    assert translate(folder, "floors.java", "--map", str(pairs)) == 2
    assert "third" in capsys.readouterr().err


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
