"""Draws sheets of small grey images: rows and columns with their labels, one sheet as one picture.

Each data set is a facet of one or more sheets below each other; facets stand side by side where
that leaves the images large enough.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from fer_core.figures import facets, text
from fer_core.figures.canvas import PX_PER_MM, PX_PER_PT, Canvas
from fer_core.records import IMAGE_SIZE, Dataset
from fer_core.translation import Translate

# Space between images and between groups of columns, in pixels of the images.
GAP, GROUP_GAP = 3, 12
# Printed size of an image: not larger, and not smaller for the sake of a second facet in a row.
LARGEST, SMALLEST = 16 * PX_PER_MM, 7 * PX_PER_MM
SMALLEST_TEXT = 6 * PX_PER_PT


class Sheet(NamedTuple):
    """One picture of R x C images. images: (R, C, 48, 48) uint8; shown: (R, C) bool, the others
    stay white; hover: R x C texts; rows: R labels at the left or none; columns: their labels;
    groups: labels, which may be "", over columns that belong together, and how many; title: a
    line over all."""

    images: np.ndarray
    shown: np.ndarray
    hover: Sequence[str]
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    groups: Sequence[tuple[str, int]] = ()
    title: str = ""


class _Places(NamedTuple):
    """Where images lie within their sheet: left edges (C,), top edges (R,), and its size, all in
    pixels of the images."""

    lefts: np.ndarray
    tops: np.ndarray
    width: int
    height: int


def draw_sheets(
    canvas: Canvas,
    datasets: Sequence[Dataset],
    sheets: Sequence[Sequence[Sheet]],
    notes: Sequence[str],
    _: Translate,
) -> go.Figure:
    """Draw the sheets of each data set; notes: unescaped lines below everything."""
    em, line = canvas.em, canvas.line
    every = [sheet for facet in sheets for sheet in facet]
    names = [name for sheet in every for name in sheet.rows]
    left = max((text.text_width(name, em) for name in names), default=0) + 0.6 * em
    left, right = (left if names else 0.2 * em), 0.2 * em
    widest = max(_places(sheet).width for sheet in every)
    least = left + right + widest / IMAGE_SIZE * SMALLEST
    columns = facets.columns(len(sheets), canvas.width, least)
    facet_width = canvas.width / columns
    scale = min((facet_width - left - right) / widest, LARGEST / IMAGE_SIZE)
    centred = (facet_width - left - right - scale * widest) / 2
    heads = facets.heads(datasets, em, facet_width - left - right, _)
    head = line if heads[0] else 0.0

    between = 0.5 * em
    heights = [
        [_above(sheet, line) + scale * _places(sheet).height + between for sheet in facet]
        for facet in sheets
    ]
    rows = [heights[first : first + columns] for first in range(0, len(sheets), columns)]
    bottoms = np.cumsum([max(map(sum, row)) + head + between for row in rows])
    lines = [*notes, *([""] if all(dataset.synthetic for dataset in datasets) else [])]
    canvas.set_height(0.3 * em + bottoms[-1] + len(lines) * line)

    number = 0
    for position, (facet, title) in enumerate(zip(sheets, heads, strict=True)):
        row, column = divmod(position, columns)
        x = column * facet_width + left + centred
        y = 0.3 * em + (bottoms[row - 1] if row else 0)
        if title:
            canvas.note(title, x, y + line / 2, xanchor="left")
        y += head
        for sheet, height in zip(facet, heights[position], strict=True):
            number += 1
            top = _add_labels(canvas, sheet, (x, y), scale, facet_width - left - right)
            _add_images(canvas, sheet, number, (x, top), scale)
            y += height
    end = 0.3 * em + bottoms[-1] + 0.5 * line
    for index, note in enumerate(notes):
        canvas.note(text.escape(note), left + centred, end + index * line, xanchor="left")
    facets.synthetic_note(canvas, datasets, left + centred, end + len(notes) * line, _)
    canvas.layout |= {"dragmode": False, "showlegend": False}
    return canvas.figure()


def _above(sheet: Sheet, line: float) -> float:
    """The height of the labels over a sheet."""
    labelled = any(label for label, _ in sheet.groups)
    return line * (bool(sheet.title) + labelled + bool(sheet.columns))


def _places(sheet: Sheet) -> _Places:
    rows, columns = sheet.shown.shape
    starts = np.cumsum([0, *(size for _, size in sheet.groups)])[1:]
    groups = np.searchsorted(starts, np.arange(columns), side="right") if sheet.groups else 0
    lefts = np.arange(columns) * (IMAGE_SIZE + GAP) + groups * (GROUP_GAP - GAP)
    tops = np.arange(rows) * (IMAGE_SIZE + GAP)
    return _Places(lefts, tops, int(lefts[-1]) + IMAGE_SIZE, int(tops[-1]) + IMAGE_SIZE)


def _add_labels(
    canvas: Canvas, sheet: Sheet, corner: tuple[float, float], scale: float, room: float
) -> float:
    """Write what stands over and beside a sheet, whose title may be `room` wide; return where its
    images begin. corner: left edge of the images, top of everything."""
    em, line = canvas.em, canvas.line
    left, top = corner
    places = _places(sheet)
    if sheet.title:
        title = text.escape(text.shorten(sheet.title, em, room))
        canvas.note(title, left, top + line / 2, xanchor="left")
        top += line
    first = 0
    for label, size in sheet.groups:
        start, end = places.lefts[first], places.lefts[first + size - 1] + IMAGE_SIZE
        if label:
            _label(canvas, label, left + scale * (start + end) / 2, top, scale * (end - start))
        first += size
    top += line if any(label for label, _ in sheet.groups) else 0
    for label, start in zip(sheet.columns, places.lefts, strict=bool(sheet.columns)):
        middle = left + scale * (start + IMAGE_SIZE / 2)
        _label(canvas, label, middle, top, scale * (IMAGE_SIZE + GAP))
    top += line if sheet.columns else 0
    for label, start in zip(sheet.rows, places.tops, strict=bool(sheet.rows)):
        middle = top + scale * (start + IMAGE_SIZE / 2)
        canvas.note(text.escape(label), left - 0.4 * em, middle, xanchor="right")
    return top


def _add_images(
    canvas: Canvas, sheet: Sheet, number: int, corner: tuple[float, float], scale: float
) -> None:
    places = _places(sheet)
    pixels = np.full((places.height, places.width), 255, np.uint8)
    shown = [(r, c) for r, c in np.ndindex(sheet.shown.shape) if sheet.shown[r, c]]
    for r, c in shown:
        x, y = places.lefts[c], places.tops[r]
        pixels[y : y + IMAGE_SIZE, x : x + IMAGE_SIZE] = sheet.images[r, c]
    box = (*corner, scale * places.width, scale * places.height)
    canvas.picture(pixels, box)
    # An image of the layout takes no mouse: invisible markers over it say what is where.
    canvas.panel(
        number,
        box,
        xaxis={"range": [0, places.width], "visible": False, "fixedrange": True},
        yaxis={"range": [places.height, 0], "visible": False, "fixedrange": True},
    )
    half = IMAGE_SIZE / 2
    canvas.add(
        "scatter",
        x=[places.lefts[c] + half for _, c in shown],
        y=[places.tops[r] + half for r, _ in shown],
        mode="markers",
        marker={"opacity": 0, "size": scale * IMAGE_SIZE, "symbol": "square"},
        hovertext=[text.escape(sheet.hover[r * sheet.shown.shape[1] + c]) for r, c in shown],
        hovertemplate="%{hovertext}<extra></extra>",
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )


def _label(canvas: Canvas, label: str, middle: float, top: float, room: float) -> None:
    """Write a column's label, smaller or shortened where it is too wide."""
    size = min(canvas.em, canvas.em * room / max(text.text_width(label, canvas.em), 1e-9))
    size = max(size, min(canvas.em, SMALLEST_TEXT))
    short = text.escape(text.shorten(label, size, room))
    canvas.note(short, middle, top + canvas.line / 2, font={"size": size})
