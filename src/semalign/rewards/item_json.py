"""Items as JSON, and back: for checkpoints, frozen sets of questions and other trainers' data sets."""

from typing import Any

from pydantic import TypeAdapter

from semalign.rewards.item import AlignmentItem, Kind, Origin
from semalign.traces.final import At, Certificate, VariableRef
from semalign.values.policy import Policy
from semalign.values.wire import decode, encode

_POLICY = TypeAdapter(Policy)


def item_to_json(item: AlignmentItem) -> dict[str, Any]:
    """A tree of dicts, lists, text and numbers."""
    return {
        "program": item.program,
        "entry": item.entry,
        "arguments": [encode(value) for value in item.arguments],
        "stdin": item.stdin,
        "asked": [[ref.scope, ref.call, ref.name] for ref in item.asked],
        "labels": [encode(value) for value in item.labels],
        "at": item.at.value,
        "ask_output": item.ask_output,
        "output": item.output,
        "policy": _POLICY.dump_python(item.policy, mode="json"),
        "certificate": [item.certificate.runs, item.certificate.clock_shift_s, item.certificate.digest],
        "origin": [item.origin.problem_id, item.origin.step, item.origin.rollout_id, item.origin.kind.value],
        "tags": list(item.tags),
    }


def item_from_json(tree: dict[str, Any]) -> AlignmentItem:
    """What `item_to_json` gave.

    Raises:
        ValueError, KeyError, TypeError: it is not of that form.
    """
    runs, clock_shift_s, digest = tree["certificate"]
    problem_id, step, rollout_id, kind = tree["origin"]
    return AlignmentItem(
        program=tree["program"],
        entry=tree["entry"],
        arguments=tuple(map(decode, tree["arguments"])),
        stdin=tree["stdin"],
        asked=tuple(VariableRef(scope=scope, call=call, name=name) for scope, call, name in tree["asked"]),
        labels=tuple(map(decode, tree["labels"])),
        at=At(tree["at"]),
        ask_output=tree["ask_output"],
        output=tree["output"],
        policy=_POLICY.validate_python(tree["policy"]),
        certificate=Certificate(runs=runs, clock_shift_s=clock_shift_s, digest=digest),
        origin=Origin(problem_id=problem_id, step=step, rollout_id=rollout_id, kind=Kind(kind)),
        tags=tuple(tree["tags"]),
    )
