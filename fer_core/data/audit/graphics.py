"""Images that look like text, a sign or a drawing rather than a photograph."""

import numpy as np

from fer_core.records import IMAGE_SIZE

# A 3 x 3 neighbourhood is plain below, an edge from above: skin and its shading lie between.
PLAIN, EDGE = 8, 64
NEAR_TONE, OTHER_TONE = 8, 64  # grey levels from a tone that still are it, that are another
TEXT_LIKE = 0.5


def text_like(images: np.ndarray) -> np.ndarray:
    """Say which images score at least TEXT_LIKE: (n, 48, 48) uint8 -> (n,) bool.

    Of the images of FER2013 this flags 81, black ones apart. Looked at one by one, 48 show text,
    a sign or a placeholder, 28 are drawings or prints in two tones, one is a blank gradient; 4
    are photographs of faces, overexposed or in hard light. Drawings with shading are missed.
    """
    return graphic_score(images) >= TEXT_LIKE


def graphic_score(images: np.ndarray) -> np.ndarray:
    """Score how much images are made of two tones with hard edges: (n,) float64, at most 1.

    images: (n, 48, 48) uint8. The score is our own: the share of pixels in the two commonest
    tones (within NEAR_TONE of a grey, the second at least OTHER_TONE from the first) minus the
    share whose 3 x 3 neighbourhood spans PLAIN + 1 to EDGE - 1 grey levels.
    """
    span = _extreme(np.maximum, images) - _extreme(np.minimum, images)
    shaded = ((span > PLAIN) & (span < EDGE)).mean(axis=(1, 2))
    return _share_of_two_tones(images) - shaded


def _extreme(function: np.ufunc, images: np.ndarray) -> np.ndarray:
    """Return the highest or lowest pixel of each 3 x 3 neighbourhood, cut off at the border."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1)), mode="edge")
    rows = function(function(padded[:, :-2], padded[:, 1:-1]), padded[:, 2:])
    return function(function(rows[:, :, :-2], rows[:, :, 1:-1]), rows[:, :, 2:])


def _share_of_two_tones(images: np.ndarray) -> np.ndarray:
    count = len(images)
    cells = images + 256 * np.arange(count)[:, None, None]
    histogram = np.bincount(cells.ravel(), minlength=256 * count).reshape(count, 256)
    below = np.pad(np.cumsum(histogram, axis=1), ((0, 0), (1, 0)))
    greys = np.arange(256)
    low, high = np.maximum(greys - NEAR_TONE, 0), np.minimum(greys + NEAR_TONE, 255)
    shares = (below[:, high + 1] - below[:, low]) / (IMAGE_SIZE * IMAGE_SIZE)
    first = shares.argmax(axis=1)
    other = np.abs(greys - first[:, None]) >= OTHER_TONE
    return shares.max(axis=1) + np.where(other, shares, 0).max(axis=1)
