"""What the images of a data set look like on average: mean faces, brightness, contrast."""

from typing import NamedTuple

import numpy as np

from fer_core.records import CLASS_NAMES, IMAGE_SIZE, UNLABELLED

ROWS = (*range(len(CLASS_NAMES)), UNLABELLED)  # the label that each row of the statistics is of
FEW = 10  # images, a mean of which still shows each of them
_BLOCK = 1024  # images at a time: 19 MB as float64


class ImageStatistics(NamedTuple):
    """Averages over the images of each class, and of those without a label: R = 8 rows, as ROWS.

    counts: (R,) int64; mean, deviation: (R, 48, 48) float64, of each pixel over the images;
    brightness, contrast: (R,) float64, the images' own mean and standard deviation, averaged.
    Grey levels are in [0, 1], deviations those of the images themselves (divided by n, not
    n - 1), so in [0, 0.5]. Rows without images are NaN.
    """

    counts: np.ndarray
    mean: np.ndarray
    deviation: np.ndarray
    brightness: np.ndarray
    contrast: np.ndarray


def is_few(counts: np.ndarray) -> np.ndarray:
    """Say of each count of images, (...) int64, whether a mean over them shows faces: 0 does not,
    nor do FEW or more. Returns (...) bool."""
    return (counts > 0) & (counts < FEW)


def image_statistics(images: np.ndarray, labels: np.ndarray) -> ImageStatistics:
    """Average images by class, a block at a time.

    images: (N, 48, 48) uint8, may be memory-mapped; labels: (N,) int8 in 0..6, -1 unlabelled.
    """
    shape = (len(ROWS), IMAGE_SIZE * IMAGE_SIZE)
    sums, squares, contrasts = np.zeros(shape), np.zeros(shape), np.zeros(shape[0])
    belongs = (labels == np.array(ROWS)[:, None]).astype(np.float64)
    for start in range(0, len(images), _BLOCK):
        some = slice(start, start + _BLOCK)
        # Sums of squares of 8 bits stay exact in float64 for any number of images.
        pixels = images[some].reshape(-1, shape[1]).astype(np.float64)
        contrasts += belongs[:, some] @ pixels.std(axis=1)
        sums += belongs[:, some] @ pixels
        squares += belongs[:, some] @ np.square(pixels, out=pixels)
    counts = belongs.sum(axis=1)
    divisor = np.where(counts > 0, counts, np.nan)
    mean = sums / divisor[:, None]
    variance = np.maximum(squares / divisor[:, None] - mean**2, 0)
    faces = (len(ROWS), IMAGE_SIZE, IMAGE_SIZE)
    return ImageStatistics(
        counts=counts.astype(np.int64),
        mean=(mean / 255).reshape(faces),
        deviation=(np.sqrt(variance) / 255).reshape(faces),
        brightness=mean.mean(axis=1) / 255,
        contrast=contrasts / divisor / 255,
    )
