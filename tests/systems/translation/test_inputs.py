import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.systems.translation.contract import Contract
from semalign.systems.translation.inputs import Generator, Reach, reaches, read_inputs, weight
from semalign.systems.translation.preconditions import assume
from semalign.systems.translation.shrink import order, shrink
from semalign.values.model import Bool, Int, List, Text, Value
from semalign.values.types import Kind, Parameter, Signature, Type
from semalign.values.wire import wire

INT32 = Type(kind=Kind.INT, width_bits=32)
INTS = Type(kind=Kind.LIST, items=(INT32,))


def contract(**types: Type) -> Contract:
    common = Signature(name="f", parameters=tuple(Parameter(name=name, type=kind) for name, kind in types.items()))
    return Contract(common=common, source=common, target=common)


def made(pact: Contract, n: int, seed: int, without: Sequence[tuple[Value, ...]] = ()) -> tuple[tuple[Value, ...], ...]:
    conditions = assume(pact.common, pact.common)
    generator = Generator(contract=pact, reach=reaches(pact, [], conditions, ["x > 12"]), preconditions=conditions)
    return generator.generate(n, seed=seed, without=without)


def test_the_same_seed_gives_the_same_inputs_and_another_seed_others() -> None:
    pact = contract(arr=INTS, n=INT32)
    assert made(pact, 60, 1) == made(pact, 60, 1)
    assert made(pact, 60, 1) != made(pact, 60, 2)


def test_the_verdict_set_shares_no_input_with_the_repair_set() -> None:
    pact = contract(arr=INTS, n=INT32)
    repair = made(pact, 80, 1)
    verdict = made(pact, 80, 2, without=repair)
    assert len(verdict) == 80
    assert not {wire(List(one)) for one in repair} & {wire(List(one)) for one in verdict}


def test_generated_inputs_meet_the_preconditions() -> None:
    for arr, n in made(contract(arr=INTS, n=INT32), 80, 0):
        assert isinstance(arr, List)
        assert n == Int(len(arr.items))


def test_a_small_domain_is_exhausted() -> None:
    flag = Type(kind=Kind.BOOL)
    assert set(made(contract(a=flag, b=flag), 50, 0)) == {
        (Bool(a), Bool(b)) for a in (True, False) for b in (True, False)
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no inputs"),
        ("[1, 2", "f.jsonl:1: not JSON"),
        ("7", "write the arguments of one call as a JSON array"),
        ("[[1], 2, 3]", "3 arguments for 2 parameters"),
        ('[{"zz": 1}, 2]', "not the tag of a value"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "f.jsonl").write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_inputs(tmp_path / "f.jsonl", ["arr", "n"])
    assert words in str(caught.value)


def test_inputs_may_be_given_by_name(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text('{"n": 2, "arr": [1, 2]}\n\n[[3], 1]\n')
    assert read_inputs(tmp_path / "f.jsonl", ["arr", "n"]) == (
        (List((Int(1), Int(2))), Int(2)),
        (List((Int(3),)), Int(1)),
    )


def test_shrinking_finds_the_smallest_number_past_a_threshold() -> None:
    found = shrink(
        (Int(987_654_321),),
        prepare=lambda arguments: arguments,
        differ=lambda many: [isinstance(one[0], Int) and one[0].value >= 46_341 for one in many],
        rounds=60,
    )
    assert found == (Int(46_341),)


def test_shrinking_keeps_only_what_the_difference_needs() -> None:
    def differ(many: Sequence[tuple[Value, ...]]) -> list[bool]:
        return [isinstance(one[0], List) and Int(7) in one[0].items and len(one[0].items) >= 2 for one in many]

    start = (List(tuple(Int(v) for v in (9, 50, 7, -3, 12, 8))), Text("long text that plays no part"))
    found = shrink(start, prepare=lambda arguments: arguments, differ=differ, rounds=60)
    assert weight(found[1:]) == 1
    assert isinstance(found[0], List)
    assert len(found[0].items) == 2
    assert order(found) < order(start)


def test_a_candidate_that_prepare_refuses_is_never_run() -> None:
    ran: list[tuple[Value, ...]] = []

    def differ(many: Sequence[tuple[Value, ...]]) -> list[bool]:
        ran.extend(many)
        return [True] * len(many)

    def odd(arguments: tuple[Value, ...]) -> tuple[Value, ...] | None:
        return arguments if isinstance(arguments[0], Int) and arguments[0].value % 2 else None

    assert shrink((Int(99),), prepare=odd, differ=differ, rounds=30) == (Int(1),)
    assert all(odd(one) for one in ran)


def test_reach_follows_the_given_magnitudes() -> None:
    pact = contract(n=INT32)
    (reach,) = reaches(pact, [(Int(50),), (Int(-3),)], [], [])
    assert reach == Reach(low=-500, high=500, max_size=4, alphabet=Reach().alphabet + "az")


def test_constants_of_loaded_modules_have_no_say(tmp_path: Path) -> None:
    (tmp_path / "planted.py").write_text("\n".join(f"A{n} = {n}" for n in range(5_003, 90_000, 997)))
    ask = (
        "from semalign.systems.translation import inputs; from semalign.systems.translation.contract import Contract; "
        "from semalign.values.types import *; "
        "s = Signature(name='f', parameters=(Parameter(name='n', type=Type(kind=Kind.INT)),), result=UNKNOWN, "
        "origin=Origin.GIVEN); g = inputs.Generator(contract=Contract(common=s, source=s, target=s), "
        "reach=(inputs.Reach(low=-100_000, high=100_000),), preconditions=()); print(g.generate(200, seed=1))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    said = [
        subprocess.run([sys.executable, "-c", text + ask], capture_output=True, text=True, check=False, env=environment)
        for text in ("", "import planted; ")
    ]
    assert "Int" in said[0].stdout, said[0].stderr
    assert said[0].stdout == said[1].stdout
