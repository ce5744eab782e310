"""`Candidates`: drafts of a translation, run on inputs and judged by the source; what a repair loop calls `run`."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from semalign.core.errors import ConfigError, SourceError
from semalign.languages.protocol import Executable, Function, Language, Mode, Unit
from semalign.repair import Shown
from semalign.sandbox.model import Limits, Outcome, Sandbox
from semalign.systems.translation.contract import Contract, contract_of, type_arguments
from semalign.systems.translation.fixers.draft import HARNESS
from semalign.systems.translation.judge import Agreement, Judge, Judgement
from semalign.systems.translation.shell import Shell
from semalign.traces.render import show
from semalign.traces.trace import Run
from semalign.values.policy import Policy

MOST_ENDLESS = 1  # inputs on which a draft may run until it is stopped, before the others are left out
MAX_NOTES = 12  # kept of one run
_PLACE = re.compile(r"^(?:[^\n:]*):(\d+):(?:(\d+):)? (?:fatal )?error: (.*)$")
_QUOTES = {0x2018: "'", 0x2019: "'"}  # as g++ writes them where the locale allows
_SYNTAX = re.compile(r"^[^\n:]*:(\d+):(\d+): (.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """The source, and what it does on the inputs that candidates are judged by."""

    function: Function
    text: str
    given: tuple[type_arguments, ...]  # from call sites: they tell types that no side declares
    inputs: tuple[type_arguments, ...]  # in the form of the source's own contract
    expected: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Builds and runs drafts in their harness."""

    language: Language
    shell: Shell
    name: str  # of the function that the harness calls
    oracle: Oracle
    policy: Policy
    sandbox: Sandbox
    limits: Limits

    def run(self, draft: str) -> Shown:
        """What the draft shows on the oracle's inputs. Never raises for what is wrong with the draft.

        Raises:
            SandboxError: the machine failed.
        """
        program, before = self.shell.fill(draft)
        n_lines = draft.count("\n") + 1
        try:
            unit = self.language.parse(program, "draft")
            function = self._function(unit)
            contract = contract_of(self.oracle.function, function, self.oracle.given)
        except SourceError as exc:
            return self._unbuilt([_syntax(str(exc), before, n_lines)])
        except ConfigError as exc:
            return self._unbuilt([f"{HARNESS}{exc}"])
        built = self.language.build(unit, function, self.sandbox, mode=Mode.PLAIN, signature=contract.target)
        if isinstance(built, Outcome):
            found = list(dict.fromkeys(diagnostics(built, before, n_lines)))
            return self._unbuilt(found[:MAX_NOTES] or [f"{HARNESS}{built.detail or 'it does not build'}"])
        judged = self._judged(built, contract)
        passed = tuple(one.agreement is Agreement.AGREE for one in judged)
        said = [_said(one) for one in judged if one.agreement is not Agreement.AGREE]
        return Shown(builds=True, passed=passed, notes=tuple(dict.fromkeys(said))[:MAX_NOTES])

    def _function(self, unit: Unit) -> Function:
        found = [function for function in unit.functions if function.name.rsplit(".", 1)[-1] == self.name]
        if not found:
            raise ConfigError(f"there is no function {self.name}")
        if found[0].problem:
            raise ConfigError(f"{self.name} can't be called: {found[0].problem}")
        return found[0]

    def _judged(self, built: Executable, contract: Contract) -> list[Judgement]:
        judge = Judge(contract=contract, policy=self.policy, source_text=self.oracle.text)
        pairs = list(zip(self.oracle.inputs, self.oracle.expected, strict=True))
        judged: list[Judgement] = []
        n_endless = 0
        for start, end in ((0, 2), (2, 10), (10, len(pairs))):
            chunk = pairs[start:end]
            if n_endless > MOST_ENDLESS or not chunk:
                judged += [Judgement(Agreement.UNKNOWN, "others did not end")] * len(chunk)
                continue
            rows = [contract.for_target(contract.bind(arguments)) for arguments, _ in chunk]
            runs = built.run(rows, self.sandbox, limits=self.limits)
            n_endless += sum(run.cause == "timeout" for run in runs)
            judged += [judge.judge(source, target) for (_, source), target in zip(chunk, runs, strict=True)]
        return judged

    def _unbuilt(self, notes: Sequence[str]) -> Shown:
        return Shown(builds=False, passed=(False,) * len(self.oracle.inputs), notes=tuple(notes))


def _said(judgement: Judgement) -> str:
    found = judgement.difference
    if found is None:
        return judgement.reason
    sides = [show(value, 60) if value is not None else "nothing" for value in (found.expected, found.actual)]
    return f"{judgement.reason}: expected {sides[0]}, got {sides[1]}"


def _syntax(words: str, before: int, n_lines: int) -> str:
    place = _SYNTAX.match(words)
    if not place:
        return f"{HARNESS}{words}"
    return _note(int(place[1]) - before, int(place[2]), place[3], n_lines)


def diagnostics(outcome: Outcome, before: int, n_lines: int) -> Iterator[str]:
    """What a compiler said, one note an error, with lines counted in the draft."""
    lines = outcome.stderr.decode("utf-8", "replace").translate(_QUOTES).splitlines()
    for number, line in enumerate(lines):
        place = _PLACE.match(line)
        if not place:
            continue
        column, more = int(place[2] or 0), []
        for after in lines[number + 1 : number + 8]:
            if _PLACE.match(after):
                break
            if not column and after.strip() == "^":
                column = len(after)
            elif after.strip().startswith(("symbol:", "location:", "required:", "found:")):
                more.append(" ".join(after.split()))
        yield _note(int(place[1]) - before, column, "; ".join([place[3], *more]), n_lines)


def _note(line: int, column: int, message: str, n_lines: int) -> str:
    return f"{line}:{column}: {message}" if 1 <= line <= n_lines else f"{HARNESS}{message}"
