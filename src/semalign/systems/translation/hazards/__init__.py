"""Hazards: what means one thing in one language and another in the next, each with its sign and its fix.

`HAZARDS` is the table. A hazard is a function from a case and a draft to patches; it looks for a pattern in the draft,
and for its sign in what running showed, where it has one. The loop keeps a patch only if inputs improve.
"""

from semalign.systems.translation.fixers.case import type_fixer
from semalign.systems.translation.hazards.absent import absent
from semalign.systems.translation.hazards.alias import alias
from semalign.systems.translation.hazards.boxed import boxed
from semalign.systems.translation.hazards.chars import chars
from semalign.systems.translation.hazards.choice import choice
from semalign.systems.translation.hazards.depth import depth
from semalign.systems.translation.hazards.digits import digits
from semalign.systems.translation.hazards.division import division
from semalign.systems.translation.hazards.floats import floats
from semalign.systems.translation.hazards.fraction import fraction
from semalign.systems.translation.hazards.heaps import heaps
from semalign.systems.translation.hazards.loop_variable import loop_variable
from semalign.systems.translation.hazards.order import order
from semalign.systems.translation.hazards.precedence import precedence
from semalign.systems.translation.hazards.removal import removal
from semalign.systems.translation.hazards.rounding import rounding
from semalign.systems.translation.hazards.shifts import shifts
from semalign.systems.translation.hazards.slices import slices
from semalign.systems.translation.hazards.subtraction import subtraction
from semalign.systems.translation.hazards.text_end import text_end
from semalign.systems.translation.hazards.truth import truth
from semalign.systems.translation.hazards.turned import turned
from semalign.systems.translation.hazards.unsigned import unsigned
from semalign.systems.translation.hazards.width import width
from semalign.systems.translation.hazards.wrap import wrap

HAZARDS: dict[str, type_fixer] = {
    "float constant": floats,
    "choice by and, or": choice,
    "digit as a character": digits,
    "boxes compared": boxed,
    "number as a truth": truth,
    "text index at the end": text_end,
    "unsigned size": unsigned,
    "heap order": heaps,
    "slice length": slices,
    "precedence of bits": precedence,
    "assigned loop variable": loop_variable,
    "comparator turned": turned,
    "int overflow": width,
    "floor or truncation": division,
    "fraction lost": fraction,
    "recursion too deep": depth,
    "absent key": absent,
    "character as a code": chars,
    "same list twice": alias,
    "shift of zeros": shifts,
    "wrap-around": wrap,
    "order of a container": order,
    "removal": removal,
    "rounding of halves": rounding,
    "comparator by subtraction": subtraction,
}
