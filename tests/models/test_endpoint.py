import socket
import threading
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from semalign.core.errors import (
    ConfigError,
    ModelContextError,
    ModelCutError,
    ModelDownError,
    ModelError,
    ModelGarbageError,
    ModelKeyError,
    ModelRateError,
    ModelRequestError,
    ModelSchemaError,
    ModelTimeoutError,
)
from semalign.models import Finish, Message, Request, Role, Scripted, Usage
from semalign.models.endpoint import Endpoint, EndpointConfig, endpoint_of
from tests.models.speaking_server import KEY, Handle, Handler, Server, chunks, refuse, speaking_server

ASKED = Request(messages=(Message(Role.SYSTEM, "Be short."), Message(Role.USER, "Go on.")), max_tokens=9)
SOON = {"Retry-After-Ms": "1"}  # so that no test waits


@pytest.fixture
def server() -> Iterator[Server]:
    with speaking_server() as state:
        yield state


def endpoint(server: Server, **changes: Any) -> Endpoint:
    return Endpoint(EndpointConfig(**{"base_url": server.url, "model": "talker", "api_key": KEY, **changes}))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("asked", [ASKED, Request(prompt="def f(", max_tokens=9)], ids=["chat", "prompt"])
def test_a_reply_comes_whole(server: Server, asked: Request, stream: bool) -> None:
    reply = endpoint(server, stream=stream).complete(asked)
    assert (reply.text, reply.finish, reply.model) == ("one two three four", Finish.STOP, "talker")
    assert reply.usage == Usage(prompt_tokens=server.says.complete(asked).usage.prompt_tokens, completion_tokens=4)
    assert (reply.usd, reply.logprobs, reply.cached) == (None, None, False)
    assert bool(server.bodies[0].get("stream")) is stream


def test_everything_that_is_asked_is_sent(server: Server) -> None:
    schema = {"type": "array"}
    server.says = Scripted(["[1]"])
    endpoint(server).complete(replace(ASKED, temperature=0.5, stop=("a", "b"), seed=3, schema=schema))
    (body,) = server.bodies
    assert body["messages"] == [
        {"role": "system", "content": "Be short."}, {"role": "user", "content": "Go on."}
    ]  # fmt: skip
    assert (body["max_tokens"], body["temperature"], body["stop"], body["seed"]) == (9, 0.5, ["a", "b"], 3)
    assert body["response_format"]["json_schema"] == {"name": "reply", "schema": schema, "strict": True}
    assert server.keys == [f"Bearer {KEY}"]


def test_log_probabilities_are_read(server: Server) -> None:
    reply = endpoint(server).complete(replace(ASKED, n_logprobs=1))
    assert reply.logprobs is not None
    assert [token.token for token in reply.logprobs] == ["one ", "two ", "three ", "four "]
    assert reply.logprobs[0].likeliest == (("one ", -0.5),)
    assert server.bodies[0]["top_logprobs"] == 1


def garbage(kind: str, text: str) -> Handle:
    return lambda handler, body: handler.send_bytes(200, text.encode(), kind)


def events(*data: object) -> Handle:
    def handle(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin_stream()
        for one in data:
            handler.event(one)

    return handle


def hang_up(handler: Handler, body: dict[str, Any]) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


SPOKEN = list(chunks(Scripted(["one two"]).complete(ASKED)))
LONG = {"code": "context_length_exceeded", "type": "invalid_request_error"}
LLAMA_LONG = {"code": 400, "type": "exceed_context_size_error"}
NO_SCHEMA = {"param": "response_format", "code": "invalid"}
FAILURES: list[tuple[str, list[Handle], type[ModelError], str]] = [
    ("down", [refuse(503, headers=SOON)] * 2, ModelDownError, "fails on its side"),
    ("hangs up", [hang_up] * 2, ModelDownError, "can't be reached"),
    ("wrong key", [refuse(401)], ModelKeyError, "refuses the key"),
    ("forbidden", [refuse(403)], ModelKeyError, "refuses the key"),
    ("too often", [refuse(429, headers=SOON)] * 2, ModelRateError, "asked too often"),
    ("no such model", [refuse(404)], ModelRequestError, "SEMALIGN_MODEL"),
    ("bad request", [refuse(400)], ModelRequestError, "refuses the request"),
    ("too long", [refuse(400, LONG)], ModelContextError, "shorten the prompt"),
    ("too long for llama.cpp", [refuse(400, LLAMA_LONG)], ModelContextError, "shorten the prompt"),
    ("too large", [refuse(413)], ModelContextError, "shorten the prompt"),
    ("no schema", [refuse(400, NO_SCHEMA)], ModelSchemaError, "refuses the schema"),
    ("a page", [garbage("text/html", "<html>Welcome</html>")], ModelGarbageError, "check"),
    ("no JSON", [events("{not json")], ModelGarbageError, "not JSON"),
    ("another JSON", [events({"choices": "x"})], ModelGarbageError, "choices"),
    ("a number for a text", [events({"choices": [{"delta": {"content": 3}}]})], ModelGarbageError, "content"),
    ("an odd end", [events({"choices": [{"delta": {}, "finish_reason": "odd"}]})], ModelGarbageError, "finish_reason"),
    ("nothing", [events()], ModelGarbageError, "nothing"),
    ("only the end", [events("[DONE]")], ModelGarbageError, "nothing"),
    ("cut", [events(*SPOKEN[:2])] * 2, ModelCutError, "in the middle, after 6 characters"),
    ("cut politely", [events(*SPOKEN[:2], "[DONE]")] * 2, ModelCutError, "in the middle"),
    ("an error inside", [events(SPOKEN[0], {"error": {"message": "oh"}})], ModelDownError, "while it answered"),
]


@pytest.mark.parametrize(("next_", "kind", "told"), [case[1:] for case in FAILURES], ids=[case[0] for case in FAILURES])
def test_each_failure_has_its_kind_and_a_next_step(
    server: Server, next_: list[Handle], kind: type[ModelError], told: str
) -> None:
    server.next = [*next_]
    with pytest.raises(ModelError, match=told) as failure:
        endpoint(server, retries=1).complete(ASKED)
    assert type(failure.value) is kind
    assert "\n" not in str(failure.value)
    assert "; " in str(failure.value)
    assert server.next == [], "it was not tried again, or too often"


def test_no_failure_tells_the_key(server: Server) -> None:
    for _, handles, _, _ in FAILURES:
        server.next = [*handles]
        with pytest.raises(ModelError) as failure:
            endpoint(server, retries=1).complete(ASKED)
        assert KEY not in str(failure.value)
        assert KEY not in "".join(traceback.format_exception(failure.value))
    assert KEY not in repr(EndpointConfig(base_url="http://x", model="m", api_key=KEY))


@pytest.mark.parametrize(
    "first",
    [refuse(429, headers=SOON), refuse(500, headers=SOON), hang_up, events(*SPOKEN[:2])],
    ids=["429", "500", "hung up", "cut"],
)
def test_what_passes_is_tried_again(server: Server, first: Handle) -> None:
    server.next = [first]
    assert endpoint(server).complete(ASKED).text == "one two three four"
    assert len(server.bodies) == 2


def test_a_machine_that_is_not_there_is_down() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(ModelDownError, match="check the URL and that the server runs"):
        Endpoint(EndpointConfig(base_url=url, model="m", retries=0)).complete(ASKED)


def test_silence_is_a_timeout(server: Server) -> None:
    go_on = threading.Event()

    def wait(handler: Handler, body: dict[str, Any]) -> None:
        go_on.wait(10)
        hang_up(handler, body)

    server.next = [wait]
    try:
        with pytest.raises(ModelTimeoutError, match="took too long"):
            endpoint(server, timeout_s=0.05, retries=0).complete(ASKED)
    finally:
        go_on.set()


def test_a_trickle_is_a_timeout_too(server: Server) -> None:
    ticks = iter(range(0, 1000, 10))

    def trickle(handler: Handler, body: dict[str, Any]) -> None:
        handler.begin_stream()
        for chunk in SPOKEN:
            handler.event(chunk)

    server.next = [trickle]
    model = Endpoint(EndpointConfig(base_url=server.url, model="m", timeout_s=35), clock=lambda: next(ticks))
    with pytest.raises(ModelTimeoutError, match="still talking"):
        model.complete(ASKED)


def test_a_call_can_have_less_time_than_the_endpoint(server: Server) -> None:
    with pytest.raises(ModelTimeoutError, match="no time"):
        endpoint(server).complete(replace(ASKED, timeout_s=0.0))
    assert server.bodies == []


def test_a_model_that_knows_the_limit_by_another_name_is_asked_by_that(server: Server) -> None:
    server.next = [refuse(400, {"param": "max_tokens", "code": "unsupported_parameter"})]
    model = endpoint(server)
    assert model.complete(ASKED).text == model.complete(ASKED).text
    assert [body.get("max_completion_tokens") for body in server.bodies] == [None, 9, 9]
    assert "max_tokens" not in server.bodies[2]


def test_silence_about_tokens_is_not_taken_for_none(server: Server) -> None:
    server.next = [events(*SPOKEN[:-1])]
    usage = endpoint(server).complete(ASKED).usage
    assert not usage.exact
    assert usage.completion_tokens >= 2
    assert usage.prompt_tokens > 0


def test_calls_are_paced(server: Server) -> None:
    slept: list[float] = []
    config = EndpointConfig(base_url=server.url, model="m", requests_per_minute=60)
    model = Endpoint(config, clock=lambda: 0.0, sleep=slept.append)
    for _ in range(3):
        model.complete(ASKED)
    assert slept == [1.0, 2.0]


def test_a_reply_has_its_price(server: Server, tmp_path: Path) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('["talk*"]\nprompt_usd = 0\ncompletion_usd = 1_000_000\n')
    reply = endpoint(server, prices=prices).complete(ASKED)
    assert reply.usd == 4.0


def test_a_server_that_ignores_the_schema_is_told(server: Server) -> None:
    server.next = [events(*SPOKEN)]
    with pytest.raises(ModelSchemaError, match="may not support schemas"):
        endpoint(server).complete(replace(ASKED, schema={"type": "object"}))


def test_the_environment_names_the_endpoint(server: Server) -> None:
    told = endpoint_of({"SEMALIGN_BASE_URL": server.url, "SEMALIGN_MODEL": "m", "SEMALIGN_API_KEY": KEY})
    assert told == EndpointConfig(base_url=server.url, model="m", api_key=KEY)
    assert endpoint_of({"OPENAI_API_KEY": KEY}) is None


def test_a_key_goes_only_where_it_belongs(server: Server) -> None:
    told = endpoint_of({"SEMALIGN_BASE_URL": server.url, "SEMALIGN_MODEL": "m", "OPENAI_API_KEY": KEY})
    assert told is not None
    Endpoint(told).complete(ASKED)
    assert server.keys == ["Bearer none"]


def test_the_only_model_need_not_be_named(server: Server) -> None:
    told = endpoint_of({"OPENAI_BASE_URL": server.url})
    assert told is not None
    assert told.model == "talker"
    server.served = ["a", "b"]
    with pytest.raises(ConfigError, match=r"serves 2 models \(a, b\); name one in SEMALIGN_MODEL"):
        endpoint_of({"OPENAI_BASE_URL": server.url})


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x", "http://", "x"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="no URL of an endpoint"):
        EndpointConfig(base_url=url, model="m")


def test_a_password_in_a_url_is_not_told(server: Server) -> None:
    server.next = [refuse(400)]
    url = server.url.replace("://", "://me:hidden@")
    with pytest.raises(ModelRequestError) as failure:
        Endpoint(EndpointConfig(base_url=url, model="m")).complete(ASKED)
    assert "hidden" not in str(failure.value)


def test_an_endpoint_nobody_holds_takes_its_connections_with_it(server: Server) -> None:
    model = endpoint(server)
    model.complete(ASKED)
    client = model._client
    assert not client.is_closed()
    del model
    assert client.is_closed()


def test_a_block_closes_its_endpoint(server: Server) -> None:
    with endpoint(server) as model:
        model.complete(ASKED)
    assert model._client.is_closed()
