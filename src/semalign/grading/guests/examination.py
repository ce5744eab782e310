"""A test that is code, run where the program is not: its calls are looked up, and unknown ones are asked for."""

import ast
import builtins
import json
import os
from typing import Any

_MOST_SHOWN = 2000  # characters; an assertion may show the whole answer
_ANY: dict[str, Any] = {"k": "unknown", "n": True, "s": "", "i": [], "f": []}


class Examination:
    """One attempt of one test. `parts` are the classes of the other guest files, by name.

    `known` maps the arguments of a call, as wire text, to how it ended: `["r", result, arguments after it]` or
    `["e", class, message]`. A call that is not in it ends the attempt with `need`, the argument lists to be run.
    """

    def __init__(self, header: dict[str, Any], parts: dict[str, Any]) -> None:
        self._setup = header["setup"]
        self._code = header["code"]
        self._entry = header["entry"]
        self._known = dict(header["known"])
        self._raised: BaseException | None = None  # what the program raised last
        whole = parts["Snapshots"](items=1 << 62, digest_items=1 << 20, depth=64, text=1 << 62)
        self._text = whole.text
        self._maker = parts["Arguments"]({})

    def run(self) -> None:
        """Write how it went into descriptor 3, as one line of JSON."""
        if not self._known:
            ahead = self._literal_calls()
            if ahead:
                self._say({"need": ahead})
        try:
            self._examine()
        except BaseException as exc:  # noqa: BLE001 - whatever a test raises, it did not pass
            shown = f"{type(exc).__name__}: {exc}"
            if exc is not self._raised and type(exc) is AssertionError:
                shown = str(exc) or "an assertion does not hold"
            self._say({"raised" if exc is self._raised else "failed": shown[:_MOST_SHOWN]})
        self._say({"passed": True})

    def _examine(self) -> None:
        space: dict[str, Any] = {"__name__": "tests"}
        exec(compile(self._setup, "setup.py", "exec", dont_inherit=True), space)
        space[self._entry.rpartition(".")[2]] = space["candidate"] = self._call
        exec(compile(self._code, "tests.py", "exec", dont_inherit=True), space)
        if callable(space.get("check")):
            space["check"](self._call)

    def _call(self, *args: Any, **named: Any) -> Any:
        """What a test calls instead of the program."""
        if named:
            self._say({"broken": "it passes arguments by name"})
        key = self._key(args)
        if key not in self._known:
            try:
                self._maker.make({"t": json.loads(key)}, _ANY)
            except Exception as misfit:  # noqa: BLE001 - a function, an object of the test's own
                self._say({"broken": f"it passes what can't cross: {misfit}"})
            self._say({"need": [key]})
        ended = self._known[key]
        if ended[0] == "e":
            kind: Any = getattr(builtins, ended[1], None)
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                kind = type(ended[1], (Exception,), {})
            self._raised = kind.__new__(kind, ended[2])  # some constructors want more
            raise self._raised
        for given, after in zip(args, ended[2], strict=False):
            self._update(given, self._maker.make(after, _ANY))
        return self._maker.make(ended[1], _ANY)

    def _key(self, args: Any) -> str:
        return "[" + ",".join(map(self._text, args)) + "]"

    def _update(self, given: Any, after: Any) -> None:
        """What the call did to an argument is seen by the test."""
        if type(given) is list and type(after) is list:
            given[:] = after
        elif type(given) in (dict, set) and type(after) is type(given):
            given.clear()
            given.update(after)

    def _literal_calls(self) -> list[str]:
        """Arguments of calls that are all literals, so that one process can run them together."""
        found: dict[str, None] = {}
        names = {"candidate", self._entry.rpartition(".")[2]}
        try:
            nodes = list(ast.walk(ast.parse(self._code)))
        except SyntaxError:
            return []
        for node in nodes:
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in names:
                continue
            try:
                found[self._key([ast.literal_eval(arg) for arg in node.args])] = None
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
                continue
        return list(found)

    def _say(self, message: dict[str, Any]) -> None:
        os.write(3, json.dumps(message).encode() + b"\n")
        os._exit(0)
