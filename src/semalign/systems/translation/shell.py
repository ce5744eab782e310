"""`Shell`: a program with a hole for a translation, and what its calls say of the function that is missing."""

import re
from dataclasses import dataclass

from semalign.core.errors import ConfigError

_MARK = re.compile(r"^.*TOFILL.*$", re.MULTILINE)
_JAVA_IMPORT = re.compile(r"^[ \t]*import\s+[\w.*\s]+;[ \t]*\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """A program whose line with `TOFILL` stands for the translation; its `main` calls what is to be filled in."""

    text: str
    language: str

    def __post_init__(self) -> None:
        """Raises: ConfigError: there is no mark."""
        if not _MARK.search(self.text):
            raise ConfigError("the harness has no line with TOFILL; write one where the translation goes")

    def fill(self, draft: str) -> tuple[str, int]:
        """The program with this draft in the hole, and how many of its lines come before the draft's first.

        Imports of a Java draft move to the top of the file, where alone they may stand; their lines stay, empty.
        """
        top = ""
        if self.language == "java":
            top = "".join(f"{line.strip()}\n" for line in _JAVA_IMPORT.findall(draft))
            draft = _JAVA_IMPORT.sub("\n", draft)
        mark = _MARK.search(self.text)
        assert mark is not None, "checked when it was made"
        before = top + self.text[: mark.start()]
        return before + draft + self.text[mark.end() :], before.count("\n")
