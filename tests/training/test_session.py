import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import Any

import pytest

from semalign.grading.judge import Judge
from semalign.rewards.item_json import item_from_json, item_to_json
from semalign.sandbox import open_sandbox
from semalign.sandbox.pool import Pool
from semalign.systems.codegen.generator import GeneratorConfig, problems
from semalign.systems.codegen.problem import Problem
from semalign.systems.codegen.prompts import Tagged
from semalign.systems.codegen.questions import Level, QuestionConfig, Questions
from semalign.systems.codegen.tasks import CodeTasks, RewardConfig
from semalign.traces.render import show
from semalign.training.advantages import DeadGroups, Reason, Scale
from semalign.training.mixing import MixConfig
from semalign.training.rollout import Slot, Task
from semalign.training.session import Reply, Session, SessionConfig, Verdicts
from semalign.training.weighting import LossWeighting

PROBLEMS = list(islice(problems(GeneratorConfig(seed=2)), 30))
CONFIG = SessionConfig(n_steps=9, n_slots=6, group_size=4, seed=5)


@pytest.fixture(scope="module")
def pools() -> Iterator[tuple[Pool, ...]]:
    with open_sandbox(workers=2) as one, open_sandbox(workers=1, hash_seed=7) as two:
        yield one, two


def session(pools: tuple[Pool, ...], config: SessionConfig = CONFIG, **questions: Any) -> Session[object]:
    made = Questions(sandboxes=pools, config=QuestionConfig(**questions))
    tasks = CodeTasks(PROBLEMS, Tagged(), Judge(pools[0]), made, RewardConfig())
    ticks = count()
    return Session(tasks, config, lambda: float(next(ticks)))  # type: ignore[arg-type] # any item


def scripted(slots: Sequence[Slot], size: int, seed: int) -> list[list[Reply]]:
    """A policy that writes gold, mutants, nothing and nonsense, and answers some questions right by chance."""
    by_id = {problem.problem_id: problem for problem in PROBLEMS}
    found = []
    for slot in slots:
        drawn = random.Random(f"{seed} {slot.source} {slot.number}")
        texts = [_text(slot, by_id, drawn) for _ in range(size)]
        found.append([Reply(text=text, n_tokens=len(text)) for text in texts])
    return found


def _text(slot: Slot, by_id: dict[str, Problem], drawn: random.Random) -> str:
    if slot.task is Task.ALIGNMENT:
        names = slot.prompt.rpartition("<values> ")[2].split()
        return "".join(f"{name} = {drawn.randint(0, 9)}\n" for name in names)
    problem = by_id[slot.source]
    return drawn.choice([problem.gold or "", *(mutant.program for mutant in problem.mutants), "", "def ("])


def step(one: Session[object], number: int) -> tuple[tuple[Slot, ...], Verdicts]:
    slots = one.begin(number)
    return slots, one.end(number, slots, scripted(slots, one.config.group_size, number))


def test_failed_programs_of_a_step_are_the_questions_of_the_next(pools: tuple[Pool, ...]) -> None:
    one = session(pools)
    slots, verdicts = step(one, 0)
    assert {slot.task for slot in slots} == {Task.CODE}
    failed = {
        rollout.text for group in verdicts.rollouts for rollout in group if rollout.score.value == 0 and rollout.text
    }
    slots, _ = step(one, 1)
    asked = [slot for slot in slots if slot.task is Task.ALIGNMENT]
    assert len(asked) == 2
    assert len({slot.source for slot in asked}) == 2
    for slot in asked:
        assert slot.prompt.removeprefix("<program>\n").partition("<input>")[0] in failed
    assert len({slot.source for slot in slots if slot.task is Task.CODE}) == 4


def test_a_step_says_what_it_did_and_its_numbers_add_up(pools: tuple[Pool, ...]) -> None:
    one = session(pools)
    step(one, 0)
    _, verdicts = step(one, 1)
    record = verdicts.record
    assert sum(task.n_groups for task in record.tasks.values()) == 6
    assert sum(sum(task.groups.values()) for task in record.tasks.values()) == 6
    programs = sum(n for what, n in record.funnel.items() if not what.startswith("variable"))
    written = [r for g in verdicts.rollouts for r in g if r.slot.task is Task.CODE and r.text.strip()]
    assert programs == len(written)
    for group, advantage, weights in zip(verdicts.rollouts, verdicts.advantages, verdicts.weights, strict=True):
        assert (advantage.reason is Reason.OK) == (len({one.score.value for one in group}) > 1)
        assert all(weight > 0 for weight in weights) == advantage.used
    assert json.dumps(one.state())


def test_the_same_seed_gives_the_same_training_and_a_resumed_one_goes_on_alike(pools: tuple[Pool, ...]) -> None:
    whole = session(pools)
    expected = [step(whole, number) for number in range(4)]
    for killed_after in (1, 3):
        first = session(pools)
        for number in range(killed_after):
            step(first, number)
        kept = json.loads(json.dumps(first.state()))
        again = session(pools)
        again.restore(kept)
        slots, verdicts = step(again, killed_after)
        assert slots == expected[killed_after][0]
        assert verdicts.advantages == expected[killed_after][1].advantages
        assert verdicts.rollouts == expected[killed_after][1].rollouts


def test_every_knob_changes_a_training(pools: tuple[Pool, ...]) -> None:
    def trained(config: SessionConfig, **questions: Any) -> list[object]:
        one = session(pools, config, **questions)
        found = [step(one, number) for number in range(2)]
        return [(slots, verdicts.advantages, verdicts.weights) for slots, verdicts in found]

    base = trained(CONFIG)
    changes: list[tuple[SessionConfig, dict[str, Any]]] = [
        (replace(CONFIG, mix=MixConfig(alpha=1.0)), {}),
        (replace(CONFIG, seed=6), {}),
        (replace(CONFIG, loss_weighting=LossWeighting.SEQUENCE_MEAN), {}),
        (replace(CONFIG, scale=Scale.NONE), {}),
        (replace(CONFIG, dead_groups=DeadGroups.KEEP), {}),
        (CONFIG, {"max_asked": 1}),
        (CONFIG, {"source": None}),
        (CONFIG, {"level": Level.OUTPUT_ONLY}),
    ]
    for config, questions in changes:
        assert trained(config, **questions) != base, (config, questions)


def test_a_question_comes_back_from_json_as_it_was(pools: tuple[Pool, ...]) -> None:
    one = session(pools)
    step(one, 0)
    kept = one.state()["buffer"]
    assert kept
    for item_id, _, tree in kept:
        item = item_from_json(json.loads(json.dumps(tree)))
        assert item.item_id == item_id
        assert item_to_json(item) == tree
        assert show(item.labels[0])


def test_shuffled_answers_belong_to_other_questions(pools: tuple[Pool, ...]) -> None:
    def labels(**questions: Any) -> dict[str, object]:
        one = session(pools, **questions)
        step(one, 0)
        return {item_id: tree["labels"] for item_id, _, tree in one.state()["buffer"]}

    right, wrong = labels(), labels(shuffled=True)
    assert right.keys() == wrong.keys()
    assert right != wrong
    assert sorted(map(str, right.values())) == sorted(map(str, wrong.values()))


def test_groups_of_the_wrong_size_are_refused(pools: tuple[Pool, ...]) -> None:
    one = session(pools)
    slots = one.begin(0)
    with pytest.raises(ValueError, match="4 replies to each of 6 slots"):
        one.end(0, slots, scripted(slots, 3, 0))


@pytest.mark.parametrize("change", ["group_size", "n_slots", "n_steps"])
def test_a_training_of_nothing_is_refused(change: str) -> None:
    sizes = {"group_size": 4, "n_slots": 6, "n_steps": 9} | {change: 0}
    with pytest.raises(ValueError, match="group_size"):
        SessionConfig(n_steps=sizes["n_steps"], n_slots=sizes["n_slots"], group_size=sizes["group_size"])
