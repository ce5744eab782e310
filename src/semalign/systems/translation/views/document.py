"""One self-contained HTML file: style, script and data inside, nothing loaded, and a policy that forbids loading."""

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

type_json = Any

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="semalign">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def document(title: str, body: str, *, styles: Sequence[str], script: str, data: type_json = None) -> str:
    """The file. `styles` and `script` are names of assets; `body` is HTML, already escaped."""
    css, js = "".join(map(_asset, ("base.css", *styles))), _asset(script)
    # Inline style and script run only as they were written here: their hashes are the whole permission.
    policy = (
        f"default-src 'none'; style-src 'sha256-{_hash(css)}'; script-src 'sha256-{_hash(js)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    text = _HEAD.format(policy=policy, title=escaped(title), style=css, body=body, data=embedded(data), script=js)
    # A lone surrogate cannot be written as UTF-8; it is shown as its escape wherever a value is, here it's a guard.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def embedded(tree: type_json) -> str:
    r"""JSON that cannot end the script element it stands in.

    >>> embedded("</script>&")
    '"\\u003c/script\\u003e\\u0026"'
    """
    text = json.dumps(tree, ensure_ascii=True, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def escaped(text: str) -> str:
    """Safe as text and inside a quoted attribute."""
    return html.escape(text, quote=True)


def _asset(name: str) -> str:
    return (resources.files(__package__) / "assets" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
