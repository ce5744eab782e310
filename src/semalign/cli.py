"""The `semalign` command: parse, build one config, call one function, turn our errors into exit codes.

Exit codes: 0 equivalent, or done; 1 divergent, or the program failed; 2 the request can't be meant; 3 undecided;
4 this machine lacks something.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Parameter
from rich.console import Console
from rich.table import Table

from semalign import __version__
from semalign.core.config import load_config
from semalign.core.errors import ConfigError, MissingToolError, SandboxError, SemalignError
from semalign.languages import LANGUAGES
from semalign.sandbox import Cause, Limits, Outcome, open_sandbox, preflight
from semalign.systems.translation import evidence
from semalign.systems.translation.diff import diff as compare
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.subject import load
from semalign.systems.translation.tracing import trace_file
from semalign.systems.translation.verdict import Answer, Verdict
from semalign.systems.translation.views import jsonform, page, sarif, terminal
from semalign.traces.render import listing
from semalign.values.policy import Policy

DONE, FAILED, WRONG_REQUEST, UNDECIDED, LACKING = 0, 1, 2, 3, 4
_EXIT = {Answer.EQUIVALENT: DONE, Answer.DIVERGENT: FAILED, Answer.UNDECIDED: UNDECIDED}

app = App(
    name="semalign",
    version=__version__,
    help="Run programs, trace what every variable became, and see where two of them stop meaning the same.",
    help_format="plaintext",
    result_action="return_value",
)
type_unsafe = Annotated[
    bool, Parameter(name="--unsafe-no-sandbox", negative="", help="Run programs with limits but no isolation.")
]
type_json_flag = Annotated[bool, Parameter(name="--json", negative="")]


@app.command
def diff(
    source: Path,
    target: Path,
    *,
    function: str = "",
    inputs: Path | None = None,
    policy: Path | None = None,
    seed: int = 0,
    max_inputs: int = 500,
    time_s: float = 30.0,
    as_json: type_json_flag = False,
    html: Path | None = None,
    sarif_file: Annotated[Path | None, Parameter(name="--sarif")] = None,
    evidence_folder: Annotated[Path | None, Parameter(name="--evidence")] = None,
    unsafe: type_unsafe = False,
) -> int:
    """Say where TARGET stops meaning what SOURCE means, in Python, Java or C++, or on how many inputs they agree.

    Example: semalign diff total.py Total.java --html report.html

    Exit code: 0 equivalent, 1 divergent, 2 bad request, 3 undecided, 4 no compiler or no isolation here.

    Parameters
    ----------
    source: The program that is right by definition.
    target: The program that should mean the same.
    function: Name of the function, or NAME:OTHER where the two names differ. Found when it is clear.
    inputs: JSON lines, one array of arguments each; by default the calls in the files' main programs.
    policy: TOML file that says when values count as equal (see semalign.values.policy).
    seed: Chooses the generated inputs.
    max_inputs: How many inputs to generate at most.
    time_s: How long to look for a difference, in seconds.
    as_json: Print the verdict as JSON.
    html: Write one self-contained page.
    sarif_file: Write the places to look at as SARIF 2.1.0.
    evidence_folder: Write a folder from which `semalign replay` repeats the verdict.
    """
    config = DiffConfig(
        source=source,
        target=target,
        function=function,
        inputs=inputs,
        policy=load_config(Policy, policy),
        seed=seed,
        max_inputs=max_inputs,
        time_s=time_s,
    )
    with open_sandbox(unsafe=unsafe) as sandbox, _progress() as report:
        verdict = compare(config, sandbox, report=report)
        if evidence_folder is not None:
            evidence.save(verdict, config, evidence_folder)
    return _deliver(verdict, as_json=as_json, html=html, sarif_file=sarif_file)


@app.command
def replay(
    folder: Path, *, as_json: type_json_flag = False, html: Path | None = None, unsafe: type_unsafe = False
) -> int:
    """Repeat the verdict of a folder that `semalign diff --evidence` wrote, and say whether it came out the same.

    Example: semalign replay evidence/

    Exit code: as for diff when it came out the same, 3 when it did not.

    Parameters
    ----------
    folder: The folder of evidence.
    as_json: Print the verdict as JSON.
    html: Write one self-contained page.
    """
    with open_sandbox(unsafe=unsafe) as sandbox, _progress() as report:
        report("repeating")
        verdict, differences = evidence.replay(folder, sandbox)
    code = _deliver(verdict, as_json=as_json, html=html, sarif_file=None)
    console = Console(stderr=True)
    if differences:
        console.print(f"not repeated: {', '.join(differences)} differ from the evidence", style="yellow")
        return UNDECIDED
    console.print("repeated: the verdict is the same as in the evidence", style="green")
    return code


@app.command
def trace(
    file: Path,
    *,
    function: str = "",
    inputs: Path | None = None,
    stdin: Path | None = None,
    as_json: type_json_flag = False,
    limit: int = 200,
    unsafe: type_unsafe = False,
) -> int:
    """Run FILE and show what every variable became, block by block.

    Example: semalign trace total.py

    Parameters
    ----------
    file: A program with a main, or with a function to call.
    function: Call this function instead of main; needs --inputs.
    inputs: JSON lines of arguments, one array each; the first is traced.
    stdin: File that the program reads as its standard input.
    as_json: Print events as JSON lines.
    limit: How many events to print at most.
    """
    with open_sandbox(unsafe=unsafe) as sandbox:
        traced = trace_file(file, sandbox, function=function, inputs=inputs, stdin=_bytes(stdin))
    if as_json:
        for line in evidence.trace_lines(traced.trace):
            print(json.dumps(line))
    else:
        Console().print(listing(traced.trace, traced.unit, limit=limit))
        print(f"the program ended with: {traced.ended}", file=sys.stderr)
    return DONE if traced.good else FAILED


@app.command
def run(
    file: Path,
    *,
    stdin: Path | None = None,
    wall_s: float = 10.0,
    memory_mib: int = 512,
    as_json: type_json_flag = False,
    unsafe: type_unsafe = False,
) -> int:
    """Run FILE isolated and pass on what it prints; its outcome goes to standard error.

    Example: semalign run total.py --wall-s 2

    Exit code: 0 the program ended well, 1 it failed.

    Parameters
    ----------
    file: A Python, Java or C++ program with a main.
    stdin: File that the program reads as its standard input.
    wall_s: Time limit, in seconds.
    memory_mib: Memory limit, in MiB.
    as_json: Print the outcome as JSON instead.
    """
    limits = _limits(wall_s, memory_mib)
    speaks, unit = load(file)
    with open_sandbox(unsafe=unsafe) as sandbox:
        outcome = speaks.run_program(unit, sandbox, stdin=_bytes(stdin), limits=limits)
    return _show_outcome(outcome, as_json=as_json)


@app.command
def doctor(*, as_json: type_json_flag = False) -> int:
    """Say what this machine can do: how programs are held in here, and which languages run.

    Example: semalign doctor

    Exit code: 0 everything is there, 4 something is missing (and what to do).

    Parameters
    ----------
    as_json: Print it as JSON.
    """
    return _doctor(as_json=as_json)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """A line on standard error that says what is being done; nothing where nobody looks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda doing: None
        return
    with console.status("starting") as status:
        yield status.update


def _deliver(verdict: Verdict, *, as_json: bool, html: Path | None, sarif_file: Path | None) -> int:
    if html is not None:
        _write(html, page.page(verdict))
    if sarif_file is not None:
        _write(sarif_file, json.dumps(sarif.to_sarif(verdict, version=__version__), indent=2) + "\n")
    if as_json:
        print(json.dumps(jsonform.to_json(verdict), indent=2))
    else:
        console = Console()
        console.print(terminal.render(verdict, width=console.width))
    return _EXIT[verdict.answer]


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be written ({exc.strerror}); give a path in a folder that exists") from exc


def _show_outcome(outcome: Outcome, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(_outcome_tree(outcome), indent=2))
    else:
        sys.stdout.write(outcome.stdout.decode("utf-8", "replace"))
        sys.stderr.write(outcome.stderr.decode("utf-8", "replace"))
        if outcome.cause is not Cause.OK:
            print(f"the program ended with: {outcome.cause} {outcome.detail}".rstrip(), file=sys.stderr)
    return DONE if outcome.cause is Cause.OK else FAILED


def _outcome_tree(outcome: Outcome) -> dict[str, object]:
    return {
        "cause": outcome.cause.value,
        "detail": outcome.detail,
        "exit_code": outcome.exit_code,
        "stdout": outcome.stdout.decode("utf-8", "replace"),
        "stderr": outcome.stderr.decode("utf-8", "replace"),
        "truncated": outcome.truncated,
        "wall_s": round(outcome.wall_s, 4),
        "cpu_s": round(outcome.cpu_s, 4),
        "tier": outcome.tier.value,
    }


def _doctor(*, as_json: bool) -> int:
    report = preflight()
    languages = {name: language.missing() for name, language in LANGUAGES.items()}
    code = DONE if report.tier is not None and not any(languages.values()) else LACKING
    if as_json:
        print(json.dumps({**asdict(report), "languages": languages}, indent=2))
        return code
    table = Table(title="What this machine can do", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "what", "how it is known, or what to do"):
        table.add_column(heading)
    for guarantee in report.guarantees:
        table.add_row("[green]yes[/]" if guarantee.holds else "[yellow]no[/]", guarantee.name, guarantee.known_by)
    for name, missing in languages.items():
        table.add_row("[yellow]no[/]" if missing else "[green]yes[/]", name, missing or "found")
    console = Console()
    console.print(table)
    held = f"programs are held in by: {report.tier}" if report.tier else "programs can't be held in here"
    console.print(f"\n{held}" + (f"\nnext: {report.next_step}" if report.next_step else ""))
    return code


def _limits(wall_s: float, memory_mib: int) -> Limits:
    try:
        return Limits(wall_s=wall_s, memory_mib=memory_mib)
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc


def _bytes(path: Path | None) -> bytes:
    if path is None:
        return b""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give the path of a file") from exc


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code and never lets a traceback of a bad request out."""
    tokens = list(sys.argv[1:] if argv is None else argv)
    try:
        code = app(tokens, exit_on_error=False, print_error=False)
        return code if isinstance(code, int) else DONE
    except CycloptsError as exc:
        return _complain(" ".join(str(exc).split()), WRONG_REQUEST)
    except ConfigError as exc:
        return _complain(str(exc), WRONG_REQUEST)
    except (MissingToolError, SandboxError) as exc:
        return _complain(str(exc), LACKING)
    except SemalignError as exc:
        return _complain(str(exc), WRONG_REQUEST)
    except KeyboardInterrupt:
        return _complain("stopped", 130)


def _complain(text: str, code: int) -> int:
    print(f"error: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
