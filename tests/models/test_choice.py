import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, MissingToolError
from semalign.models import Request, Role
from semalign.models.choice import open_model, weights_meant
from semalign.models.weights import WEIGHTS
from tests.models.speaking_server import KEY, Server, speaking_server
from tests.models.weights_here import weights_here

LARGE, SMALL = WEIGHTS


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEMALIGN_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def server() -> Iterator[Server]:
    with speaking_server() as state:
        yield state


def put(name: str) -> None:
    """A file of the right size, which takes no room."""
    path = WEIGHTS[name].path
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, WEIGHTS[name].n_bytes)


def test_without_any_model_there_is_one_line_that_says_how_to_bring_one(cache: Path) -> None:
    with pytest.raises(MissingToolError, match=r"semalign models pull .*SEMALIGN_GGUF.*SEMALIGN_BASE_URL"):
        open_model(environ={})


def test_the_larger_weights_come_before_the_smaller_ones(cache: Path) -> None:
    put(SMALL)
    assert weights_meant("", {}) is WEIGHTS[SMALL]
    put(LARGE)
    assert weights_meant("", {}) is WEIGHTS[LARGE]
    assert weights_meant(SMALL, {}) is WEIGHTS[SMALL]


def test_a_file_of_yours_comes_before_known_weights(cache: Path) -> None:
    put(LARGE)
    path = weights_here()
    model = open_model(environ={"SEMALIGN_GGUF": str(path)})
    assert model.name == path.stem


def test_an_endpoint_comes_first(cache: Path, server: Server) -> None:
    put(LARGE)
    environ = {"SEMALIGN_BASE_URL": server.url, "SEMALIGN_API_KEY": KEY, "SEMALIGN_GGUF": "x.gguf"}
    assert open_model(environ=environ).name == "talker"
    assert open_model("other", environ=environ).name == "other"


def test_replies_of_an_endpoint_are_kept_unless_told_otherwise(cache: Path, server: Server) -> None:
    environ = {"SEMALIGN_BASE_URL": server.url, "SEMALIGN_MODEL": "talker"}
    asked = Request(prompt="go on")
    assert [open_model(environ=environ).complete(asked).cached for _ in range(2)] == [False, True]
    assert not open_model(environ=environ, kept=False).complete(asked).cached
    assert len(server.bodies) == 2


def test_weights_that_are_not_here_are_to_be_pulled(cache: Path) -> None:
    with pytest.raises(MissingToolError, match=f"semalign models pull {SMALL}"):
        open_model(SMALL, environ={})


def test_an_unknown_name_has_a_near_miss(cache: Path) -> None:
    with pytest.raises(ConfigError, match=rf"did you mean {SMALL}\?"):
        open_model("qwen2.5-coder-0.5", environ={})
    with pytest.raises(ConfigError, match=f"known are {LARGE}, {SMALL}"):
        open_model("zzz", environ={})


def test_half_a_file_is_not_present(cache: Path) -> None:
    put(SMALL)
    os.truncate(WEIGHTS[SMALL].path, 100)
    assert not WEIGHTS[SMALL].present


def test_roles_are_those_of_the_protocol() -> None:
    assert [role.value for role in Role] == ["system", "user", "assistant"]
