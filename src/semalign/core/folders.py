"""Where things are kept between runs."""

import os
from pathlib import Path


def cache_folder(part: str) -> Path:
    """The folder of one part of us in the user's cache; it need not exist yet.

    In `$SEMALIGN_CACHE`, else in `semalign` of `$XDG_CACHE_HOME`, else in `~/.cache/semalign`.
    """
    own = os.environ.get("SEMALIGN_CACHE")
    base = Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "semalign"
    return base / part
