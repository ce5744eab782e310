"""What OpenAI-compatible servers send, whole or in chunks, for chats or plain completions; decoded only here.

Read leniently where servers differ (what is not named here is not looked at), and strictly in what a reply rests on:
text that is text, a reason why it ended, numbers that are numbers.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from semalign.core.errors import ModelCutError, ModelGarbageError
from semalign.models.protocol import Finish, TokenLogprob, Usage

_FINISH = {"stop": Finish.STOP, "length": Finish.LENGTH, "content_filter": Finish.FILTERED}


@dataclass(frozen=True, slots=True)
class _Likely:
    token: str
    logprob: float


@dataclass(frozen=True, slots=True)
class _Token:
    token: str
    logprob: float
    top_logprobs: tuple[_Likely, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Logprobs:
    content: tuple[_Token, ...] | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    content: str | None = None


@dataclass(frozen=True, slots=True)
class _Choice:
    index: int = 0
    delta: _Said | None = None  # a chunk of a chat
    message: _Said | None = None  # a whole chat reply
    text: str | None = None  # a plain completion
    finish_reason: Literal["stop", "length", "content_filter"] | None = None
    logprobs: _Logprobs | None = None


@dataclass(frozen=True, slots=True)
class _Usage:
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class _Part:
    choices: tuple[_Choice, ...]
    usage: _Usage | None = None
    model: str | None = None


_PART = TypeAdapter(_Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What came back, put together; `usage` is None where the server kept silent about it."""

    text: str
    finish: Finish
    usage: Usage | None
    model: str
    logprobs: tuple[TokenLogprob, ...] | None


def put_together(parts: Iterable[object], model: str) -> Said:
    """One reply from the JSON objects that a server sent; `model` names it in errors and where the server doesn't.

    Raises:
        ModelGarbageError: a part is none, or there is no part at all.
        ModelCutError: the parts end without the reason why the reply ended.
    """
    texts: list[str] = []
    tokens: list[TokenLogprob] = []
    finish: Finish | None = None
    usage: Usage | None = None
    n_parts = 0
    for raw in parts:
        part = _part(raw, model)
        n_parts += 1
        model = part.model or model
        if part.usage is not None:
            usage = Usage(prompt_tokens=part.usage.prompt_tokens, completion_tokens=part.usage.completion_tokens)
        for choice in part.choices:
            if choice.index == 0:
                texts.append(_text(choice))
                tokens += _tokens(choice.logprobs)
                finish = _FINISH[choice.finish_reason] if choice.finish_reason else finish
    if n_parts == 0:
        raise ModelGarbageError(f"{model} sent nothing that is a reply; check that the URL is an OpenAI-compatible one")
    if finish is None:
        raise ModelCutError(
            f"the reply of {model} ended in the middle, after {len(''.join(texts))} characters; ask again"
        )
    return Said(text="".join(texts), finish=finish, usage=usage, model=model, logprobs=tuple(tokens) or None)


def _part(raw: object, model: str) -> _Part:
    try:
        return _PART.validate_python(raw)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(map(str, first["loc"])) or "reply"
        raise ModelGarbageError(
            f"{model} sent what is not a reply ({where}: {first['msg']}); ask another model"
        ) from exc


def _text(choice: _Choice) -> str:
    said = choice.delta or choice.message
    return (said.content if said else choice.text) or ""


def _tokens(logprobs: _Logprobs | None) -> list[TokenLogprob]:
    return [
        TokenLogprob(
            token=token.token,
            logprob=token.logprob,
            likeliest=tuple((likely.token, likely.logprob) for likely in token.top_logprobs or ()),
        )
        for token in (logprobs.content if logprobs else None) or ()
    ]
