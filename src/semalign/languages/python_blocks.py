"""The blocks of a Python function, with the syntax each one stands for.

One walk makes both the `Outline` that people and the alignment see and the tree of `Region`s that the instrumenter
rewrites, so the two can't disagree about what a block is.
"""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from semalign.languages.python_names import Mention, mention
from semalign.traces.blocks import LOOPS, Block, BlockKind, Outline

type_function = ast.FunctionDef | ast.AsyncFunctionDef
_HEADERS: dict[type[ast.stmt], tuple[BlockKind, str]] = {
    ast.If: (BlockKind.IF, "if"),
    ast.For: (BlockKind.FOR, "for"),
    ast.AsyncFor: (BlockKind.FOR, "for"),
    ast.While: (BlockKind.WHILE, "while"),
    ast.Match: (BlockKind.SWITCH, "switch"),
    ast.Try: (BlockKind.TRY, "try"),
    ast.TryStar: (BlockKind.TRY, "try"),
    ast.With: (BlockKind.WITH, "with"),
    ast.AsyncWith: (BlockKind.WITH, "with"),
}
_JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A block and its syntax: the statements of a run, or the node of a header with the regions of its arms."""

    block: Block
    nodes: tuple[ast.AST, ...]
    arms: dict[str, tuple["Region", ...]] = field(default_factory=dict)

    def walk(self) -> Iterator["Region"]:
        """This region and those inside, in source order."""
        yield self
        for regions in self.arms.values():
            for region in regions:
                yield from region.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """One function, its entry block and the regions of its statements."""

    name: str  # qualified
    node: type_function | ast.Module
    entry: Block
    regions: tuple[Region, ...]
    variables: frozenset[str]  # names that blocks may mention: its own, and those of the scopes around it
    free: frozenset[str] = frozenset()  # of these, the names of the functions around it

    @property
    def outline(self) -> Outline:
        """Its blocks in source order."""
        inner = (found.block for region in self.regions for found in region.walk())
        return Outline(function=self.name, blocks=(self.entry, *inner))


class Text:
    """A source with what turns lines and columns into bytes."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode("utf-8", "surrogatepass")
        self._starts = [0]
        for line in self.bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def at(self, line: int, column: int) -> int:
        """The byte of a line from 1 and a column in bytes from 0."""
        return self._starts[line - 1] + column

    def line_of(self, byte: int) -> int:
        """The line, from 1, of a byte."""
        return self.bytes.count(b"\n", 0, byte) + 1

    def cut(self, start: int, end: int) -> str:
        """The text between two bytes."""
        return self.bytes[start:end].decode("utf-8", "replace")


def body_of(
    node: type_function | ast.Module,
    name: str,
    text: Text,
    variables: frozenset[str],
    free: frozenset[str] = frozenset(),
) -> Body:
    """The blocks of one function; functions nested in it are left for their own call."""
    builder = _Builder(text, variables)
    statements = node.body[1:] if has_docstring(node.body) else node.body
    regions = builder.regions(statements, _Place(name, first=1))
    entry = _entry(node, name, text)
    return Body(name=name, node=node, entry=entry, regions=regions, variables=variables, free=free)


@dataclass(frozen=True, slots=True, kw_only=False)
class _Place:
    """Where a list of statements stands."""

    prefix: str
    parent: str = ""
    arm: str = ""
    loops: tuple[str, ...] = ()
    first: int = 0


class _Builder:
    def __init__(self, text: Text, variables: frozenset[str]) -> None:
        self._text = text
        self.variables = variables

    def regions(self, statements: Sequence[ast.stmt], place: _Place) -> tuple[Region, ...]:
        found: list[Region] = []
        run: list[ast.stmt] = []

        def end_run() -> None:
            if run:
                found.append(self._run(tuple(run), f"{place.prefix}:{place.first + len(found)}", place))
                run.clear()

        for statement in statements:
            if type(statement) in _HEADERS:
                end_run()
                found.append(self._header(statement, f"{place.prefix}:{place.first + len(found)}", place))
            else:
                run.append(statement)
                if isinstance(statement, _JUMPS):
                    end_run()
        end_run()
        return tuple(found)

    def _run(self, statements: tuple[ast.stmt, ...], block_id: str, place: _Place) -> Region:
        start, _ = self._range(_first(statements[0]))
        _, end = self._range(statements[-1])
        block = self._block(block_id, BlockKind.RUN, (start, end), place, mention(statements, self.variables))
        return Region(block=block, nodes=statements)

    def _header(self, node: ast.stmt, place_id: str, place: _Place) -> Region:
        kind, suffix = _HEADERS[type(node)]
        block_id = f"{place_id}.{suffix}"
        parts = _header_parts(node)
        start, _ = self._range(node)
        last = max((self._range(part)[1] for part in parts), default=start)
        block = self._block(block_id, kind, (start, self._colon(last)), place, mention(parts, self.variables))
        loops = (*place.loops, block_id) if kind in LOOPS else place.loops
        arms = {
            arm: self.regions(body, _Place(prefix, block_id, arm, loops if arm == "body" else place.loops))
            for arm, prefix, body in _arms(node, block_id)
            if body
        }
        if isinstance(node, ast.Try | ast.TryStar):
            arms = self._with_handlers(node, block_id, place, arms)
        return Region(block=block, nodes=(node,), arms=arms)

    def _with_handlers(
        self, node: ast.Try | ast.TryStar, block_id: str, place: _Place, arms: dict[str, tuple[Region, ...]]
    ) -> dict[str, tuple[Region, ...]]:
        """The arms of a `try` in source order: a handler is a block of its own that holds blocks."""
        ordered = {"body": arms["body"]}
        for number, handler in enumerate(node.handlers):
            own = f"{block_id}.catch{number}"
            start, _ = self._range(handler)
            last = self._range(handler.type)[1] if handler.type is not None else start
            seen = mention([handler.type] if handler.type is not None else [], self.variables)
            if handler.name:
                seen = Mention((handler.name, *seen.defs), seen.uses, seen.inner_loops)
            at = _Place(block_id, block_id, f"catch{number}", place.loops)
            block = self._block(own, BlockKind.CATCH, (start, self._colon(last)), at, seen)
            body = self.regions(handler.body, _Place(own, own, "body", place.loops))
            ordered[f"catch{number}"] = (Region(block=block, nodes=(handler,), arms={"body": body}),)
        return ordered | {arm: arms[arm] for arm in ("else", "finally") if arm in arms}

    def _block(self, block_id: str, kind: BlockKind, span: tuple[int, int], place: _Place, seen: Mention) -> Block:
        start, end = span
        return Block(
            id=block_id,
            kind=kind,
            start_byte=start,
            end_byte=end,
            first_line=self._text.line_of(start),
            last_line=self._text.line_of(max(start, end - 1)),
            parent=place.parent,
            arm=place.arm,
            loops=place.loops,
            defs=seen.defs,
            uses=seen.uses,
            inner_loops=seen.inner_loops,
            text=self._text.cut(start, end),
        )

    def _range(self, node: ast.AST) -> tuple[int, int]:
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined] # statements, expressions, handlers
        end_line, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return self._text.at(line, column), self._text.at(end_line, end_column)

    def _colon(self, byte: int) -> int:
        """Just after the colon that ends a header whose last expression ends at `byte`."""
        found = self._text.bytes.find(b":", byte)
        return found + 1 if found >= 0 else byte


def _first(statement: ast.stmt) -> ast.AST:
    decorators = getattr(statement, "decorator_list", [])
    return decorators[0] if decorators else statement


def has_docstring(body: Sequence[ast.stmt]) -> bool:
    """The first statement is a text, which is no block."""
    first = body[0] if body else None
    return isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)


def _entry(node: type_function | ast.Module, name: str, text: Text) -> Block:
    if isinstance(node, ast.Module):
        span = (0, 0)
        defs: tuple[str, ...] = ()
    else:
        start = text.at(node.lineno, node.col_offset)
        body = text.at(node.body[0].lineno, node.body[0].col_offset)
        span, defs = (start, text.bytes.rfind(b":", start, body) + 1), parameter_names(node.args)
    return Block(
        id=f"{name}:0",
        kind=BlockKind.ENTRY,
        start_byte=span[0],
        end_byte=span[1],
        first_line=text.line_of(span[0]),
        last_line=text.line_of(max(span[0], span[1] - 1)),
        defs=defs,
        text=text.cut(*span),
    )


def parameter_names(args: ast.arguments) -> tuple[str, ...]:
    """All names that a call binds, in order."""
    named = [*args.posonlyargs, *args.args]
    if args.vararg:
        named.append(args.vararg)
    named.extend(args.kwonlyargs)
    if args.kwarg:
        named.append(args.kwarg)
    return tuple(arg.arg for arg in named)


def _header_parts(node: ast.stmt) -> list[ast.AST]:
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return [test]
        case ast.For(target=target, iter=source) | ast.AsyncFor(target=target, iter=source):
            return [target, source]
        case ast.With(items=items) | ast.AsyncWith(items=items):
            return [part for item in items for part in (item.context_expr, item.optional_vars) if part is not None]
        case ast.Match(subject=subject):
            return [subject]
        case _:
            return []


def _arms(node: ast.stmt, block_id: str) -> list[tuple[str, str, list[ast.stmt]]]:
    """Name of the arm, prefix of its block ids, its statements."""
    match node:
        case ast.If(body=body, orelse=orelse):
            return [("then", f"{block_id}.then", body), ("else", f"{block_id}.else", orelse)]
        case ast.For(body=body, orelse=orelse) | ast.AsyncFor(body=body, orelse=orelse):
            return [("body", block_id, body), ("else", f"{block_id}.else", orelse)]
        case ast.While(body=body, orelse=orelse):
            return [("body", block_id, body), ("else", f"{block_id}.else", orelse)]
        case ast.With(body=body) | ast.AsyncWith(body=body):
            return [("body", block_id, body)]
        case ast.Match(cases=cases):
            return [(f"case{i}", f"{block_id}.case{i}", case.body) for i, case in enumerate(cases)]
        case (
            ast.Try(body=body, orelse=orelse, finalbody=final) | ast.TryStar(body=body, orelse=orelse, finalbody=final)
        ):
            arms = (("body", body), ("else", orelse), ("finally", final))
            return [(arm, f"{block_id}.{arm}", statements) for arm, statements in arms]
        case _:
            return []
