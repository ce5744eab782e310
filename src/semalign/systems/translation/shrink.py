"""The smallest input on which two programs still differ.

Differs from a property-testing library's shrinker: all candidates of a round go to the programs together, so a round
costs one start of a process (a JVM, say) and not one for every candidate.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from semalign.systems.translation.contract import type_arguments
from semalign.systems.translation.inputs import weight
from semalign.systems.translation.preconditions import numbers
from semalign.values.model import Bool, Char, Float, Int, List, Map, Set, Text, Tuple, Value
from semalign.values.wire import wire

T = TypeVar("T")

PER_ROUND = 48  # candidates tried together


def shrink(
    arguments: type_arguments,
    *,
    prepare: Callable[[type_arguments], type_arguments | None],
    differ: Callable[[Sequence[type_arguments]], Sequence[bool]],
    rounds: int,
) -> type_arguments:
    """The lightest input that was found to differ, starting from one that does.

    `prepare` mends a candidate or refuses it with None; `differ` runs candidates and says which still differ. Stops
    after `rounds`, or when no lighter candidate differs. Deterministic if `differ` is.
    """
    for _ in range(rounds):
        candidates = _lighter(arguments, prepare)
        found = (
            [one for one, differs in zip(candidates, differ(candidates), strict=True) if differs] if candidates else []
        )
        if not found:
            break
        arguments = min(found, key=order)
    return arguments


def order(arguments: Sequence[Value]) -> tuple[int, float, str]:
    """Lighter, then smaller in magnitude, then by text, so that there is always one smallest."""
    magnitude = sum(abs(number) for value in arguments for number in numbers(value))
    return (weight(arguments), magnitude if magnitude == magnitude else 0.0, wire(List(tuple(arguments))))


def _lighter(
    arguments: type_arguments, prepare: Callable[[type_arguments], type_arguments | None]
) -> list[type_arguments]:
    bound = order(arguments)
    found: dict[str, type_arguments] = {}
    for i, value in enumerate(arguments):
        for smaller in simpler(value):
            candidate = prepare((*arguments[:i], smaller, *arguments[i + 1 :]))
            if candidate is not None and order(candidate) < bound:
                found.setdefault(wire(List(candidate)), candidate)
    return _spread(sorted(found.values(), key=order))


def _spread(candidates: list[type_arguments]) -> list[type_arguments]:
    """At most a round's worth: the lightest, and of the rest an even sample, since small steps often work alone."""
    if len(candidates) <= PER_ROUND:
        return candidates
    half = PER_ROUND // 2
    rest = candidates[half:]
    step = len(rest) / (PER_ROUND - half)
    return candidates[:half] + [rest[int(i * step)] for i in range(PER_ROUND - half)]


def simpler(value: Value) -> Iterator[Value]:
    """Values that are a step simpler.

    >>> [one.value for one in simpler(Int(9))]
    [0, 1, 2, 3, 5, 7, 8, 7]
    """
    match value:
        case Int(v, width):
            yield from (Int(one, width) for one in _towards_zero(v))
        case Float(v, width):
            if v == v and abs(v) < 1e15:
                yield from (Float(float(one), width) for one in _towards_zero(int(v)) if one != v)
                yield from (Float(one, width) for one in (float(int(v)), round(v, 1)) if one != v)
        case Bool(True):
            yield Bool(False)
        case Char(c) if c != "a":
            yield Char("a")
        case Text(text):
            yield from (Text("".join(part)) for part in _shorter(tuple(text)))
            yield from (Text(text[:i] + "a" + text[i + 1 :]) for i in range(min(len(text), 12)) if text[i] > "a")
        case _:
            yield from _simpler_container(value)


def _simpler_container(value: Value) -> Iterator[Value]:
    match value:
        case List(items):
            yield from map(List, _simpler_items(items))
        case Set(items):
            yield from map(Set, _shorter(items))
        case Tuple(items):
            for i, item in enumerate(items):
                yield from (Tuple((*items[:i], one, *items[i + 1 :])) for one in simpler(item))
        case Map(pairs):
            yield from map(Map, _shorter(pairs))


def _simpler_items(items: tuple[Value, ...]) -> Iterator[tuple[Value, ...]]:
    yield from _shorter(items)
    for i, item in enumerate(items[:24]):
        yield from ((*items[:i], one, *items[i + 1 :]) for one in simpler(item))


def _shorter(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    """Without all, a half, a quarter... at either end, then without each one."""
    n = len(items)
    length = n
    while length > 1:
        yield items[: n - length]
        yield items[length:]
        length //= 2
    yield from (items[:i] + items[i + 1 :] for i in range(min(n, 24)))


def _towards_zero(value: int) -> Iterator[int]:
    """0 and its neighbours, then ever smaller steps down, then the positive twin."""
    sign = -1 if value < 0 else 1
    yield from (sign * near for near in (0, 1, 2, 3) if near < abs(value))
    step = abs(value) // 2
    while step:
        yield value - sign * step
        step //= 2
    if abs(value) > 2:
        yield value - 2 * sign  # keeps a parity
    if value < 0:
        yield -value
