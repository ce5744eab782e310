import random
from fractions import Fraction

import pytest

from semalign.grading.verdict import CaseResult, Cause, Verdict
from semalign.rewards.answers import parse, read_value
from semalign.rewards.generation import GenerationForm, generation_reward
from semalign.rewards.item import AlignmentItem, Kind, Origin
from semalign.rewards.score import Score
from semalign.rewards.semantics import SemanticsForm, semantics_reward
from semalign.traces.final import Certificate, VariableRef
from semalign.values.model import Bool, Float, Int, List, Map, Null, Set, Text, Tuple, Value


def verdict(*causes: Cause, n_cases: int = 0) -> Verdict:
    cases = tuple(CaseResult(case_id=str(i), cause=cause) for i, cause in enumerate(causes))
    return Verdict(program_digest="d", cases=cases, n_cases=n_cases or len(cases), grader_version="1")


PASS, WRONG = Cause.PASSED, Cause.WRONG


@pytest.mark.parametrize(
    ("form", "causes", "value"),
    [
        (GenerationForm.ALL, (PASS, PASS, PASS), 1),
        (GenerationForm.ALL, (PASS, PASS, WRONG), 0),
        (GenerationForm.PASS_RATE, (PASS, PASS, Cause.TIMEOUT), Fraction(2, 3)),
        (GenerationForm.ALL_THEN_RATE, (PASS, PASS, WRONG), Fraction(1, 3)),
        (GenerationForm.ALL_THEN_RATE, (PASS,), 1),
    ],
)
def test_each_form_gives_its_number(form: GenerationForm, causes: tuple[Cause, ...], value: Fraction) -> None:
    assert generation_reward(verdict(*causes), form).value == value


def test_a_case_that_was_not_run_is_not_passed() -> None:
    assert generation_reward(verdict(PASS, n_cases=2)).value == 0
    assert generation_reward(verdict(PASS, n_cases=2), GenerationForm.PASS_RATE).value == Fraction(1, 2)


@pytest.mark.parametrize("cause", [Cause.INFRA, Cause.FLAKY])
def test_what_the_machine_or_chance_did_is_unscored_and_never_0(cause: Cause) -> None:
    for form in GenerationForm:
        found = generation_reward(verdict(PASS, cause), form)
        assert found.value is None
        assert found.unscored is not None
        assert cause.value in found.unscored
    assert generation_reward(verdict(n_cases=1)).unscored == "no case was run"
    with pytest.raises(ValueError, match="either a value or the reason"):
        Score()


def item(*labels: Value, names: str = "abcdefgh", ask_output: bool = False) -> AlignmentItem:
    return AlignmentItem(
        program="def f(): ...",
        entry="f",
        arguments=(),
        asked=tuple(VariableRef(scope="f", call=1, name=name) for name in names[: len(labels)]),
        labels=labels,
        ask_output=ask_output,
        output="7\n",
        certificate=Certificate(runs=2, clock_shift_s=1.0, digest=""),
        origin=Origin(problem_id="p", step=0, rollout_id="r", kind=Kind.FAILED),
    )


FORMATS = [
    "a = 3\nb = [1, 2]",
    "a = 3\nb = [1, 2].",
    "a: 3\nb: [1, 2]",
    "`a` = 3\n`b` = `[1, 2]`",
    "- a = 3\n- b = [1, 2]",
    "**Answer**\na -> 3\nb -> [1,2]",
    '{"a": 3, "b": [1, 2]}',
    "{'a': 3, 'b': [1, 2]}",
    '```json\n{"a": 3, "b": [1, 2]}\n```',
    '```\n{"a": 3,\n "b": [1,\n 2]}\n```',
    "```python\na = 3\nb = [1, 2]\n```",
    'The loop runs twice {so}.\n{"a": 3, "b": [1, 2]}\nThat is all.',
    "```python\nb = [0]\na = 0\n```\nNo:\n```python\na = 3\nb = [1, 2]\n```",
    '{"a": 0, "b": []} is wrong, so {"a": 3, "b": [1, 2]}',
    '```json\n{"a": 3, "b": [1, 2]',
    "a = 3\r\nb = [1, 2]\r\n",
    "a = 3 \nb = list((1, 2))",
]


@pytest.mark.parametrize("text", FORMATS)
def test_every_usual_way_to_write_an_answer_is_understood(text: str) -> None:
    expected = 0 if text.endswith("[1, 2]") and text.startswith("```json") else 1
    found = semantics_reward(item(Int(3), List((Int(1), Int(2)))), text)
    assert found.value == expected, found


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("None", Null()), ("null", Null()), ("True", Bool(True)), ("true", Bool(True)), ("-3", Int(-3)),
        ("1e3", Float(1000.0)), ("inf", Float(float("inf"))), ("-inf", Float(float("-inf"))),
        ("NaN", Float(float("nan"))),
        ("'a\\n'", Text("a\n")), ('"null"', Text("null")), ("(1,)", Tuple((Int(1),))), ("set()", Set(())),
        ("frozenset({1})", Set((Int(1),))), ("deque([1])", List((Int(1),))), ("{}", Map(())),
        ("Counter({'a': 2})", Map(((Text("a"), Int(2)),))),
        ("{(1, 2): None}", Map(((Tuple((Int(1), Int(2))), Null()),))),
        ("[null, false]", List((Null(), Bool(False)))), ("1 + 1", None), ("f(3)", None), ("", None), ("[1", None),
        ("__import__('os')", None), ("[" * 5000, None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_values_are_read_in_the_spelling_of_python_and_of_json(text: str, value: Value | None) -> None:
    assert read_value(text) == value


def test_the_paper_pays_by_share_and_the_released_code_otherwise() -> None:
    asked = item(Int(1), Int(2), Int(3), ask_output=True)
    text = "a = 1\nb = 2\nc = 4\noutput = '7'"
    assert semantics_reward(asked, text).value == Fraction(3, 4)
    assert semantics_reward(asked, text, SemanticsForm.RELEASED).value == Fraction(1, 10) + Fraction(27, 40)
    assert semantics_reward(asked, "nothing").value == 0
    assert semantics_reward(asked, "nothing", SemanticsForm.RELEASED).value == Fraction(1, 10)
    assert semantics_reward(asked, text).parts == {"a": 1.0, "b": 1.0, "c": 0.0, "output": 1.0, "format_ok": 1.0}


@pytest.mark.parametrize(
    ("label", "said", "is_right"),
    [
        (Int(1), "True", False), (Bool(True), "1", False), (Tuple((Int(1),)), "[1]", False),
        (List((Int(1),)), "(1,)", False),
        (Float(0.1), "0.10000000000001", True), (Float(0.1), "0.1001", False), (Int(1), "1.0", False),
        (Text("1"), "1", False), (Map(((Int(1), Int(2)),)), '{"1": 2}', True), (Set((Int(2), Int(1))), "{1, 2}", True),
        (Map(((Text("1"), Int(2)),)), "{1: 2}", False), (Float(float("nan")), "nan", True),
    ],
)  # fmt: skip
def test_answers_are_typed(label: Value, said: str, is_right: bool) -> None:
    assert semantics_reward(item(label), f"a = {said}").value == is_right


def test_names_that_two_scopes_share_are_told_apart() -> None:
    refs = [VariableRef(scope=s, call=c, name="n") for s, c in (("f", 1), ("f", 2), ("g", 1))]
    base = item(Int(1))
    asked = AlignmentItem(
        program=base.program, entry="f", arguments=(), asked=tuple(refs), labels=(Int(1), Int(2), Int(3)),
        certificate=base.certificate, origin=base.origin,
    )  # fmt: skip
    assert asked.names == ("f.n#1", "f.n#2", "g.n")
    assert semantics_reward(asked, "f.n#1 = 1\nf.n#2 = 2\ng.n = 3").value == 1
    assert semantics_reward(asked, '{"f.n#1": 1, "f.n#2": 2, "g.n": 3}').value == 1


def test_the_same_question_is_one_question_whoever_wrote_the_program() -> None:
    assert item(Int(1)).item_id == item(Int(9)).item_id
    assert item(Int(1)).item_id != item(Int(1), ask_output=True).item_id
    with pytest.raises(ValueError, match="asks for something"):
        item()


def test_no_text_makes_the_parser_raise() -> None:
    drawn = random.Random(5)
    pieces = ["a", "b", " = ", ":", "{", "}", "[", "]", "(", ")", '"', "'", "\\", "\n", "```", "json", "1", "-",
              ".", ",", "\x00", "é", "null", "None", "lambda:", "*", "{**{}}", "\ud800", "f''", "0x",
              "1_0", "#", "=" * 3]  # fmt: skip
    for _ in range(20_000):
        text = "".join(drawn.choice(pieces) for _ in range(drawn.randint(0, 25)))
        found = parse(text, ("a", "b"))
        assert set(found.values) <= {"a", "b"}
    assert parse("x" * 10**6, ("a",)).values == {}
    assert parse("{" * 10**5 + '"a"' + "}" * 10**5, ("a",)).values == {}
    assert parse('{"a": ' * 10**4, ("a",)).values == {}
