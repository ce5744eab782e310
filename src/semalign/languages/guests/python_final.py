"""What every variable ends with, seen by the interpreter's own events; inside the wall. The source is never changed.

Without lines only returns are looked at: `sys.monitoring` from Python 3.12 on, before it a trace function that asks
for no lines. With lines each binding is seen, too, and copied.
"""

import dis
import io
import json
import os
import random
import sys
import time
import types
from typing import Any

_GENERATOR = 0x20 | 0x80 | 0x200  # generators, coroutines, asynchronous generators
_SKIPPED = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)
_WATCHED = (
    "sys.settrace", "sys.setprofile", "sys._getframe", "sys.monitoring.", "gc.", "ctypes", "code.__new__", "cpython.",
    "sys.addaudithook",
)  # fmt: skip
_BINDS = ("STORE_FAST", "STORE_DEREF", "STORE_NAME", "DELETE_FAST", "DELETE_DEREF", "DELETE_NAME")
_TOOL = 3  # of `sys.monitoring`; the lower ones have names


class Scope:
    """One call of one scope: its number by completion, and what its variables held."""

    __slots__ = ("call", "gone", "held", "name", "values")

    def __init__(self, name: str) -> None:
        self.name = name
        self.call = 0
        self.values: dict[str, str] = {}  # by name, as wire text
        self.held: dict[str, list[Any]] = {}  # by name: text at the last definition, its line, bindings so far
        self.gone: list[str] = []  # names that were unbound again


class Finals:
    """One run. `parts` are the classes of the other guest files, by name."""

    def __init__(self, header: dict[str, Any], parts: dict[str, Any]) -> None:
        self._header = header
        caps = header["caps"]
        self._text = parts["Snapshots"](**caps).text
        self._whole = parts["Snapshots"](items=1 << 20, digest_items=1 << 20, depth=64, text=1 << 20).text
        self._exception_text = parts["exception_text"]
        self._maker = parts["Arguments"]
        self._path = header["path"]
        self._open: dict[Any, Scope] = {}  # by frame
        self._done: list[Scope] = []
        self._counts: dict[str, int] = {}  # completed calls by scope; one more than is kept stands for any more
        self._depths: dict[str, int] = {}
        self._outermost: dict[str, Scope] = {}  # of scopes that recurse, the call that ended last with none around it
        self._recursive: set[str] = set()
        self._bound: dict[Any, dict[int, tuple[str, ...]]] = {}  # by code: names by the line that binds them
        self._names: dict[Any, str] = {}  # by code
        self._lines: dict[Any, int] = {}  # by frame: the line that is being executed
        self._n_events = 0
        self._flags: set[str] = set()
        self._is_over = self._is_asking = False

    # ------------------------------------------------------------------------------------------------- the run

    def run(self) -> None:
        """The program, watched; then what was seen, as one line in descriptor 3."""
        random.seed(self._header["random_seed"])
        self._shift_clock(self._header["clock_shift_s"])
        sys.stdin = io.StringIO(self._header["stdin"])
        code = compile(self._header["source"], self._path, "exec", dont_inherit=True)
        name = "program" if self._header["entry"] else "__main__"
        module = sys.modules[name] = types.ModuleType(name)
        space = vars(module)
        sys.addaudithook(self._audited)
        start = time.perf_counter()
        how, result = "return", "null"
        stop = self._watch()
        try:
            exec(code, space)
            if self._header["entry"]:
                made = self._maker(space)
                called = self._entry(space)
                arguments = [made.make(tree, _ANY) for tree in self._header["arguments"]]
                start = time.perf_counter()
                result = self._whole(called(*arguments))
        except SystemExit as raised:
            how, result = "exit", self._exception_text(raised)
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the program did it
            how, result = "exception", self._exception_text(raised)
        seconds = time.perf_counter() - start
        self._is_over = True
        if not stop():
            self._flags.add("it took the tracer away")
        self._module(space)
        self._write(how, result, seconds)

    def _entry(self, space: dict[str, Any]) -> Any:
        first, *rest = self._header["entry"].split(".")
        found = space[first]
        for step in rest:
            found = getattr(found() if isinstance(found, type) else found, step)
        return found

    def _shift_clock(self, shift_s: float) -> None:
        for name in ("time", "monotonic", "perf_counter"):
            setattr(time, name, _shifted(getattr(time, name), shift_s))
            setattr(time, f"{name}_ns", _shifted(getattr(time, f"{name}_ns"), int(shift_s * 1e9)))

    def _audited(self, event: str, args: tuple[Any, ...]) -> None:
        if self._is_over or self._is_asking or not event.startswith(_WATCHED):
            return
        self._is_asking = True  # looking at the frame is an event of its own
        if sys._getframe(1).f_code.co_filename == self._path:
            self._flags.add(f"it used {event}")
        self._is_asking = False

    # ------------------------------------------------------------------------------------------------ watching

    def _watch(self) -> Any:
        """Begin; what is returned ends it and says whether all was still in place."""
        monitoring = getattr(sys, "monitoring", None)
        if monitoring is None or self._header["lines"]:
            seen = self._traced if self._header["watch"] else None
            sys.settrace(seen)
            return lambda: _untraced(seen)
        if not self._header["watch"]:
            return lambda: True
        events = monitoring.events
        monitoring.use_tool_id(_TOOL, "semalign")
        for event, function in (
            (events.PY_START, lambda code, _: self._started(code)),
            (events.PY_RETURN, lambda code, _, value: self._left(code, "return")),
            (events.PY_UNWIND, lambda code, _, raised: self._left(code, "exception")),
            (events.PY_YIELD, lambda code, _, value: self._left(code, "yield")),
        ):
            monitoring.register_callback(_TOOL, event, function)
        wanted = events.PY_START | events.PY_RETURN | events.PY_UNWIND | events.PY_YIELD
        monitoring.set_events(_TOOL, wanted)

        def stop() -> bool:
            in_place = bool(monitoring.get_tool(_TOOL) == "semalign" and monitoring.get_events(_TOOL) == wanted)
            if in_place:
                monitoring.free_tool_id(_TOOL)
            return in_place

        return stop

    def _started(self, code: Any) -> Any:
        if code.co_filename != self._path or not _is_scope(code) or self._is_full(code):
            return sys.monitoring.DISABLE  # type: ignore[attr-defined] # from Python 3.12 on
        self._enter(sys._getframe(2))
        return None

    def _left(self, code: Any, how: str) -> Any:
        if code.co_filename == self._path and _is_scope(code):
            frame = sys._getframe(2)
            if frame in self._open:
                self._leave(frame, how)
                return None
        return None if how == "exception" else sys.monitoring.DISABLE  # type: ignore[attr-defined] # as above

    def _traced(self, frame: Any, event: str, _arg: Any) -> Any:
        """The trace function for calls: which frames are looked into."""
        code = frame.f_code
        if code.co_filename != self._path or not _is_scope(code) or self._is_full(code):
            return None
        frame.f_trace_lines = self._header["lines"]
        if frame not in self._open:
            self._enter(frame)
        return self._inside

    def _inside(self, frame: Any, event: str, _arg: Any) -> Any:
        if event == "line":
            self._stepped(frame)
        elif event == "return":
            self._stepped(frame)
            is_paused = frame.f_code.co_flags & _GENERATOR and _is_paused(frame)
            self._leave(frame, "yield" if is_paused else "return")
        return self._inside

    # ---------------------------------------------------------------------------------------------- the scopes

    def _is_full(self, code: Any) -> bool:
        """Enough calls of this scope were seen, and it did not recurse in them: the others cost nothing."""
        name = self._names.get(code)
        if name is None:
            name = self._names[code] = _qualified(code)
        return self._counts.get(name, 0) > self._header["max_calls"] and name not in self._recursive

    def _enter(self, frame: Any) -> None:
        code = frame.f_code
        name = _qualified(code)
        depth = self._depths[name] = self._depths.get(name, 0) + 1
        if depth > 1:
            self._recursive.add(name)
        scope = self._open[frame] = Scope(name)
        if self._header["lines"]:
            n_args = code.co_argcount + code.co_kwonlyargcount
            for argument in code.co_varnames[:n_args]:
                if isinstance(frame.f_locals.get(argument), _SKIPPED) or argument == "self":
                    continue
                scope.held[argument] = [self._text(frame.f_locals.get(argument)), code.co_firstlineno, 0]

    def _leave(self, frame: Any, how: str) -> None:
        scope = self._open.get(frame)
        if scope is None:
            return
        name = scope.name
        is_first = scope.call == 0
        if is_first:
            scope.call = self._counts[name] = self._counts.get(name, 0) + 1
        kept = scope.call <= self._header["max_calls"]
        if how != "yield":
            self._depths[name] -= 1
            del self._open[frame]
            self._lines.pop(frame, None)
        outermost = name in self._recursive and self._depths[name] == 0
        if kept or outermost:
            self._read(scope, frame)
        if kept and is_first:
            self._done.append(scope)
        elif outermost:
            self._outermost[name] = scope

    def _read(self, scope: Scope, frame: Any) -> None:
        """Copy what its variables hold; those of an enclosing function belong there."""
        code = frame.f_code
        held = frame.f_locals
        scope.gone = sorted(name for name in scope.held if name not in held)
        for name, value in list(held.items()):
            if name in code.co_freevars or name.startswith((".", "__")):
                continue
            if name == "self" and code.co_varnames[:1] == ("self",):
                self._attributes(scope, value)
            elif not isinstance(value, _SKIPPED):
                scope.values[name] = self._text(value)

    def _attributes(self, scope: Scope, value: Any) -> None:
        try:
            fields = object.__getattribute__(value, "__dict__")
        except AttributeError:
            return
        if type(fields) is dict:
            for name, inner in list(fields.items()):
                if type(name) is str and not isinstance(inner, _SKIPPED):
                    scope.values[f"self.{name}"] = self._text(inner)

    def _stepped(self, frame: Any) -> None:
        """Another line begins in this frame: what the one before it bound is copied."""
        self._n_events += 1
        scope = self._open.get(frame)
        if scope is None or self._n_events > self._header["max_events"]:
            return
        line, self._lines[frame] = self._lines.get(frame), frame.f_lineno
        if line is None:
            return
        code = frame.f_code
        bound = self._bound.get(code)
        if bound is None:
            bound = self._bound[code] = _bindings(code)
        for name in bound.get(line, ()):
            if name in frame.f_locals and not isinstance(frame.f_locals[name], _SKIPPED):
                before = scope.held.get(name)
                text = self._text(frame.f_locals[name])
                scope.held[name] = [text, line, (before[2] if before else 0) + 1]
            elif name in scope.held:
                scope.held[name][2] += 1

    # -------------------------------------------------------------------------------------------------- telling

    def _module(self, space: dict[str, Any]) -> None:
        """The module's own variables, when all is over."""
        scope = next((one for one in self._done if one.name == ""), None)
        if scope is None:
            scope = Scope("")
            scope.call = 1
            self._done.append(scope)
        scope.values = {
            name: self._text(value)
            for name, value in list(space.items())
            if type(name) is str and not name.startswith("__") and not isinstance(value, _SKIPPED)
        }

    def _write(self, how: str, result: str, seconds: float) -> None:
        for frame, scope in list(self._open.items()):  # suspended for good
            if scope.call:
                self._open.pop(frame)
        scopes = [*self._done, *(one for one in self._outermost.values() if one not in self._done)]
        head = {
            "nonce": self._header["nonce"],
            "how": how,
            "events": self._n_events,
            "flags": sorted(self._flags),
            "open": len([one for one in self._open.values() if one.name]),
            "seconds": seconds,
            "hash_mark": hash("semalign"),
        }
        parts = ",".join(
            f"[{json.dumps(one.name)},{one.call},{_object(one.values)},"
            f"{_object({name: json.dumps(held[1:])[:-1] + ',' + held[0] + ']' for name, held in one.held.items()})},"
            f"{json.dumps(one.gone)}]"
            for one in scopes
        )
        line = f'{{"head":{json.dumps(head)},"result":{result},"counts":{json.dumps(self._counts)},"scopes":[{parts}]}}'
        try:
            sys.stdout.flush()
        finally:
            os.write(3, line.encode("ascii") + b"\n")


_ANY: dict[str, Any] = {"k": "unknown", "n": True, "s": "", "i": [], "f": []}


def _object(texts: dict[str, str]) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{text}" for name, text in texts.items()) + "}"


def _shifted(clock: Any, shift: Any) -> Any:
    return lambda: clock() + shift


def _untraced(seen: Any) -> bool:
    """End tracing; whether it was still `seen` that traced."""
    in_place = bool(sys.gettrace() == seen)
    sys.settrace(None)
    return in_place


def _is_scope(code: Any) -> bool:
    """A function or the module; comprehensions, lambdas and class bodies are none."""
    name = code.co_name
    return name == "<module>" or (name[0] != "<" and bool(code.co_flags & 0x2))  # newlocals and optimized: a function


def _qualified(code: Any) -> str:
    return "" if code.co_name == "<module>" else code.co_qualname.replace(".<locals>", "")


def _is_paused(frame: Any) -> bool:
    """The last instruction was a yield."""
    op = frame.f_code.co_code[frame.f_lasti]
    return dis.opname[op] in ("YIELD_VALUE", "SEND", "INSTRUMENTED_YIELD_VALUE")


def _bindings(code: Any) -> dict[int, tuple[str, ...]]:
    """Names that each line of a function binds or deletes."""
    found: dict[int, dict[str, None]] = {}
    line = code.co_firstlineno
    for step in dis.get_instructions(code):
        line = step.positions.lineno if step.positions and step.positions.lineno else line
        if step.opname.startswith(_BINDS):
            names = step.argval if isinstance(step.argval, tuple) else (step.argval,)
            for name in names:
                found.setdefault(line, {})[name] = None
    return {line: tuple(names) for line, names in found.items()}
