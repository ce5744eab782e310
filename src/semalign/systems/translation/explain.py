"""Verdicts with their evidence: traces of the shown input, what corresponds, where to look, how much was covered."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from semalign.alignment.align import Alignment, align
from semalign.alignment.locate import Divergence, localize, type_localize
from semalign.alignment.side import Side as AlignedSide
from semalign.systems.translation.judge import Agreement
from semalign.systems.translation.mapfile import remarks
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.search import Search, Trial
from semalign.systems.translation.shrink import order
from semalign.systems.translation.subject import Subject
from semalign.systems.translation.verdict import Answer, Blame, Example, Pairing, Side, Strength, Tried, Verdict
from semalign.traces.blocks import Block, BlockKind, Outline
from semalign.traces.render import show
from semalign.traces.trace import Caps, Run
from semalign.values.types import Signature

N_FAILING = 5  # differing inputs that are traced
N_PASSING = 12  # agreeing inputs that are traced, to learn what corresponds
N_COVERING = 60  # inputs that are traced for coverage alone
N_BLAMES = 3


def divergent(
    search: Search,
    smallest: Trial,
    strength: Strength,
    config: DiffConfig,
    elapsed: Callable[[], float],
    localize: type_localize = localize,
) -> Verdict:
    """The verdict on a difference that was confirmed, with where it begins, as `localize` has it."""
    differing = [one for one in search.trials if one.judgement.agreement is Agreement.DIFFER]
    differing.sort(key=lambda one: order(one.arguments))
    failing = _distinct([smallest, *_spread(differing, N_FAILING)])[:N_FAILING]
    passing = _spread([one for one in search.trials if one.judgement.agreement is Agreement.AGREE], N_PASSING)
    traced = _traced(search, [*failing, *passing])
    alignment = _aligned(search, traced, config)
    blames = tuple(_blame(one, search) for one in localize(alignment)[:N_BLAMES])
    shown = traced[0]
    found = _evidence(search, strength, config, elapsed(), traced)
    return replace(
        with_answer(found, Answer.DIVERGENT, _what_differs(smallest)),
        smallest=_example(shown, search.contract.common),
        blames=blames,
        pairing=_pairing(alignment),
        notes=(*found.notes, *remarks(search.hints, alignment)),
    )


def _what_differs(smallest: Trial) -> str:
    """The judge's reason with the place and, where both sides gave a value, the two values."""
    difference = smallest.judgement.difference
    reason = smallest.judgement.reason
    if difference is None:
        return reason
    place = f" at {difference.path}" if difference.path else ""
    if difference.expected is None or difference.actual is None:
        return reason + place
    return f"{reason}{place}: {show(difference.expected, 40)} expected, {show(difference.actual, 40)} found"


def agreement(search: Search, strength: Strength, config: DiffConfig, elapsed: Callable[[], float]) -> Verdict:
    """What is known when no difference was found; the answer is still to be given (`with_answer`)."""
    agreeing = [one for one in search.trials if one.judgement.agreement is Agreement.AGREE]
    traced = _traced(search, _spread(agreeing, N_COVERING))
    alignment = _aligned(search, traced[:N_PASSING], config)
    example = max(traced, key=_liveliness, default=None)
    found = _evidence(search, strength, config, elapsed(), traced)
    return replace(
        found,
        example=_example(example, search.contract.common) if example else None,
        pairing=_pairing(alignment),
        notes=(*found.notes, *remarks(search.hints, alignment)),
    )


def undecided(search: Search, reason: str, config: DiffConfig, wall_s: float) -> Verdict:
    """No answer, because; nothing is traced for it."""
    strength = Strength(n_run=len(search.trials), seed=config.seed)
    return with_answer(_evidence(search, strength, config, wall_s, []), Answer.UNDECIDED, reason)


def with_answer(verdict: Verdict, answer: Answer, reason: str) -> Verdict:
    """The same evidence under an answer."""
    return replace(verdict, answer=answer, reason=reason)


def _evidence(
    search: Search, strength: Strength, config: DiffConfig, wall_s: float, traced: Sequence[Trial]
) -> Verdict:
    """What every verdict tells; undecided until somebody gives the answer."""
    return Verdict(
        answer=Answer.UNDECIDED,
        reason="",
        source=_side(search.source, [one.source for one in traced]),
        target=_side(search.target, [one.target for one in traced]),
        policy=config.policy,
        strength=strength,
        notes=tuple(_notes(search, traced)),
        tried=tuple(
            Tried(arguments=one.arguments, agreement=one.judgement.agreement.value, given=one.given)
            for one in search.trials
        ),
        tier=search.source.sandbox.tier.value,
        wall_s=wall_s,
    )


def _traced(search: Search, trials: Sequence[Trial]) -> list[Trial]:
    """The trials again, both programs instrumented, side by side."""
    caps = Caps()
    ours = [search.contract.for_source(one.arguments) for one in trials]
    theirs = [search.contract.for_target(one.arguments) for one in trials]
    running = search.executor.submit(
        search.target.traced, theirs, [one.target for one in trials], limits=search.limits, caps=caps
    )
    source = search.source.traced(ours, [one.source for one in trials], limits=search.limits, caps=caps)
    return [
        replace(one, source=run, target=other) for one, run, other in zip(trials, source, running.result(), strict=True)
    ]


def _aligned_side(subject: Subject, runs: Sequence[Run]) -> AlignedSide:
    return AlignedSide(
        signature=replace(subject.signature, name=subject.function.name),
        outlines=tuple(function.outline for function in subject.unit.functions),
        runs=tuple(runs),
    )


def _aligned(search: Search, traced: Sequence[Trial], config: DiffConfig) -> Alignment:
    return align(
        _aligned_side(search.source, [one.source for one in traced]),
        _aligned_side(search.target, [one.target for one in traced]),
        config.policy,
        passed=[one.judgement.agreement is Agreement.AGREE for one in traced],
        given=search.hints.given,
    )


def _pairing(alignment: Alignment) -> Pairing:
    return Pairing(
        variables=alignment.variables.pairs,
        blocks=tuple(
            (one, other, pair.confidence)
            for function in alignment.functions
            for pair in function.blocks.pairs
            for one in pair.source
            for other in pair.target
        ),
    )


def _blame(divergence: Divergence, search: Search) -> Blame:
    source = _find(search.source, divergence.source_block)
    target = _find(search.target, divergence.target_block)
    return Blame(
        kind=divergence.kind.value,
        source_block=divergence.source_block,
        target_block=divergence.target_block,
        source_lines=(source.first_line, source.last_line) if source else (0, 0),
        target_lines=(target.first_line, target.last_line) if target else (0, 0),
        variables=divergence.variables,
        expected=divergence.expected,
        actual=divergence.actual,
        path=divergence.path,
        confidence=divergence.confidence,
        reason=divergence.reason,
    )


def _find(subject: Subject, block_id: str) -> Block | None:
    for function in subject.unit.functions:
        for block in function.outline.blocks:
            if block.id == block_id:
                return block
    return None


def _side(subject: Subject, runs: Sequence[Run]) -> Side:
    outline = subject.function.outline
    covered = _covered(outline, runs)
    return Side(
        path=subject.unit.path,
        language=subject.language.name,
        function=subject.function.name,
        source=subject.unit.source,
        outline=outline,
        first_line=subject.function.first_line,
        last_line=subject.function.last_line,
        signature=subject.signature,
        toolchain=subject.language.toolchain(),
        n_blocks=len(outline.blocks),
        n_blocks_covered=len(covered),
        arms_missed=tuple(block.id for block in outline.blocks if block.id not in covered) if runs else (),
    )


def _covered(outline: Outline, runs: Sequence[Run]) -> set[str]:
    """Blocks that some run entered; a region that makes no choice of its own counts with what it holds."""
    reached = {block for run in runs if run.trace for block, n in run.trace.counts.items() if n}
    for block in reversed(outline.blocks):
        silent = block.kind in (BlockKind.TRY, BlockKind.WITH, BlockKind.SWITCH)
        if silent and any(inner.parent == block.id and inner.id in reached for inner in outline.blocks):
            reached.add(block.id)
    return reached & {block.id for block in outline.blocks}


def _example(trial: Trial, signature: Signature) -> Example:
    names = [parameter.name for parameter in signature.parameters]
    return Example(arguments=tuple(zip(names, trial.arguments, strict=True)), source=trial.source, target=trial.target)


def _liveliness(trial: Trial) -> tuple[bool, int]:
    """An input worth looking at: neither side's trace is void, and it is of a middling length."""
    n_events = len(trial.source.trace.events) if trial.source.trace else 0
    return (n_events <= 60, n_events if n_events <= 60 else -n_events)


def _notes(search: Search, traced: Sequence[Trial]) -> list[str]:
    notes = []
    effects = sorted({one.judgement.side_effect for one in search.trials if one.judgement.side_effect})
    if effects:
        notes.append(f"the results agree, but what is left in {', '.join(effects)} after the call differs")
    outside = [one for one in search.trials if one.judgement.agreement is Agreement.OUTSIDE]
    if outside:
        reasons = [one.judgement.reason for one in outside]
        commonest = max(sorted(set(reasons)), key=reasons.count)
        notes.append(f"{len(outside)} inputs are out of domain, most because {commonest}")
    if search.heaviest is not None:
        notes.append(f"inputs with numbers from {search.heaviest:g} on were left out: the source runs too long on them")
    for side, runs in (("source", [one.source for one in traced]), ("target", [one.target for one in traced])):
        void = next((run.trace.void for run in runs if run.trace and run.trace.void), "")
        if void:
            notes.append(f"a trace of the {side} is not used: {void}")
        n_dropped = sum(run.trace.n_dropped for run in runs if run.trace)
        if n_dropped:
            notes.append(f"{n_dropped} events of the {side} were counted but not kept (caps)")
    return notes


def _distinct(trials: Sequence[Trial]) -> list[Trial]:
    found: dict[tuple[object, ...], Trial] = {}
    for trial in trials:
        found.setdefault(trial.arguments, trial)
    return list(found.values())


def _spread(trials: Sequence[Trial], n: int) -> list[Trial]:
    """At most n of them, evenly from light to heavy."""
    if len(trials) <= n:
        return list(trials)
    return [trials[int(i * len(trials) / n)] for i in range(n)]
