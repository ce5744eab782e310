"""`Language`: what an adapter must do so that its programs can be outlined, run and traced.

The order of a job: `parse` once, `build` once a mode, then `Executable.run` any number of inputs.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from semalign.sandbox.model import Limits, Outcome, Sandbox
from semalign.traces.blocks import Outline
from semalign.traces.trace import Caps, Run
from semalign.values.model import Value
from semalign.values.types import Signature


class Mode(enum.StrEnum):
    """How a program is built."""

    PLAIN = "plain"  # as it stands
    TRACED = "traced"  # instrumented: events, and what PLAIN gives
    SANITIZED = "sanitized"  # C++ only: undefined behaviour ends the run with cause "undefined"; else the same as PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of a source file that can be called with values."""

    name: str  # qualified: `Outer.method`
    signature: Signature
    outline: Outline
    start_byte: int
    end_byte: int
    first_line: int
    last_line: int
    problem: str = ""  # why it can't be called or traced; "" when it can
    has_state: bool = False  # reads or writes globals or statics: every input needs a process of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One parsed source file. `source` is what the ranges of its functions and blocks refer to."""

    language: str
    source: str
    path: str
    functions: tuple[Function, ...]
    has_main: bool = False  # it can be run as a program of its own

    def text_of(self, function: Function) -> str:
        """The text of one of its functions."""
        return self.source.encode()[function.start_byte : function.end_byte].decode()


class Executable(Protocol):
    """A function made ready to run."""

    @property
    def mode(self) -> Mode:
        """How it was built."""
        ...

    def run(
        self, inputs: Sequence[Sequence[Value]], sandbox: Sandbox, *, limits: Limits, caps: Caps | None = None
    ) -> list[Run]:
        """One `Run` an input, in order; inputs share nothing.

        `limits.wall_s` is for one input. An input that hangs or crashes ends alone and the rest goes on; its cause is
        "timeout", "memory", "killed", "output" or "exception". An argument that the declared type can't hold has
        cause "not run", with the reason in `detail`. One that the program itself wrote into the memory that tells of it
        has cause "tampered".

        Raises:
            SandboxError: the machine failed.
        """
        ...


class Language(Protocol):
    """One adapter. Stateless but for caches; safe to call from several threads."""

    @property
    def name(self) -> str:
        """`python`, `java`, `cpp`."""
        ...

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name endings, with the dot."""
        ...

    def missing(self) -> str:
        """What this machine lacks to run it and how to get it; "" when nothing."""
        ...

    def toolchain(self) -> str:
        """The compiler or interpreter that is used here, with its version; "" when there is none."""
        ...

    def parse(self, source: str, path: str = "<text>") -> Unit:
        """Functions, signatures and outlines; runs nothing.

        Raises:
            SourceError: it does not parse (with line and column), or holds no function and no main program.
        """
        ...

    def build(
        self, unit: Unit, function: Function, sandbox: Sandbox, *, mode: Mode, signature: Signature | None = None
    ) -> "Executable | Outcome":
        """Ready to run, or the `Outcome` of a build that failed (cause BUILD_ERROR, the compiler's words in stderr).

        `signature` overrides the function's own, where that has unknown types.

        Raises:
            MissingToolError: no compiler; says which and how to get it.
            SandboxError: the machine failed.
        """
        ...

    def run_program(self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """Run the whole file as it stands, with its main.

        Raises:
            SourceError: it has no main.
        """
        ...

    def trace_program(
        self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits, caps: Caps | None = None
    ) -> tuple[Outcome, Run]:
        """Run the whole file instrumented: its outcome, and a `Run` whose trace covers all its functions.

        Parameters of frames without a parent are recorded whole, so that call sites can serve as inputs.

        Raises:
            SourceError: it has no main.
        """
        ...

    def render_type(self, signature: Signature) -> str:
        """The head of a function of that signature as this language writes it."""
        ...
