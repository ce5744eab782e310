"""Which exceptions of the three languages mean the same thing going wrong.

The table is data: the class name as its language writes it, to a kind. A class that is not listed is a kind of its
own, so user-defined exceptions compare by their bare name.
"""

_KINDS: dict[str, tuple[str, ...]] = {
    "index": (
        "IndexError",
        "IndexOutOfBoundsException",
        "ArrayIndexOutOfBoundsException",
        "StringIndexOutOfBoundsException",
        "NegativeArraySizeException",
        "std::out_of_range",
    ),
    "key": ("KeyError",),
    "missing element": (
        "NoSuchElementException",
        "EmptyStackException",
        "InputMismatchException",
        "StopIteration",
        "std::bad_optional_access",
    ),
    "null": ("AttributeError", "NullPointerException", "UnboundLocalError", "NameError"),
    "type": ("TypeError", "ClassCastException", "ArrayStoreException", "std::bad_cast", "std::bad_variant_access"),
    "arithmetic": ("ZeroDivisionError", "ArithmeticException", "SIGFPE", "FloatingPointError", "OverflowError"),
    "value": (
        "ValueError",
        "IllegalArgumentException",
        "NumberFormatException",
        "UnicodeDecodeError",
        "UnicodeEncodeError",
        "std::invalid_argument",
        "std::domain_error",
        "std::length_error",
    ),
    "state": ("RuntimeError", "IllegalStateException", "std::runtime_error", "std::logic_error"),
    "recursion": ("RecursionError", "StackOverflowError"),
    "memory": ("MemoryError", "OutOfMemoryError", "std::bad_alloc"),
    "assertion": ("AssertionError", "SIGABRT"),
    "unsupported": ("NotImplementedError", "UnsupportedOperationException"),
}

_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}


def exception_kind(name: str) -> str:
    """What went wrong, whatever the language calls it.

    >>> exception_kind("java.lang.ArrayIndexOutOfBoundsException"), exception_kind("shop.SoldOut")
    ('index', 'SoldOut')
    """
    bare = name if name.startswith("std::") else name.rsplit(".", 1)[-1]
    return _KIND_OF.get(bare, bare)
