"""Whether two images show the same picture, judged by their pixels."""

import numpy as np
from scipy.ndimage import gaussian_filter1d

from fer_core.records import IMAGE_SIZE

SHIFT = 2  # pixels by which one may be shifted against the other, in each direction
_BLUR = 1.0  # pixels, standard deviation: noise and compression do not count
_BLURRED = gaussian_filter1d(np.eye(IMAGE_SIZE), _BLUR, axis=0).astype(np.float32)
_AT_ONCE = 128  # pairs: their gradients fit a core's cache


def gradient_correlation(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how alike two images are, (n,) float32 in -1..1; 1 for the same picture.

    one, other: (n, 48, 48) uint8, compared pair by pair. The images are blurred; the measure is
    the correlation of their gradients where both are, at the shift of at most SHIFT pixels in
    each direction where it is highest. Gradients do not know brightness, contrast scales them,
    and the broad light and dark of a face, which many faces share, weighs little in them.
    """
    best = np.full(len(one), -1, np.float32)
    for start in range(0, len(one), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        fixed, moved = _gradients(one[part]), _gradients(other[part])
        size = fixed.shape[1] - 2 * SHIFT
        inner = np.ascontiguousarray(fixed[:, SHIFT : SHIFT + size, SHIFT : SHIFT + size])
        energy = _product(inner, inner)
        for down in range(2 * SHIFT + 1):
            for right in range(2 * SHIFT + 1):
                window = moved[:, down : down + size, right : right + size]
                lengths = np.sqrt(energy * _product(window, window))
                correlation = _product(inner, window) / np.maximum(lengths, 1)
                np.maximum(best[part], correlation, out=best[part])
    return best


def _gradients(images: np.ndarray) -> np.ndarray:
    """Return the differences with the pixels below and to the right: (2, 47, 47, n) float32."""
    smooth = _BLURRED @ images.astype(np.float32) @ _BLURRED.T
    smooth = np.ascontiguousarray(np.moveaxis(smooth, 0, -1))
    corner = smooth[:-1, :-1]
    return np.stack([smooth[1:, :-1] - corner, smooth[:-1, 1:] - corner])


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.einsum("kyxn,kyxn->n", one, other)
