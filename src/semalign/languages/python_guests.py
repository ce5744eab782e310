"""The guest files of Python as one script: compiled here once, so that no child spends its time on that."""

import binascii
import functools
import json
import marshal
from collections.abc import Mapping
from pathlib import Path

from semalign.sandbox.model import Script
from semalign.values.wire import type_json

GUESTS = Path(__file__).parent / "guests"


def script(files: tuple[Path, ...], call: str, header: Mapping[str, type_json]) -> Script:
    """A script that has everything in these guest files and then evaluates `call`, in which `header` is a dict.

    The warm interpreters are started from the interpreter that runs here, so its code objects fit theirs.
    """
    # Twice as JSON: once for the data, once to stand in the source as a text.
    data = json.dumps(json.dumps(header))
    return Script(source=f"{_definitions(files)}\nheader = json.loads({data})\n{call}\n")


@functools.cache
def _definitions(files: tuple[Path, ...]) -> str:
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    code = binascii.b2a_base64(marshal.dumps(compile(text, "main.py", "exec", dont_inherit=True)), newline=False)
    return f"import binascii, json, marshal\nexec(marshal.loads(binascii.a2b_base64({code.decode()!r})))"
