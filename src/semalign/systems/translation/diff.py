"""`diff`: two programs in, one verdict out. No language model has a part in it.

The paragraph said aloud: load both files, agree on a contract, collect inputs, look for an input on which the programs
differ, make it as small as possible, trace both on it and on inputs where they agree, and say where they part.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

from semalign.alignment.locate import localize, type_localize
from semalign.core.errors import ConfigError
from semalign.languages.protocol import Function, Mode, Unit
from semalign.sandbox.model import Limits, Sandbox
from semalign.systems.translation import explain, inputs, mapfile
from semalign.systems.translation.contract import (
    choose,
    contract_of,
    refuse_misfits,
    type_arguments,
    unknown_parameters,
)
from semalign.systems.translation.guess import guess, guesses
from semalign.systems.translation.harness import call_sites
from semalign.systems.translation.judge import Agreement, Judge
from semalign.systems.translation.planting import plant
from semalign.systems.translation.preconditions import Precondition, assume, learn
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.search import Search, Trial
from semalign.systems.translation.subject import BuildError, Subject, load
from semalign.systems.translation.verdict import Answer, Strength, Tried, Verdict
from semalign.traces.render import show

MIN_INPUTS = 100  # in domain, for an `equivalent` on generated inputs
MIN_COVERAGE = 0.9  # of the source's blocks
N_TO_LEARN = 24  # inputs of middling size beside a difference, from which alignment learns what corresponds
type_report = Callable[[str], None]


def diff(
    config: DiffConfig,
    sandbox: Sandbox,
    *,
    seen: Sequence[type_arguments] = (),
    clock: Callable[[], float] = time.monotonic,
    report: type_report = lambda doing: None,
) -> Verdict:
    """Where the target stops meaning what the source means, or how far they agree.

    Inputs in `seen` are not generated again: whoever wrote the target knows them. `report` is told what is being done,
    for a progress display.

    Raises:
        ConfigError: the request can't be meant (with what to do instead).
        MissingToolError: a compiler is missing.
        SandboxError: the machine failed.
    """
    began = clock()
    with ThreadPoolExecutor(max_workers=8) as executor:
        report("reading")
        search, given = prepare(config, sandbox, executor, clock)
        search.seen = tuple(map(search.contract.bind, seen))
        try:
            report("building")
            search.begin()
            return _decide(config, search, given, report, lambda: clock() - began)
        except BuildError as exc:
            return explain.undecided(search, f"a program does not build: {exc}", config, clock() - began)


def repeat(
    config: DiffConfig,
    sandbox: Sandbox,
    tried: Sequence[Tried],
    smallest: type_arguments | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    localize: type_localize = localize,
) -> Verdict:
    """The verdict on exactly these inputs, in this order; nothing is generated and nothing shrunk.

    `config.inputs` must be the inputs that were given; `localize` says where a difference begins. Raises as `diff`
    does.
    """
    began = clock()
    with ThreadPoolExecutor(max_workers=8) as executor:
        search, given = prepare(config, sandbox, executor, clock)
        fitting = [one.arguments for one in tried] + ([smallest] if smallest is not None else [])
        if not all(search.contract.admits(arguments) for arguments in fitting):
            raise ConfigError("the recorded inputs do not fit the functions; the evidence is damaged: write it again")
        preconditions = _preconditions(search, given)
        for is_given in (True, False):
            trials = search.attempt([one.arguments for one in tried if one.given is is_given], given=is_given)
            search.confirmed(trials)
        strength = _strength(config, search, given, preconditions)
        if smallest is None:
            if config.strength:
                strength = replace(strength, faults=plant(search, seed=config.seed))
            generator = _generator(search, given, preconditions, config)
            return _agreed(config, search, strength, generator, lambda: clock() - began)
        (trial,) = search.attempt([smallest], given=smallest in given, keep=False)
        return explain.divergent(search, trial, strength, config, lambda: clock() - began, localize)


def _checks_undefined(source: Subject) -> bool:
    """Only C++ leaves behaviour undefined, and has a build that notices."""
    return source.language.name == "cpp"


def prepare(
    config: DiffConfig, sandbox: Sandbox, executor: Executor, clock: Callable[[], float]
) -> tuple[Search, tuple[type_arguments, ...]]:
    """A search whose builds are under way, and the given inputs that fit the contract.

    Raises as `diff` does.
    """
    (speaks, unit), (other_speaks, other_unit) = load(config.source), load(config.target)
    function, other = choose(unit, other_unit, config.function)
    for one, where in ((function, unit), (other, other_unit)):
        _refuse_reading(one, where)
    source, target = (
        Subject(language=of, unit=whole, function=one, signature=one.signature, sandbox=sandbox, stdin=config.stdin)
        for of, whole, one in ((speaks, unit, function), (other_speaks, other_unit, other))
    )
    contract_of(function, other)  # refuses a pair that can't be compared before anything is run
    given = _given(config, source, target)
    contract = contract_of(function, other, given)
    if unknown_parameters(contract):
        contract = guess(contract, source)
    if unknown := unknown_parameters(contract):
        raise ConfigError(
            f"the type of {', '.join(unknown)} of {function.name} is not known; annotate it, call the function "
            "in the file's main, or give inputs: --inputs FILE, one JSON array of arguments a line"
        )
    found = mapfile.hints(config.map_file, function, other) if config.map_file else mapfile.Hints()
    source.signature, target.signature = contract.source, contract.target
    modes = (Mode.PLAIN, Mode.TRACED)
    source.start((*modes, Mode.SANITIZED) if _checks_undefined(source) else modes, executor)
    target.start(modes, executor)
    search = Search(
        contract=contract,
        source=source,
        target=target,
        judge=Judge(contract=contract, policy=config.policy, source_text=unit.source),
        limits=Limits(wall_s=config.wall_s, memory_mib=config.memory_mib),
        executor=executor,
        clock=clock,
        budget_s=config.time_s,
        checks_undefined=_checks_undefined(source),
        hints=found,
    )
    bound = [contract.bind(arguments) for arguments in given]
    if config.inputs is not None:
        refuse_misfits(contract, bound, config.inputs)
    return search, tuple(arguments for arguments in bound if contract.admits(arguments))


_READS = re.compile(r"(?<!\w)(input\s*\(|sys\.stdin|System\.in\b|cin\s*>>|scanf\s*\(|getline\s*\(\s*cin)")


def _refuse_reading(function: Function, unit: Unit) -> None:
    text = unit.text_of(function)
    if _READS.search(text):
        raise ConfigError(
            f"{unit.path}:{function.first_line}: {function.name} reads standard input; "
            "compare a function that takes its values as parameters and returns its result"
        )


def _given(config: DiffConfig, source: Subject, target: Subject) -> tuple[type_arguments, ...]:
    """From the file of inputs; else from the calls in the source's main, else in the target's."""
    if config.inputs is not None:
        names = [parameter.name for parameter in source.signature.parameters]
        return inputs.read_inputs(config.inputs, names)
    limits = Limits(wall_s=5 * config.wall_s, memory_mib=config.memory_mib)
    return call_sites(source, limits=limits) or call_sites(target, limits=limits)


def _decide(
    config: DiffConfig,
    search: Search,
    given: tuple[type_arguments, ...],
    report: type_report,
    elapsed: Callable[[], float],
) -> Verdict:
    preconditions = _preconditions(search, given)
    sets = InputSets(search, given, preconditions, config)
    try:
        report(f"running {len(given)} given inputs")
        found = search.differing(given, given=True)
        for role, making in sets.making.items():
            if not found:
                report(f"looking for a difference on {role} inputs")
                found = search.differing(making.result())
    finally:
        sets.stop()
    search.settle()
    if search.unstable:
        reason = "the source is not deterministic: two runs on one input differ"
        return explain.undecided(search, reason, config, elapsed())
    if found:
        report("shrinking")
        smallest = search.smallest(found[0], preconditions)
        search.learn(sets.generator.generate(N_TO_LEARN, seed=config.seed + 2, without=[*given, *search.tried()]))
        report("tracing both")
        strength = _strength(config, search, given, preconditions)
        return explain.divergent(search, smallest, strength, config, elapsed)
    strength = _strength(config, search, given, preconditions)
    if config.strength:
        strength = replace(strength, faults=plant(search, seed=config.seed, report=report))
    report("tracing both")
    return _agreed(config, search, strength, sets.generator, elapsed)


BEYOND_S = 0.5  # for one input far outside the domain; most loops over such numbers do not end sooner


def _beyond(search: Search, generator: inputs.Generator) -> list[str]:
    """A remark on numbers far larger than the domain's, where the programs part there: an overflow, most often."""
    patient = replace(search, limits=replace(search.limits, wall_s=BEYOND_S))
    found = patient.confirmed(patient.attempt(generator.beyond(), keep=False))
    if not found:
        return []
    trial = patient.smallest(found[0], generator.preconditions)
    names = [parameter.name for parameter in search.contract.common.parameters]
    shown = ", ".join(f"{name} = {show(value, 40)}" for name, value in zip(names, trial.arguments, strict=True))
    return [f"far outside the inputs that were given or assumed they differ: {shown}"]


def _generator(
    search: Search, given: Sequence[type_arguments], preconditions: tuple[Precondition, ...], config: DiffConfig
) -> inputs.Generator:
    texts = [one.unit.text_of(one.function) for one in (search.source, search.target)]
    reach = inputs.reaches(search.contract, given, preconditions, texts, domain=config.policy.domain)
    return inputs.Generator(contract=search.contract, reach=reach, preconditions=preconditions)


class InputSets:
    """The generated sets, made in the background while the programs build; they share no input."""

    def __init__(
        self,
        search: Search,
        given: Sequence[type_arguments],
        preconditions: tuple[Precondition, ...],
        config: DiffConfig,
    ) -> None:
        self.generator = _generator(search, given, preconditions, config)
        self._stopped = threading.Event()
        without = (*given, *search.seen)
        edges = search.executor.submit(self.generator.boundaries, without)
        n_repair = int(0.4 * config.max_inputs)
        repair = search.executor.submit(self._make, n_repair, config.seed, without, [edges])
        n_verdict = config.max_inputs - n_repair
        verdict = search.executor.submit(self._make, n_verdict, config.seed + 1, without, [edges, repair])
        self.making = {"boundary": edges, "repair": repair, "verdict": verdict} if config.max_inputs else {}

    def stop(self) -> None:
        """What is not made yet is not needed any more."""
        self._stopped.set()

    def _make(
        self, n: int, seed: int, given: Sequence[type_arguments], before: Sequence["Future[tuple[type_arguments, ...]]"]
    ) -> tuple[type_arguments, ...]:
        without = [*given, *(arguments for made in before for arguments in made.result())]
        return self.generator.generate(n, seed=seed, without=without, stopped=self._stopped.is_set)


def _preconditions(search: Search, given: Sequence[type_arguments]) -> tuple[Precondition, ...]:
    return learn(search.contract.common, given) or assume(search.contract.common, search.contract.target)


def _strength(
    config: DiffConfig, search: Search, given: Sequence[type_arguments], preconditions: Sequence[Precondition]
) -> Strength:
    counts = dict.fromkeys(Agreement, 0)
    for trial in search.trials:
        counts[trial.judgement.agreement] += 1
    return Strength(
        n_given=len(given),
        n_run=len(search.trials),
        n_domain=counts[Agreement.AGREE] + counts[Agreement.DIFFER],
        n_agree=counts[Agreement.AGREE],
        preconditions=(*guesses(search.contract.common), *map(str, preconditions)),
        seed=config.seed,
    )


def _agreed(
    config: DiffConfig,
    search: Search,
    strength: Strength,
    generator: inputs.Generator,
    elapsed: Callable[[], float],
) -> Verdict:
    """No difference was found: enough to say equivalent, or undecided and why."""
    shown = explain.agreement(search, strength, config, elapsed)
    shown = replace(shown, notes=(*shown.notes, *_beyond(search, generator)))
    covered = shown.source.n_blocks_covered / max(1, shown.source.n_blocks)
    n_unknown = sum(trial.judgement.agreement is Agreement.UNKNOWN for trial in search.trials)
    if not strength.n_domain:
        why = _commonest([t for t in search.trials if t.judgement.agreement is not Agreement.AGREE])
        reason = f"no input is in domain: {why}" if why else "no inputs could be made; give some with --inputs"
    elif n_unknown > strength.n_agree:
        reason = f"most results can't be compared: {_commonest(search.trials)}"
    elif strength.n_domain < MIN_INPUTS and not _exhausted(search, config):
        reason = (
            f"only {strength.n_domain} inputs in domain were run (need {MIN_INPUTS}); raise --time-s or --max-inputs"
        )
    elif covered < MIN_COVERAGE:
        reason = (
            f"the inputs reach {shown.source.n_blocks_covered} of {shown.source.n_blocks} blocks of the source; "
            "give inputs that reach the rest: --inputs"
        )
    else:
        return explain.with_answer(shown, Answer.EQUIVALENT, f"equal on all {strength.n_agree} inputs in domain")
    return explain.with_answer(shown, Answer.UNDECIDED, reason)


def _exhausted(search: Search, config: DiffConfig) -> bool:
    """Every input that could be made was run: the domain itself is small (two booleans, say)."""
    return search.time_left() > 0 and len(search.trials) < config.max_inputs and search.heaviest is None


def _commonest(trials: Sequence[Trial]) -> str:
    reasons = [trial.judgement.reason for trial in trials if trial.judgement.reason]
    return max(sorted(set(reasons)), key=reasons.count, default="")
