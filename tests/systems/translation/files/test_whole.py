"""Whole files on real programs and compilers; drafts are files or a model's script, so that what they say is known."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError, ModelDownError
from semalign.models import BudgetConfig, Model, Request, Scripted
from semalign.repair import Journal
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation.files.file_translation import FileTranslation, PartDone
from semalign.systems.translation.files.reading import parts_of
from semalign.systems.translation.files.whole import translate_file
from semalign.systems.translation.translation import Agent, TranslateConfig
from semalign.systems.translation.verdict import Answer
from tests.systems.translation.files.shop import CPP, FILES, JAVA, PYTHON, SUFFIXES

TEXT = "12 400 7\n\n-5 88\n9 9 1200\n"
type_run = Callable[..., FileTranslation]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> type_run:
    def run(
        source: str, to: str, *, text: str = "", draft: str | None = None, model: Model | None = None,
        journal: Journal | None = None, texts: Sequence[str] = (), **changes: object,
    ) -> FileTranslation:  # fmt: skip
        path = tmp_path / f"shop{SUFFIXES[source]}"
        path.write_text(text or FILES[source])
        drafted = None
        if draft is not None:
            drafted = tmp_path / f"draft{SUFFIXES[to]}"
            drafted.write_text(draft)
        config = TranslateConfig(source=path, to=to, draft=drafted, max_inputs=150, **changes)  # type: ignore[arg-type]
        return translate_file(config, sandbox, model, texts=texts, journal=journal)

    return run


def named(done: FileTranslation, name: str) -> PartDone:
    (found,) = (one for one in done.parts if name in one.part.names)
    return found


def judged(done: FileTranslation) -> dict[str, Answer | None]:
    return {one.part.name: one.answer for one in done.parts}


@pytest.mark.parametrize(("source", "to"), [("python", "java"), ("python", "cpp"), ("java", "python")])
def test_each_part_of_a_right_draft_is_kept_and_each_function_judged(run: type_run, source: str, to: str) -> None:
    done = run(source, to, draft=FILES[to], texts=[TEXT])
    equal = Answer.EQUIVALENT
    assert [one.part.name for one in done.parts] == ["LIMIT", "Order", "share", "cap", "top", "main"]
    assert judged(done) == {
        "LIMIT": None, "Order": None, "share": equal, "cap": equal, "top": equal, "main": equal
    }  # fmt: skip
    assert done.answer is Answer.EQUIVALENT
    assert "3 functions equivalent, each alone; both programs print the same on" in done.reason
    assert done.left == ()
    names = {name for part in parts_of(done.program, to).parts for name in part.names}
    assert names == {"LIMIT", "Order", "share", "cap", "top", "main"}


def test_a_wrong_callee_is_mended_before_its_caller(run: type_run) -> None:
    wrong = JAVA.replace("Math.floorDiv((long) total, (long) people)", "(long) total / people")
    done = run("python", "java", draft=wrong)
    assert "floorDiv" in named(done, "share").text
    assert [len(named(done, name).translations[0].attempts) > 0 for name in ("share", "cap")] == [True, False]
    assert named(done, "cap").answer is Answer.EQUIVALENT


def test_a_function_that_is_not_mended_is_divergent_and_kept(run: type_run) -> None:
    wrong = JAVA.replace("long best = 0;", "long best = 777;")
    done = run("python", "java", draft=wrong, without=frozenset({Agent.FIXERS}))
    assert (done.answer, named(done, "top").answer) == (Answer.DIVERGENT, Answer.DIVERGENT)
    assert done.reason.startswith("top: ")
    assert "777" in done.program


def test_what_the_draft_lacks_is_listed_in_the_result_and_in_the_file(run: type_run) -> None:
    lacking = re.sub(r"def top.*?return best\n", "", PYTHON, flags=re.DOTALL)
    done = run("java", "python", draft=lacking)
    assert [one.part.name for one in done.left] == ["top"]
    assert done.answer is Answer.UNDECIDED
    assert done.program.startswith("# not translated: top: the draft has nothing of this name\n")
    assert named(done, "cap").answer is Answer.EQUIVALENT


def test_what_only_the_draft_has_comes_along_and_other_spellings_are_found(run: type_run) -> None:
    helped = CPP.replace("long long share(", "long long floored(").replace(
        "long long cap(", "long long share(int total, int people) { return floored(total, people); }\n\nlong long Cap("
    ).replace("cap(value)", "Cap(value)")  # fmt: skip
    done = run("python", "cpp", draft=helped)
    assert "floored" in named(done, "share").text
    assert {named(done, name).answer for name in ("share", "cap", "top")} == {Answer.EQUIVALENT}
    assert "Cap" not in done.program


EVEN = """def even(n: int) -> bool:
    return n == 0 or odd(n - 1)


def odd(n: int) -> bool:
    return n != 0 and even(n - 1)


for i in range(9):
    print(even(i), odd(i))
"""
EVEN_CPP = """bool odd(int n);
bool even(int n) { return n == 0 || odd(n - 1); }
bool odd(int n) { return n != 0 && even(n - 1); }
"""


def test_functions_that_call_each_other_are_each_judged(run: type_run) -> None:
    done = run("python", "cpp", text=EVEN, draft=EVEN_CPP)
    (pair,) = (one for one in done.parts if one.part.name == "even, odd")
    assert [one.function for one in pair.translations] == ["even", "odd"]
    assert pair.answer is Answer.EQUIVALENT


def test_a_function_that_can_not_be_called_alone_is_undecided_and_kept(run: type_run) -> None:
    source = PYTHON.replace("def share", "def worth(order: Order) -> int:\n    return order.capped()\n\n\ndef share")
    draft = JAVA.replace(
        "static long share", "static long worth(Order order) { return order.capped(); }\n\nstatic long share"
    )
    done = run("python", "java", text=source, draft=draft)
    assert named(done, "worth").answer is Answer.UNDECIDED
    assert "worth(Order order)" in done.program
    assert done.builds


def test_a_draft_that_builds_and_can_not_be_called_is_undecided_and_kept(run: type_run) -> None:
    twice = CPP.replace("long long cap(", "double cap(double value) { return value; }\n\nlong long cap(")
    done = run("python", "cpp", draft=twice)
    assert named(done, "cap").answer is Answer.UNDECIDED
    assert "overloaded" in named(done, "cap").reason
    assert done.left == ()


def test_shorthands_of_cpp_are_told_to_the_model_and_not_translated(run: type_run) -> None:
    source = "typedef long long ll;\n#define sq(x) ((ll) (x) * (x))\n#define TWO 2\n" + (
        "ll twice(int n) {\n    ll r = sq(n % 1000);\n    return r * TWO;\n}\n"
    )
    replies = ("TWO = 2", "def twice(n: int) -> int:\n    return (abs(n) % 1000) ** 2 * TWO")
    model = Scripted([f"```python\n{reply}\n```" for reply in replies])
    done = run("cpp", "python", text=source, model=model)
    assert [one.part.name for one in done.parts] == ["TWO", "twice"]
    assert done.answer is Answer.EQUIVALENT, done.reason
    asked = model.requests[1].messages[-1].text
    assert "typedef long long ll;" in asked
    assert "#define sq(x)" in asked


def test_a_program_that_prints_otherwise_is_divergent_though_its_functions_are_not(run: type_run) -> None:
    wrong = JAVA.replace('" " + new', '"  " + new')
    done = run("python", "java", draft=wrong, texts=[TEXT])
    assert {named(done, name).answer for name in ("share", "cap", "top")} == {Answer.EQUIVALENT}
    assert (done.answer, named(done, "main").answer) == (Answer.DIVERGENT, Answer.DIVERGENT)
    assert done.compared is not None
    assert (done.compared.expected, done.compared.actual) == ("100 3", "100  3")


def test_a_program_that_reads_is_undecided_without_texts(run: type_run) -> None:
    done = run("python", "cpp", text=READING, draft=READING_CPP)
    assert done.answer is Answer.UNDECIDED
    assert "--stdin" in named(done, "main").reason


def test_a_function_that_reads_is_judged_by_its_program(run: type_run) -> None:
    done = run("python", "cpp", text=READING, draft=READING_CPP, texts=["3\n4 5\n"])
    assert named(done, "numbers").answer is Answer.EQUIVALENT
    assert "as a part of the program" in named(done, "numbers").reason
    assert done.answer is Answer.EQUIVALENT


def test_calls_that_a_text_leads_to_are_inputs_of_functions(run: type_run) -> None:
    done = run("python", "cpp", text=READING, draft=READING_CPP, texts=["3\n4 5\n"])
    verdict = named(done, "total").translations[0].verdict
    assert verdict is not None
    assert verdict.strength.n_given > 0


READING = """def numbers():
    return [int(word) for word in input().split()]


def total(values, k):
    return sum(values) * k


k = numbers()[0]
print(total(numbers(), k))
"""
READING_CPP = """#include <bits/stdc++.h>
using namespace std;
vector<int> numbers() {
    string line;
    getline(cin, line);
    istringstream words(line);
    vector<int> found;
    for (int word; words >> word;) found.push_back(word);
    return found;
}
long long total(vector<int> values, int k) {
    long long sum = 0;
    for (int value : values) sum += value;
    return sum * k;
}
int main() { int k = numbers()[0]; cout << total(numbers(), k) << endl; }
"""


def said(request: Request) -> str:
    """What a model says that has read the Java file: the part that it is asked for."""
    asked = re.search(r"```python\n(.*?)```", request.messages[-1].text, re.DOTALL)
    assert asked is not None
    (wanted, *_) = parts_of(asked[1], "python").parts
    known = {part.name: part.text for part in parts_of(JAVA, "java").parts}
    return f"Here:\n```java\n{known[wanted.name]}\n```"


def test_a_model_is_asked_for_each_part_and_told_what_is_there(run: type_run) -> None:
    model = Scripted(said)
    done = run("python", "java", model=model)
    assert done.left == ()
    assert {named(done, name).answer for name in ("share", "cap", "top")} == {Answer.EQUIVALENT}
    asked = [request.messages[-1].text for request in model.requests]
    assert len(asked) == len(done.parts)
    assert "static long share(int total, int people)" in asked[3].partition("there already")[2]
    assert {name: one.calls for name, one in done.spent.items()} == {"porter": 3, "translator": 3}


def test_a_main_that_prints_otherwise_is_asked_for_again_with_the_difference(run: type_run) -> None:
    def stumbles(request: Request) -> str:
        reply = said(request)
        return reply if "tried before" in request.messages[-1].text else reply.replace('" " + new', '"  " + new')

    model = Scripted(stumbles)
    done = run("python", "java", model=model, texts=[TEXT], budget=BudgetConfig(calls=20))
    assert done.answer is Answer.EQUIVALENT
    assert "prints '100 3', the target '100  3'" in model.requests[-1].messages[-1].text


def test_what_a_model_repeats_of_the_file_is_cut_off(run: type_run) -> None:
    def repeats(request: Request) -> str:
        reply = said(request)
        if "long cap(" not in reply:
            return reply
        again = "static final int LIMIT = 5;\nstatic long share(int total, int people) { return total / people; }\n"
        return reply.replace("```java\n", f"```java\nclass Main {{\n{again}").replace("\n```", "\n}\n```")

    done = run("python", "java", model=Scripted(repeats), without=frozenset({Agent.FIXERS}))
    assert named(done, "cap").answer is Answer.EQUIVALENT
    assert done.program.count("share(int total") == done.program.count("LIMIT =") == 1


def test_a_part_that_does_not_build_is_asked_for_again_with_the_compilers_words(run: type_run) -> None:
    def stumbles(request: Request) -> str:
        asked = request.messages[-1].text
        if "LIMIT = 100" in asked.partition("```python\n")[2][:12] and "tried before" not in asked:
            return "```java\nstatic final int LIMIT = hundred;\n```"
        return said(request)

    model = Scripted(stumbles)
    done = run("python", "java", model=model)
    assert done.left == ()
    assert "hundred" in model.requests[1].messages[-1].text
    assert "cannot find symbol" in model.requests[1].messages[-1].text


def test_what_a_model_can_not_write_is_left_with_what_needs_it(run: type_run) -> None:
    def refuses(request: Request) -> str:
        asked = request.messages[-1].text
        return "I would rather not." if "class Order" in asked.partition("```python\n")[2][:12] else said(request)

    done = run("python", "java", model=Scripted(refuses), budget=BudgetConfig(calls=40))
    assert [one.part.name for one in done.left] == ["Order", "main"]
    assert "it needs Order" in named(done, "main").reason
    assert "// not translated: main: it needs Order, which is not translated" in done.program
    assert named(done, "top").answer is Answer.EQUIVALENT


def test_a_file_that_broke_goes_on_and_asks_nothing_twice(run: type_run, tmp_path: Path) -> None:
    path = tmp_path / "work" / "journal.jsonl"

    def down_at_the_fourth(request: Request) -> str:
        if len(first.requests) > 3:
            raise ModelDownError("the endpoint is down; start it")
        return said(request)

    first = Scripted(down_at_the_fourth)
    with pytest.raises(ModelDownError):
        run("python", "java", model=first, journal=Journal(path))
    second = Scripted(said)
    done = run("python", "java", model=second, journal=Journal(path))
    assert len(second.requests) == 3
    third = Scripted([])
    again = run("python", "java", model=third, journal=Journal(path))
    assert (third.requests, again.program, judged(again)) == ([], done.program, judged(done))


def test_a_budget_is_that_of_the_whole_file(run: type_run) -> None:
    model = Scripted(said)
    done = run("python", "java", model=model, budget=BudgetConfig(calls=3))
    assert len(model.requests) == 3
    assert [one.part.name for one in done.left] == ["cap", "top", "main"]
    assert "budget of 3 calls" in named(done, "cap").reason or "budget" in done.stopped
    assert done.answer is Answer.UNDECIDED


def test_requests_that_can_not_be_meant(run: type_run) -> None:
    with pytest.raises(ConfigError, match="--from-draft"):
        run("python", "java")
    with pytest.raises(ConfigError, match="is python already"):
        run("python", "python", draft=PYTHON)
