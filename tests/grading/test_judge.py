from collections.abc import Callable, Iterator

import pytest

from semalign.core.errors import ConfigError, SandboxError
from semalign.grading.case import CallCase, CodeCase, StreamCase, Suite
from semalign.grading.judge import Isolation, Judge, JudgeConfig
from semalign.grading.self_test import Gold, check_gold, check_judge
from semalign.grading.verdict import Cause
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits, Outcome, Program, Sandbox, Service, Tier
from semalign.sandbox.pool import Pool
from semalign.values.model import Bool, Int, List, Raised, Text, Tuple, Value


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Pool]:
    with open_sandbox(workers=2) as opened:
        yield opened


def calls(*pairs: tuple[tuple[Value, ...], Value], wall_s: float = 1.0) -> Suite:
    cases = tuple(CallCase(case_id=str(i), args=args, expected=expected) for i, (args, expected) in enumerate(pairs))
    return Suite(entry="f", cases=cases, limits=Limits(wall_s=wall_s))


SUM = calls(((List((Int(1), Int(2))),), Int(3)), ((List(()),), Int(0)), ((List((Int(5),)),), Int(5)))


@pytest.mark.parametrize("isolation", list(Isolation))
def test_gold_passes_and_spoiled_gold_does_not(sandbox: Pool, isolation: Isolation) -> None:
    judge = Judge(sandbox, JudgeConfig(isolation=isolation))
    assert judge.judge("def f(a):\n    return sum(a)\n", SUM).passed
    spoiled = judge.judge("def f(a):\n    return sum(a) + (not a)\n", SUM)
    assert not spoiled.passed
    assert [case.cause for case in spoiled.cases] == [Cause.PASSED, Cause.WRONG]
    assert spoiled.first_failure is not None
    assert spoiled.first_failure.difference == "1, expected 0"


@pytest.mark.parametrize(
    ("program", "cause"),
    [
        ("def f(a):\n    return 1 // 0\n", Cause.EXCEPTION),
        ("def f(a):\n    raise SystemExit(0)\n", Cause.EXCEPTION),
        ("import os\ndef f(a):\n    os._exit(0)\n", Cause.EXCEPTION),
        ("def f(a):\n    while True:\n        pass\n", Cause.TIMEOUT),
        ("def f(a):\n    return 'x' * (1 << 40)\n", Cause.MEMORY),
        ("def f(a):\n    while True:\n        print('x' * 1000)\n", Cause.OUTPUT_CAP),
        ("def g(a):\n    return sum(a)\n", Cause.REFUSED),
        ("def f(a:\n", Cause.EXCEPTION),
        ("def f(a, b):\n    return sum(a)\n", Cause.EXCEPTION),
        ("", Cause.REFUSED),
        ("def f(a):\n    return lambda: 3\n", Cause.WRONG),
        ("def f(a):\n    return sum(range(10**12))\n", Cause.TIMEOUT),
        ("def f(a):\n    return '\ud800'\n", Cause.EXCEPTION),
        ("def f(a):\n    return 'naïve'\n", Cause.WRONG),
    ],
)
def test_a_wrong_program_gets_its_cause(sandbox: Pool, program: str, cause: Cause) -> None:
    verdict = Judge(sandbox).judge(program, SUM)
    assert (verdict.passed, verdict.scorable, verdict.cases[0].cause) == (False, True, cause)


def test_an_endless_loop_is_stopped_once_and_a_pass_rate_asks_for_all_cases(sandbox: Pool) -> None:
    program = "def f(a):\n    while len(a) == 1:\n        pass\n    return sum(a)\n"
    first = calls(((List((Int(5),)),), Int(5)), ((List((Int(6),)),), Int(6)), ((List(()),), Int(0)), wall_s=0.5)
    assert [case.cause for case in Judge(sandbox).judge(program, first).cases] == [Cause.TIMEOUT]
    whole = Judge(sandbox, JudgeConfig(stop_after_failure=False)).judge(program, first)
    assert [case.cause for case in whole.cases] == [Cause.TIMEOUT, Cause.TIMEOUT, Cause.PASSED]
    assert whole.pass_rate.numerator == 1
    assert whole.pass_rate.denominator == 3


def test_methods_lambdas_and_names_with_an_owner_can_be_entries(sandbox: Pool) -> None:
    judge = Judge(sandbox)
    body = "    def f(self, a):\n        return sum(a)\n"
    assert judge.judge(f"class Solution:\n{body}", SUM).passed
    assert judge.judge("f = lambda a: sum(a)\n", SUM).passed
    assert judge.judge("# \u279e \ud800\nf = lambda a: sum(a)\n", SUM).cases[0].cause is Cause.EXCEPTION
    assert judge.judge("# \u279e\nf = lambda a: sum(a)\n", SUM).passed
    assert judge.judge("from builtins import sum as f\n", SUM).passed
    twice = judge.judge(f"class A:\n{body}\nclass B:\n{body}", SUM)
    assert twice.cases[0].cause is Cause.REFUSED


def test_answers_are_typed_and_an_expected_exception_is_one(sandbox: Pool) -> None:
    judge = Judge(sandbox)
    assert not judge.judge("def f(a):\n    return True\n", calls(((Int(1),), Int(1)))).passed
    assert judge.judge("def f(a):\n    return (1, 2.0)\n", calls(((Int(1),), List((Int(1), Int(2)))))).passed
    assert not judge.judge("def f(a):\n    return '1'\n", calls(((Int(1),), Int(1)))).passed
    raises = calls(((Int(1),), Raised("ValueError", "")))
    assert judge.judge("def f(a):\n    raise ValueError('x')\n", raises).passed
    assert not judge.judge("def f(a):\n    raise KeyError('x')\n", raises).passed
    assert not judge.judge("def f(a):\n    return 1\n", raises).passed
    assert judge.judge("def f(a):\n    return a\n", calls(((Tuple((Bool(True),)),), List((Bool(True),))))).passed


def test_a_long_answer_is_compared_to_its_end(sandbox: Pool) -> None:
    suite = calls(((Int(50_000),), List(tuple(map(Int, range(50_000))))))
    judge = Judge(sandbox)
    assert judge.judge("def f(n):\n    return list(range(n))\n", suite).passed
    wrong = judge.judge("def f(n):\n    return [*range(n - 1), 0]\n", suite).cases[0]
    assert (wrong.cause, "[49999]" in str(wrong.difference)) == (Cause.WRONG, True)


def test_cases_share_no_state(sandbox: Pool) -> None:
    program = "seen = []\ndef f(a):\n    seen.append(a)\n    return len(seen)\n"
    assert Judge(sandbox).judge(program, calls(((Int(1),), Int(1)), ((Int(2),), Int(1)))).passed


def test_a_program_that_reads_is_compared_by_what_it_prints(sandbox: Pool) -> None:
    cases = (
        StreamCase(case_id="a", stdin="3 4\n", expected="7\n"),
        StreamCase(case_id="b", stdin="1 1", expected="2.0"),
    )
    judge = Judge(sandbox)
    assert judge.judge("a, b = map(int, input().split())\nprint(a + b, '')\nprint()\n", Suite(cases=cases)).passed
    wrong = judge.judge("print(7)\n", Suite(cases=cases))
    assert [case.cause for case in wrong.cases] == [Cause.PASSED, Cause.WRONG]
    assert judge.judge("input(); print(7); raise SystemExit(3)", Suite(cases=cases)).cases[0].cause is Cause.EXCEPTION


CHECK = """
def check(candidate):
    assert candidate([3, 1, 2]) == [1, 2, 3]
    assert candidate([]) == []
    for n in range(3):
        assert len(candidate(list(range(n)))) == n, "length"
    try:
        candidate(None)
    except TypeError:
        pass
    else:
        raise AssertionError("takes None")
"""


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        ("return sorted(a)", Cause.PASSED),
        ("return a", Cause.WRONG),
        ("return [1, 2, 3] if a == [3, 1, 2] else []", Cause.WRONG),
        ("return sorted(a or [])", Cause.WRONG),
        ("while a:\n        pass\n    return a", Cause.TIMEOUT),
    ],
)
def test_tests_that_are_code_are_examined_without_the_program(sandbox: Pool, body: str, cause: Cause) -> None:
    suite = Suite(entry="f", cases=(CodeCase(case_id="check", code=CHECK),), limits=Limits(wall_s=0.5))
    verdict = Judge(sandbox).judge(f"def f(a):\n    {body}\n", suite)
    assert verdict.cases[0].cause is cause, verdict.cases[0].difference


def test_a_test_sees_what_a_call_did_to_its_arguments(sandbox: Pool) -> None:
    code = "a = [2, 1]\nf(a)\nassert a == [1, 2], a\n"
    suite = Suite(entry="f", cases=(CodeCase(case_id="1", code=code),))
    judge = Judge(sandbox)
    assert judge.judge("def f(a):\n    a.sort()\n", suite).passed
    assert judge.judge("def f(a):\n    return sorted(a)\n", suite).cases[0].difference == "[2, 1]"


@pytest.mark.parametrize(
    ("code", "body", "cause"),
    [
        ("assert f(lambda: 1) == 1", "return a()", Cause.INFRA),
        ("assert f(a=1) == 1", "return a", Cause.INFRA),
        ("n = 0\nwhile n < 9:\n    n = f(n)\n", "return a + 1", Cause.PASSED),
        ("n = 0\nwhile n < 1 << 40:\n    n = f(n)\n", "return a + 1", Cause.TIMEOUT),
        ("assert f(1) == 1, f(2)", "return 'x' * 60000 + str(a)", Cause.WRONG),
        ("f(1)", "return b''.decode(a)", Cause.EXCEPTION),
        ("try:\n    f(b'\\xff')\nexcept UnicodeDecodeError:\n    pass\n", "return a.decode()", Cause.PASSED),
        ("try:\n    f(b'\\xff')\nexcept TypeError:\n    pass\n", "return a.decode()", Cause.EXCEPTION),
        ("f(1)", "raise AssertionError('mine')", Cause.EXCEPTION),
    ],
)
def test_what_ends_an_examination_is_told_apart(
    sandbox: Pool, monkeypatch: pytest.MonkeyPatch, code: str, body: str, cause: Cause
) -> None:
    monkeypatch.setattr("semalign.grading.examiner.MAX_ROUNDS", 20)
    suite = Suite(entry="f", cases=(CodeCase(case_id="1", code=code),))
    found = Judge(sandbox).judge(f"def f(a):\n    {body}\n", suite).cases[0]
    assert found.cause is cause, found.difference


def test_a_test_that_hangs_on_an_answer_is_no_fault_of_the_machine(
    sandbox: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("semalign.grading.examiner._WALL_S", 0.5)
    suite = Suite(entry="f", cases=(CodeCase(case_id="1", code="while f(1) == 1:\n    pass\n"),))
    assert Judge(sandbox).judge("def f(a):\n    return 1\n", suite).cases[0].cause is Cause.TIMEOUT
    assert Judge(sandbox).judge("def f(a):\n    return 2\n", suite).passed


def test_an_object_that_equals_everything_meets_no_assert(sandbox: Pool) -> None:
    program = "class E:\n    def __eq__(self, other):\n        return True\ndef f(a):\n    return E()\n"
    code = Suite(entry="f", cases=(CodeCase(case_id="1", code="assert f([1]) == [1]"),))
    assert not Judge(sandbox).judge(program, code).passed
    assert not Judge(sandbox).judge(program, SUM).passed


class Broken:
    """A sandbox of which every n-th run fails as a machine does."""

    def __init__(self, inner: Sandbox, every: int) -> None:
        self.inner, self.every, self.n = inner, every, 0

    @property
    def tier(self) -> Tier:
        return self.inner.tier

    def run(self, program: Program, *, stdin: bytes = b"", limits: Limits) -> Outcome:
        self.n += 1
        if self.n % self.every == 0:
            raise SandboxError("no room for another process")
        return self.inner.run(program, stdin=stdin, limits=limits)

    def serve(self, *_args: object, **_named: object) -> Service:
        raise NotImplementedError

    def close(self) -> None:
        self.inner.close()


def test_a_machine_that_fails_is_tried_again_and_never_counts_against_a_program(sandbox: Pool) -> None:
    right = "def f(a):\n    return sum(a)\n"
    assert Judge(Broken(sandbox, 2)).judge(right, SUM).passed is True  # the second run of two
    once = Judge(Broken(sandbox, 2), JudgeConfig(retries=0, isolation=Isolation.CASE, stop_after_failure=False))
    assert [case.cause for case in once.judge(right, SUM).cases] == [Cause.PASSED, Cause.INFRA, Cause.PASSED]
    dead = Judge(Broken(sandbox, 1)).judge(right, SUM)
    assert (dead.scorable, dead.passed) == (False, False)
    assert {case.cause for case in dead.cases} == {Cause.INFRA}


def test_runs_that_disagree_are_flaky(sandbox: Pool) -> None:
    program = "import os\ndef f(a):\n    return os.urandom(1)[0] % 2\n"
    suite = calls(*(((Int(i),), Int(1)) for i in range(8)))
    verdict = Judge(sandbox, JudgeConfig(runs=3, stop_after_failure=False)).judge(program, suite)
    assert Cause.FLAKY in {case.cause for case in verdict.cases}
    assert not verdict.scorable


def test_verdicts_come_in_the_order_of_the_jobs(sandbox: Pool) -> None:
    jobs = [(f"def f(n):\n    return n + {i}\n", calls(((Int(0),), Int(2)))) for i in range(5)]
    assert [v.passed for v in Judge(sandbox).judge_all(jobs)] == [False, False, True, False, False]


def test_a_judge_that_says_yes_to_all_is_found_out_and_gold_that_fails_is_named(sandbox: Pool) -> None:
    check_judge(Judge(sandbox))
    with pytest.raises(SandboxError, match="fails its own test"):
        check_judge(Judge(Broken(sandbox, 1)))
    check_gold(Judge(sandbox), [Gold(name="sum", program="def f(a):\n    return sum(a)\n", suite=SUM)])
    with pytest.raises(ConfigError, match=r"1 of 1 problems: sum \(case 0: wrong, 0, expected 3\)"):
        check_gold(Judge(sandbox), [Gold(name="sum", program="def f(a):\n    return 0\n", suite=SUM)])


@pytest.mark.parametrize(
    "make",
    [
        lambda: Suite(cases=(CallCase(case_id="1", args=(), expected=Text("")),)),
        lambda: Suite(cases=(StreamCase(case_id="1", stdin="", expected=""),) * 2),
        lambda: JudgeConfig(runs=0),
        lambda: JudgeConfig(retries=-1),
    ],
)
def test_what_can_not_be_judged_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        make()
