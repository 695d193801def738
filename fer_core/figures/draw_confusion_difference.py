"""Draws differences of confusion matrices on one diverging scale, marked where they are more
than chance."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from fer_core.analysis.answers import Answers
from fer_core.analysis.cells import CellDifferences
from fer_core.figures import facets, judged, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.records import CLASS_NAMES
from fer_core.translation import Translate, translator
from fer_core.words import clauses

if TYPE_CHECKING:
    from fer_core.figures.confusion_difference import ConfusionDifferences

CLASSES = len(CLASS_NAMES)


def draw(
    info: "ConfusionDifferences", *, language: str = "en", width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:  # fmt: skip
    """Draw a matrix for each run but the first, in points; a frame marks what is significant.

    As over confusion matrices, a scatter trace carries the numbers and takes clicks: its
    `customdata` is [true class, predicted class, run id].
    """
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    classes = text.class_labels(_)
    label_room = max(text.text_width(name, em) for name in classes)
    left, gap = line + label_room + 0.9 * em, 0.9 * em
    room = canvas.width - left - 0.4 * em
    columns = facets.columns(len(info.others), room + gap, CLASSES * 2.4 * em + gap)
    rows = -(-len(info.others) // columns)
    cell = min(((room + gap) / columns - gap) / CLASSES, 4.5 * em)
    width, height = CLASSES * cell, CLASSES * min(cell, 2.2 * em)
    block = columns * (width + gap) - gap
    centred = (room - block) / 2
    left += centred
    head = 2 * line + 0.2 * em
    upright = label_room + 0.4 * em <= cell
    bottom = rows * (head + height + gap) - gap
    title = bottom + 0.9 * em + (0.9 * em if upright else label_room) + 0.5 * line
    canvas.set_height(title + 3 * line)
    limit = _limit(info)
    names = judged.labels((info.first, *info.others), em, width - 1.5 * em, _)
    for position, (other, cells) in enumerate(zip(info.others, info.differences, strict=True)):
        row, column = divmod(position, columns)
        x, y = left + column * (width + gap), row * (head + height + gap) + head
        axis = {
            "tickvals": list(range(CLASSES)),
            "ticktext": classes,
            "ticks": "",
            "fixedrange": True,
            "showgrid": False,
            "ticklabelstandoff": 2,
            "mirror": True,
        }
        lowest = position + columns >= len(info.others)
        canvas.panel(
            position + 1,
            (x, y, width, height),
            xaxis=axis
            | {"range": [-0.5, CLASSES - 0.5], "showticklabels": lowest}
            | {"tickangle": 0 if upright else -90},
            yaxis=axis | {"range": [CLASSES - 0.5, -0.5], "showticklabels": column == 0},
        )
        for index, content in enumerate((names[position + 1], f"− {names[0]}")):
            canvas.note(text.escape(content), x, y - head + (index + 0.5) * line, xanchor="left")
        _add_matrix(canvas, other, cells, position + 1, (cell, height / CLASSES, limit), _)
    middle = (head + bottom) / 2
    canvas.note(_("True label"), centred + 0.2 * em + line / 2, middle, textangle=-90)
    canvas.note(_("Predicted label"), left + block / 2, title)
    faint = {"color": palette.FAINT_INK}
    below = _("Percentage points of the true class; framed: p < 0.05 (Holm)")
    lines = text.broken(below, em, canvas.width - 0.6 * em)
    corner = judged.notes((info.first, *info.others), _)
    for index, content in enumerate((*lines[:1], clauses((*lines[1:], corner), _))):
        canvas.note(
            text.escape(content), 0.3 * em, title + (index + 1) * line, xanchor="left", font=faint
        )
    canvas.layout["coloraxis"] = {
        "colorscale": palette.DIVERGING_SCALE,
        "cmin": -limit,
        "cmax": limit,
        "showscale": False,
    }
    canvas.layout |= {"dragmode": False, "showlegend": False, "plot_bgcolor": palette.GRID}
    return canvas.figure()


def _limit(info: "ConfusionDifferences") -> float:
    """The largest change in points, at the ends of the scale that all matrices share."""
    return max(1.0, *(100 * float(np.abs(np.nan_to_num(c.values)).max()) for c in info.differences))


def _add_matrix(
    canvas: Canvas,
    other: Answers,
    cells: CellDifferences,
    panel: int,
    sizes: tuple[float, float, float],
    _: Translate,
) -> None:
    cell_width, cell_height, limit = sizes
    axes = {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}
    points = 100 * cells.values
    canvas.add(
        "heatmap", z=points, coloraxis="coloraxis", hoverinfo="skip", xgap=0.7, ygap=0.7, **axes
    )
    for i, j in zip(*np.nonzero(cells.supported), strict=True):
        canvas.layout.setdefault("shapes", []).append(
            {
                "type": "rect",
                "xref": f"x{panel}",
                "yref": f"y{panel}",
                "x0": j - 0.45,
                "x1": j + 0.45,
                "y0": i - 0.43,
                "y1": i + 0.43,
                "line": {"color": palette.INK, "width": 1.6},
            }
        )
    classes = text.class_labels(_)
    true, predicted = (index.ravel() for index in np.indices((CLASSES, CLASSES)))
    written = [_written(value) for value in points.ravel()]
    widest = max(text.text_width(each, 1) for each in written)
    canvas.add(
        "scatter",
        x=predicted,
        y=true,
        mode="markers+text",
        marker={"opacity": 0, "size": 0.9 * cell_height, "symbol": "square"},
        text=written,
        textposition="middle center",
        textfont={
            "size": min(canvas.em, (cell_width - 4) / widest),
            "color": [
                palette.text_on(palette.diverging_shade(np.nan_to_num(value) / limit))
                for value in points.ravel()
            ],
        },
        customdata=[[int(i), int(j), other.run.id] for i, j in zip(true, predicted, strict=True)],
        hovertext=[
            _("{true} taken for {predicted}: {points} points").format(
                true=classes[i],
                predicted=classes[j],
                points=text.points(cells.values[i, j]),
            )
            for i, j in zip(true, predicted, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        **axes,
    )


def _written(points: float) -> str:
    """Write whole points with a sign, "0" for less than a half, "–" of no images."""
    if np.isnan(points):
        return "–"
    return "0" if abs(points) < 0.5 else f"{points:+.0f}".replace("-", "−")
