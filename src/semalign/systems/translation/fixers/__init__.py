"""Fixers that need no model: each looks at a draft and what it showed, and proposes patches.

`FIXERS` is the table, in the order in which they are asked.
"""

from semalign.systems.translation.fixers.adapter import adapter
from semalign.systems.translation.fixers.case import Case, Fixer, type_fixer

FIXERS: dict[str, type_fixer] = {
    "adapter": adapter,
}
