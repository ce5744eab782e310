"""`Aligner`: the third agent; it says where a draft that runs leaves the source, from both traces and no model."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from semalign.alignment.locate import localize, type_localize
from semalign.core.errors import ConfigError
from semalign.languages import LANGUAGES
from semalign.repair import State
from semalign.repair.patch import digest
from semalign.systems.translation.candidates import Candidates
from semalign.systems.translation.diff import repeat
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.subject import BuildError
from semalign.systems.translation.verdict import Tried, Verdict
from semalign.values.wire import wire

MOST_AGREEING = 12  # inputs from which it learns what corresponds


@dataclass(frozen=True, slots=True, kw_only=True)
class Aligner:
    """Traces the source and a draft on the repair inputs and aligns them.

    Source: TransAgent, section 3.3, where a model copies the lines out; here values decide (see alignment).
    """

    source: str  # the whole program
    language: str  # of the source
    function: str  # its name there
    candidates: Candidates
    map_file: Path | None = None  # what people say corresponds
    localize: type_localize = localize
    _seen: dict[str, Verdict | None] = field(default_factory=dict)

    def blame(self, state: State) -> Verdict | None:
        """The difference on the smallest failing input, with its blame; None where the two can't be aligned.

        Raises:
            SandboxError: the machine failed.
        """
        key = digest(state.text)
        if key not in self._seen:
            self._seen[key] = self._blame(state)
        return self._seen[key]

    def _blame(self, state: State) -> Verdict | None:
        judged = list(zip(self.candidates.oracle.inputs, state.shown.passed, strict=True))
        failing = sorted((one for one, passed in judged if not passed), key=lambda one: len(" ".join(map(wire, one))))
        if not state.shown.builds or not failing:
            return None
        agreeing = [one for one, passed in judged if passed][:MOST_AGREEING]
        tried = [Tried(arguments=one, agreement="agree") for one in agreeing]
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder, f"source{LANGUAGES[self.language].suffixes[0]}")
            target = Path(folder, f"target{self.candidates.language.suffixes[0]}")
            source.write_text(self.source, encoding="utf-8")
            target.write_text(self.candidates.shell.fill(state.text)[0], encoding="utf-8")
            config = DiffConfig(
                source=source,
                target=target,
                function=f"{self.function}:{self.candidates.name}",
                map_file=self.map_file,
                policy=self.candidates.policy,
                max_inputs=0,
                wall_s=self.candidates.limits.wall_s,
                memory_mib=self.candidates.limits.memory_mib,
            )
            try:
                return repeat(config, self.candidates.sandbox, tried, failing[0], localize=self.localize)
            except (ConfigError, BuildError):  # types that can't meet, or a build that needs more than the plain one
                return None
