"""The stratified bootstrap: what a number could have been on other images of the same kind."""

from collections.abc import Iterator

import numpy as np

RESAMPLES = 2000
_ROWS = 100  # resamples at a time: their weights of 3,589 images stay in a processor's cache


def resample_weights(
    sizes: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield how often each of N images is drawn, some resamples at a time: (rows, N) float32.

    sizes: (S,) images of each stratum, N in all, in the order in which the images stand. In
    each stratum as many images are drawn, with replacement, as it has (Efron & Tibshirani 1993,
    "An introduction to the bootstrap", section 8.4), so that a row sums to N.
    """
    rng = np.random.default_rng(seed)
    count = int(np.sum(sizes))
    starts = np.cumsum(sizes) - sizes
    for first in range(0, resamples, _ROWS):
        rows = min(_ROWS, resamples - first)
        drawn = [
            rng.integers(start, start + size, (rows, size))
            for start, size in zip(starts, sizes, strict=True)
            if size
        ]
        if not drawn:
            yield np.zeros((rows, 0), np.float32)
            continue
        cells = np.concatenate(drawn, axis=1) + np.arange(rows)[:, None] * count
        weights = np.bincount(cells.ravel(), minlength=rows * count)
        yield weights.reshape(rows, count).astype(np.float32)


def percentile_intervals(resampled: np.ndarray, *, confidence: float = 0.95) -> np.ndarray:
    """Return the middle 95 % of each number's resamples: (B, K) -> (K, 2) float64.

    The percentile interval (Efron & Tibshirani 1993, section 13.3). NaN where a number is one.
    """
    tail = (1 - confidence) / 2
    return np.quantile(resampled.astype(np.float64), [tail, 1 - tail], axis=0).T
