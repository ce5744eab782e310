"""One candidate program on the inputs of its cases: from here on nobody knows what is expected.

Each case ends in an `Answer`: what the program said, or why it said nothing.
"""

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from semalign.grading.verdict import Cause
from semalign.languages.protocol import Function, Mode
from semalign.languages.python_run import PythonExecutable
from semalign.sandbox.model import Cause as Ended
from semalign.sandbox.model import Limits, Sandbox, Script
from semalign.traces.blocks import Outline
from semalign.traces.trace import Caps, Run
from semalign.values.model import Raised, Value
from semalign.values.types import Parameter, Signature

_CAUSES = {
    "exception": Cause.EXCEPTION,
    "killed": Cause.EXCEPTION,
    "timeout": Cause.TIMEOUT,
    "memory": Cause.MEMORY,
    "output": Cause.OUTPUT_CAP,
    "not run": Cause.REFUSED,
    "tampered": Cause.REFUSED,
}
_OUTCOMES = {
    Ended.EXCEPTION: Cause.EXCEPTION,
    Ended.KILLED: Cause.EXCEPTION,
    Ended.TIMEOUT: Cause.TIMEOUT,
    Ended.MEMORY: Cause.MEMORY,
    Ended.OUTPUT: Cause.OUTPUT_CAP,
}

_WHOLE = Caps(digest_items=1 << 17)  # elements of an answer; all of it is compared, so none may be cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one input. Where `cause` is None it answered: `value`, or `printed` where it is a whole program."""

    cause: Cause | None = None
    detail: str = ""
    value: Value | None = None
    printed: str = ""
    arguments: tuple[Value, ...] = ()  # as the call left them
    wall_s: float = 0.0
    cpu_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A program with its entry. `problem` says why nothing in it can be called; "" when it can."""

    source: str
    name: str = ""  # the qualified name of the entry; "" where there is none
    problem: str = ""
    cause: Cause = Cause.REFUSED  # of the problem

    def call(
        self, rows: Sequence[Sequence[Value]], sandbox: Sandbox, limits: Limits, *, stop: Callable[[Answer], bool]
    ) -> list[Answer]:
        """One answer an argument list, in order; fewer where `stop`, asked after each of them, says so.

        Raises:
            SandboxError: the machine failed.
        """
        if self.problem:
            return [Answer(cause=self.cause, detail=self.problem)] * len(rows)
        executable = self._executable(max(map(len, rows), default=0))
        runs = executable.run_until(rows, sandbox, limits=limits, caps=_WHOLE, stop=lambda run: stop(_answer(run)))
        return [_answer(run) for run in runs]

    def _executable(self, most_arguments: int) -> PythonExecutable:
        """The entry, called with so many values of any type or fewer."""
        parameters = tuple(Parameter(name=f"a{i}", optional=True) for i in range(most_arguments))
        signature = Signature(name=self.name, parameters=parameters)
        function = Function(
            name=self.name,
            signature=signature,
            outline=Outline(function=self.name, blocks=()),
            start_byte=0,
            end_byte=len(self.source.encode("utf-8", "surrogatepass")),
            first_line=1,
            last_line=self.source.count("\n") + 1,
        )
        return PythonExecutable(
            mode=Mode.PLAIN, source=self.source, path="program.py", function=function, signature=signature
        )

    def read(self, text: str, sandbox: Sandbox, limits: Limits) -> Answer:
        """What the whole program prints when it reads this.

        Raises:
            SandboxError: the machine failed.
        """
        outcome = sandbox.run(Script(source=self.source), stdin=text.encode("utf-8", "surrogatepass"), limits=limits)
        answer = Answer(printed=outcome.stdout.decode("utf-8", "replace"), wall_s=outcome.wall_s, cpu_s=outcome.cpu_s)
        if outcome.cause is Ended.OK:
            return answer
        detail = outcome.detail or outcome.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        return replace(answer, cause=_OUTCOMES[outcome.cause], detail=detail)


def candidate(source: str, entry: str) -> Candidate:
    """The program, its entry found: as it is named, or as the only method of that name.

    Whether the arguments of a case fit is for the program to say.
    """
    name, problem, cause = _named(source, entry)
    return Candidate(source=source, name=name, problem=problem, cause=cause)


def _named(source: str, entry: str) -> tuple[str, str, Cause]:
    """The qualified name of the entry; or what is wrong, and whose fault that is."""
    if not entry:
        return "", "it has no entry to call", Cause.REFUSED
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
        return "", f"it does not parse: {exc}", Cause.EXCEPTION
    if "." in entry or entry in _bound(tree.body):
        return entry, "", Cause.REFUSED
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    owners = [node.name for node in classes if entry in _bound(node.body)]
    if len(owners) != 1:
        return "", f"it defines no {entry}", Cause.REFUSED
    return f"{owners[0]}.{entry}", "", Cause.REFUSED


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """Names that these statements give to something, at whatever depth short of a function or class."""
    found: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        else:
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _answer(run: Run) -> Answer:
    if run.cause == "ok":
        return Answer(value=run.result, arguments=run.arguments, printed=run.stdout, wall_s=run.wall_s)
    detail = run.detail
    if isinstance(run.raised, Raised):
        detail = f"{run.raised.name}: {run.raised.message}".rstrip(": ")
    cause = _CAUSES.get(run.cause, Cause.EXCEPTION)
    return Answer(cause=cause, detail=detail, value=run.raised, wall_s=run.wall_s)
