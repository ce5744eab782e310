"""The words that all views share, so that a page and a terminal never say a thing in two ways."""

import dataclasses
import re
import shlex

from semalign.systems.translation.verdict import Answer, Blame, Example, Side, Strength, Verdict
from semalign.traces.render import Marked, Piece, show, show_difference, visible
from semalign.traces.trace import Run
from semalign.values.compare import first_difference
from semalign.values.model import Value
from semalign.values.policy import Policy

LANGUAGES = {"python": "Python", "java": "Java", "cpp": "C++"}

KINDS = {
    "block": "computes another value from the same inputs",
    "condition": "decides otherwise on the same inputs",
    "loop": "runs another number of times",
    "crash": "fails where the source does not",
    "missing": "the target lacks this step",
    "extra": "the target has a step of its own",
    "range": "somewhere in these lines",
    "result": "returns another result from equal states",
}

ANSWERS = {
    Answer.EQUIVALENT: "Equivalent",
    Answer.DIVERGENT: "Divergent",
    Answer.UNDECIDED: "Undecided",
}

MARKS = {Answer.EQUIVALENT: "✓", Answer.DIVERGENT: "✗", Answer.UNDECIDED: "?"}

MAX_SURVIVORS = 8  # planted faults that are told one by one to people

_POLICY = {
    "rel_tol": "relative tolerance",
    "abs_tol": "absolute tolerance",
    "ulp": "doubles that may lie between",
    "single_rel_tol": "relative tolerance of single precision",
    "int_width": "integers modulo 2 to the",
    "int_as_float": "3 equals 3.0",
    "bool_as_int": "true equals 1",
    "char_as_text": "a character equals text of length one",
    "tuple_as_list": "a tuple equals a list",
    "unordered": "order of lists is ignored",
    "map_order": "order of maps counts",
    "text": "text",
    "exceptions": "exceptions are the same by",
    "domain": "domain of inputs",
}


def language(side: Side) -> str:
    """The language as people write it."""
    return LANGUAGES.get(side.language, side.language)


def lines(span: tuple[int, int]) -> str:
    """`4`, `4-6`, or a dash where there is no place.

    >>> lines((4, 4)), lines((4, 6)), lines((0, 0))
    ('4', '4-6', '-')
    """
    first, last = span
    if first <= 0:
        return "-"
    return str(first) if last <= first else f"{first}-{last}"


def place(blame: Blame) -> str:
    """Where, in the lines of both programs."""
    return f"{lines(blame.source_lines)} → {lines(blame.target_lines)}"


def variable(blame: Blame) -> str:
    """The blamed variable with its path, with both names where they differ."""
    one, other = blame.variables
    names = one if one == other or not other else (f"{one} / {other}" if one else other)
    return f"{names}{blame.path}" if names else (f"result{blame.path}" if blame.path else "")


def percent(share: float) -> str:
    """A confidence, never rounded up to certainty.

    >>> percent(0.999), percent(1.0), percent(0.5)
    ('99 %', '100 %', '50 %')
    """
    return f"{int(share * 100 + 1e-9)} %"


def plural(n: int, noun: str) -> str:
    """`1 input`, `2 inputs`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def policy_changes(policy: Policy) -> tuple[tuple[str, str], ...]:
    """Each field that is not the default: what it means, its value."""
    default = Policy()
    return tuple(
        (_POLICY.get(field.name, field.name), _setting(getattr(policy, field.name)))
        for field in dataclasses.fields(policy)
        if getattr(policy, field.name) != getattr(default, field.name)
    )


def _setting(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def inputs(strength: Strength) -> str:
    """How many inputs spoke, and how."""
    text = plural(strength.n_run, "input")
    if strength.n_domain != strength.n_run:
        text += f", {strength.n_domain} in domain"
    return f"{text}, {strength.n_agree} agree"


def coverage(side: Side) -> str:
    """How much of one program the inputs entered."""
    return f"{side.n_blocks_covered} of {plural(side.n_blocks, 'block')}" if side.n_blocks else "not measured"


def faults(strength: Strength) -> tuple[str, ...]:
    """How many planted faults these inputs would have caught; nothing when it was not asked for."""
    planted = strength.faults
    if planted is None:
        return ()
    counted = f"{planted.n_caught} of {plural(planted.n_tried, 'planted fault')} caught"
    left = [f"{n} {what}" for n, what in ((planted.n_left, "not tried"), (planted.n_unbuilt, "not built")) if n]
    shown = [
        f"not caught on these inputs: line {one.line}, {one.kind}: {_short(one.old)} → {_short(one.new)}"
        for one in planted.survivors[:MAX_SURVIVORS]
    ]
    more = len(planted.survivors) - len(shown)
    told = [f"and {more} more, which --json lists"] if more > 0 else []
    hint = ["what was not caught is out of reach of these inputs, or means the same"] if shown else []
    return (counted + (f" ({', '.join(left)})" if left else ""), *shown, *told, *hint)


def _short(text: str) -> str:
    """A piece of a program on one line; a dropped statement has become nothing."""
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


def told(text: str, verdict: Verdict) -> str:
    """A sentence for people: it begins with a capital, and blocks are called by their lines."""
    names = {
        block.id: f"line {block.first_line} of the {name}"
        for name, side in (("target", verdict.target), ("source", verdict.source))
        for block in side.outline.blocks
    }
    if names:
        longest_first = sorted(names, key=len, reverse=True)
        ids = "|".join(map(re.escape, longest_first))
        text = re.sub(rf"(?<![\w.:])(?:{ids})(?![\w:]|\.\w)", lambda found: names[found[0]], text)
    # A name in another case is another name, so only a plain word is changed.
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.isalpha() and first.islower() else text


def result(run: Run) -> Value | str:
    """What came out of a run: the value, the exception, or in words why there is none."""
    if run.raised is not None:
        return run.raised
    if run.result is not None:
        return run.result
    return f"{run.cause}: {run.detail}" if run.detail else run.cause


def outcomes(verdict: Verdict, example: Example, width: int) -> tuple[Marked, Marked]:
    """What both programs gave, with the difference marked; the same twice when they agree."""
    one, other = (result(run) for run in (example.source, example.target))
    if isinstance(one, str) or isinstance(other, str):
        texts = [(Piece(visible(out) if isinstance(out, str) else show(out, width), True),) for out in (one, other)]
        return texts[0], texts[1]
    found = first_difference(one, other, verdict.policy)
    if found is None:
        return (Piece(show(one, width)),), (Piece(show(one, width)),)
    return show_difference(one, other, found.path, width)


def command(verdict: Verdict) -> str:
    """What repeats this verdict."""
    words = ["semalign", "diff", verdict.source.path, verdict.target.path]
    names = dict.fromkeys(name for name in (verdict.source.function, verdict.target.function) if name)
    if names:
        words += ["--function", ":".join(names)]
    return shlex.join([*words, "--seed", str(verdict.strength.seed)])
