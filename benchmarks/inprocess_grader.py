"""The baseline of `sandbox_throughput`: a grader that executes the candidate in its own process.

Written from what is known of LiveCodeBench's grader, and copies none of it. For each program it starts a `Manager`,
which carries results back, and a `multiprocessing.Process`; that one patches dangerous functions away, arms
`signal.alarm`, puts the prelude in front of the candidate and executes it inside itself. A function is then called with
each input; a program that reads is wrapped in a function, and for each input `open` and the standard streams are
patched by `unittest.mock`. Expected values are handed to the process that runs the candidate, which ours never does.

`fork` is what Linux gives to Python 3.11 by default: the child inherits the grader's imports. `spawn` starts a fresh
interpreter that imports them again, as macOS does and as one must when the caller has threads or a GPU.
"""

import ast
import io
import json
import os
import sys
from collections.abc import Callable
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any

from benchmarks.graded_programs import PRELUDE, Form, Program, printed_alike

WALL_S = 6  # seconds a test may take, as its default


def grade(context: BaseContext, program: Program) -> bool:
    """A process and a manager for the program."""
    with context.Manager() as manager:
        results = manager.list()
        process = context.Process(target=_run, args=(program, results))  # type: ignore[attr-defined]  # all have it
        process.start()
        process.join(timeout=(WALL_S + 1) * len(program.inputs) + 5)
        if process.is_alive():
            process.kill()
            process.join()
        verdicts = list(results)
    return bool(verdicts) and all(verdicts[0]) and len(verdicts[0]) == len(program.inputs)


def _run(program: Program, results: Any) -> None:
    import decimal  # noqa: F401 - the grader's own imports, again in a fresh interpreter
    import platform  # noqa: F401
    import signal
    import unittest.mock  # noqa: F401

    import numpy  # noqa: F401

    def late(*_: object) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, late)
    _guard()
    verdicts: list[bool] = []
    try:
        signal.alarm(WALL_S)
        judge = _called if program.form is Form.CALL else _fed
        for test in judge(program):
            signal.alarm(WALL_S)
            verdicts.append(test())
            if not verdicts[-1]:
                break
    except BaseException:  # noqa: BLE001 - it is the candidate's
        verdicts.append(False)
    finally:
        signal.alarm(0)
    results.append(verdicts)


def _module(source: str) -> ModuleType:
    module = ModuleType("tmp_sol")
    exec(source, module.__dict__)
    return module


def _called(program: Program) -> list[Callable[[], bool]]:
    solution = _module(PRELUDE + program.source).solution
    return [
        lambda text=text, value=value: solution(json.loads(text)) == value  # type: ignore[misc]
        for text, value in zip(program.inputs, program.expected, strict=True)
    ]


def _fed(program: Program) -> list[Callable[[], bool]]:
    """The program as the body of a function, so that it can be run again for each input."""
    body = ast.parse(program.source).body
    inputs = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    wrapped = ast.FunctionDef(name="wrapped", args=inputs, body=body, decorator_list=[], lineno=-1)
    main = _module(PRELUDE + ast.unparse(wrapped)).wrapped
    return [
        lambda text=text, value=value: printed_alike(_printed(main, text), str(value))  # type: ignore[misc]
        for text, value in zip(program.inputs, program.expected, strict=True)
    ]


def _printed(main: Callable[[], object], text: str) -> str:
    from unittest.mock import mock_open, patch

    lines = iter(text.split("\n"))
    out = io.StringIO()
    with (
        patch("builtins.open", mock_open(read_data=text)),
        patch("sys.stdin", io.StringIO(text)),
        patch("sys.stdin.readline", lambda *_: next(lines)),
        patch("sys.stdin.readlines", lambda *_: text.split("\n")),
        patch("sys.stdin.read", lambda *_: text),
        patch("sys.stdout", out),
    ):
        main()
    return out.getvalue()


def _guard() -> None:
    """What a grader without a sandbox takes away from a candidate; it stops accidents, not intent."""
    import builtins
    import faulthandler
    import shutil
    import subprocess

    faulthandler.disable()
    os.environ["OMP_NUM_THREADS"] = "1"
    for module, names in {
        os: "kill system putenv remove removedirs rmdir fchdir setuid fork forkpty killpg rename renames truncate "
        "replace unlink fchmod fchown chmod chown chroot lchown getcwd chdir",
        shutil: "rmtree move chown",
        subprocess: "Popen",
        builtins: "quit exit",
    }.items():
        for name in names.split():
            setattr(module, name, None)
    for name in ("ipdb", "joblib", "resource", "psutil", "tkinter"):
        sys.modules[name] = None  # type: ignore[assignment]  # this is how an import is made to fail
