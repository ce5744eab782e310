"""`translate_folder`: many files in turn; a broken one does not stop the others, and a stop loses nothing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from semalign.core.errors import ConfigError, ModelContextError, ModelCutError, ModelGarbageError
from semalign.languages import LANGUAGES, language_of
from semalign.models import Model
from semalign.repair import Journal
from semalign.repair.patch import digest
from semalign.sandbox.model import Sandbox
from semalign.systems.translation.files.kept import PAGE, Summary, finished, keep, summary
from semalign.systems.translation.files.whole import translate_file
from semalign.systems.translation.job import VERSION, type_report
from semalign.systems.translation.subject import read_text
from semalign.systems.translation.translation import TranslateConfig
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views import words
from semalign.systems.translation.views.index_page import Row, index

_OWN = (ConfigError, ModelContextError, ModelCutError, ModelGarbageError)  # failures of one file, not of all


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJob:
    """One file of a batch."""

    name: str  # its path below the batch's folder
    config: TranslateConfig
    texts: tuple[str, ...] = ()  # for standard input


def translate_folder(
    jobs: Sequence[FileJob],
    sandbox: Sandbox,
    model: Model | None,
    folder: Path,
    *,
    report: type_report = lambda doing: None,
    done_with: Callable[[Summary], None] = lambda one: None,
) -> list[Summary]:
    """Every file in its own folder below `folder`, with its journal; and `index.html` of all, new after each file.

    What an earlier run finished is not done again, and of the file that it was at, no call of a model is paid for
    twice.

    Raises:
        ConfigError: the folder can't be written.
        MissingToolError: a compiler is missing.
        ModelError: the model can't be reached or refuses; the folder holds what was done before.
        SandboxError: the machine failed.
    """
    found: list[Summary] = []
    for job in jobs:
        report(job.name)
        found.append(_one(job, sandbox, model, folder / job.name, report))
        done_with(found[-1])
        _write_index(folder, jobs, found)
    return found


def _one(job: FileJob, sandbox: Sandbox, model: Model | None, folder: Path, report: type_report) -> Summary:
    journal = Journal(folder / "journal.jsonl")
    try:
        request = request_of(job)
        if known := finished(folder, job.name, request):
            return known
        done = translate_file(
            job.config, sandbox, model, texts=job.texts, journal=journal,
            report=lambda doing: report(f"{job.name}: {doing}"),
        )  # fmt: skip
    except _OWN as exc:
        return Summary(name=job.name, answer=Answer.UNDECIDED, reason=str(exc))
    keep(done, folder, request)
    return summary(done, job.name)


def request_of(job: FileJob) -> str:
    """The name of all that the result of a job depends on, but for the model and what it may cost.

    Raises:
        ConfigError: a file can't be read.
    """
    config = job.config
    draft = "" if config.draft is None else read_text(config.draft)
    return digest(
        str(VERSION), read_text(config.source), draft, *job.texts, config.to, repr(config.policy), str(config.seed),
        config.preset, repr(sorted(config.without)), str(config.max_inputs), str(config.time_s),
    )  # fmt: skip


def files_in(folder: Path, to: str) -> Iterator[Path]:
    """The programs below a folder that are not in the language `to` already, in order; no hidden ones."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        suffixes = [suffix for name, one in LANGUAGES.items() if name != to for suffix in one.suffixes]
        if path.is_file() and path.suffix in suffixes and not hidden:
            yield path


def _write_index(folder: Path, jobs: Sequence[FileJob], found: Sequence[Summary]) -> None:
    titles = [
        f"{words.LANGUAGES[language_of(job.config.source).name]} → {words.LANGUAGES[job.config.to]}" for job in jobs
    ]
    rows = [
        Row(
            name=one.name,
            languages=languages,
            answer=one.answer,
            reason=one.reason,
            wall_s=one.wall_s,
            link=f"{one.name}/{PAGE}" if one.has_page else "",
        )
        for one, languages in zip(found, titles, strict=False)
    ]
    (folder / PAGE).write_text(index(rows, "Translated files", "file"), encoding="utf-8")
