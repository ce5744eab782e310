"""`Assembly`: the target file as it grows, part by part; it can be shown with a hole, started, and written out."""

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, replace

from semalign.systems.translation.files.parts import Kind, Part
from semalign.systems.translation.fixers.draft import text_of, tree_of
from semalign.systems.translation.fixers.draft import walk as nodes_of
from semalign.systems.translation.skeleton import skeleton

HOLE = "TOFILL"
_IMPORTS = {
    "java": re.compile(r"^[ \t]*import\s+[\w.*\s]+;[ \t]*\n?", re.MULTILINE),
    "cpp": re.compile(r"^[ \t]*(?:#[ \t]*include\b.*|using namespace [\w:]+[ \t]*;)[ \t]*\n?", re.MULTILINE),
    "python": re.compile(r"^(?:import|from)[ \t]+[^(\n]*(?:\([^)]*\))?[ \t]*(?:#.*)?(?:\n|\Z)", re.MULTILINE),
}
_COMMENTS = {"java": "//", "cpp": "//", "python": "#"}
_NOTHING = {
    "java": "public static void main(String[] args) {\n}",
    "cpp": "int main() {\n}",
    "python": 'if __name__ == "__main__":\n    pass',
}
_STARTS = re.compile(r"^(?!def |class |@|#|[ \t\n)\]}]|[\w, ]+ ?(?::[^=\n]+)?= )\S", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What there is of the target file. Imports are kept once and at the top."""

    language: str
    title: str  # of the class, where the language needs one
    imports: tuple[str, ...] = ()
    pieces: tuple[str, ...] = ()
    main: str = ""
    remarks: tuple[str, ...] = ()  # what the file has to say about itself

    def with_imports(self, text: str) -> "Assembly":
        """With the imports of a text as well."""
        found = [line.strip() for line in _IMPORTS[self.language].findall(text)]
        return replace(self, imports=tuple(dict.fromkeys([*self.imports, *found])))

    def added(self, text: str) -> "Assembly":
        """With one more piece after the others; its imports join those at the top."""
        return replace(self.with_imports(text), pieces=(*self.pieces, self.inner(text)))

    def ended(self, text: str) -> "Assembly":
        """With this main program."""
        main = self.inner(text)
        if self.language == "python" and re.search(r"^def main\(", main, re.MULTILINE) and not _STARTS.search(main):
            main += '\n\n\nif __name__ == "__main__":\n    main()'
        return replace(self.with_imports(text), main=main)

    def inner(self, text: str) -> str:
        """A piece without its imports; what Java needs no object for is static."""
        inner = _IMPORTS[self.language].sub("", text).strip("\n")
        return _static(inner) if self.language == "java" else inner

    @property
    def shell(self) -> str:
        """The file so far, with a hole for the next function."""
        return self._file([*self.pieces, f"{_COMMENTS[self.language]} {HOLE}"])

    @property
    def startable(self) -> str:
        """The file so far, with a main program that does nothing: it can be built and started."""
        return self._file([*self.pieces, _NOTHING[self.language]])

    @property
    def program(self) -> str:
        """The whole file."""
        return self._file([*self.pieces, *filter(None, [self.main])])

    def _file(self, pieces: Iterable[str]) -> str:
        remarks = "".join(f"{_COMMENTS[self.language]} {line}\n" for line in self.remarks)
        if self.language == "java":
            inner = "\n\n".join(piece if '"""' in piece else textwrap.indent(piece, "    ") for piece in pieces)
            return f"{remarks}{self._imports}class {self.title} {{\n{inner}\n}}\n"
        gap = "\n\n\n" if self.language == "python" else "\n\n"
        return f"{remarks}{self._imports}{gap.join(pieces)}\n"

    @property
    def _imports(self) -> str:
        lines = sorted(self.imports, key=lambda line: ("using" in line, "__future__" not in line))
        return "".join(f"{line}\n" for line in lines) + ("\n" if lines else "")


def empty(language: str, title: str) -> Assembly:
    """A file with what every translation may import."""
    return Assembly(language=language, title=title).with_imports(skeleton(language, title).text)


def piece_of(parts: Iterable[Part], language: str) -> str:
    """Parts as one text; C++ functions that call each other are declared before."""
    found = []
    for part in parts:
        mutual = language == "cpp" and part.kind is Kind.FUNCTION and len(part.spans) > 1
        found += [*(_heads(part.text) if mutual else []), part.text]
    return "\n\n".join(found)


def heads(text: str, language: str) -> tuple[str, ...]:
    """The heads of the functions of a text, without bodies; Python's with their colon."""
    kinds = ("function_definition", "method_declaration")
    found = []
    for node in tree_of(text, language).root_node.named_children:
        inner = node.child_by_field_name("definition") or node
        body = inner.child_by_field_name("body")
        if inner.type in kinds and body is not None:
            found.append(text.encode()[inner.start_byte : body.start_byte].decode().strip())
    return tuple(found)


def _heads(text: str) -> list[str]:
    return [f"{head};" for head in heads(text, "cpp")]


def _static(text: str) -> str:
    """Members of a class as they are used without an object of it."""
    before = "class D {\n"
    data = (before + text + "\n}\n").encode()
    root = tree_of(data.decode(), "java").root_node
    body = next((node for node in nodes_of(root) if node.type == "class_body"), None)
    kinds = ("class_declaration", "method_declaration", "field_declaration")
    places = [
        node.start_byte
        for node in ([] if body is None else body.named_children)
        if node.type in kinds and not any(_says_static(one) for one in node.named_children)
    ]
    for place in reversed(places):
        data = data[:place] + b"static " + data[place:]
    return data.decode()[len(before) : -len("\n}\n")]


def _says_static(modifiers: object) -> bool:
    return getattr(modifiers, "type", "") == "modifiers" and "static" in text_of(modifiers).split()  # type: ignore[arg-type]
