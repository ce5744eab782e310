"""Hostile programs, by what they achieve and not by what they say; see `attack_range`."""

import functools
import json
import subprocess
from pathlib import Path

import pytest

from semalign.sandbox import Tier
from tests.sandbox.attack_range import ATTACKS, header, in_outer_box

RANGE = Path(__file__).with_name("attack_range.py")
FILES = sorted(path for path in ATTACKS.iterdir() if path.suffix in (".py", ".cpp", ".java"))
TIERS = (Tier.NAMESPACES, Tier.CONFINED)


@functools.cache
def outer_box_fails() -> str:
    found = subprocess.run(in_outer_box("-c", "print(1)"), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return "" if found.stdout == "1\n" else found.stderr.strip() or "no message"


@functools.cache
def results(tier: Tier) -> dict[str, dict[str, object]]:
    """Every attack in one tier; all of them are run once, in one outer box."""
    command = in_outer_box(str(RANGE), tier.value)
    found = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    # A range that broke off has no result for the rest; what it said stands in for one.
    missing = {path.name: {"cause": "", "problems": [found.stderr]} for path in FILES}
    return missing | {line["name"]: line for line in lines}


@pytest.mark.slow
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_attack_reaches_nothing(path: Path, tier: Tier) -> None:
    if failure := outer_box_fails():
        pytest.skip(f"attacks are only run inside an outer box, which this machine does not allow: {failure}")
    result = results(tier)[path.name]
    if result["cause"] == "not built":
        pytest.skip("no compiler for it here")
    assert result["problems"] == []
    if ends_by := header(path).get("Ends by"):
        assert result["cause"] == ends_by


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_an_attack_says_what_it_must_not_achieve(path: Path) -> None:
    assert header(path)["Must not"].endswith(".")


def test_the_range_notices_what_an_attack_reaches(tmp_path: Path) -> None:
    """The checks themselves: without a wall they must find something."""
    if failure := outer_box_fails():
        pytest.skip(f"attacks are only run inside an outer box, which this machine does not allow: {failure}")
    found = subprocess.run(
        in_outer_box(
            str(RANGE), Tier.NONE.value, "reads_secrets.py", "writes_outside.py", "connects.py", "leaves_daemon.py"
        ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = [json.loads(line) for line in found.stdout.splitlines()]
    assert len(lines) == 4, found.stderr
    assert all(line["problems"] for line in lines)
