"""Faults planted in the target: which of them the inputs of a verdict catch."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from semalign.languages import LANGUAGES
from semalign.languages.faults import FaultKind, faults
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation import evidence, planting
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.verdict import Answer, Planted
from semalign.systems.translation.views import jsonform, words

CLAMP = {  # the sum of an array, of which no more than a hundred is told
    "python": """
def total(a: list[int]) -> int:
    s = 0
    for i in range(len(a)):
        s += a[i]
    if s > 100:
        s = 100
    return s
""",
    "java": """
class Program {
    static int total(int[] a) {
        int s = 0;
        for (int i = 0; i < a.length; i++) { s += a[i]; }
        if (s > 100) { s = 100; }
        return s;
    }
}
""",
    "cpp": """
#include <vector>
static int add(int s, int v) { return s + v; }
int total(const std::vector<int>& a) {
    int s = 0;
    for (int v : a) { s = add(s, v); }
    if (s > 100) { s = 100; }
    return s;
}
""",
}
SUFFIX = {"python": ".py", "java": ".java", "cpp": ".cpp"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


def request(folder: Path, language: str, *, inputs: str = "", max_inputs: int = 150) -> DiffConfig:
    if LANGUAGES[language].missing():
        pytest.skip(LANGUAGES[language].missing())
    source, target = folder / "total.py", folder / f"Program{SUFFIX[language]}"
    source.write_text(CLAMP["python"])
    target.write_text(CLAMP[language])
    given = folder / "given.jsonl" if inputs else None
    if given is not None:
        given.write_text(inputs)
    return DiffConfig(source=source, target=target, inputs=given, max_inputs=max_inputs, strength=True)


def planted(config: DiffConfig, sandbox: Sandbox) -> Planted:
    found = diff(config, sandbox).strength.faults
    assert found is not None
    assert found.n_tried == found.n_caught + len(found.survivors)
    return found


@pytest.mark.parametrize("language", SUFFIX)
def test_many_inputs_catch_what_one_input_does_not(sandbox: Sandbox, tmp_path: Path, language: str) -> None:
    many = planted(request(tmp_path, language, inputs="[[60, 70]]\n[[3]]\n[[100]]\n[[]]\n"), sandbox)
    one = planted(request(tmp_path, language, inputs="[[3, 5]]\n", max_inputs=0), sandbox)
    assert many.n_tried == one.n_tried >= 8
    assert many.n_caught > one.n_caught > 0
    line = CLAMP[language].splitlines().index(next(s for s in CLAMP[language].splitlines() if "s > 100" in s)) + 1
    assert any(survivor.line in (line, line + 1) for survivor in one.survivors), "no input reaches the clamp"


def test_a_change_that_means_the_same_is_a_survivor_and_not_called_equivalent(sandbox: Sandbox, tmp_path: Path) -> None:
    """At 100 itself `s > 100` and `s >= 100` do the same."""
    config = request(tmp_path, "python", inputs="[[60, 70]]\n[[100]]\n[[101]]\n[[99]]\n")
    verdict = diff(config, sandbox)
    assert verdict.strength.faults is not None
    assert (">", ">=") in {(one.old, one.new) for one in verdict.strength.faults.survivors}
    told = words.faults(verdict.strength)
    assert "not caught on these inputs: line 6, operator: > → >=" in told
    assert not any("equivalent" in line for line in told)
    assert {"line": 6, "kind": "operator", "old": ">", "new": ">="} in jsonform.to_json(verdict)["faults"]["survivors"]


def test_faults_of_a_called_function_are_planted_too(sandbox: Sandbox, tmp_path: Path) -> None:
    found = planted(request(tmp_path, "cpp", inputs="[[0]]\n[[0, 0]]\n", max_inputs=0), sandbox)
    assert any(survivor.line == 3 for survivor in found.survivors), "zeros can't tell + from -"


def test_a_fault_that_never_ends_is_caught(sandbox: Sandbox, tmp_path: Path) -> None:
    config = request(tmp_path, "java", inputs="[[60, 70]]\n[[3]]\n")
    config.target.write_text(
        "class Program { static int total(int[] a) { int s = 0; int i = 0;\n"
        "while (i < a.length) { s += a[i]; i++; }\nif (s > 100) { s = 100; }\nreturn s; } }\n"
    )
    found = planted(config, sandbox)
    assert found.n_left == 0
    assert ("i++;", ";") not in {(one.old, one.new) for one in found.survivors}


def test_nothing_is_planted_where_the_programs_differ_or_nobody_asks(sandbox: Sandbox, tmp_path: Path) -> None:
    config = request(tmp_path, "python")
    config.target.write_text(CLAMP["python"].replace("s > 100", "s > 50"))
    verdict = diff(config, sandbox)
    assert (verdict.answer, verdict.strength.faults) == (Answer.DIVERGENT, None)


def test_the_number_is_bounded_and_the_kinds_are_even(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planting, "MAX_FAULTS", 5)
    config = request(tmp_path, "python", inputs="[[3, 5]]\n", max_inputs=0)
    first, again = planted(config, sandbox), planted(config, sandbox)
    assert first == again
    assert first.n_tried == 5
    kinds = {fault.kind for fault in faults("python", CLAMP["python"], 0, len(CLAMP["python"]))}
    assert first.n_left > 0
    assert kinds > {FaultKind.CONDITION, FaultKind.DROPPED}


def test_the_evidence_repeats_it(sandbox: Sandbox, tmp_path: Path) -> None:
    config = request(tmp_path, "python", inputs="[[3, 5]]\n[[60, 70]]\n", max_inputs=60)
    verdict = diff(config, sandbox)
    evidence.save(verdict, config, tmp_path / "evidence")
    again, differences = evidence.replay(tmp_path / "evidence", sandbox)
    assert again.strength.faults == verdict.strength.faults
    assert not differences
