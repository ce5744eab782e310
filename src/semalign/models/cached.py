"""Replies kept on disk, so that a run that is repeated or resumed asks for nothing twice."""

import hashlib
import os
import tempfile
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from semalign.core.errors import ConfigError
from semalign.models.protocol import Model, Price, Reply, Request

_REPLY = TypeAdapter(Reply)
_SUM = 64  # characters of the checksum before an entry


class Cached:
    """A model whose replies are kept in a folder, one file each, named by what was asked of whom.

    A reply that was kept costs nothing and says `cached`. A file that was damaged counts as not there, and is written
    anew. Requests for a fresh draw are never answered from here. `scope` tells apart models of the same name, such as
    two endpoints; several processes may share a folder.
    """

    def __init__(self, model: Model, folder: Path, *, scope: str = "") -> None:
        self._model = model
        self._folder = folder
        self._scope = scope

    @property
    def name(self) -> str:
        """That of the model."""
        return self._model.name

    @property
    def price(self) -> Price | None:
        """That of the model."""
        return self._model.price

    def complete(self, request: Request) -> Reply:
        """The kept reply, or the model's, which is then kept.

        Raises:
            ConfigError: the folder can't be written.
        """
        if request.fresh:
            return self._model.complete(request)
        path = self._path(request)
        kept = _read(path)
        if kept is not None:
            return replace(kept, cached=True, usd=0.0)
        reply = self._model.complete(request)
        _write(path, reply)
        return reply

    def _path(self, request: Request) -> Path:
        asked = "\n".join((self._scope, self._model.name, request.digest))
        digest = hashlib.sha256(asked.encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest[2:]}.json"


def _read(path: Path) -> Reply | None:
    try:
        kept = path.read_bytes()
        told, body = kept[:_SUM], kept[_SUM:]
        return _REPLY.validate_json(body) if hashlib.sha256(body).hexdigest().encode() == told else None
    except (OSError, ValidationError):
        return None


def _write(path: Path, reply: Reply) -> None:
    body = _REPLY.dump_json(reply)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(hashlib.sha256(body).hexdigest().encode() + body)
        os.replace(file.name, path)  # noqa: PTH105 - atomic: whoever reads sees an old file or a whole new one
    except OSError as exc:
        raise ConfigError(f"{path.parent}: replies can't be kept there ({exc.strerror}); name another folder") from exc
