"""Two runs compared: by the same images one by one, or unpaired where the images differ."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from fer_core.analysis.answers import Answers
from fer_core.analysis.proportions import (
    cohen_kappa,
    holm,
    mcnemar_p,
    paired_interval,
    unpaired_interval,
    unpaired_p,
)
from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES

_CLASSES = len(CLASS_NAMES)
LEVEL = 0.05


@dataclass(frozen=True)
class Difference:
    """Accuracy of run a minus accuracy of run b, in -1..1.

    low, high: 95 % interval; p: that of the test (see `Pair`); p_holm: adjusted for the others
    that it stands among; a_count, b_count: images of each; a_correct, b_correct: right answers;
    a_only, b_only: images that only one gets right, None where unpaired.
    """

    value: float
    low: float
    high: float
    p: float
    p_holm: float
    a_count: int
    b_count: int
    a_correct: int
    b_correct: int
    a_only: int | None
    b_only: int | None

    @property
    def supported(self) -> bool:
        """The data support a difference: the adjusted p is below LEVEL."""
        return self.p_holm < LEVEL


@dataclass(frozen=True, eq=False)
class Pair:
    """What there is to say of two runs.

    paired: both were judged on the same images. Then `whole` has the interval of Bonett & Price
    and McNemar's exact test; else Newcombe's interval and the z test. without_twins: leaves out
    the images with a twin in the training data of either. classes: the same by true class, in
    the order of CLASS_NAMES, `p_holm` adjusted for the classes. a_only, b_only: (K,) int64,
    places in the split of the images that only one gets right; kappa: Cohen's, of the two
    runs' answers; of unpaired runs: none and NaN.
    """

    a: Answers
    b: Answers
    paired: bool
    whole: Difference
    without_twins: Difference
    classes: tuple[Difference, ...]
    kappa: float
    a_only: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    b_only: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))


def compare_all(answers: Sequence[Answers]) -> list[Pair]:
    """Compare each run with each later one; the p of the whole are adjusted for the pairs."""
    pairs = [compare(a, b) for a, b in combinations(answers, 2)]
    whole = _adjusted([pair.whole for pair in pairs])
    without = _adjusted([pair.without_twins for pair in pairs])
    return [
        replace(pair, whole=first, without_twins=second)
        for pair, first, second in zip(pairs, whole, without, strict=True)
    ]


def compare(a: Answers, b: Answers) -> Pair:
    """Compare two runs' answers on one split. InputError for answers on two."""
    if a.split != b.split:
        raise InputError(f"{a.split} and {b.split} are two splits; compare runs on one")
    paired = a.fingerprint == b.fingerprint
    if paired:
        all_ = np.ones(len(a.labels), bool)
        kept = ~(a.twins | b.twins)
        by_class = [a.labels == label for label in range(_CLASSES)]
        classes = [_paired(a.right[where], b.right[where]) for where in by_class]
        return Pair(
            a,
            b,
            paired=True,
            whole=_paired(a.right[all_], b.right[all_]),
            without_twins=_paired(a.right[kept], b.right[kept]),
            classes=tuple(_adjusted(classes)),
            kappa=cohen_kappa(a.predicted, b.predicted, classes=_CLASSES),
            a_only=np.flatnonzero(a.right & ~b.right),
            b_only=np.flatnonzero(b.right & ~a.right),
        )
    classes = [
        _unpaired(a.right[a.labels == label], b.right[b.labels == label])
        for label in range(_CLASSES)
    ]
    return Pair(
        a,
        b,
        paired=False,
        whole=_unpaired(a.right, b.right),
        without_twins=_unpaired(a.right[~a.twins], b.right[~b.twins]),
        classes=tuple(_adjusted(classes)),
        kappa=float("nan"),
    )


def _paired(a: np.ndarray, b: np.ndarray) -> Difference:
    """Compare right answers, (N,) bool each, on the same images."""
    a_only, b_only = int((a & ~b).sum()), int((b & ~a).sum())
    low, high = paired_interval(a_only, b_only, len(a))
    p = mcnemar_p(a_only, b_only)
    return _difference(a, b, (low, high), p, a_only, b_only)


def _unpaired(a: np.ndarray, b: np.ndarray) -> Difference:
    counts = int(a.sum()), len(a), int(b.sum()), len(b)
    return _difference(a, b, unpaired_interval(*counts), unpaired_p(*counts), None, None)


def _difference(
    a: np.ndarray,
    b: np.ndarray,
    interval: tuple[float, float],
    p: float,
    a_only: int | None,
    b_only: int | None,
) -> Difference:
    value = float(a.mean() - b.mean()) if len(a) and len(b) else float("nan")
    return Difference(
        value, *interval, p, p, len(a), len(b), int(a.sum()), int(b.sum()), a_only, b_only
    )


def _adjusted(differences: Sequence[Difference]) -> list[Difference]:
    adjusted = holm(np.array([each.p for each in differences]))
    return [replace(d, p_holm=float(p)) for d, p in zip(differences, adjusted, strict=True)]
