"""Traced runs of the parallel functions and of their faulty versions, kept in a folder so that they are made once.

The folder holds `journal.jsonl`, a line for each fault that was tried, and a file of runs for each program that is of
use. A second start goes on where the first one stopped; the order of faults depends on the seed alone.
"""

import gzip
import json
import pickle
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.data import ParallelFunction, gfg_functions, gfg_inputs
from semalign.alignment.align import same_output
from semalign.alignment.side import Side
from semalign.core.errors import SourceError
from semalign.languages import LANGUAGES
from semalign.languages.faults import Fault, FaultKind, faults, sample
from semalign.languages.protocol import Function, Mode, Unit
from semalign.sandbox import Limits, Sandbox
from semalign.sandbox.model import Outcome
from semalign.traces.blocks import BlockKind
from semalign.traces.trace import Caps, Run
from semalign.values.policy import Policy
from semalign.values.types import Kind

POLICY = Policy(int_as_float=True, rel_tol=1e-6, single_rel_tol=1e-4)
N_INPUTS = 10
LIMITS = Limits(wall_s=1.0, memory_mib=1024)
DIRECTIONS = tuple((a, b) for a in ("java", "python", "cpp") for b in ("java", "python", "cpp") if a != b)


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultyProgram:
    """One fault that builds and changes an output."""

    key: str
    language: str
    function_id: str
    kind: str
    old: str
    new: str
    blocks: tuple[str, ...]  # where it sits: any of these is a hit


@dataclass(slots=True)
class Store:
    """The folder, read and written."""

    folder: Path
    entries: dict[str, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read the journal."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._journal.is_file():
            for line in self._journal.read_text(encoding="utf-8").splitlines():
                entry = json.loads(line)
                self.entries[entry["key"]] = entry

    @property
    def _journal(self) -> Path:
        return self.folder / "journal.jsonl"

    def note(self, entry: dict[str, object]) -> None:
        """Add a line to the journal."""
        self.entries[str(entry["key"])] = entry
        with self._journal.open("a", encoding="utf-8") as out:
            out.write(json.dumps(entry) + "\n")

    def keep(self, key: str, side: Side) -> None:
        """Keep the runs of a program."""
        self._file(key).write_bytes(gzip.compress(pickle.dumps(side), compresslevel=1))

    def side(self, key: str) -> Side:
        """The runs of a program that was kept."""
        kept: Side = pickle.loads(gzip.decompress(self._file(key).read_bytes()))  # ours, written by `keep`
        return kept

    def _file(self, key: str) -> Path:
        return self.folder / (key.replace("/", "~") + ".gz")

    def kept(self) -> list[FaultyProgram]:
        """The faults that are of use, in order of the journal."""
        return [
            FaultyProgram(
                key=str(entry["key"]), language=str(entry["language"]), function_id=str(entry["id"]),
                kind=str(entry["kind"]), old=str(entry["old"]), new=str(entry["new"]),
                blocks=tuple(entry["blocks"]),  # type: ignore[arg-type]  # a list of texts, by `note`
            )
            for entry in list(self.entries.values())  # another thread may add one
            if entry["status"] == "kept"
        ]  # fmt: skip


@dataclass(slots=True)
class Collector:
    """Makes faulty programs until there are enough of each kind."""

    data: Path
    store: Store
    sandbox: Sandbox
    per_language: int
    seed: int = 0
    deadline_s: float = 1e9
    began: float = field(default_factory=time.monotonic)

    def collect(self) -> None:
        """Fill the store; stops at the numbers asked for or when the time is over."""
        functions = list(gfg_functions(self.data))
        random.Random(self.seed).shuffle(functions)
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(self._one, functions))

    def _one(self, function: ParallelFunction) -> None:
        if self._is_over():
            return
        sides = {language: self.original(function, language) for language in LANGUAGES}
        for language in LANGUAGES:
            if any(agreeing(sides[other], sides[language]) for other in LANGUAGES if other != language):
                self._mutants(function, language, sides[language])

    def _is_over(self) -> bool:
        done = Counter(fault.language for fault in self.store.kept())
        late = time.monotonic() - self.began > self.deadline_s
        return late or all(done[language] >= self.per_language for language in LANGUAGES)

    def original(self, function: ParallelFunction, language: str) -> Side | None:
        """The runs of the function as it is; None where it can't be run."""
        key = f"{language}/{function.id}"
        entry = self.store.entries.get(key)
        if entry is None:
            side = self._run(function, language, function.sources[language])
            if side is not None and all(run.trace is None for run in side.runs):
                return None  # the machine failed; the next start tries again
            status = "original" if side is not None and side.runs[0].cause == "ok" else "useless"
            if side is not None and status == "original":
                self.store.keep(key, side)
            self.store.note({"key": key, "status": status})
            return side if status == "original" else None
        return self.store.side(key) if entry["status"] == "original" else None

    def twin(self, function: ParallelFunction, language: str, kind: str, make: Callable[[], str | None]) -> Side | None:
        """The runs of a rewritten program, made once; None where there is none or it can't be run."""
        key = f"{kind}/{language}/{function.id}"
        entry = self.store.entries.get(key)
        if entry is None:
            source = make()
            side = self._run(function, language, source) if source is not None else None
            if side is not None:
                self.store.keep(key, side)
            self.store.note({"key": key, "status": "twin" if side is not None else "no twin"})
            return side
        return self.store.side(key) if entry["status"] == "twin" else None

    def _mutants(self, function: ParallelFunction, language: str, original: Side | None) -> None:
        found = callee(function, language, function.sources[language])
        if found is None or original is None:
            return
        rng = random.Random(f"{self.seed}/{language}/{function.id}")
        made = sample(faults(language, function.sources[language], found[1].start_byte, found[1].end_byte), rng, 1)
        quota = self.per_language / (len(FaultKind) - (language == "python")) * 1.15
        for fault in made:
            key = f"{language}/{function.id}/{fault.start}-{fault.end}-{sum(fault.new.encode())}"
            if key in self.store.entries or self._is_over():
                continue
            done = Counter((one.language, one.kind) for one in self.store.kept())
            of_language = sum(n for (spoken, _), n in done.items() if spoken == language)
            if done[language, fault.kind] < quota and of_language < self.per_language:
                self._try(function, language, original, fault, key)

    def _try(self, function: ParallelFunction, language: str, original: Side, fault: Fault, key: str) -> None:
        side = self._run(function, language, fault.source)
        if side is not None and all(run.trace is None for run in side.runs):
            return  # the machine failed; the next start tries again
        status = "build"
        blocks: tuple[str, ...] = ()
        if side is not None:
            differs = any(
                not same_output(a, b, POLICY, arguments=_is_void(original))
                for a, b in zip(original.runs, side.runs, strict=True)
            )
            status, blocks = ("kept" if differs else "same"), true_blocks(function, language, fault)
            if differs and blocks:
                self.store.keep(key, side)
            elif differs:
                status = "no block"
        self.store.note(
            {"key": key, "status": status, "language": language, "id": function.id, "kind": fault.kind.value,
             "old": fault.old, "new": fault.new, "blocks": list(blocks)}
        )  # fmt: skip

    def _run(self, function: ParallelFunction, language: str, source: str) -> Side | None:
        inputs = gfg_inputs(self.data, function.id)[:N_INPUTS]
        found = callee(function, language, source)
        if found is None or not inputs or found[1].problem:
            return None
        unit, called = found
        built = LANGUAGES[language].build(unit, called, self.sandbox, mode=Mode.TRACED)
        if isinstance(built, Outcome):
            return None
        runs = built.run(inputs, self.sandbox, limits=LIMITS, caps=Caps())
        outlines = tuple(one.outline for one in unit.functions)
        return Side(signature=called.signature, outlines=outlines, runs=tuple(runs))


def agreeing(source: Side | None, target: Side | None) -> bool:
    """Both ran, and their outputs agree on every input."""
    if source is None or target is None:
        return False
    void = _is_void(source) or _is_void(target)
    return all(_agree(a, b, void) for a, b in zip(source.runs, target.runs, strict=True))


def _agree(a: Run, b: Run, void: bool) -> bool:
    return a.cause == "ok" and same_output(a, b, POLICY, arguments=void)


def _is_void(side: Side) -> bool:
    return side.signature.result.kind is Kind.VOID


def callee(function: ParallelFunction, language: str, source: str) -> tuple[Unit, Function] | None:
    """The file parsed, and the function in it that is called."""
    try:
        unit = LANGUAGES[language].parse(source)
    except SourceError:  # a few rows of the data do not parse
        return None
    found = next((one for one in unit.functions if one.name == function.names[language]), None)
    return (unit, found) if found is not None else None


def true_blocks(function: ParallelFunction, language: str, fault: Fault) -> tuple[str, ...]:
    """Blocks of the faulty program that hold the change; of a dropped statement also those next to its place."""
    found = callee(function, language, fault.source)
    if found is None:
        return ()
    blocks = [block for block in found[1].outline.blocks if block.kind is not BlockKind.ENTRY]
    start, end = fault.start, fault.start + len(fault.new.encode())
    holding = [b for b in blocks if b.start_byte < end and start < b.end_byte]
    if fault.kind is not FaultKind.DROPPED:
        smallest = min(holding, key=lambda b: b.end_byte - b.start_byte, default=None)
        return (smallest.id,) if smallest is not None else ()
    if holding:
        return (min(holding, key=lambda b: b.end_byte - b.start_byte).id,)
    around = _around(function, language, fault, {b.id for b in blocks})
    before = max((b for b in blocks if b.end_byte <= start), key=lambda b: b.end_byte, default=None)
    after = min((b for b in blocks if b.start_byte >= end), key=lambda b: b.start_byte, default=None)
    return tuple(dict.fromkeys([b.id for b in (before, after) if b is not None] + around))


def _around(function: ParallelFunction, language: str, fault: Fault, left: set[str]) -> list[str]:
    """Of a block that is gone: its elder sibling, or the header of the arm that is now empty."""
    whole = callee(function, language, function.sources[language])
    blocks = whole[1].outline.blocks if whole is not None else ()
    found: list[str] = []
    for gone in blocks:
        if gone.start_byte <= fault.start and fault.end <= gone.end_byte and gone.id not in left:
            beside = [b for b in blocks if (b.parent, b.arm) == (gone.parent, gone.arm) and b.id in left]
            elder = [b.id for b in beside if b.start_byte < gone.start_byte][-1:]
            found += elder if beside else [gone.parent]
    return [block for block in found if block in left]


def drawn(store: Store, data: Path, per_direction: int, seed: int) -> list[tuple[str, FaultyProgram]]:
    """Source language and fault, so many of each direction where there are, the kinds evenly."""
    ids = {function.id for function in gfg_functions(data)}
    originals: dict[tuple[str, str], Side | None] = {}

    def original(language: str, function_id: str) -> Side | None:
        key = f"{language}/{function_id}"
        if (language, function_id) not in originals:
            entry = store.entries.get(key, {"status": "useless"})
            originals[language, function_id] = store.side(key) if entry["status"] == "original" else None
        return originals[language, function_id]

    found: list[tuple[str, FaultyProgram]] = []
    for source, target in DIRECTIONS:
        usable = [
            fault for fault in store.kept()
            if fault.language == target and fault.function_id in ids
            and agreeing(original(source, fault.function_id), original(target, fault.function_id))
        ]  # fmt: skip
        random.Random(f"{seed}/{source}/{target}").shuffle(usable)
        found += [(source, fault) for fault in usable[:per_direction]]
    return found


def sides(store: Store, source: str, fault: FaultyProgram) -> tuple[Side, Side]:
    """The source as it is, and the faulty target."""
    return store.side(f"{source}/{fault.function_id}"), store.side(fault.key)


def kinds(found: Sequence[FaultyProgram]) -> Counter[str]:
    """How many faults of each kind."""
    return Counter(fault.kind for fault in found)
