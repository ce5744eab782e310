"""Instrumentation of C++: edits at byte ranges that make a program report its blocks to the guest.

No edit holds a line break, so lines stay what they were. Every expression is evaluated once and keeps its type:
conditions become truth values they were about to become anyway, a returned value is held in a variable of the declared
result type (so `{a, b}` and references work as before).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from semalign.languages.cpp_blocks import JUMPS, Arm, Body, Region, Variable, cases
from semalign.languages.cpp_file import CppFile, CppFunction, public_fields
from semalign.languages.cpp_mention import condition_of, has_call, init_of, is_constant
from semalign.languages.cpp_signature import result_parts, spelled
from semalign.languages.cpp_syntax import child_of_type, declared, first_error, text_of, walk
from semalign.traces.blocks import LOOPS, BlockKind
from semalign.traces.wire import Site
from semalign.values.types import Kind

FRAME = "semalign_f"
_SCALARS = (Kind.INT, Kind.FLOAT, Kind.CHAR, Kind.BOOL, Kind.TEXT, Kind.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A text with its sites: the guest needs how many loops are around each."""

    text: str
    sites: tuple[Site, ...] = ()
    depths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


@dataclass(slots=True)
class _Edits:
    """Edits in the order they are to appear; of those at one place the first made comes first."""

    made: list[_Edit] = field(default_factory=list)

    def insert(self, at: int, text: str) -> None:
        self.made.append(_Edit(at, at, text))

    def replace(self, node: Node, text: str) -> None:
        self.made.append(_Edit(node.start_byte, node.end_byte, text))

    def applied(self, source: bytes) -> str:
        pieces: list[bytes] = []
        at = 0
        for edit in sorted(self.made, key=lambda one: one.start):
            pieces += [source[at : edit.start], edit.text.encode("utf-8", "surrogatepass")]
            at = max(at, edit.end)
        return b"".join((*pieces, source[at:])).decode("utf-8", "surrogatepass")


@dataclass(slots=True)
class _Sites:
    sites: list[Site] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)

    def new(self, function: str, block: str, depth: int) -> int:
        self.sites.append(Site(function, block))
        self.depths.append(depth)
        return len(self.sites) - 1


def with_records(found: CppFile) -> Rewritten:
    """The text as it stands, but that its structs can be shown and made by the guest."""
    edits = _Edits()
    _records(found, edits)
    _main_returns(found, edits)
    return Rewritten(edits.applied(found.source.encode("utf-8", "surrogatepass")))


def instrumented(found: CppFile, leave_out: frozenset[str] = frozenset()) -> Rewritten:
    """The text with its functions instrumented, but for those in `leave_out` and those that do not parse."""
    edits = _Edits()
    sites = _Sites()
    names = [one.name for one in found.functions]
    for function in found.functions:
        if names.count(function.name) == 1 and function.name not in leave_out and _can_trace(function):
            _Rewriter(found, function, found.body(function), edits, sites).rewrite()
    _records(found, edits)
    _main_returns(found, edits)
    text = edits.applied(found.source.encode("utf-8", "surrogatepass"))
    return Rewritten(text, tuple(sites.sites), tuple(sites.depths))


def _can_trace(function: CppFunction) -> bool:
    if function.is_special or first_error(function.node) is not None:
        return False
    heads = {text_of(child) for child in function.node.children if child.type != "compound_statement"}
    if heads & {"constexpr", "consteval"}:  # a frame is no constant
        return False
    return not any(
        node.type.startswith("preproc_") or node.type == "co_return_statement" for node in walk(function.node)
    )


def _main_returns(found: CppFile, edits: _Edits) -> None:
    """`main` is renamed, and only a `main` may end without `return`."""
    for function in found.functions:
        body = function.node.child_by_field_name("body")
        if function.name == "main" and body is not None:
            edits.insert(body.end_byte - 1, "return 0;")


def _records(found: CppFile, edits: _Edits) -> None:
    for node in found.classes:
        body = node.child_by_field_name("body")
        fields = public_fields(node)
        name = text_of(node.child_by_field_name("name"))
        if body is None or not fields or first_error(node) is not None:
            continue
        shown = "".join(f'("{label}",{label})' for label, _, _ in fields)
        text = f' public:void semalign_fields_(semalign_::Record& semalign_r)const{{semalign_r.name("{name}"){shown};}}'
        if all("const" not in base.split() and "&" not in steps for _, base, steps in fields):
            text += f"void semalign_load_(semalign_::Loader& semalign_l){{semalign_l{shown};}}"
        edits.insert(body.end_byte - 1, text)


@dataclass(slots=True)
class _Rewriter:
    found: CppFile
    function: CppFunction
    body: Body
    edits: _Edits
    sites: _Sites
    slots: dict[str, int] = field(default_factory=dict)
    exit: int = 0

    def rewrite(self) -> None:
        """Edits of the whole function."""
        node = self.function.node.child_by_field_name("body")
        assert node is not None, "a definition has a body"
        entry = self._site(self.body.entry.id, 0)
        self.exit = self._site(self.body.entry.id, 0)
        names = [one.name for one in self.body.parameters]
        view = {one.name: one for one in self.body.parameters}
        shown = self._shown(names, view)
        place = len(self.edits.made)
        for region in self.body.regions:
            self._region(region)
        if self._result_text == "void":
            self.edits.insert(
                node.end_byte - 1, f"{FRAME}.done=true;if(SEMALIGN_ON({self.exit})){FRAME}.nothing({self.exit}).end();"
            )
        head = f"semalign_::Frame {FRAME}({entry},{self.body.n_loops},{max(1, len(self.slots))});"
        head += f"if(SEMALIGN_ON({entry})){FRAME}.enter({entry}){shown}.end();"
        self.edits.made.insert(place, _Edit(node.start_byte + 1, node.start_byte + 1, head))

    @property
    def _result_text(self) -> str:
        return spelled(*result_parts(self.function.node, self.function.head))

    def _site(self, block_id: str, depth: int) -> int:
        return self.sites.new(self.function.name, block_id, depth)

    def _shown(self, names: Iterable[str], view: dict[str, Variable]) -> str:
        """The calls that show variables: `("x",0,x)("y",1,y)`."""
        parts: list[str] = []
        for name in names:
            variable = view.get(name)
            if variable is None:
                continue
            slot = self.slots.setdefault(name, len(self.slots))
            parts.append(f'("{name}",{slot},{_expression(variable)})')
        return "".join(parts)

    def _region(self, region: Region) -> None:
        kind = region.block.kind
        if kind is BlockKind.RUN:
            self._run(region)
        elif kind in LOOPS:
            self._loop(region)
        elif kind is BlockKind.IF:
            self._if(region)
        elif kind is BlockKind.SWITCH:
            self._switch(region)
        else:
            self._try(region)

    def _arm(self, arm: Arm, first: str = "") -> None:
        """The blocks of an arm, in braces; `first` is what to do on the way in."""
        node = arm.node
        if node.type == "else_clause":
            node = next(child for child in node.named_children if child.type != "comment")
        braced = node.type == "compound_statement"
        self.edits.insert(node.start_byte + braced, first if braced else "{" + first)
        for region in arm.regions:
            self._region(region)
        if not braced:
            self.edits.insert(node.end_byte, "}")

    # ---- straight runs ----

    def _run(self, region: Region) -> None:
        depth = len(region.block.loops)
        site = self._site(region.block.id, depth)
        last = region.nodes[-1]
        shown = self._shown(region.mention.names, region.view)
        log = f"if(SEMALIGN_ON({site})){FRAME}.block({site}){shown}.end();"
        self.edits.insert(region.nodes[0].start_byte, f"{FRAME}.at={site};")
        for node in region.nodes[:-1]:
            self._know(node, region)
        if last.type == "return_statement":
            self._return(last, site, shown, region)
        elif last.type in JUMPS:
            self.edits.insert(last.start_byte, log)
        else:
            self._know(last, region)
            self.edits.insert(last.end_byte, log)

    def _know(self, node: Node, region: Region) -> None:
        """Tell the guest where an array lies, so that pointers into it can be shown."""
        if node.type != "declaration":
            return
        arrays = [region.view.get(declared(child).name) for child in node.children_by_field_name("declarator")]
        text = "".join(
            f"{FRAME}.know({_first(one)},sizeof({one.name}));" for one in arrays if one is not None and one.n_extents
        )
        if text:
            self.edits.insert(node.end_byte, text)

    def _return(self, node: Node, site: int, shown: str, region: Region) -> None:
        value = next((child for child in node.named_children if child.type != "comment"), None)
        on = f"{FRAME}.done=true;if(SEMALIGN_ON({site}))"
        nothing = f"{on}{FRAME}.nothing({site}){shown}.end();"
        keyword, semicolon = node.children[0], node.children[-1]
        result = self._result_text
        if value is None:
            self.edits.replace(node, f"{{{nothing}return;}}")
        elif result == "void":
            self.edits.replace(keyword, "{")
            self.edits.replace(semicolon, f";{nothing}return;}}")
        elif self._is_plain(value, region):
            log = f"{on}{FRAME}.ret({site},{_expression(region.view[text_of(value)])}){shown}.end();"
            self.edits.insert(node.start_byte, f"{{{log}")
            self.edits.insert(node.end_byte, "}")
        elif "decltype" in result or result.endswith("&&"):
            self.edits.insert(node.start_byte, f"{{{nothing}")
            self.edits.insert(node.end_byte, "}")
        else:
            listed = value.type == "initializer_list"
            log = f"{on}{FRAME}.ret({site},semalign_r){shown}.end();"
            self.edits.replace(keyword, f"{{{result} semalign_r={'' if listed else '('}")
            self.edits.replace(semicolon, f"{'' if listed else ')'};{log}return semalign_r;}}")

    def _is_plain(self, value: Node, region: Region) -> bool:
        """A local container by name: returned as before, for a copy of it would cost and may not be allowed."""
        if value.type != "identifier":
            return False
        variable = region.view.get(text_of(value))
        kind = self.found.types.read(*result_parts(self.function.node, self.function.head)).kind
        if variable is None or not variable.is_local or not variable.is_value:
            return False
        unread = kind is Kind.UNKNOWN and ("<" in self._result_text or variable.type_text == self._result_text)
        return unread or kind not in _SCALARS

    # ---- headers ----

    def _condition(self, node: Node, site: int, shown: str, before: str = "") -> None:
        log = f"SEMALIGN_ON({site})&&{FRAME}.cond({site}){shown}.end()"
        at = f"{FRAME}.at={site}," if has_call(node) else ""
        self.edits.insert(node.start_byte, f"{before}{at}{FRAME}.last=(")
        self.edits.insert(node.end_byte, f")?true:false,{log},{FRAME}.last")

    def _if(self, region: Region) -> None:
        node = region.nodes[0]
        condition = condition_of(node)
        is_static = child_of_type(node, "constexpr") is not None
        site = self._site(region.block.id, len(region.block.loops))
        shown = self._shown(region.mention.names, region.view)
        taken = {"then": "", "else": ""}
        if condition is not None and not is_static and not is_constant(condition):
            if condition.type == "declaration":
                for name, outcome in (("then", "true"), ("else", "false")):
                    taken[name] = f"{FRAME}.last={outcome};if(SEMALIGN_ON({site})){FRAME}.cond({site}){shown}.end();"
            else:
                self._condition(condition, site, shown)
        for arm in region.arms:
            self._arm(arm, taken[arm.name])
        if taken["else"] and len(region.arms) == 1:
            self.edits.insert(node.end_byte, f"else{{{taken['else']}}}")

    def _loop(self, region: Region) -> None:
        """A loop that decides by a condition tells of each decision, any other of each iteration."""
        node = region.nodes[0]
        depth = len(region.block.loops)
        site = self._site(region.block.id, depth + 1)
        shown = self._shown(region.mention.names, region.view)
        condition, update = condition_of(node), node.child_by_field_name("update")
        calls = any(map(has_call, (init_of(node), node.child_by_field_name("right"), condition, update)))
        outside = f"{FRAME}.at={self._site(region.block.id, depth)};" if calls else ""
        self.edits.insert(node.start_byte, f"{{{outside}{FRAME}.it[{depth}]=-1;")
        at = f"{FRAME}.at={site}," if calls else ""
        if update is not None and calls:
            self.edits.insert(update.start_byte, at)
        count = f"++{FRAME}.it[{depth}]"
        begin = f"if(SEMALIGN_ON({site})){FRAME}.iterate({site}){shown}.end();"
        decides = condition is not None and condition.type != "declaration" and not is_constant(condition)
        if condition is None or condition.type == "declaration" or node.type == "for_range_loop":
            first = f"{count};{begin}"
        elif node.type == "do_statement":
            first = f"{count};{'' if decides else begin}"
        elif node.type == "while_statement" and decides:
            self._condition(condition, site, shown, f"{count},")
            first = ""
        else:
            self.edits.insert(condition.start_byte, f"{at}{count},(")
            self.edits.insert(condition.end_byte, ")")
            first = begin
        self._arm(region.arms[0], first)
        if node.type == "do_statement" and condition is not None and decides:
            self._condition(condition, site, shown)
        self.edits.insert(node.end_byte, "}")

    def _switch(self, region: Region) -> None:
        node = region.nodes[0]
        condition = condition_of(node)
        site = self._site(region.block.id, len(region.block.loops))
        shown = self._shown(region.mention.names, region.view)
        decided = condition is not None and condition.type != "declaration"
        self.edits.insert(node.start_byte, "{")
        if condition is not None and decided:
            self.edits.insert(condition.start_byte, f"{FRAME}.arm=true,(")
            self.edits.insert(condition.end_byte, ")")
        for number, (arm, (labels, _)) in enumerate(zip(region.arms, cases(node), strict=True)):
            colon = child_of_type(labels[-1], ":")
            if decided and colon is not None:
                log = f"if(SEMALIGN_ON({site})){FRAME}.arm_of({site},{number}){shown}.end();"
                self.edits.insert(colon.end_byte, f"{FRAME}.arm=false;{log}")  # falling through is an event too
            for inner in arm.regions:
                self._region(inner)
        none = f"if({FRAME}.arm){{{FRAME}.arm=false;if(SEMALIGN_ON({site})){FRAME}.arm_of({site},-1).end();}}"
        self.edits.insert(node.end_byte, (none if decided else "") + "}")

    def _try(self, region: Region) -> None:
        depth = len(region.block.loops)
        for arm in region.arms:
            if arm.node.type != "catch_clause":
                self._arm(arm)
                continue
            handler = arm.regions[0]
            caught = self._site(handler.block.id, depth)
            self._arm(handler.arms[0], f"{FRAME}.at={caught};if(SEMALIGN_ON({caught})){FRAME}.handler({caught}).end();")


def _first(variable: Variable) -> str:
    return f"&{variable.name}{'[0]' * variable.n_extents}"


def _extents(variable: Variable) -> Iterator[str]:
    for level in range(variable.n_extents):
        inner = f"{variable.name}{'[0]' * level}"
        yield f"sizeof({inner})/sizeof({inner}[0])"


def _expression(variable: Variable) -> str:
    """How a variable is handed to the guest; an array with its extents, for one of variable length has no type."""
    if not variable.n_extents or "&" in variable.steps:
        return variable.name
    return f"semalign_::grid({_first(variable)},{{{','.join(_extents(variable))}}})"
