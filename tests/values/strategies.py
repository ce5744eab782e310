"""Every `Value` there is, as Hypothesis strategies; shared by the tests of values and traces."""

import struct

from hypothesis import strategies as st

from semalign.values.model import (
    BackRef,
    Bool,
    Bytes,
    Char,
    Cut,
    Float,
    Int,
    List,
    Map,
    Null,
    Opaque,
    Raised,
    Record,
    Set,
    Table,
    Text,
    Tuple,
    Unrepresentable,
    Value,
    is_whole,
)
from semalign.values.wire import wire

any_character = st.characters(exclude_categories=())  # lone surrogates too

FEW = 3  # elements of a container: enough for an order, a duplicate and a rest


def _paired(text: str) -> str:
    """Two halves of a pair are one character, in JSON as in UTF-16."""
    return text.encode("utf-16-be", "surrogatepass").decode("utf-16-be", "surrogatepass")


texts = st.text(any_character, max_size=6).map(_paired)
names = st.sampled_from(["x", "_x", "X", "max_sum", "maxSum", "n"]) | texts
digests = st.text("0123456789abcdef", min_size=16, max_size=16)
nan_payloads = st.integers(1, 2**51 - 1).map(
    lambda payload: struct.unpack(">d", struct.pack(">Q", 0x7FF8 << 48 | payload))[0]
)
huge_integers = st.integers(1, 19_000).flatmap(lambda n_digits: st.sampled_from([10**n_digits, -(10**n_digits) + 1]))
widths = st.sampled_from([None, 8, 16, 32, 64])

ints = st.builds(Int, st.integers() | st.integers(-3, 3), widths)
doubles = st.builds(Float, st.floats() | nan_payloads | st.sampled_from([0.0, -0.0, 1.0, 3.0]))
singles = st.builds(Float, st.floats(width=32), st.just(32))
scalars: st.SearchStrategy[Value] = (
    st.just(Null())
    | st.builds(Bool, st.booleans())
    | ints
    | doubles
    | singles
    | st.builds(Char, any_character)
    | st.builds(Text, texts)
    | st.builds(Bytes, st.binary(max_size=4))
    | st.builds(Raised, st.sampled_from(["ValueError", "java.lang.IllegalArgumentException"]) | texts, texts)
    | st.builds(Opaque, texts)
    | st.builds(BackRef, st.integers(1, 8))
)
losses: st.SearchStrategy[Value] = st.builds(Unrepresentable, texts)


def _some(items: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(items, max_size=FEW).map(tuple)


def _tables(cells: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    def of_width(columns: tuple[str, ...]) -> st.SearchStrategy[Value]:
        row = st.tuples(*[cells for _ in columns])
        return st.builds(Table, st.just(columns), st.lists(row, max_size=2).map(tuple))

    return st.lists(names, max_size=2).map(tuple).flatmap(of_width)


def _containers(items: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return (
        st.builds(List, _some(items))
        | st.builds(Tuple, _some(items))
        | st.builds(Set, _some(items).map(lambda some: tuple(sorted(some, key=wire))))
        | st.builds(Map, st.lists(st.tuples(items, items), max_size=FEW).map(tuple))
        | st.builds(Record, names, st.lists(st.tuples(names, items), max_size=FEW).map(tuple))
        | _tables(items)
        | st.builds(Cut, items, st.integers(0, 10**6), digests)
    )


values: st.SearchStrategy[Value] = st.recursive(scalars | losses, _containers, max_leaves=8)
"""All values; the items of a set in the order in which the wire has them."""

whole_values = st.recursive(scalars, _containers, max_leaves=8).filter(is_whole)
"""Values with nothing cut off or lost in them: those that can be equal to themselves."""


def _walkable(items: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    fields = st.lists(st.tuples(st.sampled_from("abc"), items), max_size=FEW, unique_by=lambda field: field[0])
    keys = st.integers(-2, 2).map(Int) | st.sampled_from("ab").map(Text)
    pairs = st.lists(st.tuples(keys, items), max_size=FEW, unique_by=lambda pair: pair[0])
    return (
        st.builds(List, _some(items))
        | st.builds(Tuple, _some(items))
        | st.builds(Record, st.just("Node"), fields.map(tuple))
        | st.builds(Map, pairs.map(tuple))
    )


walkable_values = st.recursive(
    st.integers(0, 1).map(Int) | st.just(Text("a")) | st.just(Float(0.5)), _walkable, max_leaves=8
)
"""Values in which a path names one place only: no sets, no keys but numbers and text. Few leaves, so many are equal."""


def variants(value: Value) -> st.SearchStrategy[Value]:
    """The value told in another way that means the same under `EXACT`: widths, list kinds, order of sets and maps."""
    match value:
        case Int(v, _):
            return st.builds(Int, st.just(v), widths)
        case Float(v, _):
            return st.just(Float(v, 64))
        case Char(v):
            return st.just(Text(v))
        case Bool(v):
            return st.just(Int(int(v)))
        case List(items) | Tuple(items):
            inner = st.tuples(*map(variants, items))
            return st.builds(List, inner) | st.builds(Tuple, inner)
        case Set(items):
            return st.permutations(items).flatmap(lambda some: st.builds(Set, st.tuples(*map(variants, some))))
        case Map(pairs):
            return st.permutations(pairs).flatmap(
                lambda some: st.builds(Map, st.tuples(*(st.tuples(variants(k), variants(v)) for k, v in some)))
            )
        case Record(_, fields):
            return st.builds(
                Record, st.just("Other"), st.tuples(*(st.tuples(st.just(n), variants(v)) for n, v in fields))
            )
        case _:
            return st.just(value)
