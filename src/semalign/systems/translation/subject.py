"""`Subject`: one of the two programs, parsed, built as needed, and run on inputs."""

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from semalign.core.errors import ConfigError, MissingToolError, SourceError
from semalign.languages import language_of
from semalign.languages.protocol import Executable, Function, Language, Mode, Unit
from semalign.sandbox.model import Limits, Outcome, Sandbox
from semalign.systems.translation.contract import type_arguments
from semalign.traces.trace import Caps, Run, Trace
from semalign.values.compare import key
from semalign.values.policy import EXACT
from semalign.values.types import Signature

MAX_BYTES = 1 << 20  # of a source file; far beyond any program that people write by hand


class BuildError(Exception):
    """A program does not build; carries the compiler's first words. Data for a verdict, not a failure of ours."""


def load(path: Path, language: str = "") -> tuple[Language, Unit]:
    """The language of a file, and the file parsed.

    Raises:
        ConfigError: no such file, not text, empty, too large, no such language; it does not parse (`SourceError`).
        MissingToolError: this machine can't run its language.
    """
    speaks = language_of(language or path)
    source = read_text(path)
    if not source.strip():
        raise ConfigError(f"{path}: the file is empty; it needs a function to compare")
    if missing := speaks.missing():
        raise MissingToolError(missing)
    try:
        return speaks, speaks.parse(source, str(path))
    except RecursionError as exc:
        raise SourceError(f"{path}: an expression or a block is nested too deeply; split it up") from exc


def read_text(path: Path) -> str:
    """The text of a program that the user named.

    Raises:
        ConfigError: no such file, no regular file, not UTF-8, too large.
    """
    try:
        n_bytes = path.stat().st_size
        if not path.is_file() and not path.is_dir():  # reading a pipe or a device may never end
            raise ConfigError(f"{path}: is a pipe or a device; give the path of a source file")
        if n_bytes > MAX_BYTES:
            raise ConfigError(f"{path}: {n_bytes:,} bytes; the limit is {MAX_BYTES:,}: cut out the function to compare")
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give the path of a source file") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: not UTF-8 text (byte {exc.start}); save it as UTF-8") from exc


@dataclass(slots=True)
class Subject:
    """A program under comparison. Builds start in the background and are waited for when first used."""

    language: Language
    unit: Unit
    function: Function
    signature: Signature
    sandbox: Sandbox
    stdin: bytes = b""  # what its main program reads, where call sites are looked for
    _builds: dict[Mode, "Future[Executable | Outcome]"] = field(default_factory=dict)

    def start(self, modes: Sequence[Mode], executor: Executor) -> None:
        """Begin the builds, in this order."""
        for mode in modes:
            self._builds[mode] = executor.submit(self._build, mode)

    def _build(self, mode: Mode) -> Executable | Outcome:
        return self.language.build(self.unit, self.function, self.sandbox, mode=mode, signature=self.signature)

    def run(
        self, inputs: Sequence[type_arguments], *, mode: Mode = Mode.PLAIN, limits: Limits, caps: Caps | None = None
    ) -> list[Run]:
        """One run an input, in order.

        Raises:
            BuildError: it does not build in this mode.
            SandboxError: the machine failed.
        """
        return self.wait(mode).run(inputs, self.sandbox, limits=limits, caps=caps) if inputs else []

    def wait(self, mode: Mode) -> Executable:
        """The program built in this mode.

        Raises:
            BuildError: it does not build.
        """
        built = self._builds[mode].result()
        if isinstance(built, Outcome):
            raise BuildError(_first_words(built))
        return built

    def traced(
        self, inputs: Sequence[type_arguments], plain: Sequence[Run], *, limits: Limits, caps: Caps
    ) -> list[Run]:
        """Traced runs, each checked against its plain run: where they differ the trace is void and says so."""
        try:
            runs = self.run(inputs, mode=Mode.TRACED, limits=limits, caps=caps)
        except BuildError as exc:
            return [_void(run, f"the instrumented program does not build: {exc}") for run in plain]
        return [_checked(run, beside) for run, beside in zip(runs, plain, strict=True)]


def _checked(traced: Run, plain: Run) -> Run:
    if _shown(traced) == _shown(plain):
        return traced
    return _void(plain, "the instrumented program does not do what the plain one does")


def _void(plain: Run, why: str) -> Run:
    """The plain run, which is what the program does, with a trace that says why there is none."""
    return replace(plain, trace=Trace(complete=False, void=why))


def _shown(run: Run) -> tuple[object, ...]:
    """All that a run shows from outside, as one comparable thing; the clock is not part of it."""
    result = None if run.result is None else key(run.result, EXACT)
    raised = None if run.raised is None else run.raised.name  # messages may hold addresses and line numbers
    return (run.cause, result, tuple(key(value, EXACT) for value in run.arguments), raised, run.stdout)


def _first_words(outcome: Outcome) -> str:
    lines = [line.strip() for line in outcome.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return ((errors or lines) + [outcome.detail or "the compiler said nothing"])[0][:300]
