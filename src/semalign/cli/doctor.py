"""`semalign doctor`: what this machine can do."""

import json
from dataclasses import asdict

from rich.table import Table

from semalign.cli.options import Exit, Screen, tell, type_json_flag
from semalign.languages import LANGUAGES
from semalign.sandbox import preflight


def doctor(*, as_json: type_json_flag = False) -> int:
    """Say what this machine can do: how programs are held in here, and which languages run.

    Args:
        as_json: Print it as JSON.
    """
    report = preflight()
    languages = {name: language.missing() for name, language in LANGUAGES.items()}
    code = Exit.DONE if report.tier is not None and not any(languages.values()) else Exit.LACKING
    if as_json:
        tell(json.dumps({**asdict(report), "languages": languages}, indent=2))
        return code
    table = Table(title="What this machine can do", title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in ("", "what", "how it is known, or what to do"):
        table.add_column(heading)
    for guarantee in report.guarantees:
        table.add_row("[green]yes[/]" if guarantee.holds else "[yellow]no[/]", guarantee.name, guarantee.known_by)
    for name, missing in languages.items():
        table.add_row("[yellow]no[/]" if missing else "[green]yes[/]", name, missing or LANGUAGES[name].toolchain())
    console = Screen()
    console.print(table)
    held = f"programs are held in by: {report.tier}" if report.tier else "programs can't be held in here"
    console.print(f"\n{held}" + (f"\nnext: {report.next_step}" if report.next_step else ""))
    return code
