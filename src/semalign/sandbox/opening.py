"""Opening a sandbox: the strongest tier that holds on this machine, found by trying."""

from dataclasses import dataclass

from semalign.core.errors import SandboxError
from semalign.sandbox import bubblewrap, identity
from semalign.sandbox.model import Cause, Limits, Script, Tier
from semalign.sandbox.pool import Pool
from semalign.sandbox.wall import landlock_abi, python_version

_PROBE = Script(source="print(6 * 7)")
_PROBE_LIMITS = Limits(wall_s=10.0)


def open_sandbox(*, workers: int = 2, unsafe: bool = False, tier: Tier | None = None, hash_seed: int = 0) -> Pool:
    """A sandbox, also a context manager.

    Args:
        workers: warm interpreters, hence scripts and binaries that run at the same time. Commands are not counted.
        unsafe: accept a machine on which nothing holds; programs then run with limits and a clock only.
        tier: this one or none; without it the strongest that holds.
        hash_seed: of Python programs (`PYTHONHASHSEED`); what changes with it is an accident of theirs.

    Raises:
        SandboxError: no tier that was asked for holds here.
        ValueError: fewer than one worker.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    if tier is not None:
        return _proved(tier, workers, hash_seed)
    failures = []
    for candidate in (Tier.NAMESPACES, Tier.CONFINED, *([Tier.NONE] if unsafe else [])):
        try:
            return _proved(candidate, workers, hash_seed)
        except SandboxError as exc:
            failures.append(f"{candidate}: {exc}")
    raise SandboxError(
        f"programs cannot be held in on this machine ({'; '.join(failures)}); run `semalign doctor`, "
        "or pass --unsafe-no-sandbox where the whole machine may be lost"
    )


def _proved(tier: Tier, workers: int, hash_seed: int = 0) -> Pool:
    """A pool that has run a program."""
    pool = Pool(tier, workers=workers, hash_seed=hash_seed)
    try:
        found = pool.run(_PROBE, limits=_PROBE_LIMITS)
        if found.cause is not Cause.OK or found.stdout != b"42\n":
            raise SandboxError(f"a first program ended with {found.cause} {found.detail}")
    except SandboxError:
        pool.close()
        raise
    return pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """One thing that the wall is made of."""

    name: str
    holds: bool
    known_by: str  # how it was found out


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What holds on this machine; `tier` is None where nothing does."""

    tier: Tier | None
    guarantees: tuple[Guarantee, ...]
    next_step: str  # "" where nothing is left to do


def preflight() -> Report:
    """Try every tier and say what each is made of; takes a second or two."""
    tried = {tier: _failure(tier) for tier in (Tier.NAMESPACES, Tier.CONFINED)}
    holding = [tier for tier, failure in tried.items() if not failure]
    next_step = ""
    if tried[Tier.NAMESPACES]:
        next_step = "allow user namespaces for this user, or run as root with CAP_SYS_ADMIN"
    if not holding:
        next_step += "; or use a kernel of 5.13 or later with Landlock enabled"
    return Report(
        tier=holding[0] if holding else None,
        guarantees=(*(_tier_guarantee(tier, failure) for tier, failure in tried.items()), *_parts()),
        next_step=next_step,
    )


def _failure(tier: Tier) -> str:
    try:
        _proved(tier, 1).close()
    except SandboxError as exc:
        return str(exc)
    return ""


def _tier_guarantee(tier: Tier, failure: str) -> Guarantee:
    return Guarantee(name=f"tier {tier}", holds=not failure, known_by=failure or "a program ran in it")


def _parts() -> tuple[Guarantee, ...]:
    bwrap = bubblewrap.executable()
    abi = landlock_abi()
    return (
        Guarantee(name="bubblewrap", holds=bwrap is not None, known_by=bwrap or "neither the package nor the system's"),
        Guarantee(name="Landlock", holds=abi > 0, known_by=f"ABI {abi}, as the kernel says"),
        Guarantee(
            name="no signals or abstract sockets across the wall by Landlock alone",
            holds=abi >= 6,
            known_by=f"needs Landlock ABI 6; without namespaces the system call filter stands alone (ABI {abi})",
        ),
        _seen("seccomp", _PROBE_SECCOMP, "a program asked for a socket and was refused"),
        Guarantee(
            name="a user id of their own for programs",
            holds=identity.can_change_user(),
            known_by="root, with ids to give" if identity.can_change_user() else "an ordinary user has one id",
        ),
        Guarantee(
            name="memory of all programs together",
            holds=False,
            known_by="no memory cgroup is used: the bound is programs at a time x Limits.memory_mib",
        ),
        Guarantee(name="Python of scripts", holds=True, known_by=python_version()),
    )


_PROBE_SECCOMP = """
import socket
try:
    socket.socket()
except PermissionError:
    print("refused")
"""


def _seen(name: str, source: str, known_by: str) -> Guarantee:
    try:
        with open_sandbox(workers=1) as sandbox:
            holds = sandbox.run(Script(source=source), limits=_PROBE_LIMITS).stdout == b"refused\n"
    except SandboxError as exc:
        return Guarantee(name=name, holds=False, known_by=str(exc))
    return Guarantee(name=name, holds=holds, known_by=known_by if holds else "a program got what it must not have")
