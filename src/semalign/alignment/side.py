"""`Side`: one program of a comparison, as far as alignment needs to know it."""

from dataclasses import dataclass

from semalign.traces.blocks import Outline
from semalign.traces.trace import Run
from semalign.values.types import Signature


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One program: its contract, the outlines of its functions, and what it did on each input, in order of inputs.

    `signature.name` names the function that the inputs were given to. A run without a trace, or with a void one,
    still counts for the verdict but teaches nothing about variables and blocks.
    """

    signature: Signature
    outlines: tuple[Outline, ...]
    runs: tuple[Run, ...]

    def outline(self, function: str) -> Outline | None:
        """The outline of that function, by its qualified name or else by its last part."""
        for outline in self.outlines:
            if outline.function == function:
                return outline
        bare = function.rsplit(".", 1)[-1]
        return next((outline for outline in self.outlines if outline.function.rsplit(".", 1)[-1] == bare), None)

    @property
    def root(self) -> str:
        """The name, as its outline has it, of the function that the inputs were given to."""
        outline = self.outline(self.signature.name)
        return outline.function if outline is not None else self.signature.name
