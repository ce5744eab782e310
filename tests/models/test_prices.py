from pathlib import Path

import pytest

from semalign.core.errors import ConfigError
from semalign.models import Price
from semalign.models.prices import price_of


def test_an_unknown_price_is_unknown() -> None:
    assert price_of("nobody-sells-this") is None


def test_a_known_price_is_for_that_name_only() -> None:
    assert price_of("gpt-4.1-mini") == Price(prompt_usd=0.4, completion_usd=1.6)
    assert price_of("gpt-4.1-mini-other") is None


def test_the_users_table_comes_first_and_the_longest_name_in_it(tmp_path: Path) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(
        '["gpt-*"]\nprompt_usd = 1\ncompletion_usd = 2\n["gpt-4.1*"]\nprompt_usd = 3\ncompletion_usd = 4\n'
        '["[x]"]\nprompt_usd = 5\ncompletion_usd = 6\n'
    )
    assert price_of("gpt-4.1-mini", own) == Price(prompt_usd=3.0, completion_usd=4.0)
    assert price_of("gpt-3", own) == Price(prompt_usd=1.0, completion_usd=2.0)
    assert price_of("[x]", own) == Price(prompt_usd=5.0, completion_usd=6.0)
    assert price_of("x", own) is None


@pytest.mark.parametrize(
    "text", ["[m]\nprompt_usd = -1\ncompletion_usd = 1", "[m]\nprompt_usd = 1", "m = 3", "not toml"]
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    own = tmp_path / "prices.toml"
    own.write_text(text)
    with pytest.raises(ConfigError, match=r"prices.toml"):
        price_of("m", own)
