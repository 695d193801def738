"""Numbers behind the pictures of explanations: scales, masks, the segments that count, means."""

import numpy as np

# The level that a picture draws in its strongest colour: gradients have a few values far above all
# others, which would leave the rest of a map blank.
PERCENTILE = 99


def limit(maps: np.ndarray) -> float:
    """Return the level of |value| that maps (..., 48, 48) are drawn against, 0 for blank ones.

    It is the 99th percentile; the largest one where fewer pixels are not zero. Maps with values
    that are not finite do not count.
    """
    finite = maps.reshape(-1, maps.shape[-2] * maps.shape[-1])
    finite = np.abs(finite[np.isfinite(finite).all(axis=1)])
    if not finite.size:
        return 0.0
    return float(np.percentile(finite, PERCENTILE)) or float(finite.max())


def scaled(values: np.ndarray, level: float) -> np.ndarray:
    """Divide a map by `level` and cut it to -1..1: float64, all 0 where the level is 0 or a value
    is not finite."""
    if level == 0 or not np.isfinite(values).all():
        return np.zeros(values.shape)
    return np.clip(values.astype(np.float64) / level, -1, 1)


def blank_reason(values: np.ndarray) -> str:
    """Say why a map shows nothing: ``not finite``, ``all zero``, or "" where it shows something."""
    if not np.isfinite(values).all():
        return "not finite"
    return "" if values.any() else "all zero"


def masked(image: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Replace the pixels that are not kept by the mean of all: (48, 48) uint8, bool -> uint8."""
    return np.where(keep, image, np.rint(image.mean()).astype(np.uint8))


def top_segments(weights: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the `count` segments with the largest weights, only positive ones, the
    largest first; on ties the lower index."""
    order = np.argsort(-weights, kind="stable")[:count]
    return order[weights[order] > 0]


def borders(segments: np.ndarray) -> np.ndarray:
    """Return the pixels whose right or lower neighbour is of another segment: bool (48, 48)."""
    found = np.zeros(segments.shape, bool)
    found[:, :-1] |= segments[:, :-1] != segments[:, 1:]
    found[:-1] |= segments[:-1] != segments[1:]
    return found
