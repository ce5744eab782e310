"""Which tier is chosen, what is said when none holds, and what happens when the machine breaks."""

import os
import signal
from collections.abc import Iterator

import pytest

from semalign.core.errors import MissingToolError, SandboxError
from semalign.sandbox import Limits, Script, Tier, descriptors, open_sandbox, preflight, syscalls
from semalign.sandbox.pool import Pool

PRINTS = Script(source="print(6 * 7)")


def test_the_strongest_tier_that_holds_is_chosen() -> None:
    report = preflight()
    if report.tier is None:
        pytest.skip(report.next_step)
    with open_sandbox(workers=1) as sandbox:
        assert sandbox.tier is report.tier
        assert sandbox.run(PRINTS, limits=Limits()).tier is report.tier


def test_the_report_names_what_does_not_hold() -> None:
    report = preflight()
    names = [guarantee.name for guarantee in report.guarantees]
    assert len(set(names)) == len(names)
    assert all(guarantee.known_by for guarantee in report.guarantees)
    memory = next(guarantee for guarantee in report.guarantees if guarantee.name.startswith("memory"))
    assert not memory.holds


def test_a_weaker_tier_is_taken_when_there_is_no_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semalign.sandbox.bubblewrap.executable", lambda: None)
    with open_sandbox(workers=1) as sandbox:
        assert sandbox.tier is Tier.CONFINED


@pytest.fixture
def nothing_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semalign.sandbox.bubblewrap.executable", lambda: None)
    monkeypatch.setattr("semalign.sandbox.wall.landlock_abi", lambda: 0)


@pytest.mark.usefixtures("nothing_holds")
def test_nothing_weak_runs_unasked() -> None:
    with pytest.raises(SandboxError, match="semalign doctor"):
        open_sandbox()


@pytest.mark.usefixtures("nothing_holds")
def test_the_weakest_tier_must_be_asked_for() -> None:
    with open_sandbox(workers=1, unsafe=True) as sandbox:
        assert sandbox.tier is Tier.NONE
        assert sandbox.run(PRINTS, limits=Limits()).stdout == b"42\n"


@pytest.mark.usefixtures("nothing_holds")
def test_a_forced_tier_does_not_give_way() -> None:
    with pytest.raises(SandboxError, match="bubblewrap"):
        open_sandbox(tier=Tier.NAMESPACES, unsafe=True)


def test_a_box_that_cannot_be_made_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semalign.sandbox.bubblewrap.host_python", lambda: "/absent")
    with pytest.raises(SandboxError, match="absent"):
        open_sandbox(workers=1, tier=Tier.NAMESPACES)


def test_there_is_at_least_one_worker() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        open_sandbox(workers=0)


def test_a_processor_without_a_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "mips")
    with pytest.raises(MissingToolError, match="mips"):
        syscalls.machine()


@pytest.fixture(params=[Tier.NAMESPACES, Tier.CONFINED])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    try:
        opened = open_sandbox(workers=1, tier=request.param)
    except SandboxError as exc:
        pytest.skip(str(exc))
    with opened:
        yield opened


def test_a_dead_interpreter_is_replaced(pool: Pool) -> None:
    (worker,) = pool.workers
    dead = worker.pid
    assert dead is not None
    with descriptors.owned(os.pidfd_open(dead)) as ended:
        worker.send(signal.SIGKILL)
        descriptors.await_end(ended, timeout_s=10.0)
    assert pool.run(PRINTS, limits=Limits()).stdout == b"42\n"
    assert worker.pid not in (None, dead)


def test_a_stopped_interpreter_is_replaced(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("semalign.sandbox.worker._REPLY_S", 0.2)
    (worker,) = pool.workers
    worker.send(signal.SIGSTOP)
    assert pool.run(PRINTS, limits=Limits()).stdout == b"42\n"


def test_who_interrupts_a_run_does_not_get_its_end_for_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    with open_sandbox(workers=1) as sandbox:
        with monkeypatch.context() as patched:
            patched.setattr("semalign.sandbox.worker.watch", interrupted)
            with pytest.raises(KeyboardInterrupt):
                sandbox.run(Script(source="raise SystemExit(3)"), limits=Limits())
        assert sandbox.run(PRINTS, limits=Limits()).stdout == b"42\n"
        assert sandbox.run(PRINTS, limits=Limits()).exit_code == 0
