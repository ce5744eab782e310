import threading

import pytest

from semalign.core.errors import BudgetError, ModelDownError
from semalign.models import BudgetConfig, Budgeted, Reply, Request, Scripted, complete_all


def asked(n: int) -> list[Request]:
    return [Request(prompt=str(i)) for i in range(n)]


def test_replies_come_in_the_order_of_the_requests() -> None:
    second_first = threading.Event()

    def answer(request: Request) -> str:
        if request.prompt == "0":
            assert second_first.wait(timeout=10)
        if request.prompt == "1":
            second_first.set()
        return f"to {request.prompt}"

    replies = complete_all(Scripted(answer), asked(5), at_once=2)
    assert [reply.text for reply in replies if isinstance(reply, Reply)] == [f"to {i}" for i in range(5)]


def test_a_failure_is_the_fate_of_one_request() -> None:
    def answer(request: Request) -> str:
        if request.prompt == "1":
            raise ModelDownError("down")
        return "fine"

    kinds = [type(outcome) for outcome in complete_all(Scripted(answer), asked(3))]
    assert kinds == [Reply, ModelDownError, Reply]


def test_no_more_than_the_bound_are_under_way() -> None:
    lock = threading.Lock()
    under_way: list[int] = [0]
    most: list[int] = []

    def answer(request: Request) -> str:
        with lock:
            under_way[0] += 1
            most.append(under_way[0])
        with lock:
            under_way[0] -= 1
        return "fine"

    complete_all(Scripted(answer), asked(40), at_once=3)
    assert len(most) == 40
    assert max(most) <= 3


def test_the_end_of_the_budget_ends_the_batch() -> None:
    inner = Scripted(lambda request: "fine")
    with pytest.raises(BudgetError):
        complete_all(Budgeted(inner, BudgetConfig(calls=2)), asked(50), at_once=1)
    assert len(inner.requests) == 2


def test_nothing_asked_is_nothing_answered() -> None:
    assert complete_all(Scripted([]), []) == []
