"""What runs answered on the images of a split, as the store has it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from fer_core.analysis import metrics
from fer_core.analysis.sides import sides
from fer_core.records import EvaluationSplit, Predictions, Run, RunDetails


class Store(Protocol):
    """What this part asks of a run store."""

    def run(self, reference: str) -> Run: ...
    def details(self, run_id: str) -> RunDetails: ...
    def evaluation_split(self, run_id: str, split: str) -> EvaluationSplit: ...
    def predictions(
        self, run_id: str, split: str, weights: str = "best", averaging: str = "none"
    ) -> Predictions: ...


@dataclass(frozen=True, eq=False)
class Answers:
    """The probabilities of one run, with one of its weights, on the N labelled images of a split.

    subject: the run, under a name that also says the weights where several are compared; labels:
    (N,) int8 in 0..6; twins: (N,) bool, the run trained on an identical image; probabilities:
    (N, 7) float32, rows sum to 1; fingerprint: of the images and labels; epoch: of the weights, 0
    where there is none; readings: how often the run has read the split, where that is counted.
    """

    run: Run
    subject: Run
    config: Mapping[str, object]
    split: str
    weights: str
    averaging: str
    epoch: int
    fingerprint: str
    readings: int
    labels: np.ndarray
    twins: np.ndarray
    probabilities: np.ndarray

    @cached_property
    def predicted(self) -> np.ndarray:
        """(N,) int64: the most probable class."""
        return metrics.predicted_classes(self.probabilities)

    @cached_property
    def right(self) -> np.ndarray:
        """(N,) bool."""
        return self.predicted == self.labels


def read_answers(
    store: Store,
    references: Sequence[str],
    *,
    split: str,
    weights: str = "best",
    averaging: str = "none",
) -> list[Answers]:
    """Read the stored predictions of runs (ids, unique prefixes or names). weights: several, as
    ``best,epoch-1``, give an item for each run and weights.

    Raises InputError for weights that there cannot be, and from the store: for an unknown run or
    split, unlabelled images, and predictions that are not there, with the command that makes them.
    """
    found = []
    for side in sides(store, references, weights):
        run = side.run
        details = store.details(run.id)
        images = store.evaluation_split(run.id, split)
        predictions = store.predictions(run.id, split, side.weights, averaging)
        found.append(
            Answers(
                run=run,
                subject=side.subject,
                config=details.config,
                split=split,
                weights=side.weights,
                averaging=averaging,
                epoch=predictions.epoch,
                fingerprint=predictions.fingerprint,
                readings=sum(reading.split == split for reading in details.test_readings),
                labels=images.labels,
                twins=images.twins,
                probabilities=predictions.probabilities,
            )
        )
    return found
