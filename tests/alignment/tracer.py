"""Sides of a comparison from little Python programs, traced for real."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from semalign.alignment.side import Side
from semalign.languages import LANGUAGES
from semalign.languages.protocol import Mode
from semalign.sandbox import Limits, Outcome, Sandbox, open_sandbox
from semalign.traces.trace import Caps
from semalign.values.model import Int, List, Text, Value

type_native = int | str | list[int] | list[str]


@contextmanager
def tracing() -> Iterator["Tracer"]:
    """A tracer, with a sandbox of its own."""
    with open_sandbox() as sandbox:
        yield Tracer(sandbox)


class Tracer:
    """Runs the first function of a Python text on native arguments."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def side(self, source: str, inputs: Sequence[Sequence[type_native]], *, per_site: int = 256) -> Side:
        """What that function did on each input."""
        python = LANGUAGES["python"]
        unit = python.parse(source)
        function = unit.functions[0]
        built = python.build(unit, function, self.sandbox, mode=Mode.TRACED)
        assert not isinstance(built, Outcome), built.stderr
        arguments = [tuple(map(value, one)) for one in inputs]
        runs = built.run(arguments, self.sandbox, limits=Limits(), caps=Caps(per_site=per_site))
        return Side(
            signature=replace(function.signature, name=function.name),
            outlines=tuple(one.outline for one in unit.functions),
            runs=tuple(runs),
        )


def value(native: type_native) -> Value:
    """The value of a number, a text or a list of them."""
    match native:
        case int():
            return Int(native)
        case str():
            return Text(native)
        case list():
            return List(tuple(map(value, native)))
