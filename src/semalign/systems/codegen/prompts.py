"""What a model is asked, and where in its reply the program stands. Two styles, one for each kind of model."""

import re
from typing import Protocol

from semalign.rewards.item import OUTPUT, AlignmentItem
from semalign.systems.codegen.problem import Problem
from semalign.traces.final import At
from semalign.traces.render import show

_WIDE = 10_000  # characters of a value that is part of a prompt
_FENCE = re.compile(r"```[ \t]*(\w*)[^\n]*\n(.*?)(?:```|\Z)", re.DOTALL)
EXAMPLE_PROGRAM = """\
def f(n):
    a = []
    for i in range(n):
        a.append(i * i)
    t = sum(a)
    return t % 7
"""
EXAMPLE_CALL, EXAMPLE_ASKED = "f(4)", ("a", "i", "t")
EXAMPLE_ANSWER = '```json\n{"a": [0, 1, 4, 9], "i": 3, "t": 14}\n```'
_MOMENT = {
    At.EXIT: "when the function that it belongs to is left",
    At.LAST_DEFINITION: "right after the last line that assigned it",
}


class Style(Protocol):
    """How questions are put to one kind of model."""

    def program(self, problem: Problem) -> str:
        """Asks for a program."""
        ...

    def question(self, item: AlignmentItem) -> str:
        """Asks what variables hold."""
        ...

    def code(self, reply: str) -> str:
        """The program in a reply; "" where there is none."""
        ...


class Fenced:
    """For models that follow instructions."""

    def program(self, problem: Problem) -> str:
        """See `Style.program`."""
        task = f"Write the function `{problem.suite.entry}`" if problem.suite.entry else "Write a program that reads "
        return (
            f"{problem.statement.strip()}\n\n{task}"
            f"{' in Python' if problem.suite.entry else 'its input and prints the answer, in Python'}. "
            "Reply with one ```python block that holds all of it."
        )

    def question(self, item: AlignmentItem) -> str:
        """See `Style.question`. The example in it is read by our own parser in a test."""
        given = _call(item) if item.entry else f"it reads this from standard input:\n```\n{item.stdin}\n```"
        output = f" Say also what is printed, as `{OUTPUT}`." if item.ask_output else ""
        return (
            "Work out what a Python program computes, without running it. Say what each variable that is asked for "
            f"holds {_MOMENT[item.at]}. Reply with one JSON object in a ```json block, or with one `name = value` line "
            "each, values spelled as in Python.\n\n"
            f"Example:\n```python\n{EXAMPLE_PROGRAM}```\nGiven: {EXAMPLE_CALL}\nAsked: {', '.join(EXAMPLE_ASKED)}\n"
            f"{EXAMPLE_ANSWER}\n\n"
            f"```python\n{item.program.rstrip()}\n```\nGiven: {given}\nAsked: {_asked(item)}{output}\n"
        )

    def code(self, reply: str) -> str:
        """The last fence that is Python's, else the last fence, else all of a reply that is nothing but a program."""
        fences = _FENCE.findall(reply)
        python = [code for language, code in fences if language.lower() in ("python", "py", "python3")]
        if fences:
            return str((python or [code for _, code in fences])[-1])
        return reply if re.search(r"^(def|class|import|from|print)\b", reply, re.MULTILINE) else ""


class Tagged:
    """For a small decoder that was trained from nothing: a few tags, and no word that is not needed."""

    def program(self, problem: Problem) -> str:
        """See `Style.program`."""
        return f"<problem> {problem.statement}\n<program>\n"

    def question(self, item: AlignmentItem) -> str:
        """See `Style.question`. Arguments are named as the entry names them."""
        given = "".join(f"{show(value, _WIDE)}\n" for value in item.arguments) or f"{item.stdin}\n"
        return f"<program>\n{item.program}<input>\n{given}<values> {' '.join(item.names)}\n"

    def code(self, reply: str) -> str:
        """All of it."""
        return reply


def _call(item: AlignmentItem) -> str:
    return f"{item.entry}({', '.join(show(value, _WIDE) for value in item.arguments)})"


def _asked(item: AlignmentItem) -> str:
    """Each variable with its scope, where that is not plain from its name."""
    found = []
    for ref, name in zip(item.asked, item.names, strict=True):
        where = "" if name != ref.name or not ref.scope else f" (of `{ref.scope}`"
        if where and ref.call > 1:
            where += f", call {ref.call}"
        found.append(f"{name}{where}{')' if where else ''}")
    return ", ".join(found)
