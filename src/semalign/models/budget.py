"""What may be spent on models, enforced in one place: a model that refuses the call that would spend too much.

Before a call the worst of it is set aside (the prompt as estimated, all of `max_tokens`), so calls that run at the
same time can't overspend together; afterwards what it really took is booked. Not for: stopping a call that runs; its
time is bounded instead.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from semalign.core.errors import BudgetError, ConfigError
from semalign.models.protocol import Model, Price, Reply, Request, Usage, estimate_prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetConfig:
    """The most that may be spent; None is no limit."""

    calls: int | None = None
    tokens: int | None = None  # of prompts and completions together
    usd: float | None = None  # US dollars
    seconds: float | None = None  # wall clock since the budget was opened

    def __post_init__(self) -> None:
        for name in ("calls", "tokens", "usd", "seconds"):
            value = getattr(self, name)
            if value is not None and not value >= 0:  # NaN neither
                raise ConfigError(f"budget: {name} is {value}; give 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was spent. Cached replies count as `cached` and cost nothing; failed calls count as calls."""

    calls: int = 0
    failed: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = 0.0  # None once a call had no known price
    seconds: float = 0.0  # inside calls, added up

    @property
    def tokens(self) -> int:
        """Of prompts and completions together."""
        return self.prompt_tokens + self.completion_tokens

    def __add__(self, other: "Spending") -> "Spending":
        return Spending(
            calls=self.calls + other.calls,
            failed=self.failed + other.failed,
            cached=self.cached + other.cached,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            usd=None if self.usd is None or other.usd is None else self.usd + other.usd,
            seconds=self.seconds + other.seconds,
        )


class Budgeted:
    """A model with a budget, and the accounts of who spent what (by `Request.label`)."""

    def __init__(self, model: Model, config: BudgetConfig, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Open the budget; its seconds run from here.

        Raises:
            ConfigError: money is limited and the model's price is unknown.
        """
        if config.usd is not None and model.price is None:
            raise ConfigError(f"the price of {model.name} is unknown, so money can't be limited; add it to the prices")
        self._model = model
        self._config = config
        self._clock = clock
        self._opened = clock()
        self._lock = threading.Lock()
        self._accounts: dict[str, Spending] = {}
        self._set_aside = Spending()

    @property
    def name(self) -> str:
        """That of the model."""
        return self._model.name

    @property
    def price(self) -> Price | None:
        """That of the model."""
        return self._model.price

    @property
    def accounts(self) -> Mapping[str, Spending]:
        """What was spent for each label so far."""
        with self._lock:
            return dict(self._accounts)

    @property
    def spent(self) -> Spending:
        """What was spent in all."""
        return sum(self.accounts.values(), Spending())

    def complete(self, request: Request) -> Reply:
        """The model's reply.

        Raises:
            BudgetError: the call could spend more than is left; the model was not asked.
            ModelError: as the model has it.
        """
        worst = self._worst(request)
        left_s = self._reserve(worst, request)
        if left_s is not None:
            request = replace(request, timeout_s=min(left_s, request.timeout_s or left_s))
        began = self._clock()
        spent = Spending(calls=1, failed=1)
        try:
            reply = self._model.complete(request)
            spent = _booked(reply)
        finally:
            self._book(worst, replace(spent, seconds=self._clock() - began), request.label)
        return reply

    def _worst(self, request: Request) -> Spending:
        usage = Usage(prompt_tokens=estimate_prompt(request), completion_tokens=request.max_tokens)
        price = self._model.price
        return Spending(
            calls=1,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            usd=price.of(usage) if price else None,
        )

    def _reserve(self, worst: Spending, request: Request) -> float | None:
        """Set the worst aside; the seconds that are left, None without a limit."""
        limit = self._config
        with self._lock:
            after = sum(self._accounts.values(), self._set_aside) + worst
            left_s = None if limit.seconds is None else limit.seconds - (self._clock() - self._opened)
            if left_s is not None and left_s <= 0:
                raise BudgetError(_refusal("seconds", limit.seconds, "all are over", request))
            for name, most, wanted in (
                ("calls", limit.calls, after.calls),
                ("tokens", limit.tokens, after.tokens),
                ("usd", limit.usd, after.usd),
            ):
                if most is not None and (wanted is None or wanted > most):
                    why = "a price is unknown" if wanted is None else f"it could come to {wanted:.6g}"
                    raise BudgetError(_refusal(name, most, why, request))
            self._set_aside += worst
        return left_s

    def _book(self, worst: Spending, spent: Spending, label: str) -> None:
        with self._lock:
            aside = self._set_aside
            self._set_aside = Spending(
                calls=aside.calls - worst.calls,
                prompt_tokens=aside.prompt_tokens - worst.prompt_tokens,
                completion_tokens=aside.completion_tokens - worst.completion_tokens,
                usd=None if aside.usd is None or worst.usd is None else max(0.0, aside.usd - worst.usd),
            )
            self._accounts[label] = self._accounts.get(label, Spending()) + spent


def _booked(reply: Reply) -> Spending:
    if reply.cached:
        return Spending(cached=1)
    return Spending(
        calls=1,
        prompt_tokens=reply.usage.prompt_tokens,
        completion_tokens=reply.usage.completion_tokens,
        usd=reply.usd,
    )


def _refusal(name: str, most: float | None, why: str, request: Request) -> str:
    asker = f" of {request.label}" if request.label else ""
    return f"the budget of {most:g} {name} does not hold another call{asker} ({why}); give more {name}, or ask for less"
