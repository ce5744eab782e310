import json
from dataclasses import replace
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, ModelDownError, ModelMissError
from semalign.models import Message, Reply, Request, Role, Scripted
from semalign.models.protocol import Finish, TokenLogprob, Usage
from semalign.models.recorded import Recorded, Recorder

ASKED = Request(messages=(Message(Role.SYSTEM, "Be short."), Message(Role.USER, "Grüße? 𝄞")), stop=("x",))
FULL = Reply(
    text="yes 𝄞",
    finish=Finish.LENGTH,
    usage=Usage(prompt_tokens=3, completion_tokens=1, exact=False),
    model="some",
    usd=0.25,
    logprobs=(TokenLogprob(token="yes", logprob=-0.5, likeliest=(("yes", -0.5), ("no", -1.5))),),
)


def test_what_was_recorded_is_played_again_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    assert Recorder(Scripted([FULL], name="some"), path).complete(ASKED) == FULL
    played = Recorded(path)
    assert played.complete(ASKED) == FULL
    assert played.complete(ASKED) == FULL
    assert played.name == "some"


def test_several_replies_to_one_request_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    draw = replace(ASKED, stop=(), seed=None, temperature=1.0)
    recorder = Recorder(Scripted(["a", "b"]), path)
    assert [recorder.complete(draw).text for _ in range(2)] == ["a", "b"]
    played = Recorded(path)
    assert [played.complete(draw).text for _ in range(3)] == ["a", "b", "b"]


def test_a_changed_prompt_is_a_miss(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    Recorder(Scripted(["a"]), path).complete(ASKED)
    other = replace(ASKED, messages=(Message(Role.USER, "Grüße!"),))
    with pytest.raises(ModelMissError, match=rf"{other.digest[:12]} \('Grüße!'\); record it again"):
        Recorded(path).complete(other)


def test_a_failure_is_not_recorded(tmp_path: Path) -> None:
    def down(request: Request) -> str:
        raise ModelDownError("down")

    path = tmp_path / "exchanges.jsonl"
    with pytest.raises(ModelDownError):
        Recorder(Scripted(down), path).complete(ASKED)
    assert not path.exists()


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "{}", '{"version": 1, "digest": "x", "reply": {"text": 3}}', '{"version": 9}']
)
def test_a_line_that_is_no_exchange_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "exchanges.jsonl"
    Recorder(Scripted(["a"]), path).complete(ASKED)
    with path.open("a") as file:
        file.write(line + "\n")
    with pytest.raises(ConfigError, match=r"exchanges.jsonl:2: .*record it again"):
        Recorded(path)


def test_people_can_read_what_was_asked(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    Recorder(Scripted(["a"]), path).complete(ASKED)
    assert json.loads(path.read_text())["request"]["messages"][1] == {"role": "user", "text": "Grüße? 𝄞"}
    assert "Grüße? 𝄞" in path.read_text()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.jsonl: cannot be read"):
        Recorded(tmp_path / "none.jsonl")
