"""Finding a language by its name or by the ending of a file's name."""

from collections.abc import Mapping
from pathlib import PurePath

from semalign.core.errors import ConfigError
from semalign.languages.protocol import Language


def find_language(languages: Mapping[str, Language], path_or_name: str | PurePath) -> Language:
    """The language of that name, else the one that a file of that name is written in.

    Raises:
        ConfigError: there is none.
    """
    asked = str(path_or_name)
    if asked in languages:
        return languages[asked]
    suffix = PurePath(asked).suffix
    for language in languages.values():
        if suffix in language.suffixes:
            return language
    known = ", ".join(f"{name} ({' '.join(language.suffixes)})" for name, language in languages.items())
    raise ConfigError(f"no language for {asked!r}; give a file whose name ends as one of {known}")
