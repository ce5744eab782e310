import pytest

from semalign.systems.translation.agents.hints import hints
from semalign.systems.translation.agents.reply import bare, code_in
from semalign.systems.translation.agents.syntax_fixer import causes
from semalign.systems.translation.skeleton import class_name, skeleton


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("```java\nint f(){}\n```", "int f(){}"),
        ("First.\n```\nint g;\n```\nThen\n```java\nint f() { return 1; }\n```", "int f() { return 1; }"),
        ("```cpp\nint f() {", "int f() {"),  # cut in the middle
        ("int f() {}\n", "int f() {}"),
        ("I can't do that.", ""),
        ("", ""),
        ("```c++\nint f(int a);\n```", "int f(int a);"),
    ],
)
def test_the_code_of_a_reply(reply: str, code: str) -> None:
    assert code_in(reply, "f") == code


def test_java_comes_without_its_class_and_main() -> None:
    code = (
        "import java.util.*;\n\npublic class Main {\n    static int k = 3;\n    static int f(int a) { return a; }\n"
        "    public static void main(String[] a) { f(1); }\n}\nclass Pair { int x; }\n"
    )
    found = bare(code, "java", "f")
    assert found.startswith("import java.util.*;\n")
    assert "static class Pair { int x; }" in found
    assert "    static int k = 3;\n    static int f(int a) { return a; }" in found
    assert "main" not in found
    assert "class Main" not in found


def test_a_java_class_that_does_not_hold_the_function_stays() -> None:
    code = "static int f(Node n) { return n.x; }\n"
    assert bare(code, "java", "f") == code


def test_cpp_comes_without_main() -> None:
    code = "#include <vector>\nint f(int a) { return a; }\nint main() { return f(1); }\n"
    assert bare(code, "cpp", "f") == "#include <vector>\nint f(int a) { return a; }\n"


def test_python_comes_without_what_runs_it() -> None:
    code = 'import math\n\ndef f(a):\n    print(a)\n    return a\n\nprint(f(1))\nif __name__ == "__main__":\n    f(2)\n'
    assert bare(code, "python", "f") == "import math\n\ndef f(a):\n    print(a)\n    return a\n"


@pytest.mark.parametrize("text", ["", "}}}{{{", "def f(:", "\x00", "class A { int f( }"])
@pytest.mark.parametrize("language", ["python", "java", "cpp"])
def test_whatever_a_model_says_is_taken(text: str, language: str) -> None:
    assert isinstance(bare(text, language, "f"), str)


def test_diagnostics_with_one_cause_are_told_once() -> None:
    notes = ("3:1: cannot find symbol 'a'", "5:2: cannot find symbol 'b'", "9:1: ';' expected")
    assert causes(notes) == ["lines 3, 5: cannot find symbol 'a'", "line 9: ';' expected"]


def test_hints_follow_the_pair_and_the_text() -> None:
    assert any("round down" in one for one in hints("a // b", "python", "java"))
    assert not hints("return a", "python", "java")
    assert not hints("a // b", "java", "cpp")


@pytest.mark.parametrize("language", ["python", "java", "cpp"])
def test_a_skeleton_has_a_hole(language: str) -> None:
    program, before = skeleton(language, "two sum").fill("HERE")
    assert program.splitlines()[before] == "HERE"


def test_class_names() -> None:
    assert [class_name(one) for one in ("two_sum", "3sum", "a-b.c", "Total")] == [
        "TwoSum",
        "Program3sum",
        "ABC",
        "Total",
    ]
