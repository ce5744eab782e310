import pytest

from semalign.core import errors
from semalign.core.errors import ConfigError, SandboxError, SemalignError, SourceError, blame


def test_a_failure_is_attributed_once_by_the_innermost_boundary() -> None:
    told = r"^parsing: ZeroDivisionError: division by zero$"
    with pytest.raises(SourceError, match=told), blame(SandboxError, "running"), blame(SourceError, "parsing"):
        raise ZeroDivisionError("division by zero")


def test_the_cause_is_kept() -> None:
    with pytest.raises(ConfigError) as error, blame(ConfigError, "reading"):
        int("x")
    assert isinstance(error.value.__cause__, ValueError)


def test_an_interrupt_is_nobodys_failure() -> None:
    with pytest.raises(KeyboardInterrupt), blame(SandboxError, "running"):
        raise KeyboardInterrupt


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    tree = (errors.__doc__ or "").split("\n\n")[1]
    drawn = {word for word in tree.replace("\u2500", " ").split() if word.endswith("Error")}
    defined = {
        name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, SemalignError)
    }
    assert drawn == defined
