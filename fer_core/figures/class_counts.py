"""How many images of each class a data set holds, by split."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.figures import facets, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_bars import Panel, draw_panels
from fer_core.records import CLASS_NAMES, Dataset
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("datasets",)
SUBJECT = "dataset"


class DatasetCounts(NamedTuple):
    """One data set. splits: S names; images: (S,) int64; counts: (7, S) int64 by class;
    unlabelled: (S,) int64, images without a label. Shares are of all images of the split."""

    dataset: Dataset
    splits: tuple[str, ...]
    images: np.ndarray
    counts: np.ndarray
    unlabelled: np.ndarray


class ClassCounts(NamedTuple):
    """What the figure shows."""

    datasets: tuple[DatasetCounts, ...]


def collect(store: "RunStore", names: tuple[str, ...]) -> ClassCounts:
    """Read the counts that the store keeps of each data set."""
    found = []
    for dataset in (store.dataset(name) for name in names):
        splits = dataset.splits.values()
        counts = [[split.classes[name] for split in splits] for name in CLASS_NAMES]
        images = np.array([split.count for split in splits], np.int64)
        table = np.array(counts, np.int64).reshape(len(CLASS_NAMES), len(images))
        found.append(
            DatasetCounts(dataset, tuple(dataset.splits), images, table, images - table.sum(axis=0))
        )
    return ClassCounts(tuple(found))


def draw(
    info: ClassCounts, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a bar for each class and labelled split, with its count and share written beside it."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    panels = []
    for each in info.datasets:
        drawn = [s for s in range(len(each.splits)) if each.counts[:, s].any()]
        panels.append(
            Panel(
                tuple(each.splits[s] for s in drawn),
                each.images[drawn],
                each.counts[:, drawn],
                tuple(
                    _unlabelled(each, s, _) for s in range(len(each.splits)) if each.unlabelled[s]
                ),
            )
        )
    datasets = [each.dataset for each in info.datasets]
    return draw_panels(canvas, datasets, panels, text.class_labels(_), _)


def _unlabelled(each: DatasetCounts, split: int, _: Translate) -> str:
    if each.unlabelled[split] == each.images[split]:
        sentence = _("{split}: {count:,} images, no labels")
    else:
        sentence = _("{split}: {count:,} of {images:,} images without a label")
    return sentence.format(
        split=_(each.splits[split]), count=each.unlabelled[split], images=each.images[split]
    )


def table(info: ClassCounts) -> pd.DataFrame:
    """Return the drawn numbers, 7 rows a split, and one for its images without a label where there
    are any (with an empty class); `share` is of all images of the split."""
    rows = []
    for each in info.datasets:
        for s, split in enumerate(each.splits):
            counts = list(zip(CLASS_NAMES, each.counts[:, s], strict=True))
            if each.unlabelled[s]:
                counts.append(("", each.unlabelled[s]))
            for name, count in counts:
                rows.append(
                    {
                        "dataset": each.dataset.name,
                        "synthetic": each.dataset.synthetic,
                        "split": split,
                        "class": name,
                        "count": int(count),
                        "share": count / each.images[s] if each.images[s] else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def describe(info: ClassCounts, *, language: str = "en") -> str:
    """Return the figure in words, one line for each data set."""
    _ = translator(language)
    lines = [_("Images by class and split, with their share of the split.")]
    for each in info.datasets:
        parts = []
        for s, split in enumerate(each.splits):
            if each.unlabelled[s]:
                parts.append(_unlabelled(each, s, _))
            if each.counts[:, s].any():
                counts = listed(
                    (
                        _("{label} {count:,} ({share})").format(
                            label=label, count=count, share=text.share(count, each.images[s])
                        )
                        for label, count in zip(
                            text.class_labels(_), each.counts[:, s], strict=True
                        )
                    ),
                    _,
                )
                parts.append(
                    _("{split}, {images:,} images: {counts}").format(
                        split=_(split), images=each.images[s], counts=counts
                    )
                )
        name = facets.named(each.dataset, _)
        lines.append(_("{name}: {facts}.").format(name=name, facts=clauses(parts, _)))
    return "\n".join(lines)
