"""Running a Python function on many inputs in few processes, and reading what came back."""

import contextlib
import dataclasses
import json
import math
import secrets
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from semalign.languages.protocol import Function, Mode
from semalign.languages.python_events import Unpacker
from semalign.languages.python_guests import GUESTS, script
from semalign.languages.python_sites import Instrumented
from semalign.sandbox.model import Cause, Limits, Outcome, Sandbox, Script
from semalign.traces.trace import Caps, Run, Trace
from semalign.traces.wire import finish, read_runs
from semalign.values.model import Value
from semalign.values.types import Kind, Signature, Type
from semalign.values.wire import encode, type_json

_FILES = tuple(GUESTS / f"python_{name}.py" for name in ("values", "arguments", "sink", "driver"))
_PARTS = ("Snapshots", "exception_text", "Arguments", "Misfit", "Sink")
_TRACING = tuple(GUESTS / f"python_{name}.py" for name in ("speller", "tracer"))  # a plain run is spared their loading
_TRACING_PARTS = ("Speller", "Recorder")
_TIMEOUT_EXIT = 124  # how a child ends when its own clock stopped an input
_RESULT_MIB = 2  # of the shared memory, kept for what one input returns
_BATCH_MIB = 64
_BATCH_WALLS = 3.0  # how many times the limit of one input a batch may take before it is cut


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonExecutable:
    """A Python function ready to run; the module is executed anew for every input."""

    mode: Mode
    source: str
    path: str
    function: Function
    signature: Signature
    instrumented: Instrumented | None = None
    void: str = ""  # why there is no trace although one was asked for
    count_writing: bool = False  # what is left to write when a call has ended is part of its `wall_s`

    def run(
        self, inputs: Sequence[Sequence[Value]], sandbox: Sandbox, *, limits: Limits, caps: Caps | None = None
    ) -> list[Run]:
        """One `Run` an input; several share a process until one of them ends it."""
        return self.run_until(inputs, sandbox, limits=limits, caps=caps, stop=lambda _: False)

    def run_until(
        self,
        inputs: Sequence[Sequence[Value]],
        sandbox: Sandbox,
        *,
        limits: Limits,
        caps: Caps | None = None,
        stop: Callable[[Run], bool],
    ) -> list[Run]:
        """As `run`, up to and with the first run in order for which `stop` holds; no process is started after it."""
        job = _Job(self, sandbox, limits, caps or Caps(), [json.dumps(list(map(encode, row))) for row in inputs])
        pending = list(range(len(inputs)))
        done: dict[int, Run] = {}
        n_asked = 0
        while pending:
            found, alone = job.batch(pending)
            done.update(found)
            if alone is not None:
                done.update(job.batch([alone])[0])
            pending = [number for number in pending if number not in done]
            n_done = pending[0] if pending else len(inputs)
            for number in range(n_asked, n_done):
                if stop(done[number]):
                    return [self._marked(done[k]) for k in range(number + 1)]
            n_asked = n_done
        return [self._marked(done[number]) for number in range(len(inputs))]

    def _marked(self, run: Run) -> Run:
        return replace(run, trace=Trace(void=self.void)) if self.void else run


@dataclass(frozen=True, slots=True)
class _Job:
    """The inputs of one call of `run`."""

    executable: PythonExecutable
    sandbox: Sandbox
    limits: Limits
    caps: Caps
    rows: list[str]

    def batch(self, pending: list[int]) -> tuple[dict[int, Run], int | None]:
        """What one child did of these inputs, at least the first, and one that must be seen alone to be judged."""
        traced = self.executable.instrumented is not None
        share = self.caps.sink_mib + 1 if traced else _RESULT_MIB
        sink_mib = share * min(len(pending), max(1, _BATCH_MIB // share))
        token = secrets.token_hex(8)
        header = _header(self.executable, self.caps, share << 20, token, self.limits.wall_s)
        lines = "".join(f"[{number}, {self.rows[number]}]\n" for number in pending)
        outcome = self.sandbox.run(
            _script(header, "run_inputs"), stdin=lines.encode("ascii"), limits=self._limits(len(pending), sink_mib)
        )
        found = _runs(outcome.sink, self.executable.instrumented, self.caps)
        said = _said(outcome.stdout, token)
        runs = {number: _with_output(run, *said.get(number, ("", 0.0))) for number, run in found.items()}
        if runs and (pending[0] not in runs or not runs.keys() <= set(pending)):
            return {pending[0]: Run(cause="tampered", detail="it reported inputs that it was not given")}, None
        if not runs:  # it did not get as far as the first input
            cause = outcome.cause.value if outcome.cause not in (Cause.OK, Cause.EXCEPTION) else "killed"
            detail = outcome.detail or outcome.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            return {pending[0]: Run(cause=cause, detail=detail)}, None
        return self._judged(runs, outcome, pending)

    def _limits(self, n_inputs: int, sink_mib: int) -> Limits:
        # The child's own clock ends an input; these limits are for one that holds it up inside the interpreter.
        walls = min(float(n_inputs), _BATCH_WALLS)
        cpu_s = None if self.limits.cpu_s is None else self.limits.cpu_s * walls + 1.0
        return replace(
            self.limits,
            wall_s=self.limits.wall_s * walls + 1.0,
            cpu_s=cpu_s,
            memory_mib=self.limits.memory_mib + sink_mib,
            output_kib=self.limits.output_kib * math.ceil(walls),
            sink_mib=sink_mib,
        )

    def _judged(self, runs: dict[int, Run], outcome: Outcome, pending: list[int]) -> tuple[dict[int, Run], int | None]:
        unfinished = next((number for number, run in runs.items() if run.cause == "unfinished"), None)
        if unfinished is None:
            return runs, None
        shared = outcome.cause in (Cause.TIMEOUT, Cause.MEMORY, Cause.OUTPUT) and unfinished != pending[0]
        if shared:  # the inputs before it may have used up what it needed
            return {number: run for number, run in runs.items() if number != unfinished}, unfinished
        runs[unfinished] = finish(runs[unfinished], *_how(outcome))
        return runs, None


def _runs(sink: bytes, instrumented: Instrumented | None, caps: Caps) -> dict[int, Run]:
    if instrumented is None:
        return read_runs(sink, (), traced=False)
    return read_runs(sink, instrumented.sites, traced=True, unpacker=partial(Unpacker, instrumented, caps))


def _how(outcome: Outcome) -> tuple[str, str]:
    """The cause and its detail for the input that a child ended in."""
    if outcome.exit_code == _TIMEOUT_EXIT or outcome.signal == signal.SIGPROF:
        return "timeout", "its time was up"
    if outcome.cause in (Cause.OK, Cause.EXCEPTION):
        return "killed", f"it ended the process with exit code {outcome.exit_code}"
    return outcome.cause.value, outcome.detail


def program_script(source: str, path: str, caps: Caps, instrumented: Instrumented) -> tuple[Script, int]:
    """What runs a whole instrumented file with its own standard input, and the shared memory it needs, MiB."""
    share = caps.sink_mib + 1
    header = _base_header(path, caps, share << 20) | _sites(instrumented)
    return _script(header, "run_program"), share


def program_run(sink: bytes, instrumented: Instrumented, caps: Caps) -> Run:
    """What the whole file left in the shared memory."""
    return _runs(sink, instrumented, caps).get(0, Run(cause="unfinished", trace=Trace()))


def _script(header: dict[str, type_json], start: str) -> Script:
    files, names = (_FILES + _TRACING, _PARTS + _TRACING_PARTS) if header["traced"] else (_FILES, _PARTS)
    parts = ", ".join(f'"{name}": {name}' for name in names)
    return script(files, f"Driver(header, {{{parts}}}).{start}()", header)


def _base_header(path: str, caps: Caps, share: int) -> dict[str, type_json]:
    return {"path": path, "caps": dataclasses.asdict(caps), "share": share, "traced": False}


def _sites(instrumented: Instrumented) -> dict[str, type_json]:
    return {
        "traced": True,
        "source": instrumented.source,
        "key": instrumented.key,
        "sites": instrumented.names,
        "ops": instrumented.ops,
        "eager": instrumented.eager,
        "telling": instrumented.telling,
        "lone": instrumented.lone,
        "sharing": instrumented.sharing,
        "roots": instrumented.roots,
        "final": instrumented.final_values,
        "lines": instrumented.lines,
    }


def _header(executable: PythonExecutable, caps: Caps, share: int, token: str, wall_s: float) -> dict[str, type_json]:
    parameters = executable.function.signature.parameters
    header = _base_header(executable.path, caps, share) | {
        "source": executable.source,
        "function": executable.function.name,
        "types": [_type(parameter.type) for parameter in executable.signature.parameters],
        "n_required": sum(not parameter.optional for parameter in parameters),
        "token": token,
        "wall_s": wall_s,
        "count_writing": executable.count_writing,
    }
    return header | _sites(executable.instrumented) if executable.instrumented else header


def _type(kind: Type) -> dict[str, type_json]:
    return {
        "k": kind.kind.value,
        "n": kind.nullable,
        "s": kind.spelling,
        "i": [_type(item) for item in kind.items],
        "f": [],
    }


def _said(stdout: bytes, token: str) -> dict[int, tuple[str, float]]:
    """What each input printed, and the seconds that its call took; both are the program's word."""
    found: dict[int, tuple[str, float]] = {}
    current = -1
    for part in stdout.split(f"\x1e{token} ".encode())[1:]:
        mark, _, text = part.partition(b"\n")
        with contextlib.suppress(ValueError):  # a mark that the program made up
            if mark.startswith(b"="):
                seconds = float(mark[1:])
                found[current] = (found.get(current, ("", 0.0))[0], seconds if math.isfinite(seconds) else 0.0)
            else:
                current = int(mark)
                found.setdefault(current, (text.decode("utf-8", "replace"), 0.0))
    return found


def _with_output(run: Run, stdout: str, wall_s: float) -> Run:
    cause = run.cause
    if run.raised is not None and run.raised.name == "MemoryError":
        cause = "memory"
    return replace(run, cause=cause, stdout=stdout, wall_s=wall_s)


def without_spelling(signature: Signature) -> Signature:
    """A signature from elsewhere: how another language writes its types says nothing here.

    Names of records are kept, a class is found by them.
    """
    parameters = tuple(replace(parameter, type=_plain(parameter.type)) for parameter in signature.parameters)
    return replace(signature, parameters=parameters)


def _plain(kind: Type) -> Type:
    spelling = kind.spelling if kind.kind is Kind.RECORD else ""
    return replace(kind, spelling=spelling, items=tuple(map(_plain, kind.items)))
