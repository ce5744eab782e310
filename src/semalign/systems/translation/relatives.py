"""Inputs made from given ones by small changes, for domains that no generator meets: an index that must fit a list."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from semalign.systems.translation.contract import type_arguments
from semalign.values.model import Bool, Float, Int, List, Text, Value
from semalign.values.wire import wire

_T = TypeVar("_T")
MAX_TRIES = 40  # for one input that is asked for


def relatives(
    given: Sequence[type_arguments], n: int, *, rng: random.Random, without: Sequence[type_arguments]
) -> tuple[type_arguments, ...]:
    """Up to n different inputs, one to three changes away from a given one; none of them among `without`."""
    known = {_key(arguments) for arguments in without}
    found: list[type_arguments] = []
    for _ in range(MAX_TRIES * n if given else 0):
        if len(found) == n:
            break
        arguments = rng.choice(list(given))
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(len(arguments)) if arguments else 0
            arguments = tuple(_changed(v, rng) if i == place else v for i, v in enumerate(arguments))
        if _key(arguments) not in known:
            known.add(_key(arguments))
            found.append(arguments)
    return tuple(found)


def _key(arguments: type_arguments) -> str:
    return " ".join(map(wire, arguments))


def _changed(value: Value, rng: random.Random) -> Value:
    match value:
        case Int(number):
            return replace(value, value=max(0, number + rng.choice((-2, -1, 1, 2))) if number >= 0 else number + 1)
        case Float(number):
            return Float(number + rng.choice((-1.0, 0.5, 1.0)))
        case Bool(truth):
            return Bool(not truth)
        case Text(text) if text:
            return Text(_rearranged(list(text), rng))
        case List(items) if items:
            place = rng.randrange(len(items))
            if rng.random() < 0.6:
                return List(tuple(_changed(v, rng) if i == place else v for i, v in enumerate(items)))
            return List(tuple(_moved(list(items), rng)))
        case _:
            return value


def _moved(items: list[_T], rng: random.Random) -> list[_T]:
    """Two places swapped, one repeated, or one left out."""
    i, j = rng.randrange(len(items)), rng.randrange(len(items))
    how = rng.randrange(3)
    if how == 0:
        items[i], items[j] = items[j], items[i]
    elif how == 1:
        items.insert(i, items[j])
    else:
        del items[i]
    return items


def _rearranged(letters: list[str], rng: random.Random) -> str:
    return "".join(_moved(letters, rng))
