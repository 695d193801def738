"""What a training loop of one's own gives, as records: epochs and probabilities by name."""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from fer_core.errors import InputError
from fer_core.records import CLASS_NAMES, Epoch, Predictions
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.evaluation import evaluation_split
from fer_core.store.runs import get_run

# What may be known of an epoch, but for its number and its checkpoint.
_MEASURED = tuple(field.name for field in fields(Epoch) if not field.name.endswith("sha256"))[1:]


def epoch_of(
    database: Database, run_id: str, number: int | None, values: Mapping[str, Any]
) -> Epoch:
    """Return what is known of an epoch as one, by default the next: see RunWriter.add_epoch."""
    for name in values:
        if name not in _MEASURED:
            raise InputError(f"an epoch has no {name!r}; use {', '.join(_MEASURED)}")
    if number is None:
        number = get_run(database, run_id).epochs + 1
    return Epoch(number, **values)


def predictions_of(
    database: Database,
    datasets: Datasets,
    reference: str,
    split: str,
    probabilities: ArrayLike | None,
    *,
    weights: str = "best",
    averaging: str = "none",
    epoch: int | None = None,
) -> Predictions:
    """Return probabilities of a loop of one's own as predictions: see RunWriter.add_predictions."""
    judged = evaluation_split(database, datasets, reference, split, needs_labels=False)
    try:
        array = np.asarray(probabilities).astype(np.float32)
    except (TypeError, ValueError, RuntimeError) as error:  # a tensor that needs its gradient
        reason = str(error).splitlines()[0]
        raise InputError(
            f"probabilities on {split} are a {type(probabilities).__name__} that is no array of "
            f"numbers ({reason}); give float32 {(len(judged.labels), len(CLASS_NAMES))}"
        ) from None
    if epoch is None:
        run = get_run(database, reference)
        numbered = re.fullmatch(r"epoch-(\d+)", weights)
        last = int(numbered[1]) if numbered else run.epochs
        epoch = (run.best_epoch or 0) if weights == "best" else last
    return Predictions(split, weights, averaging, array, epoch, "", judged.fingerprint)
