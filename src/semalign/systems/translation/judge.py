"""Whether two runs on one input agree, and which inputs say nothing.

The source is the oracle: where it is not defined (it hangs, crashes, runs out of memory, has undefined behaviour, or
fails by an error that its text never raises), the input is out of domain and no verdict rests on it.
"""

import enum
import re
from dataclasses import dataclass, replace

from semalign.systems.translation.contract import Contract
from semalign.traces.trace import Run
from semalign.values.compare import Difference, first_difference
from semalign.values.fit import fit
from semalign.values.model import Int, Null, Opaque, Raised, Value, children, is_whole
from semalign.values.policy import ExceptionRule, Policy
from semalign.values.types import Kind


class Agreement(enum.StrEnum):
    """What one input shows."""

    AGREE = "agree"
    DIFFER = "differ"
    OUTSIDE = "outside"  # the source is not defined on it
    UNKNOWN = "unknown"  # could not be told


@dataclass(frozen=True, slots=True)
class Judgement:
    """The agreement of two runs; the difference where they differ, why not where nothing can be told."""

    agreement: Agreement
    reason: str = ""
    difference: Difference | None = None
    side_effect: str = ""  # a difference in what was done to an argument, which is no alarm by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """Compares runs of the two sides of a contract under a policy."""

    contract: Contract
    policy: Policy
    source_text: str  # to tell a raised error from one that happened

    def judge(self, source: Run, target: Run, *, given: bool = False) -> Judgement:
        """What the two runs show; `given` inputs are meant by the user, so an error of the source counts there."""
        if source.cause == "exception" and source.raised is not None:
            return self._raised(source.raised, target, given=given)
        if source.cause != "ok":
            return Judgement(Agreement.OUTSIDE, f"the source ended with {source.cause} {source.detail}".rstrip())
        if target.cause == "not run":
            return Judgement(Agreement.OUTSIDE, f"the target can't be called: {target.detail}")
        if target.cause == "timeout":
            return Judgement(Agreement.DIFFER, "the target does not end", Difference("", source.result, None))
        if target.cause != "ok":
            what = target.raised.name if target.raised else f"{target.cause} {target.detail}".rstrip()
            return Judgement(
                Agreement.DIFFER, f"the target fails with {what}", Difference("", source.result, target.raised)
            )
        return self._results(source, target)

    def _raised(self, raised: Raised, target: Run, *, given: bool) -> Judgement:
        if not given and not _mentions(self.source_text, raised.name):
            return Judgement(Agreement.OUTSIDE, f"the source fails with {raised.name}")
        if target.cause == "exception" and target.raised is not None:
            found = first_difference(raised, target.raised, self.policy)
            if found is None or (given and not _mentions(self.source_text, raised.name)):
                return Judgement(Agreement.AGREE)  # an error that nobody wrote has no name to keep
            return Judgement(
                Agreement.DIFFER, f"the source raises {raised.name}, the target {target.raised.name}", found
            )
        if target.cause == "ok":
            found = Difference("", raised, target.result)
            return Judgement(Agreement.DIFFER, f"the source raises {raised.name}, the target returns", found)
        if self.policy.exceptions is ExceptionRule.ANY or not _mentions(self.source_text, raised.name):
            return Judgement(Agreement.AGREE)
        found = Difference("", raised, None)
        return Judgement(
            Agreement.DIFFER, f"the source raises {raised.name}, the target ends with {target.cause}", found
        )

    def _results(self, source: Run, target: Run) -> Judgement:
        common = self.contract.common.result
        expected = self._shaped(source.result or Null())
        actual = self._shaped(target.result or Null())
        if common.kind is Kind.VOID or (isinstance(expected, Null) and isinstance(actual, Null)):
            return self._arguments(source, target, decides=True)
        if not is_whole(expected) or not is_whole(actual):
            return Judgement(Agreement.UNKNOWN, "the result is too large or can't be represented")
        found = first_difference(expected, actual, self.policy)
        if found is not None:
            return Judgement(Agreement.DIFFER, "the results differ", found)
        if held := _opaque(expected):
            why = f"the result holds a {held}, which has no content to compare; return its values, as a list"
            return Judgement(Agreement.UNKNOWN, why)
        return self._arguments(source, target, decides=False)

    def _shaped(self, value: Value) -> Value:
        """In the form of the common result type where that loses nothing; a whole number stays one unless declared."""
        common = self.contract.common.result
        if isinstance(value, Int) and common.kind is Kind.FLOAT and not self._declares_float():
            return value
        return fit(value, common) if common.kind in (Kind.TEXT, Kind.CHAR, Kind.FLOAT, Kind.LIST, Kind.TUPLE) else value

    def _declares_float(self) -> bool:
        return Kind.FLOAT in (self.contract.source.result.kind, self.contract.target.result.kind)

    def _arguments(self, source: Run, target: Run, *, decides: bool) -> Judgement:
        """What was done to the arguments: the output of a function that returns nothing, else a remark."""
        for i, parameter in enumerate(self.contract.common.parameters):
            both_seen = (
                self.contract.source.parameters[i].by_reference and self.contract.target.parameters[i].by_reference
            )
            if not both_seen or i >= len(source.arguments) or i >= len(target.arguments):
                continue
            expected, actual = (fit(run.arguments[i], parameter.type) for run in (source, target))
            found = first_difference(expected, actual, self.policy)
            if found is None:
                continue
            if not decides:
                return Judgement(Agreement.AGREE, side_effect=parameter.name)
            if not is_whole(expected) or not is_whole(actual):
                return Judgement(Agreement.UNKNOWN, f"{parameter.name} is too large or can't be represented")
            found = replace(found, path=parameter.name + found.path)
            return Judgement(Agreement.DIFFER, f"{parameter.name} differs after the call", found)
        return Judgement(Agreement.AGREE)


def _opaque(value: Value) -> str:
    """The type of something in it that looks like any other of its kind: two generators, whatever they give."""
    if isinstance(value, Opaque):
        return value.type_name
    return next(filter(None, (_opaque(inner) for _, inner in children(value))), "")


def _mentions(source: str, name: str) -> bool:
    """The program text raises this exception itself."""
    bare = name.rsplit(".", 1)[-1].rsplit("::", 1)[-1]
    return re.search(rf"\b(raise|throw)\b[^;\n]*\b{re.escape(bare)}\b", source) is not None
