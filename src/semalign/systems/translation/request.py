"""`DiffConfig`: one request to compare two programs, checked before anything is run."""

from dataclasses import dataclass, field
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.values.policy import Policy, TextRule


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffConfig:
    """One request."""

    source: Path
    target: Path
    function: str = ""  # of both, or `of_source:of_target`; "" finds it
    inputs: Path | None = None  # JSON lines of arguments
    map_file: Path | None = None  # what the user knows to correspond (see mapfile)
    policy: Policy = field(default_factory=Policy)
    seed: int = 0
    max_inputs: int = 500  # generated ones, over both sets
    time_s: float = 30.0  # for looking; explaining a difference comes on top
    wall_s: float = 2.0  # for one input through one program, seconds
    memory_mib: int = 512
    stdin: bytes = b""  # what the main programs read, where their calls are inputs
    strength: bool = False  # plant faults in the target, and see how many of them the inputs catch

    def __post_init__(self) -> None:
        """Raises: ConfigError: a number or a policy that can't be meant."""
        refuse_blind(self.policy)
        if self.max_inputs < 0 or not (self.time_s > 0 and self.wall_s > 0) or self.memory_mib < 64:  # NaN is none
            raise ConfigError("need max_inputs >= 0, time_s > 0, wall_s > 0 and memory_mib >= 64")


def refuse_blind(policy: Policy) -> None:
    """A verdict can't rest on a policy that takes all texts for the same.

    Raises:
        ConfigError: it does.
    """
    if policy.text is TextRule.ANY:
        raise ConfigError('policy: text = "any" takes every text for the same; give "exact" or "trimmed"')
