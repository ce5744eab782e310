"""Retype: parameters and result declared as the harness calls them, and their uses in the body rewritten."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from semalign.repair import Edit, Patch
from semalign.systems.translation.fixers.adapter import full_result
from semalign.systems.translation.fixers.case import Case
from semalign.systems.translation.fixers.draft import Draft, text_of, walk
from semalign.systems.translation.fixers.java_types import PRIMITIVE, element
from semalign.systems.translation.fixers.wanted import parameters_of, result_of

NAME = "retype"


def retype(case: Case, draft: Draft) -> Iterator[Patch]:
    """Only for drafts that do not build; at most a few patches."""
    function = draft.function
    if draft.builds or function is None or draft.language == "python":
        return
    own = parameters_of(function)
    if len(own) != len(case.wanted.parameters):
        return
    if draft.language == "cpp":
        yield from _cpp(case, draft, function)
        return
    changed = {
        text_of(node.child_by_field_name("name")): (node, asked)
        for (node, kind), asked in zip(own, case.wanted.parameters, strict=True)
        if asked and asked != kind and (element(asked) or element(kind))
    }
    try:
        rewrite = _Java(draft=draft, kinds={name: asked for name, (_, asked) in changed.items()})
        rewrite.declare(changed)
        rewrite.result(function, full_result(case.wanted.result, result_of(function)))
        rewrite.body(function)
    except _UnfitError:
        return
    if rewrite.edits:
        reason = f"the harness calls it with {', '.join(kind or '?' for kind in case.wanted.parameters)}"
        yield Patch(edits=tuple(rewrite.edits), reason=reason, author=NAME)


def _cpp(case: Case, draft: Draft, function: Node) -> Iterator[Patch]:
    """By value, so that literals and temporaries can be passed; then in the wanted types, with the wanted result."""
    plain, typed = [], []
    for (node, kind), asked in zip(parameters_of(function), case.wanted.parameters, strict=True):
        name = re.search(r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", text_of(node))
        if name is None:
            return
        own = re.sub(r"\bconst\b|&", " ", text_of(node)).strip()
        by_value = " ".join(own.split()) if "&" in text_of(node) else text_of(node)
        plain.append(draft.edit(node, by_value))
        same = not asked or asked == kind or (asked in _SCALARS and kind in _SCALARS)
        typed.append(draft.edit(node, by_value if same else f"{asked} {name[1]}"))
        if "vector" in asked and kind.endswith(("[]", "*")):
            typed += _as_pointer(draft, function, name[1])
    kept = [[edit for edit in edits if _changes(draft, edit)] for edits in (plain, typed)]
    result = function.child_by_field_name("type")
    wider = []
    if result is not None and case.wanted.result and case.wanted.result != result_of(function):
        wider = [draft.edit(result, case.wanted.result)]
        wider += _returned(draft, function, result_of(function), case.wanted.result)
    for edits in (kept[0], kept[1], [*kept[1], *wider]):
        if edits:
            yield Patch(edits=tuple(edits), reason="the harness calls it with other types", author=NAME)


def _as_pointer(draft: Draft, function: Node, name: str) -> Iterator[Edit]:
    """Where an array stands for the place of its first element."""
    body = function.child_by_field_name("body")
    for node in walk(body) if body is not None else ():
        parent = node.parent
        if node.type != "identifier" or text_of(node) != name or parent is None:
            continue
        if parent.type not in ("subscript_expression", "field_expression", "for_range_loop"):
            yield draft.edit(node, f"{name}.data()")


_SCALARS = ("int", "long", "long long", "double", "float", "bool", "char", "size_t", "unsigned")


def _returned(draft: Draft, function: Node, own: str, asked: str) -> list[Edit]:
    """Declarations of what is returned, in the type that is asked for."""
    names = {
        text_of(node.named_children[0])
        for node in draft.nodes
        if node.type == "return_statement" and node.named_children and node.named_children[0].type == "identifier"
    }
    edits = []
    for node in draft.nodes:
        kind = node.child_by_field_name("type") if node.type == "declaration" else None
        if kind is None or text_of(kind).replace("std::", "").replace(" ", "") != own.replace(" ", ""):
            continue
        declared = {text_of(one) for one in node.named_children} | {
            text_of(one.child_by_field_name("declarator")) for one in node.named_children
        }
        if names & declared:
            edits.append(draft.edit(kind, asked))
    return edits


def _changes(draft: Draft, edit: Edit) -> bool:
    return draft.text.encode()[edit.start : edit.end] != edit.text.encode()


class _UnfitError(Exception):
    """A use that can't be said in the wanted type."""


@dataclass(slots=True)
class _Java:
    """Rewrites one method; `kinds` are the new types of names whose type changes."""

    draft: Draft
    kinds: dict[str, str]
    edits: list[Edit] = field(default_factory=list)

    def declare(self, changed: dict[str, tuple[Node, str]]) -> None:
        for name, (node, asked) in changed.items():
            final = "final " if text_of(node).startswith("final ") else ""
            self.edits.append(self.draft.edit(node, f"{final}{asked} {name}"))

    def result(self, function: Node, asked: str) -> None:
        """A result that only differs by its list or array needs an adapter."""
        own = result_of(function)
        if own != asked and (element(own) or element(asked)):
            raise _UnfitError(asked)

    def body(self, function: Node) -> None:
        body = function.child_by_field_name("body")
        if body is not None:
            for child in body.named_children:
                self.visit(child)

    def visit(self, node: Node) -> None:
        if node.type in ("enhanced_for_statement", "local_variable_declaration"):
            self.binding(node)
        elif node.type in ("method_invocation", "array_access", "field_access", "identifier"):
            text, kind = self.expression(node)
            if kind and element(kind):
                self.bare(node)
            if text != text_of(node):
                self.edits.append(self.draft.edit(node, text))
        elif node.type == "assignment_expression":
            self.assignment(node)
        else:
            for child in node.named_children:
                self.visit(child)

    def bare(self, node: Node) -> None:
        """A container used as a whole: allowed as what a loop runs over, nowhere else."""
        parent = node.parent
        if parent is None or parent.type != "enhanced_for_statement" or parent.child_by_field_name("value") != node:
            raise _UnfitError(text_of(node))

    def binding(self, node: Node) -> None:
        """Names that take parts of a changed container change with it."""
        if node.type == "enhanced_for_statement":
            value = node.child_by_field_name("value")
            assert value is not None, "a loop runs over something"
            text, kind = self.expression(value)
            if kind and element(kind):
                self.rename(node, text_of(node.child_by_field_name("name")), element(kind))
            if text != text_of(value):
                self.edits.append(self.draft.edit(value, text))
            elif not kind:
                self.visit(value)
            body = node.child_by_field_name("body")
            if body is not None:
                self.visit(body)
            return
        for one in node.named_children:
            value = one.child_by_field_name("value") if one.type == "variable_declarator" else None
            if value is None:
                continue
            kind = self.expression(value)[1] if value.type in ("identifier", *_PARTS) else ""
            if kind and element(kind):
                self.rename(node, text_of(one.child_by_field_name("name")), kind)
                text = self.expression(value)[0]
                if text != text_of(value):
                    self.edits.append(self.draft.edit(value, text))
            else:
                self.visit(value)

    def rename(self, node: Node, name: str, kind: str) -> None:
        declared = node.child_by_field_name("type")
        if declared is not None and element(kind):
            self.kinds[name] = kind
            if text_of(declared) != kind:
                self.edits.append(self.draft.edit(declared, kind))

    def assignment(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            raise _UnfitError(text_of(node))
        if left.type == "array_access":
            text, kind = self.expression(left.named_children[0])
            if kind and not kind.endswith("[]"):
                index, _ = self.expression(left.named_children[1])
                self.edits.append(self.draft.edit(node, f"{text}.set({index}, {self.expression(right)[0]})"))
                return
        for side in (left, right):
            self.visit(side)

    def expression(self, node: Node) -> tuple[str, str]:
        """The text of an expression under the new types, and its own new type ("" where that did not change)."""
        if node.type == "identifier":
            return text_of(node), self.kinds.get(text_of(node), "")
        if node.type == "array_access":
            return self.access(node)
        if node.type == "field_access" and text_of(node.child_by_field_name("field")) == "length":
            text, kind = self.expression(node.child_by_field_name("object"))  # type: ignore[arg-type]  # has an object
            return (f"{text}.length" if not kind or kind.endswith("[]") else f"{text}.size()"), ""
        if node.type == "method_invocation":
            return self.call(node)
        return self.pieces(node), ""

    def pieces(self, node: Node) -> str:
        """The text of a node with its parts rewritten."""
        data, at, parts = self.draft.data, node.start_byte, []
        for child in node.named_children:
            parts.append(data[at : child.start_byte].decode())
            text, kind = self.expression(child)
            if kind and element(kind):
                raise _UnfitError(text_of(node))
            parts.append(text)
            at = child.end_byte
        return "".join([*parts, data[at : node.end_byte].decode()])

    def access(self, node: Node) -> tuple[str, str]:
        text, kind = self.expression(node.named_children[0])
        index, _ = self.expression(node.named_children[1])
        if kind and not kind.endswith("[]"):
            return f"{text}.get({index})", _unboxed(element(kind))
        return f"{text}[{index}]", element(kind)

    def call(self, node: Node) -> tuple[str, str]:
        target = node.child_by_field_name("object")
        if target is None:
            return self.pieces(node), ""
        name = text_of(node.child_by_field_name("name"))
        listed = node.child_by_field_name("arguments")
        given = [] if listed is None else listed.named_children
        text, kind = self.expression(target)
        if text_of(target) == "Collections" and name == "sort" and len(given) == 1:
            inner, of = self.expression(given[0])
            if of.endswith("[]"):
                return f"Arrays.sort({inner})", ""
        if not kind:
            return self.pieces(node), ""
        if not kind.endswith("[]"):
            return self.pieces(node), ""
        said = [self.expression(one)[0] for one in given]
        if name == "get" and len(said) == 1:
            return f"{text}[{said[0]}]", element(kind)
        if name in ("size", "length") and not said:
            return f"{text}.length", ""
        if name == "isEmpty" and not said:
            return f"({text}.length == 0)", ""
        if name == "set" and len(said) == 2:
            return f"{text}[{said[0]}] = {said[1]}", ""
        raise _UnfitError(text_of(node))


_PARTS = ("method_invocation", "array_access")


def _unboxed(kind: str) -> str:
    return PRIMITIVE.get(kind, kind)
