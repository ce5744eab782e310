"""Wire trees as Python objects, as the declared parameter types ask; runs inside the wall."""

import collections
import struct
from typing import Any


class Misfit(Exception):
    """An argument that the declared type can't hold; the text says why."""


class Arguments:
    """Makes arguments for the functions of one module, whose classes may be needed for records.

    A type is `{"k": kind, "n": nullable, "s": spelling, "i": [types of elements], "f": [[field, type]]}`.
    """

    def __init__(self, space: dict[str, Any]) -> None:
        self._space = space

    def make(self, tree: Any, kind: dict[str, Any]) -> Any:
        """The object; raises Misfit."""
        name = kind["k"]
        tag, body = _split(tree)
        if name == "unknown":
            return self._natural(tree)
        if tag == "null":
            if kind["n"] or name in ("record", "void"):
                return None
            raise Misfit(f"null given for {kind['s'] or name}")
        if name in ("bool", "int", "float", "text", "char"):
            return _scalar(tag, body, name)
        return getattr(self, f"_{name}")(tag, body, kind)

    def _list(self, tag: str, body: Any, kind: dict[str, Any]) -> Any:
        inner = kind["i"][0] if kind["i"] else _ANY
        if tag in ("text", "c") and inner["k"] in ("text", "char", "unknown"):
            body = list(body)
        elif tag not in ("list", "t", "S"):
            raise Misfit(f"{_article(tag)} given for a list")
        made = [self.make(item, inner) for item in body]
        spelled = kind["s"].rpartition(".")[2].split("[")[0] if "[" not in kind["s"] else kind["s"].split("[")[0]
        outer = spelled.rpartition(".")[2].lower()
        return {"deque": collections.deque, "tuple": tuple}.get(outer, list)(made)

    def _tuple(self, tag: str, body: Any, kind: dict[str, Any]) -> Any:
        if tag not in ("list", "t"):
            raise Misfit(f"{_article(tag)} given for a tuple")
        if kind["i"] and len(kind["i"]) != len(body):
            raise Misfit(f"{len(body)} elements given for a tuple of {len(kind['i'])}")
        inner = kind["i"] or [_ANY] * len(body)
        return tuple(self.make(item, one) for item, one in zip(body, inner, strict=True))

    def _set(self, tag: str, body: Any, kind: dict[str, Any]) -> Any:
        if tag not in ("S", "list", "t"):
            raise Misfit(f"{_article(tag)} given for a set")
        inner = kind["i"][0] if kind["i"] else _ANY
        made = [_hashable(self.make(item, inner)) for item in body]
        return frozenset(made) if "frozen" in kind["s"].lower() else set(made)

    def _map(self, tag: str, body: Any, kind: dict[str, Any]) -> Any:
        if tag != "m":
            raise Misfit(f"{_article(tag)} given for a map")
        keys, items = kind["i"] if len(kind["i"]) == 2 else (_ANY, _ANY)
        made = {_hashable(self.make(key, keys)): self.make(item, items) for key, item in body}
        outer = kind["s"].split("[")[0].rpartition(".")[2].lower()
        if outer == "defaultdict":
            zero: Any = {"int": int, "float": float, "list": list, "set": set, "text": str, "map": dict}.get(
                str(items["k"])
            )
            return collections.defaultdict(zero, made)
        return {"counter": collections.Counter, "ordereddict": collections.OrderedDict}.get(outer, dict)(made)

    def _record(self, tag: str, body: Any, kind: dict[str, Any]) -> Any:
        if tag != "R":
            raise Misfit(f"{_article(tag)} given for {kind['s'] or 'a record'}")
        return self._object(body, kind["s"])

    def _void(self, tag: str, _body: Any, _kind: dict[str, Any]) -> Any:
        raise Misfit(f"{_article(tag)} given where only None fits")

    def _object(self, body: Any, spelling: str) -> Any:
        """An object of the module's class of that name, its fields set without its constructor."""
        name, fields = body
        found = next(
            (self._space[one] for one in _words(spelling, name) if isinstance(self._space.get(one), type)), None
        )
        if found is None:
            raise Misfit(f"the program has no class {name}")
        try:
            made = found.__new__(found)
            for field, tree in fields:
                object.__setattr__(made, field, self._natural(tree))
        except (TypeError, AttributeError) as exc:
            raise Misfit(f"no object of class {name} with these fields: {exc}") from exc
        return made

    def _natural(self, tree: Any) -> Any:
        """What a value is in Python when nothing is declared."""
        tag, body = _split(tree)
        if tag == "list":
            return [self._natural(item) for item in body]
        if tag == "t":
            return tuple(self._natural(item) for item in body)
        if tag == "S":
            return {_hashable(self._natural(item)) for item in body}
        if tag == "m":
            return {_hashable(self._natural(key)): self._natural(item) for key, item in body}
        if tag == "R":
            return self._object(body, "")
        if tag in ("o", "r", "cut", "u", "x", "T"):
            raise Misfit(f"{_article(tag)} can't be passed")
        return body


_ANY: dict[str, Any] = {"k": "unknown", "n": True, "s": "", "i": [], "f": []}
_NAMES = {
    "null": "null", "bool": "a truth value", "int": "an integer", "f": "a float", "c": "a character", "text": "a text",
    "b": "bytes", "list": "a list", "t": "a tuple", "S": "a set", "m": "a map", "R": "a record", "o": "an opaque value",
    "r": "a back reference", "cut": "a cut value", "u": "a value that was not captured", "x": "an exception",
    "T": "a table",
}  # fmt: skip


def _article(tag: str) -> str:
    return _NAMES.get(tag, tag)


def _split(tree: Any) -> tuple[str, Any]:
    """The tag of a tree and its body; scalars are decoded."""
    for kind, tag in ((type(None), "null"), (bool, "bool"), (int, "int"), (float, "f"), (str, "text"), (list, "list")):
        if type(tree) is kind:
            return tag, tree
    ((tag, body),) = tree.items()
    if tag == "i":
        return "int", int(body[0])
    if tag in ("f", "f4"):
        return "f", struct.unpack(">d", bytes.fromhex(body))[0]
    if tag == "b":
        return "b", bytes.fromhex(body)
    return tag, body


def _scalar(tag: str, body: Any, name: str) -> Any:
    if name == "float" and tag in ("f", "int"):
        return float(body)
    if name == "int" and tag in ("int", "bool"):
        return int(body)
    if name == "bool" and (tag == "bool" or (tag == "int" and body in (0, 1))):
        return bool(body)
    if name == "text" and tag in ("text", "c"):
        return body
    if name == "char" and tag in ("text", "c") and len(body) == 1:
        return body
    raise Misfit(f"{_article(tag)} given for {name}")


def _hashable(value: Any) -> Any:
    if type(value) is list:
        return tuple(map(_hashable, value))
    if type(value) is set:
        return frozenset(value)
    return value


def _words(spelling: str, name: str) -> list[str]:
    plain = "".join(letter if letter.isalnum() or letter == "_" else " " for letter in spelling)
    return [*plain.split(), name]
