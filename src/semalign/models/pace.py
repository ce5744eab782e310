"""How often an endpoint is asked: calls are spaced so that no minute holds more than is allowed."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets callers through one after the other, each as late as the one before it demands; bursts are not saved up.

    Tokens are counted as they could become at most, so the pace is rather too slow than too fast.
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_request_s = 60 / requests_per_minute if requests_per_minute else 0.0
        self._per_token_s = 60 / tokens_per_minute if tokens_per_minute else 0.0
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()
        self._lock = threading.Lock()

    def wait(self, n_tokens: int) -> None:
        """Return when a call of this size may be made."""
        with self._lock:
            now = self._clock()
            start = max(now, self._free_at)
            self._free_at = start + max(self._per_request_s, n_tokens * self._per_token_s)
        if start > now:
            self._sleep(start - now)
