"""One program alone, traced: its main as it stands, or one of its functions on one input."""

from dataclasses import dataclass
from pathlib import Path

from semalign.core.errors import ConfigError, SourceError
from semalign.languages.protocol import Function, Language, Mode, Unit
from semalign.sandbox.model import Cause, Limits, Outcome, Sandbox
from semalign.systems.translation.contract import callable_named, contract_of, refuse_misfits, unknown_parameters
from semalign.systems.translation.inputs import read_inputs
from semalign.systems.translation.subject import load
from semalign.traces.trace import Caps, Run, Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What tracing one program showed."""

    unit: Unit
    trace: Trace
    ended: str  # how, in words
    good: bool  # it ended well


def trace_file(
    path: Path, sandbox: Sandbox, *, function: str = "", inputs: Path | None = None, stdin: bytes = b""
) -> Traced:
    """The trace of a file's main, or of one function on the first of the inputs.

    Raises:
        ConfigError: the file, the function or the inputs can't be used; there is neither main nor function to call.
        MissingToolError: a compiler is missing.
        SandboxError: the machine failed.
    """
    speaks, unit = load(path)
    limits = Limits()
    if function or inputs is not None:
        return _trace_function(speaks, unit, callable_named(unit, function), inputs, sandbox, limits)
    if not unit.has_main:
        raise ConfigError(f"{path}: has no main; name a function and give inputs: --function NAME --inputs FILE")
    outcome, run = speaks.trace_program(unit, sandbox, stdin=stdin, limits=limits, caps=Caps())
    if outcome.cause is Cause.BUILD_ERROR:
        raise _unbuilt(path, outcome)
    return _traced(unit, run, f"{outcome.cause} {outcome.detail}".rstrip(), good=outcome.cause is Cause.OK)


def _trace_function(
    speaks: Language, unit: Unit, function: Function, inputs: Path | None, sandbox: Sandbox, limits: Limits
) -> Traced:
    if inputs is None:
        raise ConfigError(f"say what {function.name} is called with: --inputs FILE, one JSON array of arguments a line")
    names = [parameter.name for parameter in function.signature.parameters]
    given = read_inputs(inputs, names)
    contract = contract_of(function, function, given)
    if unknown := unknown_parameters(contract):
        raise ConfigError(f"the type of {', '.join(unknown)} of {function.name} is not known; annotate it")
    refuse_misfits(contract, given[:1], inputs)
    built = speaks.build(unit, function, sandbox, mode=Mode.TRACED, signature=contract.source)
    if isinstance(built, Outcome):
        raise _unbuilt(Path(unit.path), built)
    (run,) = built.run([contract.for_source(given[0])], sandbox, limits=limits, caps=Caps())
    return _traced(unit, run, run.raised.name if run.raised else run.cause, good=run.cause == "ok")


def _traced(unit: Unit, run: Run, ended: str, *, good: bool) -> Traced:
    return Traced(unit=unit, trace=run.trace or Trace(complete=False), ended=ended, good=good)


def _unbuilt(path: Path, outcome: Outcome) -> SourceError:
    words = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
    return SourceError(f"{path}: does not build: {words[0] if words else outcome.detail}")
