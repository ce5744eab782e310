"""Inputs: the ones that were given, boundary values, and generated ones, in sets that share no input.

The `repair` set is what a fixer may look at; the `verdict` set has another seed, holds no input of the first, and never
reaches a prompt or a fixer.
"""

import contextlib
import json
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed

from semalign.core.errors import ConfigError
from semalign.systems.translation.contract import Contract, type_arguments
from semalign.systems.translation.drawing import seed_alone
from semalign.systems.translation.preconditions import (
    Alphabet,
    AtLeast,
    MinSize,
    Precondition,
    mend,
    numbers,
    size,
    texts,
)
from semalign.values.model import Bool, Char, Float, Int, List, Map, Set, Text, Tuple, Value
from semalign.values.policy import Domain
from semalign.values.types import Kind, Parameter, Type
from semalign.values.wire import decode, wire


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far inputs go for one parameter: magnitudes, lengths, characters. `constants` are drawn often."""

    low: int = -100
    high: int = 100
    max_size: int = 12
    min_size: int = 0
    alphabet: str = "abcxyz ABZ019_-é"
    constants: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSet:
    """Arguments for one purpose, in the form of the common signature."""

    role: str  # given, repair, verdict
    values: tuple[type_arguments, ...]
    seed: int = 0


def read_inputs(path: Path, names: Sequence[str]) -> tuple[type_arguments, ...]:
    """Arguments from JSON lines: each an array of arguments in order, or an object by parameter name.

    Raises:
        ConfigError: the file can't be read, or a line is neither (with its number).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path}: cannot be read: {exc}; give a file of JSON lines") from exc
    found = parse_inputs(lines, names, str(path))
    if not found:
        raise ConfigError(f"{path}: holds no inputs; write one JSON array of arguments a line, as in [[1, 2], 3]")
    return found


def parse_inputs(lines: Sequence[str], names: Sequence[str], path: str) -> tuple[type_arguments, ...]:
    """The lines of such a file, `path` for errors.

    Raises:
        ConfigError: a line is neither (with its number).
    """
    found: list[type_arguments] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            tree = json.loads(line)
        except ValueError as exc:
            raise ConfigError(f"{path}:{number}: not JSON: {exc}") from exc
        if isinstance(tree, dict) and set(tree) == set(names):
            tree = [tree[name] for name in names]
        if not isinstance(tree, list):
            raise ConfigError(f"{path}:{number}: write the arguments of one call as a JSON array, as in [[1, 2], 3]")
        if len(tree) != len(names):
            raise ConfigError(
                f"{path}:{number}: {len(tree)} arguments for {len(names)} parameters ({', '.join(names)}); "
                "write one value for each"
            )
        found.append(tuple(map(decode, tree)))
    return tuple(found)


def reaches(
    contract: Contract,
    seen: Sequence[type_arguments],
    preconditions: Sequence[Precondition],
    sources: Iterable[str],
    *,
    domain: Domain = Domain.OBSERVED,
) -> tuple[Reach, ...]:
    """How far to go for each parameter: ten times the given magnitudes, or modest ones where none are given.

    With the domain of the types, as far as 64 bits go; the contract refuses what a declared type can't hold.
    """
    constants = tuple(sorted(_constants(sources)))
    found = []
    for i, _ in enumerate(contract.common.parameters):
        reach = replace(_observed([arguments[i] for arguments in seen]), constants=constants)
        if domain is Domain.TYPE:
            reach = replace(reach, low=-_FAR, high=_FAR - 1, constants=(*constants, *_TURNING))
        for condition in preconditions:
            match condition:
                case AtLeast(position, low) if position == i:
                    reach = replace(reach, low=low)
                case MinSize(position, n) if position == i:
                    reach = replace(reach, min_size=n)
                case Alphabet(position, characters) if position == i:
                    reach = replace(reach, alphabet=characters)
                case _:
                    pass
        found.append(reach)
    return tuple(found)


_FAR = 1 << 63
_TURNING = tuple(sign * (1 << bits) + step for bits in (15, 16, 31, 32, 53) for sign in (1, -1) for step in (-1, 0, 1))
"""Where widths and exact floats end."""
_BEYOND = (46_341, 1 << 20, (1 << 31) - 1, -(1 << 31))
"""The first square past 31 bits, a million, and the ends of 32 bits."""


def _observed(values: Sequence[Value]) -> Reach:
    if not values:
        return Reach()
    largest = max((abs(number) for value in values for number in numbers(value) if abs(number) < 1 << 62), default=0)
    sizes = [n for value in values if (n := size(value)) is not None]
    letters = "".join(sorted({c for value in values for text in texts(value) for c in text})) or Reach().alphabet
    top = max(int(largest) * 10, 10)
    return Reach(low=-top, high=top, max_size=max(4, min(64, 2 * max(sizes, default=0))), alphabet=letters + "az")


def _constants(sources: Iterable[str]) -> set[int]:
    found: set[int] = set()
    for source in sources:
        for literal in re.findall(r"(?<![\w.])\d{1,10}(?![\w.])", source):
            found |= {int(literal) - 1, int(literal), int(literal) + 1}
    return found


def strategy(kind: Type, reach: Reach) -> st.SearchStrategy[Value]:
    """Values of a type within a reach.

    Raises:
        ConfigError: the type is one that inputs can't be made for.
    """
    match kind.kind:
        case Kind.BOOL:
            return st.booleans().map(Bool)
        case Kind.INT:
            return _integers(kind, reach).map(Int)
        case Kind.FLOAT:
            floats = st.floats(min_value=float(reach.low), max_value=float(reach.high), allow_nan=False)
            whole = _integers(Type(kind=Kind.INT), reach).map(float)
            quarters = _integers(Type(kind=Kind.INT), reach).map(lambda v: v / 4)
            return st.one_of(floats.map(_single) if kind.width_bits == 32 else floats, whole, quarters).map(Float)
        case Kind.CHAR:
            return st.sampled_from(sorted(set(reach.alphabet))).map(Char)
        case Kind.TEXT:
            return st.text(sorted(set(reach.alphabet)), min_size=reach.min_size, max_size=reach.max_size).map(Text)
        case _:
            return _compound(kind, reach)


def _compound(kind: Type, reach: Reach) -> st.SearchStrategy[Value]:
    inner = replace(reach, min_size=min(reach.min_size, 1), max_size=min(reach.max_size, 8))
    match kind.kind, kind.items:
        case Kind.LIST, (item,):
            one = strategy(item, inner)
            if item.kind is Kind.LIST:  # most matrices are meant to have rows of one length
                return st.integers(0, 6).flatmap(
                    lambda n: _lists(strategy(item, replace(inner, min_size=n, max_size=n)), reach, 6)
                )
            return _lists(one, reach, reach.max_size)
        case Kind.SET, (item,):
            return st.lists(
                strategy(item, inner), min_size=reach.min_size, max_size=reach.max_size, unique_by=wire
            ).map(lambda items: Set(tuple(items)))
        case Kind.TUPLE, items if items:
            return st.tuples(*(strategy(item, inner) for item in items)).map(Tuple)
        case Kind.MAP, (key, item):
            pairs = st.tuples(strategy(key, inner), strategy(item, inner))
            return st.lists(pairs, min_size=reach.min_size, max_size=8, unique_by=lambda pair: wire(pair[0])).map(
                lambda found: Map(tuple(found))
            )
        case _:
            raise ConfigError(
                f"no inputs can be made for a parameter of type {kind.spelling or kind.kind.value}; "
                "give some: --inputs FILE, one JSON array of arguments a line"
            )


def _lists(one: st.SearchStrategy[Value], reach: Reach, max_size: int) -> st.SearchStrategy[Value]:
    return st.lists(one, min_size=min(reach.min_size, max_size), max_size=max_size).map(
        lambda items: List(tuple(items))
    )


def _single(value: float) -> float:
    """The nearest number that single precision holds."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _integers(kind: Type, reach: Reach) -> st.SearchStrategy[int]:
    low, high = reach.low, reach.high
    if kind.width_bits is not None:
        edge = 1 << (kind.width_bits - 1 if kind.signed else kind.width_bits)
        low, high = max(low, -edge if kind.signed else 0), min(high, edge - 1)
    near = st.integers(max(low, min(-3, high)), min(high, max(12, low)))
    drawn = [st.integers(low, high), near]
    if constants := [constant for constant in reach.constants if low <= constant <= high]:
        drawn.append(st.sampled_from(constants))
    return st.one_of(drawn)


class _EnoughError(Exception):
    """Ends Hypothesis's loop from inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """Makes inputs that a contract admits and that meet the preconditions."""

    contract: Contract
    reach: tuple[Reach, ...]  # one a parameter
    preconditions: tuple[Precondition, ...] = ()

    def boundaries(self, without: Iterable[type_arguments] = ()) -> tuple[type_arguments, ...]:
        """Each parameter at its edges while the others stay plain; smallest first."""
        made: dict[str, type_arguments] = {}
        known = set(map(_key, without))
        for arguments in _boundaries(self.contract.common.parameters, self.reach):
            self._keep(arguments, made, known)
        return _sorted(made)

    def beyond(self) -> tuple[type_arguments, ...]:
        """Inputs whose numbers are far larger than the domain's: what they show is worth a remark, not a verdict."""
        made: dict[str, type_arguments] = {}
        plain = next(_boundaries(self.contract.common.parameters, self.reach))
        for number in _BEYOND:
            if any(number > one.high or number < one.low for one in self.reach):
                self._keep(tuple(_with_number(value, number) for value in plain), made, set())
        return _sorted(made)

    def generate(
        self,
        n: int,
        *,
        seed: int,
        without: Iterable[type_arguments] = (),
        stopped: Callable[[], bool] = lambda: False,
    ) -> tuple[type_arguments, ...]:
        """Up to n different inputs that are not among `without`, smallest first; the same seed makes the same ones.

        Fewer where the types hold fewer, the preconditions are hard to meet, or `stopped` says that no more are needed.
        """
        made: dict[str, type_arguments] = {}
        known = set(map(_key, without))
        parameters = self.contract.common.parameters

        @with_seed(seed)
        @settings(
            max_examples=max(1, 2 * n),
            database=None,
            derandomize=False,  # whatever profile a caller has loaded: the seed decides
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.tuples(*(strategy(one.type, reach) for one, reach in zip(parameters, self.reach, strict=True))))
        def collect(arguments: type_arguments) -> None:
            if stopped() or len(made) >= n:
                raise _EnoughError
            self._keep(arguments, made, known)

        if parameters:
            with seed_alone(), contextlib.suppress(_EnoughError):
                collect()
        return _sorted(made)

    def _keep(self, arguments: type_arguments, made: dict[str, type_arguments], known: set[str]) -> None:
        mended = mend(self.contract.bind(arguments), self.preconditions)
        if self.contract.admits(mended) and all(condition.holds(mended) for condition in self.preconditions):
            key = _key(mended)
            if key not in known:
                made.setdefault(key, mended)


def _sorted(made: dict[str, type_arguments]) -> tuple[type_arguments, ...]:
    return tuple(sorted(made.values(), key=lambda arguments: (weight(arguments), _key(arguments))))


def _with_number(value: Value, number: int) -> Value:
    match value:
        case Int():
            return Int(number)
        case List(items):
            return List(tuple(_with_number(item, number) for item in items))
        case _:
            return value


def _boundaries(parameters: Sequence[Parameter], reach: Sequence[Reach]) -> Iterator[type_arguments]:
    """Each parameter at its edges while the others stay at a plain value."""
    plain = tuple(_edges(parameter.type, one)[0] for parameter, one in zip(parameters, reach, strict=True))
    yield plain
    for i, (parameter, one) in enumerate(zip(parameters, reach, strict=True)):
        for edge in _edges(parameter.type, one):
            yield (*plain[:i], edge, *plain[i + 1 :])


def _edges(kind: Type, reach: Reach) -> list[Value]:
    """A plain value first, then the edges of a type."""
    match kind.kind:
        case Kind.INT:
            return [Int(v) for v in (3, 0, 1, -1, 2, reach.high, reach.low) if reach.low <= v <= reach.high]
        case Kind.FLOAT:
            return [Float(v) for v in (1.5, 0.0, -0.5, 2.5, 3.0, float(reach.high), float(reach.low))]
        case Kind.BOOL:
            return [Bool(True), Bool(False)]
        case Kind.CHAR:
            return [Char(c) for c in sorted(set(reach.alphabet))[:4]]
        case Kind.TEXT:
            a, b = (reach.alphabet * 2)[0], reach.alphabet[-1]
            return [Text(v) for v in (a + b + a, "", a, b, a * 3, a + b)]
        case Kind.LIST if kind.items:
            inner = _edges(kind.items[0], replace(reach, max_size=3))
            lists: list[list[Value]] = [inner[:3], [], inner[:1], [inner[0]] * 3, inner[:3][::-1]]
            return [List(tuple(items)) for items in lists]
        case Kind.TUPLE:
            return [Tuple(tuple(_edges(item, reach)[0] for item in kind.items))]
        case Kind.SET:
            return [Set(tuple({wire(v): v for v in _edges(kind.items[0], reach)[:3]}.values())), Set(())]
        case Kind.MAP:
            pairs = zip(_edges(kind.items[0], reach)[:2], _edges(kind.items[1], reach)[:2], strict=False)
            return [Map(tuple({wire(k): (k, v) for k, v in pairs}.values())), Map(())]
        case _:
            return [Int(0)]


def weight(arguments: Sequence[Value]) -> int:
    """How large an input is to a reader: elements, digits and letters.

    >>> weight((List((Int(1), Int(100))), Text("ab")))
    10
    """
    total = 0
    for value in arguments:
        match value:
            case Int(v, _):
                total += len(str(abs(v))) + (v < 0) if abs(v) < 10**18 else 20
            case Float(v, _):
                total += len(repr(v))
            case Text(v):
                total += 1 + len(v)
            case List(items) | Set(items) | Tuple(items):
                total += 1 + len(items) + weight(items)
            case Map(pairs):
                total += 1 + sum(1 + weight(pair) for pair in pairs)
            case _:
                total += 1
    return total


def _key(arguments: type_arguments) -> str:
    return wire(List(arguments))
