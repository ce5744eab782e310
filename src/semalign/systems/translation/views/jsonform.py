"""The JSON form of a verdict: a tree of a fixed shape for scripts, versioned by `schema`."""

import dataclasses
import math
from typing import Any

from semalign.systems.translation.verdict import SCHEMA, Blame, Planted, Side, Verdict
from semalign.traces.render import show
from semalign.values.model import Float, Int, List, Value
from semalign.values.wire import encode

type_json = dict[str, Any]

_VALUE_WIDTH = 400  # characters of a value in a blame


def to_json(verdict: Verdict) -> type_json:
    """The verdict as a tree of plain JSON types."""
    strength, smallest = verdict.strength, verdict.smallest
    return {
        "schema": SCHEMA,
        "verdict": verdict.answer.value,
        "reason": verdict.reason,
        "source": _side(verdict.source),
        "target": _side(verdict.target),
        "inputs": {
            "given": strength.n_given,
            "run": strength.n_run,
            "domain": strength.n_domain,
            "agree": strength.n_agree,
            "seed": strength.seed,
        },
        "smallest": {name: readable(value) for name, value in smallest.arguments} if smallest else None,
        "blame": [_blame(blame) for blame in verdict.blames],
        "coverage": {"source": _coverage(verdict.source), "target": _coverage(verdict.target)},
        "preconditions": list(strength.preconditions),
        "faults": _faults(strength.faults),
        "policy": dataclasses.asdict(verdict.policy),
        "notes": list(verdict.notes),
        "tier": verdict.tier,
        "wall_s": round(verdict.wall_s, 3),
        "cost": {"calls": 0, "usd": 0.0},
    }


def readable(value: Value) -> Any:
    """The wire form with plain JSON numbers where they say the same; `semalign.values.wire.decode` reads it back.

    Widths of integers and of floats are left out: a program's own types give them back.

    >>> readable(List((Int(5, 32), Float(0.5), Float(math.inf))))
    [5, 0.5, {'f': '7ff0000000000000'}]
    """
    match value:
        case Int(v, _):
            return v
        case Float(v, _) if math.isfinite(v):
            return v
        case List(items):
            return [readable(item) for item in items]
        case _:
            return encode(value)


def _side(side: Side) -> type_json:
    return {
        "path": side.path,
        "language": side.language,
        "function": side.function,
        "lines": [side.first_line, side.last_line],
        "toolchain": side.toolchain,
    }


def _coverage(side: Side) -> type_json:
    return {"blocks": side.n_blocks, "covered": side.n_blocks_covered, "missed": list(side.arms_missed)}


def _faults(planted: Planted | None) -> type_json | None:
    if planted is None:
        return None
    return {
        "caught": planted.n_caught,
        "planted": planted.n_tried,
        "unbuilt": planted.n_unbuilt,
        "left": planted.n_left,
        "survivors": [dataclasses.asdict(one) for one in planted.survivors],
    }


def _blame(blame: Blame) -> type_json:
    return {
        "kind": blame.kind,
        "target": blame.target_block,
        "source": blame.source_block,
        "lines": list(blame.target_lines),
        "source_lines": list(blame.source_lines),
        "variable": list(blame.variables),
        "expected": None if blame.expected is None else show(blame.expected, _VALUE_WIDTH),
        "actual": None if blame.actual is None else show(blame.actual, _VALUE_WIDTH),
        "path": blame.path,
        "confidence": round(blame.confidence, 4),
        "inputs": blame.n_inputs,
        "reason": blame.reason,
    }
