"""`semalign models`, as it is typed."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from semalign.cli import main
from semalign.models.weights import WEIGHTS
from tests.models.speaking_server import KEY, Server, refuse, speaking_server
from tests.models.weights_here import weights_here

SMALL = WEIGHTS["qwen2.5-coder-0.5b"]


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SEMALIGN_BASE_URL", "OPENAI_BASE_URL", "SEMALIGN_MODEL", "SEMALIGN_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SEMALIGN_CACHE", str(tmp_path))


@pytest.fixture
def no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEMALIGN_GGUF", raising=False)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with speaking_server() as state:
        monkeypatch.setenv("SEMALIGN_BASE_URL", state.url)
        monkeypatch.setenv("SEMALIGN_API_KEY", KEY)
        yield state


def test_list_says_what_is_there(no_file: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    told = capsys.readouterr().out
    assert "1.1 GB" in told
    assert "Apache-2.0" in told
    assert "none yet; pull one" in told


def test_list_as_json_has_the_default(no_file: None, capsys: pytest.CaptureFixture[str]) -> None:
    SMALL.path.parent.mkdir()
    SMALL.path.touch()
    os.truncate(SMALL.path, SMALL.n_bytes)
    assert main(["models", "list", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["default"] == SMALL.name
    assert [row["present"] for row in told["weights"]] == [False, True]
    assert told["weights"][1]["sha256"] == SMALL.sha256


def test_list_has_the_endpoint_and_never_its_key(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["models", "list"], ["models", "list", "--json"]):
        assert main(words) == 0
        told = capsys.readouterr().out
        assert "127.0.0.1" in told
        assert KEY not in told


def test_check_asks_an_endpoint(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "check"]) == 0
    shown = capsys.readouterr()
    assert "talker says:\n\none two three four" in shown.out
    assert "4 tokens in" in shown.err


def test_check_of_an_endpoint_that_refuses_is_one_line(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    server.next = [refuse(401)]
    assert main(["models", "check"]) == 4
    shown = capsys.readouterr()
    assert shown.err.startswith("error: talker at 127.0.0.1:")
    assert "set SEMALIGN_API_KEY" in shown.err
    assert shown.err.count("\n") == 1
    assert KEY not in shown.err


def test_check_tells_damage(no_file: None, capsys: pytest.CaptureFixture[str]) -> None:
    SMALL.path.parent.mkdir()
    SMALL.path.write_bytes(b"GGUF and then nothing")
    assert main(["models", "check", SMALL.name]) == 1
    assert "remove it and pull it again" in capsys.readouterr().out


def test_check_runs_a_file(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = weights_here()
    monkeypatch.delenv("SEMALIGN_GGUF", raising=False)
    assert main(["models", "check", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "def " in told["text"]
    assert told["sum_is_right"] is None


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["pull", "gpt"], 2, "no weights are known as 'gpt'; known are qwen2.5-coder-1.5b"),
        (["check", "gpt"], 2, "no model 'gpt'"),
        (["check", "qwen2.5-coder-0.5b"], 4, "semalign models pull qwen2.5-coder-0.5b"),
        (["check"], 4, "there is no model here"),
        (["check", "none.gguf"], 2, "none.gguf: cannot be read"),
        (["fetch"], 2, "fetch"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    no_file: None, words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *words]) == code
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.err.startswith("error: ")
    assert shown.err.count("\n") == 1


@pytest.mark.parametrize("command", ["list", "pull", "check"])
def test_help_has_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", command, "--help"]) == 0
    assert f"Example: semalign models {command}" in capsys.readouterr().out
