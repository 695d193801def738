"""Draws rows of shares with their 95 % intervals: a name and a number over each row's marks."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas

_PITCH = 0.8  # em, from one level of marks in a row to the next
_INK = palette.RunStyle(palette.INK, "circle")  # of what is no run's
_LINE = {"color": palette.INK, "width": 1}


class Marks(NamedTuple):
    """One entry of the legend. name; rows: (K,) which row each mark is in; level: 0 below the
    name, 1 below that; values, lows, highs: (K,) in 0..1, an interval of NaN is not drawn; hover:
    K texts, not escaped; styles: of each mark, or none for ink; hollow: the marks; joined: a line
    leads from mark to mark."""

    name: str
    rows: Sequence[int]
    level: int
    values: np.ndarray
    lows: np.ndarray
    highs: np.ndarray
    hover: Sequence[str]
    styles: Sequence[palette.RunStyle] = ()
    hollow: bool = False
    joined: bool = False


def draw_rows(
    canvas: Canvas,
    names: Sequence[str],
    numbers: Sequence[str],
    marks: Sequence[Marks],
    *,
    title: str,
    note: str,
) -> None:
    """Draw a row for each name. numbers: what stands at its right end; title: of the axis; note:
    in the corner below. Nothing is escaped yet; names fit where they are as wide as `name_room`."""
    em, line = canvas.em, canvas.line
    entries = [each.name for each in marks]
    levels = max(each.level for each in marks) + 1
    top, side = canvas.legend_height(entries), 1.2 * em
    row = line + (0.5 + _PITCH * levels) * em
    height, width = row * len(names), canvas.width - 2 * side
    canvas.set_height(top + height + 3.3 * em + line)
    canvas.panel(
        1,
        (side, top, width, height),
        titles=(title, ""),
        xaxis={"range": _range(marks), "nticks": max(4, int(width / em / 4)), "fixedrange": True},
        yaxis={"range": [height, 0], "visible": False, "fixedrange": True},
    )
    for position, (name, number) in enumerate(zip(names, numbers, strict=True)):
        middle = top + position * row + 0.6 * line
        canvas.note(text.escape(name), side + 0.3 * em, middle, xanchor="left", bgcolor="#ffffff")
        canvas.note(text.escape(number), side + width, middle, xanchor="right", bgcolor="#ffffff")
    for each in marks:
        places = [row * r + line + (0.65 + _PITCH * each.level) * em for r in each.rows]
        _add(canvas, each, places)
    for each in marks:
        _add_entry(canvas, each)
    canvas.legend("legend", entries, 0, itemclick=False, itemdoubleclick=False)
    canvas.note(
        text.escape(note), canvas.width - 0.3 * em, canvas.height - 0.6 * line,
        xanchor="right", font={"color": palette.FAINT_INK},
    )  # fmt: skip
    canvas.layout |= {"showlegend": True, "dragmode": False}


def name_room(canvas: Canvas, numbers: Sequence[str]) -> float:
    """Return how wide a row's name can be, in px, beside its number."""
    widest = max(text.text_width(each, canvas.em) for each in numbers)
    return canvas.width - 3.9 * canvas.em - widest


def _range(marks: Sequence[Marks]) -> list[float]:
    """A little more than all intervals of something: what is compared fills the axis."""
    ends = np.concatenate([part for each in marks for part in (each.values, each.lows, each.highs)])
    ends = 100 * ends[np.isfinite(ends)]
    if not len(ends):
        return [0.0, 100.0]
    space = max(0.05 * (ends.max() - ends.min()), 0.5)
    return [max(0.0, float(ends.min() - space)), min(100.0, float(ends.max() + space))]


def _add(canvas: Canvas, marks: Marks, places: list[float]) -> None:
    values = 100 * marks.values
    canvas.add(
        "scatter",
        x=values,
        y=places,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": 100 * marks.highs - values,
            "arrayminus": values - 100 * marks.lows,
            "color": palette.INK,
            "thickness": 1,
            "width": 3,
        },
        mode=_mode(marks),
        line=_LINE,
        marker=_marker(marks.styles or [_INK] * len(values), marks.hollow),
        showlegend=False,
        hovertext=[text.escape(each) for each in marks.hover],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _add_entry(canvas: Canvas, marks: Marks) -> None:
    """Add an entry of the legend: it stands for all runs, so it has the colour of none."""
    marker = _marker([_INK], marks.hollow)
    name = text.escape(marks.name)
    canvas.add(
        "scatter", x=[None], y=[None], mode=_mode(marks), line=_LINE, marker=marker, name=name
    )


def _mode(marks: Marks) -> str:
    return "lines+markers" if marks.joined else "markers"


def _marker(styles: Sequence[palette.RunStyle], hollow: bool) -> dict[str, Any]:
    colours = [style.colour for style in styles]
    return {
        "color": "#ffffff" if hollow else colours,
        "symbol": [style.symbol for style in styles],
        "size": 7,
        "line": {"color": colours, "width": 1.2},
    }
