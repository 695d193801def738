"""What each figure of the page Filters needs of the store, and the command that makes it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from dashboard import filter_queries as asked
from dashboard.queries import View
from fer_core.records import (
    ADVERSARIAL,
    CLASS_IMAGES,
    DREAM,
    FILTERS,
    KERNELS,
    LAYER_OUTPUTS,
    ROBUSTNESS,
    VALIDATION,
    Run,
)

FIRST_LAYER = "conv1"


class Need(NamedTuple):
    """An array by its kind and key, and the command with its choices that stores it."""

    kind: str
    key: dict[str, str]
    command: str
    choices: dict[str, Any]


def of(view: View, run: Run, figure: str, options: Mapping[str, Any]) -> Need:
    """Return what a figure needs of a run."""
    if figure == "filters":
        return _filters(view, run, options)
    if figure == "kernels":
        return Need(KERNELS, {}, "filters", {"layer": FIRST_LAYER})
    if figure == "class_images":
        style = options["style"]
        first = next(iter(asked.layers_of(view.store, run)), FIRST_LAYER)
        return Need(CLASS_IMAGES, {"method": style}, "filters", {"layer": first, "style": style})
    if figure == "robustness_curve":
        attack = options["attack"]
        key = {"method": attack, "sample": VALIDATION}
        return Need(ROBUSTNESS, key, "adversarial", {"attack": attack, "robustness": True})
    if figure == "adversarial":
        attack, sample = options["attack"], options["samples"]
        key = {"method": attack, "sample": sample, "target": ""}
        return Need(ADVERSARIAL, key, "adversarial", {"attack": attack, "sample": sample})
    sample = options["sample"] if figure == "layer_outputs" else options["samples"]
    key = {"layer": asked.layer_of(view.store, run, options["layer"]), "sample": sample}
    if figure == "layer_outputs":
        return Need(LAYER_OUTPUTS, key, "outputs", key)
    return Need(DREAM, key, "dream", key)


def _filters(view: View, run: Run, options: Mapping[str, Any]) -> Need:
    layer = asked.layer_of(view.store, run, options["layer"])
    key = {"method": options["style"], "layer": layer, "sample": ""}
    return Need(FILTERS, key, "filters", {"layer": layer, "style": options["style"]})


def stored(view: View, run: Run, need: Need, weights: str) -> bool:
    """Say whether what is needed is there for these weights."""
    wanted = {**need.key, "weights": weights}
    return any(
        all(getattr(key, name) == value for name, value in wanted.items())
        for key in asked.keys(view.store, run, need.kind)
    )


def steps(view: View, runs: tuple[Run, ...], options: Mapping[str, Any]) -> list[int]:
    """Return the steps of the ascent that are stored of all runs and weights."""
    found: list[set[int]] = []
    for run in runs:
        need = _filters(view, run, options)
        for key in asked.keys(view.store, run, need.kind):
            same = all(getattr(key, name) == value for name, value in need.key.items())
            if same and key.weights in options["weights"].split(","):
                recorded = key.provenance["steps"]
                assert isinstance(recorded, list)
                found.append(set(recorded))
    return sorted(set.intersection(*found)) if found else []
