"""Java source to classes, by a compiler that stays: one confined JVM a sandbox, its answers kept by content."""

import base64
import threading
import weakref
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from semalign.core.errors import SandboxError
from semalign.languages.java_toolchain import (
    cache_folder,
    guest_sources,
    guests_key,
    jvm,
    jvm_limits,
    key_of,
    require_java,
    write_jar,
)
from semalign.sandbox.model import Limits, Sandbox, Service

_HEAP_MIB = 512
_LIMITS = Limits(wall_s=60.0, cpu_s=120.0, memory_mib=_HEAP_MIB, output_kib=65_536)
_SERVER = "semalign.SemalignCompiler"
# Reading values of JDK classes that hide their fields, for views of collections.
OPENED = ("--add-opens", "java.base/java.util=ALL-UNNAMED")


@dataclass(frozen=True, slots=True)
class Message:
    """What the compiler said; `offset` counts UTF-16 units of the source, -1 where it is of no place."""

    kind: str
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Compiled:
    """Classes by name, none where it failed; and messages."""

    classes: Mapping[str, bytes]
    messages: tuple[Message, ...]

    @property
    def errors(self) -> tuple[Message, ...]:
        """Why it failed."""
        return tuple(message for message in self.messages if message.kind == "ERROR")


class Compiler:
    """The compiler of one sandbox. Safe to call from several threads."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = weakref.ref(sandbox)
        self._lock = threading.Lock()
        self._service: Service | None = None

    def jar(self, source: str, extra: Mapping[str, bytes]) -> tuple[Path, Compiled]:
        """A jar with the classes of a source and `extra` files; the path means nothing where there are errors.

        Raises:
            MissingToolError: there is no compiler.
            SandboxError: the machine failed.
        """
        folder = cache_folder() / key_of(guests_key(), source, *(data.decode("latin-1") for data in extra.values()))
        path = folder / "program.jar"
        if path.exists():
            return path, Compiled({}, ())
        compiled = self._compile({"Main.java": source})
        if not compiled.errors:
            files = {f"{name.replace('.', '/')}.class": data for name, data in compiled.classes.items()}
            write_jar(folder, path.name, files | dict(extra))
        return path, compiled

    def _compile(self, sources: Mapping[str, str]) -> Compiled:
        request = _request(sources)
        failure: SandboxError | None = None
        for _ in range(2):  # what one hostile source did to the compiler must not meet the next
            try:
                return _reply(self._ask(request))
            except SandboxError as exc:
                self._service = None
                failure = exc
        try:
            return self._alone(request)
        except SandboxError:
            return Compiled({}, (Message("ERROR", -1, f"the compiler came to no end: {failure}"),))

    def _ask(self, request: bytes) -> bytes:
        with self._lock:
            if self._service is None:
                guests = self.guests()
                arguments = ("-cp", str(guests), _SERVER, str(guests))
                command = jvm(require_java(), *arguments, heap_mib=_HEAP_MIB, mounts=(guests.parent,))
                self._service = self._held().serve(command, limits=jvm_limits(_LIMITS))
            service = self._service
        return service.ask(request, wall_s=_LIMITS.wall_s)

    def _alone(self, request: bytes) -> Compiled:
        """By a JVM for this source only."""
        guests = self.guests()
        command = jvm(
            require_java(), "-cp", str(guests), _SERVER, str(guests), heap_mib=_HEAP_MIB, mounts=(guests.parent,)
        )
        outcome = self._held().run(command, stdin=request + b"\n", limits=jvm_limits(_LIMITS))
        if not outcome.stdout.endswith(b"\n"):
            raise SandboxError(f"the Java compiler ended with {outcome.cause} {outcome.detail}")
        return _reply(outcome.stdout.strip())

    def guests(self) -> Path:
        """The jar of the guest runtime, compiled when it is first needed.

        Raises:
            SandboxError: the machine failed.
        """
        folder = cache_folder() / guests_key()
        path = folder / "guests.jar"
        if path.exists():
            return path
        sources = guest_sources()
        folder.mkdir(parents=True, exist_ok=True)
        launcher = folder / "SemalignCompiler.java"
        launcher.write_text(sources["SemalignCompiler.java"], "utf-8")
        launcher.chmod(0o644)
        # Java starts a single source file without compiling it first; that compiles the rest.
        command = jvm(require_java(), str(launcher), heap_mib=_HEAP_MIB, mounts=(folder,))
        outcome = self._held().run(command, stdin=_request(sources) + b"\n", limits=jvm_limits(_LIMITS))
        compiled = _reply(outcome.stdout.strip())
        if not compiled.classes:
            said = [message.text for message in compiled.errors] or outcome.stderr.decode(errors="replace").splitlines()
            reason = said[0] if said else f"{outcome.cause} {outcome.detail}"
            raise SandboxError(f"the Java runtime could not be compiled: {reason}; see `semalign doctor`")
        return write_jar(
            folder, path.name, {f"{name.replace('.', '/')}.class": data for name, data in compiled.classes.items()}
        )

    def _held(self) -> Sandbox:
        sandbox = self._sandbox()
        if sandbox is None:
            raise SandboxError("the sandbox of this compiler is gone; build with another")
        return sandbox


@dataclass(slots=True)
class Compilers:
    """The compiler of each sandbox; forgotten with it. Its process ends when the sandbox is closed."""

    _known: "weakref.WeakKeyDictionary[Sandbox, Compiler]" = field(default_factory=weakref.WeakKeyDictionary)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, sandbox: Sandbox) -> Compiler:
        """The compiler of that sandbox."""
        with self._lock:
            found = self._known.get(sandbox)
            if found is None:
                found = self._known[sandbox] = Compiler(sandbox)
            return found


def stub_classes(guests: Path) -> dict[str, bytes]:
    """Classes that stand for libraries which programs import: they go into every program's jar."""
    with zipfile.ZipFile(guests) as jar:
        return {name: jar.read(name) for name in jar.namelist() if name.startswith("javafx/")}


def _request(sources: Mapping[str, str]) -> bytes:
    words = [
        word
        for name, text in sources.items()
        for word in (name, base64.b64encode(text.encode("utf-8", "replace")).decode())
    ]
    return " ".join(words).encode()


def _reply(line: bytes) -> Compiled:
    classes: dict[str, bytes] = {}
    messages: list[Message] = []
    words = iter(line.decode("ascii", "replace").split())
    for word in words:
        if word == "c":
            name = next(words)
            classes[name] = base64.b64decode(next(words))
        else:
            kind, offset = next(words), int(next(words))
            messages.append(Message(kind, offset, base64.b64decode(next(words)).decode("utf-8", "replace")))
    return Compiled(classes, tuple(messages))
