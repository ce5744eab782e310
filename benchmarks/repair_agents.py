"""The agents of `translate` on one row of `benchmarks.repair`, after its fixers have done what they can."""

from collections.abc import Sequence
from dataclasses import dataclass

from semalign.core.errors import ModelError
from semalign.models import BudgetConfig, Model, Spending
from semalign.repair import Budget, Journal, Patch, Proposer, Proposers, Repaired, State, repair
from semalign.repair.patch import digest
from semalign.systems.translation.agents.aligner import Aligner
from semalign.systems.translation.agents.asker import asker_within, spent
from semalign.systems.translation.agents.redrafter import Redrafter
from semalign.systems.translation.agents.semantic_fixer import SemanticFixer
from semalign.systems.translation.agents.syntax_fixer import SyntaxFixer
from semalign.systems.translation.agents.task import Task
from semalign.systems.translation.candidates import Candidates
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.oracle import Sets
from semalign.systems.translation.proposers import proposers
from semalign.systems.translation.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A row made ready."""

    subject: Subject
    sets: Sets
    case: Case
    candidates: Candidates  # on the repair inputs
    journal: Journal
    head: str  # the target's signature; "" tells what the harness's calls tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of it."""

    repaired: Repaired
    spent: Spending
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unseen:
    """A fixer that says nothing of texts it was asked about before."""

    proposer: Proposer
    seen: frozenset[str]  # digests

    @property
    def name(self) -> str:
        """The fixer's, with a mark, for its silence is not to be read as the fixer's own."""
        return f"{self.proposer.name} (of new drafts)"

    def propose(self, state: State) -> Sequence[Patch]:
        """The fixer's patches of a new text."""
        return [] if digest(state.text) in self.seen else self.proposer.propose(state)


def asked(row: Asking, before: Repaired, model: Model, *, calls: int, budget: Budget) -> Asked:
    """The best draft of the fixers, taken further; where the model fails, what the fixers made."""
    asker = asker_within(BudgetConfig(calls=calls), model, row.journal)
    task = _task(row)
    aligner = Aligner(
        source=row.case.source,
        language=row.case.source_language,
        function=row.subject.function.name,
        candidates=row.candidates,
    )
    seen = frozenset({digest(before.best.text), *(attempt.parent for attempt in before.attempts)})
    fixers = [Unseen(proposer=fixer, seen=seen) for fixer in proposers(row.case)]
    agents: tuple[Proposer, ...] = (
        Redrafter(asker, task),
        SyntaxFixer(asker, task),
        SemanticFixer(asker=asker, task=task, aligner=aligner),
    )
    try:
        done = repair(
            before.best.text, Proposers(fixers, agents), row.candidates.run, journal=row.journal, budget=budget
        )
        stopped = done.stopped
    except ModelError as exc:
        done, stopped = Repaired(best=before.best, first=before.best.shown, attempts=()), f"the model failed: {exc}"
    return Asked(repaired=done, spent=sum(spent(row.journal).values(), Spending()), stopped=stopped)


def _task(row: Asking) -> Task:
    case = row.case
    head = row.head.strip().rstrip("{").strip()
    if not head and case.wanted.known and all(case.wanted.parameters):
        names = [parameter.name for parameter in row.subject.signature.parameters]
        if len(names) == len(case.wanted.parameters):
            listed = ", ".join(f"{kind} {name}" for kind, name in zip(case.wanted.parameters, names, strict=True))
            result = case.wanted.result if case.wanted.result not in ("", "[]", "[][]") else "auto"
            head = f"{result} {case.name}({listed})" if result != "auto" else ""
    return Task(
        source_language=case.source_language, function=case.function, language=case.language, name=case.name, head=head
    )
