"""`Job`: one translation made ready; the source run, the contract agreed on, the harness and the task at hand."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from semalign.core.errors import ConfigError, MissingToolError
from semalign.languages import LANGUAGES
from semalign.languages.protocol import Function, Language, Unit
from semalign.repair import Journal
from semalign.repair.patch import digest
from semalign.sandbox.model import Sandbox
from semalign.systems.translation import mapfile, regressions
from semalign.systems.translation.agents.task import Task
from semalign.systems.translation.candidates import Candidates, Oracle
from semalign.systems.translation.contract import callable_named
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.wanted import wanted_by_calls, wanted_by_signature
from semalign.systems.translation.inputs import parse_inputs
from semalign.systems.translation.oracle import Sets, Wish, extended, sets_of
from semalign.systems.translation.shell import Shell
from semalign.systems.translation.skeleton import skeleton
from semalign.systems.translation.subject import BuildError, Subject, load, read_text
from semalign.systems.translation.target import head_of, name_of, target_signature
from semalign.systems.translation.translation import TranslateConfig
from semalign.traces.render import show
from semalign.values.types import Signature
from semalign.values.wire import wire

VERSION = 1  # of prompts, fixers and loop: what another version wrote into a journal is done anew
N_EXAMPLES = 3
MAX_CONTEXT = 4000  # characters of helpers that are told
type_report = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Job:
    """One translation under way."""

    config: TranslateConfig
    sandbox: Sandbox
    subject: Subject
    sets: Sets
    oracle: Oracle  # of repair; grows by what verdicts refute
    language: Language
    shell: Shell
    task: Task
    signature: Signature
    journal: Journal

    def candidates(self) -> Candidates:
        """What runs drafts on the repair inputs there are now."""
        return Candidates(
            language=self.language,
            shell=self.shell,
            name=self.task.name,
            oracle=self.oracle,
            policy=self.config.policy,
            sandbox=self.sandbox,
            limits=self.config.limits,
        )

    def case(self) -> Case:
        """What fixers are told."""
        wanted = wanted_by_calls(self.shell, self.task.name)
        if not wanted.known:
            wanted = wanted_by_signature(self.task.head, self.language.name)
        return Case(
            source_language=self.task.source_language,
            source=self.subject.unit.source,
            function=self.task.function,
            language=self.language.name,
            name=self.task.name,
            wanted=wanted,
        )

    def rebase(self) -> None:
        """Name in the journal all that its steps depend on from now on."""
        config, inputs = self.config, " ".join(wire(v) for a in self.oracle.inputs for v in a)
        map_text = "" if config.map_file is None else read_text(config.map_file)
        self.journal.basis = digest(
            str(VERSION), self.subject.unit.source, self.task.name, self.task.head, self.shell.text, inputs,
            repr(config.policy), config.preset, repr(sorted(config.without)), str(config.wall_s), map_text,
        )  # fmt: skip


def prepare(config: TranslateConfig, sandbox: Sandbox, journal: Journal) -> Job:
    """The job of a request; runs the source.

    Raises:
        ConfigError: the request can't be meant: no such function, a source that does not build, types nobody knows.
        MissingToolError: a compiler is missing.
        SandboxError: the machine failed.
    """
    speaks, unit = load(config.source)
    if config.to not in LANGUAGES:
        raise ConfigError(f"no language {config.to!r}; --to takes {', '.join(LANGUAGES)}")
    if config.to == speaks.name:
        raise ConfigError(f"{config.source} is {speaks.name} already; name another language with --to")
    language = LANGUAGES[config.to]
    if missing := language.missing():
        raise MissingToolError(missing)
    function = callable_named(unit, config.function, beside=", or translate the whole file: --whole")
    subject = Subject(
        language=speaks, unit=unit, function=function, signature=function.signature, sandbox=sandbox, stdin=config.stdin
    )
    try:
        sets = sets_of(subject, config.policy, config.limits, Wish(seed=config.seed))
    except BuildError as exc:
        raise ConfigError(f"{config.source}: does not build, so nothing can be compared with it: {exc}") from exc
    bare = function.name.rsplit(".", 1)[-1]
    draft = config.draft if config.harness is None else None  # a harness calls it as the source is called
    name = name_of(bare, config.signature, "" if draft is None else read_text(draft))
    if config.map_file is not None:
        mapfile.refuse_others(config.map_file, bare, name)
    signature = target_signature(sets, name)
    shell = skeleton(language.name, config.source.stem)
    if config.harness is not None:
        shell = Shell(text=read_text(config.harness), language=language.name)
    task = Task(
        source_language=speaks.name,
        function=unit.text_of(function),
        context=config.context or _context(unit, function),
        language=language.name,
        name=name,
        head=config.signature or head_of(signature, language),
        examples=_examples(sets, name),
        available=config.available,
        known=config.known,
    )
    oracle = _oracle(config, sets, subject, journal)
    return Job(
        config=config, sandbox=sandbox, subject=subject, sets=sets, oracle=oracle, language=language, shell=shell,
        task=task, signature=signature, journal=journal,
    )  # fmt: skip


def _oracle(config: TranslateConfig, sets: Sets, source: Subject, journal: Journal) -> Oracle:
    """Of repair: with the inputs on which earlier drafts failed, those that were there when the journal was begun."""
    if config.regressions is None:
        return sets.repair
    file, names = config.regressions, [one.name for one in sets.contract.common.parameters]
    text = journal.step(f"regressions {file.name}", lambda: regressions.text(file))
    more = parse_inputs(text.splitlines(), names, str(file))
    fitting = [arguments for arguments in map(sets.contract.bind, more) if sets.contract.admits(arguments)]
    return extended(sets.repair, fitting, source, sets.contract, config.policy, config.limits)


def _context(unit: Unit, function: Function) -> str:
    """The other functions of the file that this one reaches by name, in the order of the file."""
    bodies = {one.name.rsplit(".", 1)[-1]: unit.text_of(one) for one in unit.functions if one is not function}
    reached: set[str] = set()
    waiting = [unit.text_of(function)]
    while waiting:
        words = set(re.findall(r"\w+", waiting.pop()))
        new = (words & bodies.keys()) - reached - {function.name.rsplit(".", 1)[-1]}
        reached |= new
        waiting += [bodies[name] for name in sorted(new)]
    return "\n\n".join(text for name, text in bodies.items() if name in reached)[:MAX_CONTEXT]


def _examples(sets: Sets, name: str) -> tuple[tuple[str, str], ...]:
    """Calls with results: given ones where there are any, else the shortest of the repair inputs."""
    oracle = sets.given if sets.given.inputs else sets.repair
    shown = []
    for arguments, run in zip(oracle.inputs, oracle.expected, strict=True):
        if run.result is not None:
            shown.append((f"{name}({', '.join(show(v, 80) for v in arguments)})", show(run.result, 80)))
    return tuple(shown if sets.given.inputs else sorted(shown, key=lambda one: len(one[0])))[:N_EXAMPLES]
