"""`JavaExecutable`: a compiled method, called with inputs in one JVM after another until each has its `Run`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semalign.core.errors import SandboxError
from semalign.languages.java_compile import OPENED
from semalign.languages.java_toolchain import jvm, jvm_limits
from semalign.languages.protocol import Mode
from semalign.sandbox.model import Cause, Command, Limits, Outcome, Sandbox
from semalign.traces.trace import Caps, Run
from semalign.traces.wire import Site, finish, read_runs
from semalign.values.model import Value
from semalign.values.wire import encode

_DRIVER = "semalign.SemalignDriver"
_START_S = 10.0  # for the JVM itself, on a busy machine
_RESULT_MIB = 1  # beside the events of an input, for its result
_MOST_SINK_MIB = 128
_STACK_MIB = {Mode.PLAIN: 64, Mode.SANITIZED: 64, Mode.TRACED: 256}  # frames of a traced method are larger
_DEFAULT_CAPS = Caps()


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A compiled program and what in it is called."""

    java: Path
    guests: Path
    jar: Path
    class_name: str
    method: str = "main"
    parameters: tuple[str, ...] = ()  # simple names of the parameter types, erased
    sites: tuple[Site, ...] = ()
    main_site: int = -1


@dataclass(frozen=True, slots=True)
class JavaExecutable:
    """`Executable` of one method."""

    mode: Mode
    target: Target

    def run(
        self, inputs: Sequence[Sequence[Value]], sandbox: Sandbox, *, limits: Limits, caps: Caps | None = None
    ) -> list[Run]:
        """See `Executable.run`."""
        caps = caps or _DEFAULT_CAPS
        found: dict[int, Run] = {}
        waiting = list(range(len(inputs)))
        while waiting:
            begun = self._batch(inputs, waiting, sandbox, limits, caps)
            if not begun:
                raise SandboxError("a JVM ended before its first input; see `semalign doctor`")
            found |= begun
            waiting = [number for number in waiting if number not in begun]
        return [found[number] for number in range(len(inputs))]

    def _batch(
        self, inputs: Sequence[Sequence[Value]], numbers: Sequence[int], sandbox: Sandbox, limits: Limits, caps: Caps
    ) -> dict[int, Run]:
        """The runs of those inputs that one JVM came to."""
        lines = [f"{n}\t{json.dumps([encode(v) for v in inputs[n]], separators=(',', ':'))}\n" for n in numbers]
        command = self._command(limits, caps)
        outcome = sandbox.run(command, stdin="".join(lines).encode(), limits=self._limits(len(numbers), limits, caps))
        traced = self.mode is Mode.TRACED
        written, notes = read_notes(outcome.sink)
        runs = read_runs(written, self.target.sites, traced=traced)
        if not runs and outcome.cause is not Cause.OK:
            said = outcome.stderr.decode(errors="replace").strip().splitlines()
            raise SandboxError(f"the JVM did not start: {said[0] if said else outcome.detail}; see `semalign doctor`")
        return {number: _whole(run, notes.get(number, Notes()), outcome) for number, run in runs.items()}

    def _command(self, limits: Limits, caps: Caps) -> Command:
        target = self.target
        return jvm(
            target.java,
            *OPENED, "-cp", str(target.guests), _DRIVER, "call", str(target.jar), target.class_name, target.method,
            ",".join(target.parameters), caps_text(caps), str(round(limits.wall_s * 1000)),
            str(limits.output_kib << 10), str(_STACK_MIB[self.mode]), str(self.mode is Mode.TRACED).lower(),
            heap_mib=limits.memory_mib,
            mounts=(target.guests.parent, target.jar.parent),
        )  # fmt: skip

    def _limits(self, n_inputs: int, limits: Limits, caps: Caps) -> Limits:
        wall_s = _START_S + n_inputs * (limits.wall_s + 0.1)
        each = _RESULT_MIB + (caps.sink_mib if self.mode is Mode.TRACED else 0)
        return replace(
            jvm_limits(limits, stack_mib=_STACK_MIB[self.mode]),
            wall_s=wall_s,
            cpu_s=2 * wall_s if limits.cpu_s is None else _START_S + n_inputs * limits.cpu_s,
            output_kib=(limits.output_kib + 1) * n_inputs + 64,
            sink_mib=max(2 * each, min(_MOST_SINK_MIB, n_inputs * each)),
        )


@dataclass(frozen=True, slots=True)
class Notes:
    """What a driver notes of an input for us alone: where its output lies, how long it took, why it was stopped."""

    start: int = 0
    end: int | None = None
    micros: int = 0
    stopped: str = ""


def read_notes(sink: bytes) -> tuple[bytes, dict[int, Notes]]:
    """A guest's memory without the driver's notes, and the notes by number of the input."""
    found: dict[int, Notes] = {}
    number = -1
    kept = []
    for line in sink.split(b"\n"):
        if line.startswith(b'["o",') and number >= 0:
            _, offset, micros = json.loads(line)
            found[number] = replace(found[number], end=offset, micros=micros) if micros >= 0 else Notes(start=offset)
        elif line.startswith(b'["z",') and number >= 0:
            found[number] = replace(found[number], stopped=json.loads(line)[1])
        else:
            kept.append(line)
            if line.startswith(b'["=",'):
                number = int(line[5:-1])
                found[number] = Notes()
    return b"\n".join(kept), found


def ending(outcome: Outcome, stopped: str) -> tuple[str, str]:
    """Cause and detail of an input that began and did not end."""
    if stopped == "exit":  # shutdown hooks ran, so the program asked for its end
        return str(Cause.EXCEPTION), f"System.exit({outcome.exit_code})"
    if stopped:
        return stopped, f"stopped by the {'clock' if stopped == 'timeout' else 'limit on output'}"
    if outcome.exit_code is not None and outcome.cause in (Cause.OK, Cause.EXCEPTION):
        return str(Cause.KILLED), f"the JVM was halted with exit code {outcome.exit_code}"
    return str(outcome.cause), outcome.detail


def caps_text(caps: Caps) -> str:
    """Caps as the guest reads them."""
    listed = (caps.events, caps.per_site, caps.items, caps.digest_items, caps.depth, caps.text, caps.sink_mib << 20)
    return ",".join(map(str, listed))


def _whole(run: Run, notes: Notes, outcome: Outcome) -> Run:
    """The run with what its process showed: its share of the output, its time, how it ended."""
    run = finish(run, *ending(outcome, notes.stopped))
    if run.raised is not None and run.raised.name == "OutOfMemoryError":
        run = replace(run, cause=str(Cause.MEMORY), detail=run.raised.message)
    printed = outcome.stdout[notes.start : notes.end]
    return replace(run, stdout=printed.decode("utf-8", "replace"), wall_s=notes.micros / 1e6)


def program_command(target: Target, limits: Limits) -> Command:
    """The command that runs a whole program as it stands."""
    return jvm(
        target.java, "-cp", str(target.jar), target.class_name, heap_mib=limits.memory_mib, mounts=(target.jar.parent,)
    )


def traced_program(
    target: Target, sandbox: Sandbox, stdin: bytes, limits: Limits, caps: Caps | None
) -> tuple[Outcome, Run]:
    """Run a whole instrumented program."""
    caps = caps or _DEFAULT_CAPS
    command = jvm(
        target.java,
        *OPENED, "-cp", str(target.guests), _DRIVER, "main", str(target.jar), target.class_name, str(target.main_site),
        caps_text(caps),
        heap_mib=limits.memory_mib,
        mounts=(target.guests.parent, target.jar.parent),
    )  # fmt: skip
    sink_mib = caps.sink_mib + 2 * _RESULT_MIB
    outcome = sandbox.run(command, stdin=stdin, limits=replace(jvm_limits(limits), sink_mib=sink_mib))
    run = read_runs(outcome.sink, target.sites, traced=True).get(0, Run(cause="unfinished"))
    # A program that leaves by `System.exit` has ended well or not as its exit code says.
    run = finish(run, str(outcome.cause), outcome.detail)
    return outcome, replace(run, stdout=outcome.stdout.decode("utf-8", "replace"), wall_s=outcome.wall_s)
