"""`Task`: what the agents are told of a translation. No verdict input and no reference solution is ever here."""

from dataclasses import dataclass

TITLES = {"python": "Python", "java": "Java", "cpp": "C++"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A function to translate, and its contract in the words of the target language."""

    source_language: str
    function: str  # the text of the source function
    context: str = ""  # what else of the source it needs: helpers, constants, classes
    language: str  # of the target
    name: str  # that the target's function must have
    head: str = ""  # its signature as the target language writes it; "" where unknown
    examples: tuple[tuple[str, str], ...] = ()  # call, result; of seed inputs alone
    available: str = ""  # what the translated function can call, in the target language
    known: frozenset[str] = frozenset()  # all names that are there already; what defines them again is cut off

    @property
    def source_title(self) -> str:
        """The source language as people write it."""
        return TITLES[self.source_language]

    @property
    def title(self) -> str:
        """The target language as people write it."""
        return TITLES[self.language]


def fenced(code: str, language: str) -> str:
    """Code in a fence, as chat models read it."""
    return f"```{language}\n{code.strip(chr(10))}\n```"


def whole(language: str) -> str:
    """The wish for a whole function whose first line is the plan, to be ended with what the plan says.

    The plan is a comment of the code: small models that are asked for a sentence first stop after it.
    """
    mark = "#" if language == "python" else "//"
    return f"Reply with the whole corrected function in one code block. Its first line is a `{mark}` comment that says"
