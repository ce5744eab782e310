"""Inputs from the calls that a program makes itself: its `main` is run, and the arguments of the function are kept."""

from semalign.core.errors import SandboxError
from semalign.sandbox.model import Limits
from semalign.systems.translation.contract import type_arguments
from semalign.systems.translation.subject import Subject
from semalign.traces.trace import Caps, EventKind, Trace
from semalign.values.model import is_whole
from semalign.values.wire import wire

WHOLE = Caps(items=4_096, digest_items=4_096, text=4_096, per_site=512)
"""Caps under which arguments of call sites are kept whole."""


def call_sites(subject: Subject, *, limits: Limits) -> tuple[type_arguments, ...]:
    """The arguments of every call of the function that came from outside it, in order, without repetitions.

    Empty where the file has no main, or its main fails before the first call; a failure after it loses nothing.
    """
    if not subject.unit.has_main:
        return ()
    try:
        _, run = subject.language.trace_program(
            subject.unit, subject.sandbox, stdin=subject.stdin, limits=limits, caps=WHOLE
        )
    except SandboxError:  # a main that can't be run is a main without call sites; the function itself is run later
        return ()
    if run.trace is None:
        return ()
    return _arguments(run.trace, subject)


def _arguments(trace: Trace, subject: Subject) -> tuple[type_arguments, ...]:
    bare = subject.function.name.rsplit(".", 1)[-1]
    functions = {frame.id: frame.function.rsplit(".", 1)[-1] for frame in trace.frames}
    parents = {frame.id: frame.parent for frame in trace.frames}
    names = [parameter.name for parameter in subject.signature.parameters]
    found: dict[str, type_arguments] = {}
    for event in trace.events:
        if event.kind is not EventKind.ENTER or functions.get(event.frame) != bare:
            continue
        if functions.get(parents[event.frame]) == bare:  # the function calling itself
            continue
        shown = dict(event.variables)
        if all(name in shown and is_whole(shown[name]) for name in names):
            arguments = tuple(shown[name] for name in names)
            found.setdefault(" ".join(map(wire, arguments)), arguments)
    return tuple(found.values())
