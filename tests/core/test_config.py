from pathlib import Path

import pytest

from semalign.core.config import load_config
from semalign.core.errors import ConfigError
from semalign.values.policy import ExceptionRule, Policy


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text('rel_tol = 1e-6\nunordered = true\nexceptions = "name"\n', encoding="utf-8")
    return path


def test_without_a_file_and_words_everything_has_its_default() -> None:
    assert load_config(Policy) == Policy()


def test_a_file_gives_values_of_their_declared_types(policy_file: Path) -> None:
    assert load_config(Policy, policy_file) == Policy(rel_tol=1e-6, unordered=True, exceptions=ExceptionRule.NAME)


def test_words_win_over_the_file_and_text_needs_no_quotes(policy_file: Path) -> None:
    loaded = load_config(Policy, policy_file, ["rel_tol=0.5", "exceptions = any", "int_width=32"])
    assert loaded == Policy(rel_tol=0.5, unordered=True, exceptions=ExceptionRule.ANY, int_width=32)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rel_tol = [", ["not TOML"]),
        ("rel_tools = 1.0", ["'rel_tools'", "unknown key", "rel_tol"]),
        ('rel_tol = "wide"', ["rel_tol", "number", "'wide'"]),
        ("unordered = 3", ["unordered", "bool"]),
        ('exceptions = "some"', ["exceptions", "'kind', 'name' or 'any'"]),
        ("rel_tol = -1.0", ["rel_tol", "finite and not negative"]),
    ],
)
def test_a_mistake_in_a_file_names_file_key_and_what_was_expected(tmp_path: Path, text: str, told: list[str]) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        load_config(Policy, path)
    assert all(word in str(error.value) for word in [str(path), *told])


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path: Path) -> None:
    missing, binary = tmp_path / "missing.toml", tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path in (missing, binary, tmp_path):
        with pytest.raises(ConfigError, match=path.name):
            load_config(Policy, path)


@pytest.mark.parametrize(
    ("word", "told"), [("rel_tol", "key=value"), ("rel_tools=1", "rel_tools"), ("rel_tol=wide", "wide")]
)
def test_a_mistake_in_a_word_says_which(word: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load_config(Policy, None, [word])
