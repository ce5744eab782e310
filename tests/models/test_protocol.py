from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.core.errors import ConfigError
from semalign.models import Message, Price, Request, Role, Usage, estimate_prompt, estimate_tokens

ASKED = Request(messages=(Message(Role.USER, "Say yes."),))


def test_a_digest_is_the_same_on_every_machine() -> None:
    assert ASKED.digest == "8cc96c596bc60987f6081759686b04372bd348e74dccf84a2adc77bff1e7a07c"


@pytest.mark.parametrize(
    "change",
    [
        {"messages": (Message(Role.SYSTEM, "Say yes."),)},
        {"messages": (), "prompt": "Say yes."},
        {"max_tokens": 7},
        {"temperature": 0.5},
        {"stop": ("x",)},
        {"seed": 1},
        {"schema": {"type": "object"}},
        {"n_logprobs": 1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_the_reply_changes_the_digest(change: dict[str, Any]) -> None:
    assert replace(ASKED, **change).digest != ASKED.digest


def test_who_asks_and_for_how_long_is_not_in_the_digest() -> None:
    assert replace(ASKED, label="repair", timeout_s=3.0).digest == ASKED.digest


def test_the_order_of_keys_in_a_schema_is_not_in_the_digest() -> None:
    one = replace(ASKED, schema={"type": "object", "title": "x"})
    assert one.digest == replace(ASKED, schema={"title": "x", "type": "object"}).digest


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"messages": ()}, "either messages or a prompt"),
        ({"prompt": "x"}, "either messages or a prompt"),
        ({"messages": (), "prompt": "x", "schema": {}}, "needs a chat"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"temperature": -1.0}, "temperature is -1"),
        ({"temperature": float("nan")}, "temperature is nan"),
        ({"n_logprobs": 21}, "n_logprobs is 21"),
        ({"stop": ("a", "")}, "stop text is empty"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        replace(ASKED, **change)


def test_only_a_seedless_draw_is_fresh() -> None:
    assert replace(ASKED, seed=None, temperature=1.0).fresh
    assert not replace(ASKED, seed=None).fresh
    assert not replace(ASKED, temperature=1.0).fresh


@given(st.text())
def test_an_estimate_is_positive_and_grows_with_the_text(text: str) -> None:
    assert 0 < estimate_tokens(text) <= estimate_tokens(text + "more")


def test_each_message_counts() -> None:
    twice = replace(ASKED, messages=ASKED.messages * 2)
    assert estimate_prompt(twice) == 2 * estimate_prompt(ASKED)
    assert estimate_prompt(Request(prompt="x" * 300)) > 100


def test_a_price_is_per_million() -> None:
    price = Price(prompt_usd=1.0, completion_usd=3.0)
    assert price.of(Usage(prompt_tokens=1_000_000, completion_tokens=1_000_000)) == 4.0
