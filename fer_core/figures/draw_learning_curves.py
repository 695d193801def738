"""Draws the learning curves: panels, legends, one style for each run."""

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from fer_core.figures import facets, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.records import ENSEMBLE, FINISHED, Run
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.figures.learning_curves import LearningCurves, RunCurves

# Told apart by more than colour: one colour is one run.
LINES = {
    "train": {"dash": "4px,2px", "width": 1.1},
    "validation": {"dash": "solid", "width": 1.7},
}
UNSMOOTHED = 0.8  # width of the line
LARGER = {"color": palette.FAINT_INK, "dash": "1px,3px", "width": 1.1}  # where images become larger


def draw(
    info: "LearningCurves",
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw one panel for the loss and one for the accuracy: below each other where the figure
    is narrow, else side by side. Training dashed, validation solid, a colour for each run."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    metrics = ("loss", "accuracy") if info.metric == "both" else (info.metric,)
    names = _names(info, canvas, _)
    key = _key(info, styles[info.runs[0].run.id].symbol, _)

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
            # On screen the panels zoom together: the upper one has no numbers of its own.
            xaxis=xaxis
            | ({} if last else {"showticklabels": False})
            | ({"matches": "x"} if panel > 1 else {}),
            yaxis=yaxis,
        )
        for run in info.runs:
            _add_run(canvas, info, run, styles[run.run.id], metric, panel, scale, _)
        for place in _larger_from(info):
            canvas.line_across(panel, place / scale, LARGER)
        if not any(len(run.epoch) for run in info.runs):
            canvas.note(no_epochs(info.runs[0].run, _), x + width / 2, y + height / 2)
    if names:
        canvas.legend("legend", names, 0)
        for run, name in zip(info.runs, names, strict=True):
            _add_run_entry(canvas, styles[run.run.id], name, run.run.id)
    canvas.legend("legend2", list(key), key_top, itemclick=False, itemdoubleclick=False)
    for label, sample in key.items():
        canvas.add("scatter", x=[None], y=[None], name=label, legend="legend2", **sample)
    if all(run.run.synthetic for run in info.runs):
        canvas.note(
            _("synthetic data"),
            canvas.width - 0.3 * em,
            canvas.height - 0.6 * line,
            xanchor="right",
            font={"color": palette.FAINT_INK},
        )
    return canvas.figure()


def no_epochs(run: Run, _: Translate) -> str:
    """Say why a run has no curves."""
    if run.preset == ENSEMBLE:
        return _("an ensemble, without epochs")
    return _("no epochs") if run.status == FINISHED else _("no epochs yet")


def _names(info: "LearningCurves", canvas: Canvas, _: Translate) -> list[str]:
    """The entries of the runs' legend; a single run is named by the caption."""
    if len(info.runs) == 1:
        return []
    endings = ["" if len(run.epoch) else f" ({no_epochs(run.run, _)})" for run in info.runs]
    runs = [run.run for run in info.runs]
    return facets.labels(runs, canvas.em, canvas.legend_room, _, endings=endings)


def _key(info: "LearningCurves", symbol: str, _: Translate) -> dict[str, dict[str, Any]]:
    """What dashes, solid lines and markers mean, as entries of the second legend."""
    grey = palette.FAINT_INK
    key: dict[str, dict[str, Any]] = {
        _("training"): {"mode": "lines", "line": {"color": grey, **LINES["train"]}},
        _("validation"): {"mode": "lines", "line": {"color": grey, **LINES["validation"]}},
        _("best epoch"): {
            "mode": "markers",
            "marker": {"color": grey, "size": 7, "symbol": symbol},
        },
    }
    if info.smoothing:
        key[_("unsmoothed")] = {"mode": "lines", "line": {"color": "#c4c4c4", "width": UNSMOOTHED}}
    if _larger_from(info):
        key[_("larger images")] = {"mode": "lines", "line": LARGER}
    return key


def _larger_from(info: "LearningCurves") -> list[float]:
    """Where on the x axis, in epochs or seconds, stages with smaller images were over."""
    places = set()
    for run in info.runs:
        for _side, last in run.smaller:
            if last < len(run.epoch):
                places.add(last + 0.5 if info.x == "epoch" else float(run.seconds[last - 1]))
    return sorted(places)


def _x_axis(info: "LearningCurves", _: Translate) -> tuple[str, float, dict[str, Any]]:
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


def _x_values(info: "LearningCurves", run: "RunCurves") -> np.ndarray:
    return run.epoch if info.x == "epoch" else run.seconds


def _add_run(
    canvas: Canvas,
    info: "LearningCurves",
    run: "RunCurves",
    style: palette.RunStyle,
    metric: str,
    panel: int,
    x_scale: float,
    _: Translate,
) -> None:
    """Add the curves of one run to one panel."""
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
    hover = "%{meta[0]}<br>{part}, " + (_("time") if info.x == "time" else _("epoch")) + " %{x:.4g}"
    hover += ": %{y:.1f} %<extra></extra>" if metric == "accuracy" else ": %{y:.3f}<extra></extra>"
    parts = {"train": _("training"), "validation": _("validation"), "best": _("best epoch")}
    for part in ("train", "validation"):
        quantity = f"{part}_{metric}"
        line = {"color": style.colour, **LINES[part]}
        if info.smoothing and part == "validation":
            canvas.add(
                "scatter",
                x=x,
                y=unit * run.raw[quantity],
                mode="lines",
                line=line | {"width": UNSMOOTHED},
                opacity=0.4,
                hoverinfo="skip",
                **common,
            )
        canvas.add(
            "scatter",
            x=x,
            y=unit * run.smoothed[quantity],
            # A line of one point is invisible.
            mode="lines" if len(x) > 1 else "lines+markers",
            marker={"color": style.colour, "size": 4},
            line=line,
            hovertemplate=hover.replace("{part}", parts[part]),
            **common,
        )
    if run.best is not None:
        canvas.add(
            "scatter",
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
            hovertemplate=hover.replace("{part}", parts["best"]),
            **common,
        )


def _add_run_entry(canvas: Canvas, style: palette.RunStyle, name: str, group: str) -> None:
    canvas.add(
        "scatter",
        x=[None],
        y=[None],
        mode="lines+markers",
        name=text.escape(name),
        line={"color": style.colour, **LINES["validation"]},
        marker={"color": style.colour, "symbol": style.symbol, "size": 7},
        legendgroup=group,
    )
