"""A verdict as SARIF 2.1.0, so that editors and code hosts show the blamed lines in the target.

Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from semalign.systems.translation.verdict import Answer, Blame, Side, Verdict
from semalign.systems.translation.views.words import KINDS, told, variable
from semalign.traces.render import show, visible
from semalign.values.model import Value

type_json = dict[str, Any]

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_sarif(verdict: Verdict, *, version: str = "") -> type_json:
    """One run with a result for each blame: the first is an error, the others are notes; none when equivalent.

    A divergence that no block could be blamed for is still a result, at the head of the target's function.
    """
    blames = () if verdict.answer is Answer.EQUIVALENT else verdict.blames
    results = [_result(verdict, blame, "note" if rank else _level(verdict)) for rank, blame in enumerate(blames)]
    if verdict.answer is Answer.DIVERGENT and not results:
        results = [_unblamed(verdict)]
    driver: type_json = {
        "name": "semalign",
        "rules": [
            {
                "id": f"semalign/{kind}",
                "name": f"{kind.capitalize()}Differs",
                "shortDescription": {"text": f"{text[0].upper()}{text[1:]}."},
                "defaultConfiguration": {"level": "error"},
            }
            for kind, text in KINDS.items()
        ],
    }
    return _log(driver, results, {"verdict": verdict.answer.value, "reason": verdict.reason}, version)


def unbuilt(path: str, function: str, notes: Sequence[str], *, version: str = "") -> type_json:
    """One error for a program that does not build, with what the compiler says first; there is no verdict."""
    file = {"physicalLocation": {"artifactLocation": {"uri": quote(path.replace("\\", "/"))}}}
    place = {**file, "logicalLocations": [{"fullyQualifiedName": function, "kind": "function"}]}
    results = [
        {
            "ruleId": "semalign/build",
            "level": "error",
            "message": {"text": visible(note) or "It does not build."},
            "locations": [place],
        }
        for note in (notes[:1] or ("It does not build.",))
    ]
    driver: type_json = {
        "name": "semalign",
        "rules": [{"id": "semalign/build", "shortDescription": {"text": "The program does not build."}}],
    }
    return _log(driver, results, {"verdict": Answer.DIVERGENT.value, "reason": "no draft builds"}, version)


def _log(driver: type_json, results: list[type_json], properties: type_json, version: str) -> type_json:
    if version:
        driver["version"] = version
    run: type_json = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": properties,
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _level(verdict: Verdict) -> str:
    return "error" if verdict.answer is Answer.DIVERGENT else "note"


def _result(verdict: Verdict, blame: Blame, level: str) -> type_json:
    kind = blame.kind if blame.kind in KINDS else "range"
    result: type_json = {
        "ruleId": f"semalign/{kind}",
        "ruleIndex": list(KINDS).index(kind),
        "level": level,
        "rank": round(100 * min(max(blame.confidence, 0.0), 1.0), 1),
        "message": {"text": _message(verdict, blame)},
        "locations": [_location(verdict.target, blame.target_lines)],
        "properties": {"confidence": round(blame.confidence, 4), "inputs": blame.n_inputs},
    }
    if blame.source_lines[0] > 0:
        related = _location(verdict.source, blame.source_lines)
        result["relatedLocations"] = [{"id": 1, **related, "message": {"text": "What it should do."}}]
    return result


def _unblamed(verdict: Verdict) -> type_json:
    return {
        "ruleId": "semalign/result",
        "ruleIndex": list(KINDS).index("result"),
        "level": "error",
        "message": {"text": visible(told(verdict.reason, verdict)) or "The programs differ."},
        "locations": [_location(verdict.target, (verdict.target.first_line, verdict.target.first_line))],
    }


def _message(verdict: Verdict, blame: Blame) -> str:
    parts = [visible(told(blame.reason or KINDS.get(blame.kind, blame.kind), verdict)).rstrip(".") + "."]
    if blame.expected is not None or blame.actual is not None:
        name = variable(blame) or "value"
        parts.append(f"{name}: expected {_value(blame.expected)}, got {_value(blame.actual)}.")
    if verdict.smallest:
        shown = ", ".join(f"{visible(name)}={show(value, 80)}" for name, value in verdict.smallest.arguments)
        parts.append(f"Smallest input: {shown or 'no arguments'}.")
    return " ".join(parts)


def _value(value: Value | None) -> str:
    return "nothing" if value is None else show(value, 120)


def _location(side: Side, span: tuple[int, int]) -> type_json:
    first = span[0] if span[0] > 0 else max(side.first_line, 1)
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(side.path.replace("\\", "/"))},
            "region": {"startLine": first, "endLine": max(span[1], first)},
        },
        "logicalLocations": [{"fullyQualifiedName": side.function, "kind": "function"}],
    }
