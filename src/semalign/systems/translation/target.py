"""The signature a translation is to have: the source's contract, with what running the source showed."""

import re
from dataclasses import replace

from semalign.languages.protocol import Language
from semalign.systems.translation.oracle import Sets
from semalign.values.compare import key
from semalign.values.fit import type_of
from semalign.values.model import Int, List, Map, Set, Tuple, Value
from semalign.values.policy import EXACT
from semalign.values.types import UNKNOWN, Kind, Signature, Type, is_known

_WIDE = 1 << 31


def target_signature(sets: Sets, name: str) -> Signature:
    """What the target is to take and give.

    A parameter that the source changed on any input is shared with the caller. Integers without a width get 64 bits
    where a value needs them, and always in the result, whose size inputs of the future decide.
    """
    runs = sets.repair.expected
    parameters = []
    for i, parameter in enumerate(sets.contract.common.parameters):
        values = [arguments[i] for arguments in sets.repair.inputs]
        after = [run.arguments[i] for run in runs if len(run.arguments) > i]
        changed = any(key(a, EXACT) != key(b, EXACT) for a, b in zip(values, after, strict=False))
        kind = parameter.type if is_known(parameter.type) else type_of(values)
        wide = any(_largest(value) >= _WIDE for value in values)
        parameters.append(
            replace(parameter, type=_sized(kind, 64 if wide else 32), by_reference=parameter.by_reference or changed)
        )
    result = sets.contract.common.result
    if not is_known(result):
        seen = type_of([run.result for run in runs if run.result is not None])
        result = seen if is_known(seen) else result
    return replace(sets.contract.common, name=name, parameters=tuple(parameters), result=_sized(result, 64))


def head_of(signature: Signature, language: Language) -> str:
    """The signature as the language writes it; "" where a type is unknown and the language needs one."""
    types = [parameter.type for parameter in signature.parameters]
    if language.name != "python" and not all(map(is_known, types)):
        return ""
    return language.render_type(signature)


def _sized(kind: Type, width: int) -> Type:
    if kind == UNKNOWN:
        return kind
    sized = replace(kind, spelling="", items=tuple(_sized(item, width) for item in kind.items))
    return replace(sized, width_bits=width) if kind.kind is Kind.INT and kind.width_bits is None else sized


def _largest(value: Value) -> int:
    match value:
        case Int(number):
            return abs(number)
        case List(items) | Tuple(items) | Set(items):
            return max(map(_largest, items), default=0)
        case Map(pairs):
            return max((max(_largest(a), _largest(b)) for a, b in pairs), default=0)
        case _:
            return 0


def name_of(source: str, head: str = "", draft: str = "") -> str:
    """What the target calls the function: as its head says, else as the draft spells it, else as the source does.

    Languages spell one name in several ways, `total_price` and `totalPrice`.

    >>> name_of("total_price", draft="static int totalPrice(int n) { return n; }")
    'totalPrice'
    """
    called = re.search(r"(\w+)\s*\(", head)
    if called is not None:
        return called.group(1)
    words: dict[str, None] = dict.fromkeys(re.findall(r"(\w+)\s*\(", draft))
    alike = [word for word in words if _letters(word) == _letters(source)]
    return alike[0] if len(alike) == 1 else source


def _letters(name: str) -> str:
    return name.replace("_", "").lower()
