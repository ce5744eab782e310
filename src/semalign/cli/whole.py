"""`semalign translate --whole`: a file or a folder of files."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from semalign.cli.compare import EXITS, progress
from semalign.cli.options import Exit, Screen, tell, write_text
from semalign.core.errors import ConfigError
from semalign.languages import LANGUAGES
from semalign.models import Model
from semalign.repair import Journal
from semalign.sandbox import open_sandbox
from semalign.systems.translation.files.batch import FileJob, files_in, request_of, translate_folder
from semalign.systems.translation.files.kept import PAGE, Summary, keep
from semalign.systems.translation.files.whole import translate_file
from semalign.systems.translation.subject import read_text
from semalign.systems.translation.translation import TranslateConfig
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views.index_page import index
from semalign.systems.translation.views.whole_file import COLOURS, render, rows, to_json
from semalign.traces.render import visible

_WORST = (Answer.DIVERGENT, Answer.UNDECIDED, Answer.EQUIVALENT)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Results:
    """Where results go."""

    resume: Annotated[
        Path | None,
        Parameter(help="Folder for the journal and all results; a run that was stopped goes on from it."),
    ] = None
    out: Annotated[
        Path | None,
        Parameter(help="File for the program; standard output shows it in any case. A folder for a folder."),
    ] = None
    html: Annotated[
        Path | None,
        Parameter(help="Write one self-contained page: cost, attempts and the verdict; with --whole a table of parts."),
    ] = None
    as_json: Annotated[bool, Parameter(name="--json", negative="", help="Print the whole result as JSON.")] = False


def translate_whole(
    config: TranslateConfig, model: Model | None, stdin: Path | None, results: Results, *, unsafe: bool
) -> int:
    """One file, or all files of a folder."""
    if config.function or config.signature or config.harness is not None:
        raise ConfigError("--whole takes all functions; leave out --function, --signature and --harness")
    one = _folder if config.source.is_dir() else _file
    return one(config, model, stdin, results, unsafe=unsafe)


def _file(config: TranslateConfig, model: Model | None, stdin: Path | None, results: Results, *, unsafe: bool) -> int:
    job = FileJob(name=config.source.name, config=config, texts=texts_of(stdin))
    journal = Journal(None if results.resume is None else results.resume / "journal.jsonl")
    with open_sandbox(unsafe=unsafe) as sandbox, progress() as report:
        done = translate_file(config, sandbox, model, texts=job.texts, journal=journal, report=report)
    if results.as_json:  # shown first: what was paid for is not lost where a file can't be written
        tell(json.dumps(to_json(done), indent=2))
    else:
        Screen().print(render(done))
    if config.out is not None:
        write_text(config.out, done.program)
    if results.resume is not None:
        keep(done, results.resume, request_of(job))
    if results.html is not None:
        write_text(results.html, index(rows(done, {}), f"{done.answer}: {config.source.name}", "part"))
    return Exit.SPENT if done.stopped and done.answer is not Answer.EQUIVALENT else EXITS[done.answer]


def _folder(config: TranslateConfig, model: Model | None, stdin: Path | None, results: Results, *, unsafe: bool) -> int:
    folder = results.resume
    if folder is None:
        raise ConfigError("--whole on a folder needs --resume FOLDER: journals and results go there")
    jobs = list(_jobs(config, stdin, folder))
    if not jobs:
        raise ConfigError(
            f"{config.source}: holds no program of another language than {config.to}; name another folder"
        )
    with open_sandbox(unsafe=unsafe) as sandbox, _bar(len(jobs)) as bar:
        found = translate_folder(jobs, sandbox, model, folder, report=bar.report, done_with=bar.step)
    if results.as_json:
        tell(json.dumps([_row(one) for one in found], indent=2))
    else:
        console = Screen()
        console.print(_table(found))
        console.print(f"{folder / PAGE}", soft_wrap=True)
    suffix = LANGUAGES[config.to].suffixes[0]
    for one in found:
        if config.out is not None and one.has_page:
            target = (config.out / one.name).with_suffix(suffix)
            target.parent.mkdir(parents=True, exist_ok=True)
            write_text(target, (folder / one.name / f"translation{suffix}").read_text(encoding="utf-8"))
    if results.html is not None:
        write_text(results.html, (folder / PAGE).read_text(encoding="utf-8"))
    worst = min((one.answer for one in found), key=_WORST.index)
    if any(one.stopped and one.answer is not Answer.EQUIVALENT for one in found):
        return Exit.SPENT
    return EXITS[worst]


def _jobs(config: TranslateConfig, stdin: Path | None, kept: Path) -> Iterator[FileJob]:
    """One for each file; its draft is the file of its name in the folder of drafts, its texts those of its name."""
    root = config.source
    for path in files_in(root, config.to):
        if kept.resolve() in path.resolve().parents:  # an earlier result is no source
            continue
        drafts = [] if config.draft is None else sorted((config.draft / path.relative_to(root)).parent.glob("*"))
        suffixes = LANGUAGES[config.to].suffixes
        draft = next((one for one in drafts if one.suffix in suffixes and _same(one, path)), None)
        texts = [] if stdin is None else sorted((stdin / path.relative_to(root)).parent.glob(f"{path.stem}*"))
        own = [one for one in texts if one.name == path.stem or one.name.startswith(f"{path.stem}.")]
        yield FileJob(
            name=path.relative_to(root).as_posix(),
            config=replace(config, source=path, draft=draft, out=None),
            texts=tuple(text for one in own for text in texts_of(one)),
        )


def _same(draft: Path, source: Path) -> bool:
    """Java files are called after their classes."""
    plain = [path.stem.replace("_", "").replace("-", "").lower() for path in (draft, source)]
    return plain[0] == plain[1]


def texts_of(path: Path | None) -> tuple[str, ...]:
    """What `--stdin` names: a file, or all files of a folder, one text each.

    Raises:
        ConfigError: one can't be read.
    """
    if path is None:
        return ()
    if not path.is_dir():
        return (read_text(path),)
    files = [one for one in sorted(path.iterdir()) if one.is_file() and not one.name.startswith(".")]
    if not files:
        raise ConfigError(f"{path}: holds no file; put one text for standard input in each")
    return tuple(map(read_text, files))


class _Bar:
    """A line a file that is done, and what is being done."""

    def __init__(self, shown: Progress, n_files: int) -> None:
        self._shown = shown
        self._task = shown.add_task("starting", total=n_files)

    def report(self, doing: str) -> None:
        self._shown.update(self._task, description=visible(doing))

    def step(self, one: Summary) -> None:
        self._shown.advance(self._task)


@contextmanager
def _bar(n_files: int) -> Iterator[_Bar]:
    console = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        yield _Bar(shown, n_files)


def _table(found: Sequence[Summary]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("file", "answer", "parts", "not translated", "seconds", "why"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("parts", "seconds") else "left")
    for one in found:
        again = " (as before)" if one.was_finished else ""
        table.add_row(
            Text(visible(one.name)),
            Text(f"{one.answer}{again}", style=COLOURS[one.answer]),
            str(one.n_parts),
            str(one.n_left),
            f"{one.wall_s:.1f}",
            Text(visible(one.reason)),
        )
    return table


def _row(one: Summary) -> dict[str, object]:
    return {
        "file": one.name,
        "answer": one.answer.value,
        "reason": one.reason,
        "n_parts": one.n_parts,
        "n_left": one.n_left,
        "stopped": one.stopped,
        "wall_s": round(one.wall_s, 3),
        "was_finished": one.was_finished,
    }
