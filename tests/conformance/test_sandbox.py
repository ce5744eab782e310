"""What every tier owes its callers, whatever it is made of."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, SandboxError
from semalign.sandbox import Binary, Cause, Command, Limits, Mount, Outcome, Sandbox, Script, Tier, open_sandbox

QUICK = Limits(wall_s=5.0)


def _holds(tier: Tier) -> str:
    try:
        open_sandbox(workers=1, tier=tier).close()
    except SandboxError as exc:
        return str(exc)
    return ""


@pytest.fixture(scope="module", params=list(Tier))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    tier: Tier = request.param
    if failure := _holds(tier):
        pytest.skip(failure)
    with open_sandbox(workers=2, tier=tier) as opened:
        yield opened


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that does what its argument says."""
    if shutil.which("g++") is None:
        pytest.skip("needs g++")
    folder = tmp_path_factory.mktemp("built")
    (folder / "main.cpp").write_text(
        """
        #include <cstdlib>
        #include <iostream>
        #include <string>
        #include <vector>
        #include <unistd.h>
        int main(int, char** argv) {
            std::string what = argv[1], line;
            if (what == "echo") { while (std::getline(std::cin, line)) std::cout << line << "\\n"; return 0; }
            if (what == "exit") return 7;
            if (what == "abort") abort();
            if (what == "throw") throw 1;
            if (what == "grow") { std::vector<char> all(1UL << 40); std::cout << all.size(); }
            if (what == "loop") { volatile long n = 0; for (;;) n = n + 1; }
            if (what == "sink") { if (write(3, "kept", 4) != 4) return 1; for (;;) { } }
        }
        """
    )
    subprocess.run(["g++", "-o", folder / "main", folder / "main.cpp"], check=True)
    return folder / "main"


def run(sandbox: Sandbox, source: str, *, stdin: bytes = b"", limits: Limits = QUICK) -> Outcome:
    return sandbox.run(Script(source=source), stdin=stdin, limits=limits)


def test_output_and_tier_are_reported(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import sys\nprint('out')\nprint('err', file=sys.stderr)")
    assert (outcome.cause, outcome.exit_code, outcome.signal) == (Cause.OK, 0, None)
    assert (outcome.stdout, outcome.stderr) == (b"out\n", b"err\n")
    assert outcome.tier is sandbox.tier
    assert 0 < outcome.wall_s < 5


def test_a_script_reads_its_input_and_arguments(sandbox: Sandbox) -> None:
    program = Script(source="import sys\nprint(sys.argv[1:], input(), sys.stdin.read())", argv=("a", "b c"))
    outcome = sandbox.run(program, stdin="zwölf\n\N{SNOWMAN}".encode(), limits=QUICK)
    assert outcome.stdout.decode() == "['a', 'b c'] zwölf \N{SNOWMAN}\n"


def test_large_input_arrives_whole(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import sys\nprint(len(sys.stdin.buffer.read()))", stdin=b"x" * (1 << 22))
    assert outcome.stdout == b"4194304\n"


def test_unread_input_does_no_harm(sandbox: Sandbox) -> None:
    assert run(sandbox, "print(1)", stdin=b"x" * (1 << 22)).cause is Cause.OK


@pytest.mark.parametrize(
    ("ending", "code"), [("sys.exit(3)", 3), ("os._exit(4)", 4), ("sys.exit('no')", 1), ("exit(5)", 5)]
)
def test_the_exit_code_is_the_programs_own(sandbox: Sandbox, ending: str, code: int) -> None:
    outcome = run(sandbox, f"import os, sys\n{ending}")
    assert (outcome.cause, outcome.exit_code) == (Cause.EXCEPTION, code)


def test_an_exception_shows_its_line(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "def f(x):\n    return 1 / x\n\nf(0)")
    assert (outcome.cause, outcome.exit_code) == (Cause.EXCEPTION, 1)
    text = outcome.stderr.decode()
    assert "return 1 / x" in text
    assert 'File "main.py", line 4, in <module>' in text
    assert text.count("File ") == 2
    assert text.endswith("ZeroDivisionError: division by zero\n")


def test_a_syntax_error_is_the_programs_failure(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "def f(:\n")
    assert outcome.cause is Cause.EXCEPTION
    assert b"SyntaxError" in outcome.stderr


def test_an_exception_that_cannot_be_shown_is_still_one(sandbox: Sandbox) -> None:
    source = "class E(Exception):\n    def __str__(self): raise RuntimeError\nraise E"
    assert run(sandbox, source).cause is Cause.EXCEPTION


@pytest.mark.parametrize("source", ["while True: pass", "import time\ntime.sleep(100)", "print(7 ** (10**9) % 11)"])
def test_the_clock_ends_a_program(sandbox: Sandbox, source: str) -> None:
    outcome = run(sandbox, source, limits=Limits(wall_s=0.3))
    assert outcome.cause is Cause.TIMEOUT
    assert outcome.exit_code is None
    assert 0.3 <= outcome.wall_s < 1.0


def test_cpu_time_ends_a_program(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "while True: pass", limits=Limits(wall_s=20.0, cpu_s=1.0))
    assert outcome.cause is Cause.TIMEOUT
    assert "CPU" in outcome.detail
    assert outcome.cpu_s >= 0.5  # the limit is counted in ticks, the use is not


@pytest.mark.parametrize("source", ["x = bytearray(1 << 40)", "x = []\nwhile True: x.append(bytearray(1 << 20))"])
def test_memory_is_bounded(sandbox: Sandbox, source: str) -> None:
    outcome = run(sandbox, source, limits=Limits(memory_mib=128))
    assert outcome.cause is Cause.MEMORY
    assert b"MemoryError" in outcome.stderr


def test_output_is_cut_and_the_program_stopped(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "while True: print('x' * 1000)", limits=Limits(wall_s=10.0, output_kib=8))
    assert (outcome.cause, outcome.truncated) == (Cause.OUTPUT, True)
    assert len(outcome.stdout) == 8192
    assert outcome.wall_s < 5


def test_output_of_exactly_the_limit_is_not_cut(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import os\nos.write(1, b'x' * 8192)", limits=Limits(output_kib=8))
    assert (outcome.cause, outcome.truncated, len(outcome.stdout)) == (Cause.OK, False, 8192)


@pytest.mark.parametrize(("source", "name"), [("os.abort()", "SIGABRT"), ("os.kill(os.getpid(), 9)", "SIGKILL"),
                                              ("import ctypes\nctypes.string_at(0)", "SIGSEGV")])  # fmt: skip
def test_a_signal_is_named(sandbox: Sandbox, source: str, name: str) -> None:
    outcome = run(sandbox, f"import os\n{source}")
    assert (outcome.cause, outcome.detail, outcome.exit_code) == (Cause.KILLED, name, None)


def test_endless_recursion_is_an_exception(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import sys\nsys.setrecursionlimit(5000)\ndef f(n): return sorted([n], key=f)\nf(1)")
    assert outcome.cause is Cause.EXCEPTION
    assert b"RecursionError" in outcome.stderr


def test_the_sink_holds_what_was_written(sandbox: Sandbox) -> None:
    source = "import mmap\nm = mmap.mmap(3, 1 << 20)\nm[5:9] = b'kept'\nprint(len(m))"
    outcome = run(sandbox, source, limits=Limits(sink_mib=1))
    assert (outcome.stdout, outcome.sink) == (b"1048576\n", b"\0\0\0\0\0kept")


@pytest.mark.parametrize("ending", ["os._exit(0)", "os.kill(os.getpid(), 9)", "while True: pass", "os.abort()"])
def test_the_sink_outlives_every_ending(sandbox: Sandbox, ending: str) -> None:
    source = f"import mmap, os\nm = mmap.mmap(3, 1 << 20)\nm[:4] = b'kept'\n{ending}"
    assert run(sandbox, source, limits=Limits(wall_s=0.5, sink_mib=1)).sink == b"kept"


def test_a_large_sink_may_be_written_far_apart(sandbox: Sandbox) -> None:
    source = "import mmap\nm = mmap.mmap(3, 64 << 20)\nm[0] = 1\nm[50 << 20] = 2"
    sink = run(sandbox, source, limits=Limits(sink_mib=64)).sink
    assert (len(sink), sink[0], sink[-1]) == ((50 << 20) + 1, 1, 2)


def test_every_run_starts_afresh_and_repeats(sandbox: Sandbox) -> None:
    shown = "random.random(), hash('a'), hasattr(sys, 'mark'), 'mark' in globals()"
    source = f"import random, sys\nprint({shown})\nsys.mark = mark = 1"
    first, second = run(sandbox, source), run(sandbox, source)
    assert first.stdout == second.stdout
    assert first.stdout.endswith(b"False False\n")


def test_the_module_is_main_and_ends_like_one(sandbox: Sandbox) -> None:
    source = "import atexit, sys\natexit.register(print, 'last')\nprint(__name__, sys.modules['__main__'].f.__module__)"
    assert run(sandbox, "def f(): pass\n" + source).stdout == b"__main__ __main__\nlast\n"


def test_modules_that_are_not_warm_can_be_imported(sandbox: Sandbox) -> None:
    assert run(sandbox, "import xml.dom.minidom, csv, asyncio\nprint('ok')").stdout == b"ok\n"


def test_threads_count_as_processes(sandbox: Sandbox) -> None:
    source = "import threading\nt = threading.Thread(target=print, args=('in',))\nt.start()\nt.join()"
    assert run(sandbox, source, limits=Limits(processes=4)).stdout == b"in\n"
    if sandbox.tier is not Tier.NONE:
        assert run(sandbox, source).cause is Cause.EXCEPTION


def test_an_event_loop_runs(sandbox: Sandbox) -> None:
    source = "import asyncio\nasync def f():\n    await asyncio.sleep(0.001)\n    return 5\nprint(asyncio.run(f()))"
    assert run(sandbox, source).stdout == b"5\n"


def test_a_binary_gets_input_and_arguments(sandbox: Sandbox, built: Path) -> None:
    outcome = sandbox.run(Binary(path=built, argv=("echo",)), stdin=b"one\ntwo\n", limits=QUICK)
    assert (outcome.cause, outcome.stdout) == (Cause.OK, b"one\ntwo\n")


@pytest.mark.parametrize(
    ("what", "cause", "detail"),
    [
        ("exit", Cause.EXCEPTION, "exit code 7"),
        ("abort", Cause.KILLED, "SIGABRT"),
        ("throw", Cause.KILLED, "SIGABRT"),
        ("grow", Cause.MEMORY, "512 MiB"),
        ("loop", Cause.TIMEOUT, "wall clock, 0.5 s"),
    ],
)
def test_a_binary_ends_as_it_ends(sandbox: Sandbox, built: Path, what: str, cause: Cause, detail: str) -> None:
    outcome = sandbox.run(Binary(path=built, argv=(what,)), limits=Limits(wall_s=0.5))
    assert (outcome.cause, outcome.detail) == (cause, detail)


def test_a_binarys_sink_outlives_the_clock(sandbox: Sandbox, built: Path) -> None:
    outcome = sandbox.run(Binary(path=built, argv=("sink",)), limits=Limits(wall_s=0.3, sink_mib=1))
    assert (outcome.cause, outcome.sink) == (Cause.TIMEOUT, b"kept")


def test_a_private_binary_can_be_run(sandbox: Sandbox, built: Path, tmp_path: Path) -> None:
    private = tmp_path / "private"
    shutil.copy(built, private)
    private.chmod(0o700)
    assert sandbox.run(Binary(path=private, argv=("exit",)), limits=QUICK).exit_code == 7


def test_a_binary_that_is_not_there_is_the_callers_mistake(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot run"):
        sandbox.run(Binary(path=tmp_path / "absent"), limits=QUICK)


def test_a_file_that_cannot_be_executed_says_nothing_about_a_program(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a program")
    (tmp_path / "text").chmod(0o755)
    with pytest.raises(SandboxError):
        sandbox.run(Binary(path=tmp_path / "text"), limits=QUICK)


def shell(text: str, *mounts: Mount) -> Command:
    return Command(argv=("/bin/sh", "-c", text), mounts=mounts, env=(("COLOUR", "red"),))


COMMAND = Limits(wall_s=5.0, processes=16, file_mib=4)


def test_a_command_gets_input_environment_and_folders(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "given").write_text("from outside")
    mounts = (Mount(path=tmp_path, at="/box", writable=True),)
    outcome = sandbox.run(
        shell("cat; echo $COLOUR; cat given; echo made > made", *mounts), stdin=b"in\n", limits=COMMAND
    )
    assert (outcome.cause, outcome.stdout) == (Cause.OK, b"in\nred\nfrom outside"), outcome.stderr
    made = tmp_path / "made"
    assert made.read_text() == "made\n"
    assert made.stat().st_uid == os.geteuid()


def test_a_commands_read_only_folder_stays_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    if sandbox.tier is Tier.NONE:
        pytest.skip("nothing is read-only without a wall")
    (tmp_path / "given").write_text("as it was")
    command = Command(argv=("/usr/bin/cp", "/usr/bin/env", "/data/given"), mounts=(Mount(path=tmp_path, at="/data"),))
    assert sandbox.run(command, limits=COMMAND).cause is Cause.EXCEPTION
    assert (tmp_path / "given").read_text() == "as it was"


def test_a_command_has_the_environment_it_was_given_and_no_other(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "do not show")
    outcome = sandbox.run(Command(argv=("/usr/bin/env",)), limits=COMMAND)
    names = {line.partition("=")[0] for line in outcome.stdout.decode().splitlines()}
    assert names <= {"LANG", "PATH", "HOME", "PWD", "TMPDIR"}


@pytest.mark.parametrize(("text", "cause"), [("exit 9", Cause.EXCEPTION), ("kill -SEGV $$", Cause.KILLED),
                                             ("while :; do :; done", Cause.TIMEOUT),
                                             ("while :; do echo xxxxxxxxxxxxxxxx; done", Cause.OUTPUT)])  # fmt: skip
def test_a_command_ends_as_it_ends(sandbox: Sandbox, text: str, cause: Cause) -> None:
    limits = Limits(wall_s=0.7 if cause is Cause.TIMEOUT else 5.0, processes=4, output_kib=16)
    assert sandbox.run(shell(text), limits=limits).cause is cause


def test_a_command_writes_to_its_sink(sandbox: Sandbox) -> None:
    limits = Limits(processes=4, sink_mib=1)
    outcome = sandbox.run(shell("printf kept 1<> $SEMALIGN_SINK; kill -9 $$"), limits=limits)
    assert (outcome.signal, outcome.sink) == (9, b"kept")


def test_a_command_leaves_nobody_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    mounts = (Mount(path=tmp_path, at="/box", writable=True),)
    text = "mkfifo gate; (cat gate; echo late > late) & echo started"
    before = _children()
    assert sandbox.run(shell(text, *mounts), limits=COMMAND).stdout == b"started\n"
    assert _children() == before


def test_a_service_answers_until_it_is_closed(sandbox: Sandbox) -> None:
    service = sandbox.serve(shell("while read line; do echo got $line; done"), limits=COMMAND)
    assert service.ask(b"one", wall_s=5.0) == b"got one"
    assert service.ask(b"two", wall_s=5.0) == b"got two"
    service.close()
    service.close()
    with pytest.raises(SandboxError):
        service.ask(b"three", wall_s=5.0)


@pytest.mark.parametrize("text", ["exit 0", "read line; while :; do :; done"])
def test_a_service_that_does_not_answer_is_gone(sandbox: Sandbox, text: str) -> None:
    service = sandbox.serve(shell(text), limits=COMMAND)
    with pytest.raises(SandboxError, match="start another"):
        service.ask(b"one", wall_s=0.5)
    service.close()


def test_a_service_outlives_the_thread_that_started_it(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        service = pool.submit(sandbox.serve, shell("while read line; do echo got $line; done"), limits=COMMAND).result()
    assert service.ask(b"one", wall_s=5.0) == b"got one"
    service.close()


def test_threads_may_share_a_sandbox(sandbox: Sandbox) -> None:
    def square(n: int) -> bytes:
        return run(sandbox, f"print({n} ** 2)").stdout

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(square, range(60))) == [b"%d\n" % n**2 for n in range(60)]


def _children() -> set[str]:
    """Every process below this one."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[stat.parent.name] = fields[1]
    below = {str(os.getpid())}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below


def _n_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_many_runs_leave_no_process_and_no_descriptor(sandbox: Sandbox) -> None:
    for source in ("print(1)", "import os\nos.abort()"):
        run(sandbox, source)
    before = _children(), _n_descriptors()
    for number in range(40):
        run(sandbox, "while True: pass" if number % 10 == 0 else "print(1)", limits=Limits(wall_s=0.1))
    assert (_children(), _n_descriptors()) == before


@pytest.mark.parametrize("tier", list(Tier))
def test_closing_twice_is_closing_once(tier: Tier) -> None:
    if failure := _holds(tier):
        pytest.skip(failure)
    before = _children()
    sandbox = open_sandbox(workers=2, tier=tier)
    assert _children() != before
    sandbox.close()
    sandbox.close()
    assert _children() == before
    with pytest.raises(SandboxError, match="closed"):
        sandbox.run(Script(source="print(1)"), limits=QUICK)


def test_closing_ends_what_still_runs(sandbox: Sandbox) -> None:
    own = open_sandbox(workers=1, tier=sandbox.tier)
    started = threading.Event()

    def forever() -> None:
        started.set()
        own.run(Script(source="while True: pass"), limits=Limits(wall_s=60.0))

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(forever)
        started.wait()
        own.close()
        with pytest.raises(SandboxError):
            future.result(timeout=20)
