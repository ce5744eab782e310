"""The C++ adapter: g++ (11 or later) or clang++, tree-sitter for syntax, a precompiled guest header."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from semalign.core.errors import MissingToolError, SourceError
from semalign.languages.cpp_build import compiled, toolchain
from semalign.languages.cpp_driver import function_program, plain_program, whole_program
from semalign.languages.cpp_file import CppFile, CppFunction
from semalign.languages.cpp_rewrite import Rewritten, instrumented, with_records
from semalign.languages.cpp_run import CppExecutable, caps_arguments, program_run
from semalign.languages.cpp_signature import render
from semalign.languages.cpp_source import read_file, unit_of
from semalign.languages.protocol import Executable, Function, Mode, Unit
from semalign.sandbox.model import Binary, Cause, Limits, Outcome, Sandbox
from semalign.traces.trace import Caps, Run, Trace
from semalign.values.types import Signature


@dataclass(frozen=True, slots=True)
class CppLanguage:
    """C++ by the protocol `Language`."""

    @property
    def name(self) -> str:
        """`cpp`."""
        return "cpp"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name endings."""
        return (".cpp", ".cc", ".cxx", ".hpp", ".h")

    def missing(self) -> str:
        """What this machine lacks; "" when nothing."""
        try:
            toolchain()
        except MissingToolError as exc:
            return str(exc)
        return ""

    def toolchain(self) -> str:
        """The compiler as it names itself; "" when there is none."""
        return "" if self.missing() else toolchain().version

    def parse(self, source: str, path: str = "<text>") -> Unit:
        """Functions, signatures and outlines.

        Raises:
            SourceError: it does not parse, or holds no function.
        """
        return unit_of(source, path)

    def build(
        self, unit: Unit, function: Function, sandbox: Sandbox, *, mode: Mode, signature: Signature | None = None
    ) -> "Executable | Outcome":
        """Compiled with a driver, or the `Outcome` of a build that failed.

        `signature` changes nothing here: the declared types are what the driver fills.

        Raises:
            MissingToolError: no compiler.
            SandboxError: the machine failed.
        """
        found = read_file(unit.source, unit.path)
        chosen = next((one for one in found.functions if one.node.start_byte == function.start_byte), None)
        if function.problem or chosen is None:
            said = f"{unit.path}:{function.first_line}: {function.name}: {function.problem or 'not in this unit'}"
            return Outcome(cause=Cause.BUILD_ERROR, detail=function.problem, stderr=said.encode())
        refused: Outcome | None = None
        for rewritten in _ladder(found, chosen, mode):
            text = function_program(found, chosen, rewritten, unit.path, sanitized=mode is Mode.SANITIZED)
            made = compiled(text, mode, sandbox)
            if not isinstance(made, Outcome):
                return CppExecutable(made, mode, rewritten.sites, function.has_state)
            refused = made
        assert refused is not None, "the ladder has a first step"
        return refused

    def run_program(self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """Run the whole file with its main.

        Raises:
            SourceError: it has no main.
        """
        found = _with_main(unit)
        made = compiled(plain_program(found, unit.path), Mode.PLAIN, sandbox, guest=False)
        return made if isinstance(made, Outcome) else sandbox.run(Binary(path=made), stdin=stdin, limits=limits)

    def trace_program(
        self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits, caps: Caps | None = None
    ) -> tuple[Outcome, Run]:
        """Run the whole file instrumented.

        Raises:
            SourceError: it has no main.
        """
        found = _with_main(unit)
        caps = caps or Caps()
        main = next(one for one in found.functions if one.name == "main")
        made: Outcome | None = None
        for rewritten in _ladder(found, main, Mode.TRACED):
            binary = compiled(whole_program(found, rewritten, unit.path), Mode.TRACED, sandbox)
            if isinstance(binary, Outcome):
                made = binary
                continue
            argv = caps_arguments(limits.wall_s, caps)
            outcome = sandbox.run(Binary(path=binary, argv=argv), stdin=stdin, limits=_with_sink(limits, caps))
            return outcome, program_run(outcome, rewritten.sites)
        assert made is not None, "the ladder has a first step"
        void = Trace(complete=False, void="the instrumented program could not be compiled")
        return made, Run(cause=str(made.cause), detail=made.detail, trace=void)

    def render_type(self, signature: Signature) -> str:
        """The head of a function as C++ writes it."""
        return render(signature)


def _ladder(found: CppFile, function: CppFunction, mode: Mode) -> Iterator[Rewritten]:
    """Ways to build, best first: all functions instrumented, this one alone, all but this one."""
    if mode is not Mode.TRACED:
        yield with_records(found)
        return
    yield instrumented(found)
    others = frozenset(one.name for one in found.functions if one.name != function.name)
    if others:
        yield instrumented(found, others)
        yield instrumented(found, frozenset((function.name,)))


def _with_main(unit: Unit) -> CppFile:
    found = read_file(unit.source, unit.path)
    if not found.has_main:
        raise SourceError(f"{unit.path}:1:1: there is no main to run; add one, or use `semalign trace` on a function")
    return found


def _with_sink(limits: Limits, caps: Caps) -> Limits:
    sink_mib = caps.sink_mib + 2
    return replace(limits, sink_mib=sink_mib, memory_mib=limits.memory_mib + sink_mib)
