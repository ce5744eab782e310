"""The command line itself. Commands are named by where they stand and loaded when they are asked for."""

import shutil
import sys
from collections.abc import Sequence
from inspect import cleandoc

from cyclopts import App, CycloptsError

from semalign import __version__
from semalign.cli.options import Exit, Screen, let_go
from semalign.core.errors import (
    BudgetError,
    ConfigError,
    MissingToolError,
    ModelError,
    SandboxError,
    SemalignError,
)

app = App(
    name="semalign",
    version=__version__,
    help="Run programs, trace what every variable became, and see where two of them stop meaning the same.",
    help_format="plaintext",
    console=Screen(),
    suppress_keyboard_interrupt=False,  # `main` says that it was stopped
    result_action="return_value",
)
_COMMANDS = {  # the first line of a help text stands in the list of commands
    "diff": (
        "compare:diff",
        """Say where one program stops meaning what another one means.

        The programs are in Python, Java or C++, any two of them. No language model has a part in it.

        Example: semalign diff total.py Total.java --html report.html

        With --replay FOLDER the exit code is 3 where the verdict did not come out as in the evidence.

        Exit code: 0 equivalent, 1 divergent, 2 bad request, 3 undecided, 4 no compiler or no isolation here.""",
    ),
    "translate": (
        "translate:translate",
        """Translate a function to another language, repair it, and say how far it means the same.

        The verdict is that of `semalign diff`, on inputs that no agent has seen.

        Example: semalign translate total.py --to java --out Total.java

        Without a language model: semalign translate total.py --to java --no-model --from-draft Total.java

        Whole files, compared on what they print as well: semalign translate shop.py --to java --whole --stdin input.txt

        Exit code: 0 equivalent, 1 the best program is not, 2 bad request, 3 undecided, 4 no compiler or model here,
        5 budget used up.""",
    ),
    "trace": (
        "programs:trace",
        """Run a program and show what every variable became, block by block.

        Example: semalign trace total.py

        Exit code: 0 the program ended well, 1 it failed.""",
    ),
    "run": (
        "programs:run",
        """Run a program isolated and pass on what it prints; its outcome goes to standard error.

        Example: semalign run total.py --wall-s 2

        Exit code: 0 the program ended well, 1 it failed.""",
    ),
    "doctor": (
        "doctor:doctor",
        """Say what this machine can do: how programs are held in here, and which languages run.

        Example: semalign doctor

        Exit code: 0 everything is there, 4 something is missing (and what to do).""",
    ),
}
_MODELS = {
    "list": (
        "models:list_models",
        """Say which models there are, and which one answers when none is named.

        Example: semalign models list

        Exit code: 0.""",
    ),
    "pull": (
        "models:pull_model",
        """Fetch the weights of a model into the cache, and check their sum.

        Example: semalign models pull qwen2.5-coder-0.5b

        What was fetched before a stop is not fetched again. Exit code: 0 it is there, 2 no room, 4 it can't be had.""",
    ),
    "check": (
        "models:check_model",
        """Check the sum of a model's weights and let it say something; an endpoint is only asked.

        Example: semalign models check qwen2.5-coder-0.5b

        Exit code: 0 it answers, 1 the file is damaged, 4 there is no such model here or it does not answer.""",
    ),
}
_TRAIN = {
    "codegen": (
        "train:train_codegen",
        """Train a model to write programs, and to say what its own failed programs compute (CodeRL+, by TRL).

        Example: semalign train codegen laptop.toml

        What the first step would ask, without a model: semalign train codegen laptop.toml --dry-run

        A training that was stopped goes on from its last checkpoint. Exit code: 0 trained, 2 bad request or gold that
        fails its own tests, 4 no isolation here or the extra `train` is not installed.""",
    ),
}
for _name, (_place, _help) in _COMMANDS.items():
    app.command(f"semalign.cli.{_place}", name=_name, help=cleandoc(_help))
_models = App(name="models", help="Say which language models there are, fetch one, check one.", help_format="plaintext")
for _name, (_place, _help) in _MODELS.items():
    _models.command(f"semalign.cli.{_place}", name=_name, help=cleandoc(_help))
app.command(_models)
_EVAL = {
    "codegen": (
        "evaluate:eval_codegen",
        """Put an exam to a model: programs for HumanEval, or what CRUXEval's functions return and on which input.

        Example: semalign eval codegen crux-output cruxeval.jsonl --model qwen2.5-coder-1.5b --limit 50

        Two models: semalign eval codegen human-eval HumanEval.jsonl --model B --against A.json

        The exam checks itself first: its own right answers must be right, and spoiled ones wrong. Exit code: 0 done,
        2 bad request or an exam that fails itself, 4 no isolation or no model here, 5 budget used up.""",
    ),
}
_eval = App(name="eval", help="Tell how much a model knows, with intervals.", help_format="plaintext")
for _name, (_place, _help) in _EVAL.items():
    _eval.command(f"semalign.cli.{_place}", name=_name, help=cleandoc(_help))
app.command(_eval)
_train = App(name="train", help="Train a model by what its programs do.", help_format="plaintext")
for _name, (_place, _help) in _TRAIN.items():
    _train.command(f"semalign.cli.{_place}", name=_name, help=cleandoc(_help))
app.command(_train)


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; returns the exit code and never lets a traceback of a bad request out."""
    tokens = list(sys.argv[1:] if argv is None else argv)
    try:
        code = app(tokens, exit_on_error=False, print_error=False)
        return code if isinstance(code, int) else Exit.DONE
    except CycloptsError as exc:
        return _complain(" ".join(str(exc).split()), Exit.WRONG_REQUEST)
    except ConfigError as exc:
        return _complain(str(exc), Exit.WRONG_REQUEST)
    except (MissingToolError, SandboxError, ModelError) as exc:
        return _complain(str(exc), Exit.LACKING)
    except BudgetError as exc:
        return _complain(str(exc), Exit.SPENT)
    except SemalignError as exc:
        return _complain(str(exc), Exit.WRONG_REQUEST)
    except OSError as exc:
        let_go()
        return _complain(_broken(exc), Exit.LACKING)
    except KeyboardInterrupt:
        return _complain("stopped", Exit.STOPPED)


def _broken(exc: OSError) -> str:
    """The machine's failure; several files that could not be copied fail for the reason of the first."""
    first = exc.args[0] if isinstance(exc, shutil.Error) else None
    why = str(first[0][-1] if isinstance(first, list) and first else exc.strerror or exc)
    place = f"{exc.filename}: " if exc.filename else ""
    return f"{place}{why}; make room, or name other folders with TMPDIR and SEMALIGN_CACHE, and run this again"


def _complain(text: str, code: int) -> int:
    text = " ".join(text.splitlines())  # a file's name may hold a line break
    print(f"error: {text}", file=sys.stderr)
    return code
