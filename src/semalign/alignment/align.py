"""`align`: two sides in, everything that corresponds out; and `Alignment`, what `localize` reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from semalign.alignment.blocks import BlockMap, match_blocks
from semalign.alignment.comparison import Plan
from semalign.alignment.evidence import Evidence, evidence
from semalign.alignment.functions import match_functions
from semalign.alignment.given import Given
from semalign.alignment.records import Ledger
from semalign.alignment.side import Side
from semalign.alignment.structure import Structure, names_of, structure
from semalign.alignment.tree import Tree, tree
from semalign.alignment.variables import Pair, PairOrigin, VariableMap, learn, like_named, streams
from semalign.alignment.walk import Walk
from semalign.traces.trace import Run
from semalign.values.compare import equal
from semalign.values.policy import Policy
from semalign.values.types import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPair:
    """Two functions, and what corresponds in them."""

    source: str
    target: str
    variables: VariableMap
    blocks: BlockMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What of two programs corresponds, and how each input went."""

    source: Side
    target: Side
    policy: Policy
    functions: tuple[FunctionPair, ...]  # the ones that the inputs were given to first
    passing: tuple[int, ...]  # numbers of the inputs with equal outputs
    failing: tuple[int, ...]  # the other ones
    ledgers: tuple[Ledger | None, ...] = field(repr=False)  # by input: where the states came to differ
    trees: tuple[tuple[Tree | None, ...], tuple[Tree | None, ...]] = field(repr=False)

    @property
    def variables(self) -> VariableMap:
        """The map of the functions that the inputs were given to."""
        return self.functions[0].variables

    @property
    def blocks(self) -> BlockMap:
        """The map of the functions that the inputs were given to."""
        return self.functions[0].blocks


_NOTHING = Given()


def same_output(source: Run, target: Run, policy: Policy, *, arguments: bool) -> bool:
    """The two runs gave the same result, or raised the same kind of exception.

    `arguments`: what was done to the arguments counts as output, too.
    """
    if source.cause != target.cause:
        return False
    if source.raised is not None and target.raised is not None:
        return equal(source.raised, target.raised, policy)
    if source.result is None or target.result is None:
        return source.result is target.result
    if not equal(source.result, target.result, policy):
        return False
    return not arguments or (
        len(source.arguments) == len(target.arguments)
        and all(equal(a, b, policy) for a, b in zip(source.arguments, target.arguments, strict=True))
    )


def align(
    source: Side, target: Side, policy: Policy, *, passed: Sequence[bool] | None = None, given: Given = _NOTHING
) -> Alignment:
    """The alignment of two programs that ran on the same inputs, in the same order.

    `passed` says for each input whether the outputs agree, for a caller that has its own rule (what it does to
    arguments, standard output); else results are compared under the policy, and arguments where nothing is returned.
    `given` is what the user knows to correspond.

    Raises:
        ValueError: the sides have different numbers of runs, or `passed` has another number.
    """
    if len(source.runs) != len(target.runs) or (passed is not None and len(passed) != len(source.runs)):
        raise ValueError(f"one run an input on each side: {len(source.runs)} against {len(target.runs)}")
    void = Kind.VOID in (source.signature.result.kind, target.signature.result.kind)
    good = (
        list(passed)
        if passed is not None
        else [same_output(a, b, policy, arguments=void) for a, b in zip(source.runs, target.runs, strict=True)]
    )
    structures = _structures(source), _structures(target)
    trees = _trees(source, structures[0]), _trees(target, structures[1])
    functions = match_functions(source, target, trees)
    passing = tuple(i for i, ok in enumerate(good) if ok)
    known = evidence(source.runs, trees[0]), evidence(target.runs, trees[1])
    pairs: list[FunctionPair] = []
    plans: dict[str, Plan] = {}
    for one, other in functions.pairs:
        if one not in structures[0] or other not in structures[1]:
            continue
        pinned = Given(variables=_pinned(source, target, one, other, given), blocks=given.blocks)
        plan = _plan(structures[0][one], structures[1][other], trees, passing, known, pinned)
        plans[other] = plan
        pairs.append(FunctionPair(source=one, target=other, variables=plan.variables, blocks=plan.blocks))
    ledgers = tuple(
        Walk(a, b, functions, plans, arguments=void or passed is not None).run()
        if a is not None and b is not None
        else None
        for a, b in zip(*trees, strict=True)
    )
    return Alignment(
        source=source,
        target=target,
        policy=policy,
        functions=tuple(pairs),
        passing=passing,
        failing=tuple(i for i, ok in enumerate(good) if not ok),
        ledgers=ledgers,
        trees=trees,
    )


def _structures(side: Side) -> dict[str, Structure]:
    return {outline.function: structure(outline) for outline in side.outlines}


def _trees(side: Side, structures: dict[str, Structure]) -> tuple[Tree | None, ...]:
    """One tree a run; None where there is no trace to trust."""
    return tuple(
        tree(run.trace, structures) if run.trace is not None and not run.trace.void else None for run in side.runs
    )


def _plan(
    one: Structure,
    other: Structure,
    trees: tuple[Sequence[Tree | None], Sequence[Tree | None]],
    passing: Sequence[int],
    known: tuple[Evidence, Evidence],
    given: Given,
) -> Plan:
    seen = streams(trees[0], one.function), streams(trees[1], other.function)
    names, changes = (names_of(one), names_of(other)), (seen[0].changes, seen[1].changes)
    pinned = [*given.variables, *like_named(given.variables, names, changes)]
    variables = learn(*seen, passing, pinned)
    return Plan(one, other, variables, match_blocks(one, other, variables, known, passing, given.blocks))


def _pinned(source: Side, target: Side, one: str, other: str, given: Given) -> tuple[Pair, ...]:
    """Parameters by position, after what the user knows."""
    known = list(given.variables) if one == source.root else []
    names = {pair.source for pair in known} | {pair.target for pair in known}
    left, right = _parameters(source, one), _parameters(target, other)
    if len(left) == len(right):
        known += [
            Pair(source=s, target=t, origin=PairOrigin.POSITION)
            for s, t in zip(left, right, strict=True)
            if s not in names and t not in names
        ]
    return tuple(known)


def _parameters(side: Side, function: str) -> list[str]:
    if function == side.root and side.signature.parameters:
        return [parameter.name for parameter in side.signature.parameters]
    outline = side.outline(function)
    return list(outline.blocks[0].defs) if outline is not None and outline.blocks else []
