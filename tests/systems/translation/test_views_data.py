"""SARIF and JSON: the shapes that other programs rely on."""

import dataclasses
import json
import math
from typing import Any

import pytest

from semalign.systems.translation.views.jsonform import readable, to_json
from semalign.systems.translation.views.sarif import to_sarif
from semalign.values.model import Char, Float, Int, List, Map, Text, Value
from semalign.values.wire import decode
from tests.systems.translation import view_samples

NAMES = ["divergent", "equivalent", "undecided", "hostile", "long"]


@pytest.mark.parametrize("name", NAMES)
def test_every_verdict_has_the_promised_json_shape(name: str) -> None:
    tree = json.loads(json.dumps(to_json(getattr(view_samples, name)()), allow_nan=False))
    assert list(tree) == [
        "schema", "verdict", "reason", "source", "target", "inputs", "smallest", "blame", "coverage",
        "preconditions", "faults", "policy", "notes", "tier", "wall_s", "cost",
    ]  # fmt: skip
    assert tree["schema"] == 1
    assert tree["cost"] == {"calls": 0, "usd": 0.0}
    assert set(tree["inputs"]) == {"given", "run", "domain", "agree", "seed"}


def test_a_blame_says_where_and_what() -> None:
    tree = to_json(view_samples.divergent())
    assert tree["smallest"] == {"a": [3, 46341, 8, 65536], "k": 10000000000}
    assert tree["blame"][0] == {
        "kind": "block",
        "target": "Main.bestRun:2.for:0",
        "source": "best_run:2.for:0",
        "lines": [5, 5],
        "source_lines": [8, 8],
        "variable": ["total", "total"],
        "expected": "2147488290",
        "actual": "-2147479006",
        "path": "",
        "confidence": 0.974,
        "inputs": 41,
        "reason": "Equal states before it, another total behind it.",
    }


@pytest.mark.parametrize(
    "value",
    [
        Int(2**80),
        Float(0.1),
        Float(-0.0),
        Float(math.inf),
        Float(math.nan),
        Text("é\ud800"),
        Char("a"),
        List((Float(1.0), Map(((Int(1), Float(0.5)),)))),
    ],
)
def test_the_readable_form_of_an_input_reads_back(value: Value) -> None:
    assert decode(json.loads(json.dumps(readable(value), allow_nan=False))) == value


def check_sarif(tree: Any) -> list[Any]:
    """The properties that SARIF 2.1.0 requires of what we write; returns the results."""
    assert tree["version"] == "2.1.0"
    (run,) = tree["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"]
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for result in run["results"]:
        assert result["message"]["text"]
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert 0 <= result.get("rank", 0) <= 100
        for location in (*result["locations"], *result.get("relatedLocations", ())):
            place = location["physicalLocation"]
            assert place["artifactLocation"]["uri"]
            assert not set('<>" ') & set(place["artifactLocation"]["uri"])
            assert 1 <= place["region"]["startLine"] <= place["region"]["endLine"]
        assert all(place["message"]["text"] for place in result.get("relatedLocations", ()))
    return list(run["results"])


@pytest.mark.parametrize("name", NAMES)
def test_sarif_has_what_the_standard_requires(name: str) -> None:
    check_sarif(json.loads(json.dumps(to_sarif(getattr(view_samples, name)(), version="0.1.0"))))


def test_the_first_blame_is_an_error_in_the_target_and_the_others_are_notes() -> None:
    results = check_sarif(to_sarif(view_samples.divergent()))
    assert [result["level"] for result in results] == ["error", "note"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "BestRun.java"}, "region": {"startLine": 5, "endLine": 5}}
    related = results[0]["relatedLocations"][0]["physicalLocation"]
    assert related == {"artifactLocation": {"uri": "best_run.py"}, "region": {"startLine": 8, "endLine": 8}}
    assert "total: expected 2147488290, got -2147479006." in results[0]["message"]["text"]


def test_equivalent_programs_have_no_results() -> None:
    assert check_sarif(to_sarif(view_samples.equivalent())) == []


def test_a_divergence_without_a_blame_is_still_a_result() -> None:
    (result,) = check_sarif(to_sarif(dataclasses.replace(view_samples.divergent(), blames=())))
    assert result["level"] == "error"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 2
