"""`semalign models`: which models there are, fetching one, checking one."""

import json
import os
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from semalign.cli.options import Exit, type_json_flag
from semalign.core.errors import ConfigError
from semalign.models import Message, Reply, Request, Role
from semalign.models.choice import open_model, weights_meant
from semalign.models.endpoint import endpoint_of
from semalign.models.pull import pull
from semalign.models.weights import WEIGHTS, Weights, sum_of

_QUESTION = Request(
    messages=(Message(Role.USER, "Write a Python function that adds two numbers. Only code."),), max_tokens=48
)


def list_models(*, as_json: type_json_flag = False) -> int:
    """Say which models there are.

    Args:
        as_json: Print it as JSON.
    """
    endpoint = endpoint_of({**os.environ, "SEMALIGN_MODEL": os.environ.get("SEMALIGN_MODEL") or "(the one it serves)"})
    file = os.environ.get("SEMALIGN_GGUF", "")
    present = next((weights.name for weights in WEIGHTS.values() if weights.present), None)
    default = endpoint.model if endpoint else file or present
    if as_json:
        told = {
            "default": default,
            "endpoint": {"host": endpoint.host, "model": endpoint.model} if endpoint else None,
            "file": file or None,
            "weights": [_row(weights) for weights in WEIGHTS.values()],
        }
        print(json.dumps(told, indent=2))
        return Exit.DONE
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("", "name", "size", "licence", "where"):
        table.add_column(heading, overflow="fold")
    if endpoint:
        table.add_row("[green]yes[/]", endpoint.model, "", "", f"endpoint {endpoint.host}")
    if file:
        table.add_row("[green]yes[/]" if Path(file).is_file() else "[yellow]no[/]", Path(file).stem, "", "", file)
    for weights in WEIGHTS.values():
        where = str(weights.path) if weights.present else "to be pulled"
        here = "[green]yes[/]" if weights.present else "[yellow]no[/]"
        table.add_row(here, weights.name, f"{weights.n_bytes / 1e9:.1f} GB", weights.licence, where)
    console = Console()
    console.print(table)
    console.print(f"\nanswers when none is named: {default or 'none yet; pull one, the first is the best'}")
    return Exit.DONE


def _row(weights: Weights) -> dict[str, object]:
    return {
        "name": weights.name,
        "title": weights.title,
        "licence": weights.licence,
        "bytes": weights.n_bytes,
        "sha256": weights.sha256,
        "memory_mib": weights.memory_mib,
        "path": str(weights.path),
        "present": weights.present,
    }


def pull_model(name: str = "qwen2.5-coder-1.5b", /, *, as_json: type_json_flag = False) -> int:
    """Fetch the weights of a model.

    Args:
        name: One of those that `semalign models list` shows.
        as_json: Print the result as JSON.
    """
    weights = _known(name)
    console = Console(stderr=True)
    if not weights.present:
        console.print(
            f"{weights.title}: {weights.n_bytes / 1e9:.1f} GB on disk (twice that while it is fetched), "
            f"{weights.memory_mib / 1000:.1f} GB of memory in use, licence {weights.licence}",
            highlight=False,
        )
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("fetching", total=weights.n_bytes)
        path = pull(weights, tell=lambda what, n: progress.update(bar, description=what, advance=n))
    print(json.dumps({**_row(weights), "path": str(path)}, indent=2) if as_json else f"{weights.name} is at {path}")
    return Exit.DONE


def check_model(name: str = "", /, *, as_json: type_json_flag = False) -> int:
    """Check the weights of a model and let it say something.

    Args:
        name: One of those that `semalign models list` shows, or the path of a GGUF file; else the one that answers.
        as_json: Print the result as JSON.
    """
    known = weights_meant(name)
    if known and known.path.is_file() and (found := sum_of(known.path)) != known.sha256:
        print(f"{known.path} is damaged: its sum is {found[:12]}, not {known.sha256[:12]}; remove it and pull it again")
        return Exit.FAILED
    model = open_model(name, kept=False)
    began = time.monotonic()
    reply = model.complete(_QUESTION)
    seconds = time.monotonic() - began
    if as_json:
        print(json.dumps(_answer(reply, seconds) | {"sum_is_right": True if known else None}, indent=2))
        return Exit.DONE
    print(f"{model.name}{' (its sum is right)' if known else ''} says:\n\n{reply.text}\n")
    speed = reply.usage.completion_tokens / seconds if seconds else 0.0
    print(f"{reply.usage.completion_tokens} tokens in {seconds:.1f} s, {speed:.1f} a second", file=sys.stderr)
    return Exit.DONE


def _answer(reply: Reply, seconds: float) -> dict[str, object]:
    return {
        "model": reply.model,
        "text": reply.text,
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "seconds": round(seconds, 3),
    }


def _known(name: str) -> Weights:
    if name not in WEIGHTS:
        raise ConfigError(f"no weights are known as {name!r}; known are {', '.join(WEIGHTS)}")
    return WEIGHTS[name]
