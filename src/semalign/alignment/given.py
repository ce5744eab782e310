"""`Given`: what the user knows to correspond; it goes before everything that is measured."""

from collections.abc import Iterable
from dataclasses import dataclass

from semalign.alignment.structure import Item, Structure
from semalign.alignment.variables import Pair
from semalign.traces.blocks import BlockKind

WORTH = 8.0  # of one pair that is kept: more than all gaps beside it cost in most bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Variable pairs of the two functions that are called, and block pairs (source id, target id) of any functions.

    A block may be in several pairs where one stands for many. Order is kept within a body, so block pairs that cross,
    or whose bodies are not paired, can't all be kept; the map that comes out says which were.
    """

    variables: tuple[Pair, ...] = ()
    blocks: tuple[tuple[str, str], ...] = ()


class Wishes:
    """The given block pairs of two functions, as costs of pairing their items."""

    def __init__(self, pairs: Iterable[tuple[str, str]], source: Structure, target: Structure) -> None:
        self._pairs = {(one, other) for one, other in pairs if _is_free(source, one) and _is_free(target, other)}
        self._sources = {one for one, _ in self._pairs}
        self._targets = {other for _, other in self._pairs}

    def forbids(self, left: Iterable[Item], right: Iterable[Item]) -> bool:
        """A block that the user paired with another one would be among them."""
        if not self._pairs:
            return False
        ones, others = [item.block.id for item in left], [item.block.id for item in right]
        return any(
            (one in self._sources or other in self._targets) and (one, other) not in self._pairs
            for one in ones
            for other in others
        )

    def worth(self, left: Iterable[Item], right: Iterable[Item]) -> float:
        """What pairing these, and so allowing what is inside them to be paired, is worth."""
        if not self._pairs:
            return 0.0
        ones, others = ({below.block.id for item in side for below in item.all()} for side in (left, right))
        return WORTH * sum(one in ones and other in others for one, other in self._pairs)

    def ask(self, left: Iterable[Item], right: Iterable[Item]) -> bool:
        """The user says that exactly these belong together, whatever they look like."""
        pairs = {(one.block.id, other.block.id) for one in left for other in right}
        return bool(self._pairs) and pairs <= self._pairs


def _is_free(shape: Structure, block_id: str) -> bool:
    """It is there, and its partner is a question: entries are always each other's."""
    block = shape.block(block_id)
    return block is not None and block.kind is not BlockKind.ENTRY
