"""The command line: one Typer application, errors of one line, heavy imports inside commands."""

import sys
from typing import Annotated

import click
import typer

from fer_core.cli import data, demo, figure, presets, runs, serve, training
from fer_core.cli.output import set_verbose
from fer_core.errors import InputError

app = typer.Typer(
    name="fer-core",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Train facial-expression classifiers, keep every run, compare them, export figures.",
)


@app.callback()
def _options(
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Show the whole traceback of an error.")
    ] = False,
) -> None:
    set_verbose(verbose)


app.add_typer(data.app, name="data")
app.add_typer(presets.app, name="presets")
app.add_typer(runs.app, name="runs")
for command in (
    training.train,
    training.resume,
    training.evaluate,
    training.predictions,
    figure.figure,
    demo.demo,
    serve.dashboard,
):
    app.command()(command)


def run() -> None:
    """Run the command line; exit with 0, 1 (it failed) or 2 (the input was wrong)."""
    verbose = "--verbose" in sys.argv
    try:
        code = app(standalone_mode=False)
    except (InputError, click.UsageError) as error:
        _fail(error, 2, verbose)
    except (click.Abort, KeyboardInterrupt) as error:
        _fail(str(error) or "interrupted", 130, verbose)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone: nothing to tell
        code = 1
    except Exception as error:
        _fail(f"{type(error).__name__}: {error}", 1, verbose)
    sys.exit(code)


def _fail(error: object, code: int, verbose: bool) -> None:
    if verbose:
        raise
    message = error.format_message() if isinstance(error, click.ClickException) else str(error)
    line = " ".join(message.split())
    print(f"fer-core: {line}", file=sys.stderr)
    sys.exit(code)
