"""What the images of a data set look like: some of each class, drawn at random with a seed."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.errors import InputError
from fer_core.figures import facets, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import whole
from fer_core.records import CLASS_NAMES, TRAIN, UNLABELLED, Dataset
from fer_core.translation import translator
from fer_core.words import clauses, listed

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("datasets",)
SUBJECT = "dataset"
FACES = True
MOST = 20  # images of a class


class DatasetSamples(NamedTuple):
    """One data set. labels: (M,) int8, -1 unlabelled; indices: (M,) int64 into the split; names:
    M source names; images: (M, 48, 48) uint8. Ordered by class, unlabelled ones last."""

    dataset: Dataset
    labels: np.ndarray
    indices: np.ndarray
    names: tuple[str, ...]
    images: np.ndarray


class Samples(NamedTuple):
    """What the figure shows."""

    datasets: tuple[DatasetSamples, ...]
    split: str
    per_class: int
    seed: int


def collect(
    store: "RunStore",
    names: tuple[str, ...],
    *,
    split: str = TRAIN,
    per_class: int = 8,
    seed: int = 0,
) -> Samples:
    """Draw images of each class without replacement, in the order of their split.

    per_class: at most so many, 1 to 20, of each class and of the images without a label; a class
    gets the same ones whatever else the split holds as long as its own images are the same.
    """
    per_class = whole("per_class", per_class, 1, MOST)
    seed = whole("seed", seed, 0, 2**32 - 1)
    found = []
    for dataset in (store.dataset(name) for name in names):
        if split not in dataset.splits:
            raise InputError(
                f"data set {dataset.name!r} has no split {split!r}; use one of "
                f"{', '.join(dataset.splits)}"
            )
        labels = store.labels(dataset.fingerprint, split)
        if not len(labels):
            raise InputError(f"split {split!r} of data set {dataset.name!r} holds no images")
        chosen = []
        for label in (*range(len(CLASS_NAMES)), UNLABELLED):
            members = np.flatnonzero(labels == label)
            rng = np.random.default_rng((seed, label + 1))
            size = min(per_class, len(members))
            chosen.append(np.sort(rng.choice(members, size, replace=False)))
        indices = np.concatenate(chosen)
        sources = store.sample_names(dataset.fingerprint, split)
        found.append(
            DatasetSamples(
                dataset=dataset,
                labels=np.array(labels[indices]),
                indices=indices,
                names=tuple(sources[index] for index in indices),
                images=store.images(dataset.fingerprint, split, indices),
            )
        )
    return Samples(tuple(found), split, per_class, seed)


def draw(
    info: Samples, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row of images for each class that has any."""
    _ = translator(language)
    words = dict(zip(range(len(CLASS_NAMES)), text.class_labels(_), strict=True))
    words[UNLABELLED] = _("no label")
    sheets = []
    for each in info.datasets:
        rows = [label for label in words if (each.labels == label).any()]
        images = np.zeros((len(rows), info.per_class, *each.images.shape[1:]), np.uint8)
        shown = np.zeros(images.shape[:2], bool)
        hover = [""] * shown.size
        for r, label in enumerate(rows):
            for c, member in enumerate(np.flatnonzero(each.labels == label)):
                images[r, c], shown[r, c] = each.images[member], True
                hover[r * info.per_class + c] = (
                    f"{info.split}:{each.indices[member]} {text.clean(each.names[member])}"
                )
        sheets.append([Sheet(images, shown, hover, rows=[words[label] for label in rows])])
    datasets = [each.dataset for each in info.datasets]
    return draw_sheets(Canvas(width_mm, font_size), datasets, sheets, (), _)


def table(info: Samples) -> pd.DataFrame:
    """Return the drawn images, a row each: where they lie in the data set, and their source name;
    the class is empty where there is no label."""
    return pd.DataFrame(
        [
            {
                "dataset": each.dataset.name,
                "synthetic": each.dataset.synthetic,
                "split": info.split,
                "class": "" if label == UNLABELLED else CLASS_NAMES[label],
                "sample": f"{info.split}:{index}",
                "name": name,
            }
            for each in info.datasets
            for label, index, name in zip(each.labels, each.indices, each.names, strict=True)
        ]
    )


def describe(info: Samples, *, language: str = "en") -> str:
    """Return the figure in words, one line for each data set: which images it shows."""
    _ = translator(language)
    lines = [
        _("Images of {split}, at most {count} of a class, drawn with seed {seed}.").format(
            split=_(info.split), count=info.per_class, seed=info.seed
        )
    ]
    for each in info.datasets:
        parts = []
        for label, name in [*enumerate(text.class_labels(_)), (UNLABELLED, _("no label"))]:
            indices = each.indices[each.labels == label]
            if len(indices):
                parts.append(f"{name} {listed(map(str, indices), _)}")
        facts = clauses(parts, _) or _("no images")
        name = facets.named(each.dataset, _)
        lines.append(_("{name}: {facts}.").format(name=name, facts=facts))
    return "\n".join(lines)
