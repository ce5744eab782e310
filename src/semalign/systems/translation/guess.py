"""Types by trial, for programs that declare none: what the source takes without complaint.

Only where no side declares a type and no call shows one. A guess is listed among the preconditions of the verdict.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from semalign.languages.protocol import Mode
from semalign.sandbox.model import Limits, Outcome
from semalign.systems.translation.contract import Contract
from semalign.systems.translation.subject import Subject
from semalign.traces.trace import Run
from semalign.values.fit import type_of
from semalign.values.model import Int, List, Text, Value
from semalign.values.types import Kind, Origin, Parameter, Signature, Type, is_known

MAX_TRIALS = 96  # combinations of types that are tried
_MISTYPED = ("TypeError", "AttributeError", "NameError")


def _ints(*values: int) -> Value:
    return List(tuple(map(Int, values)))


_SAMPLES: dict[str, tuple[Value, Value]] = {
    "a number": (Int(3), Int(6)),
    "a list of numbers": (_ints(3, 1, 2), _ints(5, 5, 4, 8)),
    "a text": (Text("abca"), Text("zy")),
    "a list of texts": (List((Text("ab"), Text("c"))), List((Text("b"), Text("a"), Text("ab")))),
    "a list of rows": (List((_ints(1, 2), _ints(3, 4))), List((_ints(5, 0), _ints(0, 7)))),
}
_NAMES = {
    "a list of numbers": (
        "arr",
        "array",
        "nums",
        "numbers",
        "values",
        "items",
        "list",
        "lst",
        "a",
        "b",
        "xs",
        "data",
        "prices",
    ),
    "a text": ("s", "t", "str", "string", "text", "word", "line", "name", "pattern", "txt", "pat"),
    "a list of texts": ("words", "strings", "lines", "names"),
    "a list of rows": ("matrix", "mat", "grid", "board", "rows", "m", "graph"),
}


def guess(contract: Contract, source: Subject) -> Contract:
    """The contract with the unknown parameters' types found by running the source; unchanged where none fits."""
    unknown = [i for i, parameter in enumerate(contract.common.parameters) if not is_known(parameter.type)]
    built = source.language.build(source.unit, source.function, source.sandbox, mode=Mode.PLAIN)
    if isinstance(built, Outcome):
        return contract
    choices = list(itertools.islice(_choices(contract.common.parameters, unknown), MAX_TRIALS))
    inputs = [_arguments(contract, choice, i) for choice in choices for i in range(2)]
    runs = built.run(inputs, source.sandbox, limits=Limits(wall_s=0.5))
    for number, choice in enumerate(choices):
        if all(map(_accepted, runs[2 * number : 2 * number + 2])):
            return _settled(contract, dict(zip(unknown, choice, strict=True)))
    return contract


def _choices(parameters: Sequence[Parameter], unknown: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Every combination of kinds, the ones that the names suggest first."""
    ranked = [_ranked(parameters[i].name.lower()) for i in unknown]
    combined = list(itertools.product(*(range(len(kinds)) for kinds in ranked)))
    for places in sorted(combined, key=sum):
        yield tuple(kinds[place] for kinds, place in zip(ranked, places, strict=True))


def _ranked(name: str) -> list[str]:
    likely = [kind for kind, names in _NAMES.items() if name in names]
    return [*likely, *(kind for kind in _SAMPLES if kind not in likely)]


def _arguments(contract: Contract, choice: Sequence[str], sample: int) -> tuple[Value, ...]:
    kinds = iter(choice)
    plain = {Kind.INT: "a number", Kind.TEXT: "a text", Kind.LIST: "a list of numbers"}
    return tuple(
        _SAMPLES[plain.get(parameter.type.kind, "a number") if is_known(parameter.type) else next(kinds)][sample]
        for parameter in contract.common.parameters
    )


def _accepted(run: Run) -> bool:
    if run.raised is not None:
        return run.raised.name.rsplit(".", 1)[-1] not in _MISTYPED
    return run.cause == "ok"


def _settled(contract: Contract, found: dict[int, str]) -> Contract:
    def settle(signature: Signature) -> Signature:
        return replace(
            signature,
            parameters=tuple(
                replace(parameter, type=_type(found[i]), origin=Origin.GUESSED, by_reference="list" in found[i])
                if i in found and not is_known(parameter.type)
                else parameter
                for i, parameter in enumerate(signature.parameters)
            ),
        )

    return Contract(common=settle(contract.common), source=settle(contract.source), target=settle(contract.target))


def _type(kind: str) -> Type:
    return replace(type_of(list(_SAMPLES[kind])), spelling=kind)


def guesses(signature: Signature) -> tuple[str, ...]:
    """What was guessed, as conditions of a verdict."""
    return tuple(
        f"{parameter.name} is {parameter.type.spelling} (guessed)"
        for parameter in signature.parameters
        if parameter.origin is Origin.GUESSED
    )
