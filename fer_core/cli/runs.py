"""``fer-core runs``: list, show, rename, tag, note, leaderboard, delete and repair runs; exporting
and importing them is in sharing.py."""

import dataclasses
import math
import shlex
import sys
from collections import Counter
from typing import Annotated

import typer
from rich.table import Table

from fer_core.cli import sharing
from fer_core.cli.output import left_out, open_store, print_json, run_summary, stderr, stdout
from fer_core.errors import InputError
from fer_core.records import EXPLANATION, MICROSCOPE_KINDS, SOURCE, Run

app = typer.Typer(help="List runs, show one, keep them tidy, share them.")
app.command()(sharing.export)
app.command("import")(sharing.import_)
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("list")
def list_(json: Json = False) -> None:
    """List all runs, newest first.

    Example: fer-core runs list --json
    """
    with open_store(read_only=True) as store:
        runs = store.runs()
    if json:
        print_json([run_summary(run) for run in runs])
        return
    table = Table("id", "name", "preset", "status", "data")
    for column in ("epochs", "validation", "test"):
        table.add_column(column, justify="right")
    noted = any(_leaderboard(run) for run in runs)
    if noted:
        table.add_column("leaderboard (noted)")
    for run in runs:
        test = run.test_score
        table.add_row(
            run.id,
            run.name,
            run.preset,
            run.status,
            f"{run.dataset} (synthetic)" if run.synthetic else run.dataset,
            f"{run.epochs}/{run.epochs_planned}" if run.epochs_planned else str(run.epochs or ""),
            "" if run.validation_accuracy is None else f"{run.validation_accuracy:.2%}",
            "" if test is None else f"{test.accuracy:.2%} ({test.weights}, {test.averaging})",
            *([_leaderboard(run)] if noted else []),
        )
    stdout.print(table)


@app.command()
def show(
    run: str,
    json: Json = False,
    source: Annotated[
        bool, typer.Option("--source", help="Print the file that the run's network came from.")
    ] = False,
) -> None:
    """Show a run's configuration, history and layers, and how much of it is explained.

    Example: fer-core runs show fast-1 --json
    """
    if source:
        _print_source(run)
        return
    with open_store(read_only=True) as store:
        found = store.run(run)
        details = store.details(found.id)
        history = store.histories((found.id,))[found.id]
        dropped_images = len(store.dropped(found.id))
        explanations = Counter(key.method for key in store.tensor_keys(found.id, EXPLANATION))
        seen = {kind: len(store.tensor_keys(found.id, kind)) for kind in MICROSCOPE_KINDS}
    document = run_summary(found) | {
        "config": dict(details.config),
        "history": [dataclasses.asdict(epoch) for epoch in history],
        "layers": [dataclasses.asdict(layer) for layer in details.layers],
        "versions": dict(details.versions),
        "device": details.device,
        "dropped_images": dropped_images,
        "dropped": dict(details.dropped),
        "scores": [dataclasses.asdict(score) for score in found.scores],
        "test_readings": [dataclasses.asdict(reading) for reading in details.test_readings],
        "explanations": dict(explanations),
        "microscope": {kind: count for kind, count in seen.items() if count},
    }
    if json:
        print_json(document)
        return
    table = Table("what", "value", title=found.name, show_header=False)
    for key in (*run_summary(found), "device", "versions"):
        if not key.startswith("leaderboard_"):
            table.add_row(key, str(document[key]))
    if noted := _leaderboard(found):
        table.add_row("leaderboard (noted)", noted)
    for key, value in details.config.items():
        if key not in ("architecture", *run_summary(found)):
            table.add_row(key, str(value))
    if details.dropped:
        table.add_row("left out of training", left_out(dropped_images, details.dropped))
    for what, counted in (("explanations", explanations), ("filters and images", seen)):
        if any(counted.values()):
            counts = (f"{count:,} {name}" for name, count in counted.items() if count)
            table.add_row(what, ", ".join(counts))
    stdout.print(table)
    if not history:
        return
    table = Table("epoch", "train loss", "accuracy", "validation loss", "accuracy", "seconds")
    for epoch in history:
        table.add_row(
            str(epoch.epoch),
            _known(epoch.train_loss, ".3f"),
            _known(epoch.train_accuracy, ".2%"),
            _known(epoch.validation_loss, ".3f"),
            _known(epoch.validation_accuracy, ".2%"),
            _known(epoch.seconds, ".1f"),
        )
    stdout.print(table)


def _known(number: float, form: str) -> str:
    """Write a number; nothing for one that a loop of one's own did not measure."""
    return "" if math.isnan(number) else format(number, form)


def _print_source(run: str) -> None:
    with open_store(read_only=True) as store:
        stored = store.tensors(store.run(run).id, SOURCE)
    if not stored:
        raise InputError(
            f"run {run!r} was not trained from a file of one's own; its layers: fer-core runs show "
            f"{shlex.quote(run)} --json"
        )
    # Byte for byte: the hash of what is written must be the one that the run knows.
    sys.stdout.buffer.write(stored[0].array.tobytes())


@app.command()
def rename(run: str, name: str) -> None:
    """Give a run another name.

    Example: fer-core runs rename fast-1 baseline
    """
    with open_store() as store:
        store.rename(store.run(run).id, name)


@app.command()
def tag(run: str, tags: Annotated[list[str], typer.Argument(help="All of its tags.")]) -> None:
    """Set a run's tags; the former ones go.

    Example: fer-core runs tag fast-1 final report
    """
    with open_store() as store:
        store.set_tags(store.run(run).id, tuple(tags))


@app.command()
def note(run: str, text: str) -> None:
    """Set a run's note; the former one goes.

    Example: fer-core runs note fast-1 "with the new augmentation"
    """
    with open_store() as store:
        store.set_note(store.run(run).id, text)


@app.command()
def leaderboard(
    run: str,
    public: Annotated[float | None, typer.Option(help="Public score, from 0 to 1.")] = None,
    private: Annotated[float | None, typer.Option(help="Private score, from 0 to 1.")] = None,
) -> None:
    """Note what a leaderboard said about a run's submission; a score not given stays.

    It is shown as noted, apart from what was measured here.

    Example: fer-core runs leaderboard fast-1 --public 0.68514 --private 0.67
    """
    if public is None and private is None:
        raise InputError("no score given; name --public, --private or both")
    with open_store() as store:
        found = store.run(run)
        store.set_leaderboard(
            found.id,
            public=found.leaderboard_public if public is None else public,
            private=found.leaderboard_private if private is None else private,
        )


@app.command()
def delete(
    runs: list[str],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete runs with their checkpoints, and free the space.

    Example: fer-core runs delete fast-1 --yes
    """
    with open_store() as store:
        found = [store.run(reference) for reference in runs]
        names = ", ".join(run.name for run in found)
        if not yes:
            if not sys.stdin.isatty():
                raise InputError(f"deleting {names} cannot be undone; say so with --yes")
            typer.confirm(f"Delete {names} with all checkpoints?", abort=True, err=True)
        for run in found:
            store.delete(run.id)
    stderr.print(f"deleted {names}")


@app.command()
def repair(json: Json = False) -> None:
    """Mark killed runs as interrupted, remove what interruptions left, check the database.

    Example: fer-core runs repair
    """
    with open_store() as store:
        report = store.repair()
    if json:
        print_json(dataclasses.asdict(report))
        return
    for key, value in dataclasses.asdict(report).items():
        stdout.print(f"{key.replace('_', ' ')}: {value if value else 'none'}")


def _leaderboard(run: Run) -> str:
    """Say what a person noted: ``0.68514 public, 0.67 private``; empty where nothing is."""
    scores = {"public": run.leaderboard_public, "private": run.leaderboard_private}
    return ", ".join(f"{score:.6g} {name}" for name, score in scores.items() if score is not None)
