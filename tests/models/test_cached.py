from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from semalign.core.errors import ConfigError, ModelDownError
from semalign.models import Message, Request, Role, Scripted
from semalign.models.cached import Cached
from semalign.models.protocol import Price

ASKED = Request(messages=(Message(Role.USER, "Go on."),))
PRICE = Price(prompt_usd=1.0, completion_usd=1.0)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_asked_once_is_not_asked_again(tmp_path: Path) -> None:
    first = Cached(Scripted(["one"], price=PRICE), tmp_path).complete(ASKED)
    again = Cached(Scripted([], price=PRICE), tmp_path).complete(ASKED)
    assert first.usd
    assert not first.cached
    assert again == replace(first, cached=True, usd=0.0)


def test_another_request_another_model_and_another_scope_are_asked(tmp_path: Path) -> None:
    Cached(Scripted(["one"]), tmp_path, scope="here").complete(ASKED)
    for model, scope, asked in [
        (Scripted(["two"]), "here", replace(ASKED, seed=1)),
        (Scripted(["two"], name="other"), "here", ASKED),
        (Scripted(["two"]), "there", ASKED),
    ]:
        assert Cached(model, tmp_path, scope=scope).complete(asked).text == "two"


def test_a_fresh_draw_is_drawn(tmp_path: Path) -> None:
    model = Cached(Scripted(["one", "two"]), tmp_path)
    draw = replace(ASKED, seed=None, temperature=1.0)
    assert [model.complete(draw).text for _ in range(2)] == ["one", "two"]
    assert files(tmp_path) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_entry_is_asked_anew(tmp_path: Path, data: st.DataObject) -> None:
    for path in files(tmp_path):
        path.unlink()
    Cached(Scripted(["one"]), tmp_path).complete(ASKED)
    (path,) = files(tmp_path)
    whole = path.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    spoiled = data.draw(st.sampled_from([whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]]))
    path.write_bytes(spoiled)
    mended = Cached(Scripted(["two"]), tmp_path).complete(ASKED)
    assert (mended.text, mended.cached) == ("two", False)
    assert Cached(Scripted([]), tmp_path).complete(ASKED).text == "two"


def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    def down(request: Request) -> str:
        raise ModelDownError("down")

    with pytest.raises(ModelDownError):
        Cached(Scripted(down), tmp_path).complete(ASKED)
    assert files(tmp_path) == []


def test_a_folder_that_can_not_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="can't be kept there"):
        Cached(Scripted(["one"]), tmp_path / "taken").complete(ASKED)
