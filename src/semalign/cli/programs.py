"""`semalign run` and `semalign trace`: one program alone."""

import json
import sys
from pathlib import Path

from semalign.cli.options import Exit, Screen, read_bytes, tell, type_json_flag, type_unsafe
from semalign.core.errors import ConfigError
from semalign.sandbox import Cause, Limits, Outcome, open_sandbox
from semalign.systems.translation import evidence
from semalign.systems.translation.subject import load
from semalign.systems.translation.tracing import trace_file
from semalign.traces.listing import listing


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

    Args:
        file: A program with a main, or with a function to call.
        function: Call this function instead of main; needs --inputs.
        inputs: JSON lines of arguments, one array each; the first is traced.
        stdin: File that the program reads as its standard input.
        as_json: Print events as JSON lines.
        limit: How many events to print at most.
        unsafe: Run programs with limits but without isolation.
    """
    with open_sandbox(unsafe=unsafe) as sandbox:
        traced = trace_file(file, sandbox, function=function, inputs=inputs, stdin=read_bytes(stdin))
    if as_json:
        for line in evidence.trace_lines(traced.trace):
            tell(json.dumps(line))
    else:
        outlines = [function.outline for function in traced.unit.functions]
        Screen().print(listing(traced.trace, outlines, max_events=limit))
        print(f"the program ended with: {traced.ended}", file=sys.stderr)
    return Exit.DONE if traced.good else Exit.FAILED


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

    Args:
        file: A Python, Java or C++ program with a main.
        stdin: File that the program reads as its standard input.
        wall_s: Time limit, in seconds.
        memory_mib: Memory limit, in MiB.
        as_json: Print the outcome as JSON instead.
        unsafe: Run programs with limits but without isolation.
    """
    limits = _limits(wall_s, memory_mib)
    speaks, unit = load(file)
    with open_sandbox(unsafe=unsafe) as sandbox:
        outcome = speaks.run_program(unit, sandbox, stdin=read_bytes(stdin), limits=limits)
    return _show_outcome(outcome, as_json=as_json)


def _show_outcome(outcome: Outcome, *, as_json: bool) -> int:
    if as_json:
        tell(json.dumps(_outcome_tree(outcome), indent=2))
    else:
        tell(outcome.stdout.decode("utf-8", "replace"), end="")
        print(outcome.stderr.decode("utf-8", "replace"), end="", file=sys.stderr)
        if outcome.cause is not Cause.OK:
            print(f"the program ended with: {outcome.cause} {outcome.detail}".rstrip(), file=sys.stderr)
    return Exit.DONE if outcome.cause is Cause.OK else Exit.FAILED


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


def _limits(wall_s: float, memory_mib: int) -> Limits:
    try:
        return Limits(wall_s=wall_s, memory_mib=memory_mib)
    except ValueError as exc:
        raise ConfigError(str(exc)) from exc
