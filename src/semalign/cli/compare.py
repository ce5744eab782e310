"""`semalign diff`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from semalign import __version__
from semalign.cli.options import Exit, Screen, tell, type_json_flag, type_unsafe, write_text
from semalign.core.config import load_config
from semalign.core.errors import ConfigError
from semalign.sandbox import open_sandbox
from semalign.systems.translation import evidence, mapfile
from semalign.systems.translation.diff import diff as compare
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.verdict import Answer, Verdict
from semalign.systems.translation.views import jsonform, page, sarif, terminal
from semalign.values.policy import Policy

EXITS = {Answer.EQUIVALENT: Exit.DONE, Answer.DIVERGENT: Exit.FAILED, Answer.UNDECIDED: Exit.UNDECIDED}


def diff(
    source: Path | None = None,
    target: Path | None = None,
    *,
    function: str = "",
    inputs: Path | None = None,
    policy: Path | None = None,
    map_file: Annotated[Path | None, Parameter(name="--map")] = None,
    write_map: Path | None = None,
    seed: int = 0,
    max_inputs: int = 500,
    time_s: float = 30.0,
    strength: Annotated[bool, Parameter(negative="")] = False,
    as_json: type_json_flag = False,
    html: Path | None = None,
    sarif_file: Annotated[Path | None, Parameter(name="--sarif")] = None,
    evidence_folder: Annotated[Path | None, Parameter(name="--evidence")] = None,
    replay: Path | None = None,
    unsafe: type_unsafe = False,
) -> int:
    """Say where TARGET stops meaning what SOURCE means, in Python, Java or C++, or on how many inputs they agree.

    Args:
        source: The program that is right by definition.
        target: The program that should mean the same.
        function: Name of the function, or NAME:OTHER where the two names differ. Found when it is clear.
        inputs: JSON lines, one array of arguments each; by default the calls in the files' main programs.
        policy: TOML file that says when values count as equal (see semalign.values.policy).
        map_file: TOML file of what corresponds; entries made by hand win over what is measured.
        write_map: Write such a file, to be read and edited; entries made by hand are kept from --map.
        seed: Chooses the generated inputs.
        max_inputs: How many inputs to generate at most.
        time_s: How long to look for a difference, in seconds.
        strength: Where no difference is found, plant faults in TARGET and say how many of them the inputs catch.
        as_json: Print the verdict as JSON.
        html: Write one self-contained page.
        sarif_file: Write the places to look at as SARIF 2.1.0.
        evidence_folder: Write a folder from which --replay repeats the verdict.
        replay: Repeat the verdict of such a folder, and say whether it came out the same; no programs are named then.
        unsafe: Run programs with limits but without isolation.
    """
    wanted = _Wanted(as_json=as_json, html=html, sarif=sarif_file, evidence=evidence_folder, write_map=write_map)
    if replay is not None:
        return _replay(replay, wanted, unsafe=unsafe)
    if source is None or target is None:
        raise ConfigError("name two programs: semalign diff SOURCE TARGET")
    config = DiffConfig(
        source=source,
        target=target,
        function=function,
        inputs=inputs,
        map_file=map_file,
        policy=load_config(Policy, policy),
        seed=seed,
        max_inputs=max_inputs,
        time_s=time_s,
        strength=strength,
    )
    return _compare(config, wanted, unsafe=unsafe)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What becomes of a verdict."""

    as_json: bool
    html: Path | None
    sarif: Path | None
    evidence: Path | None
    write_map: Path | None


def _compare(config: DiffConfig, wanted: _Wanted, *, unsafe: bool) -> int:
    known = mapfile.load(config.map_file) if config.map_file is not None else None
    new_map = wanted.write_map
    if new_map is not None and new_map != config.map_file and new_map.exists():
        raise ConfigError(f"{new_map}: is there already; keep its entries with --map {new_map}, or give another name")
    with open_sandbox(unsafe=unsafe) as sandbox, progress() as report:
        verdict = compare(config, sandbox, report=report)
        if wanted.evidence is not None:
            evidence.save(verdict, config, wanted.evidence)
    if new_map is not None:
        mapfile.write(new_map, verdict, known)
    return _deliver(verdict, wanted)


def _replay(folder: Path, wanted: _Wanted, *, unsafe: bool) -> int:
    with open_sandbox(unsafe=unsafe) as sandbox, progress() as report:
        report("repeating")
        verdict, differences = evidence.replay(folder, sandbox)
    code = _deliver(verdict, wanted)
    console = Console(stderr=True)
    if differences:
        console.print(f"not repeated: {', '.join(differences)} differ from the evidence", style="yellow")
        return Exit.UNDECIDED
    console.print("repeated: the verdict is the same as in the evidence", style="green")
    return code


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is being done; nothing where nobody looks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda doing: None
        return
    with console.status("starting") as status:
        yield status.update


def _deliver(verdict: Verdict, wanted: _Wanted) -> int:
    if wanted.html is not None:
        write_text(wanted.html, page.page(verdict))
    if wanted.sarif is not None:
        write_text(wanted.sarif, json.dumps(sarif.to_sarif(verdict, version=__version__), indent=2) + "\n")
    if wanted.as_json:
        tell(json.dumps(jsonform.to_json(verdict), indent=2))
    else:
        console = Screen()
        console.print(terminal.render(verdict, width=console.width))
    return EXITS[verdict.answer]
