import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semalign.core.errors import BudgetError, ConfigError, ModelDownError
from semalign.models import (
    BudgetConfig,
    Budgeted,
    Message,
    Price,
    Reply,
    Request,
    Role,
    Scripted,
    Spending,
    estimate_prompt,
)
from semalign.models.protocol import Finish, Usage

ASKED = Request(messages=(Message(Role.USER, "Go on."),), max_tokens=5, label="repair")
PROMPT = estimate_prompt(ASKED)
PRICE = Price(prompt_usd=1.0, completion_usd=2.0)


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def talking(price: Price | None = PRICE) -> Scripted:
    return Scripted(lambda request: "one two three", price=price)


@pytest.mark.parametrize(
    ("config", "n_calls", "told"),
    [
        (BudgetConfig(calls=2), 2, "budget of 2 calls does not hold another call of repair"),
        (BudgetConfig(tokens=2 * (PROMPT + 5)), 2, "tokens"),
        (BudgetConfig(tokens=2 * (PROMPT + 3) + PROMPT + 4), 2, "tokens"),
        (BudgetConfig(tokens=PROMPT + 4), 0, "tokens"),
        (BudgetConfig(usd=PRICE.of(Usage(prompt_tokens=2 * PROMPT, completion_tokens=8))), 2, "usd"),
        (BudgetConfig(calls=0), 0, "calls"),
    ],
)
def test_the_call_that_could_spend_too_much_is_not_made(config: BudgetConfig, n_calls: int, told: str) -> None:
    inner = talking()
    model = Budgeted(inner, config)
    for _ in range(n_calls):
        model.complete(ASKED)
    with pytest.raises(BudgetError, match=told):
        model.complete(ASKED)
    assert len(inner.requests) == n_calls


def test_seconds_run_from_the_opening_and_bound_each_call() -> None:
    clock = Clock()
    inner = talking()
    model = Budgeted(inner, BudgetConfig(seconds=10.0), clock=clock)
    clock.now += 4
    model.complete(ASKED)
    assert inner.requests[0].timeout_s == 6.0
    clock.now += 6
    with pytest.raises(BudgetError, match="budget of 10 seconds"):
        model.complete(ASKED)


def test_accounts_are_kept_by_who_asks() -> None:
    clock = Clock()

    def slow(request: Request) -> str:
        clock.now += 2
        return "one two"

    model = Budgeted(Scripted(slow, price=PRICE), BudgetConfig(), clock=clock)
    model.complete(ASKED)
    model.complete(ASKED)
    model.complete(Request(prompt="x"))
    repair = model.accounts["repair"]
    assert (repair.calls, repair.prompt_tokens, repair.completion_tokens, repair.seconds) == (2, 2 * PROMPT, 4, 4.0)
    assert repair.usd == pytest.approx(PRICE.of(Usage(prompt_tokens=2 * PROMPT, completion_tokens=4)))
    assert model.accounts[""].calls == 1
    assert model.spent.calls == 3


def test_a_failed_call_counts_as_a_call() -> None:
    def down(request: Request) -> str:
        raise ModelDownError("down")

    model = Budgeted(Scripted(down), BudgetConfig(calls=1))
    with pytest.raises(ModelDownError):
        model.complete(ASKED)
    assert (model.spent.calls, model.spent.failed, model.spent.tokens) == (1, 1, 0)
    with pytest.raises(BudgetError):
        model.complete(ASKED)


def test_a_cached_reply_costs_nothing() -> None:
    usage = Usage(prompt_tokens=50, completion_tokens=50)
    cached = Reply(text="x", finish=Finish.STOP, usage=usage, model="m", usd=1.0, cached=True)
    model = Budgeted(Scripted(lambda request: cached), BudgetConfig(calls=1, tokens=30))
    for _ in range(3):
        model.complete(ASKED)
    assert model.spent == Spending(cached=3, seconds=model.spent.seconds)


def test_money_can_not_be_limited_where_the_price_is_unknown() -> None:
    with pytest.raises(ConfigError, match="price of scripted is unknown"):
        Budgeted(talking(price=None), BudgetConfig(usd=1.0))
    model = Budgeted(talking(price=None), BudgetConfig(calls=1))
    model.complete(ASKED)
    assert model.spent.usd is None


def test_a_negative_budget_is_refused() -> None:
    with pytest.raises(ConfigError, match="calls is -1"):
        BudgetConfig(calls=-1)


def test_calls_at_the_same_time_do_not_overspend_together() -> None:
    inside = threading.Barrier(3, timeout=10)
    go_on = threading.Event()

    def wait(request: Request) -> str:
        if request.label == "at once":
            inside.wait()
            assert go_on.wait(timeout=10)
        return "one"

    model = Budgeted(Scripted(wait), BudgetConfig(tokens=3 * (PROMPT + 5) - 1))  # what was set aside fits twice
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(model.complete, replace(ASKED, label="at once")) for _ in range(2)]
        inside.wait()
        with pytest.raises(BudgetError):
            model.complete(ASKED)
        go_on.set()
        assert [job.result().text for job in jobs] == ["one", "one"]
    assert model.complete(ASKED).text == "one"  # what they did not use is free again


@given(st.lists(st.integers(1, 9), max_size=8), st.integers(0, 120))
def test_no_order_of_calls_exceeds_the_budget(lengths: list[int], limit: int) -> None:
    model = Budgeted(Scripted(lambda request: "w " * request.max_tokens), BudgetConfig(tokens=limit))
    for length in lengths:
        try:
            model.complete(Request(prompt="go", max_tokens=length))
        except BudgetError:
            assert model.spent.tokens + estimate_prompt(Request(prompt="go")) + length > limit
    assert model.spent.tokens <= limit
