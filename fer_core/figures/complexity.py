"""What networks cost: time and space layer by layer, or against accuracy run by run."""

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import costs, curves
from fer_core.analysis.metrics import Accuracy, accuracy_of
from fer_core.errors import InputError
from fer_core.figures import (
    draw_complexity_by_layer,
    draw_complexity_by_run,
    facets,
    network,
    palette,
    text,
)
from fer_core.figures.network import Network
from fer_core.figures.options import one_of
from fer_core.records import VALIDATION, Run
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("networks",)
By = Literal["layer", "run"]
Cost = Literal["parameters", "operations", "seconds"]
COSTS: tuple[Cost, ...] = ("parameters", "operations", "seconds")


class Point(NamedTuple):
    """One run against its accuracy. costs: by name, seconds as the median of an epoch, NaN where
    one was not stored; accuracy: of the best weights on validation; epoch: theirs; fingerprint:
    of the images."""

    run: Run
    costs: dict[Cost, float]
    accuracy: Accuracy
    epoch: int
    fingerprint: str
    device: str


class Complexity(NamedTuple):
    """What the figure shows: networks if it is by layer, points if by run."""

    by: By
    x: Cost
    networks: tuple[Network, ...]
    points: tuple[Point, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    by: By = "layer",
    x: Cost = "parameters",
) -> Complexity:
    """Read the layers of runs, or what they cost and how accurate they are.

    by: `layer` for operations, parameters and memory of each layer, or `run` for accuracy against
    x: `parameters`, `operations` (multiply-adds for one image) or `seconds` an epoch.
    InputError for a run without layers, without that number, or without validation predictions.
    """
    one_of("by", by, ("layer", "run"))
    one_of("x", x, COSTS)
    if by == "layer":
        networks = tuple(network.read(store, run_id) for run_id in run_ids)
        return Complexity(by, x, networks, ())
    points = tuple(_point(store, run_id) for run_id in run_ids)
    for point in points:
        if not point.costs[x] > 0:
            raise InputError(
                f"run {point.run.name!r} was stored without its {x}; compare it by another "
                f"of {', '.join(COSTS)}: --set x=..."
            )
    return Complexity(by, x, (), points)


def _point(store: "RunStore", run_id: str) -> Point:
    details = store.details(run_id)
    run = details.run
    predictions = store.predictions(run.id, VALIDATION)
    score = run.score(VALIDATION)
    assert score is not None  # it is stored with the predictions
    seconds = curves.seconds_an_epoch([e.seconds for e in store.histories([run.id])[run.id]])
    return Point(
        run=run,
        costs={
            "parameters": run.parameters,
            "operations": sum(layer.operations for layer in details.layers),
            "seconds": np.nan if seconds is None else seconds,
        },
        accuracy=accuracy_of(score.correct, score.count),
        epoch=predictions.epoch,
        fingerprint=predictions.fingerprint,
        device=details.device,
    )


def draw(
    info: Complexity,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw bars by layer, or a point for each run."""
    part = draw_complexity_by_layer if info.by == "layer" else draw_complexity_by_run
    return part.draw(info, styles=styles, language=language, width_mm=width_mm, font_size=font_size)


def table(info: Complexity) -> pd.DataFrame:
    """Return one row a layer, with its products and sums worked out and, in `bar`, the layer
    whose bar it is part of; or one row a run, accuracies in 0..1."""
    if info.by == "run":
        return pd.DataFrame([_point_row(point) for point in info.points])
    return pd.DataFrame(
        [
            {
                "run_id": each.run.id,
                "run": each.run.name,
                "layer": layer.name,
                "bar": row.main.name,
                "type": layer.type,
                "output_shape": "x".join(map(str, layer.output_shape)),
                "operations": layer.operations,
                "operations_worked_out": costs.operations_formula(layer),
                "parameters": layer.parameters,
                "parameters_worked_out": costs.parameters_formula(layer),
                "activation_bytes": costs.activation_bytes(layer),
                "activation_bytes_worked_out": costs.activations_formula(layer),
            }
            for each in info.networks
            for row in each.rows
            for layer in row.layers
        ]
    )


def _point_row(point: Point) -> dict[str, object]:
    return {
        "run_id": point.run.id,
        "run": point.run.name,
        "synthetic": point.run.synthetic,
        "parameters": point.costs["parameters"],
        "operations": point.costs["operations"],
        "seconds_an_epoch": point.costs["seconds"],
        "device": point.device,
        "split": VALIDATION,
        "weights": "best",
        "epoch": point.epoch,
        "accuracy": point.accuracy.value,
        "low": point.accuracy.low,
        "high": point.accuracy.high,
        "correct": point.accuracy.correct,
        "count": point.accuracy.count,
    }


def describe(info: Complexity, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run."""
    _ = translator(language)
    if info.by == "layer":
        summary = _(
            "Cost of each layer for one image: multiply-adds, parameters, and the memory of what "
            "it puts out, in float32. Batch norm, activations and dropout count with the layer "
            "that they follow."
        )
        return "\n".join([summary, *(_describe_network(each, _) for each in info.networks)])
    against = {
        "parameters": _("number of parameters"),
        "operations": _("multiply-adds for one image"),
        "seconds": _("seconds an epoch"),
    }[info.x]
    lines = [
        _(
            "Validation accuracy of the best epoch, with its 95 % interval (Wilson), against {x}."
        ).format(x=against)
    ]
    if len({point.fingerprint for point in info.points}) > 1:
        lines.append(_("The runs are judged on different images."))
    if info.x == "seconds" and len({point.device for point in info.points}) > 1:
        lines.append(_("The runs were trained on different devices."))
    return "\n".join(lines + [_describe_point(point, _) for point in info.points])


def _describe_network(each: Network, _: Translate) -> str:
    slowest = max(each.layers, key=lambda layer: layer.operations)
    largest = max(each.layers, key=lambda layer: layer.parameters)
    return _(
        "{name}: {operations:,} multiply-adds, most of one layer in {slowest} ({slow_share}); "
        "{parameters:,} parameters ({weights_bytes}B in float32), most in {largest} "
        "({large_share}); {activations}B of activations."
    ).format(
        name=text.clean(each.run.name),
        operations=each.operations,
        slowest=text.clean(slowest.name),
        slow_share=text.percent(slowest.operations / max(1, each.operations)),
        parameters=each.parameters,
        weights_bytes=text.compact(costs.BYTES * each.parameters),
        largest=text.clean(largest.name),
        large_share=text.percent(largest.parameters / max(1, each.parameters)),
        activations=text.compact(each.activation_bytes),
    )


def _describe_point(point: Point, _: Translate) -> str:
    said = _(
        "{name}: {parameters:,} parameters, {operations:,} multiply-adds, {seconds:.3g} s an epoch "
        "(median; {device}); accuracy {accuracy} {interval} of {count:,} images at epoch {epoch}."
    )
    if not (
        point.epoch and np.isfinite(point.costs["seconds"])
    ):  # an ensemble, a loop of one's own
        said = _(
            "{name}: {parameters:,} parameters; accuracy {accuracy} {interval} of {count:,} images."
        )
    return said.format(
        name=facets.named(point.run, _),
        parameters=int(point.costs["parameters"]),
        operations=int(point.costs["operations"]),
        seconds=point.costs["seconds"],
        device=text.clean(point.device) or _("device unknown"),
        accuracy=text.percent(point.accuracy.value),
        interval=text.interval(point.accuracy.low, point.accuracy.high),
        count=point.accuracy.count,
        epoch=point.epoch,
    )
