"""Rewrites a Python file so that it tells what it does: counters and calls of the recorder beside its own statements.

Every site is `if count < limit: append(...)` and one addition, written into the program itself, so that a place past
its cap costs next to nothing and an event no call of a Python function: what is appended are the variables themselves.
So what may change a container is preceded by a call that copies what events refer to (`_before`). Conditions stay
where they are: their outcome is known from the arm that runs.
"""

import ast
import secrets
from collections.abc import Sequence

from semalign.languages.python_blocks import Body, Region, has_docstring
from semalign.languages.python_flow import (
    Flow,
    Returns,
    Yields,
    augments,
    binds,
    breaks,
    irrefutable,
    makes_calls,
    may_mutate,
    meet,
    numbers_only,
)
from semalign.languages.python_frame import FrameCode
from semalign.languages.python_parse import parse_python
from semalign.languages.python_sites import Instrumented, Sites, lines_of
from semalign.languages.python_source import MODULE, own_names, read_source
from semalign.languages.python_steady import repeats_nothing, steady
from semalign.languages.python_traits import Traits
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
    traits = Traits.of(found.tree, own, len(found.bodies) + module)
    table = Sites(f"_{secrets.token_hex(4)}_", own, traits)
    top = [part for part in found.tree.body if isinstance(part, ast.FunctionDef)]
    sharing = not (traits.lone and all(map(repeats_nothing, top)))  # before they are rewritten
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
        ops=tuple(table.ops),
        eager=traits.eager,
        telling=traits.telling,
        lone=traits.lone,
        sharing=sharing,
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
        self._lone = table.traits.lone and body.name in table.functions
        self._steady = frozenset[str]()  # need to be shown once
        if self._lone and not final_values and not isinstance(body.node, ast.Module):
            self._steady = steady(body.node)
        flow = Flow.of(body.node, own)
        self._sure = flow.sure
        self._start = flow.start
        self._freezes = False  # a statement that copies was written
        self._numbers = frozenset[str]() if table.traits.classes else numbers_only(body.node, own)
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
            inner = [*inner, *self._ended(end, "None", frozenset())]
        node.body = [*head, *self._wrapped(inner)]

    def _wrapped(self, inner: list[ast.stmt]) -> list[ast.stmt]:
        """The entry, and the statements between what notices an exception and what restores the caller."""
        key, entry, table = self._key, self._body.entry, self._table
        enter = table.add(Site(self._body.name, entry.id), entry.defs)
        if self._body.name == MODULE and self._is_module:
            table.roots.append(enter)
        raised = table.add(Site(self._body.name, entry.id), self._all_names() if self._final else ())
        show = ""
        if self._final:
            show = f"if {key}q >= 0:\n    {key}V({table.op('B', raised)}, {key}c, {self._locals})"
        frame = FrameCode(
            key=key,
            enter=enter,
            raised=raised,
            op=table.op("E", enter),
            values=() if self._final else entry.defs,
            show=show,
            # What called this may be in the middle of a block that changes something; the events are of this frame.
            freezes_after=table.traits.calls and not self._final,
            freezes=self._freezes,
            n_sites=len(table.sites),
        )
        code = _code(frame.lone() if self._lone else frame.called())
        attempt = code[-1]
        assert isinstance(attempt, ast.Try)
        attempt.body = inner or [ast.Pass()]
        return code

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
        plain = statements[:-1] if jumps else statements
        freeze = self._before(region.nodes)
        before = freeze + (plain if freeze else self._guarded(plain, known))
        known = known | (binds(plain) & self._sure)
        if isinstance(last, ast.Return):
            return [*before, *self._return(last, site, known, len(region.block.loops))], None
        event = self._record(region, site, "B", known)
        return [*before, *event, *(statements[-1:] if jumps else [])], None if jumps else known

    def _before(self, nodes: Sequence[ast.AST]) -> list[ast.stmt]:
        """Where these nodes may change a container: what events refer to is copied before."""
        table = self._table
        if self._may_change(nodes):
            return self._freeze() if not table.traits.eager else []
        return []

    def _freeze(self, condition: str = "") -> list[ast.stmt]:
        self._freezes = True
        return _code(f"if {self._key}b{condition}:\n    {self._key}F()")

    def _may_change(self, nodes: Sequence[ast.AST]) -> bool:
        return self._table.traits.hidden or may_mutate(nodes, self._table.functions)

    def _guarded(self, statements: Sequence[ast.stmt], known: frozenset[str]) -> list[ast.stmt]:
        """Statements before which `_before` finds nothing: what `x += y` does to a list, others who hold it see too."""
        key, out = self._key, list[ast.stmt]()
        for statement in statements:
            name = augments(statement)
            if name and name not in self._numbers and not self._table.traits.eager:
                is_other = f" and {key}T({name}) not in {key}A" if name in known and name in self._own else ""
                out += self._freeze(is_other)
            out.append(statement)
            known = known | (binds([statement]) & self._sure)
        return out

    def _return(self, node: ast.Return, site: int, known: frozenset[str], n_loops: int) -> list[ast.stmt]:
        """The value is made once, shown, and returned."""
        if node.value is None:
            return [*self._ended(site, "None", known, n_loops), node]
        kept = f"{self._key}r"
        assign = ast.Assign(targets=[ast.Name(kept, ast.Store())], value=node.value)
        self._mark(assign, site)
        node.value = ast.Name(kept, ast.Load())
        return [assign, *self._ended(site, kept, known, n_loops), node]

    def _if(self, node: ast.If, region: Region, known: frozenset[str]) -> type_rewritten:
        site = self._site(region)
        self._mark(node.test, site)
        then, after_then = self._list(region.arms["then"], known)
        other, after_other = self._list(region.arms.get("else", ()), known)
        changes = self._before([node.test])
        node.body = [*self._record(region, site, "C", known, ",true"), *then]
        node.orelse = [*self._record(region, site, "C", known, ",false"), *other]
        return [*changes, node], meet(after_then, after_other)

    def _for(self, node: ast.For, region: Region, known: frozenset[str]) -> type_rewritten:
        key, depth, site = self._key, len(region.block.loops), self._site(region)
        self._mark(node.iter, site)
        changes = self._before([node.iter, node.target])
        inside = known | (binds([node]) & self._sure)
        body, _ = self._list(region.arms["body"], inside)
        other, _ = self._list(region.arms.get("else", ()), known)
        # The number of the iteration is counted by `enumerate`, in the interpreter's own code.
        counter = ast.Subscript(ast.Name(f"{key}c", ast.Load()), ast.Constant(depth + 1), ast.Store())
        node.target = ast.Tuple([counter, node.target], ast.Store())
        counted = ast.Name(f"{key}{'i' if changes else 'e'}", ast.Load())
        numbered = ast.Call(counted, [ast.Name(f"{key}c", ast.Load()), node.iter], [])
        self._mark(numbered, site)
        node.iter = numbered
        node.body = [*self._record(region, site, "I", inside), *body]
        node.orelse = [*self._left(depth), *other] if other else []
        return [*changes, node, *self._left(depth)], known

    def _while(self, node: ast.While, region: Region, known: frozenset[str]) -> type_rewritten:
        key, depth, site = self._key, len(region.block.loops), self._site(region)
        self._mark(node.test, site)
        body, _ = self._list(region.arms["body"], known)
        other, _ = self._list(region.arms.get("else", ()), known)
        endless = isinstance(node.test, ast.Constant) and bool(node.test.value)
        ends = not endless or breaks(node.body)
        counting = _code(f"{key}c[{depth + 1}] += 1")
        changes = bool(self._before([node.test])) and not endless
        if changes or makes_calls(node.test):  # calls in the condition belong to the iteration that it decides on
            up = ast.Name(f"{key}{'v' if changes else 'u'}", ast.Load())
            node.test = ast.BoolOp(ast.And(), [ast.Call(up, [ast.Name(f"{key}c", ast.Load())], []), node.test])
            counting = []
        if endless:
            node.body = [*counting, *self._record(region, site, "I", known), *body]
        else:
            node.body = [*counting, *self._record(region, site, "C", known, ",true"), *body]
            node.orelse = [*counting, *self._record(region, site, "C", known, ",false"), *self._left(depth), *other]
        return [*_code(f"{key}c.append(-1)"), node, *self._left(depth)], known if ends else None

    def _match(self, node: ast.Match, region: Region, known: frozenset[str]) -> type_rewritten:
        site = self._site(region)
        self._mark(node.subject, site)
        changes = self._before([node.subject])
        after: frozenset[str] | None = known
        for number, case in enumerate(node.cases):
            body, end = self._list(region.arms[f"case{number}"], known)
            case.body = [*self._record(region, site, "C", None, f',"case{number}"'), *body]
            after = end if number == 0 else meet(after, end)
        if not irrefutable(node.cases[-1]):
            nothing = self._record(region, site, "C", None, ',""')
            node.cases.append(ast.match_case(ast.MatchAs(), None, nothing))
            after = meet(after, known)
        return [*changes, node], after

    def _try(self, node: ast.Try | ast.TryStar, region: Region, known: frozenset[str]) -> type_rewritten:
        depth = len(region.block.loops)
        node.body, after = self._list(region.arms["body"], known)
        if node.orelse:
            node.orelse, after = self._list(region.arms["else"], after or known)
        for number, handler in enumerate(node.handlers):
            (caught,) = region.arms[f"catch{number}"]
            site = self._site(caught)
            body, end = self._list(caught.arms["body"], known)
            handler.body = [*self._left(depth), *self._record(caught, site, "H", known), *body]
            after = meet(after, end)
        if node.finalbody:
            body, end = self._list(region.arms["finally"], known)
            node.finalbody = [*self._left(depth), *body]
            after = None if after is None or end is None else after | end
        return [node], after

    def _with(self, node: ast.With, region: Region, known: frozenset[str]) -> type_rewritten:
        site = self._site(region)
        for item in node.items:
            self._mark(item.context_expr, site)
        inside = known | (binds([node]) & self._sure)
        body, _ = self._list(region.arms["body"], inside)
        changes = self._before([node])
        node.body = [*self._record(region, site, "B", inside), *body]
        # It may swallow an exception, so what the body binds is not certain after it.
        return [*changes, node, *self._left(len(region.block.loops))], inside

    def _site(self, region: Region) -> int:
        block = region.block
        names = list(dict.fromkeys((*block.defs, *block.uses)))
        names = [name for name in names if name not in self._steady]
        local = [name for name in names if self._is_module or name in self._own or name in self._body.free]
        others = [name for name in names if name not in local]
        return self._table.add(Site(self._body.name, block.id), local, others)

    def _record(
        self, region: Region, site: int, tag: str, known: frozenset[str] | None, said: str = ""
    ) -> list[ast.stmt]:
        """Count, and below the cap append the event; where `known` is None some variables may have no value."""
        own_loop = region.block.kind in LOOPS
        op = self._table.op(tag, site, len(region.block.loops) + own_loop, said)
        return self._counting(site, self._event(op, known, f"{self._key}k()" if tag == "H" else ""))

    def _ended(self, site: int, result: str, known: frozenset[str], n_loops: int = 0) -> list[ast.stmt]:
        """The frame returns."""
        key, op = self._key, self._table.op("R", site, n_loops)
        if self._final and not self._lone:
            last = self._event(op, frozenset(), result).replace("\n", "\n    ")
            return self._counting(
                site, f"if {key}p[0] < 0:\n    {last}\nelse:\n    {key}V({op}, {key}c, {self._locals}, {result})"
            )
        return self._counting(site, self._event(op, frozenset() if self._final else known, result))

    def _counting(self, site: int, event: str) -> list[ast.stmt]:
        key = self._key
        event = event.replace("\n", "\n    ")
        if self._lone:
            return _code(f"if {key}n{site} < {key}q:\n    {event}\n{key}n{site} += 1")
        return _code(f"if ({key}t := {key}n[{site}]) < {key}q:\n    {event}\n{key}n[{site}] = {key}t + 1")

    def _event(self, op: int, known: frozenset[str] | None, extra: str) -> str:
        """What is appended: the variables themselves; all local ones are looked at where one may have no value."""
        key = self._key
        tag, site, n_loops, _ = self._table.ops[op]
        names, others = self._table.names[site]
        slots = [
            str(op),
            *(f"{key}c[{number}]" for number in range(self._lone, n_loops + 1)),
            *([extra] if extra else []),
        ]
        slots += [*names, *(f"{key}g({name!r}, {key}U)" for name in others)]
        fast = f"{key}a(({', '.join(slots)},))"
        slow = f"{key}M({op}, {key}c, {self._locals}{', ' + extra if extra else ''})"
        if known is not None and all(name in known for name in names):
            return fast
        # At the top level a name without a value may be one of the built-in ones, and in a handler the exception is
        # the one that is shown.
        if known is None or self._is_module or tag == "H":
            return slow
        return f"try:\n    {fast}\nexcept {key}N:\n    {slow}"

    def _left(self, depth: int) -> list[ast.stmt]:
        """Forget the numbers of loops that were left, whichever way."""
        return _code(f"del {self._key}c[{depth + 1}:]") if self._has_loops else []

    def _mark(self, node: ast.AST, site: int) -> None:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self._table.marks[id(node)] = site

    def _all_names(self) -> list[str]:
        return sorted(self._own)

    def _with_final_values(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        site = self._table.add(Site(self._body.name, self._body.entry.id), self._all_names())
        return Returns(lambda node: self._return(node, site, frozenset(), 0)).visited(statements)


def _code(text: str) -> list[ast.stmt]:
    return parse_python(text).body
