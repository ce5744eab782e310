"""Rewrites a Python file so that it tells what it does: counters and calls of the recorder beside its own statements.

Every site is `if count < limit: record(...)` and one addition, written into the program itself, so that a place past
its cap costs next to nothing. Conditions stay where they are: their outcome is known from the arm that runs.
"""

import ast
import secrets
from collections.abc import Sequence

from semalign.languages.python_blocks import Body, Region, has_docstring
from semalign.languages.python_flow import (
    Flow,
    Returns,
    Yields,
    augmented,
    binds,
    breaks,
    irrefutable,
    makes_calls,
    may_mutate,
    meet,
)
from semalign.languages.python_sites import Instrumented, Sites, lines_of
from semalign.languages.python_source import MODULE, own_names, read_source
from semalign.traces.blocks import LOOPS, BlockKind
from semalign.traces.wire import Site

# Statements, and which variables certainly have a value after them; None where they are not passed to the end.
type_rewritten = tuple[list[ast.stmt], frozenset[str] | None]


def instrument(source: str, path: str, *, module: bool = False, final_values: bool = False) -> Instrumented:
    """The file with recording in all its functions; with `module` also at its top level.

    `final_values` records only what each frame's variables hold when it ends.

    Raises:
        SourceError: it does not parse.
    """
    found = read_source(source, path)
    own = frozenset(body.name for body in found.bodies if "." not in body.name)
    table = Sites(f"_{secrets.token_hex(4)}_", own, _hides_changes(found.tree, own))
    for body in found.bodies:
        _Rewriter(body, table, final_values=final_values).rewrite()
    if module:
        _Rewriter(found.module, table, final_values=final_values).rewrite()
    ast.fix_missing_locations(found.tree)
    text = ast.unparse(found.tree)
    return Instrumented(
        source=text,
        key=table.key,
        sites=tuple(table.sites),
        names=tuple(table.names),
        roots=tuple(table.roots),
        final_values=final_values,
        lines=lines_of(found.tree, text, table),
    )


class _Rewriter:
    """Rewrites one function in place."""

    def __init__(self, body: Body, table: Sites, *, final_values: bool) -> None:
        self._body = body
        self._table = table
        self._key = table.key
        self._final = final_values
        self._locals = f"{table.key}l()"  # `locals()`, also where the program has a variable of that name
        self._is_module = isinstance(body.node, ast.Module)
        own: frozenset[str] = frozenset()
        if not isinstance(body.node, ast.Module):
            own = own_names(body.node)
        self._own = own
        flow = Flow.of(body.node, own)
        self._sure = flow.sure
        self._start = flow.start
        self._has_loops = any(inner.block.kind in LOOPS for region in body.regions for inner in region.walk())

    def rewrite(self) -> None:
        """Replace the function's statements."""
        node = self._body.node
        head = node.body[:1] if has_docstring(node.body) else []
        if isinstance(node, ast.Module):
            head += [part for part in node.body if isinstance(part, ast.ImportFrom) and part.module == "__future__"]
        if not isinstance(node, ast.Module):
            node.body = [Yields(self._key).visit(part) for part in node.body]
        after: frozenset[str] | None = frozenset()
        if self._final:
            inner = self._with_final_values(node.body)
        else:
            inner, after = self._list(self._body.regions, self._start)
        inner = [part for part in inner if part not in head]
        reachable = after is not None
        if reachable:
            end = self._table.add(Site(self._body.name, self._body.entry.id), self._all_names() if self._final else ())
            inner = [*inner, *self._record(end, "R", "None", self._ending())]
        node.body = [*head, *self._wrapped(inner)]

    def _wrapped(self, inner: list[ast.stmt]) -> list[ast.stmt]:
        """The entry, and the statements between what notices an exception and what restores the caller."""
        key, entry = self._key, self._body.entry
        enter = self._table.add(Site(self._body.name, entry.id), entry.defs)
        if self._body.name == MODULE and self._is_module:
            self._table.roots.append(enter)
        raised = self._table.add(Site(self._body.name, entry.id), self._all_names() if self._final else ())
        values = "".join(f"{name}, " for name in entry.defs)
        lines = [
            f"{key}p = {key}s.cur",
            f"if ({key}t := {key}n[{enter}]) < {key}L:",
            f"    {key}h = {key}E({enter}, {key}p, ({values}))",
            "else:",
            f"    {key}s.cur = {key}h = None",
            f"{key}n[{enter}] = {key}t + 1",
        ]
        if self._has_loops and not self._final:
            lines.append(f"{key}c = [] if {key}h is None else {key}h.loops")
        show = f"    {key}M({raised}, {key}h, {self._locals})\n" if self._final else ""
        guard = _code(
            f"try:\n    pass\nexcept BaseException as {key}x:\n{show}    {key}X({raised}, {key}h, {key}x)\n    raise\n"
            f"finally:\n    {key}s.cur = {key}p"
        )
        attempt = guard[0]
        assert isinstance(attempt, ast.Try)
        attempt.body = inner or [ast.Pass()]
        return [*_code("\n".join(lines)), attempt]

    def _list(self, regions: Sequence[Region], known: frozenset[str] | None) -> type_rewritten:
        """The rewritten statements, and which variables certainly have a value after them (None: not reached)."""
        out: list[ast.stmt] = []
        for region in regions:
            made, known = self._region(region, known or frozenset())
            out.extend(made)
        return out, known

    def _region(self, region: Region, known: frozenset[str]) -> type_rewritten:
        if region.block.kind is BlockKind.RUN:
            return self._run(region, known)
        match region.nodes[0]:
            case ast.If() as node:
                return self._if(node, region, known)
            case ast.For() as node:
                return self._for(node, region, known)
            case ast.While() as node:
                return self._while(node, region, known)
            case ast.Match() as node:
                return self._match(node, region, known)
            case ast.Try() | ast.TryStar() as node:
                return self._try(node, region, known)
            case ast.With() as node:
                return self._with(node, region, known)
            case other:  # nothing that belongs to a coroutine comes here: these are left as they stand
                raise AssertionError(type(other).__name__)

    def _run(self, region: Region, known: frozenset[str]) -> type_rewritten:
        statements = [node for node in region.nodes if isinstance(node, ast.stmt)]
        site = self._site(region)
        for statement in statements:
            self._mark(statement, site)
        last = statements[-1]
        jumps = isinstance(last, ast.Return | ast.Raise | ast.Break | ast.Continue)
        before = statements[:-1] if jumps else statements
        known = known | (binds(before) & self._sure)
        if isinstance(last, ast.Return):
            changes = self._changes(region.nodes, region, before)
            return [*before, *self._return(last, site, known, changes=changes)], None
        event = self._record(site, "B", "", self._values(site, known))
        return [
            *before,
            *self._changes(region.nodes, region, before),
            *event,
            *(statements[-1:] if jumps else []),
        ], None if jumps else known

    def _changes(self, nodes: Sequence[ast.AST], region: Region, statements: Sequence[ast.stmt] = ()) -> list[ast.stmt]:
        """Tell the recorder that containers may hold something else now; without it, it need not look at them again."""
        key = self._key
        shared = any(name not in self._own for name in region.block.defs)  # variables that other frames know too
        if shared or self._table.hidden or may_mutate(nodes, self._table.functions):
            return _code(f"{key}s.changes += 1")
        names = augmented(statements)
        # A number is changed by making another one; a list is changed in place, also for those who hold it too.
        return _code("\n".join(f"if {key}T({name}) is not int:\n    {key}s.changes += 1" for name in names))

    def _return(
        self,
        node: ast.Return,
        site: int,
        known: frozenset[str],
        values: str = "",
        changes: Sequence[ast.stmt] = (),
    ) -> list[ast.stmt]:
        """The value is made once, shown, and returned."""
        if node.value is None:
            return [*changes, *self._record(site, "R", "None", values or self._values(site, known)), node]
        kept = f"{self._key}r"
        assign = ast.Assign(targets=[ast.Name(kept, ast.Store())], value=node.value)
        self._mark(assign, site)
        node.value = ast.Name(kept, ast.Load())
        return [assign, *changes, *self._record(site, "R", kept, values or self._values(site, known)), node]

    def _if(self, node: ast.If, region: Region, known: frozenset[str]) -> type_rewritten:
        site = self._site(region)
        self._mark(node.test, site)
        then, after_then = self._list(region.arms["then"], known)
        other, after_other = self._list(region.arms.get("else", ()), known)
        values, changes = self._values(site, known), self._changes([node.test], region)
        node.body = [*changes, *self._record(site, "C", ",true", values), *then]
        node.orelse = [*changes, *self._record(site, "C", ",false", values), *other]
        return [node], meet(after_then, after_other)

    def _for(self, node: ast.For, region: Region, known: frozenset[str]) -> type_rewritten:
        key, depth, site = self._key, len(region.block.loops), self._site(region)
        self._mark(node.iter, site)
        changes = self._changes([node.iter, node.target], region)
        inside = known | (binds([node]) & self._sure)
        body, _ = self._list(region.arms["body"], inside)
        other, _ = self._list(region.arms.get("else", ()), known)
        # The number of the iteration is counted by `enumerate`, in the interpreter's own code.
        counter = ast.Subscript(ast.Name(f"{key}c", ast.Load()), ast.Constant(depth), ast.Store())
        node.target = ast.Tuple([counter, node.target], ast.Store())
        numbered = ast.Call(ast.Name(f"{key}e", ast.Load()), [ast.Name(f"{key}c", ast.Load()), node.iter], [])
        self._mark(numbered, site)
        node.iter = numbered
        node.body = [*changes, *self._record(site, "I", "", self._values(site, inside)), *body]
        node.orelse = [*self._left(depth), *other] if other else []
        return [node, *self._left(depth)], known

    def _while(self, node: ast.While, region: Region, known: frozenset[str]) -> type_rewritten:
        key, depth, site = self._key, len(region.block.loops), self._site(region)
        self._mark(node.test, site)
        body, _ = self._list(region.arms["body"], known)
        other, _ = self._list(region.arms.get("else", ()), known)
        values = self._values(site, known)
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        ends = not endless or breaks(node.body)
        counting = _code(f"{key}c[{depth}] += 1")
        changes = self._changes([node.test], region)
        if makes_calls(node.test):  # calls in the condition belong to the iteration that it decides on
            up = ast.Call(ast.Name(f"{key}u", ast.Load()), [ast.Name(f"{key}c", ast.Load())], [])
            node.test = ast.BoolOp(ast.And(), [up, node.test])
            counting = []
        if endless:
            node.body = [*counting, *self._record(site, "I", "", values), *body]
        else:
            node.body = [*counting, *changes, *self._record(site, "C", ",true", values), *body]
            node.orelse = [*counting, *changes, *self._record(site, "C", ",false", values), *self._left(depth), *other]
        return [*_code(f"{key}c.append(-1)"), node, *self._left(depth)], known if ends else None

    def _match(self, node: ast.Match, region: Region, known: frozenset[str]) -> type_rewritten:
        site = self._site(region)
        self._mark(node.subject, site)
        after: frozenset[str] | None = known
        for number, case in enumerate(node.cases):
            body, end = self._list(region.arms[f"case{number}"], known)
            case.body = [*self._record(site, "C", f',"case{number}"', self._locals), *body]
            after = end if number == 0 else meet(after, end)
        if not irrefutable(node.cases[-1]):
            nothing = self._record(site, "C", ',""', self._locals)
            node.cases.append(ast.match_case(ast.MatchAs(), None, nothing))
            after = meet(after, known)
        return [node], after

    def _try(self, node: ast.Try | ast.TryStar, region: Region, known: frozenset[str]) -> type_rewritten:
        depth = len(region.block.loops)
        node.body, after = self._list(region.arms["body"], known)
        if node.orelse:
            node.orelse, after = self._list(region.arms["else"], after or known)
        for number, handler in enumerate(node.handlers):
            (caught,) = region.arms[f"catch{number}"]
            site = self._site(caught)
            body, end = self._list(caught.arms["body"], known)
            # What was raised may have been so in the middle of a block that changes something.
            changed = _code(f"{self._key}s.changes += 1")
            handler.body = [
                *self._left(depth),
                *changed,
                *self._record(site, "H", "", self._values(site, known)),
                *body,
            ]
            after = meet(after, end)
        if node.finalbody:
            body, end = self._list(region.arms["finally"], known)
            node.finalbody = [*self._left(depth), *_code(f"{self._key}s.changes += 1"), *body]
            after = None if after is None or end is None else after | end
        return [node], after

    def _with(self, node: ast.With, region: Region, known: frozenset[str]) -> type_rewritten:
        site = self._site(region)
        for item in node.items:
            self._mark(item.context_expr, site)
        inside = known | (binds([node]) & self._sure)
        body, _ = self._list(region.arms["body"], inside)
        changed = _code(f"{self._key}s.changes += 1")
        node.body = [*changed, *self._record(site, "B", "", self._values(site, inside)), *body]
        # It may swallow an exception, so what the body binds is not certain after it.
        return [node, *self._left(len(region.block.loops)), *changed], inside

    def _site(self, region: Region) -> int:
        block = region.block
        names = list(dict.fromkeys((*block.defs, *block.uses)))
        local = [name for name in names if self._is_module or name in self._own or name in self._body.free]
        n_bound = sum(name in local for name in block.defs)
        others = [name for name in names if name not in local]
        return self._table.add(Site(self._body.name, block.id), local, others, n_bound)

    def _values(self, site: int, known: frozenset[str]) -> str:
        """What is handed to the recorder: the variables themselves, or all local ones where some may have no value."""
        names = self._table.names[site][0]
        if all(name in known for name in names):
            return f"({''.join(f'{name}, ' for name in names)})"
        return self._locals

    def _record(self, site: int, tag: str, said: str, values: str) -> list[ast.stmt]:
        key = self._key
        block = f"{key}{'M' if values == self._locals else 'B'}({site}, {key}h, {values}"
        call = {
            "B": f"{block})",
            "I": f"{block}, 'I')",
            "C": f"{block}, 'C', {said!r})",
            "R": f"{key}R({site}, {key}h, {said}, {values})",
            "H": f"{key}H({site}, {key}h, {values})",
        }[tag]
        return _code(f"if ({key}t := {key}n[{site}]) < {key}L:\n    {call}\n{key}n[{site}] = {key}t + 1")

    def _left(self, depth: int) -> list[ast.stmt]:
        """Forget the numbers of loops that were left, whichever way."""
        return _code(f"del {self._key}c[{depth}:]") if self._has_loops else []

    def _mark(self, node: ast.AST, site: int) -> None:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._table.marks[id(node)] = site

    def _all_names(self) -> list[str]:
        return sorted(self._own)

    def _ending(self) -> str:
        return self._locals if self._final else "()"

    def _with_final_values(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        site = self._table.add(Site(self._body.name, self._body.entry.id), self._all_names())
        return Returns(lambda node: self._return(node, site, frozenset(), self._locals)).visited(statements)


def _hides_changes(tree: ast.Module, own: frozenset[str]) -> bool:
    lazy = [node for node in ast.walk(tree) if isinstance(node, ast.Lambda | ast.GeneratorExp)]
    return any(may_mutate([node], own) for node in lazy)


def _code(text: str) -> list[ast.stmt]:
    return ast.parse(text).body
