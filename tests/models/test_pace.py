import pytest

from semalign.models.pace import Pace


class Time:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.starts: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, pace: Pace, n_tokens: int) -> None:
        pace.wait(n_tokens)
        self.starts.append(self.now)


@pytest.mark.parametrize(
    ("limits", "n_tokens", "starts"),
    [
        ({"requests_per_minute": 30.0}, [1, 1, 1], [0, 2, 4]),
        ({"tokens_per_minute": 600.0}, [10, 50, 1], [0, 1, 6]),
        ({"requests_per_minute": 30.0, "tokens_per_minute": 600.0}, [10, 50, 1], [0, 2, 7]),
        ({}, [10**9, 1], [0, 0]),
    ],
)
def test_calls_start_as_late_as_the_limits_demand(
    limits: dict[str, float], n_tokens: list[int], starts: list[float]
) -> None:
    time = Time()
    pace = Pace(**limits, clock=lambda: time.now, sleep=time.sleep)
    for n in n_tokens:
        time.ask(pace, n)
    assert time.starts == starts


def test_idle_time_is_not_saved_up() -> None:
    time = Time()
    pace = Pace(requests_per_minute=60, clock=lambda: time.now, sleep=time.sleep)
    time.ask(pace, 1)
    time.now = 100.0
    for _ in range(2):
        time.ask(pace, 1)
    assert time.starts == [0.0, 100.0, 101.0]
