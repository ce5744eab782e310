"""`semalign train`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table
from rich.text import Text

from semalign.cli.options import Exit, Screen, tell, type_json_flag, type_unsafe
from semalign.core.config import load_config
from semalign.systems.codegen.config import PRESETS, CodegenConfig
from semalign.systems.codegen.training import Training, opened
from semalign.systems.codegen.training import train as trained
from semalign.training.record import StepRecord
from semalign.training.rollout import Slot, Task

_FUNNEL = 3  # reasons of lost items that a line has room for


def train_codegen(
    config: Path,
    *words: str,
    dry_run: Annotated[bool, Parameter(negative="", help="Show what the first step would ask, and stop.")] = False,
    json_: type_json_flag = False,
    unsafe: type_unsafe = False,
) -> int:
    """Train a model to write programs, and to say what its own failed ones compute.

    Args:
        config: a TOML file; `output` is the one key that it must have.
        words: `key=value`, each in place of what the file says.
        dry_run: see its help.
        json_: one JSON object a step, or a slot with --dry-run.
        unsafe: accept a machine on which programs can't be held in.
    """
    settings = load_config(CodegenConfig, config, words, PRESETS)
    with opened(settings, unsafe=unsafe) as training:
        if dry_run:
            _show(training, json_=json_)
            return Exit.DONE
        screen = Screen()

        def note(record: StepRecord) -> None:
            if json_:
                tell(json.dumps(asdict(record)))
            else:
                screen.print(_line(record, settings.steps))

        folder = trained(training, note)
        if json_:
            tell(json.dumps({"model": str(folder)}))
        else:
            screen.print(f"The trained model is in {folder}, its steps in {settings.output / 'steps.jsonl'}.")
    return Exit.DONE


def _show(training: Training, *, json_: bool) -> None:
    """The first batch as text."""
    slots = training.first_batch()
    if json_:
        for slot in slots:
            tell(json.dumps(asdict(slot)))
        return
    screen = Screen()
    table = Table(
        "slot", "task", "from", "prompt", title=f"The first of {training.config.steps} steps", show_lines=True
    )
    for slot in slots:
        table.add_row(*_row(slot))
    screen.print(table)
    n = training.config.group_size
    screen.print(
        f"{len(training.problems)} problems; each prompt gets {n} replies. Questions begin with the second step: they "
        "are made from the programs that fail in the first."
    )


def _row(slot: Slot) -> tuple[str, str, str, Text]:
    return str(slot.number), slot.task.value, slot.source, Text(slot.prompt)


def _line(record: StepRecord, n_steps: int) -> str:
    """One step for people: how each task did, what was lost on the way to questions, how long it took."""
    parts = [f"step {record.step + 1}/{n_steps}"]
    for name in (Task.CODE.value, Task.ALIGNMENT.value):
        one = record.tasks[name]
        if one.reward is not None:
            parts.append(f"{name} {one.reward:.2f} (dead groups {one.dead_share:.0%}, {one.n_tokens} tokens)")
    lost = {what: n for what, n in record.funnel.items() if what not in ("item", "not needed") and n}
    lost = {what: n for what, n in lost.items() if not what.startswith("variable")}
    first = sorted(lost.items(), key=lambda pair: -pair[1])[:_FUNNEL]
    made = record.funnel.get("item", 0)
    parts.append(
        f"questions made {made}" + (f", lost: {', '.join(f'{n} {what}' for what, n in first)}" if first else "")
    )
    if record.n_unscored:
        parts.append(f"unscored {record.n_unscored}")
    parts.append(", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in record.seconds.items()))
    return "; ".join(parts)
