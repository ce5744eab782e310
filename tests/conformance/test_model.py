"""What every model of the table must do. A new model is one entry: how it is opened, and how it is broken.

The recording was made by the local model from these very tests. With the small weights at hand it is made anew, once
the old one is emptied, by `SEMALIGN_RECORD=1 pytest tests/conformance/test_model.py -k local`.
"""

import contextlib
import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from semalign.core.errors import BudgetError, ModelError
from semalign.models import (
    BudgetConfig,
    Budgeted,
    Finish,
    Message,
    Model,
    Recorded,
    Recorder,
    Reply,
    Request,
    Role,
    Scripted,
    complete_all,
    estimate_prompt,
)
from semalign.models.cached import Cached
from semalign.models.endpoint import Endpoint, EndpointConfig
from semalign.models.local import Local, LocalConfig
from tests.models.speaking_server import KEY, speaking_server
from tests.models.weights_here import weights_here

RECORDING = Path(__file__).parents[1] / "fixtures" / "models" / "conformance.jsonl"
SYSTEM = Message(Role.SYSTEM, "You answer with what is asked for and nothing else.")
COUNT = Request(
    messages=(SYSTEM, Message(Role.USER, "Write the words one two three four five in one line.")), max_tokens=16
)
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 12}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
WHO = Request(messages=(SYSTEM, Message(Role.USER, "Anna is 7. Give her name and age.")), max_tokens=40, schema=SCHEMA)
SPOKEN = "one two three four five"


def say(request: Request) -> str:
    return json.dumps({"name": "Anna", "age": 7}) if request.schema else SPOKEN


@contextlib.contextmanager
def scripted(folder: Path) -> Iterator[Model]:
    yield Scripted(say)


@contextlib.contextmanager
def scripted_empty(folder: Path) -> Iterator[Model]:
    yield Scripted([])


@contextlib.contextmanager
def recorded(folder: Path) -> Iterator[Model]:
    yield Recorded(RECORDING)


@contextlib.contextmanager
def recorded_empty(folder: Path) -> Iterator[Model]:
    (folder / "empty.jsonl").write_text("")
    yield Recorded(folder / "empty.jsonl")


@contextlib.contextmanager
def endpoint(folder: Path) -> Iterator[Model]:
    with speaking_server() as server:
        server.says = Scripted(say)
        yield Endpoint(EndpointConfig(base_url=server.url, model="talker", api_key=KEY, prices=prices(folder)))


def prices(folder: Path) -> Path:
    path = folder / "prices.toml"
    path.write_text("[talker]\nprompt_usd = 2\ncompletion_usd = 8\n")
    return path


@contextlib.contextmanager
def endpoint_gone(folder: Path) -> Iterator[Model]:
    with speaking_server() as server:
        config = EndpointConfig(base_url=server.url, model="talker", retries=0)
    yield Endpoint(config)


@contextlib.contextmanager
def local(folder: Path) -> Iterator[Model]:
    with Local(LocalConfig(path=weights_here(), context_tokens=512)) as model:
        yield Recorder(model, RECORDING) if os.environ.get("SEMALIGN_RECORD") else model


@contextlib.contextmanager
def local_closed(folder: Path) -> Iterator[Model]:
    model = Local(LocalConfig(path=weights_here(), context_tokens=512))
    model.close()
    yield model


@contextlib.contextmanager
def llama_server(folder: Path) -> Iterator[Model]:
    """The endpoint of a server that others wrote: llama.cpp's own, which the local engine also opens."""
    with Local(LocalConfig(path=weights_here(), context_tokens=512)) as model:
        url = f"{model._engine.listening_address}/v1"
        yield Endpoint(EndpointConfig(base_url=url, model="qwen", api_key=model._key))


@contextlib.contextmanager
def llama_server_locked(folder: Path) -> Iterator[Model]:
    with Local(LocalConfig(path=weights_here(), context_tokens=512)) as model:
        url = f"{model._engine.listening_address}/v1"
        yield Endpoint(EndpointConfig(base_url=url, model="qwen", api_key="wrong"))


def wrapped(
    wrap: Callable[[Model, Path], Model], broken: bool = False
) -> Callable[[Path], AbstractContextManager[Model]]:
    @contextlib.contextmanager
    def opened(folder: Path) -> Iterator[Model]:
        yield wrap(Scripted([]) if broken else Scripted(say), folder)

    return opened


def budgeted(model: Model, folder: Path) -> Model:
    return Budgeted(model, BudgetConfig(tokens=100_000, seconds=1e6, usd=1.0))


def cached(model: Model, folder: Path) -> Model:
    return Cached(model, folder / "replies")


def recorder(model: Model, folder: Path) -> Model:
    return Recorder(model, folder / "new.jsonl")


@dataclass(frozen=True)
class Entry:
    """How a model is opened in a folder of its own, and how one is that can't answer."""

    opened: Callable[[Path], AbstractContextManager[Model]]
    broken: Callable[[Path], AbstractContextManager[Model]]


MODELS = {
    "scripted": Entry(scripted, scripted_empty),
    "recorded": Entry(recorded, recorded_empty),
    "endpoint": Entry(endpoint, endpoint_gone),
    "local": Entry(local, local_closed),
    "llama-server": Entry(llama_server, llama_server_locked),
    "budgeted": Entry(wrapped(budgeted), wrapped(budgeted, broken=True)),
    "cached": Entry(wrapped(cached), wrapped(cached, broken=True)),
    "recorder": Entry(wrapped(recorder), wrapped(recorder, broken=True)),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with MODELS[request.param].opened(tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


def test_a_reply_is_a_text_with_its_tokens_counted(model: Model) -> None:
    reply = model.complete(COUNT)
    assert reply.text.strip()
    assert reply.finish in (Finish.STOP, Finish.LENGTH)
    assert 0 < reply.usage.completion_tokens <= COUNT.max_tokens
    assert reply.usage.prompt_tokens > 0
    assert reply.logprobs is None


def test_a_text_can_be_continued_as_it_stands(model: Model) -> None:
    reply = model.complete(Request(prompt="one two three four", max_tokens=4))
    assert reply.text
    assert reply.usage.completion_tokens <= 4


def test_a_stop_text_ends_a_reply_and_is_not_in_it(model: Model) -> None:
    whole = model.complete(COUNT)
    assert "three" in whole.text
    stopped = model.complete(replace(COUNT, stop=("never said", "three")))
    assert stopped.text == whole.text.partition("three")[0]
    assert stopped.finish is Finish.STOP


def test_no_reply_is_longer_than_was_asked_for(model: Model) -> None:
    reply = model.complete(replace(COUNT, max_tokens=2))
    assert reply.finish is Finish.LENGTH
    assert reply.usage.completion_tokens <= 2
    assert model.complete(COUNT).text.startswith(reply.text)


def test_a_seed_repeats(model: Model) -> None:
    draw = replace(COUNT, temperature=1.5, seed=11, max_tokens=8)
    assert model.complete(draw).text == model.complete(draw).text


def test_what_was_asked_before_does_not_matter(model: Model) -> None:
    before = model.complete(replace(COUNT, n_logprobs=2))
    model.complete(replace(COUNT, max_tokens=4))
    after = model.complete(replace(COUNT, n_logprobs=2))
    assert replace(after, cached=before.cached, usd=before.usd) == before


@pytest.mark.parametrize("stop", [(), ("three",)], ids=["whole", "stopped"])
def test_tokens_and_log_probabilities_agree(model: Model, stop: tuple[str, ...]) -> None:
    reply = model.complete(replace(COUNT, n_logprobs=2, stop=stop))
    if reply.logprobs is None:
        return  # a model need not have any
    assert "".join(token.token for token in reply.logprobs).startswith(reply.text.rstrip())
    # The last token may be the end of the reply, or the stop text, which some count and some don't.
    assert abs(len(reply.logprobs) - reply.usage.completion_tokens) <= 1
    for token in reply.logprobs:
        assert -math.inf < token.logprob <= 0
        assert 0 < len(token.likeliest) <= 2
        chances = [chance for _, chance in token.likeliest]
        assert chances == sorted(chances, reverse=True)


def test_a_schema_holds(model: Model) -> None:
    said = json.loads(model.complete(WHO).text)
    assert isinstance(said["age"], int)
    assert set(said) == {"name", "age"}


def test_what_is_no_schema_is_a_model_error(model: Model) -> None:
    with pytest.raises(ModelError):
        model.complete(replace(WHO, schema={"type": "nonsense"}))


def test_money_is_the_price_of_the_tokens(model: Model) -> None:
    reply = model.complete(replace(COUNT, label="anyone"))
    if model.price is None:
        assert reply.usd is None
    elif not reply.cached:
        assert reply.usd == pytest.approx(model.price.of(reply.usage))


def test_a_budget_is_respected(model: Model) -> None:
    limit = 2 * (estimate_prompt(COUNT) + COUNT.max_tokens)
    budget = Budgeted(model, BudgetConfig(tokens=limit))
    n_refused = 0
    for _ in range(9):
        try:
            budget.complete(COUNT)
        except BudgetError:
            n_refused += 1
    spent = budget.spent
    assert spent.tokens <= limit
    assert spent.calls + spent.cached + n_refused == 9
    assert spent.cached or n_refused


def test_threads_do_not_mix_up_replies(model: Model) -> None:
    asked = [replace(COUNT, max_tokens=n) for n in (1, 2, 3)] * 2
    replies = complete_all(model, asked, at_once=3)
    assert all(isinstance(reply, Reply) for reply in replies)
    assert [getattr(reply, "text", None) for reply in replies[:3]] == [getattr(r, "text", None) for r in replies[3:]]


@pytest.mark.parametrize("name", MODELS)
def test_a_failure_is_a_model_error_of_one_line(name: str, tmp_path: Path) -> None:
    with MODELS[name].broken(tmp_path) as model, pytest.raises(ModelError) as failure:
        model.complete(COUNT)
    assert "\n" not in str(failure.value)
    assert "; " in str(failure.value)
