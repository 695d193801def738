"""The stratified bootstrap: what a number could have been on other images of the same kind."""

from functools import lru_cache

import numpy as np

RESAMPLES = 2000
_ROWS = 100  # resamples drawn at a time: what they need meanwhile stays small


@lru_cache(maxsize=2)  # all runs on the same images, and a page drawn again, share their draws
def resample_weights(
    sizes: tuple[int, ...], *, resamples: int = RESAMPLES, seed: int = 0
) -> np.ndarray:
    """Return how often each of N images is drawn: (resamples, N) uint8, read-only.

    sizes: images of each stratum, N in all, in the order in which the images stand. In each
    stratum as many images are drawn, with replacement, as it has (Efron & Tibshirani 1993, "An
    introduction to the bootstrap", section 8.4), so that a row sums to N.
    """
    rng = np.random.default_rng(seed)
    count = sum(sizes)
    weights = np.zeros((resamples, count), np.uint8)
    starts = np.cumsum(sizes) - sizes
    for first in range(0, resamples if count else 0, _ROWS):
        rows = weights[first : first + _ROWS]
        drawn = [
            rng.integers(start, start + size, (len(rows), size))
            for start, size in zip(starts, sizes, strict=True)
            if size
        ]
        cells = np.concatenate(drawn, axis=1) + np.arange(len(rows))[:, None] * count
        rows[:] = np.bincount(cells.ravel(), minlength=rows.size).reshape(rows.shape)
    weights.flags.writeable = False
    return weights


def percentile_intervals(resampled: np.ndarray, *, confidence: float = 0.95) -> np.ndarray:
    """Return the middle 95 % of each number's resamples: (B, K) -> (K, 2) float64.

    The percentile interval (Efron & Tibshirani 1993, section 13.3). NaN where a number is one.
    """
    tail = (1 - confidence) / 2
    return np.quantile(resampled.astype(np.float64), [tail, 1 - tail], axis=0).T
