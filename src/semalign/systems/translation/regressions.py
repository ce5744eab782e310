"""Inputs on which a draft was wrong and its repair is right: a file that grows, so that no fault comes back unseen.

It holds JSON lines as `semalign diff --inputs` reads them. One file belongs to one function.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.systems.translation.contract import type_arguments
from semalign.values.wire import encode


def text(path: Path) -> str:
    """What is in the file; nothing where there is none yet.

    Raises:
        ConfigError: it can't be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read: {exc}; give a file of JSON lines") from exc


def add(path: Path, found: Sequence[type_arguments]) -> int:
    """Write down those that are not in the file; how many these are.

    Raises:
        ConfigError: it can't be read or written.
    """
    before = text(path).splitlines()
    written = [json.dumps([encode(value) for value in arguments]) for arguments in found]
    new = [line for line in dict.fromkeys(written) if line not in set(before)]
    if new or not path.exists():
        try:
            path.write_text("\n".join((*before, *new, "")), encoding="utf-8")
        except OSError as exc:
            why = f"cannot be written ({exc.strerror}); give a path in a folder that exists"
            raise ConfigError(f"{path}: {why}") from exc
    return len(new)
