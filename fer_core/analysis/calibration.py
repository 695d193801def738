"""Whether probabilities are what they say: the expected calibration error and its bins."""

from dataclasses import dataclass
from statistics import NormalDist

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


def error_interval(gaps: np.ndarray, resampled: np.ndarray, count: int) -> tuple[float, float]:
    """Return the 95 % interval of the expected calibration error of `count` images.

    gaps: (B,) float64, confidence less right answers, summed by bin; resampled: (R, B), the
    same of R bootstrap resamples. The error comes out too large of few images, and that of
    resamples larger still. So the lower end is that of the basic interval, which takes this off
    (Davison & Hinkley 1997, "Bootstrap methods and their application", equation 5.6), and 0
    where a run that is calibrated perfectly reaches such an error in more than 5 of 100
    resamples (after Broecker & Smith 2007, "Increasing the reliability of reliability
    diagrams"). The upper end, 1.96 standard errors above the value, takes nothing off.
    """
    if not count:
        return float("nan"), float("nan")
    value = np.abs(gaps).sum() / count
    errors = np.abs(resampled).sum(axis=1, dtype=np.float64) / count
    by_chance = np.abs(resampled - gaps).sum(axis=1) / count
    z = NormalDist().inv_cdf(0.975)
    low = max(0.0, 2 * value - np.quantile(errors, 0.975))
    if value <= np.quantile(by_chance, 0.95):
        low = 0.0
    return float(min(low, value)), float(value + z * errors.std())
