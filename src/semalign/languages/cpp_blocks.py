"""The blocks of a C++ function, with the syntax and the visible variables of each.

One walk makes the `Outline` and the tree of `Region`s that is instrumented, so the two can't disagree. Plain `{}` and
labels are looked through; `else if` is an `if` in the else-arm; `case` labels that share statements are one arm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tree_sitter import Node

from semalign.languages.cpp_mention import Mention, condition_of, init_of, mention
from semalign.languages.cpp_syntax import (
    Declared,
    base_type,
    child_of_type,
    declarators,
    is_comment,
    statements,
    text_of,
)
from semalign.traces.blocks import LOOPS, Block, BlockKind, Outline

_HEADERS = {
    "if_statement": (BlockKind.IF, "if"),
    "for_statement": (BlockKind.FOR, "for"),
    "for_range_loop": (BlockKind.FOR, "for"),
    "while_statement": (BlockKind.WHILE, "while"),
    "do_statement": (BlockKind.DO, "do"),
    "switch_statement": (BlockKind.SWITCH, "switch"),
    "try_statement": (BlockKind.TRY, "try"),
}
JUMPS = frozenset(("return_statement", "break_statement", "continue_statement", "goto_statement", "throw_statement"))
_NO_STATEMENT = frozenset(("comment", ";", "preproc_def", "preproc_function_def"))


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable in view. `n_extents` > 0: an array, whose extents the guest takes from `sizeof`."""

    name: str
    type_text: str = ""
    steps: tuple[str, ...] = ()
    is_local: bool = True  # of this call: a parameter or an automatic variable

    @property
    def n_extents(self) -> int:
        """Array extents; a parameter's are none, it is a pointer."""
        n = 0
        while n < len(self.steps) and self.steps[-1 - n].startswith("["):
            n += 1
        return n

    @property
    def is_value(self) -> bool:
        """Neither a reference, a pointer nor an array."""
        return not self.steps


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """An arm of a header. `node` is what stands there: a block, one statement, a `case`, a handler."""

    name: str
    node: Node
    regions: tuple["Region", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A block and its syntax. `view` holds the variables in view where the block ends, or in a header's condition."""

    block: Block
    nodes: tuple[Node, ...]
    mention: Mention
    view: dict[str, Variable]
    arms: tuple[Arm, ...] = ()

    def walk(self) -> Iterator["Region"]:
        """This region and those inside, in source order."""
        yield self
        for arm in self.arms:
            for region in arm.regions:
                yield from region.walk()


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A function with its entry block and regions."""

    name: str
    entry: Block
    regions: tuple[Region, ...]
    parameters: tuple[Variable, ...]

    @property
    def all_regions(self) -> list[Region]:
        """Every region, in source order."""
        return [found for region in self.regions for found in region.walk()]

    @property
    def outline(self) -> Outline:
        """Its blocks in source order."""
        return Outline(function=self.name, blocks=(self.entry, *(one.block for one in self.all_regions)))

    @property
    def n_loops(self) -> int:
        """How deep its loops are nested."""
        return max((len(one.block.loops) + (one.block.kind in LOOPS) for one in self.all_regions), default=0)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list of statements stands."""

    prefix: str
    parent: str = ""
    arm: str = ""
    loops: tuple[str, ...] = ()
    first: int = 0


def body_of(
    name: str,
    node: Node,
    parameters: Sequence[Variable],
    around: dict[str, Variable],
    changers: frozenset[str] = frozenset(),
) -> Body:
    """The blocks of a function definition; `around` are the globals and fields it sees."""
    body = node.child_by_field_name("body")
    assert body is not None, "a definition has a body"
    view = around | {one.name: one for one in parameters if one.name}
    regions = _Builder(view, changers).regions(statements(body), _Place(name, first=1))
    text = _cut(node, node.start_byte, body.start_byte).rstrip()
    entry = Block(
        id=f"{name}:0",
        kind=BlockKind.ENTRY,
        start_byte=node.start_byte,
        end_byte=node.start_byte + len(text.encode("utf-8", "replace")),
        first_line=node.start_point.row + 1,
        last_line=node.start_point.row + 1 + text.count("\n"),
        defs=tuple(one.name for one in parameters if one.name),
        text=text,
    )
    return Body(name, entry, regions, tuple(parameters))


@dataclass(slots=True)
class _Builder:
    view: dict[str, Variable]
    changers: frozenset[str]
    _ends: list[dict[str, Variable]] = field(default_factory=list)

    def regions(self, nodes: Sequence[Node], place: _Place) -> tuple[Region, ...]:
        """The blocks of a list of statements; what it declares goes out of view at its end."""
        found: list[Region] = []
        run: list[Node] = []
        seen: list[Mention] = []
        view = dict(self.view)

        def end_run() -> None:
            if run:
                found.append(self._straight(tuple(run), _joined(seen), view, _numbered(place, len(found))))
                run.clear()
                seen.clear()

        saved = self.view
        for node, scope in self._flat(nodes, dict(self.view)):
            self.view = scope
            if node.type in _HEADERS:
                end_run()
                found.append(self._header(node, _numbered(place, len(found))))
            else:
                self._declare(node, scope)
                seen.append(mention((node,), scope, self.changers))
                run.append(node)
                view = dict(scope)
                if node.type in JUMPS:
                    end_run()
        end_run()
        self.view = saved
        return tuple(found)

    def _flat(self, nodes: Sequence[Node], scope: dict[str, Variable]) -> Iterator[tuple[Node, dict[str, Variable]]]:
        """Each statement with the scope it stands in, plain blocks and labels looked through."""
        for outer in nodes:
            node = outer
            while node.type == "labeled_statement":
                node = node.named_children[-1]
            if node.type == "compound_statement":
                yield from self._flat(statements(node), dict(scope))
            elif node.type not in _NO_STATEMENT and text_of(node) != ";":
                yield node, scope

    def _declare(self, node: Node, scope: dict[str, Variable]) -> None:
        if node.type != "declaration":
            return
        extern = any(child.type == "storage_class_specifier" and text_of(child) == "extern" for child in node.children)
        for one in declarators(node):
            if one.is_function and not _is_object(one, scope):
                scope.pop(one.name, None)
            elif not extern:
                scope.update((found.name, found) for found in variables_of(one, base_type(node)))

    def _straight(
        self, nodes: tuple[Node, ...], seen: Mention, view: dict[str, Variable], at: tuple[str, _Place]
    ) -> Region:
        block_id, place = at
        return Region(_block(block_id, BlockKind.RUN, (nodes[0], nodes[-1].end_byte), place, seen), nodes, seen, view)

    def _header(self, node: Node, at: tuple[str, _Place]) -> Region:
        kind, suffix = _HEADERS[node.type]
        place_id, place = at
        block_id = f"{place_id}.{suffix}"
        saved = self.view
        self.view = dict(saved)
        parts: list[Node | None] = [init_of(node)]
        if node.type == "for_range_loop":
            parts += [node.child_by_field_name("right")]
            names = [found for one in declarators(node) for found in variables_of(one, base_type(node))]
        else:
            names = []
            parts += [condition_of(node), node.child_by_field_name("update")]
        found_parts = [part for part in parts if part is not None]
        for part in found_parts:
            self._declare(part, self.view)
        seen = mention(found_parts, self.view, self.changers)
        if names:
            self.view.update((one.name, one) for one in names)
            seen = Mention((*(one.name for one in names), *seen.defs), seen.uses, seen.inner_loops)
        block = _block(block_id, kind, _header_span(node), place, seen)
        view = dict(self.view)
        inner = (*place.loops, block_id) if kind in LOOPS else place.loops
        arms = tuple(
            Arm(name, stands, self.regions(inside, _Place(prefix, block_id, name, inner)))
            for name, prefix, stands, inside in _arms(node, block_id)
        )
        if kind is BlockKind.TRY:
            arms += tuple(self._handlers(node, block_id, place))
        self.view = saved
        return Region(block, (node,), seen, view, arms)

    def _handlers(self, node: Node, block_id: str, place: _Place) -> Iterator[Arm]:
        """Each handler is a block of its own that holds blocks."""
        clauses = [child for child in node.children if child.type == "catch_clause"]
        for number, clause in enumerate(clauses):
            own, body = f"{block_id}.catch{number}", clause.child_by_field_name("body")
            if body is None:
                continue
            saved, self.view = self.view, dict(self.view)
            parameter = child_of_type(clause.child_by_field_name("parameters") or clause, "parameter_declaration")
            names = [] if parameter is None else [one.name for one in declarators(parameter) if one.name]
            self.view.update((name, Variable(name, "", ("&",))) for name in names)
            at = _Place(block_id, block_id, f"catch{number}", place.loops)
            seen = Mention(tuple(names))
            block = _block(own, BlockKind.CATCH, (clause, _end_before(clause, body)), at, seen)
            inside = Arm("body", body, self.regions(statements(body), _Place(own, own, "body", place.loops)))
            yield Arm(f"catch{number}", clause, (Region(block, (clause,), seen, dict(saved), (inside,)),))
            self.view = saved


def variables_of(one: Declared, type_text: str) -> list[Variable]:
    """The variables that a declarator introduces."""
    if one.names:
        return [Variable(name, "auto", ("&",)) for name in one.names]
    steps = one.steps[:-1] if one.is_function else one.steps
    return [Variable(one.name, type_text, steps)] if one.name and "::" not in one.name else []


def _is_object(one: Declared, scope: dict[str, Variable]) -> bool:
    """`vector<int> v(n);` reads as a function to a parser that does not know that `n` is a variable."""
    given = [] if one.parameters is None else list(one.parameters.named_children)
    return bool(given) and all(text_of(child) in scope for child in given)


def _numbered(place: _Place, n_before: int) -> tuple[str, _Place]:
    return f"{place.prefix}:{place.first + n_before}", place


def _joined(seen: Sequence[Mention]) -> Mention:
    defs = dict.fromkeys(name for one in seen for name in one.defs)
    uses = dict.fromkeys(name for one in seen for name in one.uses)
    return Mention(tuple(defs), tuple(uses), sum(one.inner_loops for one in seen))


def cases(node: Node) -> Iterator[tuple[list[Node], list[Node]]]:
    """The arms of a `switch`: the `case` nodes that share statements, and the statements."""
    body = node.child_by_field_name("body")
    labels = [] if body is None else [child for child in body.named_children if child.type == "case_statement"]
    shared: list[Node] = []
    for label in labels:
        colon = child_of_type(label, ":")
        after = 0 if colon is None else colon.end_byte
        inside = [child for child in label.named_children if child.start_byte >= after and not is_comment(child)]
        shared.append(label)
        if inside or label == labels[-1]:
            yield shared, inside
            shared = []


def _arms(node: Node, block_id: str) -> Iterator[tuple[str, str, Node, Sequence[Node]]]:
    """Name of the arm, prefix of its block ids, what stands there, its statements."""
    match node.type:
        case "if_statement":
            for name, where in (("then", "consequence"), ("else", "alternative")):
                inside = node.child_by_field_name(where)
                if inside is not None:
                    yield name, f"{block_id}.{name}", inside, statements(inside)
        case "switch_statement":
            for number, (labels, listed) in enumerate(cases(node)):
                yield f"case{number}", f"{block_id}.case{number}", labels[-1], listed
        case "try_statement":
            body = node.child_by_field_name("body")
            if body is not None:
                yield "body", f"{block_id}.body", body, statements(body)
        case _:
            body = node.child_by_field_name("body")
            if body is not None:
                yield "body", block_id, body, statements(body)


def _header_span(node: Node) -> tuple[Node, int]:
    if node.type == "do_statement":
        keyword = next(child for child in node.children if child.type == "while")
        condition = node.child_by_field_name("condition")
        return keyword, condition.end_byte if condition is not None else keyword.end_byte
    inside = node.child_by_field_name("consequence") or node.child_by_field_name("body")
    return node, node.end_byte if inside is None else _end_before(node, inside)


def _end_before(node: Node, inside: Node) -> int:
    before = [child for child in node.children if child.end_byte <= inside.start_byte and not is_comment(child)]
    return before[-1].end_byte


def _block(block_id: str, kind: BlockKind, span: tuple[Node, int], place: _Place, seen: Mention) -> Block:
    first, end = span
    text = _cut(first, first.start_byte, end)
    return Block(
        id=block_id,
        kind=kind,
        start_byte=first.start_byte,
        end_byte=end,
        first_line=first.start_point.row + 1,
        last_line=first.start_point.row + 1 + text.count("\n"),
        parent=place.parent,
        arm=place.arm,
        loops=place.loops,
        defs=seen.defs,
        uses=seen.uses,
        inner_loops=seen.inner_loops,
        text=text,
    )


def _cut(node: Node, start: int, end: int) -> str:
    top = node
    while top.parent is not None and (top.start_byte > start or top.end_byte < end):
        top = top.parent
    whole = top.text or b""
    return whole[start - top.start_byte : end - top.start_byte].decode("utf-8", "replace")
