import random
from fractions import Fraction

import pytest

from semalign.rewards.score import Score
from semalign.training.advantages import Advantage, DeadGroups, Reason, Scale, advantage
from semalign.training.buffer import RolloutBuffer
from semalign.training.mixing import Deck, MixConfig, Mixer, Schedule, Warmup
from semalign.training.weighting import LossWeighting, Weighed, weights


def scores(*values: float | Fraction | None) -> list[Score]:
    return [Score(unscored="infra") if v is None else Score(value=Fraction(v)) for v in values]


def test_advantages_are_those_of_grpo() -> None:
    found = advantage(scores(1, 0, 0, 1))
    assert found.values == pytest.approx((0.866, -0.866, -0.866, 0.866), abs=1e-3)
    assert (found.used, found.reason) == (True, Reason.OK)
    assert advantage(scores(1, 0, 0, 1), Scale.NONE).values == (0.5, -0.5, -0.5, 0.5)
    assert advantage(scores(1, 0, 0, 1), Scale.LEAVE_ONE_OUT).values == pytest.approx((2 / 3, -2 / 3, -2 / 3, 2 / 3))


def test_what_is_unscored_leaves_mean_deviation_and_loss() -> None:
    with_hole, without = advantage(scores(1, None, 0, 0)), advantage(scores(1, 0, 0))
    assert [v for v, s in zip(with_hole.values, with_hole.scored, strict=True) if s] == list(without.values)
    assert with_hole.scored == (True, False, True, True)
    assert advantage(scores(1, None, None)).reason is Reason.TOO_FEW_SCORED
    assert not advantage(scores(None, None)).used


def test_variance_is_judged_on_exact_numbers() -> None:
    tenths = [Fraction(1, 10) + Fraction(2, 10), Fraction(3, 10)]
    assert 0.1 + 0.2 != 0.3
    dead = advantage([Score(value=value) for value in tenths])
    assert dead == Advantage(values=(0.0, 0.0), scored=(True, True), used=False, reason=Reason.ZERO_VARIANCE)
    assert advantage([Score(value=value) for value in tenths], dead=DeadGroups.KEEP).used
    tiny = advantage(scores(Fraction(1, 10**30), 0))
    assert tiny.used
    assert tiny.values == pytest.approx((0.7071, -0.7071), abs=1e-3)


REPLIES = [Weighed("code", 90), Weighed("code", 110), Weighed("alignment", 10), Weighed("alignment", 30)]


def shares(rule: LossWeighting) -> dict[str, float]:
    """What each task weighs in a mean over tokens."""
    found = {"code": 0.0, "alignment": 0.0}
    for reply, factor in zip(REPLIES, weights(REPLIES, rule), strict=True):
        found[reply.task] += factor * reply.n_tokens
    return {task: weight / sum(found.values()) for task, weight in found.items()}


def test_the_weight_of_a_task_is_its_share_of_replies_and_not_of_tokens() -> None:
    assert shares(LossWeighting.TOKEN_MEAN) == pytest.approx({"code": 200 / 240, "alignment": 40 / 240})
    assert shares(LossWeighting.PER_TASK) == pytest.approx({"code": 0.5, "alignment": 0.5})
    assert shares(LossWeighting.SEQUENCE_MEAN) == pytest.approx({"code": 0.5, "alignment": 0.5})
    per_task, per_reply = weights(REPLIES, LossWeighting.PER_TASK), weights(REPLIES, LossWeighting.SEQUENCE_MEAN)
    assert per_task[0] == per_task[1]
    assert per_reply[0] * 90 == pytest.approx(per_reply[3] * 30)
    assert weights([], LossWeighting.PER_TASK) == []


def test_a_buffer_draws_without_putting_one_back_and_forgets_what_is_old() -> None:
    buffer: RolloutBuffer[int] = RolloutBuffer(capacity=5, max_age_steps=1)
    buffer.add([(str(i), i) for i in range(4)], step=0)
    buffer.add([("0", 0)], step=1)
    first = buffer.draw(3, 1, random.Random(0))
    assert len({key for key, _ in first}) == 3
    assert len(buffer) == 1
    buffer.add([(f"b{i}", i) for i in range(9)], step=1)
    assert len(buffer) == 5
    assert {key for key, _ in buffer.eligible(2)} == {f"b{i}" for i in range(4, 9)}
    assert buffer.ages(2) == [1] * 5
    assert buffer.eligible(3) == []
    everlasting: RolloutBuffer[int] = RolloutBuffer(max_age_steps=None)
    everlasting.add([("a", 1)], step=0)
    assert everlasting.draw(9, 1000, random.Random(0)) == [("a", 1)]


def test_the_same_question_made_again_is_one_question_of_now() -> None:
    buffer: RolloutBuffer[int] = RolloutBuffer(max_age_steps=1)
    buffer.add([("a", 1)], step=0)
    buffer.add([("a", 1)], step=4)
    assert buffer.eligible(5) == [("a", 1)]


def test_a_buffer_comes_back_from_json_as_it_was() -> None:
    buffer: RolloutBuffer[int] = RolloutBuffer()
    buffer.add([(str(i), i) for i in range(9)], step=2)
    twin: RolloutBuffer[int] = RolloutBuffer()
    twin.restore(buffer.state(str), int)
    assert twin.draw(4, 3, random.Random(1)) == buffer.draw(4, 3, random.Random(1))
    assert twin.state(str) == buffer.state(str)


def alignment(config: MixConfig, step: int, n_items: int = 99, n_slots: int = 10) -> int:
    return Mixer(config=config, n_steps=11).n_alignment(step, n_slots, n_items)


def test_every_knob_of_the_mix_changes_the_mix() -> None:
    assert alignment(MixConfig(), 5) == 4
    assert alignment(MixConfig(alpha=1.0), 5) == 0
    assert alignment(MixConfig(alpha=0.3), 5) == 7
    linear = MixConfig(schedule=Schedule.LINEAR)
    assert [alignment(linear, step) for step in (0, 5, 10)] == [0, 2, 4]
    assert alignment(MixConfig(warmup=Warmup.N_STEPS, warmup_steps=3), 2) == 0
    assert alignment(MixConfig(warmup=Warmup.N_STEPS, warmup_steps=3), 3) == 4
    assert alignment(MixConfig(warmup=Warmup.UNTIL_ITEMS), 5, n_items=3) == 0
    assert alignment(MixConfig(), 5, n_items=3) == 3
    by_signal = Mixer(config=MixConfig(schedule=Schedule.BY_SIGNAL), n_steps=11)
    by_signal.saw("code", 0.1)
    by_signal.saw("alignment", 0.9)
    assert by_signal.n_alignment(1, 10, 99) == 8
    twin = Mixer(config=by_signal.config, n_steps=11)
    twin.restore(by_signal.state())
    assert twin.share(1) == by_signal.share(1)


def test_once_questions_have_begun_they_do_not_wait_again() -> None:
    mixer = Mixer(config=MixConfig(warmup=Warmup.UNTIL_ITEMS), n_steps=9)
    assert [mixer.n_alignment(step, 10, n) for step, n in enumerate((3, 4, 2))] == [0, 4, 2]


def test_a_deck_deals_each_problem_once_before_any_comes_again() -> None:
    deck = Deck(n=7, seed=3)
    dealt = deck.take(5) + deck.take(9)
    assert sorted(dealt[:7]) == sorted(dealt[7:]) == list(range(7))
    assert dealt[:7] != dealt[7:]
    assert Deck(n=7, seed=3, position=5).take(9) == dealt[5:]
    assert Deck(n=7, seed=4).take(7) != dealt[:7]


@pytest.mark.parametrize("change", [{"alpha": 0.0}, {"alpha": 1.1}, {"alpha": float("nan")}, {"warmup_steps": -1}])
def test_an_impossible_mix_is_refused(change: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"alpha|warmup_steps"):
        MixConfig(**change)  # type: ignore[arg-type] # on purpose
    with pytest.raises(ValueError, match="at least 1"):
        RolloutBuffer(capacity=0)
