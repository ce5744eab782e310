r"""Values and traces as text for people, in one notation for all languages.

| value | text |
|---|---|
| null, truth values, numbers | `null`, `true`, `-5`, `0.1`, `-0.0`, `nan`, `inf` |
| character, text, bytes | `'a'`, `"a\nb"`, `bytes(00 ff)` |
| list, tuple, set | `[1, 2]`, `(1, 2)`, `{1, 2}` (`set()` when empty) |
| map, record, table | `{"a": 1}`, `Point(x=1, y=2)`, `table(a, b)[(1, 2)]` |
| exception, opaque, cycle | `raised ValueError("odd")`, `<generator>`, `<cycle: 1 up>` |
| what does not fit the width | `[1, 2, ... (41 more)]` |
| what was cut off or not captured | `[1, 2, ... (4094 more, not kept)]`, `<not captured: too large>` |

Nothing that is printed can steer a terminal or reverse the reading direction: `visible` escapes it.
Not for: reading back. That is `semalign.values.wire`.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from semalign.values.compare import equal, label
from semalign.values.model import (
    BackRef,
    Bool,
    Bytes,
    Char,
    Cut,
    Float,
    Int,
    List,
    Map,
    Null,
    Opaque,
    Raised,
    Record,
    Set,
    Table,
    Text,
    Tuple,
    Unrepresentable,
    Value,
)
from semalign.values.policy import STATES

NOTHING = "(nothing)"
_LOST = ", not kept"
_GAP = 14  # room for `... (41 more)` and a comma
_LONG_PATH = 400  # characters; a place that deep is not found by reading
_LONG_INT = 12_000  # bits; Python refuses to spell longer ones in decimal


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text, and whether it is the part that differs."""

    text: str
    differs: bool = False


Marked = tuple[Piece, ...]


def visible(text: str) -> str:
    r"""The text with every character that does not print shown as an escape; newlines and tabs stay.

    >>> visible("a\x1b[31m\u202eb")
    'a\\x1b[31m\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in "\n\t" else _escape(c) for c in text)


def _line(text: str) -> str:
    """On one line: what a program calls its things may hold anything."""
    return visible(" ".join(text.split()))


def show(value: Value, width: int = 80) -> str:
    """The value in about `width` characters, never more than that or 28, whichever is larger.

    >>> show(Map(((Text("a"), List(tuple(map(Int, range(60))))),)), 40)
    '{"a": [0, 1, 2, 3, 4, ... (55 more)]}'
    """
    width = max(width, 28)
    text = "".join(piece.text for piece in _pieces(value, width, None))
    return text if len(text) <= width else text[: width - 3] + "..."


def show_difference(
    expected: Value | None, actual: Value | None, path: str = "", width: int = 80
) -> tuple[Marked, Marked]:
    """Both values with the part at `path` marked and kept in sight; a value that is not there is `(nothing)`.

    A path that leads nowhere on both sides is taken to have led here already: all of both values is marked.

    >>> [plain(side) for side in show_difference(List((Int(1), Int(2))), List((Int(1),)), "[1]")]
    ['[1, «2»]', '[1, «(nothing)»]']
    """
    if isinstance(expected, Set) and isinstance(actual, Set):
        return _bag(expected, actual, width), _bag(actual, expected, width)
    if len(path) > _LONG_PATH or not any(value is not None and _leads(value, path) for value in (expected, actual)):
        path = ""
    return _side(expected, path, width), _side(actual, path, width)


def plain(marked: Marked) -> str:
    """The text with «marks» round what differs."""
    return "".join(f"«{piece.text}»" if piece.differs else piece.text for piece in marked)


def _side(value: Value | None, path: str, width: int) -> Marked:
    if value is None:
        return (Piece(NOTHING, True),)
    return _joined(_pieces(value, max(width, 28), path))


def _bag(value: Set, other: Set, width: int) -> Marked:
    """A set with the first item marked that the other has not; sets have no places to compare."""
    alone = next((i for i, item in enumerate(value.items) if not any(equal(item, o, STATES) for o in other.items)), -1)
    return _side(value, f"[{alone}]" if alone >= 0 else f"[{len(value.items)}]", width)


def _joined(pieces: Sequence[Piece]) -> Marked:
    """Neighbours of the same kind as one."""
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].differs == piece.differs:
            joined[-1] = Piece(joined[-1].text + piece.text, piece.differs)
        else:
            joined.append(piece)
    return tuple(joined)


def _pieces(value: Value, width: int, path: str | None) -> list[Piece]:
    """`path` None: nothing inside is marked; "": all of it is."""
    if path == "":
        return [Piece("".join(piece.text for piece in _pieces(value, width, None)), True)]
    whole = _whole(value, width, path)
    if whole is not None:
        return whole
    shape = _shape(value)
    return [Piece(_scalar(value, width))] if shape is None else _shortened(shape, width, path)


def _whole(value: Value, width: int, path: str | None) -> list[Piece] | None:
    """All of it, or None as soon as that is too wide: so that showing takes time in the width, not in the value."""
    shape = _shape(value)
    if shape is None:
        text = _scalar(value, 4 * width)
        return [Piece(text, path == "")] if len(text) <= width else None
    focus, rest = _focus(shape, path)
    pieces, used = [Piece(shape.opens)], len(shape.opens) + len(shape.closes)
    for i, (_, name, item) in enumerate(shape.entries):
        start = (", " if i else "") + name
        used += len(start)
        inner = _whole(item, width - used, rest if i == focus else None) if used < width else None
        if inner is None:
            return None
        used += sum(len(piece.text) for piece in inner)
        pieces += [Piece(start), *inner]
    if focus == len(shape.entries):
        pieces += [Piece(", " if shape.entries else ""), Piece(NOTHING, True)]
        used += len(NOTHING)
    if used > width or shape.n_lost:
        return None
    pieces.append(Piece(shape.closes))
    return [Piece("".join(piece.text for piece in pieces), True)] if path == "" else pieces


@dataclass(frozen=True, slots=True)
class _Shape:
    """A container taken apart: what opens and closes it, and each entry as (step of a path, label, value)."""

    opens: str
    closes: str
    entries: Sequence[tuple[str, str, Value]]
    n_lost: int = 0  # entries that were not kept


def _shape(value: Value) -> _Shape | None:
    match value:
        case List(items):
            return _Shape("[", "]", _Numbered(items))
        case Tuple(items):
            return _Shape("(", ",)" if len(items) == 1 else ")", _Numbered(items))
        case Set(items):
            return _Shape("{", "}", _Numbered(items)) if items else _Shape("set(", ")", ())
        case Map(pairs):
            return _Shape("{", "}", tuple((f"[{label(k)}]", f"{show(k, 32)}: ", v) for k, v in pairs))
        case Record(name, fields):
            named = tuple((f".{field}", f"{visible(field)}=", item) for field, item in fields)
            return _Shape(f"{_line(name)}(", ")", named)
        case Table(columns, rows):
            head = f"table({', '.join(map(visible, columns))})["
            return _Shape(head, "]", _Numbered(tuple(map(Tuple, rows))))
        case Cut(head_value, n_items, _):
            shape = _shape(head_value)
            if shape is None:
                return None
            return _Shape(shape.opens, shape.closes, shape.entries, max(0, n_items - len(shape.entries)))
        case _:
            return None


class _Numbered(Sequence[tuple[str, str, Value]]):
    """Entries of a sequence, made when they are asked for: of a long one few are shown."""

    def __init__(self, items: Sequence[Value]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, i: Any) -> Any:
        return f"[{i}]", "", self._items[i]


def _focus(shape: _Shape, path: str | None) -> tuple[int, str]:
    """The entry the path goes through and the rest of the path; -1 for no path, one past the end for a missing one."""
    if not path:
        return -1, ""
    found = ((i, _rest(path, step)) for i, (step, _, _) in enumerate(shape.entries))
    return next(((i, rest) for i, rest in found if rest is not None), (len(shape.entries), ""))


def _shortened(shape: _Shape, width: int, path: str | None) -> list[Piece]:
    """As many entries as fit, the one on the path always among them, gaps counted."""
    n = len(shape.entries)
    focus, rest = _focus(shape, path)
    room = width - len(shape.opens) - len(shape.closes)
    if n > 1 or focus == n:
        room -= _GAP if focus < 0 else 2 * _GAP
    if shape.n_lost:
        room -= len(_LOST)
    share = room if n < 2 else max(room // 2, 8)
    parts: dict[int, list[Piece]] = {}
    if focus == n:  # nothing stands here on this side
        parts[n] = [Piece(NOTHING, True)]
        room -= len(NOTHING) + 2
    for i in _order(n, focus):
        _, name, item = shape.entries[i]
        if i != focus and room < len(name) + 3:
            break
        # What is on the path is shown at any price; the rest gets narrower with depth, so this ends soon.
        left = min(share, room) - len(name)
        inner = _pieces(item, max(left, 8), rest) if i == focus else _pieces(item, left, None)
        room -= len(name) + sum(len(piece.text) for piece in inner) + 2
        if i != focus and room < 0:
            break
        parts[i] = [Piece(name), *inner]
    return [Piece(shape.opens), *_with_gaps(parts, n, shape.n_lost), Piece(shape.closes)]


def _order(n: int, focus: int) -> Iterator[int]:
    """What must be seen first, then its neighbours, then the rest from the start."""
    near = [i for i in (focus, focus - 1, focus + 1) if 0 <= i < n] if focus >= 0 else []
    yield from near
    yield from (i for i in range(n) if i not in near)


def _with_gaps(parts: dict[int, list[Piece]], n: int, n_lost: int) -> Iterator[Piece]:
    between, last = "", -1
    for i in sorted(parts):
        if i - last > 1:
            yield Piece(f"{between}... ({i - last - 1} more)")
            between = ", "
        yield Piece(between)
        yield from parts[i]
        between, last = ", ", i
    hidden = n - 1 - last
    if n_lost:
        yield Piece(f"{between}... ({hidden + n_lost} more{_LOST})")
    elif hidden > 0:
        yield Piece(f"{between}... ({hidden} more)")


def _rest(path: str, step: str) -> str | None:
    """What is left of the path behind the step, or None when it goes elsewhere; field names are compared loosely."""
    if step.startswith("."):
        end = next((i for i, c in enumerate(path[1:], 1) if c in ".[{"), len(path))
        return path[end:] if _loose(path[:end]) == _loose(step) else None
    if not path.startswith(step):
        return None
    rest = path[len(step) :]
    return rest if not rest or rest[0] in ".[{" else None


def _loose(name: str) -> str:
    return name.replace("_", "").lower()


def _leads(value: Value, path: str) -> bool:
    """The path can be followed to its last step; that one may be missing."""
    if not path:
        return True
    shape = _shape(value)
    if shape is None:
        return False
    for step, _, item in shape.entries:
        rest = _rest(path, step)
        if rest is not None:
            return not rest or _leads(item, rest)
    return path.count("[") + path.count(".") == 1


def _scalar(value: Value, width: int) -> str:
    match value:
        case Null():
            return "null"
        case Bool(v):
            return "true" if v else "false"
        case Int(v, _):
            return _int(v, width)
        case Float(v, bits):
            return _float(v, bits)
        case Char(v):
            return _quoted(v, "'", 8)
        case Text(v):
            return _quoted(v, '"', width)
        case Bytes(v):
            room = max(1, (width - 24) // 3) if 3 * len(v) + 6 > width else len(v)
            more = f" ... ({len(v) - room} more)" if room < len(v) else ""
            return f"bytes({v[:room].hex(' ')}{more})"
        case _:
            return _special(value, width)


def _special(value: Value, width: int) -> str:
    match value:
        case Raised(name, message):
            spoken = _quoted(message, '"', max(width - len(name) - 9, 16)) if message else ""
            return f"raised {_line(name)}({spoken})"
        case Opaque(name):
            return f"<{_line(name)}>"
        case BackRef(levels):
            return f"<cycle: {levels} up>"
        case Cut(head, n_items, _):
            unit = "characters " if isinstance(head, Text) else ""
            end = f"... ({n_items} {unit}in all)"
            return _scalar(head, max(width - len(end), 8)) + end
        case Unrepresentable(reason):
            return f"<not captured: {_line(reason)}>"
        case _:
            raise TypeError(f"not a value: {value!r}")


def _int(value: int, width: int) -> str:
    if value.bit_length() > _LONG_INT:
        return f"{'-' * (value < 0)}{hex(abs(value))[:12]}... ({value.bit_length()} bits)"
    text = str(value)
    if len(text) <= max(width, 28):
        return text
    end = f"... ({len(text.lstrip('-'))} digits)"
    return text[: max(width - len(end), 8)] + end


def _float(value: float, width_bits: int) -> str:
    """The fewest digits that read back as the same number, of the width it has."""
    if width_bits == 32 and math.isfinite(value):
        for digits in range(1, 10):
            short = float(f"{value:.{digits}g}")
            try:
                (single,) = struct.unpack("f", struct.pack("f", short))
            except OverflowError:  # rounded up past the largest single
                continue
            if single == value:
                return repr(short)
    return repr(value)


_SHORT = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\\": "\\\\"}


def _quoted(text: str, quote: str, width: int) -> str:
    room = max(width - 2, 4)
    end = ""
    if len(text) > room:
        end = f"... ({len(text)} characters)"
        text = text[: max(room - len(end), 4)]
    inner = "".join(f"\\{c}" if c == quote else _SHORT.get(c) or (c if c.isprintable() else _escape(c)) for c in text)
    return f"{quote}{inner}{quote}{end}"


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
