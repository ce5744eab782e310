"""`Block` and `Outline`: the parts of a function that are compared as one.

A block is a maximal straight-line run of statements, or the header of an `if`, loop, `switch` or `try` alone. Block 0
is the entry, where parameters are bound. An id is the nesting path and does not depend on line numbers:
`f:2.for:1.if.then:0` is, in `f`, the third block, a loop; in its body the second, an `if`; the first of its then-arm.
The header itself is `f:2.for` or `f:2.for:1.if`.

Source: TransAgent (arXiv 2409.19894), section 3 (block rule), on syntax alone.
"""

import enum
from dataclasses import dataclass


class BlockKind(enum.StrEnum):
    """What a block is."""

    ENTRY = "entry"
    RUN = "run"  # straight-line statements
    IF = "if"
    FOR = "for"  # any loop with a header that counts or iterates
    WHILE = "while"
    DO = "do"
    SWITCH = "switch"
    TRY = "try"
    CATCH = "catch"
    WITH = "with"  # a guarded region: Python `with`, Java `synchronized`; no choice is made


LOOPS = frozenset({BlockKind.FOR, BlockKind.WHILE, BlockKind.DO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block: where it stands and which variables it names. Lines count from 1, bytes are UTF-8 offsets.

    The range of a header is its header text (`for (...)`, `if cond:`), not its body.
    """

    id: str
    kind: BlockKind
    start_byte: int
    end_byte: int  # exclusive
    first_line: int
    last_line: int
    parent: str = ""  # id of the header it stands in; "" at the top of the function
    arm: str = ""  # which arm of the parent: then, else, body, case0, default, catch0, finally
    loops: tuple[str, ...] = ()  # ids of the loops around it in this function, outermost first
    defs: tuple[str, ...] = ()  # variables it may change, in order of first mention
    uses: tuple[str, ...] = ()  # variables it reads
    inner_loops: int = (
        0  # comprehensions, lambdas and stream calls inside it: work that another program spells as a loop
    )
    text: str = ""  # its source, for people and for similarity


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The blocks of one function in source order; the first is its entry."""

    function: str  # qualified with dots where nested: `Outer.method`, `f.inner`
    blocks: tuple[Block, ...]

    def block(self, block_id: str) -> Block:
        """The block of that id.

        Raises:
            KeyError: there is none.
        """
        for block in self.blocks:
            if block.id == block_id:
                return block
        raise KeyError(block_id)
