"""Runs a Python program on typed inputs, or as a whole, and reports through the shared memory; inside the wall."""

import builtins
import contextlib
import io
import json
import os
import signal
import sys
import time
import types
from collections.abc import Iterator
from typing import Any

TIMEOUT_EXIT = 124  # of a child whose own clock ended an input
_STACK = 12  # frames that the recorder may need on top of the program's own
_TICK_S = 0.02  # how long an event may wait to be written
_SLACK_S = 0.05  # CPU seconds past an input's time for the handler of its clock to be reached


class Driver:
    """One batch of inputs. `parts` are the classes of the other guest files, by name."""

    def __init__(self, header: dict[str, Any], parts: dict[str, Any]) -> None:
        self._header = header
        self._parts = parts
        caps = header["caps"]
        whole = parts["Snapshots"](items=1 << 62, digest_items=caps["digest_items"], depth=64, text=1 << 62)
        self._whole = whole.text
        self._exception_text = parts["exception_text"]
        self._sink = parts["Sink"](os.fstat(3).st_size)
        self._recorder = None
        if header["traced"]:
            shown = parts["Snapshots"](**{name: caps[name] for name in ("items", "digest_items", "depth", "text")})
            speller = parts["Speller"](header, shown.text, whole.text)
            self._recorder = parts["Recorder"](self._sink, header, speller, self._exception_text)
            self._recorder.rehearse()
        self._stdout = sys.stdout
        self._start = 0.0
        self._seconds = 0.0
        self._deadline = float("inf")
        self._limit = sys.getrecursionlimit() + (_STACK if header["traced"] else 0)

    def run_inputs(self) -> None:
        """Every input of standard input, one a line: its number and its arguments."""
        lines = sys.stdin.readlines()
        code = compile(self._header["source"], self._header["path"], "exec", dont_inherit=True)
        kept = dict(vars(builtins))
        signal.signal(signal.SIGALRM, self._ticked)
        for line in lines:
            number, trees = json.loads(line)
            if not self._sink.begin(self._header["share"]):
                return  # the caller starts another child for the rest
            self._sink.write(f'["=",{number}]\n')
            with self._fresh(number, kept):
                self._finish(self._one(code, trees))

    @contextlib.contextmanager
    def _fresh(self, number: int, kept: dict[str, Any]) -> Iterator[None]:
        """What an input may have changed for those after it is put back; its time is limited."""
        sys.stdout, sys.stdin = self._stdout, io.StringIO("")
        sys.setrecursionlimit(self._limit)
        self._stdout.write(f"\x1e{self._header['token']} {number}\n")
        self._deadline = time.monotonic() + self._header["wall_s"]
        self._wind(self._header["wall_s"])
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        vars(builtins).update(kept)
        for name in vars(builtins).keys() - kept.keys():
            del vars(builtins)[name]
        sys.stdout = self._stdout
        self._stdout.write(f"\x1e{self._header['token']} ={self._seconds:.9f}\n")
        with contextlib.suppress(Exception):
            self._stdout.flush()

    def _wind(self, wall_s: float) -> None:
        """Set the clock: it ends an input, and while one is traced it also writes events that wait."""
        step = wall_s if self._recorder is None else min(wall_s, _TICK_S)
        signal.setitimer(signal.ITIMER_REAL, step, _TICK_S)
        if self._recorder is None:
            # A call that stays inside the interpreter reaches no handler; the default action of SIGPROF needs none.
            signal.signal(signal.SIGPROF, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_PROF, wall_s + _SLACK_S)

    def _ticked(self, _number: int, frame: Any) -> None:
        is_late = time.monotonic() >= self._deadline
        if self._recorder is not None:
            if self._recorder.busy:
                return
            if not is_late:
                self._recorder.tick()
                return
            self._recorder.settle(frame)
            self._recorder.end()
        elif not is_late:
            return
        with contextlib.suppress(Exception):
            self._stdout.flush()
        os._exit(TIMEOUT_EXIT)

    def _one(self, code: types.CodeType, trees: list[Any]) -> str:
        """Execute the module anew and call the function; the line that tells how it ended."""
        arguments: list[Any] = []
        self._start = self._seconds = 0.0
        try:
            space = self._module("program")
            exec(code, space)
            called = self._function(space)
            maker = self._parts["Arguments"](space)
            kinds = self._header["types"]
            arguments = [maker.make(tree, kind) for tree, kind in zip(trees, kinds, strict=False)]
            if not self._header["n_required"] <= len(trees) <= len(kinds):
                return _refusal(f"{len(trees)} arguments given, {len(kinds)} wanted")
            if self._recorder is not None:
                self._recorder.begin()
            self._start = time.perf_counter()
            result = called(*arguments)
            self._seconds = time.perf_counter() - self._start
        except self._parts["Misfit"] as misfit:
            return _refusal(str(misfit))
        except BaseException as raised:  # noqa: BLE001 - whatever it is, the program did it
            return self._ended("e", self._exception_text(raised), arguments)
        return self._ended("r", self._whole(result), arguments)

    def _finish(self, line: str) -> None:
        if not self._sink.write(line + "\n"):
            self._sink.write('["r",{"u":"too large to report"},[]]\n')

    def _ended(self, tag: str, text: str, arguments: list[Any]) -> str:
        if tag == "e" and self._start:
            self._seconds = time.perf_counter() - self._start
        if self._recorder is not None:
            before = time.perf_counter()
            self._recorder.end()
            self._seconds += time.perf_counter() - before if self._header.get("count_writing") else 0.0
        return f'["{tag}",{text},[{",".join(map(self._whole, arguments))}]]'

    def _module(self, name: str) -> dict[str, Any]:
        module = sys.modules[name] = types.ModuleType(name)
        space = vars(module)
        if self._recorder is not None:
            self._recorder.enter(space)
        return space

    def _function(self, space: dict[str, Any]) -> Any:
        first, *rest = self._header["function"].split(".")
        found = space[first]
        for step in rest:
            held = vars(found).get(step) if isinstance(found, type) else None
            # A method is called on an object of its own; the host has made sure that this needs no arguments.
            found = getattr(found() if isinstance(held, types.FunctionType) else found, step)
        return found

    def run_program(self) -> None:
        """The whole file as `__main__`, with its standard input."""
        sys.setrecursionlimit(self._limit)
        self._sink.begin(self._header["share"])
        self._sink.write('["=",0]\n')
        space = self._module("__main__")
        code = compile(self._header["source"], self._header["path"], "exec", dont_inherit=True)
        if self._recorder is not None:
            self._recorder.begin()
            signal.signal(signal.SIGALRM, self._ticked)
            self._wind(_TICK_S)
        try:
            exec(code, space)
        except BaseException as raised:
            self._finish(self._ended("e", self._exception_text(raised), []))
            raise
        self._finish(self._ended("r", "null", []))


def _refusal(reason: str) -> str:
    return json.dumps(["!", reason])
