"""Which model answers when none is named: an endpoint, else a file of yours, else weights that were pulled."""

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from semalign.core.errors import ConfigError, MissingToolError
from semalign.core.folders import cache_folder
from semalign.models.cached import Cached
from semalign.models.endpoint import Endpoint, endpoint_of
from semalign.models.local import Local, LocalConfig
from semalign.models.protocol import Model
from semalign.models.weights import WEIGHTS, Weights

_BRING = (
    "pull one with `semalign models pull qwen2.5-coder-1.5b`, name a GGUF file in SEMALIGN_GGUF, "
    "or an endpoint in SEMALIGN_BASE_URL"
)


def open_model(name: str = "", *, environ: Mapping[str, str] = os.environ, kept: bool = True) -> Model:
    """The model of that name, ready to be asked: weights we know, a path of a GGUF file, or a name at the endpoint.

    Without a name, the first there is of: the endpoint of the environment, the file that SEMALIGN_GGUF names, the
    larger weights, the smaller ones. `kept` keeps the replies of an endpoint on disk.

    Raises:
        ConfigError: the name is none, or what the environment says can't be meant.
        MissingToolError: there is no model yet, or the engine is not installed.
    """
    weights = weights_meant(name, environ)
    if weights is not None:
        return _loaded(weights)
    file = name if name.endswith(".gguf") else ("" if name or _endpoint_named(environ) else environ["SEMALIGN_GGUF"])
    if file:
        return Local(LocalConfig(path=Path(file)))
    config = endpoint_of({**environ, "SEMALIGN_MODEL": name or environ.get("SEMALIGN_MODEL", "")})
    if config is None:
        near = get_close_matches(name, WEIGHTS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(WEIGHTS)}"
        raise ConfigError(f"no model {name!r} and no endpoint to ask for it; {hint}")
    endpoint = Endpoint(config)
    return Cached(endpoint, cache_folder("replies"), scope=config.base_url) if kept else endpoint


def weights_meant(name: str, environ: Mapping[str, str] = os.environ) -> Weights | None:
    """The weights that a name stands for, or no name; None where something else does.

    Raises:
        MissingToolError: no name is given, and there is nothing at all.
    """
    if name:
        return WEIGHTS.get(name)
    if _endpoint_named(environ) or environ.get("SEMALIGN_GGUF"):
        return None
    for weights in WEIGHTS.values():
        if weights.present:
            return weights
    raise MissingToolError(f"there is no model here; {_BRING}")


def _endpoint_named(environ: Mapping[str, str]) -> bool:
    return bool(environ.get("SEMALIGN_BASE_URL") or environ.get("OPENAI_BASE_URL"))


def _loaded(weights: Weights) -> Model:
    if not weights.present:
        raise MissingToolError(f"{weights.name} is not here; pull it with `semalign models pull {weights.name}`")
    return Local(LocalConfig(path=weights.path, name=weights.name))
