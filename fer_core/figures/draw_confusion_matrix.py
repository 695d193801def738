"""Draws confusion matrices: how many fit beside each other, the cells, the common scale."""

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import plotly.graph_objects as go

from fer_core.analysis.metrics import Normalisation
from fer_core.figures import facets, palette, text
from fer_core.figures.canvas import PX_PER_PT, TALLEST, Canvas
from fer_core.records import CLASS_NAMES
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.figures.confusion_matrix import ConfusionMatrices, RunConfusion

CLASSES = len(CLASS_NAMES)
SMALLEST_TEXT = 6 * PX_PER_PT  # numbers in cells are not made smaller than this


class _Grid(NamedTuple):
    """How the matrices are arranged; all sizes in px."""

    columns: int
    rows: int
    cell_width: float
    cell_height: float
    text_size: float
    short: bool  # ".65" instead of "0.65"


def draw(
    info: "ConfusionMatrices", *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a matrix for each run, all on one colour scale, the numbers in the cells.

    Over each matrix lies a scatter trace that carries the numbers and takes clicks and hovering
    (a heatmap sends no click): its `customdata` is [true class, predicted class, run id].
    """
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    classes = text.class_labels(_)
    label_room = max(text.text_width(name, em) for name in classes)
    left, gap = line + label_room + 0.9 * em, 0.9 * em
    grid = _arrange(info, canvas, canvas.width - left - 0.4 * em, gap)
    width, height = CLASSES * grid.cell_width, CLASSES * grid.cell_height
    heads = _heads(info, width, em, _)
    head = max(map(len, heads)) * line + (0.2 * em if heads[0] else 0)
    upright = label_room + 0.4 * em <= grid.cell_width

    block = grid.columns * (width + gap) - gap
    left += max(0.0, (canvas.width - 0.4 * em - left - block) / 2)
    top = 0.4 * em
    bottom = top + grid.rows * (head + height + gap) - gap
    title = bottom + 0.9 * em + (0.9 * em if upright else label_room) + 0.5 * line
    canvas.set_height(title + 0.5 * line + 0.7 * em + 3.2 * line)

    for position, run in enumerate(info.runs):
        row, column = divmod(position, grid.columns)
        x = left + column * (width + gap)
        y = top + row * (head + height + gap) + head
        axis = {
            "tickvals": list(range(CLASSES)),
            "ticktext": classes,
            "ticks": "",
            "fixedrange": True,
            "showgrid": False,
            "ticklabelstandoff": 2,
            "mirror": True,
        }
        lowest = position + grid.columns >= len(info.runs)
        canvas.panel(
            position + 1,
            (x, y, width, height),
            xaxis=axis
            | {"range": [-0.5, CLASSES - 0.5], "showticklabels": lowest}
            | {"tickangle": 0 if upright else -90},
            yaxis=axis | {"range": [CLASSES - 0.5, -0.5], "showticklabels": column == 0},
        )
        for index, content in enumerate(heads[position]):
            canvas.note(content, x, y - head + (index + 0.5) * line, xanchor="left")
        _add_matrix(canvas, info, run, position + 1, grid, _)
    canvas.note(
        _("True label"), left - label_room - 0.9 * em - line / 2, (top + head + bottom) / 2,
        textangle=-90,
    )  # fmt: skip
    if all(run.run.synthetic for run in info.runs):
        canvas.note(
            _("synthetic data"), 0.2 * em, title, xanchor="left",
            font={"color": palette.FAINT_INK},
        )  # fmt: skip
    canvas.note(_("Predicted label"), left + block / 2, title)
    _add_scale(canvas, info, (left, title + 0.5 * line + 0.7 * em, min(block - em, 20 * em)), _)
    canvas.layout |= {"dragmode": False, "showlegend": False, "plot_bgcolor": palette.GRID}
    return canvas.figure()


def _arrange(info: "ConfusionMatrices", canvas: Canvas, room: float, gap: float) -> _Grid:
    """Choose rows and columns for matrices in `room` px: as many columns as hold numbers of
    full size; if that is taller than a page, lower cells; if it still is, more columns, with
    the leading zeros dropped and smaller numbers as long as they are legible."""
    em, runs = canvas.em, len(info.runs)
    values = np.unique([run.values for run in info.runs])
    full, short = (
        max(text.text_width(cell_text(value, info.normalise, short=short), 1) for value in values)
        for short in (False, True)
    )
    chosen: _Grid | None = None
    for columns in range(1, runs + 1):
        rows = ceil(runs / columns)
        if ceil(runs / rows) < columns:
            continue  # the same rows with an empty column
        cell = min(((room + gap) / columns - gap) / CLASSES, 5 * em)
        size = min(em, cell / (full + 0.3))
        drop = size < 0.9 * em
        if drop:
            size = min(em, cell / (short + 0.35))
            if chosen is not None and (size < SMALLEST_TEXT or _height(chosen, em) <= TALLEST):
                break
        chosen = _Grid(columns, rows, cell, min(cell, 2.4 * em), size, drop)
        if drop or _height(chosen, em) > TALLEST:
            chosen = chosen._replace(cell_height=min(cell, 1.7 * size))
    assert chosen is not None
    return chosen


def _height(grid: _Grid, em: float) -> float:
    return grid.rows * (CLASSES * grid.cell_height + 4 * em) + 12 * em


def cell_text(value: float, normalise: Normalisation, *, short: bool = False) -> str:
    """Write a cell: two decimals or a count, "–" for a share of nothing; short: ``.65``."""
    if np.isnan(value):
        return "–"
    if normalise == "counts":
        return f"{value:.0f}"
    written = f"{value:.2f}"
    if short:
        return "1.0" if written == "1.00" else written.removeprefix("0")
    return written


def _heads(info: "ConfusionMatrices", width: float, em: float, _: Translate) -> list[list[str]]:
    """The lines over each matrix, escaped: name, accuracy with interval, n. A single run has
    none, its caption says all that."""
    if len(info.runs) == 1:
        return [[]]
    names = facets.labels([run.subject for run in info.runs], em, width, _)
    rest = []
    for run in info.runs:
        share = text.estimated(run.accuracy)
        count = _("n = {count:,}").format(count=run.accuracy.count)
        spelt = _("accuracy {share}").format(share=share)
        rest.append(([f"{spelt}, {count}"], [f"{share}, {count}"], [share, count]))
    form = next(
        (f for f in (0, 1) if all(text.text_width(r[f][0], em) <= width for r in rest)), 2
    )  # the longest form that fits over every matrix
    return [[text.escape(name), *lines[form]] for name, lines in zip(names, rest, strict=True)]


def _add_matrix(
    canvas: Canvas,
    info: "ConfusionMatrices",
    run: "RunConfusion",
    panel: int,
    grid: _Grid,
    _: Translate,
) -> None:
    axes = {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}
    canvas.add(
        "heatmap", z=run.values, coloraxis="coloraxis", hoverinfo="skip", xgap=0.7, ygap=0.7, **axes
    )
    classes = text.class_labels(_)
    true, predicted = (index.ravel() for index in np.indices((CLASSES, CLASSES)))
    values = run.values.ravel() / _largest(info)
    canvas.add(
        "scatter",
        x=predicted,
        y=true,
        mode="markers+text",
        marker={"opacity": 0, "size": 0.9 * grid.cell_height, "symbol": "square"},
        text=[cell_text(v, info.normalise, short=grid.short) for v in run.values.ravel()],
        textposition="middle center",
        textfont={
            "size": grid.text_size,
            "color": [palette.text_on(palette.shade(np.nan_to_num(value))) for value in values],
        },
        customdata=[[int(i), int(j), run.run.id] for i, j in zip(true, predicted, strict=True)],
        hovertext=[
            _("{true} taken for {predicted}: {count} of {total}").format(
                true=classes[i],
                predicted=classes[j],
                count=run.counts[i, j],
                total=run.counts[i].sum(),
            )
            for i, j in zip(true, predicted, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        **axes,
    )


def _largest(info: "ConfusionMatrices") -> float:
    """The value at the dark end of the scale that all matrices share."""
    if info.normalise in ("true", "predicted"):
        return 1.0
    return max(1e-9, *(float(np.nan_to_num(run.values).max()) for run in info.runs))


def _add_scale(
    canvas: Canvas, info: "ConfusionMatrices", box: tuple[float, float, float], _: Translate
) -> None:
    """Add the colour bar below everything; it says what the numbers are."""
    left, top, width = box
    title = {
        "true": _("Share of the true class"),
        "predicted": _("Share of the predicted class"),
        "all": _("Share of all images"),
        "counts": _("Images"),
    }[info.normalise]
    if len(info.runs) == 1:
        title += ", " + _("n = {count:,}").format(count=info.runs[0].accuracy.count)
    shares = info.normalise in ("true", "predicted")
    canvas.note(title, left, top + 0.5 * canvas.line, xanchor="left")
    canvas.layout["coloraxis"] = {
        "colorscale": palette.COLOUR_SCALE,
        "cmin": 0,
        "cmax": _largest(info),
        "colorbar": {
            "orientation": "h",
            "thickness": 0.7 * canvas.em,
            "lenmode": "fraction",
            "len": width / canvas.width,
            "x": left / canvas.width,
            "xanchor": "left",
            "xpad": 0,
            "y": 1 - (top + 1.15 * canvas.line) / canvas.height,
            "yanchor": "top",
            "ypad": 0,
            "nticks": 5,
            "outlinewidth": 0.6,
            "ticks": "outside",
            "ticklabeloverflow": "allow",
            "ticklen": 0.2 * canvas.em,
            "tickfont": {"size": canvas.em},
        }
        | ({"tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".2f"} if shares else {}),
    }
