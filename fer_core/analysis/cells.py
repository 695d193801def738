"""Where two runs' confusion matrices differ, cell by cell."""

from dataclasses import dataclass

import numpy as np

from fer_core.analysis import metrics
from fer_core.analysis.answers import Answers
from fer_core.analysis.pairs import LEVEL
from fer_core.analysis.proportions import holm, mcnemar_p, unpaired_p
from fer_core.records import CLASS_NAMES

_CLASSES = len(CLASS_NAMES)


@dataclass(frozen=True, eq=False)
class CellDifferences:
    """Shares of the true class in run a minus those in run b, rows true classes.

    values: (7, 7) float64 in -1..1, each row sums to 0, NaN of a class without images; p_holm:
    (7, 7), adjusted for the number of cells that have images, NaN like `values`.
    """

    values: np.ndarray
    p_holm: np.ndarray

    @property
    def supported(self) -> np.ndarray:
        """(7, 7) bool: the adjusted p is below LEVEL."""
        return np.nan_to_num(self.p_holm, nan=1.0) < LEVEL


def cell_differences(a: Answers, b: Answers) -> CellDifferences:
    """Compare how often two runs take each class for each.

    On the same images each cell has McNemar's exact test of "says this class" among the images of
    the true class; on different ones the z test of two shares.
    """
    shares = [
        metrics.normalise_confusion(metrics.confusion_counts(each.labels, each.predicted), "true")
        for each in (a, b)
    ]
    p = np.full((_CLASSES, _CLASSES), np.nan)
    paired = a.fingerprint == b.fingerprint
    for true in range(_CLASSES):
        of_a, of_b = (each.predicted[each.labels == true] for each in (a, b))
        if not len(of_a) or not len(of_b):
            continue
        for said in range(_CLASSES):
            by_a, by_b = of_a == said, of_b == said
            p[true, said] = (
                mcnemar_p(int((by_a & ~by_b).sum()), int((by_b & ~by_a).sum()))
                if paired
                else unpaired_p(int(by_a.sum()), len(by_a), int(by_b.sum()), len(by_b))
            )
    known = ~np.isnan(p)
    p[known] = holm(p[known])
    return CellDifferences(shares[0] - shares[1], p)
