"""A verdict on a translation calls the program by the name that its user knows."""

from pathlib import Path

import pytest

from semalign.languages import LANGUAGES
from semalign.sandbox import open_sandbox
from semalign.systems.translation.skeleton import target_name
from semalign.systems.translation.translate import translate
from semalign.systems.translation.translation import Agent, TranslateConfig
from semalign.systems.translation.verdict import Answer

SOURCE = """
def add_up(a: list[int]) -> int:
    total = 0
    for x in a:
        total += x
    return total

print(add_up([1, 2, 3]), add_up([5]), add_up([4, 4]))
"""
DRAFT = "int add_up(vector<int> a) { int t = 0; for (size_t i = 1; i < a.size(); i++) t += a[i]; return t; }\n"


@pytest.mark.parametrize(
    ("to", "out", "harness", "expected"),
    [
        ("java", None, None, "TwoSum.java"),
        ("cpp", None, None, "two_sum.cpp"),
        ("java", Path("there/Mine.java"), None, "there/Mine.java"),
        ("java", Path("mine.txt"), None, "TwoSum.java"),
        ("cpp", None, Path("hole.cpp"), "hole.cpp"),
    ],
)
def test_the_name_is_of_the_output_the_harness_or_the_source(
    to: str, out: Path | None, harness: Path | None, expected: str
) -> None:
    config = TranslateConfig(source=Path("two_sum.py"), to=to, out=out, harness=harness)
    assert target_name(config) == Path(expected)


def test_the_verdict_and_its_request_name_the_file_that_was_asked_for(tmp_path: Path) -> None:
    if missing := LANGUAGES["cpp"].missing():
        pytest.skip(missing)
    (tmp_path / "add_up.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "draft.txt").write_text(DRAFT, encoding="utf-8")
    out = tmp_path / "mine.cpp"
    config = TranslateConfig(
        source=tmp_path / "add_up.py",
        to="cpp",
        draft=tmp_path / "draft.txt",
        out=out,
        without=frozenset({Agent.FIXERS}),
    )
    with open_sandbox() as sandbox:
        done = translate(config, sandbox, None)
    assert done.verdict is not None
    assert done.request is not None
    assert done.answer is Answer.DIVERGENT
    assert done.verdict.target.path == str(out)
    assert done.request.target == out
    assert done.verdict.strength.seed == done.request.seed
