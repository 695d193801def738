"""The segments that LIME hides, and what is seen in their place."""

import numpy as np
from skimage.color import gray2rgb
from skimage.segmentation import slic

from fer_core.explain.options import one_of, whole
from fer_core.records import IMAGE_SIZE

SEGMENTS = ("grid", "slic")
# Of CIELAB's lightness, 0 to 100, against pixels: a tenth of it weighs as much as one segment's
# side. Lower, and segments follow single hairs; higher, and they are the grid.
_COMPACTNESS = 10


def check(kind: str, grid: int) -> None:
    """Raise InputError for segments that there are none of."""
    one_of("segments", kind, SEGMENTS)
    whole("grid", grid, 1, IMAGE_SIZE)


def segment(image: np.ndarray, kind: str, grid: int) -> np.ndarray:
    """Return (H, W) int16, the segment 0..K-1 of each pixel of a grey image (H, W) in [0, 1].

    ``grid``: grid x grid rectangles, row by row, whose sides differ by one pixel at most; ``slic``:
    about as many segments of like grey (Achanta et al. 2012), as the package has them: the grey
    image as a colour one.
    """
    if kind == "grid":
        rows, columns = (np.arange(length) * grid // length for length in image.shape)
        return (rows[:, None] * grid + columns).astype(np.int16)
    found = slic(
        gray2rgb(image.astype(np.float64)),
        n_segments=grid * grid,
        compactness=_COMPACTNESS,
        start_label=0,  # masks count from 0: with 1 the last segment would never be hidden
    )
    return np.unique(found, return_inverse=True)[1].reshape(image.shape).astype(np.int16)


def hidden(image: np.ndarray, segments: np.ndarray) -> np.ndarray:
    """Return the image (H, W) with every segment replaced by its mean, in the image's dtype."""
    labels = segments.ravel()
    means = np.bincount(labels, weights=image.ravel()) / np.bincount(labels)
    return means[segments].astype(image.dtype)
