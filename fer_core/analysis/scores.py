"""How good a run is on a split: each score with its 95 % interval, with and without twins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_core.analysis import calibration, metrics
from fer_core.analysis.answers import Answers
from fer_core.analysis.bootstrap import (
    RESAMPLES,
    percentile_intervals,
    resample_weights,
)
from fer_core.analysis.calibration import Calibration
from fer_core.analysis.metrics import Accuracy
from fer_core.records import CLASS_NAMES, Run

_CLASSES = len(CLASS_NAMES)
# What is summed over images: right answers and answers by class, the log loss, and by bin how
# much surer than right the run is.
_RIGHT, _SAID = slice(0, _CLASSES), slice(_CLASSES, 2 * _CLASSES)
_LOSS, _GAPS = 2 * _CLASSES, slice(2 * _CLASSES + 1, 2 * _CLASSES + 1 + calibration.BINS)
_COLUMNS = 2 * _CLASSES + 1 + calibration.BINS
_ROWS = 250  # resamples multiplied at a time: all at once would take memory for nothing
_ERROR = 3  # the calibration error among the numbers of `_numbers`


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % bootstrap interval; all NaN of no images."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Scores of each class, in the order of CLASS_NAMES. NaN where nothing is divided.

    support: (7,) int64, images of the class; predicted: (7,) int64, answers of it; precision,
    recall, f1: (7,) float64; `*_intervals`: (7, 2), 95 %: Wilson of precision and recall,
    bootstrap of F1.
    """

    support: np.ndarray
    predicted: np.ndarray
    precision: np.ndarray
    precision_intervals: np.ndarray
    recall: np.ndarray
    recall_intervals: np.ndarray
    f1: np.ndarray
    f1_intervals: np.ndarray


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores on N images.

    balanced_accuracy: mean recall, macro_f1: mean F1, both of the classes that have images;
    log_loss: in nats; calibration_error: the expected one of `calibration.calibration`, whose
    bins are in `calibration`.
    """

    count: int
    accuracy: Accuracy
    balanced_accuracy: Estimate
    macro_f1: Estimate
    log_loss: Estimate
    calibration_error: Estimate
    classes: ClassScores
    calibration: Calibration


@dataclass(frozen=True, eq=False)
class RunScores:
    """A run's scores on all images, and on those without a twin in its training data."""

    whole: Scores
    without_twins: Scores


def scores_of(
    answers: Sequence[Answers], *, resamples: int = RESAMPLES, seed: int = 0
) -> list[RunScores]:
    """Return the scores of each run, with intervals.

    Accuracy, precision and recall have Wilson's, the calibration error that of
    `calibration.error_interval`, the others the percentiles of the stratified bootstrap: images
    are drawn within each class, those with a twin apart from those without, so that one draw
    serves both. Neither the order of the images nor the other runs change anything.
    """
    sorted_ = [_sorted(each) for each in answers]
    found: list[RunScores | None] = [None] * len(answers)
    sizes = [tuple(np.bincount(each.stratum, minlength=2 * _CLASSES).tolist()) for each in sorted_]
    for same in dict.fromkeys(sizes):
        members = [index for index, each in enumerate(sizes) if each == same]
        columns = np.concatenate([sorted_[index].columns for index in members], axis=1)
        kept = sum(same[:_CLASSES])  # images without a twin stand first
        weights = resample_weights(same, resamples=resamples, seed=seed)
        sums = np.empty((2, resamples, columns.shape[1]), np.float32)
        for first in range(0, resamples, _ROWS):
            rows = weights[first : first + _ROWS].astype(np.float32)
            sums[0, first : first + _ROWS] = rows[:, :kept] @ columns[:kept]
            sums[1, first : first + _ROWS] = rows[:, kept:] @ columns[kept:]
        without, whole = sums[0], sums.sum(axis=0)
        for place, index in enumerate(members):
            own = slice(place * _COLUMNS, (place + 1) * _COLUMNS)
            each = sorted_[index]
            found[index] = RunScores(
                _scores(each, len(each.labels), whole[:, own]), _scores(each, kept, without[:, own])
            )
    return [each for each in found if each is not None]


@dataclass(frozen=True, eq=False)
class _Sorted:
    """Answers in an order that depends on nothing but themselves: those without a twin first,
    by class. columns: (N, _COLUMNS) float32."""

    stratum: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray
    columns: np.ndarray


def _sorted(answers: Answers) -> _Sorted:
    labels, predicted = answers.labels.astype(np.int64), answers.predicted
    losses = metrics.image_log_losses(answers.probabilities, labels)
    confidence = answers.probabilities.max(axis=1)
    stratum = labels + _CLASSES * answers.twins
    order = np.lexsort((losses, confidence, predicted, stratum))
    labels, predicted, right = labels[order], predicted[order], answers.right[order]
    rows = np.arange(len(order))
    columns = np.zeros((len(order), _COLUMNS), np.float32)
    columns[rows[right], labels[right]] = 1
    columns[rows, _CLASSES + predicted] = 1
    columns[:, _LOSS] = losses[order]
    columns[rows, _GAPS.start + calibration.bins_of(confidence)[order]] = confidence[order] - right
    return _Sorted(stratum[order], labels, predicted, answers.probabilities[order], columns)


def _scores(answers: _Sorted, count: int, resampled: np.ndarray) -> Scores:
    """Return the scores of the first `count` images. resampled: (B, _COLUMNS)."""
    labels, predicted = answers.labels[:count], answers.predicted[:count]
    support = np.bincount(labels, minlength=_CLASSES)
    sums = answers.columns[:count].sum(axis=0, dtype=np.float64, keepdims=True)
    values = _numbers(sums, support)[0]
    intervals = percentile_intervals(_numbers(resampled, support))
    intervals[_ERROR] = calibration.error_interval(sums[0, _GAPS], resampled[:, _GAPS], count)
    estimates = [
        Estimate(float(value), float(low), float(high))
        for value, (low, high) in zip(values, intervals, strict=True)
    ]
    right, said = sums[0, _RIGHT].astype(np.int64), sums[0, _SAID].astype(np.int64)
    return Scores(
        count=count,
        accuracy=metrics.accuracy(labels, predicted),
        balanced_accuracy=estimates[0],
        macro_f1=estimates[1],
        log_loss=estimates[2],
        calibration_error=estimates[3],
        classes=ClassScores(
            support=support,
            predicted=said,
            precision=_share(right, said),
            precision_intervals=_wilson(right, said),
            recall=_share(right, support),
            recall_intervals=_wilson(right, support),
            f1=values[4:],
            f1_intervals=intervals[4:],
        ),
        calibration=calibration.calibration(answers.probabilities[:count], labels),
    )


def _numbers(sums: np.ndarray, support: np.ndarray) -> np.ndarray:
    """Return balanced accuracy, macro F1, log loss, calibration error and the seven F1 of sums:
    (B, _COLUMNS), support (7,) -> (B, 11) float64."""
    sums = sums.astype(np.float64)
    seen, count = support > 0, support.sum()
    f1 = _share(2 * sums[:, _RIGHT], support + sums[:, _SAID])
    if not count:
        return np.full((len(sums), 4 + _CLASSES), np.nan)
    return np.column_stack(
        [
            (sums[:, _RIGHT][:, seen] / support[seen]).mean(axis=1),
            f1[:, seen].mean(axis=1),
            sums[:, _LOSS] / count,
            np.abs(sums[:, _GAPS]).sum(axis=1) / count,
            f1,
        ]
    )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Divide; a share of nothing is NaN, since 0 would claim that something was seen."""
    return part / np.where(whole, whole, np.nan)


def _wilson(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    pairs = zip(part.tolist(), whole.tolist(), strict=True)
    return np.array([metrics.wilson_interval(*pair) for pair in pairs])


@dataclass(frozen=True)
class WeightsScore:
    """A run's accuracy with one kind of its weights. averaging: of predictions."""

    weights: str
    averaging: str
    accuracy: Accuracy
    without_twins: Accuracy


def by_weights(run: Run, split: str) -> tuple[WeightsScore, ...]:
    """Return what is stored of a run on a split, side by side: best, last and averaged weights
    in this order, then single epochs; without averaging of predictions first."""
    order = {"best": 0, "last": 1, "average": 2}
    scores = [score for score in run.scores if score.split == split]
    scores.sort(key=lambda s: (s.averaging != "none", s.averaging, order.get(s.weights, 3)))
    return tuple(
        WeightsScore(
            score.weights,
            score.averaging,
            metrics.accuracy_of(score.correct, score.count),
            metrics.accuracy_of(score.correct_without_twins, score.count_without_twins),
        )
        for score in scores
    )
