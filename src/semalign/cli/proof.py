"""What a translation is checked, repeated and guided by: options of `semalign translate`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console

from semalign import __version__
from semalign.cli.options import write_text
from semalign.core.errors import ConfigError
from semalign.systems.translation import evidence, mapfile, regressions
from semalign.systems.translation.translation import TranslateConfig, Translation
from semalign.systems.translation.views import sarif
from semalign.systems.translation.views.translated import to_json

ATTEMPTS = "translation.json"  # beside the verdict


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Proof:
    """Files that go in and come out beside the program."""

    map_file: Annotated[
        Path | None,
        Parameter(name="--map", help="TOML file of what corresponds; entries made by hand win over what is measured."),
    ] = None
    write_map: Annotated[
        Path | None,
        Parameter(help="Write such a file, to be read and edited; entries made by hand are kept from --map."),
    ] = None
    regressions: Annotated[
        Path | None,
        Parameter(
            help="File of inputs on which drafts failed and the program does not: repair begins with them, new ones "
            "are added. `semalign diff --inputs` reads it."
        ),
    ] = None
    sarif_file: Annotated[
        Path | None, Parameter(name="--sarif", help="Write the places to look at as SARIF 2.1.0.")
    ] = None
    evidence_folder: Annotated[
        Path | None,
        Parameter(
            name="--evidence",
            help="Write a folder from which `semalign diff --replay` repeats the verdict, with all attempts.",
        ),
    ] = None

    def refuse(self, *, whole: bool) -> None:
        """Say now what would fail after the work.

        Raises:
            ConfigError: a map to be written is there already, a folder for evidence holds something else, or more
                than a function is translated.
        """
        if whole and self != Proof():
            raise ConfigError(
                "--map, --write-map, --regressions, --sarif and --evidence are of one function; leave them out"
            )
        new = self.write_map
        if new is not None and new != self.map_file and new.exists():
            raise ConfigError(f"{new}: is there already; keep its entries with --map {new}, or give another name")
        if self.evidence_folder is not None:
            evidence.refuse_folder(self.evidence_folder)

    def keep(self, done: Translation, config: TranslateConfig) -> None:
        """Write what is asked for.

        Raises:
            ConfigError: something can't be written.
        """
        if self.regressions is not None:
            regressions.add(self.regressions, done.regressions)
        if self.sarif_file is not None:
            write_text(self.sarif_file, json.dumps(_sarif(done, config), indent=2) + "\n")
        if done.verdict is None or done.request is None:
            if self.write_map is not None or self.evidence_folder is not None:
                Console(stderr=True).print("no draft builds, so there is no verdict to write a map or evidence of")
            return
        if self.evidence_folder is not None:
            evidence.save(done.verdict, done.request, self.evidence_folder)
            write_text(self.evidence_folder / ATTEMPTS, json.dumps(to_json(done), indent=2) + "\n")
        if self.write_map is not None:
            known = None if self.map_file is None else mapfile.load(self.map_file)
            mapfile.write(self.write_map, done.verdict, known)


def _sarif(done: Translation, config: TranslateConfig) -> sarif.type_json:
    if done.verdict is not None:
        return sarif.to_sarif(done.verdict, version=__version__)
    path = config.out or config.draft or config.source
    return sarif.unbuilt(str(path), done.function, done.shown.notes, version=__version__)
