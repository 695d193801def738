"""The images of a split, as a run means it: all of them or a drawn part, in batches."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fer_core.errors import InputError
from fer_core.microscope.work import Progress, Study
from fer_core.records import IMAGE_SIZE

_BATCH = 256  # images


class SplitImages(NamedTuple):
    """source: the split of the source that they are in; indices: (N,) there; labels: (N,);
    fingerprint: of the whole split."""

    source: str
    indices: np.ndarray
    labels: np.ndarray
    fingerprint: str


def images_of(
    study: Study, split: str, *, most: int | None = None, seed: int = 0, needs_labels: bool = False
) -> SplitImages:
    """Return the images of a split, or at most `most` of them, which the seed decides.

    More images are those and further ones. Raises InputError for a split that is not there.
    """
    found = study.store.evaluation_split(study.run.id, split, needs_labels=needs_labels)
    if not len(found.indices):
        raise InputError(f"run {study.run.name!r} has no images on {split}; use another split")
    order = np.sort(np.random.default_rng(seed).permutation(len(found.indices))[:most])
    return SplitImages(found.source, found.indices[order], found.labels[order], found.fingerprint)


def pixels_of(study: Study, images: SplitImages) -> np.ndarray:
    """Return images (N, 1, 48, 48) float32 in [0, 1]."""
    data = study.run.dataset_fingerprint
    pixels = study.store.images(data, images.source, images.indices)
    return pixels[:, None].astype(np.float32) / 255


def batches(study: Study, images: SplitImages, progress: Progress) -> Iterator[np.ndarray]:
    """Yield images (N, 1, 48, 48) float32 in [0, 1], and tell how many were worked through."""
    count = len(images.indices)
    for start in range(0, count, _BATCH):
        some = slice(start, start + _BATCH)
        yield pixels_of(study, images._replace(indices=images.indices[some]))
        progress(min(start + _BATCH, count), count)


def mean_image(study: Study, images: SplitImages) -> np.ndarray:
    """Return the mean (48, 48) float32 in [0, 1] of all images."""
    total = np.zeros((IMAGE_SIZE, IMAGE_SIZE))
    for batch in batches(study, images, lambda *_: None):
        total += batch.sum(axis=(0, 1), dtype=np.float64)
    return (total / len(images.indices)).astype(np.float32)
