"""Draws the pictures of the README: a real diff and a real translation of examples, as the terminal shows them.

Run `.venv/bin/python docs/picture.py` after a change to the terminal views; it writes `docs/diff.svg` and
`docs/translate.svg`.
"""

import io
import re
from dataclasses import replace
from pathlib import Path

from rich.console import Console, RenderableType

from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.translate import translate
from semalign.systems.translation.translation import TranslateConfig
from semalign.systems.translation.views import terminal, translated

HERE = Path(__file__).parent
PAIR = HERE.parent / "examples" / "01-savings-plan"
PORT = HERE.parent / "examples" / "translate" / "loyalty-points"
WIDTH = 118


def main() -> None:
    """One picture for each command."""
    with open_sandbox() as sandbox:
        draw(compared(sandbox), name="diff", command="semalign diff savings_plan.py SavingsPlan.java")
        told = "semalign translate loyalty_points.py --to java --no-model --from-draft draft.java"
        draw(repaired(sandbox), name="translate", command=told)


def compared(sandbox: Sandbox) -> RenderableType:
    """A pair that parts; the paths of this machine are left out."""
    verdict = diff(DiffConfig(source=PAIR / "savings_plan.py", target=PAIR / "SavingsPlan.java"), sandbox)
    source, target = (replace(side, path=Path(side.path).name) for side in (verdict.source, verdict.target))
    return terminal.render(replace(verdict, source=source, target=target), width=WIDTH)


def repaired(sandbox: Sandbox) -> RenderableType:
    """A draft with two mistakes, without a model."""
    config = TranslateConfig(source=PORT / "loyalty_points.py", to="java", draft=PORT / "draft.java")
    return translated.render(translate(config, sandbox, None), config.to, width=WIDTH)


def draw(shown: RenderableType, *, name: str, command: str) -> None:
    """Without the web fonts, so that the picture loads nothing."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(shown)
    drawn = console.export_svg(title=command, unique_id=name)
    plain = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)
    (HERE / f"{name}.svg").write_text(plain.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace"))


if __name__ == "__main__":
    main()
