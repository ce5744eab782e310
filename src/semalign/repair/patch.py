"""`Patch` and what came of it: the words in which proposers and the loop speak."""

import difflib
import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """Bytes `start` to `end` of the UTF-8 text are replaced by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """Edits that belong together, why they are made, and who proposes them."""

    edits: tuple[Edit, ...]
    reason: str  # one sentence
    author: str  # name of the fixer or agent
    fresh: bool = False  # a new draft more than an edit: worth looking at even where it is no better at first

    def apply(self, text: str) -> str:
        """The text with all edits made.

        Raises:
            ValueError: edits overlap or lie outside the text.

        >>> Patch(edits=(Edit(start=0, end=1, text="b"),), reason="", author="").apply("ab")
        'bb'
        """
        data, at, parts = text.encode(), 0, []
        for edit in sorted(self.edits):
            if not at <= edit.start <= edit.end <= len(data):
                raise ValueError(f"edits overlap or lie outside the text, at byte {edit.start}")
            parts += [data[at : edit.start], edit.text.encode()]
            at = edit.end
        return b"".join([*parts, data[at:]]).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What running a candidate showed. Inputs keep their order from run to run."""

    builds: bool
    passed: tuple[bool, ...]  # an input each; all False where it does not build
    notes: tuple[str, ...] = ()  # diagnostics of a build that failed, else what the failing inputs showed

    @property
    def solved(self) -> bool:
        """Every input passes, and there is one."""
        return self.builds and bool(self.passed) and all(self.passed)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """Greater is better: builds, inputs passed, fewer diagnostics."""
        return (self.builds, sum(self.passed), 0 if self.builds else -len(self.notes))

    def breaks(self, other: "Shown") -> bool:
        """An input that passed in `other` fails here."""
        return any(before and not now for before, now in zip(other.passed, self.passed, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A candidate, what it showed, and the patches that led to it."""

    text: str
    shown: Shown
    history: tuple[Patch, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One patch that was tried: on which text, what it showed, what it cost, and whether it was kept."""

    patch: Patch
    parent: str  # digest of the text that was patched
    child: str  # digest of the patched text
    shown: Shown
    kept: bool
    cost_s: float  # seconds


def digest(*parts: str) -> str:
    """A short name for texts, the same on every machine."""
    return hashlib.sha256("\x00".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def rewritten(text: str, new: str) -> tuple[Edit, ...]:
    r"""The edits, of whole lines, that make `new` of `text`.

    >>> rewritten("a\nb\n", "a\nc\n")
    (Edit(start=2, end=4, text='c\n'),)
    """
    old_lines, new_lines = text.splitlines(keepends=True), new.splitlines(keepends=True)
    ends = [0, *itertools.accumulate(len(line.encode()) for line in old_lines)]
    changes = difflib.SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_opcodes()
    return tuple(
        Edit(start=ends[a], end=ends[b], text="".join(new_lines[c:d])) for tag, a, b, c, d in changes if tag != "equal"
    )


def redraft(text: str, new: str, *, reason: str, author: str) -> list[Patch]:
    """The patch that puts `new` in the place of the whole text; none where there is nothing new."""
    if not new.strip() or new == text:
        return []
    return [Patch(edits=rewritten(text, new), reason=reason, author=author, fresh=True)]


def replaced(text: str, pairs: Sequence[tuple[int, int, str]]) -> tuple[Edit, ...]:
    """Edits from plain triples, without those that change nothing."""
    data = text.encode()
    return tuple(
        Edit(start=start, end=end, text=new)
        for start, end, new in sorted(set(pairs))
        if data[start:end] != new.encode()
    )
