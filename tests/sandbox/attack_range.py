"""Runs hostile programs in a sandbox, inside a throw-away outer box, and says what they reached.

`python attack_range.py TIER [NAME...]` runs every file of `tests/fixtures/attacks`, or those named, and prints one JSON
object a line. It is only ever started by `in_outer_box`: were the sandbox to fail, an attack would meet a second wall
and not the host.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from semalign.core.errors import SandboxError
from semalign.sandbox import (
    Binary,
    Cause,
    Command,
    Limits,
    Mount,
    Outcome,
    Program,
    Sandbox,
    Script,
    Tier,
    open_sandbox,
)
from semalign.sandbox.bubblewrap import executable

ATTACKS = Path(__file__).parent.parent / "fixtures" / "attacks"
CANARY = Path("/tmp/canary")
PORT = 47123
_DRIVER = "\nimport json as codec\nprint()\nprint(codec.dumps([solution(n) for n in ({inputs})]))\n"


@dataclass(kw_only=True)
class Result:
    """What one attack did; `problems` is empty when it was held in."""

    name: str
    cause: str = ""
    detail: str = ""
    wall_s: float = 0.0
    problems: list[str] = field(default_factory=list)


def in_outer_box(*argv: str) -> list[str]:
    """The command line that runs Python in namespaces of its own, on a host that it cannot write to."""
    bwrap = executable() or "bwrap"
    user = [] if os.geteuid() == 0 else ["--unshare-user"]
    return [
        bwrap, *user, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try",
        "--hostname", "outer", "--die-with-parent", "--new-session", "--ro-bind", "/", "/", "--dev", "/dev",
        "--perms", "1777", "--tmpfs", "/dev/shm", "--proc", "/proc", "--size", str(1 << 30), "--perms", "1777",
        "--tmpfs", "/tmp", *_kept_in_sight(), "--", sys.executable, "-B", *argv,
    ]  # fmt: skip


def _kept_in_sight() -> list[str]:
    """Read-only mounts of what the range itself needs, where the private temporary folder would hide it."""
    needed = {Path(__file__).resolve().parents[2], Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()}
    hidden = sorted(str(path) for path in needed if path.is_relative_to("/tmp"))
    return [word for path in hidden for word in ("--ro-bind", path, path)]


def header(path: Path) -> dict[str, str]:
    """The `Key: value` lines that a fixture begins with."""
    found = {}
    for line in path.read_text().splitlines():
        if not line.startswith(("#", "//")):
            break
        key, _, value = line.lstrip("#/ ").partition(":")
        found[key.strip()] = value.strip()
    return found


def limits(path: Path) -> Limits:
    """Those that a fixture asks for, over small ones."""
    asked = dict(item.split("=") for item in header(path).get("Limits", "").split())
    is_jvm = path.suffix == ".java"
    return Limits(
        wall_s=float(asked.get("wall_s", 5.0 if is_jvm else 1.0)),
        memory_mib=8192 if is_jvm else 256,
        processes=int(asked.get("processes", 48 if is_jvm else 1)),
        output_kib=64,
        sink_mib=int(asked.get("sink_mib", 0)),
    )


def _built(path: Path) -> Path:
    target = Path("/tmp/built") / path.name
    compiler = ["g++", "-std=c++17", "-o"] if path.suffix == ".cpp" else ["javac", "-d"]
    if not target.exists():
        subprocess.run([*compiler, target, path], check=True)
    return target


def program(path: Path) -> Program | None:
    """The fixture as something to run; None: this machine cannot build it."""
    if path.suffix == ".py":
        return Script(source=path.read_text())
    if shutil.which("g++" if path.suffix == ".cpp" else "javac") is None:
        return None
    built = _built(path)
    if path.suffix == ".cpp":
        return Binary(path=built)
    argv = ("/usr/bin/java", "-Xmx128m", "-XX:+UseSerialGC", "-cp", "/classes", path.stem)
    return Command(argv=argv, mounts=(Mount(path=built, at="/classes"),))


class Range:
    """Canaries, and what is compared before and after each attack."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.secret = secrets.token_hex(16)
        os.environ["SEMALIGN_CANARY"] = self.secret
        CANARY.mkdir()
        CANARY.chmod(0o777)
        for name in ("secret", "file"):
            (CANARY / name).write_text(self.secret)
            (CANARY / name).chmod(0o666)
        (CANARY / "link").symlink_to(CANARY / "secret")
        self.listeners = list(_listeners())
        self.before = self.state()

    def state(self) -> dict[str, object]:
        """Everything that must stay as it is."""
        seen: dict[str, object] = {"host name": socket.gethostname()}
        for root in (CANARY, Path("/dev/shm")):
            for path in (root, *sorted(root.rglob("*"))):
                found = path.lstat()
                kept = (found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns)
                seen[str(path)] = kept if path != Path("/dev/shm") else "there"
        seen["temporary"] = sorted(path.name for path in Path("/tmp").iterdir() if not path.name.startswith("box-"))
        return seen

    def strangers(self) -> list[str]:
        """Processes here that are neither ours nor the sandbox's own."""
        alive = []
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
            if fields["Name"] not in ("python3.11", "python", "python3", "bwrap", Path(sys.executable).resolve().name):
                alive.append(f"{fields['Name']} {fields['State']}")
            elif int(fields["Uid"].split()[0]) != os.geteuid():
                alive.append(f"{fields['Name']} of {fields['Uid'].split()[0]}, {fields['State']}")
        return alive

    def problems(self, outcome: Outcome, allowed: Limits) -> Iterator[str]:
        """What an attack achieved that it must not."""
        said = outcome.stdout + outcome.stderr + outcome.sink
        if self.secret.encode() in said:
            yield "the secret is in its output"
        if b"REACHED" in outcome.stdout:  # not on standard error, where a traceback quotes the program
            yield outcome.stdout[outcome.stdout.index(b"REACHED") :].splitlines()[0].decode(errors="replace")
        after = self.state()
        yield from (f"changed: {key}" for key in {**after, **self.before} if after.get(key) != self.before.get(key))
        yield from (f"still alive: {name}" for name in self.strangers())
        yield from ("a socket was reached" for listener in self.listeners if _was_reached(listener))
        if outcome.wall_s > allowed.wall_s + 0.5:
            yield f"ran for {outcome.wall_s:.2f} s"
        if max(len(outcome.stdout), len(outcome.stderr)) > allowed.output_kib << 10:
            yield "more output than was allowed"

    def attack(self, path: Path) -> Result:
        """Run one fixture and look around."""
        built = program(path)
        result = Result(name=path.name)
        if built is None:
            result.cause = "not built"
            return result
        self.before = self.state()
        allowed = limits(path)
        if header(path).get("Cheats"):
            result.problems += cheats(self.sandbox, path, allowed)
            return result
        try:
            outcome = self.sandbox.run(built, stdin=b"x" * 1000, limits=allowed)
        except SandboxError as exc:
            result.problems.append(f"the machine broke: {exc}")
            return result
        result.cause, result.detail, result.wall_s = outcome.cause.value, outcome.detail, outcome.wall_s
        result.problems += self.problems(outcome, allowed)
        still = self.sandbox.run(Script(source="print(1)"), limits=Limits())
        if still.stdout != b"1\n":
            result.problems.append("the sandbox is of no use afterwards")
        return result


def cheats(sandbox: Sandbox, path: Path, allowed: Limits) -> list[str]:
    """A parent that keeps the expectations to itself: whom it takes for right."""
    inputs = [3, 4, 5]
    expected = [n * n for n in inputs]
    honest = "def solution(n):\n    return n * n\n"
    wrong = "def solution(n):\n    return n + n\n"

    def is_right(source: str) -> bool:
        driver = _DRIVER.format(inputs=", ".join(map(str, inputs)))
        outcome = sandbox.run(Script(source=source + driver), limits=allowed)
        if outcome.cause is not Cause.OK:
            return False
        try:
            said = json.loads(outcome.stdout.splitlines()[-1])
        except (ValueError, IndexError):
            return False
        return isinstance(said, list) and [type(value) for value in said] == [int] * len(inputs) and said == expected

    verdicts = {"honest and right": is_right(honest), "honest and wrong": is_right(wrong)}
    problems = [name for name, verdict in verdicts.items() if verdict != (name == "honest and right")]
    return problems + (["the parent was fooled"] if is_right(path.read_text()) else [])


def _listeners() -> Iterator[socket.socket]:
    families: list[tuple[int, int, object]] = [
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0semalign-canary"),
        (socket.AF_UNIX, socket.SOCK_DGRAM, "\0semalign-canary-datagram"),
        (socket.AF_UNIX, socket.SOCK_STREAM, str(CANARY / "socket")),
    ]
    for family, kind, address in families:
        listener = socket.socket(family, kind)
        listener.bind(address)  # type: ignore[arg-type]  # each family has its own kind of address
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        yield listener
    (CANARY / "socket").chmod(0o777)


def _was_reached(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(100)
    except BlockingIOError:
        return False
    return True


def main(tier: str, *names: str) -> None:
    """The fixtures, one after the other; all of them unless some are named."""
    os.umask(0o022)
    Path("/tmp/built").mkdir(mode=0o755)
    files = sorted(
        path
        for path in ATTACKS.iterdir()
        if path.suffix in (".py", ".cpp", ".java") and path.name in (names or (path.name,))
    )
    for path in files:
        if path.suffix != ".py":
            program(path)
    with open_sandbox(tier=Tier(tier), workers=1) as sandbox:
        attacked = Range(sandbox)
        for path in files:
            sys.stdout.write(json.dumps(asdict(attacked.attack(path))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
