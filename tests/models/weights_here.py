"""The weights that tests may run: the file that SEMALIGN_GGUF names, else the small ones if they were pulled."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from semalign.models.weights import WEIGHTS


def weights_here() -> Path:
    """Their path; skips the test where there are none."""
    named = os.environ.get("SEMALIGN_GGUF")
    path = Path(named) if named else WEIGHTS["qwen2.5-coder-0.5b"].path
    if find_spec("xllamacpp") is None:
        pytest.skip("the engine is not installed: pip install 'semalign[local]'")
    if not path.is_file():
        pytest.skip("no weights here: semalign models pull qwen2.5-coder-0.5b, or SEMALIGN_GGUF")
    return path
