"""The whole of translate on real programs and compilers; the model is scripted, so that what it says is known."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, ModelDownError, ModelRequestError
from semalign.models import BudgetConfig, Request, Scripted
from semalign.repair import Journal
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation import job, oracle
from semalign.systems.translation import translate as module
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.translate import translate
from semalign.systems.translation.translation import Agent, TranslateConfig, Translation
from semalign.systems.translation.verdict import Answer
from semalign.values.model import List
from tests.systems.translation.score import SOURCE

RIGHT = """static long score(int[] values, int k) {
    long best = 0;
    for (int i = 0; i <= values.length - k; i++) {
        long total = 0;
        for (int j = i; j < i + k; j++) total += values[j] * 3L;
        best = Math.max(best, total);
    }
    return best;
}
"""
WRONG = RIGHT.replace("long best = 0", "long best = 1000").replace("Math.max(best, total)", "Math.max(best, total) + 7")
UNBUILT = RIGHT.replace("long total = 0;", "long total = nothing();")


def fenced(code: str) -> str:
    return f"Here you are:\n```java\n{code}```\nIt does the same."


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


type_run = Callable[..., Translation]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> type_run:
    path = tmp_path / "score.py"
    path.write_text(SOURCE)

    def run(
        script: Sequence[str] | Scripted | None, *, journal: Journal | None = None, **changes: object
    ) -> Translation:
        config = TranslateConfig(source=path, to="java", max_inputs=150, **changes)  # type: ignore[arg-type]
        model = Scripted(script) if isinstance(script, Sequence) else script
        return translate(config, sandbox, model, journal=journal)

    return run


def test_a_right_draft_is_left_alone_and_judged(run: type_run) -> None:
    done = run([fenced(RIGHT)])
    assert (done.answer, done.attempts, done.text) == (Answer.EQUIVALENT, (), RIGHT)
    assert done.spent["translator"].calls == 1
    assert done.verdict is not None
    assert done.verdict.strength.n_agree >= 100


def test_the_program_stands_alone(run: type_run, sandbox: Sandbox, tmp_path: Path) -> None:
    done = run([fenced(RIGHT)])
    target = tmp_path / "Score.java"
    target.write_text(done.program)
    asked = DiffConfig(source=tmp_path / "score.py", target=target, max_inputs=150, seed=77)
    assert diff(asked, sandbox).answer is Answer.EQUIVALENT


def test_the_translator_is_told_the_signature_and_examples_but_no_verdict_input(run: type_run) -> None:
    model = Scripted([fenced(RIGHT)])
    done = run(model)
    asked = model.requests[0].messages[-1].text
    assert "score(int[] values, int k)" in asked
    assert "score([8, 9, 10], 3) gives 81" in asked
    assert done.verdict is not None
    fresh = [one for one in done.verdict.tried if not one.given]
    assert len(fresh) >= 100


def test_verdict_inputs_are_none_of_the_repair_inputs(run: type_run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[frozenset[str]] = []

    def spy(config: DiffConfig, sandbox: Sandbox, **how: object) -> object:
        verdict = diff(config, sandbox, **how)  # type: ignore[arg-type]
        known = frozenset(map(repr, how["seen"]))  # type: ignore[call-overload]
        seen.append(known & {repr(one.arguments) for one in verdict.tried if not one.given})
        assert known
        return verdict

    monkeypatch.setattr(module, "diff", spy)
    run([fenced(RIGHT)])
    assert seen == [frozenset()]


def test_the_syntax_fixer_sees_the_compilers_words(run: type_run) -> None:
    model = Scripted([fenced(UNBUILT), fenced(RIGHT)])
    done = run(model, without=frozenset({Agent.REDRAFTER}))
    assert done.answer is Answer.EQUIVALENT
    assert not done.first.builds
    assert "nothing" in model.requests[1].messages[-1].text
    assert done.spent["syntax fixer"].calls == 1
    assert [one.patch.author for one in done.attempts if one.kept][-1] == "syntax fixer"


def test_the_semantic_fixer_sees_values(run: type_run) -> None:
    model = Scripted(lambda request: fenced(WRONG if "Translate" in request.messages[-1].text else RIGHT))
    done = run(model, without=frozenset({Agent.FIXERS, Agent.REDRAFTER}))
    assert done.answer is Answer.EQUIVALENT
    assert done.first.builds
    asked = model.requests[1].messages[-1].text
    assert "They part here" in asked
    assert "the original returns" in asked
    assert done.regressions


def test_what_fixers_do_not_mend_is_translated_anew(run: type_run) -> None:
    def tenacious(request: Request) -> str:
        return fenced(RIGHT if request.temperature else WRONG)

    model = Scripted(tenacious)
    done = run(model, without=frozenset({Agent.FIXERS}))
    assert (done.answer, done.text) == (Answer.EQUIVALENT, RIGHT)
    first, anew = (one for one in model.requests if one.messages and "Translate" in one.messages[-1].text)
    assert anew.messages == first.messages
    assert [one.patch.author for one in done.attempts if one.kept] == ["redrafter"]
    assert done.spent["redrafter"].calls == 1


def test_without_the_aligner_no_block_is_blamed(run: type_run) -> None:
    model = Scripted(lambda request: fenced(WRONG if "Translate" in request.messages[-1].text else RIGHT))
    done = run(model, without=frozenset({Agent.FIXERS, Agent.ALIGNER, Agent.REDRAFTER}))
    assert done.answer is Answer.EQUIVALENT
    assert "They part here" not in model.requests[1].messages[-1].text


def test_agents_that_are_switched_off_are_not_asked(run: type_run) -> None:
    without = frozenset({Agent.SEMANTIC_FIXER, Agent.FIXERS, Agent.REDRAFTER})
    done = run([fenced(WRONG)], without=without)
    assert (done.answer, set(done.spent), done.attempts) == (Answer.DIVERGENT, {"translator"}, ())
    assert done.text == WRONG


def test_a_patch_that_helps_nothing_is_not_kept(run: type_run) -> None:
    done = run(Scripted(lambda request: fenced(WRONG)), without=frozenset({Agent.FIXERS}))
    assert (done.answer, done.text) == (Answer.DIVERGENT, WRONG)


def test_a_budget_ends_with_the_best_program(run: type_run) -> None:
    model = Scripted(lambda request: fenced(UNBUILT if "Translate" in request.messages[-1].text else WRONG))
    done = run(model, budget=BudgetConfig(calls=2), without=frozenset({Agent.FIXERS, Agent.REDRAFTER}))
    assert done.shown.builds
    assert "budget of 2 calls" in done.stopped
    assert len(model.requests) == 2


def test_a_run_that_broke_goes_on_and_asks_nothing_twice(run: type_run, tmp_path: Path) -> None:
    def down_after_the_first(request: Request) -> str:
        if "Translate" in request.messages[-1].text:
            return fenced(UNBUILT)
        raise ModelDownError("the endpoint is down; start it")

    path = tmp_path / "work" / "journal.jsonl"
    with pytest.raises(ModelDownError):
        run(Scripted(down_after_the_first), journal=Journal(path))
    second = Scripted([fenced(RIGHT)])
    done = run(second, journal=Journal(path))
    assert done.answer is Answer.EQUIVALENT
    assert len(second.requests) == 1, "the draft was asked for before"
    assert {name: one.calls for name, one in done.spent.items()} == {"translator": 1, "redrafter": 1, "syntax fixer": 1}
    third = Scripted([])
    again = run(third, journal=Journal(path))
    assert (third.requests, again.text, again.attempts) == ([], done.text, done.attempts)


def test_a_budget_counts_what_was_spent_before(run: type_run, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    budget = BudgetConfig(calls=1)
    run([fenced(UNBUILT)], journal=Journal(path), budget=budget, without=frozenset({Agent.FIXERS}))
    second = Scripted(lambda request: fenced(RIGHT))
    done = run(second, journal=Journal(path), budget=budget, without=frozenset({Agent.FIXERS}))
    assert second.requests == []
    assert done.stopped


def test_a_reply_without_code_is_asked_for_once_more(run: type_run) -> None:
    model = Scripted(["I would rather not.", fenced(RIGHT)])
    assert run(model).answer is Answer.EQUIVALENT
    assert len(model.requests) == 2


@pytest.mark.parametrize("first", [UNBUILT, WRONG])
def test_a_fixer_too_asks_once_more_for_code(run: type_run, first: str) -> None:
    model = Scripted([fenced(first), "The bound is off by one.", fenced(RIGHT)])
    assert run(model, without=frozenset({Agent.FIXERS})).answer is Answer.EQUIVALENT
    assert "one code block" in model.requests[2].messages[-1].text


def test_no_code_at_all_is_a_program_that_does_not_build(run: type_run) -> None:
    done = run(Scripted(lambda request: "I would rather not."))
    assert (done.answer, done.verdict) == (Answer.DIVERGENT, None)
    assert "no draft builds" in done.reason


def test_fixers_alone_mend_a_draft(run: type_run, tmp_path: Path) -> None:
    draft = tmp_path / "draft.java"
    draft.write_text(f"public class Score {{\n{RIGHT.replace('static ', '')}}}\n")
    done = run(None, draft=draft)
    assert (done.answer, done.spent, done.model) == (Answer.EQUIVALENT, {}, "")


def test_what_a_verdict_refutes_is_among_the_next_repair_inputs(run: type_run, monkeypatch: pytest.MonkeyPatch) -> None:
    """So few repair inputs that a fault which only long lists show passes all of them at first."""
    monkeypatch.setattr(oracle, "MIN_GENERATED", 0)
    monkeypatch.setattr(job, "Wish", partial(oracle.Wish, repair=0))
    rare = RIGHT.replace("return best;", "return values.length > 5 ? best + 1 : best;")
    model = Scripted(lambda request: fenced(rare if "Translate" in request.messages[-1].text else RIGHT))
    done = run(model, without=frozenset({Agent.FIXERS}))
    assert done.first.solved, "the first round found nothing to repair"
    assert (done.answer, done.text) == (Answer.EQUIVALENT, RIGHT)
    assert len(done.shown.passed) > len(done.first.passed)
    assert any(len(one[0].items) > 5 for one in done.regressions if isinstance(one[0], List))


def test_an_endpoint_that_only_chats_still_ends_with_the_best_program(run: type_run) -> None:
    def chats_only(request: Request) -> str:
        if request.prompt is not None:
            raise ModelRequestError("the endpoint knows no such path; check the URL")
        return fenced(WRONG) if "Translate" in request.messages[-1].text else "I see nothing wrong."

    model = Scripted(chats_only)
    done = run(model, without=frozenset({Agent.FIXERS}))
    assert any(request.prompt is not None for request in model.requests)
    assert (done.answer, done.text) == (Answer.DIVERGENT, WRONG)


def test_a_draft_that_is_a_pipe_is_refused_and_not_waited_for(run: type_run, tmp_path: Path) -> None:
    pipe = tmp_path / "draft.java"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="is a pipe"):
        run(None, draft=pipe)


def test_requests_that_cannot_be_meant(run: type_run, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--from-draft"):
        run(None)
    harness = tmp_path / "Harness.java"
    harness.write_text("class Harness { }")
    with pytest.raises(ConfigError, match="no line with TOFILL"):
        run([fenced(RIGHT)], harness=harness)
