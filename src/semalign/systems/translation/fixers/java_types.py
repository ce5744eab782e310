"""Java types as text, and code that turns a value of one into another: arrays, lists, boxes, texts."""

import re
from dataclasses import dataclass, field

PRIMITIVE = {"Integer": "int", "Long": "long", "Double": "double", "Boolean": "boolean", "Character": "char"}
BOXED = {short: long for long, short in PRIMITIVE.items()}
_LISTS = {"List": "ArrayList", "Collection": "ArrayList", "ArrayList": "ArrayList", "Vector": "Vector",
          "LinkedList": "LinkedList", "Iterable": "ArrayList"}  # fmt: skip
_NUMBERS = ("int", "long", "double")


class UnfitError(Exception):
    """No conversion between the two types is known."""


def element(kind: str) -> str:
    """The element type of an array or list; "" for anything else.

    >>> element("int[][]"), element("List<List<Integer>>"), element("int")
    ('int[]', 'List<Integer>', '')
    """
    if kind.endswith("[]"):
        return kind[:-2]
    name, _, inside = kind.partition("<")
    return inside[:-1] if name in _LISTS and inside else ""


def same(one: str, other: str) -> bool:
    """Java takes a value of `one` where `other` is asked for, without our help."""
    if one == other or PRIMITIVE.get(one, one) == PRIMITIVE.get(other, other):
        return True
    if one in _NUMBERS and other in _NUMBERS:
        return _NUMBERS.index(one) < _NUMBERS.index(other)
    return element(one) == element(other) != "" and other.startswith(("List<", "Collection<")) and "[" not in one


@dataclass(slots=True)
class Converter:
    """Writes conversions, and the methods that they need."""

    prefix: str  # of the methods' names
    methods: list[str] = field(default_factory=list)
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def convert(self, value: str, one: str, other: str) -> str:
        """An expression of type `other` from one of type `one`.

        Raises:
            UnfitError: there is no way.
        """
        if same(one, other):
            return value
        if one in _NUMBERS and other in _NUMBERS:
            return f"({other}) ({value})"
        if (one, other) == ("String", "char[]"):
            return f"{value}.toCharArray()"
        if (one, other) == ("char[]", "String"):
            return f"new String({value})"
        if {one, other} == {"String", "char"}:
            return f"String.valueOf({value})" if other == "String" else f"{value}.charAt(0)"
        if element(one) and element(other):
            return f"{self._method(one, other)}({value})"
        raise UnfitError(f"{one} to {other}")

    def _method(self, one: str, other: str) -> str:
        if (one, other) not in self._names:
            each = self.convert("one", element(one), element(other))
            name = self._names[one, other] = f"{self.prefix}{len(self._names)}"
            size = "from.length" if one.endswith("[]") else "from.size()"
            if other.endswith("[]"):
                base, extents = re.match(r"([^\[]*)(.*)", element(other)).groups()  # type: ignore[union-attr]  # matches any text
                made, body = f"new {base}[{size}]{extents}", f"to[i++] = {each};"
            else:
                made, body = f"new {_LISTS[other.partition('<')[0]]}<>()", f"to.add({each});"
            counter = "int i = 0; " if other.endswith("[]") else ""
            self.methods.append(
                f"static {other} {name}({one} from) {{\n    {other} to = {made};\n    {counter}"
                f"for ({element(one)} one : from) {{ {body} }}\n    return to;\n}}"
            )
        return self._names[one, other]
