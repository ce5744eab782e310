"""Weights that run in this process, through llama.cpp; no server and no network.

Unlike the engine's own default, nothing of an earlier prompt is reused: the arithmetic of a reused prefix differs in
the last digits, so that a reply would depend on what was asked before.
"""

import http.client
import json
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from semalign.core.errors import (
    ConfigError,
    MissingToolError,
    ModelContextError,
    ModelDownError,
    ModelRequestError,
    ModelSchemaError,
    ModelTimeoutError,
)
from semalign.models.protocol import FREE, Price, Reply, Request, Usage, estimate_prompt, estimate_tokens
from semalign.models.schema import check_schema, hold_to_schema
from semalign.models.wire import Said, put_together


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalConfig:
    """Which weights run, and with how much of the machine."""

    path: Path  # of a GGUF file
    name: str = ""  # "" is the file's
    context_tokens: int = 8192  # prompt and reply together
    threads: int = 1  # more than one collapses as soon as anything else runs beside it
    timeout_s: float = 600.0  # of one call; looked at between two tokens, so a prompt that is being read is not cut
    reuse_prompt: bool = False  # faster where prompts begin alike; a reply may then depend on what was asked before

    def __post_init__(self) -> None:
        if self.context_tokens < 64 or self.threads < 1 or self.timeout_s <= 0:
            raise ConfigError("local weights need context_tokens of 64, threads of 1, and timeout_s above 0, at least")


class Local:
    """A model in this process. Calls wait for each other. A context manager: `close` frees the memory."""

    def __init__(self, config: LocalConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Load the weights.

        Raises:
            ConfigError: the file is not there or is no GGUF file.
            MissingToolError: the engine is not installed, or can't load the file.
        """
        self._config = config
        self._clock = clock
        self._lock = threading.Lock()
        # The engine listens on this machine too, whether one wants it or not; without the key it answers nobody.
        self._key = secrets.token_hex(16)
        self._engine: Any = _load(config, self._key)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="semalign-local")

    @property
    def name(self) -> str:
        """As it is known, else as its file is called."""
        return self._config.name or self._config.path.stem

    @property
    def price(self) -> Price | None:
        """Nothing."""
        return FREE

    def close(self) -> None:
        """Free the memory; further calls fail."""
        with self._lock:
            self._worker.shutdown()
            self._engine = None

    def __enter__(self) -> "Local":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def complete(self, request: Request) -> Reply:
        """The reply of the weights.

        Raises:
            ModelError: of the kind that tells why.
        """
        check_schema(request)
        with self._lock:
            if self._engine is None:
                raise ModelDownError(f"{self.name} was closed; load it again")
            said = self._say(request)
        usage = said.usage or Usage(
            prompt_tokens=estimate_prompt(request), completion_tokens=estimate_tokens(said.text), exact=False
        )
        logprobs = said.logprobs if request.n_logprobs else None
        reply = Reply(text=said.text, finish=said.finish, usage=usage, model=self.name, usd=0.0, logprobs=logprobs)
        hold_to_schema(reply, request)
        return reply

    def _say(self, request: Request) -> Said:
        # With log-probabilities the engine's chats merge tokens around a stop text; its completions keep them apart.
        as_chat = request.prompt is None and not request.n_logprobs
        handle = self._engine.handle_chat_completions if as_chat else self._engine.handle_completions
        body = self._sampling(request) | (self._chat(request) if as_chat else self._completion(request))
        parts = [handle(body)] if request.n_logprobs else self._streamed(handle, body, request)
        for part in parts:
            if isinstance(part, dict) and "error" in part:
                raise self._refusal(part["error"])
        return put_together(parts, self.name)

    def _sampling(self, request: Request) -> dict[str, Any]:
        return {
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stop": list(request.stop),
            "seed": secrets.randbits(31) if request.seed is None else request.seed,
            "cache_prompt": self._config.reuse_prompt,
        }

    def _chat(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {"messages": _messages(request)}
        if request.schema is not None:
            schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body

    def _completion(self, request: Request) -> dict[str, Any]:
        prompt = self._templated(request) if request.prompt is None else request.prompt
        body: dict[str, Any] = {"prompt": prompt, "n_probs": request.n_logprobs}
        return body if request.schema is None else {**body, "json_schema": dict(request.schema)}

    def _templated(self, request: Request) -> str:
        """The messages as the model's own template writes them."""
        address = urlsplit(self._engine.listening_address)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        try:
            body = json.dumps({"messages": _messages(request)})
            connection.request("POST", "/apply-template", body, {"Authorization": f"Bearer {self._key}"})
            return str(json.loads(connection.getresponse().read())["prompt"])
        except (OSError, http.client.HTTPException, ValueError, KeyError) as exc:
            raise ModelDownError(f"{self.name} does not tell its template ({exc}); load it again") from exc
        finally:
            connection.close()

    def _streamed(self, handle: Callable[..., Any], body: dict[str, Any], request: Request) -> list[object]:
        limit_s = min(self._config.timeout_s, request.timeout_s or self._config.timeout_s)
        deadline = self._clock() + limit_s
        parts: list[object] = []
        late, stop = threading.Event(), threading.Event()

        def take(part: object) -> bool:
            """Keep a part; whether the engine shall stop."""
            parts.append(part)
            if self._clock() > deadline:
                late.set()
            return late.is_set() or stop.is_set()

        # In a thread of its own: the engine swallows an interrupt that comes while it calls back.
        body = {**body, "stream": True, "stream_options": {"include_usage": True}}
        job = self._worker.submit(handle, body, take)
        try:
            job.result()
        except (ValueError, RuntimeError) as exc:
            raise self._engine_failure(exc, request) from exc
        finally:
            stop.set()
            wait([job])
        if late.is_set():
            raise ModelTimeoutError(
                f"{self.name} was not done within {limit_s:g} seconds; give more, or fewer max_tokens"
            )
        return parts

    def _engine_failure(self, exc: Exception, request: Request) -> ModelSchemaError | ModelRequestError:
        words = " ".join(str(exc).split())[:200]
        if request.schema is not None:
            return ModelSchemaError(f"{self.name} can't hold to the schema ({words}); simplify it")
        return ModelRequestError(f"{self.name} refuses the request ({words}); change what it names")

    def _refusal(self, error: object) -> ModelContextError | ModelRequestError:
        match error:
            case {"type": "exceed_context_size_error", "n_prompt_tokens": n_tokens}:
                return ModelContextError(
                    f"the prompt has {n_tokens} tokens and {self.name} was loaded for {self._config.context_tokens}; "
                    "shorten it, or load it with more context_tokens"
                )
            case {"message": message}:
                return ModelRequestError(f"{self.name} refuses the request ({message}); change what it names")
        return ModelRequestError(f"{self.name} refuses the request ({error}); change what it names")


def _messages(request: Request) -> list[dict[str, str]]:
    return [{"role": message.role.value, "content": message.text} for message in request.messages]


def _load(config: LocalConfig, key: str) -> Any:
    try:
        import xllamacpp
    except ImportError as exc:
        raise MissingToolError("local models need their engine; pip install 'semalign[local]'") from exc
    try:
        with config.path.open("rb") as file:
            magic = file.read(4)
    except OSError as exc:
        raise ConfigError(f"{config.path}: cannot be read ({exc.strerror}); give the path of a GGUF file") from exc
    if magic != b"GGUF":
        raise ConfigError(f"{config.path}: no GGUF file; give the path of one")
    params = xllamacpp.CommonParams()
    params.model.path = str(config.path)
    params.n_ctx = config.context_tokens
    params.n_parallel = 1
    params.cpuparams.n_threads = config.threads
    params.cpuparams_batch.n_threads = config.threads
    params.api_keys = [key]
    params.warmup = False
    params.verbosity = -1
    try:
        engine = xllamacpp.Server(params)
        # An engine that is freed before its loop runs waits for itself for ever; one that has answered does run.
        engine.handle_completions({"prompt": "a", "max_tokens": 1})
        return engine
    except (RuntimeError, ValueError) as exc:
        raise MissingToolError(
            f"{config.path} does not load; check it with `semalign models check`, or give it fewer context_tokens"
        ) from exc
