"""The signature of a C++ function from what it declares, and a signature as C++ would write it."""

from collections.abc import Sequence
from dataclasses import replace

from tree_sitter import Node

from semalign.languages.cpp_syntax import Declared, base_type, child_of_type, declarators, text_of
from semalign.languages.cpp_types import TypeNames
from semalign.values.types import Kind, Origin, Parameter, Signature, Type

# Names that programs give to the length of an array.
_LENGTHS = frozenset(
    ("n", "m", "size", "sz", "len", "length", "N", "M", "cnt", "count", "n1", "n2", "m1", "m2", "arr_size")
)
# Names of integers that stand after an array and are places or values in it.
_NO_LENGTHS = frozenset(
    ("l", "r", "low", "high", "lo", "hi", "left", "right", "start", "end", "i", "j", "k", "x", "y", "key", "target",
     "sum", "val", "value", "index", "mid", "element", "num", "si", "ei", "d", "p", "q")
)  # fmt: skip


def signature_of(name: str, node: Node, head: Declared, parameter_nodes: Sequence[Node], types: TypeNames) -> Signature:
    """The signature of a function definition."""
    parameters = _with_lengths([_parameter(one, types) for one in parameter_nodes])
    base, steps = result_parts(node, head)
    result = types.read(base, steps)
    return Signature(
        name=name,
        parameters=tuple(parameters),
        result=replace(result, spelling=spelled(base, steps)),
        origin=Origin.DECLARED,
    )


def result_parts(node: Node, head: Declared) -> tuple[str, tuple[str, ...]]:
    """The declared result: base type and what the declarator adds to it; a trailing `-> T` in full."""
    declarator = node.child_by_field_name("declarator")
    while declarator is not None and declarator.type != "function_declarator":
        declarator = declarator.child_by_field_name("declarator") or next(iter(declarator.named_children), None)
    trailing = None if declarator is None else child_of_type(declarator, "trailing_return_type")
    if trailing is not None:
        return text_of(trailing).removeprefix("->").strip(), ()
    return base_type(node), head.steps[: head.steps.index("()")]


def spelled(base: str, steps: Sequence[str], name: str = "") -> str:
    """A declaration as written: `int a[][3]`, `const string &s`."""
    before = "".join(step for step in steps if not step.startswith("["))
    after = "".join(step for step in reversed(steps) if step.startswith("["))
    return f"{base} {before}{name}".rstrip() + after if before or name else base + after


def _parameter(node: Node, types: TypeNames) -> Parameter:
    one = next(iter(declarators(node)), Declared("", (), node))
    base = base_type(node)
    kind = types.read(base, one.steps)
    resolved = types.read(base)
    points = any(step in ("*", "&") or step.startswith("[") for step in one.steps) or "*" in base
    is_const = "const" in base.split()
    return Parameter(
        name=one.name,
        type=replace(kind, spelling=spelled(base, one.steps)),
        by_reference=(points and not is_const)
        or (not one.steps and resolved.nullable and resolved.kind is Kind.RECORD),
        optional=node.type == "optional_parameter_declaration",
        origin=Origin.DECLARED,
    )


def _with_lengths(parameters: list[Parameter]) -> list[Parameter]:
    """Each array's length: the integer after it that is called like one, else the integer right after a raw array."""
    found = list(parameters)
    taken: set[int] = set()
    for place, parameter in enumerate(parameters):
        if not _has_length(parameter):
            continue
        raw = _is_raw(parameter)
        later = [i for i in range(place + 1, len(parameters)) if _is_integer(parameters[i]) and i not in taken]
        others = [i for i in range(place) if _is_integer(parameters[i]) and i not in taken]
        named = [i for i in (*later, *others) if parameters[i].name in _LENGTHS]
        plain = [i for i in later if raw and parameters[i].name not in _NO_LENGTHS]
        right_after = [i for i in plain if i == place + 1]
        only = [i for i in plain if len(later) == 1 and not others]
        chosen = next(iter((*named, *right_after, *only)), None)
        if chosen is not None:
            taken.add(chosen)
            found[chosen] = replace(parameters[chosen], length_of=parameter.name, origin=Origin.GUESSED)
    return found


def _has_length(parameter: Parameter) -> bool:
    return parameter.type.kind is Kind.LIST or _is_raw(parameter)


def _is_raw(parameter: Parameter) -> bool:
    spelling = parameter.type.spelling
    return ("[" in spelling or "*" in spelling) and parameter.type.kind in (Kind.LIST, Kind.TEXT)


def _is_integer(parameter: Parameter) -> bool:
    return parameter.type.kind is Kind.INT and not parameter.by_reference


def render(signature: Signature) -> str:
    """The head of a function: `int f(vector<int> arr, int n)`."""
    inside = ", ".join(_rendered_parameter(one) for one in signature.parameters)
    return f"{cpp_type(signature.result)} {signature.name}({inside})"


def _rendered_parameter(parameter: Parameter) -> str:
    mark = " &" if parameter.by_reference and not parameter.type.nullable else " "
    return f"{cpp_type(parameter.type)}{mark}{parameter.name}"


def cpp_type(kind: Type) -> str:
    """A C++ type that holds the values of a `Type`."""
    inner = [cpp_type(item) for item in kind.items]
    match kind.kind:
        case Kind.VOID | Kind.BOOL | Kind.CHAR:
            return kind.kind.value
        case Kind.INT:
            return _integer(kind)
        case Kind.FLOAT:
            return "float" if kind.width_bits == 32 else "double"
        case Kind.TEXT:
            return "string"
        case Kind.LIST | Kind.SET:
            return f"{'vector' if kind.kind is Kind.LIST else 'set'}<{inner[0] if inner else 'int'}>"
        case Kind.MAP:
            return f"map<{', '.join(inner) if len(inner) == 2 else 'int, int'}>"
        case Kind.TUPLE:
            return f"{'pair' if len(inner) == 2 else 'tuple'}<{', '.join(inner)}>"
        case Kind.RECORD:
            return (kind.spelling or "struct") + ("*" if kind.nullable and "*" not in kind.spelling else "")
        case _:
            return "auto"


def _integer(kind: Type) -> str:
    names = {8: "char", 16: "short", 32: "int", 64: "long long", 128: "__int128"}
    name = names.get(kind.width_bits or 64, "long long")
    if name == "char":
        return "signed char" if kind.signed else "unsigned char"
    return name if kind.signed else f"unsigned {name}"
