"""`compare_programs`: two whole programs on the same standard input, by what they print.

Texts of the user come first, then texts made from them by a seed: lines left out or said twice, numbers moved within
the range that the text itself shows. A text on which the source itself fails is outside of the domain. C++ does not
notice that its input has ended, so that the lines of a text for a C++ source stay what they are. Not for: programs that
read files, the clock or arguments.
"""

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from semalign.languages.protocol import Language, Unit
from semalign.sandbox.model import Cause, Limits, Outcome, Sandbox
from semalign.systems.translation.verdict import Answer

N_MADE = 16  # texts made from the given ones
N_SHRINKING = 30  # runs of both programs to make a difference smaller
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?![\w.])")
_WORDS = 120  # characters shown of a line


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A file that can be started, and how."""

    language: Language
    unit: Unit
    sandbox: Sandbox
    limits: Limits  # of one run

    def run(self, text: str) -> Outcome:
        """What it does with this standard input.

        Raises:
            SandboxError: the machine failed.
        """
        return self.language.run_program(self.unit, self.sandbox, stdin=text.encode(), limits=self.limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What comparing two programs showed."""

    answer: Answer
    reason: str  # one sentence
    n_equal: int = 0  # texts on which both print the same
    n_outside: int = 0  # texts on which the source itself fails
    stdin: str | None = None  # the smallest text on which they differ
    line: int = 0  # of the output, the first that differs; from 1
    expected: str = ""  # that line
    actual: str = ""  # the target's, or how it ended


def compare_programs(source: Program, target: Program, texts: Sequence[str], *, seed: int = 0) -> Compared:
    """Equal on so many texts, or the smallest text and the first line that differ.

    Output counts as equal where lines are, but for white space at their ends and empty lines at the very end.

    Raises:
        SandboxError: the machine failed.
    """
    drops = source.language.name != "cpp"
    made = _made(texts, random.Random(seed), drops=drops)
    n_equal, n_outside, failed = 0, 0, ""
    for text in [*dict.fromkeys(texts), *made]:
        outcome = source.run(text)
        if outcome.cause is not Cause.OK:
            n_outside += 1
            failed = failed or f"{outcome.cause} {outcome.detail}".strip()
            continue
        if not _differs(outcome, target.run(text)):
            n_equal += 1
            continue
        if _differs(outcome, source.run(text)):
            return Compared(answer=Answer.UNDECIDED, reason="the source does not print the same twice")
        smallest = _smallest(text, source, target) if drops else text
        return _difference(smallest, source.run(smallest), target.run(smallest), n_equal, n_outside)
    if not n_equal:
        return Compared(
            answer=Answer.UNDECIDED, reason=f"the source fails on every text ({failed}); give others with --stdin",
            n_outside=n_outside,
        )  # fmt: skip
    said = f"both programs print the same on {n_equal} {'text' if n_equal == 1 else 'texts'}"
    return Compared(answer=Answer.EQUIVALENT, reason=said, n_equal=n_equal, n_outside=n_outside)


def printed(outcome: Outcome) -> list[str]:
    """The lines of an output as they are compared."""
    lines = [line.rstrip() for line in outcome.stdout.decode("utf-8", "replace").splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _differs(expected: Outcome, actual: Outcome) -> bool:
    return actual.cause is not Cause.OK or printed(expected) != printed(actual)


def _difference(text: str, expected: Outcome, actual: Outcome, n_equal: int, n_outside: int) -> Compared:
    ours, theirs = printed(expected), printed(actual)
    line = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    ended = "" if actual.cause is Cause.OK else f"ends with: {actual.cause} {actual.detail}".rstrip()
    sides = [lines[line][:_WORDS] if line < len(lines) else "" for lines in (ours, theirs)]
    shown = [repr(side) if line < len(lines) else "nothing" for side, lines in zip(sides, (ours, theirs), strict=True)]
    return Compared(
        answer=Answer.DIVERGENT,
        reason=f"output differs in line {line + 1}: the source prints {shown[0]}, the target {ended or shown[1]}",
        n_equal=n_equal,
        n_outside=n_outside,
        stdin=text,
        line=line + 1,
        expected=sides[0],
        actual=ended or sides[1],
    )


def _made(texts: Sequence[str], rng: random.Random, *, drops: bool) -> list[str]:
    found: dict[str, None] = {}
    ways: list[Callable[[str, random.Random], str]] = [_moved, *([_dropped, _repeated] if drops else [])]
    for _ in range(4 * N_MADE if any(texts) else 0):
        text = rng.choice(ways)(rng.choice(texts), rng)
        if text not in texts and len(found) < N_MADE:
            found[text] = None
    return list(found)


def _dropped(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if len(lines) > 1:
        del lines[rng.randrange(len(lines))]
    return "".join(lines)


def _repeated(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        at = rng.randrange(len(lines))
        lines.insert(at, lines[at].rstrip("\n") + "\n")
    return "".join(lines)


def _moved(text: str, rng: random.Random) -> str:
    """Some numbers of a text replaced by others of its range; those that count what comes after them stay."""
    places = list(_free(text))
    if not places:
        return text
    numbers = [int(place[0]) for place in places]
    chosen = rng.sample(places, min(len(places), rng.randint(1, 3)))
    for place in sorted(chosen, key=re.Match.start, reverse=True):
        text = text[: place.start()] + str(rng.randint(min(numbers), max(numbers))) + text[place.end() :]
    return text


def _free(text: str) -> Iterator[re.Match[str]]:
    """Numbers that count neither the lines nor the words that follow, in the next line or in its own."""
    for place in _NUMBER.finditer(text):
        own, *after = text[place.end() :].splitlines() or [""]
        after = [line for line in after if line.strip()]
        counts = {len(own.split()), len(after), sum(len(line.split()) for line in after)}
        counts |= {len(line.split()) for line in after[:2]} | {len(line.strip()) for line in after[:2]}
        if int(place[0]) not in counts or int(place[0]) == 0:
            yield place


def _smallest(text: str, source: Program, target: Program) -> str:
    """A text with fewer lines on which they still differ, halves tried first."""
    lines, n_left = text.splitlines(keepends=True), N_SHRINKING
    size = max(1, len(lines) // 2)
    while size:
        at = 0
        while at < len(lines) and n_left > 0:
            fewer = lines[:at] + lines[at + size :]
            n_left -= 1
            outcome = source.run("".join(fewer))
            if fewer and outcome.cause is Cause.OK and _differs(outcome, target.run("".join(fewer))):
                lines = fewer
            else:
                at += size
        size //= 2
    return "".join(lines)
