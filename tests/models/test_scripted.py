import pytest

from semalign.core.errors import ModelMissError, ModelSchemaError
from semalign.models import Finish, Message, Request, Role, Scripted

ASKED = (Message(Role.USER, "Go on."),)


def test_a_list_is_given_in_order_and_then_is_empty() -> None:
    model = Scripted(["one", "two"])
    assert [model.complete(Request(messages=ASKED)).text for _ in range(2)] == ["one", "two"]
    with pytest.raises(ModelMissError, match="has 2 replies"):
        model.complete(Request(messages=ASKED))


def test_a_function_sees_the_request() -> None:
    model = Scripted(lambda request: request.messages[-1].text.upper())
    assert model.complete(Request(messages=ASKED)).text == "GO ON."
    assert model.requests[0].messages == ASKED


def test_a_stop_text_and_the_length_end_a_reply() -> None:
    said = "a b c STOP d"
    stopped = Scripted([said]).complete(Request(messages=ASKED, stop=("zzz", "STOP")))
    assert (stopped.text, stopped.finish, stopped.usage.completion_tokens) == ("a b c ", Finish.STOP, 4)
    cut = Scripted([said]).complete(Request(messages=ASKED, max_tokens=2))
    assert (cut.text, cut.finish, cut.usage.completion_tokens) == ("a b", Finish.LENGTH, 2)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("no json", "not JSON"),
        ('{"n": "x"}', r"'x' is not of type 'integer' at \$.n"),
        ('{"n": 1, "m": 2} and more words', "did not finish"),
    ],
)
def test_a_reply_that_does_not_hold_to_the_schema_is_no_reply(said: str, told: str) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    with pytest.raises(ModelSchemaError, match=told):
        Scripted([said]).complete(Request(messages=ASKED, schema=schema, max_tokens=4))


def test_a_schema_that_is_none_is_refused_before_anyone_is_asked() -> None:
    model = Scripted(["{}"])
    with pytest.raises(ModelSchemaError, match="not a JSON schema: 'nonsense' is not valid"):
        model.complete(Request(messages=ASKED, schema={"type": "nonsense"}))
    assert model.requests == []
