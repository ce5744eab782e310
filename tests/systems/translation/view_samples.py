"""Verdicts built by hand for the tests of the views: no language, sandbox or alignment is asked."""

import dataclasses
from typing import Any

from semalign.alignment.variables import Pair
from semalign.systems.translation.verdict import (
    Answer,
    Blame,
    Example,
    Pairing,
    Planted,
    Side,
    Strength,
    Survivor,
    Verdict,
)
from semalign.traces.blocks import Block, BlockKind, Outline
from semalign.traces.trace import Event, EventKind, Frame, Run, Trace
from semalign.values.model import Bool, Int, List, Text, Value
from semalign.values.types import Signature

SURVIVED = Planted(
    n_caught=19, n_tried=20, n_unbuilt=2, survivors=(Survivor(line=5, kind="bound", old="n", new="n + 1"),)
)

PYTHON = """\
import math


def best_run(a, k):
    best = 0
    total = 0
    for x in a:
        total += x * x
        if total > best:
            best = total
    return best % k
"""

JAVA = """\
class Main {
    static int bestRun(int[] a, int k) {
        int best = 0, total = 0;
        for (int i = 0; i < a.length; i++) {
            total += a[i] * a[i];
            if (total > best) {
                best = total;
            }
        }
        return best % k;
    }
}
"""

Spec = tuple[str, str, BlockKind, dict[str, Any]]


def outline(source: str, function: str, specs: list[Spec]) -> Outline:
    """Blocks found by their text, in order."""
    blocks, place = [], 0
    for block_id, text, kind, more in specs:
        place = source.index(text, place)
        start = len(source[:place].encode())
        first = source.count("\n", 0, place) + 1
        blocks.append(
            Block(
                id=f"{function}:{block_id}",
                kind=kind,
                start_byte=start,
                end_byte=start + len(text.encode()),
                first_line=first,
                last_line=first + text.count("\n"),
                text=text,
                **more,
            )
        )
        place += len(text)
    return Outline(function=function, blocks=tuple(blocks))


def side(path: str, language: str, source: str, blocks: Outline, span: tuple[int, int]) -> Side:
    """All its blocks entered."""
    return Side(
        path=path,
        language=language,
        function=blocks.function,
        source=source,
        outline=blocks,
        first_line=span[0],
        last_line=span[1],
        signature=Signature(name=blocks.function),
        n_blocks=len(blocks.blocks),
        n_blocks_covered=len(blocks.blocks),
    )


def python_side() -> Side:
    loop = {"loops": ("best_run:2.for",), "parent": "best_run:2.for", "arm": "body"}
    then = {"loops": ("best_run:2.for",), "parent": "best_run:2.for:1.if", "arm": "then"}
    specs: list[Spec] = [
        ("0", "def best_run(a, k):", BlockKind.ENTRY, {}),
        ("1", "best = 0\n    total = 0", BlockKind.RUN, {}),
        ("2.for", "for x in a:", BlockKind.FOR, {}),
        ("2.for:0", "total += x * x", BlockKind.RUN, loop),
        ("2.for:1.if", "if total > best:", BlockKind.IF, loop),
        ("2.for:1.if.then:0", "best = total", BlockKind.RUN, then),
        ("3", "return best % k", BlockKind.RUN, {}),
    ]
    return side("best_run.py", "python", PYTHON, outline(PYTHON, "best_run", specs), (4, 11))


def java_side() -> Side:
    loop = {"loops": ("Main.bestRun:2.for",), "parent": "Main.bestRun:2.for", "arm": "body"}
    then = {"loops": ("Main.bestRun:2.for",), "parent": "Main.bestRun:2.for:1.if", "arm": "then"}
    specs: list[Spec] = [
        ("0", "static int bestRun(int[] a, int k)", BlockKind.ENTRY, {}),
        ("1", "int best = 0, total = 0;", BlockKind.RUN, {}),
        ("2.for", "for (int i = 0; i < a.length; i++)", BlockKind.FOR, {}),
        ("2.for:0", "total += a[i] * a[i];", BlockKind.RUN, loop),
        ("2.for:1.if", "if (total > best)", BlockKind.IF, loop),
        ("2.for:1.if.then:0", "best = total;", BlockKind.RUN, then),
        ("3", "return best % k;", BlockKind.RUN, {}),
    ]
    return side("BestRun.java", "java", JAVA, outline(JAVA, "Main.bestRun", specs), (2, 11))


def wrapped(n: int) -> int:
    """As a 32-bit int."""
    return (n + 2**31) % 2**32 - 2**31


def trace(numbers: list[int], k: int, *, java: bool) -> Trace:
    """What both programs do, event by event; Java's int wraps."""
    name = "Main.bestRun" if java else "best_run"
    fit = wrapped if java else int
    items = List(tuple(map(Int, numbers)))
    events = [
        Event(EventKind.ENTER, f"{name}:0", 0, (), (("a", items), ("k", Int(k)))),
        Event(EventKind.RUN, f"{name}:1", 0, (), (("best", Int(0)), ("total", Int(0)))),
    ]
    best = total = 0
    for i, x in enumerate(numbers):
        header: tuple[str, Value] = ("i", Int(i)) if java else ("x", Int(x))
        events.append(Event(EventKind.ITERATE, f"{name}:2.for", 0, (i,), (header,)))
        total = fit(total + x * x)
        events.append(Event(EventKind.RUN, f"{name}:2.for:0", 0, (i,), (("total", Int(total)),)))
        events.append(Event(EventKind.BRANCH, f"{name}:2.for:1.if", 0, (i,), (), Bool(total > best)))
        if total > best:
            best = total
            events.append(Event(EventKind.RUN, f"{name}:2.for:1.if.then:0", 0, (i,), (("best", Int(best)),)))
    events.append(Event(EventKind.RETURN, f"{name}:3", 0, (), (), Int(best % k)))
    counts: dict[str, int] = {}
    for event in events:
        counts[event.block] = counts.get(event.block, 0) + 1
    return Trace(events=tuple(events), frames=(Frame(0, name),), counts=counts)


def pairing() -> Pairing:
    parts = ("0", "1", "2.for", "2.for:0", "2.for:1.if", "2.for:1.if.then:0", "3")
    return Pairing(
        variables=tuple(
            Pair(source=name, target=name, confidence=sure)
            for name, sure in (("a", 1.0), ("k", 1.0), ("best", 0.93), ("total", 0.97))
        ),
        blocks=tuple((f"best_run:{part}", f"Main.bestRun:{part}", 0.9) for part in parts),
    )


def example(numbers: list[int], k: int, *, traced: bool = True) -> Example:
    """One input through both."""
    results = [trace(numbers, k, java=java) for java in (False, True)]
    runs = [Run(cause="ok", result=found.events[-1].outcome, trace=found if traced else None) for found in results]
    arguments: tuple[tuple[str, Value], ...] = (("a", List(tuple(map(Int, numbers)))), ("k", Int(k)))
    return Example(arguments=arguments, source=runs[0], target=runs[1])


def divergent(*, traced: bool = True) -> Verdict:
    """An int that overflows in the third line of the loop."""
    return Verdict(
        answer=Answer.DIVERGENT,
        reason="The source returns 6442455650, the target 9.",
        source=python_side(),
        target=java_side(),
        strength=Strength(
            n_given=5, n_run=214, n_domain=212, n_agree=171, preconditions=("k != 0", "len(a) >= 1"), seed=7
        ),
        smallest=example([3, 46341, 8, 65536], 10**10, traced=traced),
        blames=(
            Blame(
                kind="block",
                source_block="best_run:2.for:0",
                target_block="Main.bestRun:2.for:0",
                source_lines=(8, 8),
                target_lines=(5, 5),
                variables=("total", "total"),
                expected=Int(2147488290),
                actual=Int(-2147479006, 32),
                confidence=0.974,
                n_inputs=41,
                reason="Equal states before it, another total behind it.",
            ),
            Blame(
                kind="condition",
                source_block="best_run:2.for:1.if",
                target_block="Main.bestRun:2.for:1.if",
                source_lines=(9, 9),
                target_lines=(6, 6),
                expected=Bool(True),
                actual=Bool(False),
                confidence=0.31,
                n_inputs=3,
                reason="The condition holds in the source only.",
            ),
        ),
        pairing=pairing(),
        notes=("An intermediate value of i has no counterpart in the source.",),
        tier="namespaces",
        wall_s=1.834,
    )


def equivalent() -> Verdict:
    """Nothing differs."""
    whole = divergent()
    return dataclasses.replace(
        whole,
        answer=Answer.EQUIVALENT,
        reason="Equal on 312 inputs.",
        smallest=None,
        example=example([3, 1, 4, 1, 5], 7),
        blames=(),
        notes=(),
        strength=Strength(n_run=312, n_domain=312, n_agree=312, preconditions=("k != 0",), faults=SURVIVED),
    )


def undecided() -> Verdict:
    """Nothing ran, and nothing but the texts is known."""
    empty = [
        dataclasses.replace(s, outline=Outline(function=s.function, blocks=()), n_blocks=0, n_blocks_covered=0)
        for s in (python_side(), java_side())
    ]
    return Verdict(
        answer=Answer.UNDECIDED,
        reason="The type of parameter a is not known: give --inputs or a signature.",
        source=empty[0],
        target=empty[1],
    )


HOSTILE = "</script><img src=x onerror=alert(1)><!--"


def hostile() -> Verdict:
    """Text that tries to leave the page, to steer the terminal, and to reverse the reading direction."""
    base = divergent()
    source = PYTHON.replace("best = 0", f'best = 0  # {HOSTILE} \u202e\x1b[31m[red] "&quot;')
    specs: list[Spec] = [("0", "def best_run(a, k):", BlockKind.ENTRY, {})]
    evil = dataclasses.replace(
        base.source, path=f"{HOSTILE}.py", source=source, outline=outline(source, HOSTILE, specs), function=HOSTILE
    )
    assert base.smallest
    run = dataclasses.replace(base.smallest.source, trace=_evil_trace())
    return dataclasses.replace(
        base,
        reason=HOSTILE,
        source=evil,
        smallest=Example(arguments=((HOSTILE, Text(HOSTILE)),), source=run, target=base.smallest.target),
        blames=(dataclasses.replace(base.blames[0], reason=HOSTILE, variables=(HOSTILE, "t"), expected=Text(HOSTILE)),),
        pairing=Pairing(
            variables=(Pair(source=HOSTILE, target="total", confidence=0.5),),
            blocks=((f"{HOSTILE}:0", "Main.bestRun:0", 0.5),),
        ),
        notes=(HOSTILE, "\x1b]0;title\x07 and [bold]markup[/bold]"),
        strength=Strength(preconditions=(HOSTILE,)),
    )


def _evil_trace() -> Trace:
    event = Event(EventKind.ENTER, f"{HOSTILE}:0", 0, (), ((HOSTILE, Text(f"{HOSTILE}\u202e\ud800")),), Text(HOSTILE))
    return Trace(events=(event,), frames=(Frame(0, HOSTILE),))


def long() -> Verdict:
    """Long lines, many lines, unicode names, and no pairing."""
    body = "".join(f"    größe_{i} = größe_{i - 1} + {i}  # ✓ 漢字 {'x' * 150}\n" for i in range(1, 81))
    source = f"def f(größe_0):\n{body}    return größe_80\n"
    specs: list[Spec] = [("0", "def f(größe_0):", BlockKind.ENTRY, {}), ("1", body.strip(), BlockKind.RUN, {})]
    one = side("lang/größe.py", "python", source, outline(source, "f", specs), (1, 82))
    base = divergent(traced=False)
    return dataclasses.replace(
        base,
        source=one,
        target=dataclasses.replace(one, path="lang/other.py"),
        pairing=Pairing(),
        blames=(dataclasses.replace(base.blames[0], source_lines=(60, 60), target_lines=(60, 61), target_block=""),),
    )
