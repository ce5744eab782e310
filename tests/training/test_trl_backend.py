import json
import random
import shutil
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="needs the extra `train`")
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # those of the trainer's own libraries

from semalign.core.errors import ConfigError  # noqa: E402 - what is above decides whether this file is run
from semalign.rewards.score import Score  # noqa: E402
from semalign.training import tiny  # noqa: E402
from semalign.training.advantages import DeadGroups  # noqa: E402
from semalign.training.mixing import MixConfig  # noqa: E402
from semalign.training.record import StepRecord  # noqa: E402
from semalign.training.rollout import Task  # noqa: E402
from semalign.training.session import Judged, Session, SessionConfig, Verdicts  # noqa: E402
from semalign.training.trl_backend import TrlConfig, train  # noqa: E402

LETTERS = "abcdefgh"


class Vowels:
    """Tasks for the trainer alone: a reply is worth its share of the letter a, and is unscored where it is empty."""

    def __init__(self, *, dead: bool = False) -> None:
        self.dead = dead
        self.seen: list[str] = []

    @property
    def n_problems(self) -> int:
        return 5

    def code_prompt(self, number: int) -> tuple[str, str]:
        return str(number), f"{LETTERS[number]} "

    def question_prompt(self, item: str) -> tuple[str, str]:
        return item, f"{item[:4]} "

    def score_code(self, replies: Sequence[tuple[str, str, str]], step: int) -> list[Judged]:
        self.seen = [text for _, _, text in replies]
        return [self.score_answer("", text) for text in self.seen]

    def score_answer(self, item: str, text: str) -> Judged:
        if not text and not self.dead:
            return Judged(score=Score(unscored="says nothing"))
        return Judged(score=Score(value=Fraction(0 if self.dead else text.count("a"), max(1, len(text)))))

    def items(self, limit: int, drawn: random.Random) -> list[tuple[str, str]]:
        return [(text, text) for text in dict.fromkeys(self.seen) if text][:limit]

    def funnel(self) -> Mapping[str, int]:
        return {}

    def encode(self, item: str) -> Any:
        return item

    def decode(self, tree: Any) -> str:
        return str(tree)

    def state(self) -> Any:
        return None

    def restore(self, state: Any) -> None:
        """Nothing is kept."""


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny.tokenizer([" ".join(LETTERS)])


def run(
    folder: Path, tokenizer: Any, *, n_steps: int = 3, tasks: Vowels | None = None, **settings: Any
) -> tuple[Any, list[Verdicts], list[StepRecord]]:
    ticks = count()
    shape = SessionConfig(
        n_steps=n_steps,
        n_slots=4,
        group_size=4,
        mix=MixConfig(alpha=0.5),
        dead_groups=settings.pop("dead_groups", DeadGroups.MASK),
    )
    session: Session[str] = Session(tasks or Vowels(), shape, lambda: float(next(ticks)))
    verdicts: list[Verdicts] = []
    records: list[StepRecord] = []

    def note(record: StepRecord, found: Verdicts) -> None:
        records.append(record)
        verdicts.append(found)

    model = tiny.decoder(len(tokenizer), width=32, layers=1, heads=2)
    config = {"learning_rate": 1e-2, "max_new_tokens": 8, "micro_batch": 8, "save_steps": 1} | settings
    return train(session, model, tokenizer, TrlConfig(output=folder, **config), note), verdicts, records


def weights(model: Any) -> list[Any]:
    return [parameter.detach().clone() for parameter in model.parameters()]


def test_slots_are_dealt_when_trl_generates_and_questions_come_from_the_step_before(
    tmp_path: Path, tokenizer: Any
) -> None:
    _, verdicts, records = run(tmp_path, tokenizer)
    assert [record.step for record in records] == [0, 1, 2]
    tasks = [[group[0].slot.task for group in one.rollouts] for one in verdicts]
    assert tasks[0] == [Task.CODE] * 4
    assert tasks[1][:2] == [Task.ALIGNMENT] * 2
    written = {rollout.text for group in verdicts[0].rollouts for rollout in group}
    assert all(group[0].slot.source in written for group in verdicts[1].rollouts[:2])
    for one in verdicts:
        for group in one.rollouts:
            assert len({rollout.slot.prompt for rollout in group}) == 1


def test_a_step_whose_groups_are_all_dead_changes_no_weight(tmp_path: Path, tokenizer: Any) -> None:
    import torch

    before = weights(tiny.decoder(len(tokenizer), width=32, layers=1, heads=2))
    trained, verdicts, _ = run(tmp_path / "dead", tokenizer, n_steps=1, tasks=Vowels(dead=True))
    assert all(weight == 0 for one in verdicts for group in one.weights for weight in group)
    assert all(torch.equal(one, other) for one, other in zip(before, weights(trained), strict=True))
    live, _, _ = run(tmp_path / "live", tokenizer, n_steps=1)
    assert not all(torch.equal(one, other) for one, other in zip(before, weights(live), strict=True))


@pytest.mark.parametrize("loss", ["grpo", "dr_grpo", "dapo", "bnpo"])
def test_losses_are_those_of_trl_by_name(tmp_path: Path, tokenizer: Any, loss: str) -> None:
    import torch

    trained, _, _ = run(tmp_path, tokenizer, n_steps=2, loss=loss)
    assert all(torch.isfinite(parameter).all() for parameter in weights(trained))


def test_keeping_dead_groups_and_more_updates_change_what_is_learned(tmp_path: Path, tokenizer: Any) -> None:
    import torch

    def learned(name: str, **settings: Any) -> list[Any]:
        return weights(run(tmp_path / name, tokenizer, **settings)[0])

    base = learned("base")
    assert all(torch.equal(one, other) for one, other in zip(base, learned("again"), strict=True))
    for name, settings in (
        ("keep", {"dead_groups": DeadGroups.KEEP, "loss": "grpo", "n_steps": 1}),
        ("updates", {"updates": 2}),
        ("lora", {"lora_rank": 2}),
        ("kl", {"beta": 0.5}),
    ):
        other = learned(name, **settings)
        assert len(base) != len(other) or not all(torch.equal(a, b) for a, b in zip(base, other, strict=True)), name


def test_a_training_that_was_stopped_goes_on_bit_by_bit(tmp_path: Path, tokenizer: Any) -> None:
    import torch

    whole, verdicts, _ = run(tmp_path / "whole", tokenizer, n_steps=4)
    for stopped_after in (1, 2, 3):
        folder = tmp_path / f"stopped-{stopped_after}"
        shutil.copytree(tmp_path / "whole", folder)
        for checkpoint in folder.glob("checkpoint-*"):
            if int(checkpoint.name.partition("-")[2]) > stopped_after:
                shutil.rmtree(checkpoint)
        again, later, _ = run(folder, tokenizer, n_steps=4)
        assert [one.rollouts for one in later] == [one.rollouts for one in verdicts[stopped_after:]]
        assert all(torch.equal(one, other) for one, other in zip(weights(whole), weights(again), strict=True))


def test_a_step_that_can_not_be_judged_loses_nothing_of_the_steps_before(tmp_path: Path, tokenizer: Any) -> None:
    class Failing(Vowels):
        def score_code(self, replies: Sequence[tuple[str, str, str]], step: int) -> list[Judged]:
            if step == 2:
                raise ConfigError("reward: mine.py:f raised")
            return super().score_code(replies, step)

    with pytest.raises(ConfigError, match="mine"):
        run(tmp_path, tokenizer, n_steps=4, tasks=Failing(), save_steps=100)
    assert [path.name for path in tmp_path.glob("checkpoint-*")] == ["checkpoint-2"]
    _, _, records = run(tmp_path, tokenizer, n_steps=4, save_steps=100)
    assert [record.step for record in records] == [2, 3]


def test_a_checkpoint_without_our_state_is_not_gone_on_with(tmp_path: Path, tokenizer: Any) -> None:
    run(tmp_path, tokenizer, n_steps=2)
    (tmp_path / "checkpoint-2" / "session.json").unlink()
    _, later, _ = run(tmp_path, tokenizer, n_steps=2)
    assert len(later) == 1
    assert json.loads((tmp_path / "checkpoint-1" / "session.json").read_text())["deck"] > 0


def test_what_can_not_be_trained_is_said_in_a_line(tmp_path: Path, tokenizer: Any) -> None:
    with pytest.raises(ConfigError, match="5 does not divide 16"):
        run(tmp_path, tokenizer, micro_batch=5)
    with pytest.raises(ValueError, match="loss must be one of grpo"):
        TrlConfig(output=tmp_path, loss="no such loss")
    with pytest.raises(ValueError, match="positive"):
        TrlConfig(output=tmp_path, learning_rate=0)
