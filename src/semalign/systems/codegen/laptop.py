"""The laptop proof: does asking about programs help to write them, at equal rollouts? A decoder, minutes, no download.

Arms differ in what is asked and how it counts; warm start, problems, slots, rollouts and updates are the same for all
(but where an arm says otherwise), and paired by seed. What may be claimed is what the interval says.
Source: the question is that of CodeRL+ (arXiv 2510.18471); arms and controls are ours.
"""

from __future__ import annotations

import contextlib
import enum
import itertools
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from semalign.grading.judge import Judge
from semalign.rewards.answers import parse
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Sandbox
from semalign.systems.codegen.choice import Choice
from semalign.systems.codegen.generator import GeneratorConfig, problems
from semalign.systems.codegen.problem import Problem
from semalign.systems.codegen.prompts import Tagged
from semalign.systems.codegen.questions import Level, QuestionConfig, Questions
from semalign.systems.codegen.tasks import CodeTasks, RewardConfig
from semalign.systems.codegen.warmup import pairs, questions
from semalign.training import sft, tiny, trl_backend
from semalign.training.advantages import DeadGroups
from semalign.training.mixing import MixConfig
from semalign.training.record import StepRecord
from semalign.training.sampling import complete
from semalign.training.session import Session, SessionConfig
from semalign.training.weighting import LossWeighting

_ANSWER_TOKENS = 48
_PROGRAM_TOKENS = 96


class Arm(enum.StrEnum):
    """What is compared. `GRPO` is what the others are measured against."""

    GRPO = "grpo"  # programs only
    GRPO_FEWER = "grpo_fewer"  # programs only, in the share of slots that CodeRL+ leaves to them
    PAPER = "paper"  # questions about random variables, dead groups kept, every token alike
    OURS = "ours"  # questions that tell something, dead groups masked, each task by its share
    OUTPUT_ONLY = "output_only"  # questions about what is returned, and nothing between
    SHUFFLED = "shuffled"  # control: as `OURS`, with the answers of other questions
    SFT_GOLD = "sft_gold"  # no rewards: as many updates on gold programs


@dataclass(frozen=True, slots=True, kw_only=True)
class LaptopConfig:
    """Sizes. Equal for all arms of a seed."""

    n_warm: int = 450  # updates of the warm start
    questions_share: float = 0.8  # of them in the warm start
    n_steps: int = 30
    n_slots: int = 16
    group_size: int = 8
    alpha: float = 0.6
    learning_rate: float = 2e-4
    n_problems: int = 1500  # to train on
    n_held_out: int = 300  # problems and, apart, questions
    width: int = 192
    layers: int = 4
    generator: GeneratorConfig = field(default=GeneratorConfig())
    warm_seed: int = 0  # one warm start for all seeds

    def session(self, arm: Arm, seed: int) -> SessionConfig:
        """The training of an arm."""
        is_grpo = arm in (Arm.GRPO, Arm.GRPO_FEWER)
        plain = SessionConfig(
            n_steps=self.n_steps,
            n_slots=self.n_slots,
            group_size=self.group_size,
            mix=MixConfig(alpha=1.0 if is_grpo else self.alpha),
            seed=seed,
        )
        if arm is Arm.GRPO_FEWER:
            return replace(plain, n_slots=round(self.alpha * self.n_slots))
        if arm is Arm.PAPER:
            return replace(plain, dead_groups=DeadGroups.KEEP, loss_weighting=LossWeighting.TOKEN_MEAN)
        return plain


_QUESTIONS = {
    Arm.PAPER: QuestionConfig(choice=Choice.RANDOM),
    Arm.OUTPUT_ONLY: QuestionConfig(level=Level.OUTPUT_ONLY),
    Arm.SHUFFLED: QuestionConfig(shuffled=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmResult:
    """What one arm of one seed came to. Lists are by held-out problem and by held-out question."""

    arm: Arm
    seed: int
    passed: list[bool]
    right: list[float]  # share of the asked variables
    before_passed: float  # of the warm start
    before_right: float
    n_rollouts: int
    n_tokens: int
    seconds: float
    stages: dict[str, float]  # seconds, by stage of the training
    dead: float  # share of groups that taught nothing


@dataclass(frozen=True, slots=True)
class _Data:
    train: list[Problem]
    held_out: list[Problem]
    asked: list[Any]
    tokenizer: Any


def run_arm(arm: Arm, seed: int, config: LaptopConfig, work: Path, say: Callable[[str], None]) -> ArmResult:
    """Train and measure one arm. What is in `work` from before is taken up: warm start, checkpoint or result.

    Raises:
        MissingToolError: the extra `train` is not installed.
        SandboxError: programs can't be held in on this machine.
    """
    written = work / f"{arm}-{seed}.json"
    if written.exists():
        return ArmResult(**(json.loads(written.read_text(encoding="utf-8")) | {"arm": arm}))
    work.mkdir(parents=True, exist_ok=True)
    data = _data(config)
    with _sandboxes() as sandboxes:
        judge = Judge(sandboxes[0])
        model, before = _warm(config, data, judge, work, say)
        start = time.monotonic()
        records: list[StepRecord] = []
        if arm is Arm.SFT_GOLD:
            _sft(model, seed, config, data, work)
        else:
            _reinforce(model, arm, seed, config, data, sandboxes, work, records, say)
        seconds = time.monotonic() - start
        passed, right = evaluate(model, data.tokenizer, data.held_out, data.asked, judge)
    result = ArmResult(
        arm=arm,
        seed=seed,
        passed=passed,
        right=right,
        before_passed=before[0],
        before_right=before[1],
        seconds=seconds,
        **_totals(records),
    )
    part = written.with_suffix(".part")
    part.write_text(json.dumps({name: getattr(result, name) for name in ArmResult.__slots__}), encoding="utf-8")
    part.replace(written)
    return result


def evaluate(
    model: Any, tokenizer: Any, held_out: list[Problem], asked: list[Any], judge: Judge
) -> tuple[list[bool], list[float]]:
    """Greedy: whether each held-out problem is solved, and the share of right values in each held-out question."""
    programs = complete(model, tokenizer, [Tagged().program(one) for one in held_out], max_new_tokens=_PROGRAM_TOKENS)
    suites = [one.suite for one in held_out]
    passed = [one.passed for one in judge.judge_all(zip(programs, suites, strict=True))]
    replies = complete(model, tokenizer, [one.prompt for one in asked], max_new_tokens=_ANSWER_TOKENS)
    right = []
    for one, reply in zip(asked, replies, strict=True):
        said, wanted = parse(reply, one.names).values, parse(one.answer, one.names).values
        right.append(sum(said.get(name) == wanted[name] for name in one.names) / len(one.names))
    return passed, right


def _data(config: LaptopConfig) -> _Data:
    texts = itertools.chain.from_iterable(pairs(config.generator, 4000, questions_share=0.5, seed=0))
    extra = f"<values> {' '.join(('y', 's', 'r', 'x', 'a', 'k', 'return'))}\nx = -1\na = 1\nk = 1\nreturn = 1\n"
    return _Data(
        train=list(itertools.islice(problems(config.generator), config.n_problems)),
        held_out=list(itertools.islice(problems(config.generator, held_out=True), config.n_held_out)),
        asked=list(itertools.islice(questions(config.generator, held_out=True, seed=1), config.n_held_out)),
        tokenizer=tiny.tokenizer(itertools.chain(texts, [extra])),
    )


@contextlib.contextmanager
def _sandboxes() -> Iterator[tuple[Sandbox, ...]]:
    with open_sandbox(workers=2) as one, open_sandbox(workers=1, hash_seed=1) as two:
        yield one, two


def _warm(
    config: LaptopConfig, data: _Data, judge: Judge, work: Path, say: Callable[[str], None]
) -> tuple[Any, tuple[float, float]]:
    """The model that every arm begins with, and how good it is."""
    import torch

    model = tiny.decoder(len(data.tokenizer), width=config.width, layers=config.layers, seed=config.warm_seed)
    weights, figures = work / "warm.pt", work / "warm.json"
    if figures.exists():
        model.load_state_dict(torch.load(weights, weights_only=True))
        passed, right = json.loads(figures.read_text(encoding="utf-8"))
        return model, (passed, right)
    shown = pairs(config.generator, 32 * config.n_warm, questions_share=config.questions_share, seed=config.warm_seed)
    settings = sft.SftConfig(output=work / "sft", n_steps=config.n_warm, seed=config.warm_seed)
    sft.fit(model, data.tokenizer, shown, settings)
    solved, known = evaluate(model, data.tokenizer, data.held_out, data.asked, judge)
    found = (sum(solved) / len(solved), sum(known) / len(known))
    torch.save(model.state_dict(), weights)
    figures.write_text(json.dumps(found), encoding="utf-8")
    say(f"warm start solves {found[0]:.1%}, {found[1]:.1%} of values right")
    return model, found


def _sft(model: Any, seed: int, config: LaptopConfig, data: _Data, work: Path) -> None:
    """As many updates, each on as many gold programs as a step has rollouts."""
    batch = config.n_slots * config.group_size
    gold = [(Tagged().program(one), one.gold or "") for one in itertools.islice(
        itertools.cycle(data.train), batch * config.n_steps)]  # fmt: skip
    sft.fit(model, data.tokenizer, gold, sft.SftConfig(
        output=work / "sft", n_steps=config.n_steps, batch=batch, learning_rate=config.learning_rate, warmup_steps=0,
        seed=seed))  # fmt: skip


def _reinforce(  # noqa: PLR0913 - the parts of one run
    model: Any, arm: Arm, seed: int, config: LaptopConfig, data: _Data, sandboxes: tuple[Sandbox, ...], work: Path,
    records: list[StepRecord], say: Callable[[str], None],
) -> None:  # fmt: skip
    questions_ = Questions(sandboxes=sandboxes, config=_QUESTIONS.get(arm, QuestionConfig()))
    tasks = CodeTasks(data.train, Tagged(), Judge(sandboxes[0]), questions_, RewardConfig())
    session = Session(tasks, config.session(arm, seed), time.monotonic)

    def note(record: StepRecord, _: Any) -> None:
        records.append(record)
        rates = ", ".join(
            f"{name} {one.reward:.2f} (dead {one.dead_share:.0%})"
            for name, one in record.tasks.items()
            if one.reward is not None
        )
        say(f"seed {seed} {arm} step {record.step}: {rates}, {record.n_items} questions ready")

    n_rollouts = session.config.n_slots * session.config.group_size
    settings = trl_backend.TrlConfig(
        output=work / f"trl-{arm}-{seed}",
        learning_rate=config.learning_rate,
        max_new_tokens=_PROGRAM_TOKENS,
        micro_batch=n_rollouts,
        save_steps=10_000,
    )
    trl_backend.train(session, model, data.tokenizer, settings, note)


def _totals(records: list[StepRecord]) -> dict[str, Any]:
    every = [one for record in records for one in record.tasks.values()]
    stages: dict[str, float] = {}
    for record in records:
        for stage, seconds in record.seconds.items():
            stages[stage] = stages.get(stage, 0.0) + seconds
    n_groups = sum(one.n_groups for one in every)
    return {
        "n_rollouts": sum(one.n_rollouts for one in every),
        "n_tokens": sum(one.n_tokens for one in every),
        "stages": stages,
        "dead": sum(one.dead_share * one.n_groups for one in every) / n_groups if n_groups else 0.0,
    }
