import pytest

from semalign.core.errors import SourceError
from semalign.languages.cpp import CppLanguage
from semalign.languages.protocol import Function
from semalign.traces.blocks import Block
from semalign.values.types import Kind, Origin, Type

CPP = CppLanguage()


def function(source: str, name: str = "") -> Function:
    found = CPP.parse(source).functions
    return next(one for one in found if not name or one.name == name)


def types(source: str) -> list[Type]:
    return [parameter.type for parameter in function(source).signature.parameters]


def ids(source: str) -> list[str]:
    return [block.id for block in function(source).outline.blocks]


def block(source: str, tail: str) -> Block:
    found = function(source)
    return found.outline.block(f"{found.name}:{tail}")


@pytest.mark.parametrize(
    ("spelling", "kind", "width", "signed"),
    [
        ("int", Kind.INT, 32, True),
        ("long", Kind.INT, 64, True),
        ("long long", Kind.INT, 64, True),
        ("unsigned", Kind.INT, 32, False),
        ("unsigned long long int", Kind.INT, 64, False),
        ("size_t", Kind.INT, 64, False),
        ("std::uint8_t", Kind.INT, 8, False),
        ("short", Kind.INT, 16, True),
        ("unsigned char", Kind.INT, 8, False),
        ("char", Kind.CHAR, None, True),
        ("bool", Kind.BOOL, None, True),
        ("float", Kind.FLOAT, 32, True),
        ("long double", Kind.FLOAT, 64, True),
        ("const std::string &", Kind.TEXT, None, True),
        ("const char *", Kind.TEXT, None, True),
    ],
)
def test_scalars_have_their_width_and_sign(spelling: str, kind: Kind, width: int | None, signed: bool) -> None:
    (found,) = types(f"void f({spelling} x) {{ }}")
    assert (found.kind, found.width_bits, found.signed) == (kind, width, signed)


def test_containers_hold_the_types_of_their_elements() -> None:
    (found,) = types("void f(std::map<std::string, vector<pair<int, double>>> x) { }")
    assert found.kind is Kind.MAP
    text, lists = found.items
    assert text.kind is Kind.TEXT
    assert lists.kind is Kind.LIST
    assert [one.kind for one in lists.items[0].items] == [Kind.INT, Kind.FLOAT]


@pytest.mark.parametrize("declared", ["int a[]", "int *a", "int a[10]", "vector<int> &a"])
def test_what_the_callee_may_change_is_by_reference(declared: str) -> None:
    (parameter,) = function(f"void f({declared}) {{ }}").signature.parameters
    assert parameter.by_reference
    assert parameter.type.kind is Kind.LIST


@pytest.mark.parametrize("declared", ["const int *a", "const vector<int> &a", "vector<int> a"])
def test_what_it_may_not_change_is_not(declared: str) -> None:
    (parameter,) = function(f"void f({declared}) {{ }}").signature.parameters
    assert not parameter.by_reference


@pytest.mark.parametrize("declared", ["int a[][M]", "int a[3][M]", "int **a", "int (*a)[M]"])
def test_a_grid_is_a_list_of_lists(declared: str) -> None:
    (found,) = types(f"const int M = 4;\nvoid f({declared}) {{ }}")
    assert found.kind is Kind.LIST
    assert found.items[0].kind is Kind.LIST
    assert found.items[0].items[0].kind is Kind.INT


def test_names_of_types_are_followed() -> None:
    source = "#define ll long long\ntypedef vector<ll> vl;\nusing grid = vector<vl>;\nvoid f(ll a, vl b, grid c) { }"
    a, b, c = types(source)
    assert a.width_bits == 64
    assert b.items[0].width_bits == 64
    assert c.items[0] == b


def test_a_struct_is_a_record_and_holds_itself_by_name_only() -> None:
    source = "struct Node { int val; Node *next; private: int hidden; };\nint f(Node *head) { return head->val; }"
    (found,) = types(source)
    assert (found.kind, found.nullable) == (Kind.RECORD, True)
    assert [name for name, _ in found.fields] == ["val", "next"]
    assert found.fields[1][1].fields == ()
    assert function(source).signature.known


@pytest.mark.parametrize(
    ("head", "lengths"),
    [
        ("int a[], int n", {"n": "a"}),
        ("int a[], int b[], int n, int m", {"n": "a", "m": "b"}),
        ("int n, int a[]", {"n": "a"}),
        ("int a[], int l, int r, int x", {}),
        ("int a[], int howmany", {"howmany": "a"}),
        ("vector<int> a, int k", {}),
        ("int a[], int k, int n", {"n": "a"}),
        ("string s, int n", {}),
    ],
)
def test_the_length_of_an_array_is_guessed(head: str, lengths: dict[str, str]) -> None:
    parameters = function(f"int f({head}) {{ return 0; }}").signature.parameters
    assert {one.name: one.length_of for one in parameters if one.length_of} == lengths
    assert all(one.origin is Origin.GUESSED for one in parameters if one.length_of)


def test_methods_templates_and_overloads() -> None:
    source = """
    class Solution { public: int run(int n) { return n; } static int twice(int n) { return 2 * n; } };
    namespace inner { int f(int n) { return n; } }
    template <class T> T same(T x) { return x; }
    int g(int n) { return n; }
    int g(double x) { return 1; }
    """
    found = CPP.parse(source).functions
    assert [one.name for one in found] == ["Solution.run", "Solution.twice", "inner.f", "same", "g", "g"]
    assert [one.name for one in found if one.problem] == ["same", "g", "g"]


def test_what_outlives_a_call_is_found_through_callees() -> None:
    source = """
    int counter = 0;
    const int LIMIT = 5;
    int next() { return ++counter; }
    int uses(int n) { return n + next(); }
    int own(int n) { static int calls; return n + ++calls; }
    int pure(int n) { return n + LIMIT; }
    """
    found = {one.name: one.has_state for one in CPP.parse(source).functions}
    assert found == {"next": True, "uses": True, "own": True, "pure": False}


@pytest.mark.parametrize(
    ("source", "where"), [("int f(int n) {\n return n +;\n}", "2:"), ("int f(int n) { return n; ", "1:"), ("", "1:1")]
)
def test_a_broken_text_says_where(source: str, where: str) -> None:
    with pytest.raises(SourceError, match=f"x.cpp:{where}"):
        CPP.parse(source, "x.cpp")


def test_a_macro_that_hides_syntax_spoils_its_function_only() -> None:
    source = "#define rep(i, n) for (int i = 0; i < n; i++)\nint f(int n) { int s = 0; rep(i, n) s += i; return s; }\n"
    found = {one.name: one.problem for one in CPP.parse(source + "int g(int n) { return n; }").functions}
    assert "macro" in found["f"]
    assert not found["g"]


def test_blocks_without_braces_have_the_same_ids() -> None:
    bare = "int f(int n) { for (int i = 0; i < n; i++) if (i) n--; else n++; return n; }"
    braced = "int f(int n) { for (int i = 0; i < n; i++) { if (i) { n--; } else { n++; } } return n; }"
    expected = ["0", "1.for", "1.for:0.if", "1.for:0.if.then:0", "1.for:0.if.else:0", "2"]
    assert ids(bare) == ids(braced) == [f"f:{tail}" for tail in expected]


def test_a_jump_ends_its_run() -> None:
    source = "int f(int n) { again: n--; if (n > 3) goto again; n++; { n += 2; } return n; n = 1; }"
    assert ids(source) == ["f:0", "f:1", "f:2.if", "f:2.if.then:0", "f:3", "f:4"]
    assert block(source, "3").text == "n++; { n += 2; } return n;"


def test_labels_that_share_statements_are_one_arm() -> None:
    source = "int f(int n) { switch (n) { case 1: case 2: n = 5; case 3: n = 6; break; default: n = 0; } return n; }"
    assert ids(source)[2:5] == ["f:1.switch.case0:0", "f:1.switch.case1:0", "f:1.switch.case2:0"]


def test_a_block_knows_what_it_changes_and_reads() -> None:
    source = """int f(vector<int> &a, int n) {
        int best = a[0];
        sort(a.begin(), a.end());
        for (int i = 1; i < n; i++) { best = max(best, a[i]); a[i] += 1; a.push_back(i); }
        auto g = [&](int x) { return x + n; };
        return g(best);
    }"""
    assert block(source, "1").defs == ("best", "a")
    assert block(source, "1").inner_loops == 1
    assert block(source, "2.for").defs == ("i",)
    assert set(block(source, "2.for:0").defs) == {"best", "a"}
    assert block(source, "2.for:0").loops == ("f:2.for",)
    assert block(source, "3").inner_loops == 1
    assert "n" in block(source, "3").uses


def test_a_header_is_its_header_text() -> None:
    source = "int f(int n) { do { n--; } while (n > 0); if (n) { n = 1; } else if (n > 2) { } return n; }"
    assert block(source, "1.do").text == "while (n > 0)"
    assert block(source, "2.if").text == "if (n)"
    assert block(source, "2.if.else:0.if").text == "if (n > 2)"


def test_a_signature_is_written_as_cpp_has_it() -> None:
    head = "pair<int, string> f(const vector<long long> &a, char c, set<float> s)"
    signature = function(f"{head} {{ return {{}}; }}").signature
    assert CPP.render_type(signature) == "pair<int, string> f(vector<long long> a, char c, set<float> s)"
    assert signature.parameters[0].type.spelling == "const vector<long long> &"
