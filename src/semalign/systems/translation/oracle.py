"""The source as an oracle: its inputs in disjoint sets, and what it does on them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from semalign.languages.protocol import Executable, Mode
from semalign.sandbox.model import Limits, Outcome
from semalign.systems.translation import inputs
from semalign.systems.translation.candidates import Oracle
from semalign.systems.translation.contract import Contract, contract_of, type_arguments, unknown_parameters
from semalign.systems.translation.guess import guess
from semalign.systems.translation.harness import call_sites
from semalign.systems.translation.judge import Agreement, Judge
from semalign.systems.translation.preconditions import assume, learn
from semalign.systems.translation.relatives import relatives
from semalign.systems.translation.subject import BuildError, Subject
from semalign.traces.trace import Run
from semalign.values.policy import Policy
from semalign.values.wire import wire

MIN_GENERATED = 20  # in domain; with fewer, relatives of the given inputs are added


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """The oracle on inputs that share none: from call sites, for repair, for the verdict."""

    given: Oracle
    repair: Oracle  # the given ones first
    verdict: Oracle
    contract: Contract  # of the source with itself: all that is known of its types


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How many inputs, and from which seed."""

    repair: int = 40
    verdict: int = 100
    seed: int = 0


def sets_of(source: Subject, policy: Policy, limits: Limits, wish: Wish) -> Sets:
    """Inputs from the source alone, so that no draft decides what it is judged by; only those the source is defined on.

    Raises:
        BuildError: the source does not build.
        ConfigError: the types of its parameters are not known.
        SandboxError: the machine failed.
    """
    patient = Limits(wall_s=5 * limits.wall_s, memory_mib=limits.memory_mib)
    given = call_sites(source, limits=patient)
    contract = contract_of(source.function, source.function, given)
    if unknown_parameters(contract):
        contract = guess(contract, source)
    bound = tuple(contract.bind(arguments) for arguments in given)
    conditions = learn(contract.common, bound) or assume(contract.common, contract.common)
    text = source.unit.text_of(source.function)
    reach = inputs.reaches(contract, bound, conditions, [text], domain=policy.domain)
    generator = inputs.Generator(contract=contract, reach=reach, preconditions=conditions)
    edges = generator.boundaries(bound)
    repair = generator.generate(wish.repair, seed=wish.seed, without=[*bound, *edges])
    verdict = generator.generate(wish.verdict, seed=wish.seed + 1, without=[*bound, *edges, *repair])
    runs = _Runs(source, contract, policy, limits)
    kept = [runs.defined(of) for of in (bound, (*edges, *repair), verdict)]
    rng, used = random.Random(wish.seed), [*bound, *edges, *repair, *verdict]
    for place in (1, 2):
        if len(kept[place]) < MIN_GENERATED:
            more = [one for one in relatives(bound, 3 * MIN_GENERATED, rng=rng, without=used) if contract.admits(one)]
            used += more
            kept[place] += runs.defined(more)
    return Sets(
        given=_oracle(source, bound, kept[0]),
        repair=_oracle(source, bound, [*kept[0], *kept[1]]),
        verdict=_oracle(source, bound, kept[2]),
        contract=contract,
    )


def extended(
    oracle: Oracle, more: Sequence[type_arguments], source: Subject, contract: Contract, policy: Policy, limits: Limits
) -> Oracle:
    """The oracle with more inputs, those that the source is defined on; they count as seen from now on.

    Raises: as `sets_of` does.
    """
    known = {" ".join(map(wire, arguments)) for arguments in oracle.inputs}
    new = [arguments for arguments in more if " ".join(map(wire, arguments)) not in known]
    kept = _Runs(source, contract, policy, limits).defined(new)
    return replace(
        oracle,
        inputs=(*oracle.inputs, *(arguments for arguments, _ in kept)),
        expected=(*oracle.expected, *(run for _, run in kept)),
    )


def _oracle(source: Subject, given: tuple[type_arguments, ...], kept: Sequence[tuple[type_arguments, Run]]) -> Oracle:
    return Oracle(
        function=source.function,
        text=source.unit.source,
        given=given,
        inputs=tuple(arguments for arguments, _ in kept),
        expected=tuple(run for _, run in kept),
    )


@dataclass(frozen=True, slots=True)
class _Runs:
    """The source on inputs, kept where it is defined and does the same twice."""

    source: Subject
    contract: Contract
    policy: Policy
    limits: Limits

    def defined(self, given: Sequence[type_arguments]) -> list[tuple[type_arguments, Run]]:
        rows = [self.contract.for_source(arguments) for arguments in given]
        judge = Judge(contract=self.contract, policy=self.policy, source_text=self.source.unit.source)
        runs = self._built(Mode.PLAIN).run(rows, self.source.sandbox, limits=self.limits) if rows else []
        kept = [
            (arguments, row, run)
            for arguments, row, run in zip(given, rows, runs, strict=True)
            if judge.judge(run, run).agreement is Agreement.AGREE
        ]
        mode = Mode.SANITIZED if self.source.language.name == "cpp" else Mode.PLAIN
        if not kept:
            return []
        again = self._built(mode).run([row for _, row, _ in kept], self.source.sandbox, limits=self.limits)
        return [
            (arguments, run)
            for (arguments, _, run), other in zip(kept, again, strict=True)
            if (run.cause, _wired(run)) == (other.cause, _wired(other))
        ]

    def _built(self, mode: Mode) -> Executable:
        source = self.source
        built = source.language.build(
            source.unit, source.function, source.sandbox, mode=mode, signature=self.contract.source
        )
        if isinstance(built, Outcome):
            raise BuildError(built.detail or built.stderr.decode("utf-8", "replace")[:300])
        return built


def _wired(run: Run) -> str:
    return "" if run.result is None else wire(run.result)
