"""Where a run looks on average: the mean map of a class, or of a cell of the confusion matrix."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import maps as numbers
from fer_core.analysis.images import is_few
from fer_core.errors import InputError
from fer_core.figures import colour_bars, facets, map_tiles, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import one_of
from fer_core.figures.stored_maps import RunMaps, read
from fer_core.figures.wanted_maps import PREDICTED, SCALES, Wanted
from fer_core.records import CLASS_NAMES, EXPLANATION_METHODS, IMAGE_SIZE
from fer_core.translation import Translate, translator
from fer_core.words import clauses, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("runs",)
BY = ("class", "cell")
_ALL = 10**9
CLASSES = len(CLASS_NAMES)


class RunMeans(NamedTuple):
    """One run. counts: (7, 7) int64 by true and predicted class, or (7, 1) by true class; means,
    faces: (7, 7 or 1, 48, 48) float64, of the raw maps and of the images' grey levels (0 to 255),
    NaN where there is no image; levels: (7, 7 or 1) float64."""

    maps: RunMaps
    counts: np.ndarray
    means: np.ndarray
    faces: np.ndarray
    levels: np.ndarray


class MeanExplanations(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunMeans, ...]
    method: str
    by: str
    scale: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    method: str = "saliency",
    by: str = "class",
    samples: str = "",
    layer: str = "",
    target: str = PREDICTED,
    weights: str = "best",
    scale: str = "own",
) -> MeanExplanations:
    """Average the stored maps of a method, raw, over images with a label.

    by: ``class``, the true one, or ``cell``, true and predicted; samples: by default all that every
    run on the same data has. Other options are those of the figure `explanations`.
    """
    one_of("method", method, tuple(EXPLANATION_METHODS))
    one_of("by", by, BY)
    one_of("scale", scale, SCALES)
    runs = read(store, run_ids, Wanted(method, samples, _ALL, layer, target, weights))
    found = [_average(run, method, by) for run in runs]
    if scale == "shared":
        level = numbers.limit(np.concatenate([each.means for each in found]))
        found = [each._replace(levels=np.full(each.counts.shape, level)) for each in found]
    return MeanExplanations(tuple(found), method, by, scale)


def _average(run: RunMaps, method: str, by: str) -> RunMeans:
    maps = run.maps[method]
    labelled = [place for place, each in enumerate(maps) if each.true]
    if not labelled:
        raise InputError(
            f"none of the explained images of run {run.side.run.name!r} has a label, and this "
            "averages by class; explain images of another split"
        )
    rows = np.array([CLASS_NAMES.index(maps[place].true) for place in labelled])
    columns = np.array([CLASS_NAMES.index(maps[place].predicted) for place in labelled])
    if by == "class":
        columns = np.zeros_like(rows)
    counts = np.zeros((CLASSES, CLASSES if by == "cell" else 1), np.int64)
    np.add.at(counts, (rows, columns), 1)
    means = np.full((*counts.shape, IMAGE_SIZE, IMAGE_SIZE), np.nan)
    faces = means.copy()
    values = np.array([maps[place].values for place in labelled], np.float64)
    images = run.images[labelled]
    for cell in np.argwhere(counts):
        members = (rows == cell[0]) & (columns == cell[1])
        means[tuple(cell)] = values[members].mean(axis=0)
        faces[tuple(cell)] = images[members].mean(axis=0)
    levels = np.array([[numbers.limit(mean) for mean in row] for row in means])
    return RunMeans(run, counts, means, faces, levels)


def shows_faces(info: MeanExplanations) -> bool:
    """Say whether a mean is of so few images that each of them shows."""
    return any(is_few(each.counts).any() for each in info.runs)


def draw(
    info: MeanExplanations, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each class: the mean image beside the mean map; or the cells as a matrix."""
    _ = translator(language)
    runs = [each.maps for each in info.runs]
    sheet = _matrix if info.by == "cell" else _rows
    return draw_sheets(
        Canvas(width_mm, font_size),
        [run.side.subject for run in runs],
        [[sheet(each, info.method, _)] for each in info.runs],
        [sentences(map_tiles.settings(runs, info.scale, _), _)],
        _,
        colour_bars.bars([EXPLANATION_METHODS[info.method]], _),
    )


def _tile(each: RunMeans, row: int, column: int, method: str) -> np.ndarray:
    scaled = numbers.scaled(each.means[row, column], each.levels[row, column])
    return map_tiles.colours(scaled, signed=EXPLANATION_METHODS[method])


def _rows(each: RunMeans, method: str, _: Translate) -> Sheet:
    classes = text.class_labels(_)
    shown = np.flatnonzero(each.counts[:, 0]).tolist()
    images = np.empty((len(shown), 2, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    captions, marks, hover = [], [], []
    for place, row in enumerate(shown):
        images[place, 0] = map_tiles.grey(np.rint(each.faces[row, 0]).astype(np.uint8))
        images[place, 1] = _tile(each, row, 0, method)
        count = _("n = {count:,}").format(count=each.counts[row, 0])
        captions += [count, ""]
        marks += ["", map_tiles.mark(each.means[row, 0], _)]
        hover += [f"{classes[row]}, {count}"] * 2
    return Sheet(
        images,
        np.ones((len(shown), 2), bool),
        hover,
        rows=[classes[row] for row in shown],
        columns=[_("Mean image"), text.method_labels(_)[method]],
        captions=captions,
        marks=marks,
        framed=True,
    )


def _matrix(each: RunMeans, method: str, _: Translate) -> Sheet:
    classes = text.class_labels(_)
    images = np.zeros((CLASSES, CLASSES, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    captions, marks, hover = [], [], []
    for row, column in np.ndindex(each.counts.shape):
        count = _("n = {count:,}").format(count=each.counts[row, column])
        there = bool(each.counts[row, column])
        if there:
            images[row, column] = _tile(each, row, column, method)
        captions.append(count)
        marks.append(map_tiles.mark(each.means[row, column], _) if there else "")
        hover.append(
            _("{true} taken for {predicted}, {count}").format(
                true=classes[row], predicted=classes[column], count=count
            )
        )
    return Sheet(
        images,
        each.counts > 0,
        hover,
        rows=classes,
        columns=classes,
        groups=[(_("Predicted label (rows: true label)"), CLASSES)],
        captions=captions,
        marks=marks,
        framed=True,
    )


def table(info: MeanExplanations) -> pd.DataFrame:
    """Return the drawn means, a row a pixel: the `mean` of the raw maps over the `images` of a
    class (and, by cell, of a predicted one), `row` and `column` from 0 at the top left."""
    rows, columns = (index.ravel() for index in np.indices((IMAGE_SIZE, IMAGE_SIZE)))
    parts = []
    for each in info.runs:
        for true, predicted in np.argwhere(each.counts).tolist():
            found: dict[str, object] = {
                **each.maps.side.own,
                "method": info.method,
                "true": CLASS_NAMES[true],
            }
            if info.by == "cell":
                found["predicted"] = CLASS_NAMES[predicted]
            found |= {
                "images": each.counts[true, predicted],
                "row": rows,
                "column": columns,
                "mean": each.means[true, predicted].ravel(),
            }
            parts.append(pd.DataFrame(found))
    return pd.concat(parts, ignore_index=True)


def describe(info: MeanExplanations, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: how many images each mean is of."""
    _ = translator(language)
    classes = text.class_labels(_)
    runs = [each.maps for each in info.runs]
    lines = [
        _("Mean of the maps of {method}. {settings}").format(
            method=text.method_labels(_)[info.method],
            settings=sentences(map_tiles.settings(runs, info.scale, _), _),
        )
    ]
    for each in info.runs:
        words = (
            _("{true} taken for {predicted} {count:,}") if info.by == "cell" else "{true} {count:,}"
        )
        parts = [
            words.format(true=classes[i], predicted=classes[j], count=each.counts[i, j])
            for i, j in np.argwhere(each.counts).tolist()
        ]
        name = facets.named(each.maps.side.subject, _)
        lines.append(_("{name}: {facts}.").format(name=name, facts=clauses(parts, _)))
    return "\n".join(lines)
