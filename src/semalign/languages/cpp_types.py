"""Declared C++ types as `values.types.Type`, as far as the text of one file tells.

Typedefs, `using` and simple macros (`#define ll long long`) are followed. A type that can't be read is UNKNOWN, and a
function that takes one can't be called.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from semalign.values.types import UNKNOWN, Kind, Type

_TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|::|&&|[<>,*&\[\]()]|\S")
_QUALIFIERS = frozenset(("const", "volatile", "struct", "class", "enum", "typename", "constexpr", "static", "inline"))
_WORDS = frozenset(("int", "long", "short", "unsigned", "signed", "char", "double"))
_PLAIN = {
    "void": Type(kind=Kind.VOID),
    "bool": Type(kind=Kind.BOOL),
    "float": Type(kind=Kind.FLOAT, width_bits=32),
    "string": Type(kind=Kind.TEXT),
    "string_view": Type(kind=Kind.TEXT),
    "__int128": Type(kind=Kind.INT, width_bits=128),
}
_FIXED = {
    "size_t": (64, False),
    "ssize_t": (64, True),
    "ptrdiff_t": (64, True),
    **{f"{u}int{w}_t": (w, not u) for u in ("", "u") for w in (8, 16, 32, 64)},
}
_LISTS = frozenset(("vector", "deque", "list", "stack", "queue", "priority_queue", "array", "valarray"))
_SETS = frozenset(("set", "unordered_set", "multiset", "unordered_multiset"))
_MAPS = frozenset(("map", "unordered_map", "multimap", "unordered_multimap"))


@dataclass(frozen=True, slots=True)
class Struct:
    """A class of the file with its public data: name, base type and declarator steps of each field."""

    name: str
    fields: tuple[tuple[str, str, tuple[str, ...]], ...]


@dataclass(slots=True)
class TypeNames:
    """What names of types mean in one file."""

    aliases: dict[str, str] = field(default_factory=dict)  # typedef, using
    macros: dict[str, str] = field(default_factory=dict)  # object-like macros
    structs: dict[str, Struct] = field(default_factory=dict)
    enums: set[str] = field(default_factory=set)

    def read(self, base: str, steps: Sequence[str] = ()) -> Type:
        """The type of a base type's text with declarator steps from the base outwards."""
        return self._read(base, steps, ())

    def _read(self, base: str, steps: Sequence[str], open_structs: tuple[str, ...]) -> Type:
        reader = _Reader(self._expanded(base), self, open_structs)
        kind = reader.type()
        for step in steps:
            kind = _wrapped(kind, step)
        return kind if reader.done else UNKNOWN

    def _expanded(self, base: str, depth: int = 0) -> list[str]:
        tokens: list[str] = []
        for token in _TOKEN.findall(base):
            meaning = self.macros.get(token)
            if meaning is not None and depth < 8 and meaning.strip() != token:
                tokens += self._expanded(meaning, depth + 1)
            else:
                tokens.append(token)
        return tokens


def _wrapped(kind: Type, step: str) -> Type:
    if step in ("&", "&&"):
        return kind
    if step.startswith("["):
        return Type(kind=Kind.TEXT) if kind.kind is Kind.CHAR else Type(kind=Kind.LIST, items=(kind,))
    if step == "*":
        if kind.kind is Kind.CHAR:
            return Type(kind=Kind.TEXT, nullable=True)
        if kind.kind is Kind.RECORD:
            return Type(kind=Kind.RECORD, fields=kind.fields, nullable=True, spelling=kind.spelling)
        return UNKNOWN if kind.kind in (Kind.VOID, Kind.UNKNOWN) else Type(kind=Kind.LIST, items=(kind,))
    return UNKNOWN


class _Reader:
    """Recursive descent over the tokens of one type."""

    def __init__(self, tokens: list[str], names: TypeNames, open_structs: tuple[str, ...]) -> None:
        self._tokens = tokens
        self._at = 0
        self._names = names
        self._open = open_structs

    @property
    def done(self) -> bool:
        return self._at >= len(self._tokens)

    def _peek(self) -> str:
        return "" if self.done else self._tokens[self._at]

    def _take(self, *wanted: str) -> str:
        token = self._peek()
        if token in wanted:
            self._at += 1
            return token
        return ""

    def type(self) -> Type:
        words: list[str] = []
        kind: Type | None = None
        while not self.done:
            token = self._peek()
            if token in _QUALIFIERS or token == "::":
                self._at += 1
            elif token in _WORDS:
                words.append(token)
                self._at += 1
            elif kind is None and not words and re.match(r"[A-Za-z_]", token):
                self._at += 1
                if self._peek() != "::":
                    kind = self._named(token)
            else:
                break
        if words:
            kind = _number(words)
        kind = kind or UNKNOWN
        while step := self._take("*", "&", "&&", "const"):
            if step != "const":
                kind = _wrapped(kind, step)
        return kind

    def _arguments(self) -> list[Type]:
        found: list[Type] = []
        if not self._take("<"):
            return found
        while not self.done and self._peek() != ">":
            before = self._at
            found.append(self.type())
            if self._at == before:  # a number, an expression: not a type
                found.pop()
                self._at += 1
            self._take(",")
        self._take(">")
        return found

    def _named(self, name: str) -> Type:
        arguments = tuple(self._arguments())
        if name in _PLAIN:
            return _PLAIN[name]
        if name in _FIXED:
            width, signed = _FIXED[name]
            return Type(kind=Kind.INT, width_bits=width, signed=signed)
        if name in _LISTS and arguments:
            return Type(kind=Kind.LIST, items=arguments[:1])
        if name in ("pair", "tuple"):
            return Type(kind=Kind.TUPLE, items=arguments)
        if name in _SETS and arguments:
            return Type(kind=Kind.SET, items=arguments[:1])
        if name in _MAPS and len(arguments) >= 2:
            return Type(kind=Kind.MAP, items=arguments[:2])
        if name == "optional" and arguments:
            return _nullable(arguments[0])
        return self._of_the_file(name)

    def _of_the_file(self, name: str) -> Type:
        names = self._names
        if name in names.enums:
            return Type(kind=Kind.INT, width_bits=32)
        if name in names.aliases and name not in self._open:
            return names._read(names.aliases[name], (), (*self._open, name))
        struct = names.structs.get(name)
        if struct is None:
            return UNKNOWN
        if name in self._open:  # a list node holds a list node: the inner one is named only
            return Type(kind=Kind.RECORD, spelling=name)
        inner = (*self._open, name)
        fields = tuple((label, names._read(base, steps, inner)) for label, base, steps in struct.fields)
        return Type(kind=Kind.RECORD, fields=fields, spelling=name)


def _nullable(kind: Type) -> Type:
    return Type(
        kind=kind.kind,
        width_bits=kind.width_bits,
        signed=kind.signed,
        items=kind.items,
        fields=kind.fields,
        nullable=True,
    )


def _number(words: list[str]) -> Type:
    if "double" in words:
        return Type(kind=Kind.FLOAT, width_bits=64)
    signed = "unsigned" not in words
    if "char" in words:
        plain = len(words) == 1
        return Type(kind=Kind.CHAR) if plain else Type(kind=Kind.INT, width_bits=8, signed=signed)
    width = 16 if "short" in words else 64 if "long" in words else 32
    return Type(kind=Kind.INT, width_bits=width, signed=signed)
