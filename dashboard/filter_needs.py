"""What each figure of the page Filters needs of the store, and the command that makes it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard import filter_queries as asked
from dashboard.queries import View
from fer_core.records import FILTERS, LAYER_OUTPUTS, Run


class Need(NamedTuple):
    """An array by its kind and key, and the command with its choices that stores it."""

    kind: str
    key: dict[str, str]
    command: str
    choices: dict[str, Any]


def of(view: View, run: Run, figure: str, options: Mapping[str, Any]) -> list[Need]:
    """Return what a figure needs of a run."""
    if figure == "layer_outputs":
        return _outputs(view, run, options)
    return [_filters(view, run, options)]


def _filters(view: View, run: Run, options: Mapping[str, Any]) -> Need:
    layer = asked.layer_of(view.store, run, options["layer"])
    key = {"method": options["style"], "layer": layer, "sample": ""}
    return Need(FILTERS, key, "filters", {"layer": layer, "style": options["style"]})


def _outputs(view: View, run: Run, options: Mapping[str, Any]) -> list[Need]:
    layer = asked.layer_of(view.store, run, options["layer"])
    key = {"layer": layer, "sample": options["sample"]}
    return [Need(LAYER_OUTPUTS, key, "outputs", {"layer": layer, "sample": options["sample"]})]


def lacking(
    view: View, run: Run, figure: str, options: Mapping[str, Any], weights: str
) -> Need | None:
    """Return the first that is not stored of what a figure needs of a run."""
    for need in of(view, run, figure, options):
        wanted = {**need.key, "weights": weights}
        if not any(
            all(getattr(key, name) == value for name, value in wanted.items())
            for key in asked.keys(view.store, run, need.kind)
        ):
            return need
    return None


def steps(view: View, runs: tuple[Run, ...], options: Mapping[str, Any]) -> list[int]:
    """Return the steps of the ascent that are stored of all runs and weights."""
    found: list[set[int]] = []
    for run in runs:
        need = _filters(view, run, options)
        wanted = need.key | {"kind": need.kind}
        for key in asked.keys(view.store, run, need.kind):
            same = all(getattr(key, name) == value for name, value in wanted.items())
            if same and key.weights in options["weights"].split(","):
                recorded = key.provenance["steps"]
                assert isinstance(recorded, list)
                found.append(set(recorded))
    return sorted(set.intersection(*found)) if found else []
