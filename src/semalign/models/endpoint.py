"""Any OpenAI-compatible endpoint, by its URL: a hosted one, vLLM, SGLang, Ollama, a llama.cpp server.

The client library retries what can be retried before a reply begins, and waits as the endpoint says; here a reply that
ends in the middle is asked for again, calls are paced, and each failure gets its kind and a next step.
"""

import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
from openai import OpenAI

from semalign.core.errors import ConfigError, ModelCutError, ModelTimeoutError
from semalign.models.failure import attributed
from semalign.models.pace import Pace
from semalign.models.prices import price_of
from semalign.models.protocol import Price, Reply, Request, Usage, estimate_prompt, estimate_tokens
from semalign.models.schema import check_schema, hold_to_schema
from semalign.models.wire import Said, put_together


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """Where an endpoint is, and how it is asked. The key is in no text that is made of this."""

    base_url: str
    model: str
    api_key: str = field(default="", repr=False)
    timeout_s: float = 120.0  # of one try, from asking to the last word
    retries: int = 3
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    stream: bool = True  # off for servers that can't; then a reply that is cut is only told by its length
    prices: Path | None = None  # the user's own table

    def __post_init__(self) -> None:
        if urlsplit(self.base_url).scheme not in ("http", "https") or not self.host:
            raise ConfigError(f"{self.base_url!r} is no URL of an endpoint; write it like http://localhost:8000/v1")
        if not self.model:
            raise ConfigError(f"no model is named for {self.host}; set SEMALIGN_MODEL")
        if self.timeout_s <= 0 or self.retries < 0:
            raise ConfigError("an endpoint needs timeout_s above 0 and retries of 0 or more")

    @property
    def host(self) -> str:
        """Its name and port, without what may be secret in a URL."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]


class Endpoint:
    """The model at an endpoint."""

    def __init__(
        self,
        config: EndpointConfig,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config = config
        self._clock = clock
        self._price = price_of(config.model, config.prices)
        self._client = OpenAI(
            base_url=config.base_url, api_key=config.api_key or "none", max_retries=config.retries, timeout=60.0
        )
        # An endpoint that nobody holds any more takes its connections with it.
        self._closing = weakref.finalize(self, self._client.close)
        self._pace = Pace(
            requests_per_minute=config.requests_per_minute,
            tokens_per_minute=config.tokens_per_minute,
            clock=clock,
            sleep=sleep,
        )
        self._limit_name = "max_tokens"

    @property
    def name(self) -> str:
        """The model's name at the endpoint."""
        return self._config.model

    @property
    def price(self) -> Price | None:
        """From the table of prices."""
        return self._price

    def complete(self, request: Request) -> Reply:
        """The endpoint's reply.

        Raises:
            ModelError: of the kind that tells why.
        """
        check_schema(request)
        said = self._persist(request)
        usage = said.usage or Usage(
            prompt_tokens=estimate_prompt(request), completion_tokens=estimate_tokens(said.text), exact=False
        )
        reply = Reply(
            text=said.text,
            finish=said.finish,
            usage=usage,
            model=said.model,
            usd=self._price.of(usage) if self._price else None,
            logprobs=said.logprobs if request.n_logprobs else None,
        )
        hold_to_schema(reply, request)
        return reply

    def close(self) -> None:
        """Let the connections go; a reply that is asked for later fails."""
        self._closing()

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _persist(self, request: Request) -> Said:
        """Ask again where a reply ends in the middle; the library can't, as it has begun to hand it out."""
        ends = None if request.timeout_s is None else self._clock() + request.timeout_s
        tries_left = self._config.retries
        while True:
            self._pace.wait(estimate_prompt(request) + request.max_tokens)
            try:
                return self._try(request, ends)
            except ModelCutError:
                if not tries_left:
                    raise
                tries_left -= 1

    def _try(self, request: Request, ends: float | None) -> Said:
        now = self._clock()
        deadline = now + self._config.timeout_s if ends is None else min(ends, now + self._config.timeout_s)
        with attributed(f"{self.name} at {self._config.host}", secret=self._config.api_key):
            try:
                return put_together(self._parts(request, deadline), self.name)
            except openai.BadRequestError as exc:
                # Newer hosted models know the limit by another name, and say so in a field made for it.
                if exc.param != self._limit_name or self._limit_name == "max_completion_tokens":
                    raise
                self._limit_name = "max_completion_tokens"
                return put_together(self._parts(request, deadline), self.name)

    def _parts(self, request: Request, deadline: float) -> Iterator[object]:
        left_s = deadline - self._clock()
        if left_s <= 0:
            raise ModelTimeoutError(f"{self.name} at {self._config.host} was given no time; give more seconds")
        ask = self._client.chat.completions.create if request.prompt is None else self._client.completions.create
        # Token by token, some servers merge the tokens around a stop text; whole replies keep them apart.
        stream = self._config.stream and not request.n_logprobs
        answer: Any = ask(**self._body(request), **_streaming(stream), timeout=left_s)
        if not stream:
            yield _plain(answer)
            return
        with answer:
            for part in answer:
                yield _plain(part)
                if self._clock() > deadline:
                    raise ModelTimeoutError(
                        f"{self.name} at {self._config.host} was still talking when its time was over; "
                        "give more seconds, or fewer max_tokens"
                    )

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self.name, "temperature": request.temperature}
        limit_name = self._limit_name if request.prompt is None else "max_tokens"
        body[limit_name] = request.max_tokens
        if request.prompt is None:
            body["messages"] = [{"role": message.role.value, "content": message.text} for message in request.messages]
        else:
            body["prompt"] = request.prompt
        if request.stop:
            body["stop"] = list(request.stop)
        if request.seed is not None:
            body["seed"] = request.seed
        if request.schema is not None:
            schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if request.n_logprobs:
            body |= (
                {"logprobs": request.n_logprobs}
                if request.prompt is not None
                else {"logprobs": True, "top_logprobs": request.n_logprobs}
            )
        return body


def _streaming(stream: bool) -> dict[str, Any]:
    return {"stream": True, "stream_options": {"include_usage": True}} if stream else {}


def _plain(part: Any) -> object:
    """The JSON that the library made an object of, as it came."""
    return part.to_dict(warnings=False) if hasattr(part, "to_dict") else part


def endpoint_of(environ: Mapping[str, str] = os.environ) -> EndpointConfig | None:
    """The endpoint that the environment names; None where it names none.

    A key goes only to the URL it was set for: `SEMALIGN_API_KEY` to `SEMALIGN_BASE_URL`, `OPENAI_API_KEY` to
    `OPENAI_BASE_URL`. A key alone names no endpoint, so that nobody's programs are sent anywhere by surprise.

    Raises:
        ConfigError: the URL is none, or no model is named and the endpoint does not serve just one.
    """
    for prefix in ("SEMALIGN", "OPENAI"):
        base_url = environ.get(f"{prefix}_BASE_URL", "")
        if base_url:
            key = environ.get(f"{prefix}_API_KEY", "")
            prices = environ.get("SEMALIGN_PRICES")
            model = environ.get("SEMALIGN_MODEL", "")
            config = EndpointConfig(
                base_url=base_url, model=model or "?", api_key=key, prices=Path(prices) if prices else None
            )
            return config if model else _with_only_model(config)
    return None


def _with_only_model(config: EndpointConfig) -> EndpointConfig:
    with attributed(config.host, secret=config.api_key):
        key = config.api_key or "none"
        with OpenAI(base_url=config.base_url, api_key=key, timeout=20.0, max_retries=1) as client:
            served = [model.id for model in client.models.list()]
    if len(served) != 1:
        some = ", ".join(served[:5]) or "none"
        raise ConfigError(f"{config.host} serves {len(served)} models ({some}); name one in SEMALIGN_MODEL")
    return EndpointConfig(base_url=config.base_url, model=served[0], api_key=config.api_key, prices=config.prices)
