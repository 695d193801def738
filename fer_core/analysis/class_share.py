"""Whether classes that are seen more often in training are found more often."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from fer_core.analysis.metrics import wilson_interval
from fer_core.records import CLASS_NAMES


@dataclass(frozen=True, eq=False)
class RecallAgainstShare:
    """shares: (7,) float64, of the images trained on; recall: (7,) float64, NaN of a class
    without images; intervals: (7, 2), 95 % Wilson of the recall; correlation: Spearman's rank
    correlation of both, p: its exact two-sided p; NaN where ranks do not differ."""

    shares: np.ndarray
    recall: np.ndarray
    intervals: np.ndarray
    correlation: float
    p: float


def recall_against_share(
    labels: np.ndarray, predicted: np.ndarray, train_labels: np.ndarray
) -> RecallAgainstShare:
    """Set the recall of each class beside its share of the training data.

    labels, predicted: (N,) in 0..6, of the images judged on; train_labels: (M,), of those
    trained on. With seven classes the p counts the orders of the recalls (7! = 5,040) that
    correlate as much or more.
    """
    classes = len(CLASS_NAMES)
    support = np.bincount(labels, minlength=classes)
    found = np.bincount(labels[labels == predicted], minlength=classes)
    recall = found / np.where(support, support, np.nan)
    trained = np.bincount(train_labels, minlength=classes)
    shares = trained / max(1, trained.sum())
    seen = support > 0
    correlation, p = _rank_correlation(shares[seen], recall[seen])
    pairs = zip(found.tolist(), support.tolist(), strict=True)
    intervals = np.array([wilson_interval(*pair) for pair in pairs])
    return RecallAgainstShare(shares, recall, intervals, correlation, p)


def _rank_correlation(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    a, b = _centred_ranks(x), _centred_ranks(y)
    if not a.any() or not b.any():
        return float("nan"), float("nan")
    scale = np.linalg.norm(a) * np.linalg.norm(b)
    orders = b[np.array(list(permutations(range(len(b)))))]
    observed = float(a @ b / scale)
    # Orders that correlate equally may differ by rounding.
    at_least = np.abs(orders @ a / scale) >= abs(observed) - 1e-9
    return observed, float(at_least.mean())


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks less their mean; equal values share theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = np.cumsum(counts) - (counts - 1) / 2
    return ranks[inverse] - ranks[inverse].mean()
