"""What runs get wrong alike: images that several take for the same other class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_core.analysis.answers import Answers
from fer_core.errors import InputError


@dataclass(frozen=True)
class Mistake:
    """One image. index: place in the split; label: its class; said: the wrong class that most runs
    take it for; votes: how many do; probability: of that class, the mean over all runs."""

    index: int
    label: int
    said: int
    votes: int
    probability: float


@dataclass(frozen=True)
class ConfusedPair:
    """Images of class `true` taken for `said`. share: of all images of class `true`."""

    true: int
    said: int
    count: int
    share: float


def mistakes(answers: Sequence[Answers], *, least: int = 1) -> list[Mistake]:
    """Return the images that at least `least` runs take for the same wrong class, the most
    confident first: those for which the mean probability of that class is the largest.

    Of several wrong classes with as many votes it is the more probable one. Raises InputError for
    runs that are judged on different images.
    """
    if not answers or len({each.fingerprint for each in answers}) > 1:
        raise InputError("mistakes are those of runs on the same images; pick others")
    labels = answers[0].labels.astype(np.int64)
    rows = np.arange(len(labels))
    stacked = np.stack([each.probabilities for each in answers])
    mean = stacked.mean(axis=0, dtype=np.float64)
    votes = np.zeros(mean.shape, np.int64)
    for each in answers:
        votes[rows, each.predicted] += 1
    votes[rows, labels] = -1  # the right answer is none
    said = np.lexsort((mean, votes), axis=1)[:, -1]
    found = np.flatnonzero(votes[rows, said] >= max(1, least))
    found = found[np.argsort(-mean[found, said[found]], kind="stable")]
    return [
        Mistake(
            index=int(place),
            label=int(labels[place]),
            said=int(said[place]),
            votes=int(votes[place, said[place]]),
            probability=float(mean[place, said[place]]),
        )
        for place in found
    ]


def confused_pairs(found: Sequence[Mistake], labels: np.ndarray) -> list[ConfusedPair]:
    """Count mistakes by true and said class, the most frequent first. labels: (N,) in 0..6, of all
    images of the split."""
    support = np.bincount(labels.astype(np.int64), minlength=7)
    counts: dict[tuple[int, int], int] = {}
    for each in found:
        counts[each.label, each.said] = counts.get((each.label, each.said), 0) + 1
    pairs = [
        ConfusedPair(true, said, count, count / int(support[true]))
        for (true, said), count in counts.items()
    ]
    return sorted(pairs, key=lambda pair: (-pair.count, pair.true, pair.said))
