"""A folder of files with a model that fails on the way: what was paid for is not paid for again."""

from pathlib import Path

import pytest

from semalign.core.errors import ModelContextError, ModelDownError
from semalign.models import Request, Scripted
from semalign.sandbox import open_sandbox
from semalign.systems.translation.files.batch import FileJob, files_in, request_of, translate_folder
from semalign.systems.translation.translation import TranslateConfig
from semalign.systems.translation.verdict import Answer

NAMES = ("one", "two", "three")


@pytest.fixture
def jobs(tmp_path: Path) -> list[FileJob]:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"def {name}(a: int) -> int:\n    return a * 2 + {len(name)}\n")
    return [
        FileJob(name=f"{name}.py", config=TranslateConfig(source=tmp_path / f"{name}.py", to="java", max_inputs=120))
        for name in NAMES
    ]


def said(request: Request) -> str:
    name = next(name for name in NAMES if f"def {name}(" in request.messages[-1].text)
    return f"```java\nstatic long {name}(int a) {{ return a * 2L + {len(name)}; }}\n```"


def test_after_a_stop_only_what_was_not_asked_is_asked(jobs: list[FileJob], tmp_path: Path) -> None:
    def down(request: Request) -> str:
        if "def two" in request.messages[-1].text:
            raise ModelDownError("the endpoint is down; start it")
        return said(request)

    work = tmp_path / "work"
    with open_sandbox() as sandbox:
        with pytest.raises(ModelDownError):
            translate_folder(jobs, sandbox, Scripted(down), work)
        second = Scripted(said)
        found = translate_folder(jobs, sandbox, second, work)
        third = Scripted([])
        again = translate_folder(jobs, sandbox, third, work)
    assert len(second.requests) == 2
    assert [(one.answer, one.was_finished) for one in found] == [
        (Answer.EQUIVALENT, True), (Answer.EQUIVALENT, False), (Answer.EQUIVALENT, False)
    ]  # fmt: skip
    assert (third.requests, [one.was_finished for one in again]) == ([], [True] * 3)
    assert (work / "index.html").read_text().count("index.html") == 3


def test_a_file_that_a_model_can_not_hold_is_one_files_failure(jobs: list[FileJob], tmp_path: Path) -> None:
    def short(request: Request) -> str:
        if "def two" in request.messages[-1].text:
            raise ModelContextError("the prompt is too long; split it")
        return said(request)

    told: list[str] = []
    with open_sandbox() as sandbox:
        found = translate_folder(
            jobs, sandbox, Scripted(short), tmp_path / "work", done_with=lambda one: told.append(one.name)
        )
    assert [one.answer for one in found] == [Answer.EQUIVALENT, Answer.UNDECIDED, Answer.EQUIVALENT]
    assert "too long" in found[1].reason
    assert told == [job.name for job in jobs]


def test_a_request_is_another_where_anything_it_depends_on_is(jobs: list[FileJob], tmp_path: Path) -> None:
    first = request_of(jobs[0])
    assert request_of(jobs[0]) == first
    with_texts = FileJob(name=jobs[0].name, config=jobs[0].config, texts=("1\n",))
    assert request_of(with_texts) != first
    (tmp_path / "one.py").write_text("def one(a: int) -> int:\n    return a\n")
    assert request_of(jobs[0]) != first


def test_files_of_other_languages_are_found_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("a.py", "b/C.java", "b/d.cpp", ".hidden/e.py", "f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert [path.name for path in files_in(tmp_path, "java")] == ["a.py", "d.cpp"]
