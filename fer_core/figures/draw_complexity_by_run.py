"""Draws accuracy with its interval against what a run costs, a point a run."""

from math import floor, log10
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from fer_core.figures import facets, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.translation import Translate, translator
from fer_core.words import listed

if TYPE_CHECKING:
    from fer_core.figures.complexity import Complexity, Point

WIDE_RANGE = 20  # the largest over the smallest cost, from which on the axis is logarithmic
_LABEL = 4  # em, of a number of an axis with its space
# What stands between powers of ten, and the smallest factor from one to the next.
_STEPS = (((1, 2, 5), 2), ((1, 3), 3))


def draw(
    info: "Complexity",
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw the points, in the styles that runs have in other figures."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    counts = sorted({point.accuracy.count for point in info.points})
    names = _names(info, canvas, several_counts=len(counts) > 1, _=_)
    left, bottom = 4.2 * em, 3.3 * em + line
    top = canvas.legend_height(names) + 0.7 * em
    width = canvas.width - left - 1.2 * em
    height = min(0.62 * width, 20 * em)
    canvas.set_height(top + height + bottom)
    title = {
        "parameters": _("Parameters"),
        "operations": _("Multiply-adds for one image"),
        "seconds": _("Seconds an epoch (median)"),
    }[info.x]
    accuracy = _("Validation accuracy (%)")
    canvas.panel(
        1,
        (left, top, width, height),
        titles=(title, accuracy),
        xaxis=_x_axis([point.costs[info.x] for point in info.points], width / em, info.x),
        yaxis={"nticks": 6},
    )
    for position, point in enumerate(info.points):
        style, name = styles[point.run.id], names[position] if names else ""
        _add_point(canvas, info, point, style, name, _)
    if names:
        canvas.legend("legend", names, 0, itemclick=False, itemdoubleclick=False)
    notes = []
    if len(counts) == 1:
        notes.append(_("n = {count:,}").format(count=counts[0]))
    if all(point.run.synthetic for point in info.points):
        notes.append(_("synthetic data"))
    canvas.note(
        listed(notes, _), canvas.width - 0.3 * em, canvas.height - 0.6 * line, xanchor="right",
        font={"color": palette.FAINT_INK},
    )  # fmt: skip
    canvas.layout |= {"showlegend": bool(names)}
    return canvas.figure()


def _names(info: "Complexity", canvas: Canvas, *, several_counts: bool, _: Translate) -> list[str]:
    """The entries of the legend; a single run is named by the caption."""
    if len(info.points) == 1:
        return []
    endings = []
    if several_counts:
        form = _("n = {count:,}")
        endings = [f", {form.format(count=point.accuracy.count)}" for point in info.points]
    runs = [point.run for point in info.points]
    return facets.labels(runs, canvas.em, canvas.legend_room, _, endings=endings)


def _x_axis(values: list[float], width: float, x: str) -> dict[str, Any]:
    """From zero on where the costs are alike, else logarithmic. width: of the panel, in em."""

    def ticks_at(places: list[float]) -> dict[str, Any]:
        written = [f"{each:g}" if x == "seconds" else text.compact(each) for each in places]
        return {"tickvals": places, "ticktext": written}

    if max(values) < WIDE_RANGE * min(values):
        end = 1.08 * max(values)
        step = _step(end / max(2, int(width / 6)))
        return {"range": [0, end]} | ticks_at([step * i for i in range(int(end / step) + 1)])
    low, high = log10(min(values)) - 0.15, log10(max(values)) + 0.15
    # The densest of which no two labels touch.
    room = (high - low) / width * _LABEL
    steps = next((s for s, least in _STEPS if room < log10(least)), (1,))
    ticks = [s * 10**d for d in range(floor(low), floor(high) + 1) for s in steps]
    shown = [float(tick) for tick in ticks if low <= log10(tick) <= high]
    return {"type": "log", "range": [low, high]} | ticks_at(shown)


def _step(least: float) -> float:
    """Return the smallest 1, 2, 2.5 or 5 times a power of ten that is at least so much."""
    power = 10.0 ** floor(log10(least))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= least)


def _add_point(
    canvas: Canvas,
    info: "Complexity",
    point: "Point",
    style: palette.RunStyle,
    name: str,
    _: Translate,
) -> None:
    accuracy = point.accuracy
    canvas.add(
        "scatter",
        x=[point.costs[info.x]],
        y=[100 * accuracy.value],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [100 * (accuracy.high - accuracy.value)],
            "arrayminus": [100 * (accuracy.value - accuracy.low)],
            "color": style.colour,
            "thickness": 1.2,
            "width": 3,
        },
        mode="markers",
        marker={"color": style.colour, "symbol": style.symbol, "size": 8},
        name=text.escape(name),
        showlegend=bool(name),
        cliponaxis=False,
        # The name goes in as data: in the template "%{...}" would be read as a command.
        meta=[text.escape(text.clean(point.run.name)), f"{point.costs[info.x]:,.10g}"],
        hovertemplate="%{meta[0]}<br>%{meta[1]}, %{y:.1f} % "
        + text.interval(accuracy.low, accuracy.high)
        + "<extra></extra>",
    )
