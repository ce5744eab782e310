"""What the command answers to requests that can't be meant: one line, exit code 2, nothing left behind."""

from pathlib import Path

import pytest

from semalign.cli import main

GOOD = "def f(n: int) -> int:\n    return n + 1\n"


def program(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line on standard error of a request that is refused with exit code 2."""
    assert main(["diff", *argv]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1
    return shown.err


def test_a_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "nowhere.py: cannot be read" in refused(capsys, good, str(tmp_path / "nowhere.py"))


def test_an_unknown_language_lists_the_known_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    told = refused(capsys, good, program(tmp_path, "b.rs", "fn f() {}"))
    assert "b.rs" in told
    assert "python" in told


def test_a_function_that_is_not_there_has_a_near_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", "def total(n: int) -> int:\n    return n\n")
    assert "did you mean total?" in refused(capsys, good, good, "--function", "totla")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.py", "def f(n:\n    return\n"),
        ("B.java", "class B { static int f(int n) { return n + ; } }"),
        ("b.cpp", "int f(int n) { return n + ; }"),
    ],
)
def test_a_syntax_error_has_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert f"{name}:1" in refused(capsys, good, program(tmp_path, name, text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.py", "async def f(n: int) -> int:\n    return n\n"),
        ("b.cpp", "template <typename T> T f(T n) { return n; }"),
        ("B.java", "abstract class B { abstract int f(int n); }"),
    ],
)
def test_a_function_that_can_not_be_called_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert name in refused(capsys, good, program(tmp_path, name, text))


def test_a_signature_that_nobody_knows_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = program(tmp_path, "a.py", "def f(x):\n    return x.spin().colour\n")
    assert "--inputs" in refused(capsys, odd, odd)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.py", "def f(n: int) -> int:\n    return n + int(input())\n"),
        ("b.cpp", "#include <iostream>\nint f(int n) { int m; std::cin >> m; return n + m; }"),
        ("B.java", "class B { static int f(int n) { return new java.util.Scanner(System.in).nextInt(); } }"),
    ],
)
def test_a_function_that_reads_standard_input_is_told_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "standard input" in refused(capsys, good, program(tmp_path, name, text))


def test_an_empty_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "the file is empty" in refused(capsys, good, program(tmp_path, "b.py", "  \n\n"))


def test_ten_megabytes_are_too_many(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "the limit is" in refused(capsys, good, program(tmp_path, "b.py", "# " + "x" * 10_000_000))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    (tmp_path / "b.py").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refused(capsys, good, str(tmp_path / "b.py"))


def test_different_numbers_of_parameters_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    told = refused(capsys, good, program(tmp_path, "b.py", "def f(a: int, b: int) -> int:\n    return a\n"))
    assert "takes 1 arguments and f 2" in told


def test_types_without_a_common_value_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    told = refused(capsys, good, program(tmp_path, "b.py", "def f(n: dict[int, int]) -> int:\n    return len(n)\n"))
    assert "no value fits both" in told


@pytest.mark.parametrize(
    ("text", "words"), [("rel_tol = 'x'", "rel_tol"), ("nonsense = 1", "unknown key 'nonsense'"), ("= 3", "not TOML")]
)
def test_a_bad_policy_names_file_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    good = program(tmp_path, "a.py", GOOD)
    told = refused(capsys, good, good, "--policy", program(tmp_path, "policy.toml", text))
    assert "policy.toml" in told
    assert words in told


@pytest.mark.parametrize("argv", [["--nonsense"], ["--max-inputs", "-3"], ["--time-s", "soon"], []])
def test_bad_options_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    files = [program(tmp_path, "a.py", GOOD)] * 2 if argv else []
    refused(capsys, *files, *argv)


def test_evidence_goes_into_no_folder_that_holds_other_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "holds other files" in refused(capsys, good, good, "--evidence", str(tmp_path), "--max-inputs", "5")


def test_damaged_evidence_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "request.json").write_text("{")
    assert "damaged" in refused(capsys, "--replay", str(tmp_path))
