"""Planted faults: how many small changes of the target the inputs of a verdict would have caught.

What survives is a fault that no input shows, or a change that means the same. Running can't tell the one from the
other, so survivors are listed and none is called equivalent.
"""

import random
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from itertools import islice

from semalign.core.errors import SourceError
from semalign.languages.faults import Fault, faults, spread
from semalign.languages.protocol import Executable, Function, Mode
from semalign.sandbox.model import Outcome
from semalign.systems.translation.judge import Agreement
from semalign.systems.translation.search import Search, Trial
from semalign.systems.translation.subject import Subject
from semalign.systems.translation.verdict import Planted, Survivor

MAX_FAULTS = 40  # that build and are run
BUDGET_S = 60.0  # no further fault is begun after that
HASTE_S = 0.25  # for one input at first: most faults that take longer never end
GROWTH = 4  # one input to the first process, and to each further one so many times more
AHEAD = 2  # faults that are built while another one runs
type_built = Executable | None


def plant(search: Search, *, seed: int, report: Callable[[str], None] = lambda doing: None) -> Planted:
    """Some faults of the target, the kinds evenly, each run on the inputs on which the two programs agree.

    A fault is caught when the faulty target does not agree with the source on one of them. One that does not build
    needs no input to be caught, and does not count as tried.

    Raises:
        SandboxError: the machine failed.
    """
    trials = [trial for trial in search.trials if trial.judgement.agreement is Agreement.AGREE]
    waiting = spread(_faults(search.target), random.Random(seed)) if trials else []
    ends = search.clock() + BUDGET_S
    caught: dict[Fault, bool] = {}
    n_unbuilt = 0
    with closing(_building(search, waiting)) as made:
        for fault, built in made:
            if built is None:
                n_unbuilt += 1
                continue
            report(f"planting fault {len(caught) + 1} of at most {min(MAX_FAULTS, len(waiting))}")
            caught[fault] = _is_caught(search, built, trials)
            if len(caught) >= MAX_FAULTS or search.clock() >= ends:
                break
    return Planted(
        n_caught=sum(caught.values()),
        n_tried=len(caught),
        n_unbuilt=n_unbuilt,
        n_left=len(waiting) - n_unbuilt - len(caught),
        survivors=tuple(
            Survivor(line=fault.line, kind=fault.kind.value, old=fault.old, new=fault.new)
            for fault in sorted(caught, key=lambda fault: (fault.start, fault.end, fault.new))
            if not caught[fault]
        ),
    )


def _faults(target: Subject) -> list[Fault]:
    """In the bodies of the compared function and of those that it calls; signatures stay as they are."""
    found: dict[str, Fault] = {}
    for function in _reached(target):
        start = min((block.start_byte for block in function.outline.blocks[1:]), default=function.end_byte)
        for fault in faults(target.language.name, target.unit.source, start, function.end_byte):
            found.setdefault(fault.source, fault)
    return list(found.values())


def _reached(target: Subject) -> list[Function]:
    """The compared function and those of the same file that are called from it, by their names."""
    found = [target.function]
    for function in found:  # it grows meanwhile
        text = target.unit.text_of(function)
        found += [
            other
            for other in target.unit.functions
            if other not in found and re.search(rf"\b{re.escape(other.name.rsplit('.', 1)[-1])}\s*\(", text)
        ]
    return found


def _building(search: Search, waiting: Sequence[Fault]) -> Generator[tuple[Fault, type_built]]:
    """Each fault with what was built of it, in order; the next ones are under way meanwhile."""
    under_way: list[tuple[Fault, Future[type_built]]] = []
    rest = iter(waiting)
    try:
        while True:
            under_way += [
                (fault, search.executor.submit(_build, search.target, fault))
                for fault in islice(rest, AHEAD + 1 - len(under_way))
            ]
            if not under_way:
                return
            fault, built = under_way.pop(0)
            yield fault, built.result()
    finally:
        for _, built in under_way:
            built.cancel()


def _build(target: Subject, fault: Fault) -> type_built:
    """The faulty target, to be called as the target is; None where it does not build."""
    try:
        unit = target.language.parse(fault.source, target.unit.path)
    except SourceError:
        return None
    place = target.unit.functions.index(target.function)
    if len(unit.functions) != len(target.unit.functions) or unit.functions[place].problem:
        return None
    built = target.language.build(
        unit, unit.functions[place], target.sandbox, mode=Mode.PLAIN, signature=target.signature
    )
    return None if isinstance(built, Outcome) else built


def _is_caught(search: Search, built: Executable, trials: Sequence[Trial]) -> bool:
    sandbox, limits = search.target.sandbox, search.limits
    hasty = replace(limits, wall_s=min(HASTE_S, limits.wall_s))
    for chunk in _chunks(trials):
        inputs = [search.contract.for_target(trial.arguments) for trial in chunk]
        for trial, arguments, run in zip(chunk, inputs, built.run(inputs, sandbox, limits=hasty), strict=True):
            if run.cause == "timeout":
                (run,) = built.run([arguments], sandbox, limits=limits)
            if search.judge.judge(trial.source, run, given=trial.given).agreement is Agreement.DIFFER:
                return True
    return False


def _chunks(trials: Sequence[Trial]) -> Iterator[Sequence[Trial]]:
    """Few at first: most faults show on any input, and one that never ends shows it on each of a chunk."""
    at, size = 0, 1
    while at < len(trials):
        yield trials[at : at + size]
        at, size = at + size, size * GROWTH
