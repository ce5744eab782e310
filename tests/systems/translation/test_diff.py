"""The whole diff on real programs: three languages, every answer."""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from semalign.languages import LANGUAGES
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation import evidence
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.verdict import Answer, Verdict
from semalign.values.model import Int, List
from semalign.values.policy import Domain, Policy

PEAK = {  # the largest sum of neighbours; the same algorithm, each in its own idiom
    "python": """
def peak(a: list[int], n: int) -> int:
    best = 0
    for i in range(1, n):
        pair = a[i - 1] + a[i]
        if pair > best:
            best = pair
    return best
""",
    "java": """
class Program {
    static int peak(int[] xs, int size) {
        int top = 0, at = 1;
        while (at < size) {
            int both = xs[at - 1] + xs[at];
            if (both > top) { top = both; }
            at++;
        }
        return top;
    }
}
""",
    "cpp": """
#include <vector>
int peak(const std::vector<int>& v, int n) {
    int best = 0;
    for (int k = 0; k + 1 < n; ++k) {
        int sum = v[k] + v[k + 1];
        best = sum > best ? sum : best;
    }
    return best;
}
""",
}
FAULT = {  # text, what it becomes, the line that then is to blame
    "python": ("a[i - 1] + a[i]", "a[i - 1] - a[i]", 5),
    "java": ("xs[at - 1] + xs[at]", "xs[at - 1] - xs[at]", 6),
    "cpp": ("v[k] + v[k + 1]", "v[k] - v[k + 1]", 6),
}
SUFFIX = {"python": ".py", "java": ".java", "cpp": ".cpp"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


def write(folder: Path, name: str, language: str, text: str) -> Path:
    if LANGUAGES[language].missing():
        pytest.skip(LANGUAGES[language].missing())
    (folder / name).mkdir()
    path = folder / name / f"Program{SUFFIX[language]}"
    path.write_text(text)
    return path


def compare(sandbox: Sandbox, source: Path, target: Path, **options: object) -> Verdict:
    return diff(DiffConfig(source=source, target=target, max_inputs=150, **options), sandbox)  # type: ignore[arg-type]


@pytest.mark.parametrize(("one", "other"), list(product(SUFFIX, SUFFIX)))
def test_two_idioms_of_one_algorithm_are_equivalent(sandbox: Sandbox, tmp_path: Path, one: str, other: str) -> None:
    verdict = compare(sandbox, write(tmp_path, "a", one, PEAK[one]), write(tmp_path, "b", other, PEAK[other]))
    assert (verdict.answer, verdict.blames) == (Answer.EQUIVALENT, ()), verdict.reason
    assert verdict.strength.n_agree >= 100
    assert verdict.source.n_blocks_covered == verdict.source.n_blocks


@pytest.mark.parametrize(("one", "other"), list(product(SUFFIX, SUFFIX)))
def test_a_wrong_operator_is_found_on_its_line(sandbox: Sandbox, tmp_path: Path, one: str, other: str) -> None:
    right, wrong, line = FAULT[other]
    spoiled = PEAK[other].replace(right, wrong)
    verdict = compare(sandbox, write(tmp_path, "a", one, PEAK[one]), write(tmp_path, "b", other, spoiled))
    assert verdict.answer is Answer.DIVERGENT
    first, last = verdict.blames[0].target_lines
    assert first <= line <= last, verdict.blames
    assert verdict.smallest is not None
    arguments = dict(verdict.smallest.arguments)
    assert len(arguments) == 2
    assert any(isinstance(value, List) and len(value.items) == 2 for value in arguments.values())


def test_calls_in_main_are_the_given_inputs(sandbox: Sandbox, tmp_path: Path) -> None:
    text = (
        PEAK["python"] + "\nif __name__ == '__main__':\n    for n in range(4):\n        print(peak([5, 1, 7, 2], n))\n"
    )
    path = write(tmp_path, "a", "python", text)
    verdict = compare(sandbox, path, path)
    assert verdict.strength.n_given == 4
    assert "0 <= n <= len(a)" in verdict.strength.preconditions


def test_an_overflow_shows_only_where_the_given_inputs_reach(sandbox: Sandbox, tmp_path: Path) -> None:
    source = write(tmp_path, "a", "python", "def area(w: int, h: int) -> int:\n    return w * h\n")
    target = write(tmp_path, "b", "java", "class Program { static int area(int w, int h) { return w * h; } }")
    modest = compare(sandbox, source, target)
    assert modest.answer is Answer.EQUIVALENT
    assert any("far outside" in note for note in modest.notes)
    assert compare(sandbox, source, target, policy=Policy(domain=Domain.TYPE)).answer is Answer.DIVERGENT
    (tmp_path / "given.jsonl").write_text("[70000, 70000]\n")
    verdict = compare(sandbox, source, target, inputs=tmp_path / "given.jsonl")
    assert verdict.answer is Answer.DIVERGENT
    assert verdict.smallest is not None
    w, h = (value for _, value in verdict.smallest.arguments)
    assert isinstance(w, Int)
    assert isinstance(h, Int)
    assert w.value * h.value >= 2**31


def test_a_source_that_is_not_deterministic_is_no_oracle(sandbox: Sandbox, tmp_path: Path) -> None:
    text = "import os\ndef f(n: int) -> int:\n    return n + int.from_bytes(os.urandom(4), 'big')\n"
    path = write(tmp_path, "a", "python", text)
    verdict = compare(sandbox, path, path)
    assert verdict.answer is Answer.UNDECIDED
    assert "not deterministic" in verdict.reason or "came again" in verdict.reason


def test_undefined_behaviour_of_the_source_is_out_of_domain(sandbox: Sandbox, tmp_path: Path) -> None:
    source = write(tmp_path, "a", "cpp", "int twice(int n) { int a[4] = {1, 2, 3, 4}; return a[n] * 2; }\n")
    target = write(
        tmp_path, "b", "python", "def twice(n: int) -> int:\n    return [1, 2, 3, 4][n] * 2 if 0 <= n < 4 else 7\n"
    )
    verdict = compare(sandbox, source, target)
    assert verdict.answer is not Answer.DIVERGENT, verdict.reason
    assert verdict.strength.n_domain < verdict.strength.n_run


def test_a_target_that_does_not_build_leaves_it_undecided(sandbox: Sandbox, tmp_path: Path) -> None:
    source = write(tmp_path, "a", "python", "def f(n: int) -> int:\n    return n\n")
    target = write(tmp_path, "b", "cpp", "int f(int n) { return missing(n); }\n")
    verdict = compare(sandbox, source, target)
    assert verdict.answer is Answer.UNDECIDED
    assert "does not build" in verdict.reason
    assert "missing" in verdict.reason


def test_a_target_that_hangs_diverges(sandbox: Sandbox, tmp_path: Path) -> None:
    source = write(tmp_path, "a", "python", "def f(n: int) -> int:\n    return n\n")
    hangs = "def f(n: int) -> int:\n    while n == 7:\n        pass\n    return n\n"
    (tmp_path / "given.jsonl").write_text("[1]\n[7]\n")
    verdict = compare(
        sandbox, source, write(tmp_path, "b", "python", hangs), inputs=tmp_path / "given.jsonl", wall_s=0.5
    )
    assert verdict.answer is Answer.DIVERGENT
    assert "does not end" in verdict.reason


def test_the_same_request_gives_the_same_verdict(sandbox: Sandbox, tmp_path: Path) -> None:
    right, wrong, _ = FAULT["python"]
    source = write(tmp_path, "a", "python", PEAK["python"])
    target = write(tmp_path, "b", "python", PEAK["python"].replace(right, wrong))
    first, again = (compare(sandbox, source, target) for _ in range(2))
    assert first.smallest is not None
    assert again.smallest is not None
    assert (first.blames, first.tried, first.smallest.arguments) == (
        again.blames, again.tried, again.smallest.arguments
    )  # fmt: skip


@pytest.mark.parametrize("spoiled", [False, True])
def test_evidence_is_repeated_and_a_changed_program_is_noticed(
    sandbox: Sandbox, tmp_path: Path, *, spoiled: bool
) -> None:
    right, wrong, _ = FAULT["python"]
    source = write(tmp_path, "a", "python", PEAK["python"])
    target = write(tmp_path, "b", "python", PEAK["python"].replace(right, wrong))
    config = DiffConfig(source=source, target=target, max_inputs=60)
    folder = tmp_path / "evidence"
    evidence.save(diff(config, sandbox), config, folder)
    if spoiled:
        request = json.loads((folder / "request.json").read_text())
        (folder / request["target"]).write_text(PEAK["python"])
    _, differences = evidence.replay(folder, sandbox)
    assert bool(differences) is spoiled
