"""The failures of an endpoint: which kind each is, told in one line with a next step and without the key."""

import contextlib
import json
from collections.abc import Iterator

import openai

from semalign.core.errors import (
    ModelContextError,
    ModelDownError,
    ModelError,
    ModelGarbageError,
    ModelKeyError,
    ModelRateError,
    ModelRequestError,
    ModelSchemaError,
    ModelTimeoutError,
    SemalignError,
)

_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"}
_SCHEMA_CODES = {"invalid_json_schema"}
_CONTEXT = (ModelContextError, "does not fit into its context", "shorten the prompt, or give fewer max_tokens")
_SCHEMA = (ModelSchemaError, "refuses the schema", "simplify it, or use a model that supports schemas")
_Told = tuple[type[ModelError], str, str]
_KINDS: tuple[tuple[type[Exception], _Told], ...] = (  # the first that fits
    (openai.APITimeoutError, (ModelTimeoutError, "took too long", "give more seconds, or fewer max_tokens")),
    (openai.APIConnectionError, (ModelDownError, "can't be reached", "check the URL and that the server runs")),
    (openai.AuthenticationError, (ModelKeyError, "refuses the key", "set SEMALIGN_API_KEY for SEMALIGN_BASE_URL")),
    (openai.PermissionDeniedError, (ModelKeyError, "refuses the key", "ask for access, or use another key")),
    (openai.RateLimitError, (ModelRateError, "is asked too often", "lower the requests or tokens a minute")),
    (openai.NotFoundError, (ModelRequestError, "knows no such model or path", "check SEMALIGN_MODEL and the URL")),
    (openai.InternalServerError, (ModelDownError, "fails on its side", "try later, or another endpoint")),
    (openai.APIStatusError, (ModelRequestError, "refuses the request", "change what it names")),
    (openai.APIResponseValidationError, (ModelGarbageError, "sent what is not a reply", "check the URL")),
    (openai.APIError, (ModelDownError, "failed while it answered", "ask again")),
    (json.JSONDecodeError, (ModelGarbageError, "sent what is not JSON", "check the URL")),
)


@contextlib.contextmanager
def attributed(who: str, *, secret: str = "") -> Iterator[None]:
    """Whatever the client library raises becomes a `ModelError` of its kind."""
    try:
        yield
    except SemalignError:
        raise
    except (openai.OpenAIError, OSError, ValueError, TypeError, LookupError, AttributeError, RuntimeError) as exc:
        kind, what, step = _told(exc)
        words = " ".join(str(exc).split())
        if secret:
            words = words.replace(secret, "***")
        # The library's exception holds the request with its key, so it must not come along as the cause.
        raise kind(f"{who} {what} ({words[:300]}); {step}") from None


def _told(exc: Exception) -> _Told:
    if isinstance(exc, openai.APIError):
        codes = {exc.code, exc.type, (exc.body or {}).get("type") if isinstance(exc.body, dict) else None}
        if codes & _CONTEXT_CODES or getattr(exc, "status_code", 0) == 413:
            return _CONTEXT
        if codes & _SCHEMA_CODES or (exc.param or "").startswith("response_format"):
            return _SCHEMA
    for cause, told in _KINDS:
        if isinstance(exc, cause):
            return told
    return ModelGarbageError, f"sent what is not a reply: {type(exc).__name__}", "check the URL"
