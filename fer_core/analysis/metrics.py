"""Numbers from labels and predictions: accuracy with its interval, confusion, recall."""

from dataclasses import dataclass
from statistics import NormalDist  # scipy.stats takes a second to import, before the first page
from typing import Literal

import numpy as np

from fer_core.records import CLASS_NAMES

Normalisation = Literal["true", "predicted", "all", "counts"]
NORMALISATIONS: tuple[Normalisation, ...] = ("true", "predicted", "all", "counts")


@dataclass(frozen=True)
class Accuracy:
    """A share of images that are right, with its 95 % Wilson interval; all in 0..1.

    Of no images at all, the value is NaN and the interval is 0..1: nothing is known.
    """

    correct: int
    count: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.correct / self.count if self.count else float("nan")


def wilson_interval(correct: int, count: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the score interval of a binomial share (Wilson, 1927, equation of p. 209).

    Unlike the normal approximation it stays inside 0..1 and holds for few images and for
    shares near 0 or 1. Raises ValueError unless 0 <= correct <= count.
    """
    if not 0 <= correct <= count:
        raise ValueError(f"{correct} correct of {count} images")
    if count == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = correct / count
    centre = share + z**2 / (2 * count)
    half = z * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    scale = 1 + z**2 / count
    # Rounding may miss the exact ends by an ulp.
    low = 0.0 if correct == 0 else float((centre - half) / scale)
    high = 1.0 if correct == count else float((centre + half) / scale)
    return low, high


def accuracy_of(correct: int, count: int) -> Accuracy:
    """Return the accuracy of `correct` right answers among `count`, with its interval."""
    low, high = wilson_interval(correct, count)
    return Accuracy(int(correct), int(count), low, high)


def accuracy(
    labels: np.ndarray, predicted: np.ndarray, *, leave_out: np.ndarray | None = None
) -> Accuracy:
    """Return the accuracy of predicted classes.

    labels, predicted: (N,) integers in 0..6; leave_out: (N,) bool, images that do not count
    (those with a twin in the training data).
    """
    right = labels == predicted
    if leave_out is not None:
        right = right[~leave_out]
    return accuracy_of(int(right.sum()), len(right))


def predicted_classes(probabilities: np.ndarray) -> np.ndarray:
    """Return the most probable class, the first one on ties: (N, 7) -> (N,) int64."""
    return probabilities.argmax(axis=1)


def image_log_losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return each image's cross entropy in nats: (N, 7) probabilities, labels (N,) in 0..6 ->
    (N,) float64.

    A probability below float32's smallest normal number counts as that, as in training.
    """
    own = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(np.maximum(own, np.finfo(np.float32).tiny))


def confusion_counts(labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Count images by true class (row) and predicted class (column): (7, 7) int64.

    labels, predicted: (N,) integers in 0..6; ValueError for others (unlabelled images).
    """
    classes = len(CLASS_NAMES)
    for name, values in (("labels", labels), ("predicted", predicted)):
        if values.size and (values.min() < 0 or values.max() >= classes):
            raise ValueError(
                f"{name} must be in 0..{classes - 1}, got {values.min()}..{values.max()}"
            )
    cells = labels.astype(np.int64) * classes + predicted
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def normalise_confusion(counts: np.ndarray, by: Normalisation) -> np.ndarray:
    """Divide confusion counts: (7, 7) int64 -> (7, 7) float64.

    by: ``true`` (each row sums to 1), ``predicted`` (each column), ``all`` (the whole matrix)
    or ``counts`` (as they are). Shares of nothing (a class without images, a class that was
    never predicted) are NaN, since 0 would claim that it was seen and never happened.
    """
    if by == "counts":
        return counts.astype(np.float64)
    axis = {"true": 1, "predicted": 0, "all": None}[by]
    total = counts.sum(axis=axis, keepdims=True).astype(np.float64)
    total[total == 0] = np.nan
    return counts / total


def recall(counts: np.ndarray) -> np.ndarray:
    """Return the share of each true class that is found: (7, 7) counts -> (7,), NaN if unseen."""
    return normalise_confusion(counts, "true").diagonal().copy()
