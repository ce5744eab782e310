"""Compares and translates the examples of this folder, and leaves a page of each in `.demo/`.

Run `make demo`, or `python -m examples.demo` in an environment that has semalign. Exit code 0: every answer is the one
that `expected.toml` and `translate/expected.toml` state; what lacks a compiler is skipped and named. The part that asks
a model runs where its weights are or can be fetched; `NO_MODEL=1` leaves it out.
"""

import os
import sys

from rich.console import Console

from examples import demo_diff, demo_translate
from examples.demo_command import HERE, missing_tools
from examples.demo_diff import Comparison
from examples.demo_translate import Ported
from semalign.systems.translation.views.index_page import index


def main() -> int:
    """Compare, translate, show, and say whether everything was as expected."""
    folder = HERE.parent / ".demo"
    folder.mkdir(exist_ok=True)
    console = Console()
    missing = missing_tools()
    comparisons = demo_diff.compare_all(folder, missing, console)
    model, why_none = demo_translate.find_model(os.environ, console)
    ported = demo_translate.translate_all(folder, missing, model, console)
    page = folder / "index.html"
    rows = [*demo_diff.rows(comparisons), *demo_translate.rows(ported)]
    page.write_text(index(rows, title="The examples of semalign"), encoding="utf-8")
    console.print(demo_diff.table(comparisons))
    console.print(demo_translate.table(ported))
    done: list[Comparison | Ported] = [*comparisons, *ported]
    skipped = sorted({reason for one in done for reason in one.skipped} | ({why_none} if why_none else set()))
    for reason in skipped:
        console.print(f"skipped: {reason}", style="yellow", highlight=False, soft_wrap=True)
    surprises = [one for one in done if one.surprise]
    for one in surprises:
        console.print(f"{one.name}: {one.surprise}", style="red", highlight=False)
    console.print(f"open {page}", highlight=False, soft_wrap=True)
    return 1 if surprises else 0


if __name__ == "__main__":
    sys.exit(main())
