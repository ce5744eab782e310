from collections.abc import Iterator

import pytest

from semalign.languages.python_certificate import certified, screen
from semalign.languages.python_final import Capture, FinalCaps, Stimulus, Watch, capture
from semalign.sandbox import open_sandbox
from semalign.sandbox.model import Limits
from semalign.sandbox.pool import Pool
from semalign.traces.final import FinalValue, Status, VariableRef
from semalign.values.model import Bool, Int, List, Map, Null, Raised, Set, Text, Tuple, Value

LIMITS = Limits(wall_s=2.0)


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Pool, Pool]]:
    with open_sandbox(workers=1) as one, open_sandbox(workers=1, hash_seed=7) as two:
        yield one, two


def seen(pair: tuple[Pool, Pool], source: str, *args: Value, entry: str = "f", lines: bool = False) -> Capture:
    stimulus = Stimulus(entry=entry, arguments=args)
    return capture(source, stimulus, pair[0], limits=LIMITS, watch=Watch(lines=lines))


def by_name(found: Capture) -> dict[str, Value | None]:
    return {f"{final.ref.scope}#{final.ref.call}.{final.ref.name}": final.at_exit for final in found.finals}


def the(found: Capture, name: str, call: int = 1, scope: str = "f") -> FinalValue:
    ref = VariableRef(scope=scope, call=call, name=name)
    return next(final for final in found.finals if final.ref == ref)


SHAPES = {
    "a function that main calls": (
        "def main():\n    n = 3\n    total = n * 2\n    print(total)\nmain()\n",
        "",
        {"main#1.n": Int(3), "main#1.total": Int(6)},
    ),
    "a method, its object by attribute": (
        "class Solution:\n    def __init__(self):\n        self.n = 1\n    def f(self, x):\n        self.n += x\n"
        "        return self.n\n",
        "Solution.f",
        {"Solution.__init__#1.self.n": Int(1), "Solution.f#1.self.n": Int(5), "Solution.f#1.x": Int(4)},
    ),
    "a closure belongs to the scope that binds it": (
        "def f(x):\n    n = 1\n    def g():\n        nonlocal n\n        m = 2\n        n += m\n"
        "    g()\n    return n\n",
        "f",
        {"f#1.n": Int(3), "f#1.x": Int(4), "f.g#1.m": Int(2)},
    ),
    "a guard and what follows it": (
        'def f(x):\n    return x\nif __name__ == "__main__":\n    y = f(2)\nz = 1\n',
        "",
        {"f#1.x": Int(2), "#1.y": Int(2), "#1.z": Int(1)},
    ),
    "sys.exit": ("import sys\ndef f(x):\n    y = 2\n    sys.exit(0)\n", "f", {"f#1.x": Int(4), "f#1.y": Int(2)}),
    "an exception that nobody caught": (
        "def f(x):\n    y = 1\n    return y // 0\n",
        "f",
        {"f#1.x": Int(4), "f#1.y": Int(1)},
    ),
    "an exception that was caught": (
        "def g(x):\n    y = x\n    raise ValueError\n"
        "def f(x):\n    try:\n        g(x)\n    except ValueError:\n        z = 1\n",
        "f",
        {"g#1.x": Int(4), "g#1.y": Int(4), "f#1.x": Int(4), "f#1.z": Int(1)},
    ),
    "keys and nested sets that JSON has not": (
        "def f(x):\n    a = {(1, 2): {3}}\n    b = {1: None}\n",
        "f",
        {
            "f#1.x": Int(4),
            "f#1.a": Map(((Tuple((Int(1), Int(2))), Set((Int(3),))),)),
            "f#1.b": Map(((Int(1), Null()),)),
        },
    ),
    "containers of collections": (
        "from collections import Counter, deque\ndef f(x):\n    a = deque([1])\n    b = Counter('aa')\n",
        "f",
        {"f#1.x": Int(4), "f#1.a": List((Int(1),)), "f#1.b": Map(((Text("a"), Int(2)),))},
    ),
    "a generator at its last suspension": (
        "def g(n):\n    for i in range(n):\n        yield i\n"
        "def f(x):\n    for y in g(x):\n        if y:\n            break\n",
        "f",
        {"g#1.n": Int(4), "g#1.i": Int(1), "f#1.x": Int(4), "f#1.y": Int(1)},
    ),
    "functions, modules and classes are no variables": (
        "import math\ndef f(x):\n    g = math.floor\n    h = lambda: 1\n    c = int\n    m = math\n",
        "f",
        {"f#1.x": Int(4)},
    ),
}


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("shape", list(SHAPES))
def test_every_shape_of_program_shows_its_variables(pair: tuple[Pool, Pool], shape: str, lines: bool) -> None:
    source, entry, wanted = SHAPES[shape]
    args = (Int(4),) if entry else ()
    assert by_name(seen(pair, source, *args, entry=entry, lines=lines)) == wanted


def test_a_recursive_function_keeps_its_outermost_call(pair: tuple[Pool, Pool]) -> None:
    source = "def f(n):\n    r = 1 if n < 2 else n * f(n - 1)\n    return r\n"
    found = seen(pair, source, Int(10))
    assert found.calls["f"] == 10
    assert the(found, "r", call=10).at_exit == Int(3628800)
    assert {final.ref.call for final in found.finals if final.ref.scope == "f"} == {1, 2, 3, 4, 10}


def test_the_last_definition_differs_from_the_end_after_a_change_in_place(pair: tuple[Pool, Pool]) -> None:
    source = "def f(x):\n    a = []\n    b = a\n    a.append(x)\n    c = 1\n    c = 2\n    del b\n    return a\n"
    found = seen(pair, source, Int(4), lines=True)
    a, b, c = the(found, "a"), the(found, "b"), the(found, "c")
    assert (a.at_exit, a.at_last_definition, a.defined_line, a.writes) == (List((Int(4),)), List(()), 2, 1)
    assert a.mutated
    assert (b.status, b.at_exit) == (Status.DELETED, None)
    assert (c.at_last_definition, c.defined_line, c.writes) == (Int(2), 6, 2)
    assert (the(found, "x").writes, the(found, "x").mutated) == (0, False)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("[0] * 1000", Status.TOO_LARGE),
        ("'x' * 5000", Status.TOO_LARGE),
        ("[[[[[[[[[[1]]]]]]]]]]", Status.TOO_LARGE),
        ("list(range(10 ** 5))", Status.TOO_LARGE),
        ("iter([])", Status.UNREPRESENTABLE),
        ("[open]", Status.UNREPRESENTABLE),
        ("{1: object()}", Status.UNREPRESENTABLE),
        ("float('nan')", Status.STABLE),
    ],
)
def test_what_can_not_be_held_has_a_status_and_is_no_fault_of_the_program(
    pair: tuple[Pool, Pool], value: str, status: Status
) -> None:
    found = seen(pair, f"def f(x):\n    y = {value}\n    return x\n", Int(4))
    assert found.how == "return"
    assert the(found, "y").status is status


def test_certified_values_agree_in_all_runs_and_say_which_do_not(pair: tuple[Pool, Pool]) -> None:
    source = (
        "import os\ndef f(x):\n    a = [k for k in {'p', 'q', 'r', 's', 't'}]\n    b = str(f)\n"
        "    d = x + 1\n    e = {'p', 'q'}\n    return d\n"
    )
    found = certified(source, Stimulus(entry="f", arguments=(Int(4),)), pair, limits=LIMITS)
    assert found.refused == ""
    assert {final.ref.name: final.status for final in found.values if final.ref.scope == "f"} == {
        "a": Status.UNSTABLE, "b": Status.UNSTABLE, "d": Status.STABLE, "e": Status.STABLE, "x": Status.STABLE,
    }  # fmt: skip
    assert found.certificate is not None
    assert (found.certificate.runs, found.result) == (2, Int(5))


FORGERS = {
    "trace function removed": "import sys\ndef f(x):\n    y = 1\n    getattr(sys, 'set' + 'trace')(None)\n    y = 2\n",
    "frame walked": "import sys\ndef f(x):\n    getattr(sys, '_get' + 'frame')(1).f_globals\n    y = 2\n",
    "collector asked": "g = __import__('g' + 'c')\ndef f(x):\n    g.get_objects()\n    return 1\n",
    "marker printed": "import os\ndef f(x):\n    os.write(3, b'{\"head\":{\"nonce\":\"\"}}' * 9)\n    os._exit(0)\n",
    "ended before it is looked at": "import os\ndef f(x):\n    y = 1\n    os._exit(0)\n",
    "prints only when nobody looks": "import sys\ndef f(x):\n    print(getattr(sys, 'get' + 'trace')())\n",
    "differs from run to run": "import os\ndef f(x):\n    return str(f)\n",
    "branches by chance": "def g():\n    pass\ndef f(x):\n    for k in set('pqrstuvw'):\n"
    "        if k == 'p':\n            break\n        g()\n",
}  # fmt: skip


@pytest.mark.parametrize("name", list(FORGERS))
def test_who_tampers_or_does_not_repeat_is_refused(pair: tuple[Pool, Pool], name: str) -> None:
    found = certified(FORGERS[name], Stimulus(entry="f", arguments=(Int(4),)), pair, limits=LIMITS)
    assert found.refused
    assert found.certificate is None


def test_printing_a_marker_forges_nothing(pair: tuple[Pool, Pool]) -> None:
    source = "import os, sys\ndef f(x):\n    y = 1\n    print('___V___{\"y\": 9}', file=sys.stderr)\n"
    source += '    os.write(3, b\'{"head": {"nonce": "0"}, "scopes": [["f", 1, {"y": 9}, {}, []]]}\\n\')\n'
    found = seen(pair, source, Int(4))
    assert found.ended is False or the(found, "y").at_exit == Int(1)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import ctypes", "uses ctypes"),
        ("from gc import collect", "uses gc"),
        ("import sys\nsys._getframe()", "uses _getframe"),
        ("from sys import settrace", "uses settrace"),
        ("import datetime\nprint(datetime.date.today())", "uses today"),
        ("x = (", "does not parse"),
        ("x = 1\n" * 121, "more than 120 lines"),
        ("import threading", "uses threading"),
        ("from random import choice", "uses random"),
        ("x = hash('a')", "uses hash"),
    ],
)
def test_the_screen_names_what_it_does_not_take(program: str, reason: str) -> None:
    assert screen(program) == reason
    assert screen("import sys\nprint(sys.argv)\n") == ""


def test_two_sandboxes_that_hash_alike_certify_nothing(pair: tuple[Pool, Pool]) -> None:
    with pytest.raises(ValueError, match="same hash seed"):
        certified(
            "def f(x):\n    return x\n", Stimulus(entry="f", arguments=(Int(4),)), (pair[0], pair[0]), limits=LIMITS
        )
    with pytest.raises(ValueError, match="two sandboxes"):
        certified("", Stimulus(), pair[:1], limits=LIMITS)


def test_the_result_the_exception_and_standard_input_are_seen(pair: tuple[Pool, Pool]) -> None:
    assert seen(pair, "def f(x):\n    return x > 3\n", Int(4)).result == Bool(True)
    raised = seen(pair, "def f(x):\n    raise KeyError('a')\n", Int(4))
    assert (raised.how, raised.result) == ("exception", Raised("KeyError", "'a'"))
    read = capture("n = int(input())\nprint(n + 1)\n", Stimulus(stdin="41\n"), pair[0], limits=LIMITS)
    assert (read.how, read.stdout) == ("return", "42\n")
    endless = capture("while True: pass", Stimulus(), pair[0], limits=Limits(wall_s=0.3))
    assert (endless.how, endless.ended) == ("timeout", False)
    assert FinalCaps().items > 0
