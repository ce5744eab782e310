"""What the command answers to requests that can't be meant: one line, exit code 2, nothing left behind."""

import os
import signal
import subprocess
import sys
import time
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


@pytest.mark.parametrize(
    "argv", [["--nonsense"], ["--max-inputs", "-3"], ["--time-s", "soon"], ["--time-s", "nan"], []]
)
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


@pytest.mark.parametrize("name", ["request.json", "verdict.json"])
@pytest.mark.parametrize("text", ["[]", "null", "3"])
def test_evidence_of_another_shape_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    for file in ("request.json", "verdict.json"):
        (tmp_path / file).write_text(text if file == name else "{}")
    assert "damaged" in refused(capsys, "--replay", str(tmp_path))


@pytest.mark.parametrize("arguments", ['["L",[]]', '["L",[["t","a"]]]'])
def test_recorded_inputs_that_do_not_fit_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: str
) -> None:
    good, folder = program(tmp_path, "a.py", GOOD), tmp_path / "evidence"
    main(["diff", good, good, "--max-inputs", "5", "--evidence", str(folder)])
    capsys.readouterr()
    (folder / "inputs.jsonl").write_text(f'{{"given": false, "agreement": "agree", "arguments": {arguments}}}\n')
    assert "damaged" in refused(capsys, "--replay", str(folder))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("[1, 2]", "write one value for each"),
        ('["x"]', "no value of type"),
        ("[1.5]", "no value of type"),
        ("[NaN]", "no value of type"),
        ("[null]", "no value of type"),
        ("[[1]]", "no value of type"),
        ("[1", "not JSON"),
        ("5", "as a JSON array"),
        ("", "holds no inputs"),
    ],
)
@pytest.mark.parametrize("command", ["diff", "trace"])
def test_inputs_that_can_not_be_meant_are_refused_and_never_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, words: str, command: str
) -> None:
    good, given = program(tmp_path, "a.py", GOOD), program(tmp_path, "in.jsonl", line + "\n")
    files = [good, good] if command == "diff" else [good]
    assert main([command, *files, "--inputs", given]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    good = program(tmp_path, "b.py", GOOD)
    assert main(["diff", str(tmp_path / "a.py"), good]) == 0
    assert "Equivalent" in capsys.readouterr().out


def test_a_pipe_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "a.py")
    good = program(tmp_path, "b.py", GOOD)
    assert "is a pipe or a device" in refused(capsys, good, str(tmp_path / "a.py"))


def test_a_line_break_in_a_name_does_not_break_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, program(tmp_path, "b.py", GOOD), str(tmp_path / "a\nb.py"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("B.java", "class B { static int f(int n) { return " + "(" * 3000 + "n" + ")" * 3000 + "; } }"),
        (
            "b.py",
            "def f(n: int) -> int:\n    if n == 0:\n        return 1\n"
            + "".join(f"    elif n == {i}:\n        return {i}\n" for i in range(1, 1500)),
        ),
    ],
)
def test_a_program_nested_too_deeply_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "nested too deeply" in refused(capsys, good, program(tmp_path, name, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= 3", "not TOML"),
        ("source = 'f'\n", "target"),
        ("source = 'f'\ntarget = 'f'\n[[blocks]]\nsource = 3\n", "blocks.0.source"),
    ],
)
def test_a_bad_map_names_file_and_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    good = program(tmp_path, "a.py", GOOD)
    told = refused(capsys, good, good, "--map", program(tmp_path, "f.map.toml", text))
    assert "f.map.toml" in told
    assert words in told


def test_a_map_is_not_written_over_another_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    assert "is there already" in refused(capsys, good, good, "--write-map", good)
    assert Path(good).read_text() == GOOD


COMMAND = (sys.executable, "-m", "semalign.cli")


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_who_stops_does_not_change_the_exit_code(tmp_path: Path, options: tuple[str, ...]) -> None:
    good = program(tmp_path, "a.py", GOOD)
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run([*COMMAND, "diff", good, good, *options], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_full_disk_is_the_machines_failure_in_one_line(tmp_path: Path) -> None:
    good = program(tmp_path, "a.py", GOOD)
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run([*COMMAND, "diff", good, good], stdout=full, stderr=subprocess.PIPE, check=False)
    assert ran.returncode == 4
    assert ran.stderr.startswith(b"error: No space left on device")
    assert ran.stderr.count(b"\n") == 1


def children(pid: int) -> list[int]:
    """Processes whose parent it is."""
    return [int(path.name) for path in Path("/proc").glob("[0-9]*") if state(int(path.name))[1] == pid]


def state(pid: int) -> tuple[str, int]:
    """`R`, `S`, `Z` and so on, and the parent; `Z`, ended, also of one that is not there any more."""
    try:
        letter, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "Z", 0
    return letter, int(parent)


def test_the_keyboard_stops_it_and_nothing_is_left(tmp_path: Path) -> None:
    endless = program(tmp_path, "b.py", "while True:\n    pass\n")
    (tmp_path / "tmp").mkdir(mode=0o777)
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    with subprocess.Popen([*COMMAND, "run", endless], stderr=subprocess.PIPE, env=environment) as running:
        while running.poll() is None and not children(running.pid):
            time.sleep(0.05)
        started = children(running.pid)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=30)
    assert started
    assert (running.returncode, told) == (130, b"error: stopped\n")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert {state(pid)[0] for pid in started} == {"Z"}
