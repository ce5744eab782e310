"""What the interpreter's own serial form holds: what it writes is read; anything else is refused."""

import marshal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.core.errors import ConfigError
from semalign.values.marshalled import MapItems, SetItems, TupleItems, read_all

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=20), st.binary(max_size=20)
)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=6)
VALUES = st.recursive(
    HASHABLE, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HASHABLE, inner, max_size=3), max_leaves=6
)


def wanted(value: Any) -> Any:
    """What is to be read of a value: containers by class and elements, sets without an order."""
    match value:
        case tuple():
            return "tuple", [wanted(item) for item in value]
        case set() | frozenset():
            return "set", sorted(repr(wanted(item)) for item in value)
        case dict():
            return "map", [wanted(item) for pair in value.items() for item in pair]
        case list():
            return "list", [wanted(item) for item in value]
        case _:
            return type(value), repr(value)


def found(value: Any) -> Any:
    """A value that was read, in the same form."""
    names: dict[type[Any], str] = {TupleItems: "tuple", SetItems: "set", MapItems: "map", list: "list"}
    name = names.get(type(value))
    if name is None:
        return type(value), repr(value)
    return name, sorted(repr(found(item)) for item in value) if name == "set" else [found(item) for item in value]


@given(st.lists(VALUES, max_size=3), st.sampled_from([2, 4]))
def test_what_the_interpreter_writes_is_read(values: list[Any], version: int) -> None:
    data = b"".join(marshal.dumps(value, version) for value in values)
    assert [found(value) for value in read_all(data)] == [wanted(value) for value in values]


@given(VALUES, st.data())
def test_what_is_torn_is_refused(value: Any, data: st.DataObject) -> None:
    whole = marshal.dumps([value], 4)
    with pytest.raises(ConfigError):
        list(read_all(whole[: data.draw(st.integers(1, len(whole) - 1))]))


@pytest.mark.parametrize("value", [compile("1", "f", "eval"), (compile("1", "f", "eval"),)])
def test_code_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError):
        list(read_all(marshal.dumps(value, 4)))


def test_what_holds_itself_is_read() -> None:
    value: list[Any] = [1]
    value.append(value)
    (read,) = read_all(marshal.dumps(value, 4))
    assert read[0] == 1
    assert read[1] is read


def test_depth_is_no_limit() -> None:
    (read,) = read_all(b"[\1\0\0\0" * 200_000 + b"N")
    while type(read) is list:
        (read,) = read
    assert read is None


@pytest.mark.parametrize("n_digits", [200_000, -200_000])
def test_a_long_integer_takes_linear_time(n_digits: int) -> None:
    (read,) = read_all(b"l" + n_digits.to_bytes(4, "little", signed=True) + b"\xff\x7f" * abs(n_digits))
    assert abs(read) == 2 ** (15 * abs(n_digits)) - 1


@pytest.mark.parametrize(
    "data",
    [
        b"[\xff\xff\xff\xff",  # more elements than bytes
        b"(\xff\xff\xff\x7fN",
        b"r\0\0\0\0",  # of nothing
        b"r\xff\xff\xff\xff",
        b"l\0\0\0\x80",  # as many digits as an integer of 32 bits can't say with a sign
        b"l\1\0\0\0\xff\xff",  # a digit of 16 bits
        b"s\xff\xff\xff\x7fab",
        b"a\1\0\0\0\xff",  # not ASCII
        b"u\1\0\0\0\xff",
        b"{N0",  # a key without a value
        b"0",
        b"c",
    ],
)
def test_what_has_no_form_is_refused(data: bytes) -> None:
    with pytest.raises(ConfigError):
        list(read_all(data))


@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        values = list(read_all(data))
    except ConfigError:
        return
    assert len(values) <= len(data)


@given(VALUES, st.data())
def test_damage_is_read_or_refused(value: Any, data: st.DataObject) -> None:
    damaged = bytearray(marshal.dumps([value, value], 4))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        list(read_all(bytes(damaged)))
    except ConfigError:
        return
