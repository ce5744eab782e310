"""The blocks of a Java method, with the syntax that each one stands for.

One walk makes the `Outline` and the tree of `Region`s that is instrumented, so the two can't disagree. Plain `{}` and
labels are looked through; `else if` is an `if` in the else-arm; `case` labels that share statements are one arm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from semalign.languages.java_scope import Mention, Scope, scope_of
from semalign.languages.java_syntax import JavaMethod, is_comment, statements, text_of
from semalign.traces.blocks import LOOPS, Block, BlockKind, Outline

_HEADERS = {
    "if_statement": (BlockKind.IF, "if"),
    "for_statement": (BlockKind.FOR, "for"),
    "enhanced_for_statement": (BlockKind.FOR, "for"),
    "while_statement": (BlockKind.WHILE, "while"),
    "do_statement": (BlockKind.DO, "do"),
    "switch_expression": (BlockKind.SWITCH, "switch"),
    "switch_statement": (BlockKind.SWITCH, "switch"),
    "try_statement": (BlockKind.TRY, "try"),
    "try_with_resources_statement": (BlockKind.TRY, "try"),
    "synchronized_statement": (BlockKind.WITH, "with"),
}
JUMPS = frozenset(("return_statement", "break_statement", "continue_statement", "throw_statement", "yield_statement"))


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """An arm of a header. `node` is what stands there: a block, one statement, a group of `case`s."""

    name: str
    node: Node
    regions: tuple["Region", ...]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A block and its syntax. `outer` is the whole statement, with its label where it has one."""

    block: Block
    nodes: tuple[Node, ...]
    mention: Mention
    outer: Node
    arms: tuple[Arm, ...] = ()

    def walk(self) -> Iterator["Region"]:
        """This region and those inside, in source order."""
        yield self
        for arm in self.arms:
            for region in arm.regions:
                yield from region.walk()


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A method with its entry block, its regions and its variables."""

    method: JavaMethod
    entry: Block
    regions: tuple[Region, ...]
    scope: Scope

    @property
    def outline(self) -> Outline:
        """Its blocks in source order."""
        inner = (found.block for region in self.regions for found in region.walk())
        return Outline(function=self.method.name, blocks=(self.entry, *inner))

    @property
    def n_loops(self) -> int:
        """How deep its loops are nested."""
        regions = (found for region in self.regions for found in region.walk())
        return max((len(one.block.loops) + (one.block.kind in LOOPS) for one in regions), default=0)


def body_of(method: JavaMethod) -> Body:
    """The blocks of one method."""
    scope = scope_of(method)
    builder = _Builder(scope)
    regions = builder.regions(statements(method.body), _Place(method.name, first=1))
    parameters = tuple(name for name, found in scope.locals.items() if found[0].start == method.body.start_byte)
    start, end = method.node.start_byte, _end_before(method.node, method.body)
    entry = Block(
        id=f"{method.name}:0",
        kind=BlockKind.ENTRY,
        start_byte=start,
        end_byte=end,
        first_line=method.node.start_point.row + 1,
        last_line=method.node.start_point.row + 1 + _cut(method.node, start, end).count("\n"),
        defs=parameters,
        text=_cut(method.node, start, end),
    )
    return Body(method, entry, regions, scope)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a list of statements stands."""

    prefix: str
    parent: str = ""
    arm: str = ""
    loops: tuple[str, ...] = ()
    first: int = 0


@dataclass(slots=True)
class _Builder:
    scope: Scope

    def regions(self, nodes: Sequence[Node], place: _Place) -> tuple[Region, ...]:
        found: list[Region] = []
        run: list[Node] = []

        def end_run() -> None:
            if run:
                found.append(self._straight(tuple(run), f"{place.prefix}:{place.first + len(found)}", place))
                run.clear()

        for outer, node in _flat(nodes):
            if node.type in _HEADERS:
                end_run()
                found.append(self._header(node, outer, f"{place.prefix}:{place.first + len(found)}", place))
            else:
                run.append(node)
                if node.type in JUMPS:
                    end_run()
        end_run()
        return tuple(found)

    def _straight(self, nodes: tuple[Node, ...], block_id: str, place: _Place) -> Region:
        seen = self.scope.mention(nodes)
        block = _block(block_id, BlockKind.RUN, (nodes[0], nodes[-1].end_byte), place, seen)
        return Region(block, nodes, seen, nodes[0])

    def _header(self, node: Node, outer: Node, place_id: str, place: _Place) -> Region:
        kind, suffix = _HEADERS[node.type]
        block_id = f"{place_id}.{suffix}"
        parts = [part for name in _PARTS.get(node.type, ()) for part in node.children_by_field_name(name)]
        seen = self.scope.mention(parts)
        if node.type == "enhanced_for_statement":
            name = text_of(node.child_by_field_name("name"))
            seen = Mention((name, *seen.defs), seen.uses, seen.inner_loops)
        block = _block(block_id, kind, _header_span(node), place, seen)
        inner = (*place.loops, block_id) if kind in LOOPS else place.loops
        arms = tuple(
            Arm(name, stands, self.regions(inside, _Place(prefix, block_id, name, inner)))
            for name, prefix, stands, inside in _arms(node, block_id)
        )
        if kind is BlockKind.TRY:
            arms = self._try_arms(node, arms, block_id, place)
        return Region(block, (node,), seen, outer, arms)

    def _try_arms(self, node: Node, arms: tuple[Arm, ...], block_id: str, place: _Place) -> tuple[Arm, ...]:
        """The handlers, each a block of its own that holds blocks, between the body and `finally`."""
        handlers = []
        for number, clause in enumerate(child for child in node.children if child.type == "catch_clause"):
            own, body = f"{block_id}.catch{number}", clause.child_by_field_name("body")
            if body is None:
                continue
            names = [
                text_of(child.child_by_field_name("name"))
                for child in clause.children
                if child.type == "catch_formal_parameter"
            ]
            at = _Place(block_id, block_id, f"catch{number}", place.loops)
            span = (clause, _end_before(clause, body))
            block = _block(own, BlockKind.CATCH, span, at, Mention(tuple(names)))
            inside = Arm("body", body, self.regions(statements(body), _Place(own, own, "body", place.loops)))
            region = Region(block, (clause,), Mention(tuple(names)), clause, (inside,))
            handlers.append(Arm(f"catch{number}", clause, (region,)))
        return (*arms[:1], *handlers, *arms[1:])


_PARTS = {
    "if_statement": ("condition",),
    "while_statement": ("condition",),
    "do_statement": ("condition",),
    "for_statement": ("init", "condition", "update"),
    "enhanced_for_statement": ("value",),
    "switch_expression": ("condition",),
    "switch_statement": ("condition",),
    "try_with_resources_statement": ("resources",),
    "synchronized_statement": (),
}


def _flat(nodes: Sequence[Node]) -> Iterator[tuple[Node, Node]]:
    """Each statement with the whole it stands in (its label), plain blocks and labels looked through."""
    for outer in nodes:
        node = outer
        while node.type == "labeled_statement":
            node = node.named_children[-1]
        if node.type == "block":
            yield from _flat(statements(node))
        elif node.type == "local_variable_declaration" or not (node.type == ";" or node.type.endswith("_declaration")):
            yield outer, node


def _arms(node: Node, block_id: str) -> Iterator[tuple[str, str, Node, Sequence[Node]]]:
    """Name of the arm, prefix of its block ids, what stands there, its statements."""
    match node.type:
        case "if_statement":
            for name, where in (("then", "consequence"), ("else", "alternative")):
                inside = node.child_by_field_name(where)
                if inside is not None:
                    yield name, f"{block_id}.{name}", inside, statements(inside)
        case "switch_expression" | "switch_statement":
            for number, (inside, listed) in enumerate(_cases(node)):
                yield f"case{number}", f"{block_id}.case{number}", inside, listed
        case "try_statement" | "try_with_resources_statement":
            body = node.child_by_field_name("body")
            final = next((child for child in node.children if child.type == "finally_clause"), None)
            for name, inside in (("body", body), ("finally", None if final is None else final.named_children[-1])):
                if inside is not None:
                    yield name, f"{block_id}.{name}", inside, statements(inside)
        case _:
            body = node.child_by_field_name("body")
            if body is not None:
                yield "body", block_id, body, statements(body)


def _cases(node: Node) -> Iterator[tuple[Node, list[Node]]]:
    body = node.child_by_field_name("body")
    children = [child for child in body.named_children if not is_comment(child)] if body is not None else []
    for place, child in enumerate(children):
        labels = ("switch_label",)
        inside = [one for one in child.named_children if one.type not in labels and not is_comment(one)]
        empty = child.type == "switch_block_statement_group" and not inside
        if not empty or place == len(children) - 1:  # `case 1: case 2:` is one arm, the one with the statements
            yield child, [one for outer in inside for one in statements(outer)]


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
