"""A model that says what it is told to say: for tests and demonstrations, and to drive a loop by hand."""

import re
import threading
from collections.abc import Callable, Sequence

from semalign.core.errors import ModelMissError
from semalign.models.protocol import FREE, Finish, Price, Reply, Request, Usage, estimate_prompt
from semalign.models.schema import check_schema, hold_to_schema

Answer = str | Reply


class Scripted:
    """Replies from a list, in the order of the calls, or from a function of the request.

    A text is made into a reply as a model would: it ends before the first stop text and after `max_tokens` tokens,
    which are words here; a `Reply` is passed on as it is. Keeps the requests in `requests`. Exceptions of the function
    pass through, so a script can also fail.
    """

    def __init__(
        self,
        script: Sequence[Answer] | Callable[[Request], Answer],
        *,
        name: str = "scripted",
        price: Price | None = FREE,
    ) -> None:
        self.requests: list[Request] = []
        self._script = script
        self._name = name
        self._price = price
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """As it was given."""
        return self._name

    @property
    def price(self) -> Price | None:
        """As it was given."""
        return self._price

    def complete(self, request: Request) -> Reply:
        """The next reply of the list, or what the function says.

        Raises:
            ModelMissError: the list has no more.
            ModelSchemaError: the schema is none, or the script does not hold to it.
        """
        check_schema(request)
        with self._lock:
            n_asked = len(self.requests)
            self.requests.append(request)
        answer = self._script(request) if callable(self._script) else self._nth(n_asked)
        reply = self._spoken(answer, request) if isinstance(answer, str) else answer
        hold_to_schema(reply, request)
        return reply

    def _nth(self, n_asked: int) -> Answer:
        assert not callable(self._script)
        if n_asked >= len(self._script):
            raise ModelMissError(f"the script has {len(self._script)} replies and is asked again; write another one")
        return self._script[n_asked]

    def _spoken(self, text: str, request: Request) -> Reply:
        ends = [at for stop in request.stop if (at := text.find(stop)) >= 0]
        tokens = re.findall(r"\s*\S+|\s+$", text[: min(ends, default=len(text))])
        said = tokens[: request.max_tokens]
        usage = Usage(prompt_tokens=estimate_prompt(request), completion_tokens=len(said))
        return Reply(
            text="".join(said),
            finish=Finish.STOP if len(said) == len(tokens) else Finish.LENGTH,
            usage=usage,
            model=self._name,
            usd=self._price.of(usage) if self._price else None,
        )
