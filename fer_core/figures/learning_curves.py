"""Loss and accuracy by epoch, training and validation, several runs over each other."""

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import curves
from fer_core.errors import InputError
from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.options import number, one_of
from fer_core.records import VALIDATION, Epoch, Run
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

QUANTITIES = (
    "train_loss",
    "train_accuracy",
    "validation_loss",
    "validation_accuracy",
)


class RunCurves(NamedTuple):
    """The history of one run. All arrays are (E,), one value an epoch; E may be 0.

    epoch: int32, from 1; seconds: float64, spent up to the end of that epoch; raw, smoothed:
    float64 by quantity, accuracies in 0..1; best, stops_improving: positions in the arrays
    (None without epochs); tolerance: of the rule for stops_improving, in 0..1.
    """

    run: Run
    epoch: np.ndarray
    seconds: np.ndarray
    raw: dict[str, np.ndarray]
    smoothed: dict[str, np.ndarray]
    gap: np.ndarray
    best: int | None
    stops_improving: int | None
    tolerance: float


class LearningCurves(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunCurves, ...]
    smoothing: float
    x: Literal["epoch", "time"]
    metric: Literal["both", "loss", "accuracy"]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    smoothing: float = 0.0,
    x: Literal["epoch", "time"] = "epoch",
    metric: Literal["both", "loss", "accuracy"] = "both",
) -> LearningCurves:
    """Read the histories of runs.

    smoothing: weight of the past in the drawn curves, 0 to 0.99 (see `curves.smooth`); the
    best epoch is found and marked on the raw values; x: epochs, or the time spent in them.
    """
    smoothing = number("smoothing", smoothing, 0, 0.99)
    one_of("x", x, ("epoch", "time"))
    one_of("metric", metric, ("both", "loss", "accuracy"))
    runs = [store.run(reference) for reference in run_ids]
    histories = store.histories([run.id for run in runs])
    return LearningCurves(
        tuple(
            _run_curves(run, histories.get(run.id, ()), smoothing, _validation_count(store, run))
            for run in runs
        ),
        smoothing,
        x,
        metric,
    )


def _validation_count(store: "RunStore", run: Run) -> int | None:
    score = run.score(VALIDATION)
    if score is not None:
        return score.count
    try:
        return len(store.evaluation_split(run.id, VALIDATION).labels)
    except InputError:  # a run without stored data: other people's loops
        return None


def _run_curves(
    run: Run, history: tuple[Epoch, ...], smoothing: float, count: int | None
) -> RunCurves:
    raw: dict[str, np.ndarray] = {
        quantity: np.array([getattr(epoch, quantity) for epoch in history], dtype=np.float64)
        for quantity in QUANTITIES
    }
    accuracies = raw["validation_accuracy"]
    best = curves.best_index(accuracies)
    tolerance = 0.0 if best is None else curves.standard_error(float(accuracies[best]), count)
    return RunCurves(
        run=run,
        epoch=np.array([epoch.epoch for epoch in history], dtype=np.int32),
        seconds=np.cumsum([epoch.seconds for epoch in history], dtype=np.float64),
        raw=raw,
        smoothed={quantity: curves.smooth(values, smoothing) for quantity, values in raw.items()},
        gap=curves.gap(raw["train_accuracy"], accuracies),
        best=best,
        stops_improving=curves.stops_improving_index(accuracies, tolerance),
        tolerance=tolerance,
    )


def draw(
    info: LearningCurves, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw one panel for the loss and one for the accuracy: below each other where the figure
    is narrow, else side by side. Training dashed, validation solid, a colour for each run."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    metrics = ("loss", "accuracy") if info.metric == "both" else (info.metric,)
    names = _names(info, canvas, _)
    key = _key(info, _)

    key_top = max(0.0, canvas.legend_height(names) - 5)
    top = key_top + canvas.legend_height(list(key)) + 0.5 * em
    left, gutter, bottom = 4.2 * em, 0.7 * em, 3.3 * em
    side_by_side = len(metrics) == 2 and canvas.width >= 40 * em
    if side_by_side:
        width = canvas.width / 2 - left - gutter
        height = min(0.66 * width, 18 * em)
        lefts, tops = (left, canvas.width / 2 + left), (top, top)
        canvas.set_height(top + height + bottom)
    else:
        width = canvas.width - left - gutter
        height = min(0.52 * width, 18 * em)
        lefts, tops = (left, left), (top, top + height + 1.2 * em)
        canvas.set_height(tops[len(metrics) - 1] + height + bottom)

    x_title, scale, xaxis = _x_axis(info, _)
    yaxis: dict[str, Any] = {"nticks": 6}
    if not any(len(run.epoch) for run in info.runs):
        yaxis |= {"range": [0, 1], "showticklabels": False, "ticks": ""}
    for panel, metric in enumerate(metrics, start=1):
        x, y = lefts[panel - 1], tops[panel - 1]
        last = side_by_side or panel == len(metrics)
        canvas.panel(
            panel,
            (x, y, width, height),
            titles=(x_title if last else "", _("Loss") if metric == "loss" else _("Accuracy (%)")),
            xaxis=xaxis if last else xaxis | {"showticklabels": False},
            yaxis=yaxis,
        )
        for position, run in enumerate(info.runs):
            _add_run(canvas.figure, info, run, position, metric, panel, scale)
        if not any(len(run.epoch) for run in info.runs):
            canvas.note(_("no epochs yet"), x + width / 2, y + height / 2)
    if names:
        canvas.legend("legend", names, 0)
        for position, name in enumerate(names):
            _add_run_entry(canvas.figure, position, name, info.runs[position].run.id)
    canvas.legend("legend2", list(key), key_top, itemclick=False, itemdoubleclick=False)
    for label, sample in key.items():
        canvas.figure.add_scatter(x=[None], y=[None], name=label, legend="legend2", **sample)
    if all(run.run.synthetic for run in info.runs):
        canvas.note(
            _("synthetic data"),
            canvas.width - 0.3 * em,
            canvas.height - 0.6 * line,
            xanchor="right",
            font={"color": palette.FAINT_INK},
        )
    return canvas.figure


def _names(info: LearningCurves, canvas: Canvas, _: Translate) -> list[str]:
    """The entries of the runs' legend; a single run is named by the caption."""
    if len(info.runs) == 1:
        return []
    mixed = not all(run.run.synthetic for run in info.runs)
    endings = []
    for run in info.runs:
        ending = " " + _("(synthetic)") if mixed and run.run.synthetic else ""
        endings.append(ending if len(run.epoch) else ending + " " + _("(no epochs yet)"))
    room = canvas.legend_room - max(text.text_width(ending, canvas.em) for ending in endings)
    labels = text.run_labels([run.run.name for run in info.runs], canvas.em, room)
    return [label + ending for label, ending in zip(labels, endings, strict=True)]


def _key(info: LearningCurves, _: Translate) -> dict[str, dict[str, Any]]:
    """What dashes, solid lines and markers mean, as entries of the second legend."""
    grey = palette.FAINT_INK
    key: dict[str, dict[str, Any]] = {
        _("training"): {"mode": "lines", "line": {"color": grey, "width": 1.1, "dash": "4px,2px"}},
        _("validation"): {"mode": "lines", "line": {"color": grey, "width": 1.7}},
        _("best epoch"): {
            "mode": "markers",
            "marker": {"color": grey, "size": 7, "symbol": palette.run_style(0).symbol},
        },
    }
    if info.smoothing:
        key[_("unsmoothed")] = {"mode": "lines", "line": {"color": "#c4c4c4", "width": 0.8}}
    return key


def _x_axis(info: LearningCurves, _: Translate) -> tuple[str, float, dict[str, Any]]:
    """The x axis: its title, the epochs or seconds in a unit of it, plotly's settings."""
    values = [_x_values(info, run) for run in info.runs]
    longest = max((float(v[-1]) for v in values if len(v)), default=0.0)
    axis: dict[str, Any] = {"nticks": 7, "showgrid": False}
    scale, first = 1.0, 0.0
    if info.x == "epoch":
        title, first = _("Epoch"), 1.0
        axis |= {"tickformat": "d"} | ({"dtick": 1} if longest <= 7 else {})
    elif longest < 180:
        title = _("Training time (s)")
    elif longest < 180 * 60:
        title, scale = _("Training time (min)"), 60.0
    else:
        title, scale = _("Training time (h)"), 3600.0
    last = longest / scale
    room = 0.025 * (last - first)
    axis["range"] = [first - room, last + room] if last > first else [0, 2]
    if not longest:
        axis |= {"showticklabels": False, "ticks": ""}
    return title, scale, axis


def _x_values(info: LearningCurves, run: RunCurves) -> np.ndarray:
    return run.epoch if info.x == "epoch" else run.seconds


def _add_run(
    figure: go.Figure,
    info: LearningCurves,
    run: RunCurves,
    position: int,
    metric: str,
    panel: int,
    x_scale: float,
) -> None:
    """Add the curves of one run to one panel."""
    style = palette.run_style(position)
    unit = 100 if metric == "accuracy" else 1
    x = _x_values(info, run) / x_scale
    common = {
        "xaxis": f"x{panel}",
        "yaxis": f"y{panel}",
        "legendgroup": run.run.id,
        "showlegend": False,
        # The name goes in as data: in the template "%{...}" would be read as a command.
        "meta": [text.escape(text.clean(run.run.name))],
    }
    value = "%{y:.1f} %" if metric == "accuracy" else "%{y:.3f}"
    for part, dash, width in (("train", "4px,2px", 1.1), ("validation", "solid", 1.7)):
        quantity = f"{part}_{metric}"
        line = {"color": style.colour, "dash": dash, "width": width}
        if info.smoothing and part == "validation":
            figure.add_scatter(
                x=x,
                y=unit * run.raw[quantity],
                mode="lines",
                line=line | {"width": 0.8},
                opacity=0.4,
                hoverinfo="skip",
                **common,
            )
        figure.add_scatter(
            x=x,
            y=unit * run.smoothed[quantity],
            # A line of one point is invisible.
            mode="lines" if len(x) > 1 else "lines+markers",
            marker={"color": style.colour, "size": 4},
            line=line,
            hovertemplate="%{meta[0]}<br>" + f"{part} {value}<extra></extra>",
            **common,
        )
    if run.best is not None:
        figure.add_scatter(
            x=x[[run.best]],
            y=unit * run.raw[f"validation_{metric}"][[run.best]],
            mode="markers",
            marker={
                "color": style.colour,
                "symbol": style.symbol,
                "size": 8,
                "line": {"color": "#ffffff", "width": 1},
            },
            cliponaxis=False,
            hovertemplate="%{meta[0]}<br>" + f"{run.epoch[run.best]}: {value}<extra></extra>",
            **common,
        )


def _add_run_entry(figure: go.Figure, position: int, name: str, group: str) -> None:
    style = palette.run_style(position)
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="lines+markers",
        name=text.escape(name),
        line={"color": style.colour, "width": 1.7},
        marker={"color": style.colour, "symbol": style.symbol, "size": 7},
        legendgroup=group,
    )


def table(info: LearningCurves) -> pd.DataFrame:
    """Return the drawn numbers, one row for each run and epoch; accuracies and the gap in 0..1,
    `seconds` since the start of training; `*_smoothed` only where the figure is smoothed."""
    parts = []
    for run in info.runs:
        columns: dict[str, Any] = {
            "run_id": run.run.id,
            "run": run.run.name,
            "synthetic": run.run.synthetic,
            "epoch": run.epoch,
            "seconds": run.seconds,
            **run.raw,
            "gap": run.gap,
            "best": np.arange(len(run.epoch)) == run.best,
        }
        if info.smoothing:
            columns |= {f"{name}_smoothed": values for name, values in run.smoothed.items()}
        parts.append(pd.DataFrame(columns, index=range(len(run.epoch))))
    return pd.concat(parts, ignore_index=True)


def describe(info: LearningCurves, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: its text alternative, and what a
    caption states."""
    _ = translator(language)
    shown = {
        "both": _("Loss and accuracy"),
        "loss": _("Loss"),
        "accuracy": _("Accuracy"),
    }[info.metric]
    against = _("by epoch") if info.x == "epoch" else _("against training time")
    lines = [
        _(
            "{shown} {against}; training dashed, validation solid, a marker at the best epoch."
        ).format(shown=shown, against=against)
    ]
    if info.smoothing:
        lines[0] += " " + _(
            "Smoothed by an exponential average with weight {weight:.2f}; thin: unsmoothed; "
            "best epochs are those of the unsmoothed values."
        ).format(weight=info.smoothing)
    return "\n".join(lines + [_describe_run(run, _) for run in info.runs])


def _describe_run(run: RunCurves, _: Translate) -> str:
    name = text.clean(run.run.name) + (" " + _("(synthetic data)") if run.run.synthetic else "")
    if run.best is None or run.stops_improving is None:
        return _("{name}: no epochs yet.").format(name=name)
    return _(
        "{name}: {done} of {planned} epochs ({status}); best validation accuracy {best} at epoch "
        "{best_epoch}; stops improving at epoch {stop} (the first within one standard error, "
        "{tolerance:.1f} points, of the best); training minus validation accuracy {gap} points "
        "at the best epoch, {last_gap} at the last."
    ).format(
        name=name,
        done=len(run.epoch),
        planned=max(run.run.epochs_planned, len(run.epoch)),
        status=_(run.run.status),
        best=text.percent(run.raw["validation_accuracy"][run.best]),
        best_epoch=run.epoch[run.best],
        stop=run.epoch[run.stops_improving],
        tolerance=100 * run.tolerance,
        gap=text.points(run.gap[run.best]),
        last_gap=text.points(run.gap[-1]),
    )
