"""Draws `docs/diff.svg`, the picture of the README: a real diff of an example, as the terminal shows it.

Run `.venv/bin/python docs/picture.py` after a change to the terminal view.
"""

import io
import re
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from semalign.sandbox import open_sandbox
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.views import terminal

HERE = Path(__file__).parent
PAIR = HERE.parent / "examples" / "01-savings-plan"
WIDTH = 118


def main() -> None:
    """Compare, draw, and leave out the web fonts, so that the picture loads nothing."""
    with open_sandbox() as sandbox:
        verdict = diff(DiffConfig(source=PAIR / "savings_plan.py", target=PAIR / "SavingsPlan.java"), sandbox)
    source, target = (replace(side, path=Path(side.path).name) for side in (verdict.source, verdict.target))
    verdict = replace(verdict, source=source, target=target)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(terminal.render(verdict, width=WIDTH))
    drawn = console.export_svg(title="semalign diff savings_plan.py SavingsPlan.java", unique_id="diff")
    plain = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    (HERE / "diff.svg").write_text(plain.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace"))


if __name__ == "__main__":
    main()
