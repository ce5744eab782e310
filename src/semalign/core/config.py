"""Frozen dataclasses from TOML files and `key=value` words; a mistake names file, key and what was expected."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from semalign.core.errors import ConfigError

T = TypeVar("T")


def load_config(
    kind: type[T],
    path: Path | None = None,
    words: Sequence[str] = (),
    presets: Mapping[str, Mapping[str, Any]] | None = None,
) -> T:
    """A `kind` with the values of a TOML file, overridden by `key=value` words (the value in TOML, or bare text).

    With `presets`, the key `preset` names values that hold where neither the file nor a word gives others.

    Raises:
        ConfigError: the file is missing or not TOML, a key is unknown, a value has the wrong type or is refused.
    """
    values: dict[str, Any] = {}
    where = "options"
    if path is not None:
        where = str(path)
        values.update(_read(path))
    for word in words:
        key, found, text = word.partition("=")
        if not found:
            raise ConfigError(f"{word!r}: write it as key=value")
        values[key.strip()] = _scalar(text.strip())
    if presets is not None and "preset" in values:
        name = values["preset"]
        if not isinstance(name, str) or name not in presets:
            raise ConfigError(f"{where}: preset: {name!r} is none of {', '.join(presets)}")
        values = {**presets[name], **values}
    return _build(kind, values, where)


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give the path of a TOML file") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: not TOML: {exc}") from exc


def _scalar(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _build(kind: type[T], values: Mapping[str, Any], where: str) -> T:
    fields = getattr(kind, "__dataclass_fields__", {})
    for name in values:
        if name not in fields:
            raise ConfigError(f"{where}: unknown key {name!r}; known are {', '.join(sorted(fields))}")
    try:
        return TypeAdapter(kind).validate_python(dict(values))
    except ValidationError as exc:
        first = exc.errors()[0]
        said = first["msg"].removeprefix("Value error, ")
        if not first["loc"]:  # the values together
            raise ConfigError(f"{where}: {said}") from exc
        raise ConfigError(f"{where}: {'.'.join(map(str, first['loc']))}: {said}, got {first['input']!r}") from exc
