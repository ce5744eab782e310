"""The C++ around a program: what comes before it, and the generated part that calls it."""

from semalign.languages.cpp_file import CppFile, CppFunction
from semalign.languages.cpp_rewrite import Rewritten

_MAIN = "semalign_main_"


def function_program(found: CppFile, function: CppFunction, rewritten: Rewritten, path: str, *, sanitized: bool) -> str:
    """A program that calls one function with values from its standard input."""
    name = function.cpp_name if function.owner or "." in function.name else f"::{function.name}"
    one = f"void drive_one(const Json& j){{{_known_arrays(found)}drive(&{name},j);}}"
    start = "return semalign_::serve(argc,argv,semalign_::drive_one);"
    return _program(found, rewritten, path, one, start, sanitized=sanitized)


def whole_program(found: CppFile, rewritten: Rewritten, path: str) -> str:
    """The program itself, started by the guest so that it reports."""
    main = next(one for one in found.functions if one.name == "main")
    n_parameters = len(found.parameters(main))
    arguments = ("", "argc", "argc,argv")[min(n_parameters, 2)]
    one = f"int run_main(int argc,char**argv){{{_known_arrays(found)}return ::{_MAIN}({arguments});}}"
    start = "return semalign_::program(argc,argv,semalign_::run_main);"
    return _program(found, rewritten, path, one, start, sanitized=False)


def plain_program(found: CppFile, path: str) -> str:
    """The program as it stands."""
    return f"{_before(found, path)}\n{found.source}\n"


def _program(found: CppFile, rewritten: Rewritten, path: str, one: str, start: str, *, sanitized: bool) -> str:
    depths = rewritten.depths or (0,)
    lines = (
        f"#define main {_MAIN}",
        _before(found, path),
        rewritten.text,
        '#line 1 "driver"',
        *(f"#undef {name}" for name in dict.fromkeys(("main", *found.macros)) if name),
        "namespace semalign_{",
        f"unsigned n[{len(depths)}];",
        f"const unsigned char deep[]={{{','.join(map(str, depths))}}};",
        f"const int n_sites={len(depths)};",
        f"const bool sanitized={'true' if sanitized else 'false'};",
        one,
        "}",
        f"int main(int argc,char**argv){{{start}}}",
        "",
    )
    return "\n".join(lines)


def _before(found: CppFile, path: str) -> str:
    quoted = path.replace("\\", "/").replace('"', "'")
    using = "using namespace std;\n" if found.is_snippet else ""
    return f'{using}#line 1 "{quoted}"'


def _known_arrays(found: CppFile) -> str:
    """Tell the guest where the global arrays lie, so that pointers into them can be shown."""
    parts = []
    for name, variable in found.globals.items():
        if variable.n_extents and "const" not in variable.type_text.split():
            scalar = f"typename Scalar<std::remove_reference_t<decltype(::{name})>>::type"
            parts.append(f"know(&::{name},sizeof(::{name}),tag<{scalar}>());")
    return "".join(parts)
