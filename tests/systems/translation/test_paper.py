"""The paper's preset: what its agents are told and when they stop; the model is scripted."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.models import BudgetConfig, Request, Scripted
from semalign.repair import Patch, Shown, State
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation.agents.asker import Asker
from semalign.systems.translation.agents.paper import SyntaxFixer
from semalign.systems.translation.agents.task import Task
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.translate import translate
from semalign.systems.translation.translation import Preset, TranslateConfig, Translation
from semalign.systems.translation.verdict import Answer
from semalign.values.policy import TRANSAGENT
from tests.systems.translation.score import SOURCE

RIGHT = """static long score(int[] values, int k) {
    long best = 0;
    for (int i = 0; i <= values.length - k; i++) {
        long total = 0;
        for (int j = i; j < i + k; j++) {
            total += values[j] * 3L;
        }
        best = Math.max(best, total);
    }
    return best;
}
"""
ONE_WRONG = RIGHT.replace("* 3L", "* 4L")
TWO_WRONG = ONE_WRONG.replace("return best;", "return best + 1;")
UNBUILT = RIGHT.replace("long total = 0;", "long total = nothing();")
LATER_UNBUILT = RIGHT.replace("return best;", "return nowhere;")

type_run = Callable[..., Translation]


def fenced(code: str) -> str:
    return f"```java\n{code}```"


def said(request: Request) -> str:
    return request.messages[-1].text


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> type_run:
    path = tmp_path / "score.py"
    path.write_text(SOURCE)

    def run(script: Sequence[str] | Scripted, **changes: object) -> Translation:
        config = TranslateConfig(source=path, to="java", preset=Preset.PAPER, max_inputs=150, **changes)  # type: ignore[arg-type]
        return translate(config, sandbox, Scripted(script) if isinstance(script, Sequence) else script)

    return run


def test_the_prompt_has_the_name_and_no_signature(run: type_run) -> None:
    model = Scripted([fenced(RIGHT)])
    done = run(model)
    assert done.answer is Answer.EQUIVALENT
    assert "name the function `score`" in said(model.requests[0])
    assert "int[]" not in said(model.requests[0])


def test_advice_on_the_first_error_comes_before_its_patch(run: type_run) -> None:
    both = UNBUILT.replace("return best;", "return nowhere;")
    model = Scripted([fenced(both), "Use zero instead.", fenced(LATER_UNBUILT), "Return best.", fenced(RIGHT)])
    done = run(model)
    assert done.answer is Answer.EQUIVALENT
    advice, patch = map(said, model.requests[1:3])
    assert "long total = nothing();  // <<< mark" in advice
    assert "nowhere;  //" not in advice
    assert "Advice: Use zero instead." in patch
    assert "gives" in patch
    assert done.spent["syntax fixer"].calls == 4


def test_the_same_error_at_the_same_place_ends_the_syntax_fixer(run: type_run) -> None:
    other = UNBUILT.replace("long best = 0", "long best = 0L")
    model = Scripted([fenced(UNBUILT), "Do something.", fenced(other)])
    done = run(model)
    assert (done.answer, done.verdict, len(model.requests)) == (Answer.DIVERGENT, None, 3)


def test_values_of_the_first_block_are_told_and_the_next_block_follows(run: type_run) -> None:
    model = Scripted([fenced(TWO_WRONG), fenced(TWO_WRONG.replace("* 4L", "* 3L")), fenced(RIGHT)])
    done = run(model)
    assert done.answer is Answer.EQUIVALENT
    first, second = map(said, model.requests[1:3])
    assert "total += values[j] * 3  # <<< mark" in first
    assert "total += values[j] * 4L;  // <<< mark" in first
    assert "`total` should be" in first
    assert "return best + 1;  // <<< mark" in second
    assert [one.patch.author for one in done.attempts] == ["value-aware fixer", "value-aware fixer"]


def test_where_values_do_not_help_the_block_is_cut_out_and_then_it_ends(run: type_run) -> None:
    again = ONE_WRONG.replace("* 4L", "* 5L")
    once_more = ONE_WRONG.replace("* 4L", "* 6L")
    model = Scripted([fenced(ONE_WRONG), fenced(again), fenced(once_more)])
    done = run(model)
    assert (done.answer, len(model.requests)) == (Answer.DIVERGENT, 3), "same input, same block: it stops"
    assert "            <FILL>\n" in said(model.requests[2])
    assert "* 4L" not in said(model.requests[2])
    assert [one.patch.author for one in done.attempts] == ["value-aware fixer", "vanilla fixer"]


def test_a_patch_that_does_not_build_is_not_repaired(run: type_run) -> None:
    model = Scripted([fenced(ONE_WRONG), fenced(UNBUILT), "I would rather not."])
    done = run(model)
    assert (done.answer, done.text, len(model.requests)) == (Answer.DIVERGENT, ONE_WRONG, 3)


def test_fixers_without_a_model_have_no_part(run: type_run) -> None:
    narrow = RIGHT.replace("static long", "static int").replace("return best", "return (int) best")
    done = run(Scripted(lambda request: fenced(narrow)), budget=BudgetConfig(calls=4))
    assert {one.patch.author for one in done.attempts} <= {"value-aware fixer", "vanilla fixer"}


def test_without_the_aligner_no_block_is_blamed(run: type_run) -> None:
    model = Scripted([fenced(ONE_WRONG)])
    done = run(model, without=frozenset({"aligner"}))
    assert (done.answer, done.attempts, len(model.requests)) == (Answer.DIVERGENT, (), 1)


def test_it_needs_a_model(sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "score.py"
    path.write_text(SOURCE)
    with pytest.raises(ConfigError, match="--model"):
        translate(TranslateConfig(source=path, to="java", preset=Preset.PAPER), sandbox, None)


def test_its_equality_decides_no_verdict(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="every text"):
        TranslateConfig(source=tmp_path, to="java", policy=TRANSAGENT)
    with pytest.raises(ConfigError, match="every text"):
        DiffConfig(source=tmp_path, target=tmp_path, policy=TRANSAGENT)


def test_an_error_in_the_harness_marks_the_head() -> None:
    model = Scripted(["Take a list.", fenced(RIGHT)])
    task = Task(source_language="python", function=SOURCE, language="java", name="score")
    shown = Shown(builds=False, passed=(False,), notes=("harness: int[] cannot be converted to List",))
    (patch,) = SyntaxFixer(Asker(model), task).propose(State(text=UNBUILT, shown=shown))
    assert "static long score(int[] values, int k) {  // <<< mark" in said(model.requests[0])
    assert "The compiler says: int[] cannot be converted" in said(model.requests[0])
    state = State(text=UNBUILT, shown=shown, history=(patch,))
    assert SyntaxFixer(Asker(model), task).propose(state) == []
    broken = Patch(edits=(), reason="", author="value-aware fixer")
    assert SyntaxFixer(Asker(model), task).propose(State(text=UNBUILT, shown=shown, history=(broken,))) == []
