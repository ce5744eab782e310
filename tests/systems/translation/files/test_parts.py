"""What a file is made of, in three languages, and that callees come first."""

import pytest

from semalign.systems.translation.files.parts import FileParts, Kind, Part, is_shorthand
from semalign.systems.translation.files.reading import guarded, parts_of, without_known

PYTHON = '''"""A docstring is no part."""
import sys
from dataclasses import dataclass

LIMIT = 100


@dataclass
class Order:
    amount: int

    def total(self):
        return min(self.amount, LIMIT)


def top(values):
    return clamp(max(values))


def clamp(value):
    return min(value, LIMIT)


TABLE = [clamp(i) for i in range(3)]


def main():
    values = list(map(int, sys.stdin.read().split()))
    print(top(values), Order(amount=3).total(), TABLE)


if __name__ == "__main__":
    main()
'''
JAVA = """import java.util.*;

public class Shop {
    static final int LIMIT = 100;
    record Order(int amount) { int total() { return Math.min(amount, LIMIT); } }
    static int top(int[] values) { return Shop.clamp(values[0]); }
    static int clamp(int value) { return Math.min(value, LIMIT); }
    static final int[] TABLE = new int[3];
    static { TABLE[0] = clamp(1); }
    static Scanner in = new Scanner(System.in);
    public static void main(String[] args) {
        System.out.println(top(new int[] {in.nextInt()}) + new Order(3).total() + TABLE[0] + new Other(1).top());
    }
}

class Other {
    int x;
    Other(int x) { this.x = x; }
    int top() { return x; }
}
"""
CPP = """#include <iostream>
#include <vector>
using namespace std;
#define LIMIT 100
int clamp(int value);
struct Order { int amount; int total() const; };
int Order::total() const { return min(amount, LIMIT); }
int top(const vector<int>& values) { return clamp(values[0]); }
int clamp(int value) { return min(value, LIMIT); }
const int TABLE[] = {clamp(1), clamp(2)};
int main() { int n; cin >> n; cout << top({n}) << Order{3}.total() << TABLE[0] << endl; }
"""
FILES = {"python": PYTHON, "java": JAVA, "cpp": CPP}
languages = pytest.mark.parametrize("language", FILES)


def names_of(file: FileParts, kind: Kind) -> set[str]:
    return {name for part in file.parts if part.kind is kind for name in part.names}


def part_named(file: FileParts, name: str) -> Part:
    (found,) = (part for part in file.parts if name in part.names)
    return found


@languages
def test_every_part_is_found(language: str) -> None:
    file = parts_of(FILES[language], language)
    assert names_of(file, Kind.CONSTANT) == {"LIMIT", "TABLE"}
    assert names_of(file, Kind.TYPE) == ({"Order", "Other"} if language == "java" else {"Order"})
    assert names_of(file, Kind.FUNCTION) == {"top", "clamp"}
    assert file.main is not None
    assert file.reads_stdin


@languages
def test_what_is_used_comes_before_what_uses_it(language: str) -> None:
    file = parts_of(FILES[language], language)
    order = [name for part in file.parts for name in part.names]
    assert order.index("LIMIT") < order.index("clamp") < order.index("top")
    assert order.index("clamp") < order.index("TABLE")
    assert order[-1] == "main"
    assert part_named(file, "top").uses == {"clamp"}
    assert part_named(file, "clamp").uses == {"LIMIT"}


@languages
def test_spans_cut_the_parts_out_of_the_file(language: str) -> None:
    data = FILES[language].encode()
    for part in parts_of(FILES[language], language).parts:
        cut = "".join(data[start:end].decode() for start, end in part.spans)
        shown = part.text.replace(";", "")  # a C++ type gets the one that ends its declaration
        assert "".join(cut.replace(";", "").split()) == "".join(shown.split())


def test_imports_are_told_apart() -> None:
    assert parts_of(PYTHON, "python").imports == "import sys\nfrom dataclasses import dataclass\n"
    assert parts_of(JAVA, "java").imports == "import java.util.*;\n"
    assert parts_of(CPP, "cpp").imports == "#include <iostream>\n#include <vector>\nusing namespace std;\n"


def test_a_method_outside_its_class_belongs_to_it() -> None:
    assert "Order::total() const { return" in part_named(parts_of(CPP, "cpp"), "Order").text


def test_a_method_of_another_class_is_no_use_of_a_function() -> None:
    assert part_named(parts_of(JAVA, "java"), "Other").uses == frozenset()


def test_what_fills_a_static_belongs_to_it() -> None:
    assert "TABLE[0] = clamp(1)" in part_named(parts_of(JAVA, "java"), "TABLE").text


def test_what_reads_the_input_for_main_belongs_to_main() -> None:
    main = parts_of(JAVA, "java").main
    assert main is not None
    assert "new Scanner(System.in)" in main.text


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "def even(n):\n    return n == 0 or odd(n - 1)\n\ndef odd(n):\n    return n != 0 and even(n - 1)\n"),
        ("java", "class A { static boolean even(int n) { return n == 0 || odd(n - 1); }\n"
         "static boolean odd(int n) { return n != 0 && even(n - 1); } }"),
        ("cpp", "bool odd(int n);\nbool even(int n) { return n == 0 || odd(n - 1); }\n"
         "bool odd(int n) { return n != 0 && even(n - 1); }\n"),
    ],
)  # fmt: skip
def test_functions_that_call_each_other_are_one_part(language: str, source: str) -> None:
    (part,) = parts_of(source, language).parts
    assert (part.kind, part.names, len(part.spans)) == (Kind.FUNCTION, ("even", "odd"), 2)


def test_a_script_without_functions_is_all_main() -> None:
    (part,) = parts_of("n = int(input())\nfor i in range(n):\n    print(i)\n", "python").parts
    assert (part.kind, part.names) == (Kind.MAIN, ("main",))
    assert part.text.startswith("n = int(input())")


def test_a_value_that_a_function_uses_is_no_part_of_main() -> None:
    file = parts_of("rate = 3\ndef pay(n):\n    return n * rate\nprint(pay(2))\n", "python")
    assert [part.name for part in file.parts] == ["rate", "pay", "main"]


def test_a_class_and_a_function_that_need_each_other_are_one_type() -> None:
    source = "class Node:\n    def grow(self):\n        return make(self)\n\ndef make(node):\n    return Node()\n"
    (part,) = parts_of(source, "python").parts
    assert (part.kind, part.names) == (Kind.TYPE, ("Node", "make"))


def test_an_overloaded_function_is_one_part() -> None:
    (part,) = parts_of("int f(int a) { return a; }\nint f(int a, int b) { return a + b; }\n", "cpp").parts
    assert (part.names, len(part.spans)) == (("f",), 2)


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "def total(k):\n    return mean(k)\n\ndef mean(values):\n    total = 0\n    return total\n"),
        ("java", "class A { static int total(int k) { return mean(k); }\n"
         "static int mean(int k) { int total = 0; return total; } }"),
        ("cpp", "int mean(int k);\nint total(int k) { return mean(k); }\n"
         "int mean(int k) { int total = 0; return total; }\n"),
    ],
)  # fmt: skip
def test_a_variable_of_its_own_is_no_use_of_a_function(language: str, source: str) -> None:
    assert [part.names for part in parts_of(source, language).parts] == [("mean",), ("total",)]


def test_a_java_method_may_be_called_where_a_variable_has_its_name() -> None:
    source = "class A { static int f(int k) { int g = g(k); return g; }\nstatic int g(int k) { return k; } }"
    assert [part.name for part in parts_of(source, "java").parts] == ["g", "f"]


def test_a_global_that_is_written_is_used() -> None:
    source = "count = 0\ndef tick():\n    global count\n    count = count + 1\nprint(tick())\n"
    assert part_named(parts_of(source, "python"), "tick").uses == {"count"}


def test_a_script_under_the_guard_runs_as_before_and_only_when_it_is_started() -> None:
    source = "def f(k):\n    return k\n\nk = int('3')\nfor i in range(k):\n    print(f(i))\n"
    text = guarded(source, parts_of(source, "python"), "python")
    for name, printed in (("__main__", 3), ("other", 0)):
        shown: list[int] = []
        exec(text, {"__name__": name, "print": shown.append})
        assert len(shown) == printed
    assert guarded(PYTHON, parts_of(PYTHON, "python"), "python") == PYTHON


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("typedef long long ll;\n", True),
        ("using pii = std::pair<int, int>;\n", True),
        ("#define pb push_back\n", True),
        ("#define sq(x) ((x) * (x))\n", True),
        ("#define LIMIT 100\n", False),
        ("#define MASK (1 << 3)\n", False),
        ("typedef struct { int x; } P;\n", False),
        ("const int LIMIT = 100;\n", False),
    ],
)
def test_what_is_only_short_for_other_cpp_is_told_apart(source: str, expected: bool) -> None:
    (part,) = parts_of(source + "int main() {}\n", "cpp").parts[:1]
    assert is_shorthand(part) is expected


@languages
def test_definitions_that_are_known_are_cut_off_and_the_rest_stays(language: str) -> None:
    text = without_known(FILES[language], language, {"LIMIT", "Order"})
    assert names_of(parts_of(text, language), Kind.FUNCTION) == {"top", "clamp"}
    assert not {"LIMIT", "Order"} & {name for part in parts_of(text, language).parts for name in part.names}
    assert without_known(FILES[language], language, ()) == FILES[language]
