"""`JavaLanguage`: Java 17 and later, by a resident `javac` and a fresh JVM for each batch of inputs."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from semalign.core.errors import SourceError
from semalign.languages.java_compile import Compiled, Compilers
from semalign.languages.java_edits import Edited
from semalign.languages.java_instrument import Instrumented, complete, instrument
from semalign.languages.java_outline import Body, body_of
from semalign.languages.java_run import JavaExecutable, Target, program_command, traced_program
from semalign.languages.java_scope import calls_in
from semalign.languages.java_syntax import JavaSource, parse_java
from semalign.languages.java_toolchain import java_version, jvm_limits, missing_java, require_java
from semalign.languages.java_types import call_problem, erased_names, render_head, signature_of
from semalign.languages.protocol import Executable, Function, Mode, Unit
from semalign.sandbox.model import Cause, Limits, Outcome, Sandbox
from semalign.traces.trace import Caps, Run
from semalign.values.types import Signature


@dataclass(frozen=True, slots=True, eq=False)
class _Parsed:
    source: JavaSource
    bodies: tuple[Body, ...]

    def body(self, name: str) -> Body:
        return next(body for body in self.bodies if body.method.name == name)


@functools.lru_cache(maxsize=64)
def _parsed(source: str, path: str) -> _Parsed:
    found = parse_java(source, path)
    return _Parsed(found, tuple(body_of(method) for method in found.methods))


@functools.lru_cache(maxsize=64)
def _instrumented(parsed: _Parsed) -> Instrumented:
    return instrument(parsed.source, parsed.bodies)


class JavaLanguage:
    """The adapter for Java."""

    def __init__(self) -> None:
        self._compilers = Compilers()

    @property
    def name(self) -> str:
        """See `Language.name`."""
        return "java"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """See `Language.suffixes`."""
        return (".java",)

    def missing(self) -> str:
        """See `Language.missing`."""
        return missing_java()

    def toolchain(self) -> str:
        """See `Language.toolchain`."""
        return java_version()

    def parse(self, source: str, path: str = "<text>") -> Unit:
        """See `Language.parse`. Methods without a class around them are taken as well."""
        parsed = _parsed(source, path)
        if not parsed.bodies:
            raise SourceError(f"{path}:1:1: holds no method with a body; give a Java class, or a method alone")
        stateful = _stateful(parsed.bodies)
        functions = tuple(_function(parsed, body, body.method.plain in stateful) for body in parsed.bodies)
        return Unit(
            language=self.name,
            source=source,
            path=path,
            functions=functions,
            has_main=parsed.source.main is not None,
        )

    def build(
        self, unit: Unit, function: Function, sandbox: Sandbox, *, mode: Mode, signature: Signature | None = None
    ) -> Executable | Outcome:
        """See `Language.build`. The declared types stand: `signature` changes nothing here."""
        parsed = _parsed(unit.source, unit.path)
        method = parsed.body(function.name).method
        target = self._compile(parsed, unit.path, sandbox, traced=mode is Mode.TRACED)
        if isinstance(target, Outcome):
            return target
        called = replace(
            target, class_name=method.owner.binary, method=method.plain, parameters=erased_names(method), main_site=-1
        )
        return JavaExecutable(mode, called)

    def run_program(self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """See `Language.run_program`."""
        target = self._program(unit, sandbox, traced=False)
        if isinstance(target, Outcome):
            return target
        return sandbox.run(program_command(target, limits), stdin=stdin, limits=jvm_limits(limits))

    def trace_program(
        self, unit: Unit, sandbox: Sandbox, *, stdin: bytes = b"", limits: Limits, caps: Caps | None = None
    ) -> tuple[Outcome, Run]:
        """See `Language.trace_program`. Parameters of what `main` calls are recorded whole too."""
        target = self._program(unit, sandbox, traced=True)
        if isinstance(target, Outcome):
            return target, Run(cause=str(target.cause), detail=target.detail)
        return traced_program(target, sandbox, stdin, limits, caps)

    def render_type(self, signature: Signature) -> str:
        """See `Language.render_type`.

        >>> from semalign.values.types import Kind, Parameter, Type
        >>> numbers = Type(kind=Kind.LIST, items=(Type(kind=Kind.INT, width_bits=32),))
        >>> JavaLanguage().render_type(Signature(name="f", parameters=(Parameter(name="a", type=numbers),)))
        'static Object f(int[] a)'
        """
        return render_head(signature)

    def _program(self, unit: Unit, sandbox: Sandbox, *, traced: bool) -> Target | Outcome:
        parsed = _parsed(unit.source, unit.path)
        main = parsed.source.main
        if main is None:
            raise SourceError(f"{unit.path}: has no main; add `public static void main(String[] args)`")
        target = self._compile(parsed, unit.path, sandbox, traced=traced)
        return target if isinstance(target, Outcome) else replace(target, class_name=main.owner.binary)

    def _compile(self, parsed: _Parsed, path: str, sandbox: Sandbox, *, traced: bool) -> Target | Outcome:
        java = require_java()
        compiler = self._compilers.of(sandbox)
        made = _instrumented(parsed) if traced else None
        edited = made.edited if made is not None else complete(parsed.source)
        guests = compiler.guests()
        extra = {"sites": made.table.encode()} if made is not None else {}
        jar, compiled = compiler.jar(edited.text, extra)
        if compiled.errors:
            return _build_error(compiled, edited, parsed.source, path, sandbox)
        return Target(
            java=java,
            guests=guests,
            jar=jar,
            class_name="",
            sites=made.sites if made is not None else (),
            main_site=made.main_site if made is not None else -1,
        )


def _function(parsed: _Parsed, body: Body, stateful: bool) -> Function:
    method = body.method
    return Function(
        name=method.name,
        signature=signature_of(method, parsed.source),
        outline=body.outline,
        start_byte=method.node.start_byte,
        end_byte=method.node.end_byte,
        first_line=method.node.start_point.row + 1,
        last_line=method.node.end_point.row + 1,
        problem=call_problem(method),
        has_state=stateful,
    )


def _stateful(bodies: Sequence[Body]) -> frozenset[str]:
    """Names of the methods that touch statics, themselves or by what they call in the file."""
    found = {body.method.plain for body in bodies if body.scope.mutable_static}
    calls = {body.method.plain: frozenset(calls_in(body.method.body)) for body in bodies}
    while True:
        more = {name for name, called in calls.items() if called & found} - found
        if not more:
            return frozenset(found)
        found |= more


def _build_error(compiled: Compiled, edited: Edited, source: JavaSource, path: str, sandbox: Sandbox) -> Outcome:
    """The compiler's words, with lines and columns of the source as it was given."""
    said = []
    for message in compiled.errors:
        at = edited.original_byte(message.offset) if message.offset >= 0 else 0
        before = source.data[:at]
        line, start = before.count(b"\n") + 1, before.rfind(b"\n") + 1
        end = source.data.find(b"\n", at)
        shown = source.data[start : end if end >= 0 else len(source.data)].decode("utf-8", "replace")
        column = len(source.data[start:at].decode("utf-8", "replace"))
        first, _, rest = message.text.partition("\n")
        said.append(f"{path}:{line}: error: {first}\n{shown}\n{' ' * column}^{rest and chr(10)}{rest}")
    n = len(compiled.errors)
    text = "\n".join([*said, f"{n} error{'s' if n > 1 else ''}\n"])
    detail = compiled.errors[0].text.split("\n")[0]
    return Outcome(
        cause=Cause.BUILD_ERROR, detail=detail, exit_code=1, stderr=text.encode("utf-8", "replace"), tier=sandbox.tier
    )
