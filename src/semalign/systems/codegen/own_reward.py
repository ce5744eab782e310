"""A reward function of the user's, in place of the verdict's number: `reward = "file.py:function"`."""

import math
import runpy
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from semalign.core.errors import ConfigError
from semalign.grading.verdict import Verdict
from semalign.rewards.score import Score


@dataclass(frozen=True, slots=True)
class OwnReward:
    """Called as `function(problem_id, program, verdict)`; a number, or None for what it can't score.

    It runs in this process and is trusted as the configuration is. The program that it is given is text.
    """

    place: str  # as the configuration names it
    function: Callable[[str, str, Verdict], Any]

    def score(self, problem_id: str, program: str, verdict: Verdict) -> Score:
        """Its score; where the machine had a part in the verdict it is not asked.

        Raises:
            ConfigError: it raises, or gives no number.
        """
        if not verdict.scorable:
            first = verdict.first_failure
            return Score(unscored=f"{first.cause}: {first.difference}" if first else "no case was run")
        try:
            value = self.function(problem_id, program, verdict)
        except Exception as exc:
            raise ConfigError(
                f"reward: {self.place} raised {type(exc).__name__}: {exc} for a program of {problem_id}; mend it and "
                "run this again, the training goes on where it stopped"
            ) from exc
        if value is None:
            return Score(unscored=f"{self.place} gave none")
        if not isinstance(value, int | float | Fraction) or not math.isfinite(value):
            raise ConfigError(f"reward: {self.place} gave {value!r} for a program of {problem_id}, and not a number")
        return Score(value=Fraction(value), parts={"passed": float(verdict.passed)})


def own_reward(place: str) -> OwnReward:
    """The function that `file.py:function` names.

    Raises:
        ConfigError: there is no such file or function, or the file fails when it is run.
    """
    file, found, name = place.rpartition(":")
    if not found or not file or not name:
        raise ConfigError(f"reward: {place!r}: write it as file.py:function")
    if not Path(file).is_file():
        raise ConfigError(f"reward: {file}: there is no such file")
    try:
        function = runpy.run_path(file).get(name)
    except Exception as exc:
        raise ConfigError(f"reward: {file} fails when it is run: {type(exc).__name__}: {exc}") from exc
    if not callable(function):
        raise ConfigError(f"reward: {file} defines no function {name}")
    return OwnReward(place, function)
