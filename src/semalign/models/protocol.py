"""What every model is asked and answers: one `Request` in, one `Reply` out.

Unlike the usual clients there is no conversation and no stream to hold: a call is a function of its request. What a
model is wrapped in (a budget, a cache, a recorder) is a model again.
"""

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Protocol

from semalign.core.errors import ConfigError

_NOT_ASKED = frozenset({"label", "timeout_s"})  # what does not change the reply


class Role(enum.StrEnum):
    """Who says a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class Finish(enum.StrEnum):
    """Why a reply ended."""

    STOP = "stop"  # the model was done, or reached a stop text
    LENGTH = "length"  # `max_tokens` was reached
    FILTERED = "filtered"  # the endpoint held something back


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat."""

    role: Role
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of a model: a chat in `messages`, or a text to continue as it stands in `prompt`.

    The same request to the same model gives the same reply, as far as the model can: `temperature` is 0 and `seed` set
    unless told otherwise. `seed=None` with a temperature asks for a fresh draw each time, which no cache answers.
    `n_logprobs` is how many of the likeliest tokens are wanted at each position; 0 asks for no log-probabilities.
    `schema` is a JSON schema that the reply must hold to. `label` is who asks, for the accounts; `timeout_s` bounds
    this call beside the model's own limit. These two are no part of the digest.

    Raises:
        ConfigError: it cannot be meant.
    """

    messages: tuple[Message, ...] = ()
    prompt: str | None = None
    max_tokens: int = 1024
    temperature: float = 0.0
    stop: tuple[str, ...] = ()
    seed: int | None = 0
    schema: Mapping[str, Any] | None = None
    n_logprobs: int = 0
    label: str = ""
    timeout_s: float | None = None

    def __post_init__(self) -> None:
        if bool(self.messages) == (self.prompt is not None):
            raise ConfigError("a request has either messages or a prompt; give one of them")
        if self.prompt is not None and self.schema is not None:
            raise ConfigError("a schema needs a chat; give messages instead of a prompt")
        if self.max_tokens < 1:
            raise ConfigError(f"max_tokens is {self.max_tokens}; give 1 or more")
        if not 0 <= self.temperature <= 2:
            raise ConfigError(f"temperature is {self.temperature}; give a number from 0 to 2")
        if not 0 <= self.n_logprobs <= 20:
            raise ConfigError(f"n_logprobs is {self.n_logprobs}; give a number from 0 to 20")
        if not all(self.stop):
            raise ConfigError("a stop text is empty; leave it out")

    @property
    def fresh(self) -> bool:
        """Whether each asking is meant to draw anew."""
        return self.seed is None and self.temperature > 0

    @property
    def digest(self) -> str:
        """The name of what is asked, 64 hexadecimal digits; the same on every machine."""
        asked = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _NOT_ASKED}
        asked["messages"] = [[message.role, message.text] for message in self.messages]
        text = json.dumps(asked, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How many tokens a call took. Not `exact` where the endpoint kept silent and the text's length was taken."""

    prompt_tokens: int
    completion_tokens: int
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLogprob:
    """One token of a reply, its natural log-probability, and the likeliest tokens at its position, likeliest first."""

    token: str
    logprob: float
    likeliest: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model answered. `usd` is None where the price is unknown; `logprobs` where there are none."""

    text: str
    finish: Finish
    usage: Usage
    model: str
    usd: float | None
    logprobs: tuple[TokenLogprob, ...] | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a million tokens cost, in US dollars."""

    prompt_usd: float
    completion_usd: float

    def of(self, usage: Usage) -> float:
        """What a call of this size costs, in US dollars.

        >>> Price(prompt_usd=2.0, completion_usd=8.0).of(Usage(prompt_tokens=1000, completion_tokens=500))
        0.006
        """
        return (usage.prompt_tokens * self.prompt_usd + usage.completion_tokens * self.completion_usd) / 1_000_000


FREE = Price(prompt_usd=0.0, completion_usd=0.0)


class Model(Protocol):
    """Something that answers requests. Safe to call from several threads at once."""

    @property
    def name(self) -> str:
        """Which model answers."""
        ...

    @property
    def price(self) -> Price | None:
        """What its tokens cost; None where nobody told."""
        ...

    def complete(self, request: Request) -> Reply:
        """The reply to a request.

        Raises:
            ModelError: there is no usable reply; the kind says why.
            BudgetError: a budget would not hold the call.
        """
        ...


def estimate_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many than too few: a third of its bytes, and one.

    >>> estimate_tokens("def f(): pass")
    5
    """
    return len(text.encode("utf-8", "surrogatepass")) // 3 + 1


def estimate_prompt(request: Request) -> int:
    """About how many tokens a request has before it is answered; each message has a frame of its own."""
    texts = [message.text for message in request.messages] or [request.prompt or ""]
    return sum(estimate_tokens(text) + 4 for text in texts)
