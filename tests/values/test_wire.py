import json
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from semalign.core.errors import ConfigError
from semalign.values.model import Bool, Char, Float, Int, List, Record, Set, Text, Unrepresentable, Value, children
from semalign.values.wire import MOST_DIGITS, MOST_LEVELS, decode, digest, encode, read, wire
from tests.values.strategies import any_character, huge_integers, nan_payloads, values


@given(values)
@example(Text("\ud800"))
@example(Float(-0.0))
@example(Float(float("inf"), 32))
def test_what_is_written_is_read_back(value: Value) -> None:
    assert read(wire(value)) == value


@given(huge_integers, st.sampled_from([None, 64]))
def test_an_integer_of_thousands_of_digits_is_read_back(number: int, width: int | None) -> None:
    assert read(wire(List((Int(number, width),)))) == List((Int(number, width),))


def test_a_bare_integer_beyond_what_json_readers_take_is_read() -> None:
    assert read("[1" + "0" * 5_000 + "]") == List((Int(10**5_000),))


@pytest.mark.parametrize("form", ["{}", '{{"i":["{}",64]}}'])
def test_an_integer_beyond_the_limit_of_digits_is_unrepresentable(form: str) -> None:
    assert read(form.replace("{{", "{").replace("}}", "}").replace("{}", "7" * (MOST_DIGITS + 1))) == Unrepresentable(
        f"an integer of {MOST_DIGITS + 1:,} digits"
    )


@given(nan_payloads)
def test_every_nan_is_written_as_the_one_nan(nan: float) -> None:
    assert wire(Float(nan)) == '{"f":"7ff8000000000000"}'


@given(values)
def test_the_wire_is_one_ascii_line_without_spaces_outside_text(value: Value) -> None:
    text = wire(value)
    assert text.isascii()
    assert text.isprintable()
    assert text == json.dumps(json.loads(text), separators=(",", ":"))


@given(st.text(any_character))
def test_two_halves_of_a_surrogate_pair_become_one_character(text: str) -> None:
    once = read(wire(Text(text)))
    assert read(wire(once)) == once
    assert isinstance(once, Text)
    assert once.value.encode("utf-16", "surrogatepass") == text.encode("utf-16", "surrogatepass")


@given(st.permutations([Int(1), Int(10), Int(2), Text("1"), Bool(True)]))
def test_a_set_is_written_the_same_in_whatever_order_it_was_iterated(items: list[Value]) -> None:
    assert wire(Set(tuple(items))) == '["1",1,10,2,true]'.join(('{"S":', "}"))


def test_the_examples_of_the_table_are_what_is_written() -> None:
    assert wire(Int(-5, 32)) == '{"i":["-5",32]}'
    assert wire(Float(1.0)) == '{"f":"3ff0000000000000"}'
    assert wire(Float(0.5, 32)) == '{"f4":"3fe0000000000000"}'
    assert wire(Char("a")) == '{"c":"a"}'
    assert wire(Record("Node", (("value", Int(3)),))) == '{"R":["Node",[["value",3]]]}'
    assert wire(Text("\b\t\n\f\r\x00é😀")) == '"\\b\\t\\n\\f\\r\\u0000\\u00e9\\ud83d\\ude00"'
    assert digest("[1,2]") == "f79408e5ca998cd5"


def test_a_bare_fraction_is_a_float_for_those_who_write_by_hand() -> None:
    assert read("[0.5, -1e3]") == List((Float(0.5), Float(-1000.0)))


MALFORMED = {
    "not json": "[1,",
    "two values": "1 2",
    "unknown tag": '{"zz":1}',
    "two tags": '{"c":"a","b":"00"}',
    "no tag": "{}",
    "integer without digits": '{"i":["",32]}',
    "integer with a fraction": '{"i":["1.5",32]}',
    "integer with spaces": '{"i":[" 1",32]}',
    "integer without a width": '{"i":["1"]}',
    "integer as a number": '{"i":[1,32]}',
    "empty integer": '{"i":[]}',
    "width as text": '{"i":["1","32"]}',
    "short float": '{"f":"3ff"}',
    "float as number": '{"f":1.5}',
    "float not hex": '{"f":"zzzzzzzzzzzzzzzz"}',
    "two characters": '{"c":"ab"}',
    "no character": '{"c":""}',
    "character as number": '{"c":97}',
    "odd bytes": '{"b":"0"}',
    "tuple of text": '{"t":"ab"}',
    "map without values": '{"m":[[1]]}',
    "map of texts": '{"m":["ab"]}',
    "map as object": '{"m":{"a":1}}',
    "record without name": '{"R":[[["x",1]]]}',
    "fields as text": '{"R":["N",["ab"]]}',
    "field name as number": '{"R":["N",[[1,1]]]}',
    "columns as text": '{"T":["ab",[[1,2]]]}',
    "ragged table": '{"T":[["a","b"],[[1]]]}',
    "exception of one part": '{"x":["ValueError"]}',
    "exception as text": '{"x":"ab"}',
    "opaque as number": '{"o":1}',
    "back reference as truth": '{"r":true}',
    "cut without digest": '{"cut":[1,2]}',
    "reason as list": '{"u":[]}',
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_wire_is_a_config_error_of_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(text)
    assert "\n" not in str(error.value)


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["i", "f", "f4", "c", "b", "t", "S", "m", "R", "T", "x", "o", "r", "cut", "u"]),
            inner,
            max_size=2,
        )
    ),
    max_leaves=8,
)


@given(json_trees)
def test_any_json_is_a_value_or_a_config_error(tree: object) -> None:
    try:
        value = decode(tree)
    except ConfigError:
        return
    assert read(wire(value)) == read(wire(read(wire(value))))


def test_nesting_beyond_the_limit_is_unrepresentable_at_that_depth() -> None:
    value: Value = read("[" * (MOST_LEVELS + 20) + "]" * (MOST_LEVELS + 20))
    for _ in range(MOST_LEVELS + 1):
        ((_, value),) = children(value)
    assert value == Unrepresentable(f"nested deeper than {MOST_LEVELS} levels")


@pytest.mark.parametrize("opening", ["[", '{"t":[', '{"R":["N",[["x",', '{"m":[[1,', '{"cut":['])
def test_nesting_beyond_the_interpreter_is_a_config_error(opening: str) -> None:
    with pytest.raises(ConfigError):
        read(opening * 100_000)


def test_a_single_precision_float_keeps_its_bits() -> None:
    (third,) = struct.unpack(">f", struct.pack(">f", 1 / 3))
    assert encode(Float(third, 32)) == {"f4": struct.pack(">d", third).hex()}
