"""Rewrites Java source so that it is whole and, where asked, records what it does.

Everything is inserted on the line where it belongs, so line numbers of the compiler and of stack traces stay right.
What is inserted calls `semalign.SemalignTrace`, the guest runtime; see there for what each call does.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tree_sitter import Node

from semalign.languages.java_edits import Edited, Edits
from semalign.languages.java_outline import JUMPS, Arm, Body, Region
from semalign.languages.java_scope import constant_names
from semalign.languages.java_syntax import WRAPPER, JavaSource, has_modifier, is_comment, text_of, walk
from semalign.languages.java_types import parameter_nodes, spelling
from semalign.traces.blocks import BlockKind
from semalign.traces.wire import Site

_TRACE = "semalign.SemalignTrace"
_COMMON = ("java.util.*", "java.util.function.*", "java.util.stream.*", "java.math.*")
_HARMLESS = ("java.util", "java.lang", "java.math", "java.io", "java.text", "java.time", "java.nio", "javafx.util")


@dataclass(frozen=True, slots=True)
class Instrumented:
    """Source that records, and what its site numbers stand for."""

    edited: Edited
    sites: tuple[Site, ...]
    names: tuple[tuple[str, ...], ...]  # of each site, the variables that are logged there
    main_site: int  # of the entry of `main`; -1 when there is none

    @property
    def table(self) -> str:
        """The sites as the guest reads them: function and names, one a line."""
        rows = zip(self.sites, self.names, strict=True)
        return "".join(f"{site.function}\t{' '.join(names)}\n" for site, names in rows)


def complete(source: JavaSource) -> Edited:
    """The source as a whole file: a snippet gets a class, and common imports are added where they can't clash."""
    edits = Edits(source.data)
    _open(source, edits)
    _close(source, edits)
    return edits.apply()


def instrument(source: JavaSource, bodies: Iterable[Body]) -> Instrumented:
    """The completed source with every method recording."""
    edits = Edits(source.data)
    _open(source, edits)
    # A name that the program does not use, for the frame; its derivatives are then unused too.
    frame = "sa$"
    while frame.encode() in source.data:
        frame += "$"
    writer = _Writer(edits, frame, constant_names(source.classes))
    main_site = -1
    for body in sorted(bodies, key=lambda one: one.method.node.start_byte):
        if source.main is not None and body.method.node == source.main.node:
            main_site = len(writer.sites)
        writer.method(body)
    _close(source, edits)
    return Instrumented(edits.apply(), tuple(writer.sites), tuple(writer.names), main_site)


def _open(source: JavaSource, edits: Edits) -> None:
    top = [node for node in source.root.named_children if not is_comment(node)]
    head = [node for node in top if node.type in ("package_declaration", "import_declaration")]
    wild = {one.removesuffix(".*") for one in source.imports if one.endswith(".*") and not one.startswith("static")}
    if all(one.startswith(_HARMLESS) for one in wild):
        missing = [one for one in _COMMON if one not in source.imports]
        edits.insert(head[-1].end_byte if head else 0, "".join(f" import {one};" for one in missing) + " ")
    if source.snippet:
        rest = top[len(head) :]
        edits.insert(rest[0].start_byte, f"class {WRAPPER} {{ ")
        for node in rest:
            if node.type == "class_declaration" and not has_modifier(node, "static"):
                edits.insert(node.start_byte, "static ")


def _close(source: JavaSource, edits: Edits) -> None:
    if source.snippet:
        # On a line of its own: the text may end in a line comment.
        edits.insert(len(source.data), "\n}")


@dataclass(slots=True)
class _Writer:
    edits: Edits
    frame: str
    constants: frozenset[str]
    sites: list[Site] = field(default_factory=list)
    names: list[tuple[str, ...]] = field(default_factory=list)
    _body: Body | None = None
    _result: str = ""

    def method(self, body: Body) -> None:
        """Instrument one method."""
        self._body = body
        node, block = body.method.node, body.method.body
        dims = text_of(node.child_by_field_name("dimensions")).count("[")
        self._result = spelling(node.child_by_field_name("type"), dims)
        f = self.frame
        names = tuple(name for name, _, _ in parameter_nodes(node))
        site = self._site(body.entry.id, names)
        self.edits.insert(
            block.start_byte + 1,
            f" final {_TRACE} {f} = {_TRACE}.e({site}, {body.n_loops}); if ({f}.a()) {f}.a({_array(names)}); try {{",
        )
        for at, text in body.scope.blank:
            self.edits.insert(at, text)
        self._regions(body.regions)
        done = f" finally {{ {f}.v(); }}" if self._result == "void" else ""
        self.edits.insert(block.end_byte - 1, f" }} catch (final Throwable {f}t) {{ {f}.x({f}t); throw {f}t; }}{done} ")

    def _site(self, block_id: str, names: Iterable[str]) -> int:
        assert self._body is not None, "sites belong to a method"
        self.sites.append(Site(self._body.method.name, block_id))
        self.names.append(tuple(names))
        return len(self.sites) - 1

    def _readable(self, region: Region, at: int) -> tuple[str, ...]:
        assert self._body is not None, "regions belong to a method"
        return tuple(self._body.scope.readable(region.mention.names, at))

    def _regions(self, regions: Iterable[Region]) -> None:
        writers = {
            BlockKind.RUN: self._run,
            BlockKind.IF: self._if,
            BlockKind.FOR: self._for,
            BlockKind.WHILE: self._while,
            BlockKind.DO: self._do,
            BlockKind.SWITCH: self._switch,
            BlockKind.TRY: self._try,
            BlockKind.CATCH: self._catch,
            BlockKind.WITH: self._with,
        }
        for region in regions:
            writers[region.block.kind](region)

    def _try(self, region: Region) -> None:
        for arm in region.arms:
            self._regions(arm.regions)

    def _run(self, region: Region) -> None:
        first, last = region.nodes[0], region.nodes[-1]
        at = last.start_byte if last.type in JUMPS else last.end_byte
        names = self._readable(region, at)
        site, depth, f = self._site(region.block.id, names), len(region.block.loops), self.frame
        self.edits.insert(first.start_byte, f"{f}.u({site}, {depth}); ")
        log = f"if ({f}.p({site})) {f}.b({site}, {depth}, {_array(names)});"
        if last.type == "return_statement":
            value = [child for child in last.named_children if not is_comment(child)]
            log = (
                f"if ({f}.p({site}) & {f}.q()) {f}.r({site}, {depth}, {f + 'r' if value else 'null'}, {_array(names)});"
            )
            if value:
                self.edits.replace(last.start_byte, last.start_byte + 6, f"{{ final {self._result} {f}r =")
                self.edits.insert(last.end_byte, f" {log} return {f}r; }}")
            else:
                self.edits.insert(last.start_byte, f"{{ {log} ")
                self.edits.insert(last.end_byte, " }")
        elif last.type in JUMPS:
            self.edits.insert(last.start_byte, f"{log} ")
        else:
            self.edits.insert(last.end_byte, f" {log}")

    def _if(self, region: Region) -> None:
        node, depth, f = region.nodes[0], len(region.block.loops), self.frame
        condition = node.child_by_field_name("condition")
        assert condition is not None, "an `if` has a condition"
        names = self._readable(region, condition.start_byte)
        site = self._site(region.block.id, names)
        logs = {"then": "", "else": ""}
        if _has_pattern(condition):  # its variables would not reach the arms from inside a call
            for name, outcome in (("then", "true"), ("else", "false")):
                logs[name] = (
                    f" {f}.u({site}, {depth}); if ({f}.c({site}, {outcome})) {f}.c({site}, {depth}, {_array(names)});"
                )
        else:
            self._condition(condition, f"{f}.u({site}, {depth})", site, depth, names)
        for arm in region.arms:
            self._arm(arm, logs[arm.name])
        negated = text_of(condition).lstrip("( ").startswith("!")
        if logs["else"] and len(region.arms) < 2 and not negated:
            self.edits.insert(node.end_byte, f" else {{{logs['else']} }}")

    def _condition(self, node: Node, reach: str, site: int, depth: int, names: tuple[str, ...]) -> None:
        f = self.frame
        inner = next(child for child in node.named_children if not is_comment(child))
        self.edits.insert(inner.start_byte, f"({f}.c({reach}, ")
        self.edits.insert(inner.end_byte, f") ? {f}.c({site}, {depth}, {_array(names)}) : {f}.o)")

    def _arm(self, arm: Arm, log: str, end: str = "") -> None:
        """The regions of an arm with `log` before them; braces are added where there are none."""
        if arm.node.type in ("block", "constructor_body"):
            self.edits.insert(arm.node.start_byte + 1, log)
            self._regions(arm.regions)
            self.edits.insert(arm.node.end_byte - 1, end)
        else:
            self.edits.insert(arm.node.start_byte, f"{{{log} ")
            self._regions(arm.regions)
            self.edits.insert(arm.node.end_byte, f"{end} }}")

    def _for(self, region: Region) -> None:
        (arm,) = region.arms
        site = self._iterations(region, self._readable(region, arm.node.start_byte), arm)
        assert site >= 0, "a loop has a site"

    def _iterations(self, region: Region, names: tuple[str, ...], arm: Arm) -> int:
        f, depth = self.frame, len(region.block.loops)
        site = self._site(region.block.id, names)
        self.edits.insert(region.outer.start_byte, f"{f}.l({depth}); ")
        self._arm(arm, f" if ({f}.i({site}, {depth})) {f}.i({site}, {depth + 1}, {_array(names)});")
        return site

    def _while(self, region: Region) -> None:
        node, f, depth = region.nodes[0], self.frame, len(region.block.loops)
        condition = node.child_by_field_name("condition")
        assert condition is not None, "a `while` has a condition"
        (arm,) = region.arms
        if self._constant(condition) or _has_pattern(condition):
            self._iterations(region, self._readable(region, condition.start_byte), arm)
            return
        names = self._readable(region, condition.start_byte)
        site = self._site(region.block.id, names)
        self.edits.insert(region.outer.start_byte, f"{f}.l({depth}); ")
        self._condition(condition, f"{f}.k({site}, {depth})", site, depth + 1, names)
        self._arm(arm, "")

    def _do(self, region: Region) -> None:
        node, f, depth = region.nodes[0], self.frame, len(region.block.loops)
        condition = node.child_by_field_name("condition")
        assert condition is not None, "a `do` has a condition"
        (arm,) = region.arms
        if self._constant(condition) or _has_pattern(condition):
            self._iterations(region, (), arm)
            return
        names = self._readable(region, condition.start_byte)
        site = self._site(region.block.id, names)
        self.edits.insert(region.outer.start_byte, f"{f}.l({depth}); ")
        self._arm(arm, f" {f}.k({site}, {depth});")
        self._condition(condition, f"{f}.u({site}, {depth + 1})", site, depth + 1, names)

    def _switch(self, region: Region) -> None:
        node, f, depth = region.nodes[0], self.frame, len(region.block.loops)
        names = self._readable(region, node.start_byte)
        site = self._site(region.block.id, names)
        body = node.child_by_field_name("body")
        cases = body.named_children if body is not None else []
        total = any(_is_default(label) for case in cases for label in case.children if label.type == "switch_label")
        flag = "" if total or _has_pattern(node) else f"{f}k{site}"
        if flag:
            self.edits.insert(region.outer.start_byte, f"boolean {flag} = false; ")
        for arm in region.arms:
            taken = f" {flag} = true;" if flag else ""
            shown = f'{f}.s({site}, {depth}, "{arm.name}", {_array(names)});'
            self._case(arm, f"{taken} {f}.u({site}, {depth}); if ({f}.p({site})) {shown}")
        if flag:
            shown = f'{f}.s({site}, {depth}, "", {_array(names)});'
            self.edits.insert(region.outer.end_byte, f" if (!{flag} && {f}.p({site})) {shown}")

    def _case(self, arm: Arm, log: str) -> None:
        if arm.node.type == "switch_rule":
            inner = [child for child in arm.node.named_children if not is_comment(child)][-1]
            self._arm(Arm(arm.name, inner, arm.regions), log)
            return
        colon = [child for child in arm.node.children if child.type == ":"][-1]
        self.edits.insert(colon.end_byte, log)
        self._regions(arm.regions)

    def _with(self, region: Region) -> None:
        f, depth = self.frame, len(region.block.loops)
        (arm,) = region.arms
        site = self._site(region.block.id, ())
        self._arm(arm, f" {f}.u({site}, {depth}); if ({f}.p({site})) {f}.b({site}, {depth}, {_array(())});")

    def _catch(self, region: Region) -> None:
        f, depth = self.frame, len(region.block.loops)
        (arm,) = region.arms
        site = self._site(region.block.id, ())
        name = region.mention.names[0]
        log = f" {f}.u({site}, {depth}); if ({f}.p({site})) {f}.h({site}, {depth}, {name}, {_array(())});"
        self._arm(arm, log)

    def _constant(self, condition: Node) -> bool:
        """Whether the compiler may see a constant in it: then it decides what can be reached."""
        names = {text_of(node) for node in walk(condition) if node.type == "identifier"}
        calls = any(node.type in ("method_invocation", "array_access") for node in walk(condition))
        return not calls and names <= self.constants


def _array(names: Iterable[str]) -> str:
    return f"new Object[] {{{', '.join(names)}}}"


def _has_pattern(node: Node) -> bool:
    return any(
        (inner.type == "instanceof_expression" and inner.child_by_field_name("name") is not None)
        or inner.type in ("record_pattern", "type_pattern")
        for inner in walk(node)
    )


def _is_default(label: Node) -> bool:
    return text_of(label).split()[0].startswith("default")
