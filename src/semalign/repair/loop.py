"""`repair`: best-first search over patches, from what each candidate showed; every step is journalled.

A candidate that breaks an input which passed is dropped. One that is better than its parent is looked at next; one that
does not build either, but fails otherwise, is kept for later, as one fault may hide another. All else is dropped, so
whatever is returned is at least as good as what was given.

Fixers cost runs, agents cost calls of a model. So agents are asked where fixers have nothing left to say of a draft, or
its runs are used up. A draft that an agent wrote anew has runs of its own, and is worked on before the older ones.
"""

import heapq
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from semalign.core.errors import BudgetError
from semalign.repair.journal import Journal, type_json
from semalign.repair.patch import Attempt, Edit, Patch, Shown, State, digest

type_run = Callable[[str], Shown]


class Proposer(Protocol):
    """Whoever proposes patches: a fixer, a search, an agent with a model (whose budget may raise BudgetError)."""

    @property
    def name(self) -> str:
        """Also the author of its patches."""
        ...

    def propose(self, state: State) -> Sequence[Patch]:
        """Patches of `state.text`, the likeliest first; none where it has nothing to say. Must be repeatable."""
        ...


@dataclass(frozen=True, slots=True)
class Proposers:
    """Everyone who proposes, in the order in which they are heard."""

    fixers: Sequence[Proposer] = ()
    agents: Sequence[Proposer] = ()  # those that ask a model


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much one repair may use."""

    runs: int = 120  # candidates of fixers that are run, for the given draft and for each new one
    drafts: int = 12  # new ones
    patches: int = 50  # of one proposer for one state
    depth: int = 8  # patches on top of each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The best candidate, what the given one showed, and every attempt in order."""

    best: State
    first: Shown
    attempts: tuple[Attempt, ...]
    stopped: str = ""  # why a proposer was not asked: a budget that does not hold another call

    @property
    def solved(self) -> bool:
        """Every input passes."""
        return self.best.shown.solved

    @property
    def cost_s(self) -> float:
        """Seconds of all runs, those of a recorded run included."""
        return sum(attempt.cost_s for attempt in self.attempts)


@dataclass(order=True, slots=True)
class _Open:
    """A state whose proposals are not all tried; the least is looked at first."""

    order: tuple[int, bool, int, int, int]
    draft: int = field(compare=False)  # that it comes from; 0 is the given one
    state: State = field(compare=False)
    fixes: Iterator[Patch] = field(compare=False)
    asked: Iterator[Patch] = field(compare=False)  # of agents


@dataclass(slots=True, kw_only=True)
class _Loop:
    """One repair under way."""

    proposers: Proposers
    run: type_run
    journal: Journal
    budget: Budget
    clock: Callable[[], float]
    attempts: list[Attempt] = field(default_factory=list)
    known: set[str] = field(default_factory=set)
    waiting: list[_Open] = field(default_factory=list)
    n_opened: int = 0
    n_drafts: int = 0  # new ones
    n_runs: Counter[int] = field(default_factory=Counter)  # of each draft
    stopped: str = ""

    def shown(self, text: str) -> tuple[Shown, float]:
        def take() -> type_json:
            began = self.clock()
            found = self.run(text)
            passed = "".join("01"[one] for one in found.passed)
            return [found.builds, passed, list(found.notes), round(self.clock() - began, 3)]

        value = self.journal.step(digest("run", self.journal.basis, text), take)
        builds, passed, notes, cost = _as_list(value)
        shown = Shown(
            builds=bool(builds),
            passed=tuple(one == "1" for one in str(passed)),
            notes=tuple(map(str, _as_list(notes))),
        )
        return shown, float(str(cost))

    def proposed(self, proposer: Proposer, state: State) -> Iterator[Patch]:
        def take() -> type_json:
            patches = list(proposer.propose(state))[: self.budget.patches]
            return [[p.reason, [[e.start, e.end, e.text] for e in p.edits], p.fresh] for p in patches]

        key = digest("propose", self.journal.basis, proposer.name, state.text, *state.shown.notes)
        try:
            taken = _as_list(self.journal.step(key, take))
        except BudgetError as exc:  # nothing is written down: with a greater budget it will be asked
            self.stopped = str(exc)
            return
        for reason, edits, fresh in map(_as_list, taken):
            triples = map(_as_list, _as_list(edits))
            made = (Edit(start=int(str(a)), end=int(str(b)), text=str(c)) for a, b, c in triples)
            yield Patch(edits=tuple(made), reason=str(reason), author=proposer.name, fresh=bool(fresh))

    def open(self, state: State, draft: int) -> None:
        builds, n_passed, notes = state.shown.rank
        fixes, asked = (
            (patch for one in heard for patch in self.proposed(one, state))
            for heard in (self.proposers.fixers, self.proposers.agents)
        )
        self.n_opened += 1
        # Among equals the newest first: what a patch uncovered is looked at before other patches of its parent.
        # A new draft is given its chance before the one that it is to replace is looked at again.
        order = (-draft, not builds, -n_passed, -notes, -self.n_opened)
        heapq.heappush(self.waiting, _Open(order, draft, state, fixes, asked))

    def next_patch(self, entry: _Open) -> Patch | None:
        """A fixer's, while the draft has runs left; then an agent's."""
        fix = next(entry.fixes, None) if self.n_runs[entry.draft] < self.budget.runs else None
        if fix is None and self.n_drafts < self.budget.drafts:
            return next(entry.asked, None)
        return fix

    def attempt(self, state: State, patch: Patch) -> State | None:
        """The patched state where it is new, and None where it was seen before."""
        text = patch.apply(state.text)
        child = digest(text)
        if child in self.known:
            return None
        self.known.add(child)
        shown, cost = self.shown(text)
        better = shown.rank > state.shown.rank and not shown.breaks(state.shown)
        self.attempts.append(
            Attempt(patch=patch, parent=digest(state.text), child=child, shown=shown, kept=better, cost_s=cost)
        )
        return State(text=text, shown=shown, history=(*state.history, patch))

    def search(self, start: State) -> State:
        best = start
        self.known.add(digest(start.text))
        self.open(start, 0)
        while self.waiting and not best.shown.solved:
            entry = heapq.heappop(self.waiting)
            patch = self.next_patch(entry)
            if patch is None:
                continue
            heapq.heappush(self.waiting, entry)
            child = self.attempt(entry.state, patch)
            if child is None:
                continue
            if patch.fresh:
                self.n_drafts += 1
            draft = self.n_drafts if patch.fresh else entry.draft
            self.n_runs[draft] += not patch.fresh
            if child.shown.rank > best.shown.rank and not child.shown.breaks(start.shown):
                best = child
            if self.worth_opening(entry.state, child, patch):
                self.open(child, draft)
        return best

    def worth_opening(self, state: State, child: State, patch: Patch) -> bool:
        if len(child.history) >= self.budget.depth:
            return False
        hidden = not state.shown.builds and not child.shown.builds and child.shown.notes != state.shown.notes
        return self.attempts[-1].kept or hidden or patch.fresh


def _as_list(value: type_json) -> list[type_json]:
    if not isinstance(value, list):
        raise TypeError(f"a list was written down here, not {value!r}")
    return value


def repair(
    text: str,
    proposers: Proposers,
    run: type_run,
    *,
    journal: Journal | None = None,
    budget: Budget | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Repaired:
    """The best candidate that patches lead to from `text`; never one that fails where `text` passes.

    With a journal in a file, steps that an earlier run with the same basis took are not taken again.
    """
    loop = _Loop(
        proposers=proposers,
        run=run,
        journal=journal or Journal(),
        budget=budget or Budget(),
        clock=clock,
    )
    first, _ = loop.shown(text)
    best = loop.search(State(text=text, shown=first))
    return Repaired(best=best, first=first, attempts=tuple(loop.attempts), stopped=loop.stopped)
