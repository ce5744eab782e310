from hypothesis import given

from semalign.values.model import (
    Cut,
    Float,
    Int,
    List,
    Map,
    Record,
    Table,
    Text,
    Unrepresentable,
    Value,
    children,
    is_whole,
)
from tests.values.strategies import values


def test_each_place_inside_a_value_has_a_step_of_its_own() -> None:
    assert [step for step, _ in children(Map(((Int(1), Int(2)),)))] == ["{key 0}", "{value 0}"]
    assert [step for step, _ in children(Record("N", (("x", Int(1)),)))] == [".x"]
    assert [step for step, _ in children(Table(("a", "b"), ((Int(1), Int(2)),)))] == ["[0].a", "[0].b"]
    assert [step for step, _ in children(Cut(Text("a"), 9, "0" * 16))] == ["(head)"]


@given(values)
def test_a_value_is_whole_when_nothing_inside_is_cut_or_lost(value: Value) -> None:
    def walk(value: Value) -> bool:
        return not isinstance(value, Cut | Unrepresentable) and all(walk(inner) for _, inner in children(value))

    assert is_whole(value) == walk(value)


def test_identity_of_floats_is_by_bits_with_one_nan() -> None:
    assert Float(float("nan")) == Float(float("nan"))
    assert Float(0.0) != Float(-0.0)
    assert Float(1.0, 32) != Float(1.0, 64)
    assert len({List((Float(float("nan")),)), List((Float(float("nan")),))}) == 1
