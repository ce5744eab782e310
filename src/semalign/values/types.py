"""`Type` and `Signature`: what a function takes and gives, in terms that no single language owns.

A `Signature` is the contract between two programs: arguments are bound by position, so parameter names may differ.
"""

import enum
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What a type holds."""

    UNKNOWN = "unknown"
    VOID = "void"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    CHAR = "char"
    TEXT = "text"
    LIST = "list"
    TUPLE = "tuple"
    SET = "set"
    MAP = "map"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """A type. `items` are element types: one for list and set, key and value for map, each place for tuple.

    `width_bits` is for int and float, None where unbounded; `spelling` is the type as its source writes it.
    """

    kind: Kind = Kind.UNKNOWN
    width_bits: int | None = None
    signed: bool = True
    items: tuple["Type", ...] = ()
    fields: tuple[tuple[str, "Type"], ...] = ()  # of a record, in order of declaration
    nullable: bool = False
    spelling: str = field(default="", compare=False)


UNKNOWN = Type()


class Origin(enum.StrEnum):
    """How a part of a contract came to be known, strongest first."""

    GIVEN = "given"  # by the user
    DECLARED = "declared"  # in the program text
    OBSERVED = "observed"  # from values at call sites
    GUESSED = "guessed"  # from names and uses
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter. `length_of` names the array parameter whose length this integer is, where that is known."""

    name: str
    type: Type = UNKNOWN
    by_reference: bool = False  # the callee's changes are seen by the caller
    length_of: str | None = None
    optional: bool = False  # has a default value
    origin: Origin = Origin.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Name, parameters in order, and result."""

    name: str
    parameters: tuple[Parameter, ...] = ()
    result: Type = UNKNOWN
    origin: Origin = Origin.UNKNOWN

    @property
    def known(self) -> bool:
        """Every parameter has a type that inputs can be made from."""
        return all(is_known(parameter.type) for parameter in self.parameters)


def is_known(kind: Type) -> bool:
    """No part of it is unknown.

    >>> is_known(Type(kind=Kind.LIST, items=(UNKNOWN,)))
    False
    """
    if kind.kind is Kind.UNKNOWN:
        return False
    if kind.kind in (Kind.LIST, Kind.SET, Kind.MAP) and not kind.items:
        return False
    return all(map(is_known, kind.items)) and all(is_known(inner) for _, inner in kind.fields)
