"""What only weights that run here can show; the rest is in the conformance suite."""

import ast
import json
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, MissingToolError, ModelContextError, ModelSchemaError, ModelTimeoutError
from semalign.models import Finish, Message, Request, Role
from semalign.models.infill import infill
from semalign.models.local import Local, LocalConfig
from tests.models.weights_here import weights_here

ASKED = Request(messages=(Message(Role.USER, "Write a Python function that adds two numbers. Only code."),))


@pytest.fixture(scope="module")
def model() -> Iterator[Local]:
    with Local(LocalConfig(path=weights_here(), context_tokens=256)) as opened:
        yield opened


def test_it_can_write_a_function(model: Local) -> None:
    reply = model.complete(ASKED)
    assert reply.finish is Finish.STOP
    assert ast.parse(reply.text.replace("```python", "").replace("```", ""))
    assert (reply.usd, reply.usage.exact) == (0.0, True)


def test_it_fills_in_what_is_missing(model: Local) -> None:
    before, after = "def add(a, b):\n    return ", "\n\nassert add(1, 2) == 3\n"
    reply = model.complete(infill(before, after, max_tokens=3))
    assert reply.text.strip().startswith("a + b")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": ["yes", "no"]},
        {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2},
        {
            "type": "object",
            "properties": {"calls": {"type": "array", "maxItems": 1, "items": {"$ref": "#/$defs/call"}}},
            "required": ["calls"],
            "additionalProperties": False,
            "$defs": {
                "call": {
                    "type": "object",
                    "properties": {"tool": {"const": "add"}, "left": {"type": "integer"}},
                    "required": ["tool", "left"],
                    "additionalProperties": False,
                }
            },
        },
    ],
    ids=["enum", "array", "nested"],
)
def test_a_schema_of_any_shape_is_held_to(model: Local, schema: dict[str, object]) -> None:
    asked = Request(messages=(Message(Role.USER, "Tell me a story."),), schema=schema, max_tokens=60)
    assert json.loads(model.complete(asked).text) is not None


def test_json_that_does_not_fit_is_an_error_and_not_half_a_reply(model: Local) -> None:
    schema = {"type": "array", "items": {"type": "integer"}, "minItems": 30}
    with pytest.raises(ModelSchemaError, match="did not finish its JSON within 4 tokens"):
        model.complete(Request(messages=ASKED.messages, schema=schema, max_tokens=4))


def test_a_prompt_that_is_too_long_is_told_with_both_lengths(model: Local) -> None:
    with pytest.raises(ModelContextError, match=r"has \d{3} tokens and .* was loaded for 256; shorten it"):
        model.complete(Request(messages=(Message(Role.USER, "hello " * 400),)))


def test_time_is_bounded_between_two_tokens() -> None:
    ticks = iter(range(1000))
    with Local(LocalConfig(path=weights_here(), context_tokens=256), clock=lambda: next(ticks)) as model:
        with pytest.raises(ModelTimeoutError, match="was not done within 3 seconds"):
            model.complete(Request(messages=ASKED.messages, timeout_s=3))
        assert model.complete(Request(messages=ASKED.messages, max_tokens=2)).text, "it is of use afterwards"


def test_an_interrupt_ends_a_call(model: Local) -> None:
    asked = Request(messages=(Message(Role.USER, "Tell me a long story."),), max_tokens=150)
    alarm = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
    alarm.start()
    with pytest.raises(KeyboardInterrupt):
        model.complete(asked)
    alarm.join()
    assert model.complete(Request(prompt="a b c", max_tokens=2)).text


def test_nobody_else_on_this_machine_can_ask_it(model: Local) -> None:
    body = json.dumps({"prompt": "a", "max_tokens": 1}).encode()
    asked = urllib.request.Request(f"{model._engine.listening_address}/completion", data=body)
    with pytest.raises(urllib.error.HTTPError, match="401") as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked)
    refused.value.close()


def test_engines_come_and_go() -> None:
    for _ in range(2):
        Local(LocalConfig(path=weights_here(), context_tokens=256)).close()


def test_a_file_that_is_no_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp", reason="the engine is not installed: pip install 'semalign[local]'")
    path = tmp_path / "model.gguf"
    with pytest.raises(ConfigError, match="cannot be read"):
        Local(LocalConfig(path=path))
    path.write_bytes(b"text")
    with pytest.raises(ConfigError, match="no GGUF file"):
        Local(LocalConfig(path=path))
    path.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(MissingToolError, match="does not load"):
        Local(LocalConfig(path=path))


@pytest.mark.parametrize("change", [{"threads": 0}, {"context_tokens": 1}, {"timeout_s": 0.0}])
def test_settings_that_can_not_be_meant_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="at least"):
        LocalConfig(path=Path("x"), **change)  # type: ignore[arg-type]  # one of them each
