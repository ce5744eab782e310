"""The empty program of each language into which a translation goes, where the user gives no harness."""

import re
from pathlib import Path

from semalign.languages import LANGUAGES
from semalign.systems.translation.shell import Shell
from semalign.systems.translation.translation import TranslateConfig

_CPP_HEADERS = (
    "algorithm", "array", "climits", "cmath", "cstdint", "cstdlib", "cstring", "deque", "functional", "iostream", "map",
    "numeric", "queue", "set", "sstream", "stack", "string", "tuple", "unordered_map", "unordered_set", "utility",
    "vector",
)  # fmt: skip


def skeleton(language: str, name: str) -> Shell:
    """A program with a hole: `name` is that of the file, which Java makes the class's.

    >>> skeleton("java", "two-sum").fill("static int f() { return 1; }")[0].splitlines()[2]
    'class TwoSum {'
    """
    match language:
        case "java":
            return Shell(text=f"import java.util.*;\n\nclass {class_name(name)} {{\n// TOFILL\n}}\n", language=language)
        case "cpp":
            headers = "".join(f"#include <{header}>\n" for header in _CPP_HEADERS)
            return Shell(text=f"{headers}\nusing namespace std;\n\n// TOFILL\n", language=language)
        case _:
            return Shell(text="# TOFILL\n", language=language)


def class_name(name: str) -> str:
    """A name as Java writes those of classes."""
    words = [word for word in re.split(r"\W|_", name) if word]
    joined = "".join(word[0].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Program{joined}"


def target_name(config: TranslateConfig) -> Path:
    """What the translation is called: the file it goes to, else its harness's name, else that of the empty program.

    A file whose ending is not one of the language's would be read as another one, so its name is not taken.
    """
    suffixes = LANGUAGES[config.to].suffixes
    for path in (config.out, config.harness):
        if path is not None and path.suffix in suffixes:
            return path
    stem = class_name(config.source.stem) if config.to == "java" else config.source.stem
    return Path(f"{stem}{suffixes[0]}")
