"""Whole programs compared by what they print, on real interpreters and compilers."""

import random
from collections.abc import Callable, Iterator

import pytest

from semalign.languages import LANGUAGES
from semalign.sandbox import Limits, Sandbox, open_sandbox
from semalign.systems.translation.files import programs
from semalign.systems.translation.files.programs import Compared, Program, compare_programs
from semalign.systems.translation.verdict import Answer
from tests.systems.translation.files.shop import FILES

SUM = "import sys\nfor line in sys.stdin:\n    print(sum(map(int, line.split())))\n"
type_compare = Callable[..., Compared]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
def compare(sandbox: Sandbox) -> type_compare:
    def compare(source: str, target: str, *texts: str, of: str = "python", to: str = "python") -> Compared:
        limits = Limits(wall_s=5)
        made = [
            Program(language=LANGUAGES[name], unit=LANGUAGES[name].parse(text), sandbox=sandbox, limits=limits)
            for name, text in ((of, source), (to, target))
        ]
        return compare_programs(made[0], made[1], texts)

    return compare


@pytest.mark.parametrize(("of", "to"), [("python", "java"), ("java", "cpp"), ("cpp", "python")])
def test_programs_of_all_languages_agree_on_given_and_made_texts(compare: type_compare, of: str, to: str) -> None:
    found = compare(FILES[of], FILES[to], "12 400 7\n\n-5 88\n9 9 1200\n", of=of, to=to)
    assert found.answer is Answer.EQUIVALENT, found.reason
    assert found.n_equal > 5


def test_the_smallest_text_and_the_first_line_that_differ_are_told(compare: type_compare) -> None:
    wrong = SUM.replace("print(", "print(99 if '13' in line else ")
    found = compare(SUM, wrong, "1 2\n3 4\n5 13\n6\n7 8\n")
    assert (found.answer, found.stdin, found.line) == (Answer.DIVERGENT, "5 13\n", 1)
    assert (found.expected, found.actual) == ("18", "99")
    assert "line 1" in found.reason


def test_a_made_text_shows_what_the_given_ones_do_not(compare: type_compare) -> None:
    stops = SUM.replace("    print", "    if line in seen: break\n    seen.add(line)\n    print").replace(
        "for", "seen = set()\nfor"
    )
    found = compare(SUM, stops, "1 2\n3 4\n5 6\n")
    assert (found.answer, found.n_equal > 0) == (Answer.DIVERGENT, True)


def test_white_space_at_the_ends_of_lines_is_no_difference_and_inside_it_is(compare: type_compare) -> None:
    assert compare(SUM, SUM.replace("split())))", "split())), end=' \\n')"), "1 2\n").answer is (Answer.EQUIVALENT)
    assert compare("print('a b')", "print('a  b')", "").answer is Answer.DIVERGENT


def test_a_target_that_fails_differs_and_says_how_it_ended(compare: type_compare) -> None:
    found = compare(SUM, SUM + "raise SystemExit(3)\n", "1 2\n")
    assert found.answer is Answer.DIVERGENT
    assert "ends with: exception" in found.actual


def test_texts_on_which_the_source_fails_are_outside(compare: type_compare) -> None:
    found = compare(SUM, SUM, "one\n", "1\n")
    assert (found.answer, found.n_outside > 0) == (Answer.EQUIVALENT, True)
    found = compare(SUM, SUM, "one\n")
    assert (found.answer, "fails on every text" in found.reason) == (Answer.UNDECIDED, True)


def test_a_source_that_prints_otherwise_each_time_is_undecided(compare: type_compare) -> None:
    source = "import time\nprint(time.perf_counter_ns())\n"
    assert compare(source, source, "").answer is Answer.UNDECIDED


def test_numbers_that_count_what_follows_are_not_moved() -> None:
    rng = random.Random(0)
    made = {programs._moved("2\n3 50\n10 20 90\n3 4 5\n", rng) for _ in range(60)}
    assert len(made) > 20
    assert {text.splitlines()[0] for text in made} == {"2"}
    assert {text.split()[1] for text in made} == {"3"}
    numbers = {int(word) for text in made for word in text.split()}
    assert max(numbers) <= 90


def test_the_lines_of_a_text_for_cpp_stay() -> None:
    made = programs._made(["1 7\n2 9\n8 30\n"], random.Random(0), drops=False)
    assert made
    assert {text.count("\n") for text in made} == {3}
