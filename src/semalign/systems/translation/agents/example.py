"""One input in the words of a prompt: what was given, and what each program made of it."""

from semalign.systems.translation.verdict import Example
from semalign.traces.render import show

WIDEST = 200  # characters of a value


def given(example: Example) -> str:
    """The arguments by name."""
    return ", ".join(f"{name} = {show(value, WIDEST)}" for name, value in example.arguments)


def ended(example: Example) -> tuple[str, str]:
    """How the source ended and how the target did, each as a verb with its object."""
    sides = []
    for run in (example.source, example.target):
        if run.raised is not None:
            sides.append(f"raises {run.raised.name}: {run.raised.message[:WIDEST]}")
        else:
            sides.append(f"returns {show(run.result, WIDEST)}" if run.result is not None else f"ends with {run.cause}")
    return sides[0], sides[1]
