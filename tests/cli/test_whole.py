"""`translate --whole` as it is typed: a file, a folder, exit codes, and what is kept."""

import json
from pathlib import Path

import pytest

from semalign.cli import main

SOURCE = """def half(a: int, b: int) -> int:
    return (a + b) // 2


def twice(a: int) -> int:
    return half(a, a) * 2


for line in open(0):
    a, b = map(int, line.split())
    print(half(a, b), twice(a))
"""
DRAFT = """import java.util.*;

class Half {
    static long half(int a, int b) { return Math.floorDiv((long) a + b, 2L); }
    static long twice(int a) { return half(a, a) * 2; }
    public static void main(String[] args) {
        Scanner in = new Scanner(System.in);
        while (in.hasNextInt()) {
            int a = in.nextInt(), b = in.nextInt();
            System.out.println(half(a, b) + " " + twice(a));
        }
    }
}
"""
ALONE = ("--to", "java", "--no-model", "--max-inputs", "150", "--whole")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "src/half.py": SOURCE,
        "src/broken.py": "def half(:\n",
        "src/deep/half_way.py": SOURCE,
        "drafts/Half.java": DRAFT,
        "drafts/deep/HalfWay.java": DRAFT.replace('" "', '";"'),
        "in/half.txt": "3 8\n-3 8\n7 0\n",
        "in/deep/half_way/one": "3 8\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def whole(folder: Path, *more: str) -> int:
    return main(
        ["translate", str(folder / "src/half.py"), *ALONE, "--from-draft", str(folder / "drafts/Half.java"), *more]
    )


def batch(folder: Path, *more: str) -> int:
    given = ("--from-draft", str(folder / "drafts"), "--stdin", str(folder / "in"), "--resume", str(folder / "work"))
    return main(["translate", str(folder / "src"), *ALONE, *given, *more])


def test_equivalent_is_zero_and_everything_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, work, page = folder / "Out.java", folder / "work", folder / "page.html"
    asked = ("--stdin", str(folder / "in/half.txt"), "--out", str(out), "--resume", str(work), "--html", str(page))
    assert whole(folder, *asked, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["answer"] == "equivalent"
    assert [one["name"] for one in told["parts"]] == ["half", "twice", "main"]
    assert told["programs"]["n_equal"] > 1
    assert out.read_text() == told["program"] == (work / "translation.java").read_text()
    assert json.loads((work / "translation.json").read_text())["program"] == told["program"]
    assert 'href="half.html"' in (work / "index.html").read_text()
    assert "Equivalent" in (work / "half.html").read_text()
    assert "2 functions equivalent" not in page.read_text()
    assert "<b>3</b> equivalent" in page.read_text()


def test_a_program_that_prints_otherwise_is_one_and_the_text_is_shown(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "drafts/Half.java").write_text(DRAFT.replace('" "', '";"'))
    assert whole(folder, "--stdin", str(folder / "in")) == 1
    shown = capsys.readouterr().out
    assert "on this standard input:" in shown
    assert "output differs in line 1" in " ".join(shown.split())


def test_a_program_that_reads_without_texts_is_three(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "src/half.py").write_text(SOURCE.replace("open(0)", "__import__('sys').stdin"))
    assert whole(folder) == 3
    assert "--stdin" in capsys.readouterr().out


def test_several_functions_point_to_the_whole_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["translate", str(folder / "src/half.py"), "--to", "java", "--no-model"]
    assert main([*argv, "--from-draft", str(folder / "drafts/Half.java")]) == 2
    assert "--function half, or translate the whole file: --whole" in capsys.readouterr().err


def test_a_folder_is_a_batch_that_goes_on_after_a_broken_file_and_after_a_stop(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert batch(folder, "--json") == 1
    first = {one["file"]: one for one in json.loads(capsys.readouterr().out)}
    answers = {"half.py": "equivalent", "deep/half_way.py": "divergent", "broken.py": "undecided"}
    assert {name: one["answer"] for name, one in first.items()} == answers
    assert "broken.py:1:" in first["broken.py"]["reason"]
    index = (folder / "work/index.html").read_text()
    assert 'href="deep/half_way.py/index.html"' in index
    assert (folder / "work/deep/half_way.py/index.html").is_file()
    (folder / "src/deep/half_way.py").write_text(SOURCE + "# changed\n")
    out = folder / "out"
    assert batch(folder, "--json", "--out", str(out)) == 1
    again = {one["file"]: one["was_finished"] for one in json.loads(capsys.readouterr().out)}
    assert again == {"half.py": True, "deep/half_way.py": False, "broken.py": False}
    assert sorted(path.relative_to(out).as_posix() for path in out.rglob("*.java")) == [
        "deep/half_way.java",
        "half.java",
    ]


def test_a_batch_shows_a_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "src/half.py").unlink()
    (folder / "src/deep/half_way.py").unlink()
    assert batch(folder) == 3
    shown = capsys.readouterr().out
    assert "broken.py" in shown
    assert "undecided" in shown


def test_a_budget_that_holds_no_call_is_five(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEMALIGN_BASE_URL", "http://127.0.0.1:9/v1")  # nobody is asked, so nobody need be there
    monkeypatch.setenv("SEMALIGN_MODEL", "talker")
    argv = ["translate", str(folder / "src/half.py"), "--to", "java", "--whole", "--budget-calls", "0"]
    assert main(argv) == 5
    assert "not translated: half" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("src/half.py", *ALONE, "--from-draft", "drafts/Half.java", "--function", "half"), "leave out --function"),
        (("src", *ALONE, "--from-draft", "drafts"), "needs --resume"),
        (("in", *ALONE, "--from-draft", "drafts", "--resume", "work"), "holds no program"),
        (("src/half.py", *ALONE, "--from-draft", "drafts/Half.java", "--stdin", "nowhere"), "cannot be read"),
        (("src/half.py", *ALONE[:-1], "--from-draft", "drafts/Half.java", "--stdin", "in"), "add --whole"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_two(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], told: str
) -> None:
    monkeypatch.chdir(folder)
    assert main(["translate", *argv]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert (shown.out, shown.err.count("\n")) == ("", 1)
