"""Which runs to combine: ensembles of stored predictions, judged on validation alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_core.analysis import metrics
from fer_core.analysis.answers import Answers, Store, read_answers
from fer_core.analysis.ensembles import (
    log_loss,
    mean_probabilities,
    validation_weights,
    vote_shares,
)
from fer_core.analysis.metrics import Accuracy
from fer_core.errors import InputError
from fer_core.records import VALIDATION

COMBINATIONS = ("equal", "validation", "vote")


@dataclass(frozen=True, eq=False)
class Selection:
    """Members in the order in which they were chosen, and what the first 1, 2, ... reach.

    order: (M,) int64, places among the candidates; accuracies: M, of the mean of the first
    members, with intervals; log_losses: (M,) float64 of the same; best: how many of the first
    members are the most accurate, the fewest on ties.

    The images that chose the members flatter them: see what it reaches on others.
    """

    order: np.ndarray
    accuracies: tuple[Accuracy, ...]
    log_losses: np.ndarray
    best: int


def read_candidates(
    store: Store, references: Sequence[str], *, averaging: str = "none"
) -> list[Answers]:
    """Read what runs with their best weights have predicted on validation; never on test.

    Raises InputError for predictions that are missing and runs judged on different images.
    """
    found = read_answers(store, references, split=VALIDATION, averaging=averaging)
    for each in found[1:]:
        if each.fingerprint != found[0].fingerprint:
            raise InputError(
                f"{found[0].run.name!r} and {each.run.name!r} are judged on different validation "
                "images; an ensemble takes runs with the same data, --validation and --seed"
            )
    return found


def mean_accuracy(probabilities: np.ndarray, labels: np.ndarray) -> Accuracy:
    """Return the accuracy of the mean of M members: (M, N, 7), labels (N,) in 0..6."""
    return metrics.accuracy(labels, metrics.predicted_classes(_mean(probabilities)))


def combined_accuracy(probabilities: np.ndarray, labels: np.ndarray, combine: str) -> Accuracy:
    """Return the accuracy of M members, (M, N, 7), combined in one of COMBINATIONS: the mean of
    all alike, with the weights that suit these images best, or a majority vote."""
    if combine == "vote":
        shares = vote_shares(probabilities)
    elif combine == "validation":
        shares = mean_probabilities(probabilities, validation_weights(probabilities, labels))
    else:
        shares = _mean(probabilities)
    return metrics.accuracy(labels, metrics.predicted_classes(shares))


def forward_selection(probabilities: np.ndarray, labels: np.ndarray) -> Selection:
    """Choose members one by one: each time the one whose joining makes the mean most accurate,
    on ties the one with the lower log loss, then the first.

    probabilities: (M, N, 7) of M candidates, M at least 1; labels: (N,) in 0..6. This is the
    forward stepwise selection of Caruana, Niculescu-Mizil, Crew & Ksikes (2004, "Ensemble
    selection from libraries of models", section 2), without replacement: each member counts
    alike, as in the ensemble that is stored.
    """
    order: list[int] = []
    losses = []
    while len(order) < len(probabilities):
        candidates = [each for each in range(len(probabilities)) if each not in order]
        rated = []
        for each in candidates:
            mean = _mean(probabilities[[*order, each]])
            right = int((metrics.predicted_classes(mean) == labels).sum())
            rated.append((-right, log_loss(mean, labels), each))
        _, loss, chosen = min(rated)
        order.append(chosen)
        losses.append(loss)
    accuracies = tuple(
        mean_accuracy(probabilities[order[:count]], labels) for count in range(1, len(order) + 1)
    )
    best = int(np.argmax([each.correct for each in accuracies])) + 1
    return Selection(np.array(order), accuracies, np.array(losses), best)


def _mean(probabilities: np.ndarray) -> np.ndarray:
    members = len(probabilities)
    return mean_probabilities(probabilities, np.full(members, 1 / members))
