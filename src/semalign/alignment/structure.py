"""`Item`: the blocks of a function as a tree, with ways of writing the same thing made one.

`if c {return a} else {rest}` stands as `if c {return a}` followed by `rest`: after an arm that always jumps away, an
else-arm is what comes next. Everything else is as the outline has it.
"""

import re
from collections import defaultdict
from dataclasses import dataclass

from semalign.traces.blocks import LOOPS, Block, BlockKind, Outline

_JUMP = re.compile(r"\b(return|break|continue|raise|throw|goto)\b[^;\n]*[;\s}]*$")
_LEAVES = re.compile(r"\b(return|break|continue|raise|throw|goto)\b")
_THEN, _ELSE = "then", "else"


@dataclass(frozen=True, slots=True)
class Item:
    """A block with what stands in its arms, and its number among the blocks of the function."""

    block: Block
    number: int
    arms: tuple[tuple[str, tuple["Item", ...]], ...] = ()
    is_loop: bool = False  # it repeats
    is_choice: bool = False  # it decides what comes next
    leaves: bool = False  # something in it jumps out of where it stands

    def inner(self) -> tuple["Item", ...]:
        """Everything directly inside, arm after arm."""
        return tuple(item for _, items in self.arms for item in items)

    def all(self) -> list["Item"]:
        """It and everything inside, in source order."""
        found = [self]
        for item in self.inner():
            found += item.all()
        return found

    def arm(self, name: str) -> tuple["Item", ...]:
        """What stands in that arm."""
        return next((items for arm, items in self.arms if arm == name), ())


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an item stands. Items of one body share one `chain`, as the same object."""

    item: Item
    chain: tuple[str, ...]  # ids of the headers around it, outermost first, after the rewriting
    depth: int  # how many of those headers are loops
    inner: tuple[str, ...]  # the chain of what stands in it


@dataclass(frozen=True, slots=True)
class Structure:
    """A function's items, and for each block where it stands."""

    function: str
    items: tuple[Item, ...]
    spots: dict[str, Spot]
    blocks: dict[str, Block]

    def block(self, block_id: str) -> Block | None:
        """The block of that id."""
        return self.blocks.get(block_id)


def structure(outline: Outline) -> Structure:
    """The tree of an outline."""
    inside: dict[str, list[Block]] = defaultdict(list)
    for block in outline.blocks:
        inside[block.parent].append(block)
    numbers = {block.id: i for i, block in enumerate(outline.blocks)}
    items = _items(inside[""], inside, numbers)
    spots: dict[str, Spot] = {}
    _note(items, (), 0, spots)
    return Structure(outline.function, items, spots, {name: spot.item.block for name, spot in spots.items()})


def names_of(shape: Structure) -> list[str]:
    """Every variable that a function changes somewhere, in source order."""
    return list(dict.fromkeys(name for block in shape.blocks.values() for name in block.defs))


def _items(blocks: list[Block], inside: dict[str, list[Block]], numbers: dict[str, int]) -> tuple[Item, ...]:
    items: list[Item] = []
    for block in blocks:
        arms: dict[str, list[Block]] = defaultdict(list)
        for child in inside[block.id]:
            arms[child.arm].append(child)
        made = {name: _items(children, inside, numbers) for name, children in arms.items()}
        after: tuple[Item, ...] = ()
        if block.kind is BlockKind.IF and _ELSE in made and jumps(made.get(_THEN, ())):
            after = made.pop(_ELSE)
        choice = block.kind in (BlockKind.IF, BlockKind.SWITCH)
        leaves = _LEAVES.search(block.text) is not None or any(one.leaves for arm in made.values() for one in arm)
        items += (Item(block, numbers[block.id], tuple(made.items()), block.kind in LOOPS, choice, leaves), *after)
    return tuple(items)


def jumps(items: tuple[Item, ...]) -> bool:
    """Control never passes the end of these."""
    if not items:
        return False
    last = items[-1]
    if last.block.kind is BlockKind.RUN:
        return _JUMP.search(last.block.text.rstrip()) is not None
    if last.block.kind is BlockKind.IF:
        return jumps(last.arm(_THEN)) and jumps(last.arm(_ELSE))
    return False


def _note(items: tuple[Item, ...], chain: tuple[str, ...], depth: int, spots: dict[str, Spot]) -> None:
    for item in items:
        inner = (*chain, item.block.id)
        spots[item.block.id] = Spot(item, chain, depth, inner)
        _note(item.inner(), inner, depth + item.is_loop, spots)
