"""Replies that were recorded once and are played again: the same run without the model.

A recording is a file of JSON lines, one exchange each: the request (to be read by people), its digest and the reply.
It belongs to one model. Requests are found by their digest, so a changed prompt is a miss and never an old reply.
"""

import json
import threading
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from semalign.core.errors import ConfigError, ModelMissError
from semalign.models.protocol import FREE, Model, Price, Reply, Request

_VERSION = 1
_REPLY = TypeAdapter(Reply)
_REQUEST = TypeAdapter(Request)


class Recorded:
    """Plays a recording. Several replies to one request are given in the order they were recorded, the last again."""

    def __init__(self, path: Path) -> None:
        """Read a recording.

        Raises:
            ConfigError: the file can't be read, or is no recording.
        """
        self._path = path
        self._replies: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()
        self._name = ""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"{path}: cannot be read ({exc}); give a recording of `Recorder`") from exc
        for number, line in enumerate(lines, start=1):
            digest, reply = _exchange(line, f"{path}:{number}")
            self._replies.setdefault(digest, []).append(reply)
            self._name = reply.model

    @property
    def name(self) -> str:
        """The model that was recorded."""
        return self._name or "recorded"

    @property
    def price(self) -> Price | None:
        """Nothing: the recording is paid for."""
        return FREE

    def complete(self, request: Request) -> Reply:
        """The recorded reply.

        Raises:
            ModelMissError: there is none.
        """
        with self._lock:
            replies = self._replies.get(request.digest, [])
            if not replies:
                said = (request.messages[-1].text if request.messages else request.prompt or "")[:60]
                raise ModelMissError(
                    f"{self._path} has no reply to request {request.digest[:12]} ({said!r}); record it again"
                )
            return replies.pop(0) if len(replies) > 1 else replies[0]


class Recorder:
    """A model whose exchanges are added to a recording; failures are not."""

    def __init__(self, model: Model, path: Path) -> None:
        self._model = model
        self._path = path
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model that is recorded."""
        return self._model.name

    @property
    def price(self) -> Price | None:
        """That of the model."""
        return self._model.price

    def complete(self, request: Request) -> Reply:
        """The model's reply, after it was written down.

        Raises:
            ConfigError: the recording can't be written.
        """
        reply = self._model.complete(request)
        line = {
            "version": _VERSION,
            "digest": request.digest,
            "request": _REQUEST.dump_python(request, mode="json", exclude_defaults=True),
            "reply": _REPLY.dump_python(reply, mode="json"),
        }
        try:
            with self._lock, self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
        except OSError as exc:
            raise ConfigError(f"{self._path}: cannot be written ({exc.strerror}); give a path that can") from exc
        return reply


def _exchange(line: str, where: str) -> tuple[str, Reply]:
    try:
        said: Any = json.loads(line)
        if said["version"] != _VERSION:
            raise ConfigError(
                f"{where}: version {said['version']} of a recording, known is {_VERSION}; record it again"
            )
        return str(said["digest"]), _REPLY.validate_python(said["reply"], strict=False)
    except (ValueError, KeyError, TypeError, ValidationError) as exc:
        raise ConfigError(f"{where}: no exchange with a model ({type(exc).__name__}); record it again") from exc
