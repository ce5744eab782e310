"""The sites of an instrumented Python file: what the recorder, and the reader of its lines, must know of each."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field

from semalign.languages.python_parse import parse_python
from semalign.languages.python_traits import Traits
from semalign.traces.wire import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrumented:
    """A rewritten file, and what the recorder and the reader of its lines need to know of its sites."""

    source: str
    key: str  # what the recorder's names begin with; not to be guessed by the program
    sites: tuple[Site, ...]
    names: tuple[tuple[list[str], list[str]], ...]  # of each site: variables, module variables
    ops: tuple[tuple[str, int, int, str], ...]  # of each kind of event: tag, site, loops around it, what it says
    eager: bool  # each event is written at once, since the program would notice references to its objects
    telling: bool  # marshal tells its values apart
    lone: bool  # one function is traced, and nothing in the file calls it: its events are of the last frame
    sharing: bool  # a value may hold another one twice, or a cycle
    roots: tuple[int, ...]  # sites of the top level
    final_values: bool  # only what each frame's variables hold when it ends is recorded
    lines: tuple[tuple[int, int, int], ...]  # first and last line of the rewritten file, and the site they belong to


@dataclass(slots=True)
class Sites:
    """The sites of one file as they are made."""

    key: str
    functions: frozenset[str]  # of the file's top level: what they change, they tell themselves
    traits: Traits
    sites: list[Site] = field(default_factory=list)
    names: list[tuple[list[str], list[str]]] = field(default_factory=list)
    ops: list[tuple[str, int, int, str]] = field(default_factory=lambda: [("X", 0, 0, "")])
    roots: list[int] = field(default_factory=list)
    marks: dict[int, int] = field(default_factory=dict)  # id of a node of the program -> its site

    def add(self, site: Site, shown: Sequence[str] = (), module_names: Sequence[str] = ()) -> int:
        """A new site, and its number."""
        self.sites.append(site)
        self.names.append((list(shown), list(module_names)))
        return len(self.sites) - 1

    def op(self, tag: str, site: int, n_loops: int = 0, said: str = "") -> int:
        """A new kind of event, and its number."""
        self.ops.append((tag, site, n_loops, said))
        return len(self.ops) - 1


def lines_of(tree: ast.Module, text: str, table: Sites) -> tuple[tuple[int, int, int], ...]:
    """Where the program's own statements stand in the rewritten text; nothing where the two trees differ."""
    pairs = list(zip(ast.walk(tree), ast.walk(parse_python(text)), strict=False))
    if any(type(ours) is not type(read) for ours, read in pairs):
        return ()
    return tuple(
        (read.lineno, read.end_lineno or read.lineno, table.marks[id(ours)])  # type: ignore[attr-defined] # statements
        for ours, read in pairs
        if id(ours) in table.marks
    )
