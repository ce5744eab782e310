"""`Contract`: which two functions are compared, and what both of them take and give.

Arguments are bound by position. Each parameter's type is what both declarations hold; where neither declares one, what
was seen at call sites. What is still unknown must be said by the user: a verdict on inputs of the wrong type is none.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from semalign.core.errors import ConfigError
from semalign.languages.protocol import Function, Unit
from semalign.traces.render import show
from semalign.values.fit import fit, holds, meet, type_of
from semalign.values.model import Value
from semalign.values.types import UNKNOWN, Kind, Origin, Parameter, Signature, Type, is_known

type_arguments = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The common signature, and the signature under which each side is called."""

    common: Signature
    source: Signature
    target: Signature

    def admits(self, arguments: Sequence[Value]) -> bool:
        """Both sides can be called with these arguments."""
        return all(
            len(arguments) == len(signature.parameters)
            and all(
                holds(parameter.type, fit(value, parameter.type))
                for parameter, value in zip(signature.parameters, arguments, strict=True)
            )
            for signature in (self.common, self.source, self.target)
        )

    def for_source(self, arguments: Sequence[Value]) -> type_arguments:
        """The arguments in the form that the source takes."""
        return _fitted(arguments, self.source)

    def for_target(self, arguments: Sequence[Value]) -> type_arguments:
        """The arguments in the form that the target takes."""
        return _fitted(arguments, self.target)

    def bind(self, arguments: Sequence[Value]) -> type_arguments:
        """The arguments in the form of the common signature."""
        return _fitted(arguments, self.common)


def refuse_misfits(contract: Contract, inputs: Sequence[type_arguments], path: Path) -> None:
    """Inputs that the user wrote are meant: none is left out in silence.

    Raises:
        ConfigError: one of them can't be passed to both functions.
    """
    for number, arguments in enumerate(inputs, start=1):
        for i, value in enumerate(arguments):
            sides = [signature.parameters[i] for signature in (contract.common, contract.source, contract.target)]
            misfit = next((one for one in sides if not holds(one.type, fit(value, one.type))), None)
            if misfit is not None:
                raise ConfigError(
                    f"{path}: input {number}: {show(value, 40)} for {misfit.name} is no value of type "
                    f"{_spell(misfit.type)}; correct the input or take it out"
                )


def _fitted(arguments: Sequence[Value], signature: Signature) -> type_arguments:
    return tuple(fit(value, parameter.type) for value, parameter in zip(arguments, signature.parameters, strict=True))


def choose(source: Unit, target: Unit, name: str = "") -> tuple[Function, Function]:
    """The two functions to compare: the named ones, else the only ones that can be meant.

    `name` may give a name for each side, `of_source:of_target`.

    Raises:
        ConfigError: no such function (with the nearest names), it can't be called (and why), several could be meant.
    """
    if name:
        first, _, second = name.partition(":")
        return _named(source, first), _named(target, second or first)
    ours, theirs = _callable(source), _callable(target)
    if len(ours) == len(theirs) == 1:
        return ours[0], theirs[0]
    by_name = {_bare(function.name): function for function in reversed(theirs)}
    pairs = [(one, by_name[_bare(one.name)]) for one in ours if _bare(one.name) in by_name]
    roots = [pair for pair in pairs if not _is_called(pair[0], ours)] or pairs
    if len(roots) == 1:
        return roots[0]
    if not roots:
        raise ConfigError(
            f"no function of {source.path} has its name in {target.path} too; "
            f"say which to compare: --function {ours[0].name}:{theirs[0].name}"
        )
    names = ", ".join(one.name for one, _ in roots)
    raise ConfigError(f"several functions could be meant ({names}); say which: --function {roots[0][0].name}")


def callable_named(unit: Unit, name: str, *, beside: str = "") -> Function:
    """The function of that name, or the only one there is when no name is given.

    `beside` is what else can be done where there are several.

    Raises:
        ConfigError: no such function, it can't be called, or there are several.
    """
    if name:
        return _named(unit, name)
    found = _callable(unit)
    if len(found) > 1:
        names = ", ".join(function.name for function in found)
        raise ConfigError(
            f"{unit.path}: several functions could be meant ({names}); say which: --function {found[0].name}{beside}"
        )
    return found[0]


def _callable(unit: Unit) -> list[Function]:
    found = [function for function in unit.functions if not function.problem and _bare(function.name) != "main"]
    outer = [function for function in found if not _is_nested(function, unit)]
    if outer:
        return outer
    for function in unit.functions:
        if function.problem:
            raise ConfigError(f"{unit.path}: {function.name} can't be called: {function.problem}")
    raise ConfigError(f"{unit.path}: no function that can be called with values; put the code to compare in a function")


def _is_nested(function: Function, unit: Unit) -> bool:
    return any(
        other is not function and other.start_byte <= function.start_byte and function.end_byte <= other.end_byte
        for other in unit.functions
    )


def _named(unit: Unit, name: str) -> Function:
    matches = [function for function in unit.functions if function.name == name] or [
        function for function in unit.functions if function.name.rsplit(".", 1)[-1] == name
    ]
    if not matches:
        known = [function.name for function in unit.functions]
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known[:8]) or 'none'}"
        raise ConfigError(f"{unit.path}: no function {name!r}; {hint}")
    if matches[0].problem:
        raise ConfigError(f"{unit.path}: {name} can't be called: {matches[0].problem}")
    return matches[0]


def _bare(name: str) -> str:
    return name.rsplit(".", 1)[-1].replace("_", "").lower()


def _is_called(function: Function, others: Sequence[Function]) -> bool:
    call = re.compile(rf"\b{re.escape(function.name.rsplit('.', 1)[-1])}\s*\(")
    return any(
        call.search(block.text) for other in others if other is not function for block in other.outline.blocks[1:]
    )


def contract_of(source: Function, target: Function, seen: Sequence[Sequence[Value]] = ()) -> Contract:
    """What both functions take; `seen` are arguments from call sites, which fill in what no side declares.

    Raises:
        ConfigError: the numbers of parameters differ, two types have no value in common, or a type stays unknown.
    """
    ours, theirs = source.signature, target.signature
    if len(ours.parameters) != len(theirs.parameters):
        raise ConfigError(
            f"{ours.name} takes {len(ours.parameters)} arguments and {theirs.name} {len(theirs.parameters)}; "
            "compare functions of the same shape, or choose others with --function"
        )
    shown = [arguments for arguments in seen if len(arguments) == len(ours.parameters)]
    names = {other.name: one.name for one, other in zip(ours.parameters, theirs.parameters, strict=True)}
    parameters = tuple(
        replace(
            _parameter(one, other, type_of([arguments[i] for arguments in shown])),
            length_of=one.length_of or names.get(other.length_of or ""),
        )
        for i, (one, other) in enumerate(zip(ours.parameters, theirs.parameters, strict=True))
    )
    result = meet(ours.result, theirs.result) or UNKNOWN
    common = Signature(name=ours.name, parameters=parameters, result=result, origin=ours.origin)
    return Contract(common=common, source=_complete(ours, common), target=_complete(theirs, common))


def _parameter(one: Parameter, other: Parameter, observed: Type) -> Parameter:
    declared = meet(one.type, other.type)
    if declared is None:
        raise ConfigError(
            f"parameter {one.name} is {_spell(one.type)} on one side and {_spell(other.type)} on the other: "
            "no value fits both, so these two can't be compared"
        )
    merged = meet(declared, observed) or declared
    origin = Origin.DECLARED if declared.kind is not Kind.UNKNOWN else Origin.OBSERVED
    return replace(
        one,
        type=merged,
        origin=origin if merged.kind is not Kind.UNKNOWN else Origin.UNKNOWN,
    )


def _complete(own: Signature, common: Signature) -> Signature:
    """A side's own signature, with what it does not declare taken from the common one."""
    parameters = tuple(map(_complete_parameter, own.parameters, common.parameters))
    return replace(own, parameters=parameters, result=_filled(own.result, common.result))


def _complete_parameter(own: Parameter, common: Parameter) -> Parameter:
    """A language that declares no types shares its containers with the caller."""
    shared = own.type.kind is Kind.UNKNOWN and common.type.kind in (Kind.LIST, Kind.SET, Kind.MAP, Kind.RECORD)
    return replace(own, type=_filled(own.type, common.type), by_reference=own.by_reference or shared)


def _filled(own: Type, common: Type) -> Type:
    if own.kind is Kind.UNKNOWN:
        return common
    if own.kind is not common.kind or not common.items:
        return own
    if not own.items:
        return replace(own, items=common.items)
    if len(own.items) != len(common.items):
        return own
    return replace(own, items=tuple(map(_filled, own.items, common.items)))


def _spell(kind: Type) -> str:
    return kind.spelling or kind.kind.value


def unknown_parameters(contract: Contract) -> tuple[str, ...]:
    """Names of the parameters whose type nobody said."""
    return tuple(parameter.name for parameter in contract.common.parameters if not is_known(parameter.type))
