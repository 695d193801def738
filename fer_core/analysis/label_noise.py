"""Images whose label several runs confidently contradict: to be looked at, not to be deleted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_core.analysis.answers import Answers
from fer_core.errors import InputError
from fer_core.records import TRAIN


@dataclass(frozen=True)
class Suspect:
    """One image. index: place in the split; label: as given; suggested: the class that `votes`
    runs confidently call it; given_probability, suggested_probability: means over all runs."""

    index: int
    label: int
    suggested: int
    votes: int
    given_probability: float
    suggested_probability: float

    @property
    def margin(self) -> float:
        return self.suggested_probability - self.given_probability


def confident_classes(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the class that a run confidently gives each image, -1 where it gives none.

    probabilities: (N, 7); labels: (N,) in 0..6. Returns (N,) int64. Confident learning
    (Northcutt, Jiang & Chuang 2021, "Confident learning: estimating uncertainty in dataset
    labels", JAIR 70, equations 1 and 2): a class is reached with at least the mean probability
    that images labelled with it have for it; of several classes the most probable one.
    """
    classes = probabilities.shape[1]
    thresholds = np.full(classes, np.inf)  # a class without images is never reached
    for label in np.unique(labels):
        thresholds[label] = probabilities[labels == label, label].mean(dtype=np.float64)
    reached = np.where(probabilities >= thresholds, probabilities, -1.0)
    return np.where(reached.max(axis=1) < 0, -1, reached.argmax(axis=1))


def suspects(answers: Sequence[Answers], *, least_votes: int | None = None) -> list[Suspect]:
    """Return the images that at least `least_votes` runs (by default more than half) confidently
    call one other class, most votes first, then the largest margin.

    The runs must not have trained on the images, or they repeat the labels that they learned.
    Raises InputError for predictions on train, and for runs that are judged on different images.
    """
    if any(each.split == TRAIN for each in answers):
        raise InputError("labels of train cannot be judged by runs that trained on them")
    if not answers or len({each.fingerprint for each in answers}) > 1:
        raise InputError("label noise is judged by runs on the same images; pick others")
    labels = answers[0].labels.astype(np.int64)
    stacked = np.stack([each.probabilities for each in answers])
    votes = np.zeros(stacked.shape[1:], np.int64)
    rows = np.arange(len(labels))
    for probabilities in stacked:
        called = confident_classes(probabilities, labels)
        other = (called >= 0) & (called != labels)
        votes[rows[other], called[other]] += 1
    mean = stacked.mean(axis=0, dtype=np.float64)
    # The most votes; of equally many the more probable class.
    best = np.lexsort((mean, votes), axis=1)[:, -1]
    least = len(answers) // 2 + 1 if least_votes is None else max(1, least_votes)
    found = [
        Suspect(
            index=int(i),
            label=int(labels[i]),
            suggested=int(best[i]),
            votes=int(votes[i, best[i]]),
            given_probability=float(mean[i, labels[i]]),
            suggested_probability=float(mean[i, best[i]]),
        )
        for i in np.flatnonzero(votes[rows, best] >= least)
    ]
    return sorted(found, key=lambda suspect: (-suspect.votes, -suspect.margin, suspect.index))
