"""A tracer for a little Python, so that alignment can be tested without a sandbox or an adapter."""

import ast
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from semalign.alignment.side import Side
from semalign.traces.blocks import Block, BlockKind, Outline
from semalign.traces.trace import Event, EventKind, Frame, Run, Trace
from semalign.values.model import Bool, Float, Int, List, Map, Null, Raised, Set, Text, Tuple, Unrepresentable, Value
from semalign.values.types import Parameter, Signature


def side(source: str, inputs: Sequence[Sequence[Any]], *, per_site: int = 256) -> Side:
    """The side of a source text whose first function is given the inputs."""
    module = ast.parse(source)
    functions = [node for node in module.body if isinstance(node, ast.FunctionDef)]
    outlines = []
    for function in functions:
        blocks = _Blocks(function)
        outlines.append(Outline(function=function.name, blocks=tuple(blocks.made)))
        blocks.rewrite()
    code = compile(ast.fix_missing_locations(module), "<text>", "exec")
    name = functions[0].name
    parameters = tuple(Parameter(name=argument.arg) for argument in functions[0].args.args)
    return Side(
        signature=Signature(name=name, parameters=parameters),
        outlines=tuple(outlines),
        runs=tuple(_run(code, name, arguments, outlines, per_site) for arguments in inputs),
    )


def value(thing: Any) -> Value:
    """The value of a Python object."""
    match thing:
        case None:
            return Null()
        case bool():
            return Bool(thing)
        case int():
            return Int(thing)
        case float():
            return Float(thing)
        case str():
            return Text(thing)
        case list():
            return List(tuple(map(value, thing)))
        case tuple():
            return Tuple(tuple(map(value, thing)))
        case set():
            return Set(tuple(map(value, thing)))
        case dict():
            return Map(tuple((value(k), value(v)) for k, v in thing.items()))
        case _:
            return Unrepresentable(type(thing).__name__)


def _run(code: Any, name: str, arguments: Sequence[Any], outlines: Sequence[Outline], per_site: int) -> Run:
    guest = _Guest({block.id: block for outline in outlines for block in outline.blocks}, per_site)
    names: dict[str, Any] = {"_t": guest}
    exec(code, names)
    given = [list(one) if isinstance(one, list) else one for one in arguments]
    try:
        result = names[name](*given)
    except Exception as error:
        raised = Raised(type(error).__name__, str(error))
        return Run(cause="exception", raised=raised, arguments=tuple(map(value, given)), trace=guest.trace())
    return Run(cause="ok", result=value(result), arguments=tuple(map(value, given)), trace=guest.trace())


class _Guest:
    """What an instrumented function calls."""

    def __init__(self, blocks: Mapping[str, Block], per_site: int) -> None:
        self.blocks, self.per_site = blocks, per_site
        self.events: list[Event] = []
        self.frames: list[Frame] = []
        self.counts: Counter[str] = Counter()
        self.kept: Counter[tuple[str, EventKind]] = Counter()
        self.stack: list[int] = []
        self.loops: dict[int, list[list[Any]]] = {}
        self.shown: dict[int, dict[str, Value]] = {}
        self.n_dropped = 0

    def trace(self) -> Trace:
        return Trace(
            events=tuple(self.events), frames=tuple(self.frames), counts=dict(self.counts), n_dropped=self.n_dropped
        )

    def event(self, kind: EventKind, block: str, scope: Mapping[str, Any], outcome: Value | None = None) -> None:
        if kind not in (EventKind.RETURN, EventKind.RAISE):
            self.counts[block] += 1
        if self.kept[block, kind] >= self.per_site:
            self.n_dropped += 1
            return
        self.kept[block, kind] += 1
        frame = self.stack[-1]
        seen = self.shown[frame]
        mentioned = self.blocks[block].defs + self.blocks[block].uses
        now = {name: value(scope[name]) for name in dict.fromkeys(mentioned) if name in scope}
        new = {name: v for name, v in now.items() if seen.get(name) != v}
        seen |= new
        depth = len(self.blocks[block].loops) + (kind is EventKind.ITERATE or self.is_loop(block))
        index = tuple(number for _, number in self.loops[frame][:depth])
        self.events.append(Event(kind, block, frame, index, tuple(new.items()), outcome))

    def is_loop(self, block: str) -> bool:
        return self.blocks[block].kind in (BlockKind.FOR, BlockKind.WHILE)

    def enter(self, function: str, scope: Mapping[str, Any]) -> None:
        frame = len(self.frames)
        parent = self.stack[-1] if self.stack else -1
        self.frames.append(Frame(frame, function, parent, (), 0, len(self.stack)))
        self.stack.append(frame)
        self.loops[frame], self.shown[frame] = [], {}
        self.event(EventKind.ENTER, f"{function}:0", scope)

    def leave(self) -> None:
        self.stack.pop()

    def run(self, block: str, scope: Mapping[str, Any]) -> None:
        self.event(EventKind.RUN, block, scope)

    def returns(self, block: str, result: Any, scope: Mapping[str, Any]) -> Any:
        self.event(EventKind.RUN, block, scope)
        self.event(EventKind.RETURN, block, {}, value(result))
        return result

    def branch(self, block: str, outcome: Any, scope: Mapping[str, Any]) -> Any:
        self.event(EventKind.BRANCH, block, scope, Bool(bool(outcome)))
        return outcome

    def loop(self, block: str) -> None:
        loops = self.loops[self.stack[-1]]
        del loops[len(self.blocks[block].loops) :]
        loops.append([block, -1])

    def again(self, block: str, test: Any, scope: Mapping[str, Any]) -> Any:
        loops = self.loops[self.stack[-1]]
        del loops[len(self.blocks[block].loops) + 1 :]
        loops[-1][1] += 1
        if self.blocks[block].kind is BlockKind.FOR:
            self.event(EventKind.ITERATE, block, scope)
        else:
            self.event(EventKind.BRANCH, block, scope, Bool(bool(test)))
        return test


class _Blocks:
    """The blocks of a function, and the function with calls of the guest put in."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.function = function
        names = tuple(argument.arg for argument in function.args.args)
        self.made = [
            Block(id=f"{function.name}:0", kind=BlockKind.ENTRY, start_byte=0, end_byte=0, first_line=function.lineno,
                  last_line=function.lineno, defs=names)
        ]  # fmt: skip
        self.body = self._body(function.body, f"{function.name}:", 1, ("", "", ()))

    def rewrite(self) -> None:
        guarded = ast.Try(body=self.body, handlers=[], orelse=[], finalbody=[_call("leave", "")])
        self.function.body = [
            ast.Expr(_of_text(f"_t.enter({self.function.name!r}, locals())")), guarded
        ]  # fmt: skip

    def _body(
        self, body: Sequence[ast.stmt], prefix: str, first: int, where: tuple[str, str, tuple[str, ...]]
    ) -> list[ast.stmt]:
        made: list[ast.stmt] = []
        number, run = first, list[ast.stmt]()
        for statement in [*body, None]:
            if statement is None or isinstance(statement, ast.For | ast.While | ast.If):
                if run:
                    made += self._run(run, f"{prefix}{number}", where)
                    number, run = number + 1, []
            else:
                run.append(statement)
            if isinstance(statement, ast.For | ast.While | ast.If):
                made += self._header(statement, f"{prefix}{number}", where)
                number += 1
        return made

    def _block(self, name: str, kind: BlockKind, nodes: Sequence[ast.AST], where: Any) -> None:
        names = [one for node in nodes for one in ast.walk(node) if isinstance(one, ast.Name)]
        stored = [one.id for one in names if isinstance(one.ctx, ast.Store)]
        subscripts = [
            one.value.id for node in nodes for one in ast.walk(node)
            if isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Store) and isinstance(one.value, ast.Name)
        ]  # fmt: skip
        calls = [
            one.func.value.id for node in nodes for one in ast.walk(node)
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and isinstance(one.func.value, ast.Name)
        ]  # fmt: skip
        loads = [one.id for one in names if isinstance(one.ctx, ast.Load)]
        augmented = [
            one.target.id for node in nodes for one in ast.walk(node)
            if isinstance(one, ast.AugAssign) and isinstance(one.target, ast.Name)
        ]  # fmt: skip
        parent, arm, loops = where
        line = getattr(nodes[0], "lineno", 0)
        self.made.append(
            Block(id=name, kind=kind, start_byte=0, end_byte=0, first_line=line, last_line=getattr(nodes[-1], "end_lineno", line), parent=parent, arm=arm,
                  loops=loops, defs=tuple(dict.fromkeys(stored + subscripts + calls)),
                  uses=tuple(dict.fromkeys(loads + augmented)), text="\n".join(map(ast.unparse, nodes)),
                  inner_loops=sum(isinstance(one, ast.comprehension) for node in nodes for one in ast.walk(node)))
        )  # fmt: skip

    def _run(self, run: list[ast.stmt], name: str, where: Any) -> list[ast.stmt]:
        self._block(name, BlockKind.RUN, run, where)
        last = run[-1]
        if isinstance(last, ast.Return):
            given = ast.unparse(last.value) if last.value is not None else "None"
            return [*run[:-1], ast.Return(_of_text(f"_t.returns({name!r}, {given}, locals())"))]
        if isinstance(last, ast.Break | ast.Continue):
            return [*run[:-1], _call("run", name), last]
        return [*run, _call("run", name)]

    def _header(self, statement: Any, name: str, where: Any) -> list[ast.stmt]:
        loops = where[2]
        if isinstance(statement, ast.If):
            name += ".if"
            self._block(name, BlockKind.IF, [statement.test], where)
            test = _of_text(f"_t.branch({name!r}, {ast.unparse(statement.test)}, locals())")
            then = self._body(statement.body, f"{name}.then:", 0, (name, "then", loops))
            other = self._body(statement.orelse, f"{name}.else:", 0, (name, "else", loops))
            return [ast.If(test=test, body=then, orelse=other)]
        inside = "for" if isinstance(statement, ast.For) else "while"
        name += f".{inside}"
        kind = BlockKind.FOR if isinstance(statement, ast.For) else BlockKind.WHILE
        nodes = [statement.target, statement.iter] if isinstance(statement, ast.For) else [statement.test]
        self._block(name, kind, nodes, where)
        body = self._body(statement.body, f"{name}:", 0, (name, "body", (*loops, name)))
        if isinstance(statement, ast.For):
            again = ast.Expr(_of_text(f"_t.again({name!r}, True, locals())"))
            return [_call("loop", name, scope=False),
                    ast.For(target=statement.target, iter=statement.iter, body=[again, *body], orelse=[])]  # fmt: skip
        test = _of_text(f"_t.again({name!r}, {ast.unparse(statement.test)}, locals())")
        return [_call("loop", name, scope=False), ast.While(test=test, body=body, orelse=[])]


def _of_text(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _call(method: str, block: str, *, scope: bool = True) -> ast.stmt:
    arguments = f"{block!r}" + (", locals()" if scope else "") if block else ""
    return ast.Expr(_of_text(f"_t.{method}({arguments})"))
