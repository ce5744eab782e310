"""Many requests at once, with a bound on how many are under way."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from semalign.core.errors import ModelError
from semalign.models.protocol import Model, Reply, Request


def complete_all(model: Model, requests: Sequence[Request], *, at_once: int = 4) -> list[Reply | ModelError]:
    """The reply to each request, or how it failed, in the order of the requests.

    A `ModelError` is the fate of one request. Anything else, such as the end of the budget, is raised; requests that
    have not begun are then never asked.
    """

    def one(request: Request) -> Reply | ModelError:
        try:
            return model.complete(request)
        except ModelError as exc:
            return exc

    with ThreadPoolExecutor(max_workers=max(1, min(at_once, len(requests)))) as pool:
        jobs = [pool.submit(one, request) for request in requests]
        try:
            return [job.result() for job in jobs]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
