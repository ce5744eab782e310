"""What a translated file leaves in its folder, and how a batch knows that it is finished with a file."""

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from semalign.core.errors import ConfigError, blame
from semalign.languages import LANGUAGES
from semalign.systems.translation.files.file_translation import FileTranslation
from semalign.systems.translation.verdict import Answer
from semalign.systems.translation.views import page, whole_file
from semalign.systems.translation.views.index_page import index

RESULT = "translation.json"
PAGE = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One file of a batch in short."""

    name: str  # its path below the batch's folder
    answer: Answer
    reason: str
    n_parts: int = 0
    n_left: int = 0  # parts that are not translated
    stopped: str = ""  # which budget did not hold another call
    wall_s: float = 0.0
    has_page: bool = False
    was_finished: bool = False  # by an earlier run


class _Kept(BaseModel):
    """The part of a written result that a batch reads again."""

    request: str
    answer: Answer
    reason: str
    parts: list[object]
    left: list[str]
    stopped: str
    wall_s: float


def summary(done: FileTranslation, name: str) -> Summary:
    """The file in short."""
    return Summary(
        name=name,
        answer=done.answer,
        reason=done.reason,
        n_parts=len(done.parts),
        n_left=len(done.left),
        stopped=done.stopped,
        wall_s=done.wall_s,
        has_page=True,
    )


def keep(done: FileTranslation, folder: Path, request: str) -> None:
    """The program, the result as JSON, a page of the parts and one of each verdict; the JSON last.

    `request` names all that the result depends on.

    Raises:
        ConfigError: the folder can't be written.
    """
    with blame(ConfigError, f"{folder}: results can't be written there; give another folder"):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"translation{LANGUAGES[done.language].suffixes[0]}").write_text(done.program, encoding="utf-8")
        links = {}
        for one in done.parts:
            for each in one.translations:
                if each.verdict is not None:
                    links[one.part.name] = f"{each.function}.html"
                    (folder / links[one.part.name]).write_text(page.page(each.verdict), encoding="utf-8")
        rows = whole_file.rows(done, links)
        (folder / PAGE).write_text(index(rows, f"{done.answer}: {done.source.name}", "part"), encoding="utf-8")
        told = {"request": request, **whole_file.to_json(done)}
        (folder / RESULT).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def finished(folder: Path, name: str, request: str) -> Summary | None:
    """What an earlier run found for the same request; None where there is none, or a budget ended it."""
    try:
        kept = _Kept.model_validate_json((folder / RESULT).read_bytes())
    except (OSError, ValidationError):
        return None
    if kept.request != request or kept.stopped:
        return None
    return Summary(
        name=name,
        answer=kept.answer,
        reason=kept.reason,
        n_parts=len(kept.parts),
        n_left=len(kept.left),
        wall_s=kept.wall_s,
        has_page=True,
        was_finished=True,
    )
