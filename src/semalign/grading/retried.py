"""A sandbox whose runs are tried again when the machine fails."""

from dataclasses import dataclass

from semalign.core.errors import SandboxError
from semalign.sandbox.model import Command, Limits, Outcome, Program, Sandbox, Service, Tier


@dataclass(frozen=True, slots=True)
class Retried:
    """`Sandbox` around another one, which stays its caller's to close. What a program did is never tried again."""

    inner: Sandbox
    retries: int  # of one run

    @property
    def tier(self) -> Tier:
        """How programs are held in there."""
        return self.inner.tier

    def run(self, program: Program, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        """See `Sandbox.run`."""
        for _ in range(self.retries):
            try:
                return self.inner.run(program, stdin=stdin, limits=limits)
            except SandboxError:
                continue
        return self.inner.run(program, stdin=stdin, limits=limits)

    def serve(self, command: Command, *, limits: Limits) -> Service:
        """See `Sandbox.serve`."""
        return self.inner.serve(command, limits=limits)

    def close(self) -> None:
        """Nothing of its own to end."""
