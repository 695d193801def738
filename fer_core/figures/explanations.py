"""What runs look at: images in rows, methods side by side, runs as facets."""

from collections.abc import Sequence
from itertools import chain
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.figures import colour_bars, map_tiles, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import SMALLEST, Sheet, draw_sheets
from fer_core.figures.options import whole
from fer_core.figures.stored_maps import RunMaps, read
from fer_core.figures.wanted_maps import PREDICTED, Wanted
from fer_core.records import EXPLANATION_METHODS, IMAGE_SIZE
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACES = True
FACETS = ("runs",)
_LABELS = 4.5  # em; what the labels of the rows take at most when images are small


class RunExplanations(NamedTuple):
    """One run. maps: by method; levels: of each method (N,) float64, what is drawn in the strongest
    colour; scaled: of each (N, 48, 48) float64 in -1..1."""

    maps: RunMaps
    levels: dict[str, np.ndarray]
    scaled: dict[str, np.ndarray]


class Explanations(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunExplanations, ...]
    scale: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    methods: str = "",
    samples: str = "",
    per_class: int = 1,
    layer: str = "",
    target: str = PREDICTED,
    weights: str = "best",
    scale: str = "own",
) -> Explanations:
    """Read stored maps. See `stored_maps.Wanted` for what they are chosen by.

    methods: with commas between, by default all that a run has; samples: ``test:12,train:5566``,
    by default `per_class` (1 to 20) of each class that every run has; scale: ``own`` colours for
    each map, or ``shared`` by all of a method. InputError for what is not stored.
    """
    per_class = whole("per_class", per_class, 1, map_tiles.MOST)
    runs = read(store, run_ids, Wanted(methods, samples, per_class, layer, target, weights))
    found = []
    for run, levels in zip(runs, map_tiles.levels(runs, scale), strict=True):
        scaled = {m: map_tiles.scaled(run.maps[m], levels[m]) for m in run.maps}
        found.append(RunExplanations(run, levels, scaled))
    return Explanations(tuple(found), scale)


def draw(
    info: Explanations, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw each image with its maps to the right; more methods than fit go below each other."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    fit = int((canvas.width - _LABELS * canvas.em) / SMALLEST * IMAGE_SIZE / (IMAGE_SIZE + 3)) - 1
    sheets = []
    for run in info.runs:
        methods = list(run.maps.maps)
        bands = ceil(len(methods) / max(1, fit))
        size = ceil(len(methods) / bands)
        parts = [methods[first : first + size] for first in range(0, len(methods), size)]
        sheets.append([_sheet(run, part, _) for part in parts])
    runs = [run.maps for run in info.runs]
    signed = [EXPLANATION_METHODS[method] for run in runs for method in run.maps]
    return draw_sheets(
        canvas,
        [run.side.subject for run in runs],
        sheets,
        [sentences(map_tiles.settings(runs, info.scale, _), _)],
        _,
        colour_bars.bars(signed, _),
    )


def _sheet(run: RunExplanations, methods: Sequence[str], _: Translate) -> Sheet:
    maps = run.maps
    shape = (len(maps.samples), 1 + len(methods))
    images = np.zeros((*shape, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    images[:, 0] = map_tiles.grey(maps.images)
    captions, marks, hover = ([[""] * shape[1] for _row in maps.samples] for _text in range(3))
    for column, method in enumerate(methods, start=1):
        signed = EXPLANATION_METHODS[method]
        images[:, column] = map_tiles.colours(run.scaled[method], signed=signed)
        for row, each in enumerate(maps.maps[method]):
            captions[row][column] = map_tiles.caption(each, _)
            marks[row][column] = map_tiles.mark(each.values, _)
            hover[row][column] = map_tiles.hover(maps, row, each, _)
    for row, (sample, name) in enumerate(zip(maps.samples, maps.names, strict=True)):
        hover[row][0] = f"{sample} {text.clean(name)}"
    labels = text.method_labels(_)
    return Sheet(
        images,
        np.ones(shape, bool),
        [*chain(*hover)],
        rows=[
            map_tiles.row_label(sample, each, _)
            for sample, each in zip(maps.samples, maps.maps[methods[0]], strict=True)
        ],
        columns=[_("Image"), *(labels[method] for method in methods)],
        captions=[*chain(*captions)],
        marks=[*chain(*marks)],
        framed=True,
    )


def table(info: Explanations) -> pd.DataFrame:
    """Return the drawn maps, a row each: of what, its range, and what is drawn in the strongest
    colour."""
    return pd.DataFrame(
        [
            row
            for run in info.runs
            for method in run.maps.maps
            for row in map_tiles.rows(run.maps, method, run.levels[method])
        ]
    )


def describe(info: Explanations, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: which images, explained as what."""
    _ = translator(language)
    labels = text.method_labels(_)
    methods = dict.fromkeys(method for run in info.runs for method in run.maps.maps)
    first = _("What each run looks at: {methods}. {settings}").format(
        methods=listed((labels[method] for method in methods), _),
        settings=sentences(map_tiles.settings([run.maps for run in info.runs], info.scale, _), _),
    )
    return "\n".join([first, *map_tiles.described([run.maps for run in info.runs], _)])
