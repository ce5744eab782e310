"""The evidence of a verdict: a folder that says what was compared, on which inputs, and what came out.

It holds both programs, the request, every input that was run, the traces of the shown one, and the verdict; `replay`
runs the same inputs through the same programs again and says what, if anything, came out otherwise.
"""

import json
import platform
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from semalign.core.config import load_config
from semalign.core.errors import ConfigError, blame
from semalign.sandbox.model import Sandbox
from semalign.systems.translation.diff import repeat
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.verdict import Side, Tried, Verdict, shown
from semalign.systems.translation.views.jsonform import to_json
from semalign.traces.trace import Trace
from semalign.values.model import List, Value
from semalign.values.policy import Policy
from semalign.values.wire import decode, encode, type_json

SCHEMA = 1
_VOLATILE = ("wall_s", "source", "target", "tier", "cost")  # may differ without the verdict being another


def save(verdict: Verdict, config: DiffConfig, folder: Path) -> None:
    """Write the evidence of a verdict; the folder is made, and must be empty or hold older evidence.

    Raises:
        ConfigError: the folder can't be written, or holds something else.
    """
    with blame(ConfigError, f"{folder}: evidence can't be written there; give a new folder"):
        refuse_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        _write(folder / "verdict.json", to_json(verdict))
        _write(folder / "request.json", _request(verdict, config, folder))
        lines = [
            {"given": one.given, "agreement": one.agreement, "arguments": _arguments(one.arguments)}
            for one in verdict.tried
        ]
        _write_lines(folder / "inputs.jsonl", lines)
        example = shown(verdict)
        if example is not None:
            for name, run in (("source", example.source), ("target", example.target)):
                if run.trace is not None:
                    _write_lines(folder / f"trace.{name}.jsonl", list(trace_lines(run.trace)))


def refuse_folder(folder: Path) -> None:
    """A folder for evidence is new, empty, or holds older evidence.

    Raises:
        ConfigError: it holds something else.
    """
    with blame(ConfigError, f"{folder}: evidence can't be written there; give a new folder"):
        if folder.exists() and any(folder.iterdir()) and not (folder / "verdict.json").exists():
            raise ConfigError(f"{folder}: holds other files; give an empty or a new folder")


def replay(folder: Path, sandbox: Sandbox) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict again, and the names of what came out otherwise than in the evidence (empty: nothing).

    Raises:
        ConfigError: the folder is no evidence, or of another schema.
    """
    request = _read(folder / "request.json")
    expected = _read(folder / "verdict.json")
    if request.get("schema") != SCHEMA:
        raise ConfigError(f"{folder}: evidence of schema {request.get('schema')}, this version reads {SCHEMA}")
    with blame(ConfigError, f"{folder}: the evidence is damaged; write it again"):
        tried = [
            Tried(arguments=_values(line["arguments"]), agreement=line["agreement"], given=line["given"])
            for line in map(json.loads, (folder / "inputs.jsonl").read_text(encoding="utf-8").splitlines())
        ]
        smallest = None if request["smallest"] is None else _values(request["smallest"])
        words = [f"{name}={json.dumps(value)}" for name, value in request["policy"].items() if value is not None]
        config = DiffConfig(
            source=folder / request["source"],
            target=folder / request["target"],
            function=request["function"],
            inputs=folder / request["inputs"] if request.get("inputs") else None,
            map_file=folder / request["map"] if request.get("map") else None,
            policy=load_config(Policy, words=words),
            seed=request["seed"],
            max_inputs=request["max_inputs"],
            wall_s=request["wall_s"],
            memory_mib=request["memory_mib"],
            strength=request.get("strength", False),
            time_s=float("inf"),
        )
    verdict = repeat(config, sandbox, tried, smallest)
    again = json.loads(json.dumps(to_json(verdict)))
    names = sorted((set(again) | set(expected)) - set(_VOLATILE))
    return verdict, tuple(name for name in names if again.get(name) != expected.get(name))


def trace_lines(trace: Trace) -> Iterator[type_json]:
    """The events of a trace, each as a JSON object."""
    for event in trace.events:
        line: dict[str, type_json] = {
            "kind": event.kind.value,
            "block": event.block,
            "frame": event.frame,
            "index": list(event.index),
            "variables": {name: encode(value) for name, value in event.variables},
        }
        if event.outcome is not None:
            line["outcome"] = encode(event.outcome)
        yield line


def _request(verdict: Verdict, config: DiffConfig, folder: Path) -> type_json:
    names = [_copy(side, role, folder) for side, role in ((verdict.source, "source"), (verdict.target, "target"))]
    smallest = None if verdict.smallest is None else _arguments(tuple(v for _, v in verdict.smallest.arguments))
    return {
        "schema": SCHEMA,
        "source": names[0],
        "target": names[1],
        "function": f"{verdict.source.function}:{verdict.target.function}",
        "inputs": _copied(config.inputs, folder / "given.jsonl"),
        "map": _copied(config.map_file, folder / "map.toml"),
        "policy": asdict(verdict.policy),
        "seed": config.seed,
        "max_inputs": config.max_inputs,
        "wall_s": config.wall_s,
        "memory_mib": config.memory_mib,
        "strength": config.strength,
        "smallest": smallest,
        "python": platform.python_version(),
        "toolchains": [verdict.source.toolchain, verdict.target.toolchain],
    }


def _copy(side: Side, role: str, folder: Path) -> str:
    """The program as it was compared, under its own file name (Java wants it)."""
    (folder / role).mkdir(exist_ok=True)
    name = f"{role}/{Path(side.path).name}"
    (folder / name).write_text(side.source, encoding="utf-8")
    return name


def _copied(file: Path | None, copy: Path) -> str | None:
    """A file that the user gave, as it was (types are learned from inputs); its name in the folder."""
    if file is None:
        return None
    copy.write_bytes(file.read_bytes())
    return copy.name


def _arguments(arguments: tuple[Value, ...]) -> type_json:
    return encode(List(arguments))


def _values(tree: type_json) -> tuple[Value, ...]:
    return tuple(map(decode, tree))


def _write(path: Path, tree: type_json) -> None:
    path.write_text(json.dumps(tree, indent=2) + "\n", encoding="utf-8")


def _write_lines(path: Path, trees: list[type_json]) -> None:
    path.write_text("".join(json.dumps(tree) + "\n" for tree in trees), encoding="utf-8")


def _read(path: Path) -> type_json:
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give a folder that --evidence wrote") from exc
    except ValueError as exc:
        raise ConfigError(f"{path}: not JSON ({exc}); the evidence is damaged: write it again") from exc
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: not a JSON object; the evidence is damaged: write it again")
    return tree
