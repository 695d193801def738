"""``fer-core ensemble``: combine what runs have predicted."""

from typing import Annotated, Any

import typer
from rich.table import Table

from fer_core.cli.output import open_store, print_json, run_summary, stdout
from fer_core.records import Run, RunDetails


def ensemble(
    runs: Annotated[list[str], typer.Argument(help="Ids, unique prefixes or names of runs.")],
    name: Annotated[str, typer.Option(help="Name of the ensemble; default: ensemble-1 ...")] = "",
    weights: Annotated[
        str, typer.Option(help="equal, or validation: those with the least log loss there.")
    ] = "equal",
    vote: Annotated[
        bool, typer.Option("--vote", help="Majority vote instead of mean probabilities.")
    ] = False,
    split: Annotated[
        list[str] | None,
        typer.Option(help="Combine test (or public) as well, which is logged as a reading of it."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Combine stored predictions of runs, and store the result as a run; no model runs for it.

    Every split and averaging that all of them have predicted is combined, but for test splits
    that --split does not name. Example: fer-core ensemble cnn-1 cnn-2 cnn-3 --weights validation
    """
    from fer_core.ensembling import make_ensemble

    with open_store() as store:
        made = make_ensemble(
            store, runs, name=name or None, weighting=weights, vote=vote, splits=split or ()
        )
        details = store.details(made.id)
        members = [store.run(run_id) for run_id in _members(details, "member_ids").values()]
    shares = _members(details, "members")
    if json:
        entries = [{"id": run.id, "name": run.name, "weight": shares[run.name]} for run in members]
        print_json(run_summary(made) | {"config": dict(details.config), "members": entries})
        return
    table = Table("run", title=made.name)
    for column in ("weight", "validation", "test"):
        table.add_column(column, justify="right")
    for run in (*members, made):
        share = f"{shares[run.name]:.3f}" if run is not made else ""
        table.add_row(run.name, share, *_accuracies(run, made))
    stdout.print(table)
    if weights == "validation":
        stdout.print("weights chosen on validation: its accuracy there is flattering")


def _members(details: RunDetails, key: str) -> dict[str, Any]:
    found = details.config[key]
    return dict(found) if isinstance(found, dict) else {}


def _accuracies(run: Run, made: Run) -> tuple[str, str]:
    """Return a run's accuracies on validation and, if the ensemble has one, on test."""
    scores = [run.score("validation"), run.score("test") if made.score("test") else None]
    found = ["" if score is None else f"{score.accuracy:.2%}" for score in scores]
    return found[0], found[1]
