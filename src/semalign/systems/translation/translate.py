"""`translate`: a function in, a program of another language out that `diff` accepts, or the best one and its verdict.

The paragraph said aloud: run the source for inputs and types, derive the target's signature, get a draft, repair it on
the repair inputs (fixers first, then the agents that ask a model), and let `diff` judge it on inputs that no agent saw.
What the verdict refutes joins the repair inputs for another round, whose verdict is given on fresh inputs again.

Source: TransAgent (arXiv 2409.19894), section 3.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from semalign.alignment.locate import localize
from semalign.core.errors import ConfigError
from semalign.models import Model
from semalign.repair import Budget, Journal, Proposer, Proposers, repair
from semalign.sandbox.model import Sandbox
from semalign.systems.translation.agents import paper
from semalign.systems.translation.agents.aligner import Aligner
from semalign.systems.translation.agents.asker import Asker, asker_within, spent
from semalign.systems.translation.agents.redrafter import Redrafter
from semalign.systems.translation.agents.reply import bare, program_in
from semalign.systems.translation.agents.semantic_fixer import SemanticFixer
from semalign.systems.translation.agents.syntax_fixer import SyntaxFixer
from semalign.systems.translation.agents.translator import Translator
from semalign.systems.translation.contract import type_arguments
from semalign.systems.translation.diff import diff
from semalign.systems.translation.history import Round, explained
from semalign.systems.translation.job import Job, prepare, type_report
from semalign.systems.translation.oracle import extended
from semalign.systems.translation.proposers import proposers
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.skeleton import target_name
from semalign.systems.translation.subject import read_text
from semalign.systems.translation.translation import Agent, Preset, TranslateConfig, Translation
from semalign.systems.translation.verdict import Answer, Verdict

FRESH = 1_000_003  # between the seeds of repair inputs and of verdicts, and between two verdicts
MOST_REFUTING = 12  # inputs of one verdict that join the repair inputs


def translate(
    config: TranslateConfig,
    sandbox: Sandbox,
    model: Model | None,
    *,
    journal: Journal | None = None,
    clock: Callable[[], float] = time.monotonic,
    report: type_report = lambda doing: None,
) -> Translation:
    """The best program with its verdict; `model` is None for fixers alone, which need a draft.

    With a journal in a file, nothing that an earlier run of the same request did is done or paid for again.

    Raises:
        ConfigError: the request can't be meant (with what to do instead).
        MissingToolError: a compiler is missing.
        BudgetError: the budget does not even hold the first call.
        ModelError: the model failed; the journal holds what was done before.
        SandboxError: the machine failed.
    """
    began = clock()
    if model is None and config.preset is Preset.PAPER:
        raise ConfigError(
            "the preset paper needs a model, for it has no other fixers; name one with --model, or leave --preset out"
        )
    report("running the source")
    job = prepare(config, sandbox, journal or Journal())
    asker = None if model is None else asker_within(config.budget, model, job.journal, clock=clock)
    report("writing a draft")
    draft = first_draft(job, asker)
    rounds = _rounds(job, draft, asker, report)
    last = rounds[-1]
    best = last.repaired.best
    return Translation(
        function=job.subject.function.name,
        signature=job.signature,
        head=job.task.head,
        draft=draft,
        text=best.text,
        program=job.shell.fill(best.text)[0],
        first=rounds[0].repaired.first,
        shown=best.shown,
        verdict=last.verdict,
        request=last.request,
        rounds=tuple(rounds),
        spent=spent(job.journal),
        model="" if asker is None else asker.model.name,
        stopped=next((one.repaired.stopped for one in rounds if one.repaired.stopped), ""),
        regressions=_regressions(job, rounds),
        wall_s=clock() - began,
    )


def first_draft(job: Job, asker: Asker | None) -> str:
    """The user's draft, else the translator's; "" where it wrote no code.

    Raises:
        ConfigError: there is neither a draft nor a model.
    """
    name, language = job.task.name, job.language.name
    if job.config.draft is not None:
        text = read_text(job.config.draft)
        return program_in(text, language, name) if "```" in text else bare(text, language, name)
    if asker is None:
        raise ConfigError("there is no model and no draft; give a draft with --from-draft FILE, or name a --model")
    return Translator(asker, contract_first=job.config.preset is Preset.SEMALIGN).draft(job.task)


def fixers(job: Job) -> tuple[Proposer, ...]:
    """Those that ask no model; none where they are switched off."""
    off = Agent.FIXERS in job.config.without or job.config.preset is Preset.PAPER
    return () if off else proposers(job.case())


def agents(job: Job, asker: Asker | None, aligner: Aligner) -> tuple[Proposer, ...]:
    """Those that ask a model, without the ones that are switched off."""
    without, as_published = job.config.without, job.config.preset is Preset.PAPER
    found: list[Proposer] = []
    if asker is None:
        return ()
    if Agent.SYNTAX_FIXER not in without:
        found.append(paper.SyntaxFixer(asker, job.task) if as_published else SyntaxFixer(asker, job.task))
    if Agent.SEMANTIC_FIXER not in without:
        given = None if Agent.ALIGNER in without else aligner
        if as_published:
            found += paper.semantic_fixers(asker, job.task, given)
        else:
            found.append(SemanticFixer(asker=asker, task=job.task, aligner=given))
    if Agent.REDRAFTER not in without and not as_published:
        found.append(Redrafter(asker, job.task, n_before=job.config.draft is None))
    return tuple(found)


def aligner_of(job: Job) -> Aligner:
    """The one for the repair inputs that there are now."""
    return Aligner(
        source=job.subject.unit.source,
        language=job.subject.language.name,
        function=job.subject.function.name,
        candidates=job.candidates(),
        map_file=job.config.map_file,
        localize=paper.lock_step if job.config.preset is Preset.PAPER else localize,
    )


def _rounds(job: Job, draft: str, asker: Asker | None, report: type_report) -> list[Round]:
    """Repair and verdict, in turn, until the verdict does not refute what repair found good, or the rounds are over."""
    done: list[Round] = []
    text, refuting = draft, list[type_arguments]()
    for number in range(1 if job.config.preset is Preset.PAPER else job.config.rounds):
        report("repairing")
        if refuting:
            known = job.sets.contract, job.config.policy, job.config.limits
            job.oracle = extended(job.oracle, refuting, job.subject, *known)
        job.rebase()
        aligner = aligner_of(job)
        found = repair(
            text, Proposers(fixers(job), agents(job, asker, aligner)), aligner.candidates.run, journal=job.journal,
            budget=Budget(runs=job.config.runs),
        )  # fmt: skip
        one = Round(start=text, repaired=found)
        text = found.best.text
        if job.config.explain:
            report("tracing what was repaired")
            one = explained(one, aligner)
        if not found.best.shown.builds:
            return [*done, one]
        report("judging on inputs that no agent has seen")
        verdict, request = _verdict(job, text, job.config.seed + FRESH * (number + 1))
        done.append(replace(one, verdict=verdict, request=request))
        refuting = _refuting(verdict)
        if verdict.answer is not Answer.DIVERGENT or not found.solved or not refuting:
            break
    return done


def _verdict(job: Job, text: str, seed: int) -> tuple[Verdict, DiffConfig]:
    """What `diff` says of the source and the program, and what it was asked; both call the program by its own name."""
    config = job.config
    name = target_name(config)
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, name.name)
        target.write_text(job.shell.fill(text)[0], encoding="utf-8")
        asked = DiffConfig(
            source=config.source,
            target=target,
            function=f"{job.subject.function.name}:{job.task.name}",
            policy=config.policy,
            seed=seed,
            max_inputs=config.max_inputs,
            time_s=config.time_s,
            wall_s=config.wall_s,
            memory_mib=config.memory_mib,
            stdin=config.stdin,
            map_file=config.map_file,
        )
        verdict = diff(asked, job.sandbox, seen=job.oracle.inputs)
    return replace(verdict, target=replace(verdict.target, path=str(name))), replace(asked, target=name)


def _refuting(verdict: Verdict) -> list[type_arguments]:
    found = [one.arguments for one in verdict.tried if one.agreement == "differ"][:MOST_REFUTING]
    smallest = verdict.smallest
    return ([tuple(value for _, value in smallest.arguments)] if smallest is not None else []) + found


def _regressions(job: Job, rounds: Sequence[Round]) -> tuple[type_arguments, ...]:
    """Repair inputs on which a draft failed, the first one or one that a verdict refuted, and the best one does not."""
    after, before = rounds[-1].repaired.best.shown.passed, rounds[0].repaired.first.passed
    failed = [*(not passed for passed in before), *[True] * (len(after) - len(before))]
    judged = zip(job.oracle.inputs, failed, after, strict=True)
    return tuple(arguments for arguments, was_wrong, passes in judged if was_wrong and passes)
