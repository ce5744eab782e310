"""The code around the statements of an instrumented Python function: how a frame begins and ends."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCode:
    """What the code of one function depends on; the last statement is a `try` whose body is to be put in."""

    key: str
    enter: int  # site of the entry
    raised: int  # site of an exception that leaves it
    op: int  # of the event of the entry
    values: Sequence[str]  # what that shows
    show: str  # statements before an exception is recorded
    freezes_after: bool
    freezes: bool
    n_sites: int  # of the whole file

    def called(self) -> str:
        """A function that others call, or that calls others."""
        key, after = self.key, ""
        if self.freezes_after:
            after = f"    if {key}b:\n        {key}F()\n"
        more = f"{key}b, {key}F = {key}Q\n" if self.freezes or after else ""
        values = "".join(f", {name}" for name in self.values)
        return (
            f"{key}s, {key}n, {key}a, {key}K, {key}q = {key}P\n{more}"
            f"{key}p = {key}s.cur\n"
            f"if ({key}t := {key}n[{self.enter}]) < {key}q and {key}p is not None:\n"
            f"    {key}c = {key}s.cur = [{key}K()]\n"
            f"    {key}a(({self.op}, {key}c[0], {key}p[:]{values}))\n"
            f"else:\n"
            f"    {key}q = -1\n"
            f"    {key}s.cur = None\n"
            f"    {key}c = [-1]\n"
            f"{key}n[{self.enter}] = {key}t + 1\n" + self._caught() + f"finally:\n    {key}s.cur = {key}p\n{after}"
        )

    def lone(self) -> str:
        """The only function of its file that is traced, called from outside alone: it counts in variables."""
        key = self.key
        more = f"{key}b, {key}F = {key}Q\n" if self.freezes else ""
        counts = ", ".join(f"{key}n{site}" for site in range(self.n_sites))
        return (
            f"{key}s, {key}n, {key}a, {key}K, {key}q = {key}P\n{more}"
            f"{counts}, = {key}n\n"
            f"if {key}n{self.enter} < {key}q:\n"
            f"    {key}a(({self.op}, {''.join(f'{name}, ' for name in self.values)}))\n"
            f"else:\n"
            f"    {key}q = -1\n"
            f"{key}c = [{key}n{self.enter}]\n"
            f"{key}n{self.enter} += 1\n" + self._caught() + f"finally:\n    {key}n[:] = ({counts},)\n"
        )

    def _caught(self) -> str:
        key = self.key
        show = "".join(f"    {line}\n" for line in self.show.splitlines())
        return (
            f"try:\n    pass\nexcept BaseException as {key}x:\n{show}"
            f"    {key}X({self.raised}, {key}c, {key}q, {key}x)\n    raise\n"
        )
