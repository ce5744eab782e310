"""`Draft`: a translation under repair as a syntax tree, with the diagnostics that lie in it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import tree_sitter_cpp
import tree_sitter_java
import tree_sitter_python
from tree_sitter import Language, Node, Parser, Tree

from semalign.repair import Edit

_GRAMMARS = {"cpp": tree_sitter_cpp, "java": tree_sitter_java, "python": tree_sitter_python}
_BEFORE = {"java": "class D {\n"}
_AFTER = {"java": "\n}\n"}
_NOTE = re.compile(r"(\d+):(\d+): (.*)", re.DOTALL)
HARNESS = "harness: "  # how a diagnostic begins that lies outside the draft


def tree_of(text: str, language: str) -> Tree:
    """The syntax tree of a whole text."""
    return Parser(Language(_GRAMMARS[language].language())).parse(text.encode())


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What the compiler said; lines and columns count from 1 in the draft, line 0 is in the harness."""

    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Draft:
    """The text, its language, and the notes of its last run."""

    text: str
    language: str
    name: str  # of the function that the harness calls
    builds: bool = True
    notes: tuple[str, ...] = ()

    @cached_property
    def data(self) -> bytes:
        """What the nodes' ranges refer to: the draft with what makes it a file of its own."""
        return (_BEFORE.get(self.language, "") + self.text + _AFTER.get(self.language, "")).encode()

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree of `data`."""
        return tree_of(self.data.decode(), self.language)

    @property
    def shift(self) -> int:
        """Bytes of `data` before the draft."""
        return len(_BEFORE.get(self.language, ""))

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All named nodes, in the order of the text."""
        return tuple(walk(self.tree.root_node))

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The compiler's words, if it did not build."""
        found = []
        for note in () if self.builds else self.notes:
            place = _NOTE.match(note)
            if place:
                found.append(Diagnostic(int(place[1]), int(place[2]), place[3]))
            else:
                found.append(Diagnostic(0, 0, note.removeprefix(HARNESS)))
        return tuple(found)

    @cached_property
    def functions(self) -> dict[str, Node]:
        """Function definitions by name, the last of a name."""
        kinds = ("function_definition", "method_declaration")
        return {name: node for node in self.nodes if node.type in kinds and (name := function_name(node))}

    @property
    def function(self) -> Node | None:
        """The definition of the called function, else the only one there is."""
        found = self.functions
        if self.name in found:
            return found[self.name]
        return next(iter(found.values())) if len(found) == 1 else None

    def edit(self, node: Node, text: str) -> Edit:
        """`node` replaced by `text`."""
        return Edit(start=node.start_byte - self.shift, end=node.end_byte - self.shift, text=text)

    def insert(self, byte: int, text: str) -> Edit:
        """`text` put before a byte of `data`; at the end of the draft where the byte lies behind it."""
        at = max(0, min(byte - self.shift, len(self.text.encode())))
        return Edit(start=at, end=at, text=text)

    def at(self, diagnostic: Diagnostic) -> Node | None:
        """The smallest named node at the place of a diagnostic."""
        if not diagnostic.line:
            return None
        row = diagnostic.line - 1 + _BEFORE.get(self.language, "").count("\n")
        point = (row, max(0, diagnostic.column - 1))
        return self.tree.root_node.named_descendant_for_point_range(point, point)


def walk(node: Node) -> Iterator[Node]:
    """A node and all named nodes below it, in the order of the text."""
    yield node
    for child in node.named_children:
        yield from walk(child)


def text_of(node: Node | None) -> str:
    """Its text; "" for none."""
    return "" if node is None or node.text is None else node.text.decode()


def function_name(node: Node) -> str:
    """The name of a function definition, in any of the languages; "" where it has none."""
    if name := node.child_by_field_name("name"):
        return text_of(name)
    inner = node.child_by_field_name("declarator")
    while inner is not None and inner.type != "function_declarator":
        inner = inner.child_by_field_name("declarator") or next(iter(inner.named_children), None)
    return text_of(inner.child_by_field_name("declarator")) if inner else ""
