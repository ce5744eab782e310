"""Python, Java and C++: parse, outline, instrument, build, run, trace.

`LANGUAGES` is the table of adapters; `language_of(path_or_name)` finds one in it.
"""

from functools import partial

from semalign.languages.cpp import CppLanguage
from semalign.languages.java import JavaLanguage
from semalign.languages.lookup import find_language
from semalign.languages.protocol import Language
from semalign.languages.python import PythonLanguage

LANGUAGES: dict[str, Language] = {
    "python": PythonLanguage(),
    "java": JavaLanguage(),
    "cpp": CppLanguage(),
}

language_of = partial(find_language, LANGUAGES)
