"""`semalign translate`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semalign.cli.compare import EXITS, progress
from semalign.cli.options import Exit, Screen, tell, type_unsafe, write_text
from semalign.cli.proof import Proof
from semalign.cli.whole import Results, translate_whole
from semalign.core.config import load_config
from semalign.core.errors import ConfigError
from semalign.languages import LANGUAGES
from semalign.models import BudgetConfig, Model
from semalign.models.choice import open_model
from semalign.repair import Journal
from semalign.sandbox import open_sandbox
from semalign.systems.translation import regressions
from semalign.systems.translation.translate import translate as translated
from semalign.systems.translation.translation import Agent, Preset, TranslateConfig, Translation
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views.translated import render, to_json
from semalign.systems.translation.views.translation_page import translation_page
from semalign.values.policy import Policy

_SCREEN_ALONE = Results()
_NONE = Proof()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Spend:
    """What may be spent on the model."""

    budget_calls: Annotated[
        int | None, Parameter(help="The most calls of the model; by default 8, or 60 for each whole file.")
    ] = None
    budget_tokens: Annotated[int | None, Parameter(help="The most tokens, of prompts and replies together.")] = None
    budget_usd: Annotated[float | None, Parameter(help="The most money, in US dollars.")] = None
    budget_s: Annotated[float | None, Parameter(help="The most seconds from the first call on.")] = None

    def budget(self, *, whole: bool) -> BudgetConfig:
        """As the models take it."""
        calls = self.budget_calls if self.budget_calls is not None else 60 if whole else 8
        return BudgetConfig(calls=calls, tokens=self.budget_tokens, usd=self.budget_usd, seconds=self.budget_s)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Whole:
    """More than a function."""

    whole: Annotated[
        bool, Parameter(negative="", help="Translate all of the file, or of each file of a folder, its main included.")
    ] = False
    stdin: Annotated[
        Path | None, Parameter(help="With --whole: a text that the programs read, or a folder of texts.")
    ] = None


def translate(
    source: Path,
    *,
    to: str,
    whole: Whole = Whole(),
    function: str = "",
    signature: str = "",
    harness: Path | None = None,
    model: str = "",
    no_model: Annotated[bool, Parameter(negative="")] = False,
    from_draft: Path | None = None,
    preset: Preset = Preset.SEMALIGN,
    without: tuple[Agent, ...] = (),
    policy: Path | None = None,
    seed: int = 0,
    spend: Spend = Spend(),
    max_inputs: int = 500,
    time_s: float = 30.0,
    results: Results = _SCREEN_ALONE,
    proof: Proof = _NONE,
    unsafe: type_unsafe = False,
) -> int:
    """Translate a function of SOURCE, or all of it, repair it, and judge it on inputs that no agent has seen.

    Args:
        source: The program that is right by definition; with --whole also a folder of them.
        to: Language of the translation: python, java or cpp.
        whole: Translate more than a function.
        function: Name of the function. Found when it is clear.
        signature: Head of the translated function, as its language writes it; derived when it is not given.
        harness: A program of the other language with a line that holds TOFILL, where the translation goes.
        model: Name of the model; see `semalign models list`.
        no_model: Ask no model; needs --from-draft.
        from_draft: A translation to start from; with --whole a whole file, or a folder of files of the same names.
        preset: Whose pipeline translates: semalign's, or the paper's (TransAgent as published) to compare it with.
        without: Switch off fixers, syntax-fixer, aligner, semantic-fixer or redrafter; may be repeated.
        policy: TOML file that says when values count as equal (see semalign.values.policy).
        seed: Chooses the generated inputs.
        spend: What may be spent on the model.
        max_inputs: How many inputs to generate for a verdict at most.
        time_s: How long to look for a difference, in seconds.
        results: Where results go.
        proof: What the result is guided, checked and repeated by.
        unsafe: Run programs with limits but without isolation.
    """
    config = TranslateConfig(
        source=source, to=to, function=function, signature=signature, harness=harness, draft=from_draft,
        policy=load_config(Policy, policy), seed=seed, preset=preset, without=frozenset(without),
        budget=spend.budget(whole=whole.whole), max_inputs=max_inputs, time_s=time_s, out=results.out,
        explain=results.html is not None and not whole.whole,
        map_file=proof.map_file, regressions=proof.regressions,
    )  # fmt: skip
    proof.refuse(whole=whole.whole)
    asked = _model(model, from_draft, no_model=no_model)
    if whole.whole:
        return translate_whole(config, asked, whole.stdin, results, unsafe=unsafe)
    if whole.stdin is not None:
        raise ConfigError("--stdin is for whole programs; add --whole")
    return _function(config, asked, results, proof, unsafe=unsafe)


def _function(config: TranslateConfig, model: Model | None, results: Results, proof: Proof, *, unsafe: bool) -> int:
    journal = Journal(None if results.resume is None else results.resume / "journal.jsonl")
    with open_sandbox(unsafe=unsafe) as sandbox, progress() as report:
        done = translated(config, sandbox, model, journal=journal, report=report)
    code = _deliver(done, config, results.resume, results.out, as_json=results.as_json)
    if results.html is not None:
        write_text(results.html, translation_page(done, config))
    proof.keep(done, config)
    return code


def _model(name: str, draft: Path | None, *, no_model: bool) -> Model | None:
    if not no_model:
        return open_model(name)
    if name:
        raise ConfigError(f"--no-model and --model {name} exclude each other; give one of them")
    if draft is None:
        raise ConfigError("--no-model needs a translation to start from; give one with --from-draft FILE")
    return None


def _deliver(
    done: Translation, config: TranslateConfig, folder: Path | None, out: Path | None, *, as_json: bool
) -> int:
    if as_json:  # shown first: what was paid for is not lost where a file can't be written
        tell(json.dumps(to_json(done), indent=2))
    else:
        console = Screen()
        console.print(render(done, config.to, width=console.width))
    if out is not None:
        write_text(out, done.program)
    if folder is not None:
        write_text(folder / "translation.json", json.dumps(to_json(done), indent=2) + "\n")
        write_text(folder / f"translation{LANGUAGES[config.to].suffixes[0]}", done.program)
        regressions.add(folder / "regressions.jsonl", done.regressions)
    if done.stopped and done.answer is not Answer.EQUIVALENT:
        return Exit.SPENT
    return EXITS[done.answer]
