"""`capture`: one run of a Python program, and what every variable of it ended with.

Nothing is written into the source; the interpreter's own events are listened to, inside the sandbox. What was seen
comes back through shared memory with a number that only this run has. It is still told by the process that the program
is in: `certified` says when it may be believed.
Source: CodeRL+ (arXiv 2510.18471), last-definition values. Its released code appends a dump of `locals()` to the
script, which sees no function's variables and loses everything on `sys.exit`.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from semalign.languages.python_guests import GUESTS, script
from semalign.sandbox.model import Cause, Limits, Outcome, Sandbox
from semalign.traces.final import FinalValue, Status, VariableRef
from semalign.values.model import Cut, Opaque, Raised, Unrepresentable, Value, children
from semalign.values.wire import decode, encode, type_json

_FILES = tuple(GUESTS / f"python_{name}.py" for name in ("values", "arguments", "final"))
_PARTS = '{"Snapshots": Snapshots, "exception_text": exception_text, "Arguments": Arguments}'
_PAST_CAPS = ("more than", "deeper than", "text of", "integer of")  # reasons that the guest gives
_SINK_MIB = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class FinalCaps:
    """What of a value is kept, and of a run; past them a variable is `TOO_LARGE`, never shortened unseen."""

    items: int = 200  # elements of a container
    digest_items: int = 10_000  # elements at all depths together
    depth: int = 8
    text: int = 1000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """How a run is made and looked at."""

    finals: bool = True  # False: the plain run, for its output
    lines: bool = False  # each binding, too; several to dozens of times slower
    random_seed: int = 0
    clock_shift_s: float = 0.0
    max_calls: int = 4  # of one scope whose variables are kept, beside the outermost call of one that recurses
    max_events: int = 50_000  # lines
    caps: FinalCaps = field(default=FinalCaps())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stimulus:
    """What a program is run on: its function `entry` called with `arguments`, or all of it with `stdin`."""

    entry: str = ""
    arguments: tuple[Value, ...] = ()
    stdin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One run. `how` is `return`, `exception`, `exit`, or the sandbox's cause where it ended before it could tell."""

    how: str
    result: Value | None = None  # what the entry returned, or the exception
    stdout: str = ""
    finals: tuple[FinalValue, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)  # completed, by scope; up to one more than are kept
    n_events: int = 0
    flags: tuple[str, ...] = ()  # what it did that only tampering needs
    seconds: float = 0.0
    hash_mark: int = 0  # tells interpreters of different hash seeds apart
    detail: str = ""

    @property
    def ended(self) -> bool:
        """It came to an end of its own, and was seen there."""
        return self.how in ("return", "exception", "exit")


def capture(
    program: str, stimulus: Stimulus, sandbox: Sandbox, *, limits: Limits, watch: Watch | None = None
) -> Capture:
    """Run it once. What can't be captured is a `Capture` that says so; only a broken machine raises.

    Raises:
        SandboxError: the machine failed.
    """
    watch = watch or Watch()
    nonce = secrets.token_hex(16)
    header: dict[str, type_json] = {
        "nonce": nonce,
        "source": program,
        "path": "program.py",
        "entry": stimulus.entry,
        "arguments": [encode(value) for value in stimulus.arguments],
        "stdin": stimulus.stdin,
        "watch": watch.finals,
        "lines": watch.lines,
        "random_seed": watch.random_seed,
        "clock_shift_s": watch.clock_shift_s,
        "max_calls": watch.max_calls,
        "max_events": watch.max_events,
        "caps": asdict(watch.caps),
    }
    wide = replace(limits, sink_mib=_SINK_MIB, memory_mib=limits.memory_mib + _SINK_MIB)
    outcome = sandbox.run(script(_FILES, f"Finals(header, {_PARTS}).run()", header), limits=wide)
    told = _told(outcome, nonce)
    if told is None:
        how = outcome.cause.value if outcome.cause is not Cause.OK else "killed"
        words = outcome.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return Capture(how=how, detail=words or outcome.detail or "it ended before it could tell")
    return _read(told, outcome)


def _told(outcome: Outcome, nonce: str) -> dict[str, Any] | None:
    """The one line of this run; anything else in the sink is not ours."""
    for line in outcome.sink.split(b"\n"):
        try:
            told = json.loads(line)
            if told["head"]["nonce"] == nonce:
                return dict(told)
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
    return None


def _read(told: dict[str, Any], outcome: Outcome) -> Capture:
    head = told["head"]
    found: dict[VariableRef, FinalValue] = {}
    for name, call, values, held, gone in told["scopes"]:
        for final in _finals(name, call, values, held, gone):
            found[final.ref] = final
    result = decode(told["result"])
    return Capture(
        how=head["how"],
        result=result,
        stdout=outcome.stdout.decode("utf-8", "replace"),
        finals=tuple(found[ref] for ref in sorted(found)),
        calls=told["counts"],
        n_events=head["events"],
        flags=tuple(head["flags"]),
        seconds=head["seconds"],
        hash_mark=head["hash_mark"],
        detail=f"{result.name}: {result.message}" if isinstance(result, Raised) else "",
    )


def _finals(
    scope: str, call: int, values: Mapping[str, Any], held: Mapping[str, Any], gone: Sequence[str]
) -> list[FinalValue]:
    found = []
    for name in {**values, **dict.fromkeys(gone)}:
        value = decode(values[name]) if name in values else None
        line, writes, at_definition = held.get(name, (None, None, None))
        found.append(
            FinalValue(
                ref=VariableRef(scope=scope, call=call, name=name),
                at_exit=value,
                at_last_definition=None if line is None else decode(at_definition),
                defined_line=line,
                writes=writes,
                status=Status.DELETED if value is None else _status(value),
            )
        )
    return found


def _status(value: Value) -> Status:
    worst = Status.STABLE
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Cut) or (isinstance(one, Unrepresentable) and one.reason.startswith(_PAST_CAPS)):
            return Status.TOO_LARGE
        if isinstance(one, Opaque | Unrepresentable):
            worst = Status.UNREPRESENTABLE
        waiting.extend(inner for _, inner in children(one))
    return worst
