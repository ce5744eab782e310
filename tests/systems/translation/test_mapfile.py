"""The map file: written, read back, edited by hand, and what becomes of it when the programs change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from semalign.alignment.variables import PairOrigin
from semalign.core.errors import ConfigError
from semalign.sandbox import Sandbox, open_sandbox
from semalign.systems.translation import evidence, mapfile
from semalign.systems.translation.diff import diff
from semalign.systems.translation.request import DiffConfig
from semalign.systems.translation.verdict import Answer, Verdict

SOURCE = """
def f(a: list[int]) -> int:
    low = 0
    high = 0
    for x in a:
        if x > 3:
            high += 1
        if x < 3:
            low += 1
    return high - low
"""
TARGET = """
def f(v: list[int]) -> int:
    p = 0
    q = 0
    for y in v:
        if y > 3:
            q += 1
        if y < 3:
            p += 1
    return q - p
"""
HEAD = 'source = "f"\ntarget = "f"\n'


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox() as opened:
        yield opened


class Pair:
    """Two programs in a folder, and a map beside them."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.source, self.target, self.map = folder / "a.py", folder / "b.py", folder / "f.map.toml"
        self.source.write_text(SOURCE)
        self.target.write_text(TARGET)
        self._sandbox = sandbox

    def config(self, *, mapped: bool) -> DiffConfig:
        return DiffConfig(
            source=self.source, target=self.target, map_file=self.map if mapped else None, max_inputs=60, time_s=60
        )

    def diff(self, *, mapped: bool = True) -> Verdict:
        return diff(self.config(mapped=mapped), self._sandbox)

    def add(self, text: str) -> None:
        before = self.map.read_text() if self.map.exists() else HEAD
        self.map.write_text(before + text)


@pytest.fixture
def pair(tmp_path: Path, sandbox: Sandbox) -> Pair:
    return Pair(tmp_path, sandbox)


def variables(verdict: Verdict) -> dict[str, str]:
    return {one.source: one.target for one in verdict.pairing.variables}


def blocks(verdict: Verdict) -> set[tuple[str, str]]:
    return {(one, other) for one, other, _ in verdict.pairing.blocks}


def variable(source: str, target: str) -> str:
    return f'[[variables]]\nsource = "{source}"\ntarget = "{target}"\n'


def block(source: str, target: str) -> str:
    return f'[[blocks]]\nsource = "{source}"\ntarget = "{target}"\n'


def test_a_map_is_read_back_and_changes_nothing_by_itself(pair: Pair) -> None:
    first = pair.diff(mapped=False)
    mapfile.write(pair.map, first)
    read = mapfile.load(pair.map)
    assert {entry.source: entry.target for entry in read.variables} == variables(first)
    assert {(entry.source, entry.target) for entry in read.blocks} == blocks(first)
    assert read.source_blocks["f:2.for"] == "for x in a:"
    second = pair.diff()
    assert (second.pairing, second.notes) == (first.pairing, first.notes)
    written = pair.map.read_text()
    mapfile.write(pair.map, second, read)
    assert pair.map.read_text() == written


def test_a_given_variable_wins_over_the_measured_one(pair: Pair) -> None:
    assert variables(pair.diff(mapped=False))["low"] == "p"
    pair.add(variable("low", "q") + variable("high", "p"))
    verdict = pair.diff()
    assert variables(verdict) == {"a": "v", "low": "q", "high": "p", "x": "y"}
    assert {p.origin for p in verdict.pairing.variables if p.source in ("low", "high")} == {PairOrigin.GIVEN}


def test_a_given_block_wins_and_what_it_crosses_is_left_alone(pair: Pair) -> None:
    ifs = ("f:2.for:0.if", "f:2.for:1.if")
    assert {(ifs[0], ifs[0]), (ifs[1], ifs[1])} <= blocks(pair.diff(mapped=False))
    pair.add(block(ifs[0], ifs[1]))
    found = blocks(pair.diff())
    assert (ifs[0], ifs[1]) in found
    assert (ifs[0], ifs[0]) not in found
    assert (ifs[1], ifs[1]) not in found


def test_a_given_block_pairs_what_it_stands_in(pair: Pair) -> None:
    """Two loops after each other: without a word each is the other's at its own place."""
    loops = "def f(a: list[int]) -> int:\n    s = 0\n"
    loops += "    for x in a:\n        s += x\n    for x in a:\n        s -= x\n    return s\n"
    pair.source.write_text(loops)
    pair.target.write_text(loops)
    assert ("f:2.for", "f:2.for") in blocks(pair.diff(mapped=False))
    pair.add(block("f:2.for:0", "f:3.for:0"))
    found = blocks(pair.diff())
    assert {("f:2.for", "f:3.for"), ("f:2.for:0", "f:3.for:0")} <= found
    assert ("f:2.for", "f:2.for") not in found


def test_a_loop_may_be_given_to_straight_line_code(pair: Pair) -> None:
    pair.source.write_text("def f(a: list[int]) -> int:\n    s = 0\n    for x in a:\n        s += x\n    return s\n")
    pair.target.write_text("def f(a: list[int]) -> int:\n    if not a:\n        return 0\n    return sum(a)\n")
    pair.add(block("f:2.for", "f:2"))
    verdict = pair.diff()
    assert ("f:2.for", "f:2") in blocks(verdict)
    assert verdict.answer is not Answer.DIVERGENT
    assert not [note for note in verdict.notes if str(pair.map) in note]


def test_given_blocks_that_cross_are_told(pair: Pair) -> None:
    ifs = ("f:2.for:0.if", "f:2.for:1.if")
    pair.add(block(ifs[0], ifs[1]) + block(ifs[1], ifs[0]))
    told = [note for note in pair.diff().notes if "can't be kept" in note]
    assert len(told) == 1


def test_a_given_offset_is_kept_when_values_are_compared(pair: Pair) -> None:
    pair.source.write_text("def f(n: int) -> int:\n    i = 0\n    while i < 3:\n        i += 1\n    return n\n")
    pair.target.write_text(
        "def f(n: int) -> int:\n    j = 1\n    while j < 4:\n        j += 1\n    return n + (n == 5)\n"
    )
    pair.add('[[variables]]\nsource = "i"\ntarget = "j"\noffset = 1\n')
    verdict = pair.diff()
    assert {(p.source, p.target, p.offset) for p in verdict.pairing.variables} >= {("i", "j", 1)}
    assert verdict.blames[0].target_lines == (5, 5)


def test_stale_entries_are_told_one_by_one_and_ignored(pair: Pair) -> None:
    mapfile.write(pair.map, pair.diff(mapped=False))
    pair.add("")
    text = pair.map.read_text().replace("[source_blocks]", block("f:2.for:0.if", "f:2.for:1.if") + "[source_blocks]")
    pair.map.write_text(text.replace("[source_blocks]", variable("low", "q") + "[source_blocks]"))
    pair.target.write_text(TARGET.replace("y < 3", "3 > y").replace("q", "r"))
    verdict = pair.diff()
    stale = sorted(note.removeprefix(f"{pair.map}: ") for note in verdict.notes if note.startswith(f"{pair.map}"))
    assert stale == [
        "f:2.for:0.if = f:2.for:1.if is stale: the text of f:2.for:1.if has changed",
        "low = q is stale: there is no q",
    ]
    assert variables(verdict)["low"] == "p"
    assert ("f:2.for:0.if", "f:2.for:0.if") in blocks(verdict)
    mapfile.write(pair.map, verdict, mapfile.load(pair.map))
    assert {(e.source, e.target) for e in mapfile.load(pair.map).variables if e.origin == "stale"} == {("low", "q")}
    again = pair.diff()
    assert not [note for note in again.notes if "is stale" in note], "told once, then kept as a remark in the file"


def test_what_was_made_by_hand_stays_in_the_file(pair: Pair) -> None:
    pair.add(variable("low", "q") + variable("high", "p") + block("f:2.for:0.if", "f:2.for:1.if"))
    mapfile.write(pair.map, pair.diff(), mapfile.load(pair.map))
    read = mapfile.load(pair.map)
    by_hand = {(e.source, e.target) for e in read.variables if e.origin == "given"}
    by_hand |= {(e.source, e.target) for e in read.blocks if e.origin == "given"}
    assert by_hand == {("low", "q"), ("high", "p"), ("f:2.for:0.if", "f:2.for:1.if")}


def test_an_edit_without_an_origin_of_its_own_is_told(pair: Pair) -> None:
    mapfile.write(pair.map, pair.diff(mapped=False))
    text = pair.map.read_text()
    pair.map.write_text(text.replace('target = "p"', 'target = "q"', 1))
    assert any('needs origin = "given"' in note for note in pair.diff().notes)


def test_evidence_repeats_with_the_map(pair: Pair, tmp_path: Path, sandbox: Sandbox) -> None:
    pair.add(variable("low", "q") + variable("high", "p"))
    evidence.save(pair.diff(), pair.config(mapped=True), tmp_path / "evidence")
    pair.map.unlink()
    verdict, differences = evidence.replay(tmp_path / "evidence", sandbox)
    assert not [name for name in differences if name != "notes"]
    assert variables(verdict)["low"] == "q"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("= 3", "not TOML"),
        (HEAD + variable("low", "p").replace('"low"', "3"), "variables.0.source"),
        (HEAD + '[[variables]]\nsource = "low"\n', "variables.0.target"),
        (HEAD + variable("low", "p") + "offset = 'x'\n", "variables.0.offset"),
        (HEAD + variable("low", "p") + "colour = 1\n", "variables.0.colour"),
        (HEAD + variable("low", "p") + variable("low", "q"), "'low' stands in two given entries"),
        (HEAD + "nonsense = 1\n", "unknown key 'nonsense'"),
        (HEAD + "schema = 7\n", "schema 7"),
        ("source = 'g'\ntarget = 'f'\n", "a map of g and f"),
        ("", "source"),
    ],
)
def test_a_bad_map_is_one_line_with_file_and_key(pair: Pair, text: str, words: str) -> None:
    pair.map.write_text(text)
    with pytest.raises(ConfigError) as told:
        pair.diff()
    assert str(pair.map) in str(told.value)
    assert words in str(told.value)
    assert "\n" not in str(told.value)
