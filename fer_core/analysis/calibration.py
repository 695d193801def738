"""Whether probabilities are what they say: the expected calibration error and its bins."""

from dataclasses import dataclass

import numpy as np

from fer_core.analysis.metrics import predicted_classes, wilson_interval

BINS = 15  # as Guo et al. have it


@dataclass(frozen=True, eq=False)
class Calibration:
    """Reliability of the most probable class, in bins of equal width of its probability.

    edges: (B + 1,) float64, bin b holds the probabilities in (edges[b], edges[b + 1]];
    counts: (B,) int64; confidence, accuracy: (B,) float64, means of a bin, NaN of an empty
    one; intervals: (B, 2) float64, 95 % Wilson intervals of the accuracy.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray
    intervals: np.ndarray

    @property
    def error(self) -> float:
        """The expected calibration error (see `calibration`); NaN of no images."""
        if not self.counts.sum():
            return float("nan")
        gaps = np.abs(np.nan_to_num(self.accuracy - self.confidence))
        return float(gaps @ self.counts / self.counts.sum())


def bins_of(confidence: np.ndarray, *, bins: int = BINS) -> np.ndarray:
    """Return the bin of each probability in [0, 1]: (N,) -> (N,) int64."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def calibration(probabilities: np.ndarray, labels: np.ndarray, *, bins: int = BINS) -> Calibration:
    """Compare how sure a run is with how often it is right.

    probabilities: (N, 7); labels: (N,) in 0..6. The expected calibration error is the mean
    distance between accuracy and mean confidence of the bins, weighted by their images:
    Naeini, Cooper & Hauskrecht (2015); of the most probable class, with 15 bins of equal
    width: Guo et al. (2017, "On calibration of modern neural networks", equation 3). It is
    never negative, so that even a perfect run has a small one: with few images a larger one.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = predicted_classes(probabilities) == labels
    where = bins_of(confidence, bins=bins)
    counts = np.bincount(where, minlength=bins)
    correct = np.bincount(where[right], minlength=bins)
    divisor = np.where(counts, counts, np.nan)
    intervals = [wilson_interval(*map(int, pair)) for pair in zip(correct, counts, strict=True)]
    return Calibration(
        edges=np.linspace(0, 1, bins + 1),
        counts=counts,
        confidence=np.bincount(where, weights=confidence, minlength=bins) / divisor,
        accuracy=correct / divisor,
        intervals=np.array(intervals),
    )
