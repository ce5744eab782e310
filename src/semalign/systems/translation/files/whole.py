"""`translate_file`: a whole file in, a file of another language out whose parts were each judged alone.

The paragraph said aloud: read the source into its parts; in the order in which callees come first, port constants and
classes, translate each function as `translate` does, into the file as it is so far, and port what can't be called
alone. A part is kept if the file builds with it; what is left out is listed, with its reason. The main program comes
last.
"""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from semalign.core.errors import BudgetError, ConfigError, MissingToolError, SourceError
from semalign.languages import LANGUAGES
from semalign.languages.protocol import Language, Unit
from semalign.models import Model
from semalign.repair import Journal
from semalign.sandbox.model import Cause, Limits, Outcome, Sandbox
from semalign.systems.translation.agents.asker import asker_within, spent
from semalign.systems.translation.agents.porter import Porter
from semalign.systems.translation.agents.task import Task
from semalign.systems.translation.files.assembly import Assembly, empty, heads, piece_of
from semalign.systems.translation.files.drafted import Drafted, drafted
from semalign.systems.translation.files.file_translation import FileTranslation, PartDone
from semalign.systems.translation.files.parts import FileParts, Kind, Part, is_shorthand, reached, reads_stdin
from semalign.systems.translation.files.programs import Compared, Program, compare_programs
from semalign.systems.translation.files.reading import guarded, parts_of
from semalign.systems.translation.job import MAX_CONTEXT, type_report
from semalign.systems.translation.skeleton import class_name, target_name
from semalign.systems.translation.subject import load, read_text
from semalign.systems.translation.translate import translate
from semalign.systems.translation.translation import TranslateConfig, Translation
from semalign.systems.translation.verdict import Answer

N_TRIES = 3  # of a part that is ported
MAX_TRACED = 10_000  # characters of standard input with which calls are looked for
START_S = 10.0  # for a file to be built and started, or to print its result
READS = "it reads standard input, so it can't be called alone"
_WORDS = {Kind.MAIN: "main program", Kind.TYPE: "code", Kind.CONSTANT: "code", Kind.FUNCTION: "code"}
_WORST = (Answer.DIVERGENT, Answer.UNDECIDED, Answer.EQUIVALENT)


def translate_file(
    config: TranslateConfig,
    sandbox: Sandbox,
    model: Model | None,
    *,
    texts: Sequence[str] = (),
    journal: Journal | None = None,
    report: type_report = lambda doing: None,
) -> FileTranslation:
    """The whole file of `config.source`; `config.draft` is then a whole file too, and the budget that of all parts.

    `texts` are what the source may read from standard input; both programs are compared on them, and on texts made
    from them. The calls that the source makes on one of them are inputs for its functions.

    Raises:
        ConfigError: the request can't be meant (with what to do instead).
        MissingToolError: a compiler is missing.
        ModelError: the model failed; the journal holds what was done before.
        SandboxError: the machine failed.
    """
    began = time.monotonic()
    work = _begin(config, sandbox, model, journal or Journal(), texts)
    parts = work.source.parts
    for number, part in enumerate(parts, start=1):
        report(f"{part.name} ({number} of {len(parts)})")
        work.keep(work.done_with(part))
    report("building the whole file")
    left = [f"not translated: {one.part.name}: {one.reason}" for one in work.done if one.is_left]
    whole = replace(work.assembly, remarks=tuple(" ".join(line.split()) for line in left))
    return FileTranslation(
        source=config.source,
        source_language=work.source_language,
        language=config.to,
        program=whole.program,
        builds=not work.refusal(whole if whole.main else whole.startable),
        parts=work.judged,
        compared=work.compared,
        spent=spent(work.journal),
        model="" if model is None else model.name,
        stopped=work.stopped,
        wall_s=time.monotonic() - began,
    )


def _begin(
    config: TranslateConfig, sandbox: Sandbox, model: Model | None, journal: Journal, texts: Sequence[str]
) -> "_Work":
    speaks, unit = load(config.source)
    if config.to not in LANGUAGES:
        raise ConfigError(f"no language {config.to!r}; --to takes {', '.join(LANGUAGES)}")
    if config.to == speaks.name:
        raise ConfigError(f"{config.source} is {speaks.name} already; name another language with --to")
    if missing := LANGUAGES[config.to].missing():
        raise MissingToolError(missing)
    if model is None and config.draft is None:
        raise ConfigError("there is no model and no draft; give a draft with --from-draft FILE, or name a --model")
    everything = parts_of(unit.source, speaks.name)
    source = replace(everything, parts=tuple(part for part in everything.parts if not is_shorthand(part)))
    draft = None if config.draft is None else drafted(read_text(config.draft), config.to, source)
    title = (draft.file.owner if draft is not None else "") or class_name(target_name(config).stem)
    assembly = empty(config.to, title)
    return _Work(
        config=replace(config, out=target_name(config), stdin=_calling(texts)),
        sandbox=sandbox,
        model=model,
        journal=journal,
        language=LANGUAGES[config.to],
        source_language=speaks.name,
        unit=unit,
        source=source,
        shorthands=tuple(part.text for part in everything.parts if is_shorthand(part)),
        texts=tuple(texts),
        draft=draft,
        assembly=assembly if draft is None else assembly.with_imports(draft.file.imports),
    )


@dataclass(slots=True, kw_only=True)
class _Work:
    """One file under way."""

    config: TranslateConfig
    sandbox: Sandbox
    model: Model | None
    journal: Journal
    language: Language
    source_language: str
    unit: Unit  # the source
    source: FileParts
    shorthands: tuple[str, ...]  # of C++: told, and not translated
    texts: tuple[str, ...]
    draft: Drafted | None
    assembly: Assembly
    compared: Compared | None = None  # the programs
    done: list[PartDone] = field(default_factory=list)
    stopped: str = ""

    def done_with(self, part: Part) -> PartDone:
        """The part in the target language, or why there is none."""
        text = None if self.draft is None else self.draft.piece(part, self.here)
        missing = [one.part.name for one in self.done if one.is_left and set(one.part.names) & part.uses]
        if text is None and self.model is None:
            return _left(part, "the draft has nothing of this name")
        if text is None and missing:
            return _left(part, f"it needs {', '.join(missing)}, which is not translated")
        try:
            if part.kind is Kind.MAIN:
                return self.started(part, text)
            if part.kind is not Kind.FUNCTION:
                return self.ported(part, text)
            if reads_stdin(part):
                return self.ported(part, text, READS)
            return self.translated(part, text)
        except BudgetError as exc:
            self.stopped = str(exc)
            return _left(part, str(exc))

    def keep(self, done: PartDone) -> None:
        """The file with one more part."""
        self.done.append(done)
        if not done.is_left:
            is_main = done.part.kind is Kind.MAIN
            self.assembly = self.assembly.ended(done.text) if is_main else self.assembly.added(done.text)

    @property
    def judged(self) -> tuple[PartDone, ...]:
        """All parts; what can't be called alone since it reads is judged by the program that calls it."""
        main = self.source.main
        if main is None or self.compared is None or self.compared.answer is not Answer.EQUIVALENT:
            return tuple(self.done)
        called = reached(main, self.source.parts)
        return tuple(
            replace(one, answer=Answer.EQUIVALENT, reason=f"as a part of the program: {self.compared.reason}")
            if one.reason == READS and one.part in called
            else one
            for one in self.done
        )

    @property
    def here(self) -> frozenset[str]:
        """Names that the target file has."""
        known = parts_of(self.assembly.program, self.language.name, self.types).parts
        return frozenset(name for part in known for name in part.names)

    @property
    def types(self) -> frozenset[str]:
        """Names of the source's classes."""
        return frozenset(name for part in self.source.parts if part.kind is Kind.TYPE for name in part.names)

    # functions

    def translated(self, part: Part, text: str | None) -> PartDone:
        """A function, or several that call each other, each judged alone."""
        try:
            if text is None and len(part.spans) > 1:
                first = self.ported(part, None)
                text = first.text or None
            found: dict[str, Translation] = {}
            for name in (*part.names, *part.names[:-1]):
                if name not in found or found[name].text != text:
                    found[name] = self.translation(part, name, text)
                    text = found[name].text
        except ConfigError as exc:
            return self.ported(part, text, f"it can't be judged alone: {exc}")
        self.stopped = next((one.stopped for one in found.values() if one.stopped), self.stopped)
        last = next(one for one in found.values() if one.text == text)
        if not last.shown.builds:
            if not self.refused(part, last.text):  # it builds, but can't be called: overloaded in the target, say
                why = f"it can't be judged alone: {last.reason}"
                return PartDone(part=part, text=last.text, answer=Answer.UNDECIDED, reason=why)
            return replace(_left(part, last.reason), answer=Answer.DIVERGENT)
        answer, reason = min(
            ((one.answer, one.reason) for one in found.values()), key=lambda judged: _WORST.index(judged[0])
        )
        if any(one.text != text for one in found.values()) and answer is Answer.EQUIVALENT:
            answer, reason = Answer.UNDECIDED, "functions that call each other were mended in turn; translate again"
        return PartDone(part=part, text=last.text, answer=answer, reason=reason, translations=tuple(found.values()))

    def translation(self, part: Part, name: str, text: str | None) -> Translation:
        """One function, put into the file as it is so far."""
        suffix = self.language.suffixes[0]
        with tempfile.TemporaryDirectory() as folder:
            harness, draft = Path(folder, f"harness{suffix}"), Path(folder, f"draft{suffix}")
            harness.write_text(self.assembly.shell, encoding="utf-8")
            draft.write_text(text or "", encoding="utf-8")
            asked = replace(
                self.config, function=name, signature="", harness=harness, draft=None if text is None else draft,
                available=self.available(part), context=self.context(part), known=self.here - {*part.names},
            )  # fmt: skip
            if (alone := guarded(self.unit.source, self.source, self.source_language)) != self.unit.source:
                asked = replace(asked, source=Path(folder, self.config.source.name))
                asked.source.write_text(alone, encoding="utf-8")
            found = translate(asked, self.sandbox, self.model, journal=self.journal)
        return _called(found, self.config.source)

    def context(self, part: Part) -> str:
        """What the part uses, in the source language."""
        used = [*self.shorthands, *(one.text for one in reached(part, self.source.parts))]
        return "\n\n".join(used)[:MAX_CONTEXT]

    def available(self, part: Part) -> str:
        """The same, in the target language: functions by their heads."""
        used = set(reached(part, self.source.parts))
        shown = [
            "\n".join(heads(one.text, self.language.name)) or one.text if one.part.kind is Kind.FUNCTION else one.text
            for one in self.done
            if one.part in used and not one.is_left
        ]
        return "\n\n".join(shown)[:MAX_CONTEXT]

    # what has no inputs of its own

    def ported(self, part: Part, text: str | None, why: str = "") -> PartDone:
        """A part that is kept if the file builds with it; `why` it can't be judged alone, if it is a function."""
        said = ""
        for _ in range(1 if self.model is None else N_TRIES):
            if text is None or said:
                text = self.asked(part, text or "", said)
            said = self.refused(part, text)
            if not said:
                answer = Answer.UNDECIDED if why else None
                return PartDone(part=part, text=text, answer=answer, reason=why or "judged by what uses it")
        first = next((line.strip() for line in said.splitlines() if "error" in line.lower()), said.strip())
        return replace(_left(part, f"it does not build: {first.splitlines()[-1][:200]}"), answer=Answer.DIVERGENT)

    def started(self, part: Part, text: str | None) -> PartDone:
        """The main program, judged by what it prints; asked for again where only it can be wrong."""
        done = self.ported(part, text)
        for n_more in reversed(range(N_TRIES)):
            if done.is_left:
                break
            found = self.compared = self.comparison(done.text)
            done = replace(done, answer=found.answer, reason=found.reason)
            wrong = found.answer is Answer.DIVERGENT and all(one.answer is not Answer.DIVERGENT for one in self.done)
            if not wrong or self.model is None or not n_more:
                break
            said = f"On this standard input:\n{(found.stdin or '')[:1000]}\n{found.reason}"
            try:
                again = self.ported(part, self.asked(part, done.text, said) or None)
            except BudgetError as exc:
                self.stopped = str(exc)
                break
            if again.is_left or again.text == done.text:
                break
            done = again
        return done

    def comparison(self, text: str) -> Compared:
        """The source and the target with this main program on the same standard input."""
        if not self.texts and self.source.reads_stdin:
            return Compared(answer=Answer.UNDECIDED, reason="it reads standard input; give texts for it with --stdin")
        program = self.assembly.ended(text).program
        limits = Limits(wall_s=START_S, memory_mib=self.config.memory_mib)
        languages = LANGUAGES[self.source_language], self.language
        units = self.unit, self.language.parse(program, str(target_name(self.config)))
        source, target = (
            Program(language=language, unit=unit, sandbox=self.sandbox, limits=limits)
            for language, unit in zip(languages, units, strict=True)
        )
        return compare_programs(source, target, self.texts or ("",), seed=self.config.seed)

    def asked(self, part: Part, before: str, said: str) -> str:
        """What the model makes of a part, without what the file has already; "" for nothing."""
        assert self.model is not None, "callers without a model have a draft"
        task = Task(
            source_language=self.source_language,
            function=part.text,
            context=self.context(part),
            language=self.language.name,
            name=part.name,
            available=self.available(part),
        )
        porter = Porter(asker_within(self.config.budget, self.model, self.journal))
        reply = porter.port(task, _WORDS[part.kind], before=before, said=said)
        file = parts_of(reply, self.language.name, self.types)
        here = self.here
        wanted = [
            one
            for one in file.parts
            if not set(one.names) & here and (one.kind is not Kind.MAIN or part.kind is Kind.MAIN)
        ]
        text = piece_of(wanted, self.language.name)
        if file.owner:
            text = text.replace(f"{file.owner}.", f"{self.assembly.title}.")
        return f"{file.imports}{text}" if text else ""

    def refused(self, part: Part, text: str) -> str:
        """Why the file can't have this part; "" where it builds."""
        if not text:
            return "there is no code"
        if part.kind is Kind.MAIN:
            return self.refusal(self.assembly.ended(text))
        return self.refusal(self.assembly.added(text).startable)

    def refusal(self, file: Assembly | str) -> str:
        """What the compiler says of a file; of one that only starts, what starting it says."""
        only_starts = isinstance(file, str)
        text = file if isinstance(file, str) else file.program
        try:
            unit = self.language.parse(text, str(target_name(self.config)))
        except SourceError as exc:
            return str(exc)
        limits = Limits(wall_s=START_S, memory_mib=self.config.memory_mib)
        outcome = self.language.run_program(unit, self.sandbox, limits=limits)
        if outcome.cause is Cause.BUILD_ERROR or (only_starts and outcome.cause is not Cause.OK):
            return _said(outcome)
        return ""


def _called(done: Translation, source: Path) -> Translation:
    """The same, with the user's own name of the source."""
    if done.verdict is None or done.request is None:
        return done
    verdict = replace(done.verdict, source=replace(done.verdict.source, path=str(source)))
    return replace(done, verdict=verdict, request=replace(done.request, source=source))


def _calling(texts: Sequence[str]) -> bytes:
    """The text that makes the source call its functions: the longest that can be traced in a moment."""
    fitting = [text for text in texts if len(text) <= MAX_TRACED] or sorted(texts, key=len)[:1]
    return max(fitting, key=len, default="").encode()


def _said(outcome: Outcome) -> str:
    words = outcome.stderr.decode("utf-8", "replace").strip()
    return words[:2000] or outcome.detail or str(outcome.cause)


def _left(part: Part, reason: str) -> PartDone:
    answer = Answer.UNDECIDED if part.kind in (Kind.FUNCTION, Kind.MAIN) else None
    return PartDone(part=part, text="", answer=answer, reason=reason)
