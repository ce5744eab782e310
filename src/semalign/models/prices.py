"""What models cost: a table in TOML that users extend. A price that nobody told is unknown, and never 0."""

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from semalign.core.errors import ConfigError
from semalign.models.protocol import Price


def price_of(model: str, own: Path | None = None) -> Price | None:
    """The price of a model, first from the user's own table; None where no table has it.

    Raises:
        ConfigError: the user's table can't be read, or an entry is none.
    """
    tables = [(str(own), _read(own))] if own else []
    ours = resources.files("semalign.models").joinpath("prices.toml").read_text(encoding="utf-8")
    for where, table in [*tables, ("prices.toml", tomllib.loads(ours))]:
        # Longest first: an exact name comes before the beginning of it.
        for name in sorted(table, key=len, reverse=True):
            if fnmatchcase(model, name.replace("[", "[[]")):
                return _price(table[name], f"{where}: {name}")
    return None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise ConfigError(f"{path}: no table of prices ({exc}); write it like semalign/models/prices.toml") from exc


def _price(entry: object, where: str) -> Price:
    match entry:
        case {"prompt_usd": int() | float() as prompt, "completion_usd": int() | float() as completion} if (
            prompt >= 0 and completion >= 0
        ):
            return Price(prompt_usd=float(prompt), completion_usd=float(completion))
    raise ConfigError(f"{where}: give prompt_usd and completion_usd, in dollars for a million tokens")
