"""A training from its configuration: problems checked, model loaded, TRL started, steps written down."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from semalign.core.errors import ConfigError, MissingToolError
from semalign.grading.judge import Judge, JudgeConfig
from semalign.grading.self_test import Gold, check_gold, check_judge
from semalign.rewards.generation import GenerationForm
from semalign.rewards.item import AlignmentItem
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits
from semalign.systems.codegen.config import CodegenConfig
from semalign.systems.codegen.generator import GeneratorConfig, problems
from semalign.systems.codegen.loaders import load_problems, with_limits
from semalign.systems.codegen.problem import Problem
from semalign.systems.codegen.prompts import Fenced, Style, Tagged
from semalign.systems.codegen.questions import Questions
from semalign.systems.codegen.tasks import CodeTasks
from semalign.systems.codegen.warmup import pairs
from semalign.training import sft, tiny, trl_backend
from semalign.training.record import StepRecord
from semalign.training.rollout import Slot
from semalign.training.session import Session, Verdicts

RECORDS = "steps.jsonl"


@dataclass(frozen=True, slots=True)
class Training:
    """Everything but the policy."""

    config: CodegenConfig
    session: Session[AlignmentItem]
    style: Style
    problems: list[Problem]

    def first_batch(self) -> tuple[Slot, ...]:
        """What the first step would ask."""
        return self.session.begin(0)


@contextlib.contextmanager
def opened(config: CodegenConfig, *, unsafe: bool = False) -> Iterator[Training]:
    """Problems loaded and, where there is gold, checked; sandboxes and session open.

    Raises:
        ConfigError: a file that can't be read, or gold that fails its own tests.
        SandboxError: programs can't be held in on this machine, or its judge fails its own test.
    """
    rewards = config.rewards()
    found = [with_limits(one, Limits(wall_s=config.wall_s)) for one in _problems(config)]
    style: Style = Tagged() if config.model == "tiny" else Fenced()
    stops = config.r_gen is GenerationForm.ALL and not config.reward
    judging = JudgeConfig(stop_after_failure=stops)
    with (
        open_sandbox(workers=config.workers, unsafe=unsafe) as one,
        open_sandbox(workers=1, unsafe=unsafe, hash_seed=1) as two,
        open_sandbox(workers=1, unsafe=unsafe, hash_seed=2) as three,
    ):
        judge = Judge(one, judging)
        check_judge(judge)
        if config.check_gold:
            golds = [Gold(name=p.problem_id, program=p.gold, suite=p.suite) for p in found if p.gold]
            check_gold(judge, golds, workers=config.workers)
        questions = Questions(sandboxes=(one, two, three), config=config.questions())
        tasks = CodeTasks(found, style, judge, questions, rewards, config.workers)
        yield Training(config, Session(tasks, config.session(), time.monotonic), style, found)


def train(training: Training, on_step: Callable[[StepRecord], None]) -> Path:
    """Train to the end, from where an earlier run stopped; the folder of the trained model.

    Every step is a line of `steps.jsonl` in the output folder.

    Raises:
        ConfigError: the model can't be loaded, or TRL refuses the configuration.
        MissingToolError: the extra `train` is not installed.
        SandboxError: the machine failed while questions were made.
    """
    config = training.config
    config.output.mkdir(parents=True, exist_ok=True)
    model, tokenizer = _policy(config)
    with (config.output / RECORDS).open("a", encoding="utf-8") as file:

        def note(record: StepRecord, _: Verdicts) -> None:
            file.write(json.dumps(asdict(record)) + "\n")
            file.flush()
            on_step(record)

        trained = trl_backend.train(training.session, model, tokenizer, config.trl(), note)
    final = config.output / "final"
    trained.save_pretrained(final)
    tokenizer.save_pretrained(final)
    return final


def _problems(config: CodegenConfig) -> Iterable[Problem]:
    if config.problems == "generated":
        return itertools.islice(problems(GeneratorConfig()), config.n_problems)
    return load_problems(Path(config.problems), limit=config.n_problems)


def _policy(config: CodegenConfig) -> tuple[Any, Any]:
    if config.model == "tiny":
        return _tiny(config)
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as exc:
        raise MissingToolError(f"training needs the extra `train` ({exc}): pip install 'semalign[train]'") from exc
    try:
        tokenizer = AutoTokenizer.from_pretrained(config.model, padding_side="left")
        model = AutoModelForCausalLM.from_pretrained(config.model)
    except (OSError, ValueError) as exc:
        first = str(exc).strip().partition("\n")[0]
        raise ConfigError(f"model: {config.model!r} can't be loaded: {first}; name a folder or a model's name") from exc
    except MemoryError as exc:
        raise ConfigError(f"model: {config.model!r} does not fit the memory; take a smaller one, or lora_rank") from exc
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return model, tokenizer


def _tiny(config: CodegenConfig) -> tuple[Any, Any]:
    """A decoder that has seen right answers; the same for the same seed."""
    shown = pairs(GeneratorConfig(), 32 * max(config.warm, 150), questions_share=0.5, seed=config.seed)
    words = "<values> y s r x a k return\nreturn = -1\nx = 1\na = 1\nk = 1\n"
    tokenizer = tiny.tokenizer(itertools.chain((text for pair in shown for text in pair), [words]))
    model = tiny.decoder(len(tokenizer), seed=config.seed)
    if config.warm:
        settings = sft.SftConfig(output=config.output / "warm", n_steps=config.warm, seed=config.seed)
        sft.fit(model, tokenizer, shown, settings)
    return model, tokenizer
