"""`semalign eval`."""

import enum
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.progress import track
from rich.table import Table

from semalign.cli.options import Exit, Screen, tell, type_json_flag, type_unsafe, write_text
from semalign.core.errors import ConfigError
from semalign.grading.judge import Isolation, Judge, JudgeConfig
from semalign.grading.self_test import check_judge
from semalign.models import Message, Request, Role
from semalign.models.choice import open_model
from semalign.sandbox import open_sandbox
from semalign.systems.codegen.crux import crux_eval
from semalign.systems.codegen.exam import Exam, Marks, compare, human_eval, sit
from semalign.systems.codegen.prompts import Fenced


class Suite(enum.StrEnum):
    """Which exam."""

    HUMAN_EVAL = "human-eval"  # or any file of problems that has gold programs
    CRUX_OUTPUT = "crux-output"
    CRUX_INPUT = "crux-input"


def eval_codegen(
    suite: Suite,
    file: Path,
    *,
    model: str = "",
    samples: int = 1,
    temperature: float | None = None,
    limit: int | None = None,
    max_tokens: int = 1024,
    against: Annotated[
        Path | None, Parameter(help="What --out wrote for another model: both are compared on the same questions.")
    ] = None,
    out: Annotated[Path | None, Parameter(help="A file for every mark, to compare with later.")] = None,
    json_: type_json_flag = False,
    unsafe: type_unsafe = False,
) -> int:
    """Put an exam to a model.

    Args:
        suite: human-eval, crux-output or crux-input.
        file: its JSON lines.
        model: as `semalign models` has it; without it the one that answers here.
        samples: replies a question; with more than one also pass@k is told.
        temperature: 0 for one sample and 0.8 for several, unless it is given.
        limit: only the first questions.
        max_tokens: of a reply.
        against: see its help.
        out: see its help.
        json_: one JSON object.
        unsafe: accept a machine on which programs can't be held in.
    """
    if samples < 1:
        raise ConfigError(f"--samples is {samples}; give 1 or more")
    warmth = temperature if temperature is not None else 0.0 if samples == 1 else 0.8
    with open_sandbox(workers=2, unsafe=unsafe) as sandbox:
        judge = Judge(sandbox, JudgeConfig(isolation=Isolation.CASE))
        check_judge(judge)
        exam = _exam(suite, file, judge, limit)
        other = _marks(against) if against else None
        asked = open_model(model)
        with _reply(asked, samples, warmth, max_tokens) as reply:
            marks = sit(exam, reply, samples=samples)
    told = _told(marks, asked.name, samples, other)
    if out is not None:
        write_text(out, json.dumps(told, indent=1) + "\n")
    if json_:
        tell(json.dumps(told))
    else:
        _show(marks, told)
    return Exit.DONE


def _exam(suite: Suite, file: Path, judge: Judge, limit: int | None) -> Exam:
    if suite is Suite.HUMAN_EVAL:
        return human_eval(file, Fenced(), judge, limit=limit)
    output, input_ = crux_eval(file, judge, limit=limit)
    return output if suite is Suite.CRUX_OUTPUT else input_


@contextmanager
def _reply(
    model: Any, samples: int, temperature: float, max_tokens: int
) -> Iterator[Callable[[Sequence[str]], list[str]]]:
    """Asks the model one prompt after the other, with a bar for who looks; samples of a prompt differ by their seed."""

    def reply(prompts: Sequence[str]) -> list[str]:
        found = []
        numbered = list(enumerate(prompts))
        for number, prompt in track(numbered, "asking", console=Console(stderr=True), transient=True):
            request = Request(
                messages=(Message(Role.USER, prompt),),
                max_tokens=max_tokens,
                temperature=temperature,
                seed=number % samples,
                label="eval",
            )
            found.append(model.complete(request).text)
        return found

    yield reply


def _told(marks: Marks, model: str, samples: int, other: Marks | None) -> dict[str, Any]:
    found = marks.rate
    told: dict[str, Any] = {
        "exam": marks.exam,
        "model": model,
        "n": found.n,
        "rate": found.value,
        "interval": [found.low, found.high],
        "unscored": marks.n_unscored,
        "pass_at": {str(k): marks.pass_at(k) for k in (1, 5, 10, 100) if k <= samples},
        "by_tag": {tag: {"n": one.n, "rate": one.value} for tag, one in marks.by_tag().items()},
        "samples": {name: list(found) for name, found in marks.samples.items()},
    }
    if other is not None:
        only_this, only_other, p = compare(marks, other)
        told["against"] = {"only_this": only_this, "only_other": only_other, "p": p}
    return told


def _marks(path: Path) -> Marks:
    """What `--out` wrote."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        samples = {str(name): tuple(found) for name, found in told["samples"].items()}
        return Marks(exam=told["exam"], samples=samples, tags={})
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read ({exc.strerror}); give a file that --out wrote") from exc
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise ConfigError(f"{path}: not what --out writes ({exc}); give such a file") from exc


def _show(marks: Marks, told: dict[str, Any]) -> None:
    table = Table("", "right", title=f"{marks.exam}, {told['model']}")
    table.add_row("all", str(marks.rate))
    for k, value in told["pass_at"].items():
        if k != "1":
            table.add_row(f"pass@{k}", f"{100 * value:.1f} %")
    for tag, one in marks.by_tag().items():
        table.add_row(f"  {tag}", str(one))
    screen = Screen()
    screen.print(table)
    if told["unscored"]:
        screen.print(f"{told['unscored']} replies could not be judged and count in no figure.")
    if "against" in told:
        both = told["against"]
        screen.print(
            f"Only this model: {both['only_this']}; only the other: {both['only_other']}; McNemar p = {both['p']:.3g}."
        )
