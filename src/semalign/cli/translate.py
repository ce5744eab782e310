"""`semalign translate`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from semalign.cli.compare import EXITS, progress
from semalign.cli.options import Exit, Screen, tell, type_json_flag, type_unsafe, write_text
from semalign.core.config import load_config
from semalign.core.errors import ConfigError
from semalign.languages import LANGUAGES
from semalign.models import BudgetConfig, Model
from semalign.models.choice import open_model
from semalign.repair import Journal
from semalign.sandbox import open_sandbox
from semalign.systems.translation.translate import translate as translated
from semalign.systems.translation.translation import Agent, Preset, TranslateConfig, Translation
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views.translated import render, to_json
from semalign.systems.translation.views.translation_page import translation_page
from semalign.values.policy import Policy
from semalign.values.wire import encode


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Spend:
    """What may be spent on the model."""

    budget_calls: Annotated[int, Parameter(help="The most calls of the model.")] = 8
    budget_tokens: Annotated[int | None, Parameter(help="The most tokens, of prompts and replies together.")] = None
    budget_usd: Annotated[float | None, Parameter(help="The most money, in US dollars.")] = None
    budget_s: Annotated[float | None, Parameter(help="The most seconds from the first call on.")] = None

    @property
    def budget(self) -> BudgetConfig:
        """As the models take it."""
        return BudgetConfig(
            calls=self.budget_calls, tokens=self.budget_tokens, usd=self.budget_usd, seconds=self.budget_s
        )


def translate(
    source: Path,
    *,
    to: str,
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
    resume: Path | None = None,
    out: Path | None = None,
    html: Path | None = None,
    as_json: type_json_flag = False,
    unsafe: type_unsafe = False,
) -> int:
    """Translate a function of SOURCE, repair the translation, and judge it on inputs that no agent has seen.

    Args:
        source: The program that is right by definition.
        to: Language of the translation: python, java or cpp.
        function: Name of the function. Found when it is clear.
        signature: Head of the translated function, as its language writes it; derived when it is not given.
        harness: A program of the other language with a line that holds TOFILL, where the translation goes.
        model: Name of the model; see `semalign models list`.
        no_model: Ask no model; needs --from-draft.
        from_draft: A translation to start from.
        preset: Whose pipeline translates: semalign's, or the paper's (TransAgent as published) to compare it with.
        without: Switch off fixers, syntax-fixer, aligner, semantic-fixer or redrafter; may be repeated.
        policy: TOML file that says when values count as equal (see semalign.values.policy).
        seed: Chooses the generated inputs.
        spend: What may be spent on the model.
        max_inputs: How many inputs to generate for a verdict at most.
        time_s: How long to look for a difference, in seconds.
        resume: Folder for the journal and all results; a run that was stopped goes on from it.
        out: File for the program; standard output shows it in any case.
        html: Write one self-contained page: the cost, every attempt, and the verdict to step through.
        as_json: Print the whole result as JSON.
        unsafe: Run programs with limits but without isolation.
    """
    config = TranslateConfig(
        source=source, to=to, function=function, signature=signature, harness=harness, draft=from_draft,
        policy=load_config(Policy, policy), seed=seed, preset=preset, without=frozenset(without), budget=spend.budget,
        max_inputs=max_inputs, time_s=time_s, out=out, explain=html is not None,
    )  # fmt: skip
    asked = _model(model, from_draft, no_model=no_model)
    journal = Journal(None if resume is None else resume / "journal.jsonl")
    with open_sandbox(unsafe=unsafe) as sandbox, progress() as report:
        done = translated(config, sandbox, asked, journal=journal, report=report)
    code = _deliver(done, config, resume, out, as_json=as_json)
    if html is not None:
        write_text(html, translation_page(done, config))
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
        lines = [json.dumps([encode(value) for value in arguments]) for arguments in done.regressions]
        write_text(folder / "regressions.jsonl", "".join(f"{line}\n" for line in lines))
    if done.stopped and done.answer is not Answer.EQUIVALENT:
        return Exit.SPENT
    return EXITS[done.answer]
