"""`PythonLanguage`: Python source, parsed with `ast`, instrumented by rewriting, run by the sandbox's interpreter."""

import platform
from dataclasses import replace

from semalign.core.errors import SourceError
from semalign.languages.protocol import Function, Mode, Unit
from semalign.languages.python_instrument import instrument
from semalign.languages.python_run import PythonExecutable, program_run, program_script, without_spelling
from semalign.languages.python_sites import Instrumented
from semalign.languages.python_source import parse_unit
from semalign.languages.python_types import render
from semalign.sandbox.model import Limits, Outcome, Sandbox, Script
from semalign.traces.trace import Caps, Run, Trace
from semalign.traces.wire import finish
from semalign.values.types import Signature


class PythonLanguage:
    """The adapter of Python 3.11 and later."""

    @property
    def name(self) -> str:
        """`python`."""
        return "python"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """File name endings."""
        return (".py",)

    def missing(self) -> str:
        """Nothing: the interpreter that runs this runs the programs too."""
        return ""

    def toolchain(self) -> str:
        """The interpreter inside the wall, which is the one that runs this."""
        return f"Python {platform.python_version()}"

    def parse(self, source: str, path: str = "<text>") -> Unit:
        """Functions, signatures and outlines.

        Raises:
            SourceError: it does not parse, or holds no function and no main program.
        """
        return parse_unit(source, path)

    def build(
        self, unit: Unit, function: Function, sandbox: Sandbox, *, mode: Mode, signature: Signature | None = None
    ) -> PythonExecutable | Outcome:
        """Ready to run; nothing is compiled, so nothing can fail here but the request.

        Raises:
            SourceError: the function can't be called.
        """
        return self.prepare(unit, function, mode=mode, signature=signature)

    def prepare(
        self,
        unit: Unit,
        function: Function,
        *,
        mode: Mode,
        signature: Signature | None = None,
        final_values: bool = False,
    ) -> PythonExecutable:
        """As `build`; `final_values` traces only what each frame's variables hold when it ends.

        Raises:
            SourceError: the function can't be called.
        """
        if function.problem:
            raise SourceError(f"{unit.path}: {function.name} {function.problem}")
        found: Instrumented | None = None
        void = ""
        if mode is Mode.TRACED:
            found, void = _instrumented(unit, final_values=final_values)
        return PythonExecutable(
            mode=mode,
            source=unit.source,
            path=unit.path,
            function=function,
            signature=function.signature if signature is None else without_spelling(signature),
            instrumented=found,
            void=void,
        )

    def run_program(self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """Run the whole file as `__main__`.

        Raises:
            SourceError: it has no main.
        """
        _require_main(unit)
        return sandbox.run(Script(source=unit.source), stdin=stdin, limits=limits)

    def trace_program(
        self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits, caps: Caps | None = None
    ) -> tuple[Outcome, Run]:
        """Run the whole file instrumented; its top level is the function `<module>`.

        Raises:
            SourceError: it has no main.
        """
        _require_main(unit)
        found, void = _instrumented(unit, module=True)
        if found is None:
            outcome = self.run_program(unit, sandbox, stdin=stdin, limits=limits)
            return outcome, Run(cause=outcome.cause.value, detail=outcome.detail, trace=Trace(void=void))
        script, sink_mib = program_script(unit.source, unit.path, caps or Caps(), found)
        wider = replace(limits, sink_mib=sink_mib, memory_mib=limits.memory_mib + sink_mib)
        outcome = sandbox.run(script, stdin=stdin, limits=wider)
        run = program_run(outcome.sink, found, caps or Caps())
        return outcome, replace(
            finish(run, outcome.cause.value, outcome.detail),
            stdout=outcome.stdout.decode("utf-8", "replace"),
            wall_s=outcome.wall_s,
        )

    def render_type(self, signature: Signature) -> str:
        """The `def` line of that signature."""
        return render(signature)


def _instrumented(unit: Unit, *, module: bool = False, final_values: bool = False) -> tuple[Instrumented | None, str]:
    """The rewritten file, or why there is none."""
    try:
        return instrument(unit.source, unit.path, module=module, final_values=final_values), ""
    except (ValueError, RecursionError) as exc:  # what `ast.unparse` can't write, or too deeply nested
        return None, f"the source can't be rewritten: {exc}"


def _require_main(unit: Unit) -> None:
    if not unit.has_main:
        raise SourceError(f"{unit.path}: has no main program; add one, or use `semalign trace` on a function")
