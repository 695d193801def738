"""What a training history says: smoothing, the gap, the best epoch, where improvement ends."""

import math
from collections.abc import Sequence

import numpy as np


def smooth(values: np.ndarray, weight: float) -> np.ndarray:
    """Smooth a curve by an exponential moving average with bias correction.

    values: (E,) one value an epoch; weight in [0, 1): 0 changes nothing, .9 averages over
    about 10 epochs. `y[t] = sum_k w^k x[t-k] / sum_k w^k`: only the past enters, so a curve
    that is still growing keeps what was drawn, and the first value is unchanged. Values that
    are not finite (a diverged loss) are passed over and stay as they are.
    Returns (E,) float64. ValueError for a weight outside [0, 1).
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the smoothing weight must be in [0, 1), got {weight}")
    smoothed = np.array(values, dtype=np.float64)
    if weight == 0:
        return smoothed
    total = share = 0.0
    for index, value in enumerate(smoothed):
        if math.isfinite(value):
            total = weight * total + value
            share = weight * share + 1
            smoothed[index] = total / share
    return smoothed


def best_index(accuracies: np.ndarray) -> int | None:
    """Return where the highest value is, the earliest on ties; None if there is no number.

    accuracies: (E,) validation accuracies, in the order of the epochs.
    """
    if not np.isfinite(accuracies).any():
        return None
    return int(np.nanargmax(accuracies))


def standard_error(accuracy: float, count: int | None) -> float:
    """Return the standard error of an accuracy (0..1) that was measured on `count` images.

    Without a count: 0.005, as for 70 % on 8,400 images.
    """
    if not count:
        return 0.005
    return math.sqrt(accuracy * (1 - accuracy) / count)


def stops_improving_index(accuracies: np.ndarray, tolerance: float) -> int | None:
    """Return where validation accuracy stops improving; None if there is no number.

    The rule: the earliest epoch that comes within `tolerance` of the best one. With one
    standard error as the tolerance this is the one-standard-error rule (Breiman et al., 1984,
    section 3.4.3): what later epochs add cannot be told from chance. accuracies: (E,).
    """
    best = best_index(accuracies)
    if best is None:
        return None
    return int(np.argmax(accuracies >= accuracies[best] - tolerance))


def gap(train: np.ndarray, validation: np.ndarray) -> np.ndarray:
    """Return training minus validation accuracy by epoch: (E,), in -1..1.

    Training accuracy is measured while training, on augmented images and with dropout, so
    that the gap may be negative; it says how far the two have parted, not how far they will.
    """
    return np.asarray(train, dtype=np.float64) - np.asarray(validation, dtype=np.float64)


def seconds_an_epoch(seconds: Sequence[float]) -> float | None:
    """Return the median time of an epoch, of those whose time is known; None if none is."""
    known = [value for value in seconds if math.isfinite(value)]
    return float(np.median(known)) if known else None
