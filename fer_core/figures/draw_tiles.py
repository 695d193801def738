"""Draws sheets of small images: rows and columns with their labels, one sheet as one picture.

Each data set or run is a facet of one or more sheets below each other; facets stand side by side
where that leaves the images large enough.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from fer_core.figures import colour_bars, facets, text, tile_text
from fer_core.figures.canvas import LINE, PX_PER_MM, Canvas
from fer_core.figures.colour_bars import Bar
from fer_core.figures.facets import Subject
from fer_core.figures.tile_text import SMALLEST_TEXT, Labels
from fer_core.records import IMAGE_SIZE
from fer_core.translation import Translate

# Space between images and between groups of columns, in pixels of the images.
GAP, GROUP_GAP = 3, 12
# Printed size of an image: not larger, and not smaller for the sake of a second facet in a row.
LARGEST, SMALLEST = 16 * PX_PER_MM, 7 * PX_PER_MM
FRAME = 205  # grey level of the line around images that may be white


class Sheet(NamedTuple):
    """One picture of R x C images. images: (R, C, 48, 48) uint8, or (R, C, 48, 48, 3) in colours;
    shown: (R, C) bool, the others stay white; hover: R x C texts; rows: R labels at the left or
    none, which may have several lines; columns: their labels; groups: labels, which may be "",
    over columns that belong together, and how many; title: a line over all; captions: R x C texts
    below the images or none, which may be broken where they hold a line's end; marks: R x C texts
    on the images or none; framed: whether a line is drawn around each image; clicks: R x C values
    that a click on an image gives, or none."""

    images: np.ndarray
    shown: np.ndarray
    hover: Sequence[str]
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    groups: Sequence[tuple[str, int]] = ()
    title: str = ""
    captions: Sequence[str] = ()
    marks: Sequence[str] = ()
    framed: bool = False
    clicks: Sequence[Any] = ()


class _Places(NamedTuple):
    """Where images lie within their sheet: left edges (C,), top edges (R,), and its size, all in
    pixels of the images."""

    lefts: np.ndarray
    tops: np.ndarray
    width: int
    height: int


class _Fitted(NamedTuple):
    """A sheet with its text as it fits, once it is known how large the images are."""

    sheet: Sheet
    places: _Places
    heads: Labels
    captions: Labels
    above: float  # px that the labels over it take
    height: float  # of everything, in px


def draw_sheets(
    canvas: Canvas,
    subjects: Sequence[Subject],
    sheets: Sequence[Sequence[Sheet]],
    notes: Sequence[str],
    _: Translate,
    bars: Sequence[Bar] = (),
    free: float = 0.0,
) -> go.Figure:
    """Draw the sheets of each subject; bars, and notes (unescaped), stand below everything.

    free: px left free at the top for what the caller draws.
    """
    em, line = canvas.em, canvas.line
    every = [sheet for facet in sheets for sheet in facet]
    names = [name for sheet in every for name in sheet.rows]
    right = 0.2 * em
    widest = max(_lefts(sheet)[-1] + IMAGE_SIZE + sheet.framed for sheet in every)
    for row_size in (em, min(em, SMALLEST_TEXT)):
        left = tile_text.row_width(names, row_size) + 0.6 * em if names else 0.2 * em
        least = left + right + widest / IMAGE_SIZE * SMALLEST
        columns = facets.columns(len(sheets), canvas.width, least)
        facet_width = canvas.width / columns
        scale = min((facet_width - left - right) / widest, LARGEST / IMAGE_SIZE)
        if tile_text.row_lines(names) * LINE * row_size <= scale * IMAGE_SIZE:
            break
    centred = (facet_width - left - right - scale * widest) / 2
    room = facet_width - left - centred - right
    heads = facets.heads(subjects, em, room, _)
    head = line if heads[0] else 0.0

    between = 0.5 * em
    fitted = [[_fit(canvas, sheet, scale) for sheet in facet] for facet in sheets]
    heights = [sum(each.height + between for each in facet) for facet in fitted]
    rows = [heights[first : first + columns] for first in range(0, len(sheets), columns)]
    bottoms = np.cumsum([max(row) + head + between for row in rows])
    x = left + centred
    if any(text.text_width(note, em) > canvas.width - x for note in notes):
        x = 0.2 * em
    lines = [part for note in notes for part in text.broken(note, em, canvas.width - x)]
    start = free + 0.3 * em
    bar_height = colour_bars.height(canvas) if bars else 0.0
    last = line if all(subject.synthetic for subject in subjects) else 0.0
    canvas.set_height(start + bottoms[-1] + bar_height + len(lines) * line + last)

    number = 0
    for position, (facet, title) in enumerate(zip(fitted, heads, strict=True)):
        row, column = divmod(position, columns)
        corner = column * facet_width + left + centred
        y = start + (bottoms[row - 1] if row else 0)
        if title:
            canvas.note(title, corner, y + line / 2, xanchor="left")
        y += head
        for each in facet:
            number += 1
            _add_labels(canvas, each, (corner, y), scale, room, row_size)
            _add_images(canvas, each, number, (corner, y + each.above), scale)
            y += each.height + between
    end = start + bottoms[-1]
    colour_bars.add(canvas, bars, (x, end))
    end += bar_height + 0.5 * line
    for index, content in enumerate(lines):
        canvas.note(text.escape(content), x, end + index * line, xanchor="left")
    facets.synthetic_note(canvas, subjects, x, end + len(lines) * line, _)
    canvas.layout |= {"dragmode": False, "showlegend": False}
    return canvas.figure()


def _lefts(sheet: Sheet) -> np.ndarray:
    columns = sheet.shown.shape[1]
    starts = np.cumsum([0, *(size for _, size in sheet.groups)])[1:]
    groups = np.searchsorted(starts, np.arange(columns), side="right") if sheet.groups else 0
    return np.arange(columns) * (IMAGE_SIZE + GAP) + groups * (GROUP_GAP - GAP) + sheet.framed


def _fit(canvas: Canvas, sheet: Sheet, scale: float) -> _Fitted:
    pitch = scale * (IMAGE_SIZE + GAP)
    heads = tile_text.heads(sheet.columns, canvas.em, pitch)
    captions = tile_text.captions(sheet.captions, canvas.em, pitch)
    lefts = _lefts(sheet)
    step = IMAGE_SIZE + GAP + ceil(captions.height / scale)
    tops = np.arange(len(sheet.shown)) * step + sheet.framed
    edge = IMAGE_SIZE + sheet.framed
    places = _Places(lefts, tops, int(lefts[-1]) + edge, int(tops[-1]) + edge)
    labelled = any(label for label, _ in sheet.groups)
    above = canvas.line * (bool(sheet.title) + labelled)
    above += max(heads.height, canvas.line) if sheet.columns else 0
    height = above + scale * places.height + captions.height
    return _Fitted(sheet, places, heads, captions, above, height)


def _add_labels(
    canvas: Canvas,
    fitted: _Fitted,
    corner: tuple[float, float],
    scale: float,
    room: float,
    row_size: float,
) -> None:
    """Write what stands over and beside a sheet, whose title may be `room` wide.

    corner: left edge of the images, top of everything.
    """
    em, line = canvas.em, canvas.line
    (left, top), sheet, places = corner, fitted.sheet, fitted.places
    first_image = top + fitted.above
    if sheet.title:
        title = text.escape(text.shorten(sheet.title, em, room))
        canvas.note(title, left, top + line / 2, xanchor="left")
        top += line
    first = 0
    for label, size in sheet.groups:
        start, end = places.lefts[first], places.lefts[first + size - 1] + IMAGE_SIZE
        if label:
            fits = tile_text.captions([label], em, scale * (end - start))
            tile_text.write_head(canvas, fits, 0, left + scale * (start + end) / 2, top + line)
        first += size
    for index, start in enumerate(places.lefts if sheet.columns else ()):
        middle = left + scale * (start + IMAGE_SIZE / 2)
        tile_text.write_head(canvas, fitted.heads, index, middle, first_image)
    for label, start in zip(sheet.rows, places.tops, strict=bool(sheet.rows)):
        parts = label.split("\n")
        middle = first_image + scale * (start + IMAGE_SIZE / 2)
        for index, part in enumerate(parts):
            y = middle + (index - (len(parts) - 1) / 2) * LINE * row_size
            font = {"font": {"size": row_size}} if row_size != em else {}
            canvas.note(text.escape(part), left - 0.4 * em, y, xanchor="right", **font)


def _add_images(
    canvas: Canvas, fitted: _Fitted, number: int, corner: tuple[float, float], scale: float
) -> None:
    sheet, places = fitted.sheet, fitted.places
    pixels = np.full((places.height, places.width, *sheet.images.shape[4:]), 255, np.uint8)
    shown = [(r, c) for r, c in np.ndindex(sheet.shown.shape) if sheet.shown[r, c]]
    for r, c in shown:
        x, y = places.lefts[c], places.tops[r]
        if sheet.framed:
            pixels[y - 1 : y + IMAGE_SIZE + 1, x - 1 : x + IMAGE_SIZE + 1] = FRAME
        pixels[y : y + IMAGE_SIZE, x : x + IMAGE_SIZE] = sheet.images[r, c]
    box = (*corner, scale * places.width, scale * places.height)
    canvas.picture(pixels, box)
    # An image of the layout takes no mouse: invisible markers over it say what is where.
    # Their axes reach below it: plotly draws no text beyond them.
    below = fitted.captions.height
    canvas.panel(
        number,
        (*box[:3], box[3] + below),
        xaxis={"range": [0, places.width], "visible": False, "fixedrange": True},
        yaxis={"range": [places.height + below / scale, 0], "visible": False, "fixedrange": True},
    )
    half = IMAGE_SIZE / 2
    middles = [(float(places.lefts[c]) + half, float(places.tops[r]) + half) for r, c in shown]
    columns = sheet.shown.shape[1]
    clicks = [sheet.clicks[r * columns + c] for r, c in shown] if sheet.clicks else None
    canvas.add(
        "scatter",
        x=[x for x, _ in middles],
        y=[y for _, y in middles],
        mode="markers",
        marker={"opacity": 0, "size": scale * IMAGE_SIZE, "symbol": "square"},
        hovertext=[text.escape(sheet.hover[r * columns + c]) for r, c in shown],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=clicks,
        showlegend=False,
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )
    axes = (number, scale)
    if sheet.captions:
        kept = [fitted.captions.lines[r * columns + c] for r, c in shown]
        edges = [(x, y + half + 1) for x, y in middles]
        tile_text.write(canvas, Labels(fitted.captions.size, kept), edges, axes=axes)
    if sheet.marks:
        written = [sheet.marks[r * columns + c] for r, c in shown]
        marks = tile_text.heads(written, canvas.em, scale * (IMAGE_SIZE - 2))
        tile_text.write(canvas, marks, middles, axes=axes, faint=True, middle=True)
