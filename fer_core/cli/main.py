"""The command line: one Typer application, errors of one line, heavy imports inside commands."""

import logging
import os
import sys
import traceback
from typing import TYPE_CHECKING, Annotated

import typer
from typer.exceptions import TyperException

from fer_core.cli import (
    attacking,
    comparing,
    data,
    demo,
    ensembles,
    evaluating,
    explaining,
    figure,
    microscope,
    predicting,
    presets,
    reporting,
    runs,
    serve,
    training,
)
from fer_core.cli.output import tell, tells_events
from fer_core.errors import InputError

if TYPE_CHECKING:
    from fer_core.distributed import Group

app = typer.Typer(
    name="fer-core",
    add_completion=False,
    rich_markup_mode="rich",
    help="Train facial-expression classifiers, keep every run, compare them, export figures.",
)


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the log, and an error's whole traceback.")
    ] = False,
) -> None:
    if verbose:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr)


app.add_typer(data.app, name="data")
app.add_typer(presets.app, name="presets")
app.add_typer(runs.app, name="runs")
for command in (
    training.train,
    training.resume,
    evaluating.evaluate,
    evaluating.predictions,
    predicting.predict,
    comparing.compare,
    ensembles.ensemble,
    explaining.explain,
    microscope.filters,
    microscope.outputs,
    attacking.adversarial,
    microscope.dream,
    figure.figure,
    reporting.report,
    reporting.report_draft,
    demo.demo,
    serve.dashboard,
):
    app.command()(command)


def run() -> None:
    """Run the command line; exit with 0, 1 (it failed) or 2 (the input was wrong)."""
    # Accepted anywhere on the line, not only before the command.
    verbose = "--verbose" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--verbose"]
    group = _group()
    try:
        arguments = ["--verbose", *arguments] if verbose else arguments
        code = _command(arguments, group)
    except InputError as error:
        _fail(error, 2, verbose, group)
    except TyperException as error:
        _fail(_usage(error), 2, verbose, group)
    except (typer.Abort, KeyboardInterrupt) as error:
        _fail(str(error) or "interrupted", 130, verbose, group)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone: nothing to tell
        code = 1
    except Exception as error:
        reason = error if _explains_itself(error) else f"{type(error).__name__}: {error}"
        _fail(reason, 1, verbose, group)
    if group:
        group.leave(group.end(code)[0])
    sys.exit(code)


def _group() -> "Group | None":
    """Return the processes that torchrun started with this one, None where it did not."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return None
    from fer_core.distributed import joined

    return joined() if joined().size > 1 else None


def _command(arguments: list[str], group: "Group | None") -> int:
    """Run the command; of several processes only rank 0 does, and the others follow it."""
    if group and group.rank:
        from fer_core.following import follow

        return follow(group)
    return app(arguments, prog_name="fer-core", standalone_mode=False) or 0


def _explains_itself(error: Exception) -> bool:
    from fer_core.figures.browser import ExportError
    from fer_core.store import StoreError

    # Training says with an ArithmeticError that its loss is not finite.
    return isinstance(error, (StoreError, ExportError, ArithmeticError))


def _usage(error: TyperException) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "fer-core"
    return f"{error.format_message().rstrip('.')}; see: {command} --help"


def _fail(error: object, code: int, verbose: bool, group: "Group | None") -> None:
    line = " ".join(str(error).split())
    if group is None:
        if verbose:
            raise
        _say(line)
        sys.exit(code)
    code, first = group.end(code)
    if first and verbose:
        traceback.print_exc()
    if first:
        _say(f"rank {group.rank}: {line}" if group.rank else line)
    group.leave(code)


def _say(line: str) -> None:
    if tells_events():
        tell(error=line)
    else:
        print(f"fer-core: {line}", file=sys.stderr)
