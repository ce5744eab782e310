"""How Java text is read: functions, types, blocks and the edits made to it; runs nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.core.errors import MissingToolError, SourceError
from semalign.languages import java_toolchain
from semalign.languages.java import JavaLanguage
from semalign.languages.java_edits import Edits
from semalign.languages.java_instrument import complete, instrument
from semalign.languages.java_outline import body_of
from semalign.languages.java_syntax import parse_java
from semalign.languages.java_types import render
from semalign.languages.protocol import Function
from semalign.traces.blocks import Block
from semalign.values.types import Kind, Origin, Type

JAVA = JavaLanguage()


def function(source: str, name: str = "f") -> Function:
    return next(found for found in JAVA.parse(source).functions if found.name.rpartition(".")[2] == name)


def block(source: str, tail: str) -> Block:
    return function(source).outline.block(f"f:{tail}")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("int", Type(kind=Kind.INT, width_bits=32)),
        ("byte", Type(kind=Kind.INT, width_bits=8)),
        ("Long", Type(kind=Kind.INT, width_bits=64, nullable=True)),
        ("float", Type(kind=Kind.FLOAT, width_bits=32)),
        ("char", Type(kind=Kind.CHAR, width_bits=16)),
        ("boolean", Type(kind=Kind.BOOL)),
        ("String", Type(kind=Kind.TEXT)),
        ("java.math.BigInteger", Type(kind=Kind.INT, nullable=True)),
        ("T", Type()),
        ("List", Type(kind=Kind.LIST)),
    ],
)
def test_a_simple_type_is_read(written: str, expected: Type) -> None:
    (parameter,) = function(f"static void f({written} x) {{}}").signature.parameters
    assert parameter.type == expected
    assert parameter.type.spelling == written


def test_compound_types_are_read_to_the_bottom() -> None:
    first = "int[][] a, List<Map<String, Integer[]>> b, int c[]"
    source = f"static int f({first}, Pair<Integer, char[]> d, Set<T> e, int... g) {{}}"
    kinds = [parameter.type for parameter in function(source).signature.parameters]
    number = Type(kind=Kind.INT, width_bits=32)
    numbers = Type(kind=Kind.LIST, items=(number,))
    boxed = Type(kind=Kind.INT, width_bits=32, nullable=True)
    held = Type(kind=Kind.MAP, items=(Type(kind=Kind.TEXT), Type(kind=Kind.LIST, items=(boxed,))))
    letters = Type(kind=Kind.LIST, items=(Type(kind=Kind.CHAR, width_bits=16),))
    assert kinds == [
        Type(kind=Kind.LIST, items=(numbers,)),
        Type(kind=Kind.LIST, items=(held,)),
        numbers,
        Type(kind=Kind.TUPLE, items=(boxed, letters)),
        Type(kind=Kind.SET, items=(Type(),)),
        numbers,
    ]
    assert [kind.spelling for kind in kinds][1:3] == ["List<Map<String, Integer[]>>", "int[]"]


def test_own_classes_are_records_and_may_hold_themselves() -> None:
    classes = "class Node { int val; Node next; static int made; } record P(int x) {}"
    source = f"static Node f(Node n, P p) {{ return n; }} {classes}"
    node, point = (parameter.type for parameter in function(source).signature.parameters)
    assert [(name, kind.kind, kind.spelling) for name, kind in node.fields] == [
        ("val", Kind.INT, "int"),
        ("next", Kind.RECORD, "Node"),
    ]
    assert [name for name, _ in point.fields] == ["x"]
    assert function(source).signature.known


def test_what_is_passed_by_reference_is_known() -> None:
    signature = function("static void f(int a, int[] b, String c, List<Integer> d, StringBuilder e) {}").signature
    assert [parameter.by_reference for parameter in signature.parameters] == [False, True, False, True, True]
    assert signature.origin is Origin.DECLARED


def test_a_head_is_written_as_java_writes_it() -> None:
    source = "static long f(int[][] a, String s, boolean b, double d, List<Integer> e) { return 1; }"
    head = "static long f(int[][] a, String s, boolean b, double d, List<Integer> e)"
    assert JAVA.render_type(function(source).signature) == head


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (Type(kind=Kind.INT), "int"),
        (Type(kind=Kind.INT, width_bits=32, signed=False), "long"),
        (Type(kind=Kind.INT, width_bits=64, signed=False), "BigInteger"),
        (Type(kind=Kind.TUPLE, items=(Type(kind=Kind.TEXT), Type(kind=Kind.CHAR))), "Map.Entry<String, Character>"),
        (Type(kind=Kind.SET, items=(Type(kind=Kind.FLOAT),)), "Set<Double>"),
        (Type(), "Object"),
    ],
)
def test_types_of_other_languages_have_a_java_form(kind: Type, written: str) -> None:
    assert render(kind) == written


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("class A { static int f() { return 1; } }", ""),
        ("class A { int f() { return 1; } }", ""),
        ("class A { A(int n) {} int f() { return 1; } }", "no constructor"),
        ("abstract class A { int f() { return 1; } }", "abstract"),
        ("class A { class B { int f() { return 1; } } }", "needs an instance"),
        ("interface A { default int f() { return 1; } }", "interface"),
    ],
)
def test_why_a_method_cannot_be_called_is_said(source: str, problem: str) -> None:
    found = function(source).problem
    assert problem in found
    assert bool(problem) == bool(found)


def test_functions_are_named_by_their_classes_and_overloads_numbered() -> None:
    source = """package p;
    class A { int f() { return 1; } int f(int a) { return 2; } static class B { void g() {} } abstract int h(); }"""
    assert [found.name for found in JAVA.parse(source).functions] == ["A.f", "A.f#2", "A.B.g"]


def test_statics_are_state_also_where_a_callee_uses_them() -> None:
    source = """class A {
        static int n; static final int K = 1; static final int[] MEMO = {};
        static int direct() { return n++; }
        static int memo() { return MEMO[0]; }
        static int through() { return direct(); }
        static int none() { return K; }
    }"""
    stateful = {found.name: found.has_state for found in JAVA.parse(source).functions}
    assert stateful == {"A.direct": True, "A.memo": True, "A.through": True, "A.none": False}


@pytest.mark.parametrize(
    ("source", "place"), [("class A {\n  int f( { }\n}", "2:"), ("static int f() {\n\n return 1 }", "3:"), ("@", "1:1")]
)
def test_a_syntax_error_has_a_place_and_one_line(source: str, place: str) -> None:
    with pytest.raises(SourceError) as caught:
        JAVA.parse(source, "X.java")
    assert str(caught.value).startswith(f"X.java:{place}")
    assert "\n" not in str(caught.value)


def test_a_file_without_a_method_is_refused() -> None:
    with pytest.raises(SourceError, match="holds no method"):
        JAVA.parse("class A { int x; }")


def test_what_a_block_changes_and_reads_is_told() -> None:
    source = (
        "static void f(int[] a, List<Integer> l, String s, int i) { a[i] += l.get(0); l.add(s.length()); int k = i++; }"
    )
    run = block(source, "1")
    assert set(run.defs) == {"a", "l", "k", "i"}
    assert run.uses == ("a", "i", "l", "s")


def test_names_that_only_look_like_variables_are_left_out() -> None:
    source = """static int f(int n) {
        java.util.List<Integer> q = null; int m = Math.max(n, g(n)); Runnable r = () -> {}; return m;
    }"""
    run = block(source, "1")
    assert "Math" not in run.uses
    assert (run.defs, run.inner_loops) == (("q", "m", "r"), 1)


def test_a_field_is_a_variable_of_its_methods() -> None:
    source = "class A { int n; static int s; void f(int k) { this.n = k; s++; } static void g() { s = 2; } }"
    assert function(source).outline.blocks[1].defs == ("n", "s")
    assert function(source, "g").outline.blocks[1].defs == ("s",)


def test_braces_and_labels_make_no_blocks() -> None:
    loop = "y: while (n > 0) { n--; continue y; }"
    source = f"static int f(int n) {{ int a = 1; {{ a++; {{ a--; }} }} x: {{ n++; }} {loop} return a; }}"
    assert [one.id for one in function(source).outline.blocks] == ["f:0", "f:1", "f:2.while", "f:2.while:0", "f:3"]


def test_lines_keep_their_numbers_when_a_source_is_rewritten() -> None:
    text = "static int f(int n) {\n  if (n > 0)\n    return 1; // one\n  return 2;\n} // end"
    source = parse_java(text, "x")
    made = instrument(source, [body_of(method) for method in source.methods])
    lines = made.edited.text.split("\n")
    assert [
        line.rstrip().endswith(tail) for line, tail in zip(lines, ("try {", "", "// one", "", "// end"), strict=False)
    ]
    assert "// one" in lines[2]
    assert len(made.sites) == len(made.table.splitlines()) == 4


def test_the_recorder_takes_a_name_that_is_free() -> None:
    source = parse_java("static int f(int sa$) { return sa$; }", "x")
    assert "sa$$ = " in instrument(source, [body_of(method) for method in source.methods]).edited.text


def test_imports_are_added_only_where_they_cannot_clash() -> None:
    usual = complete(parse_java("import java.io.*; class A { void f() {} }", "x")).text
    other = complete(parse_java("import java.awt.*; class A { void f() {} }", "x")).text
    assert "import java.util.*;" in usual
    assert "java.util" not in other


@given(
    st.text(alphabet="aé✓😀\n", max_size=20),
    st.lists(st.tuples(st.integers(0, 20), st.text(alphabet="xy", max_size=3)), max_size=5),
)
def test_a_place_in_an_edited_text_is_found_in_the_original(text: str, inserts: list[tuple[int, str]]) -> None:
    starts = [len(text[:at].encode()) for at in range(len(text) + 1)]
    edits = Edits(text.encode())
    for place, inserted in inserts:
        edits.insert(starts[min(place, len(text))], inserted)
    edited = edits.apply()
    kept = [
        (edited.original_byte(len(edited.text[:at].encode("utf-16-le")) // 2), letter)
        for at, letter in enumerate(edited.text)
        if letter not in "xy"
    ]
    assert kept == list(zip(starts, text, strict=False))


def test_a_machine_without_java_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for cached in (java_toolchain.find_java, java_toolchain._said):
        cached.cache_clear()
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    try:
        assert "apt install openjdk-17-jdk-headless" in java_toolchain.missing_java()
        with pytest.raises(MissingToolError):
            java_toolchain.require_java()
    finally:
        for cached in (java_toolchain.find_java, java_toolchain._said):
            cached.cache_clear()
