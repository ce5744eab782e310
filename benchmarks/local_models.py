"""How fast local weights are on one thread, and whether a reused prompt changes what they say.

    python -m benchmarks.local_models FILE.gguf

Speed is by the clock, so it is worth what the machine is idle; the difference of log-probabilities is exact.
"""

import argparse
import os
import time
from pathlib import Path

from semalign.models import Message, Model, Reply, Request, Role
from semalign.models.local import Local, LocalConfig

PREFIX = "def f(x):\n    total = 0\n    for i in range(x):\n        total += i\n    return total\n" * 3
OTHER, ASKED = (
    Request(messages=(Message(Role.USER, PREFIX + question),), max_tokens=12, n_logprobs=1)
    for question in ("What is its name?", "Explain this in one word.")
)
LONG = Request(prompt="# A sorting function in Python\ndef sort(items):\n", max_tokens=64)


def chances(reply: Reply) -> list[float]:
    """The log-probabilities of its tokens."""
    return [token.logprob for token in reply.logprobs or ()]


def after_another(path: Path, *, reuse: bool) -> tuple[list[float], list[float]]:
    """Log-probabilities of one request asked first, and asked after another one that begins alike."""
    asked = []
    for before in ((), (OTHER,)):
        with Local(LocalConfig(path=path, context_tokens=1024, reuse_prompt=reuse)) as model:
            for request in before:
                model.complete(request)
            asked.append(chances(model.complete(ASKED)))
    return asked[0], asked[1]


def speed(model: Model) -> tuple[float, float]:
    """Tokens a second: reading a prompt, and writing a reply."""
    began = time.perf_counter()
    read = model.complete(Request(prompt=PREFIX * 4, max_tokens=1)).usage.prompt_tokens
    between = time.perf_counter()
    written = model.complete(LONG).usage.completion_tokens
    return read / (between - began), written / (time.perf_counter() - between)


def main() -> None:
    """Print the figures of one file."""
    parser = argparse.ArgumentParser(description="Speed of local weights, and whether a reused prompt matters.")
    parser.add_argument("path", type=Path, help="a GGUF file")
    path = parser.parse_args().path
    with Local(LocalConfig(path=path, context_tokens=1024)) as model:
        reading, writing = speed(model)
    print(f"{path.name}: reads {reading:.1f}, writes {writing:.1f} tokens a second, load {os.getloadavg()[0]:.1f}")
    for reuse in (False, True):
        first, second = after_another(path, reuse=reuse)
        apart = max(abs(a - b) for a, b in zip(first, second, strict=False))
        print(f"reuse_prompt={reuse}: log-probabilities asked first and asked second differ by up to {apart:.4f}")


if __name__ == "__main__":
    main()
