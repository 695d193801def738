"""The mean face of each class and its spread, by split: what a class has in common."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.images import ROWS, ImageStatistics, image_statistics, is_few
from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.records import CLASS_NAMES, IMAGE_SIZE, UNLABELLED, Dataset
from fer_core.translation import Translate, translator
from fer_core.words import clauses

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("datasets",)
SUBJECT = "dataset"


class DatasetFaces(NamedTuple):
    """One data set, with the averages of each of its splits."""

    dataset: Dataset
    splits: dict[str, ImageStatistics]


class MeanFaces(NamedTuple):
    """What the figure shows. means, deviations: the smallest and the largest level of all pixels,
    which are drawn black and white."""

    datasets: tuple[DatasetFaces, ...]
    means: tuple[float, float]
    deviations: tuple[float, float]


def collect(store: "RunStore", names: tuple[str, ...]) -> MeanFaces:
    """Average the images of each class and split, pixel by pixel."""
    found = []
    for dataset in (store.dataset(name) for name in names):
        splits = {
            split: image_statistics(
                store.images(dataset.fingerprint, split), store.labels(dataset.fingerprint, split)
            )
            for split in dataset.splits
        }
        found.append(DatasetFaces(dataset, splits))
    every = [statistics for each in found for statistics in each.splits.values()]
    if not any(statistics.counts.any() for statistics in every):
        raise InputError(f"{', '.join(names)} hold no images; see: fer-core data list")
    means, deviations = (
        np.concatenate([getattr(statistics, part)[statistics.counts > 0] for statistics in every])
        for part in ("mean", "deviation")
    )
    return MeanFaces(
        tuple(found),
        (float(means.min()), float(means.max())),
        (float(deviations.min()), float(deviations.max())),
    )


def shows_faces(info: MeanFaces) -> bool:
    """Say whether a mean is of so few images that each of them shows."""
    every = [split.counts for each in info.datasets for split in each.splits.values()]
    return any(is_few(counts).any() for counts in every)


def draw(
    info: MeanFaces, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each class and, for each split, its mean and its spread beside each other.

    Both from black for the smallest level of all to white for the largest: means differ little.
    """
    _ = translator(language)
    words = _words(_)
    sheets = []
    for each in info.datasets:
        counts = np.array([statistics.counts for statistics in each.splits.values()])
        rows = [r for r in range(len(ROWS)) if counts[:, r].any()]
        shape = (len(rows), 2 * len(each.splits))
        images = np.zeros((*shape, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        shown = np.zeros(shape, bool)
        hover = [""] * shown.size
        for s, (split, statistics) in enumerate(each.splits.items()):
            for r, row in enumerate(rows):
                if statistics.counts[row]:
                    images[r, 2 * s] = _grey(statistics.mean[row], *info.means)
                    images[r, 2 * s + 1] = _grey(statistics.deviation[row], *info.deviations)
                    shown[r, 2 * s : 2 * s + 2] = True
                    place = r * shape[1] + 2 * s
                    hover[place : place + 2] = [_hover(statistics, split, row, _)] * 2
        sheets.append(
            [
                Sheet(
                    images,
                    shown,
                    hover,
                    rows=[words[row] for row in rows],
                    columns=[_("mean"), _("spread")] * len(each.splits),
                    groups=[(_(split), 2) for split in each.splits],
                )
            ]
        )
    notes = [
        _("{what}: black {low:.2f}, white {high:.2f}").format(what=what, low=low, high=high)
        for what, (low, high) in ((_("mean"), info.means), (_("spread"), info.deviations))
    ]
    datasets = [each.dataset for each in info.datasets]
    return draw_sheets(Canvas(width_mm, font_size), datasets, sheets, notes, _)


def _words(_: Translate) -> list[str]:
    return [*text.class_labels(_), _("no label")]


def _grey(levels: np.ndarray, black: float, white: float) -> np.ndarray:
    return np.rint(255 * (levels - black) / max(white - black, 1e-9)).astype(np.uint8)


def _hover(statistics: ImageStatistics, split: str, row: int, _: Translate) -> str:
    return _(
        "{name}, {split}: {count:,} images, brightness {brightness:.2f}, contrast {contrast:.2f}"
    ).format(
        name=_words(_)[row],
        split=_(split),
        count=statistics.counts[row],
        brightness=statistics.brightness[row],
        contrast=statistics.contrast[row],
    )


def table(info: MeanFaces) -> pd.DataFrame:
    """Return the drawn numbers, a row a pixel: mean and standard deviation of its grey level in
    [0, 1] over the `images` of a class (empty: unlabelled), `row` and `column` from 0 at the top
    left."""
    rows, columns = (index.ravel() for index in np.indices((IMAGE_SIZE, IMAGE_SIZE)))
    parts = []
    for each in info.datasets:
        for split, statistics in each.splits.items():
            for place in np.flatnonzero(statistics.counts):
                label = ROWS[place]
                parts.append(
                    pd.DataFrame(
                        {
                            "dataset": each.dataset.name,
                            "synthetic": each.dataset.synthetic,
                            "split": split,
                            "class": "" if label == UNLABELLED else CLASS_NAMES[label],
                            "images": statistics.counts[place],
                            "row": rows,
                            "column": columns,
                            "mean": statistics.mean[place].ravel(),
                            "deviation": statistics.deviation[place].ravel(),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def describe(info: MeanFaces, *, language: str = "en") -> str:
    """Return the figure in words, one line for each data set: brightness and contrast by class."""
    _ = translator(language)
    lines = [
        _(
            "Mean of the images of each class and split, and their spread (standard deviation of "
            "each pixel). Brightness and contrast: mean and standard deviation of an image's grey "
            "levels from 0 to 1, averaged."
        )
    ]
    for each in info.datasets:
        parts = [
            _hover(statistics, split, row, _)
            for split, statistics in each.splits.items()
            for row in np.flatnonzero(statistics.counts).tolist()
        ]
        name = facets.named(each.dataset, _)
        lines.append(_("{name}: {facts}.").format(name=name, facts=clauses(parts, _)))
    return "\n".join(lines)
