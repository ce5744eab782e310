"""Running a compiled function: batches of inputs, what each left in the shared memory, why a process ended early."""

import math
import re
import secrets
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semalign.languages.protocol import Mode
from semalign.sandbox.model import Binary, Cause, Limits, Outcome, Sandbox
from semalign.traces.trace import Caps, Run
from semalign.traces.wire import Site, read_runs
from semalign.values.model import Raised, Value
from semalign.values.wire import wire

_SINK_MIB = 16  # of a batch that is not traced
_TRACED_SINK_MIB = 64  # of a traced one, unless an input may have more
_NOTE = re.compile(rb'\["W",([\d.]+)\]|\["K","([^"]*)"\]')
_BEGAN = re.compile(rb'\["=",(\d+)\]')
_REPORT = re.compile(r"runtime error: (.*)")


@dataclass(frozen=True, slots=True)
class CppExecutable:
    """A function compiled with its driver. `has_state`: each input gets a process of its own."""

    binary: Path
    made_mode: Mode
    sites: tuple[Site, ...] = ()
    has_state: bool = False

    @property
    def mode(self) -> Mode:
        """How it was built."""
        return self.made_mode

    def run(
        self, inputs: Sequence[Sequence[Value]], sandbox: Sandbox, *, limits: Limits, caps: Caps | None = None
    ) -> list[Run]:
        """One `Run` an input, in order.

        Raises:
            SandboxError: the machine failed.
        """
        lines = [_line(arguments) for arguments in inputs]
        batch = _Batch(self, sandbox, limits, caps or Caps())
        done: list[Run] = []
        while len(done) < len(lines):
            end = len(done) + 1 if self.has_state else len(lines)
            done += batch.run(lines[len(done) : end])
        return done


def _line(arguments: Sequence[Value]) -> bytes:
    return ("[" + ",".join(map(wire, arguments)) + "]\n").encode("ascii")


@dataclass(frozen=True, slots=True)
class _Batch:
    executable: CppExecutable
    sandbox: Sandbox
    limits: Limits
    caps: Caps

    def run(self, lines: Sequence[bytes]) -> list[Run]:
        """The first inputs of a batch, at least one: as many as one process got through, and the one it ended on."""
        traced = self.executable.made_mode is Mode.TRACED
        mark = secrets.token_hex(16)
        sink_mib = max(self.caps.sink_mib + 2, _TRACED_SINK_MIB if len(lines) > 1 else 0) if traced else _SINK_MIB
        argv = (*caps_arguments(self.limits.wall_s, self.caps), "0", mark)
        outcome = self.sandbox.run(
            Binary(path=self.executable.binary, argv=argv),
            stdin=b"".join(lines),
            limits=self._limits(len(lines), sink_mib),
        )
        written, notes = read_notes(outcome.sink)
        found = read_runs(written, self.executable.sites, traced=traced)
        printed = _parts(outcome.stdout, mark)
        finished: list[Run] = []
        for number in range(len(lines)):
            run = found.get(number)
            if run is None:
                break
            text = printed[number] if number < len(printed) else ""
            finished.append(replace(run, stdout=text, wall_s=notes.get(number, Notes()).seconds))
            if run.cause == "unfinished":
                break
        if not finished:
            return [_ended(Run(cause="unfinished"), outcome, "", self.executable.made_mode)]
        if finished[-1].cause != "unfinished":
            return finished
        reason = notes.get(len(finished) - 1, Notes()).reason
        last = _ended(finished[-1], outcome, reason, self.executable.made_mode)
        if len(lines) > 1 and len(finished) > 1 and _may_be_shared(last, outcome):
            last = self.run(lines[len(finished) - 1 : len(finished)])[0]
        return [*finished[:-1], last]

    def _limits(self, n_inputs: int, sink_mib: int) -> Limits:
        """The guest ends an input at its own time limit; these hold the process when that fails."""
        wall_s = self.limits.wall_s + 0.5 if n_inputs == 1 else 2 * self.limits.wall_s + 0.05 * n_inputs
        cpu_s = self.limits.cpu_s or math.ceil(self.limits.wall_s)
        return replace(
            self.limits,
            wall_s=wall_s,
            cpu_s=cpu_s if n_inputs == 1 else cpu_s + wall_s,
            memory_mib=self.limits.memory_mib + sink_mib,
            output_kib=self.limits.output_kib * min(n_inputs, 16),
            sink_mib=sink_mib,
        )


def caps_arguments(wall_s: float, caps: Caps) -> tuple[str, ...]:
    """How the guest is told its limits."""
    numbers = (caps.events, caps.per_site, caps.items, caps.digest_items, caps.depth, caps.text, caps.sink_mib << 20)
    return (f"{wall_s:.3f}", *map(str, numbers))


def _may_be_shared(run: Run, outcome: Outcome) -> bool:
    """What other inputs of the batch used up may have ended this one: it is worth a process of its own."""
    return run.cause in ("memory", "output") or (run.cause == "timeout" and outcome.cause is Cause.TIMEOUT)


def _parts(stdout: bytes, mark: str) -> list[str]:
    return [part.decode("utf-8", "replace") for part in stdout.split(mark.encode("ascii"))]


@dataclass(frozen=True, slots=True)
class Notes:
    """What the guest notes of an input for us alone: how long the call took, why it ended early."""

    seconds: float = 0.0
    reason: str = ""


def read_notes(sink: bytes) -> tuple[bytes, dict[int, Notes]]:
    """A guest's memory without its notes, and the notes by number of the input."""
    found: dict[int, Notes] = {}
    number = -1
    kept = []
    for line in sink.split(b"\n"):
        note = _NOTE.fullmatch(line)
        if note is None:
            kept.append(line)
            began = _BEGAN.fullmatch(line)
            number = number if began is None else int(began[1])
        elif note[1] is not None:
            found[number] = replace(found.get(number, Notes()), seconds=float(note[1]) / 1e6)
        else:
            found[number] = replace(found.get(number, Notes()), reason=note[2].decode("ascii", "replace"))
    return b"\n".join(kept), found


def _ended(run: Run, outcome: Outcome, note: str, mode: Mode) -> Run:
    """An unfinished run with what its process showed."""
    ended = replace(run, wall_s=outcome.wall_s)
    if note in ("timeout", "memory"):
        return replace(ended, cause=note)
    if note.startswith("undefined") and mode is Mode.SANITIZED:
        return replace(ended, cause="undefined", detail=note.partition(": ")[2])
    if outcome.cause in (Cause.TIMEOUT, Cause.MEMORY, Cause.OUTPUT):
        return replace(ended, cause=str(outcome.cause), detail=outcome.detail)
    return _crashed(ended, outcome, note, mode)


def _crashed(run: Run, outcome: Outcome, note: str, mode: Mode) -> Run:
    stderr = outcome.stderr.decode("utf-8", "replace")
    number = outcome.signal
    if mode is Mode.SANITIZED:
        report = _REPORT.search(stderr)
        if report is not None:
            return replace(run, cause="undefined", detail=report.group(1))
        if "Assertion" in stderr and number == signal.SIGABRT:
            return replace(run, cause="undefined", detail=stderr.strip().splitlines()[-1])
    if note == "stack overflow":
        return replace(run, cause="killed", detail=note)
    if number == signal.SIGFPE:
        return replace(run, cause="exception", raised=Raised("SIGFPE", "integer division by zero"))
    if number is not None:
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return replace(run, cause="killed", detail=name)
    return replace(
        run, cause="exception", raised=Raised("exit", str(outcome.exit_code)), detail="the program ended itself"
    )


def program_run(outcome: Outcome, sites: Sequence[Site]) -> Run:
    """The `Run` of a whole program."""
    written, _ = read_notes(outcome.sink)
    found = read_runs(written, sites, traced=True).get(0)
    cause = str(outcome.cause)
    if found is None:
        return Run(cause=cause, detail=outcome.detail, wall_s=outcome.wall_s)
    trace = found.trace
    if trace is not None and b'\n["N",' in outcome.sink:
        trace = replace(trace, complete=True)
    stdout = outcome.stdout.decode("utf-8", "replace")
    return replace(found, cause=cause, detail=outcome.detail, stdout=stdout, trace=trace, wall_s=outcome.wall_s)
