"""Runs' answers made up for the tests of what compares them."""

from dataclasses import replace

import numpy as np

from fer_core.analysis.answers import Answers
from fer_core.records import Run

FER2013 = (467, 56, 496, 895, 653, 415, 607)  # images of each class on validation
_RUN = Run(
    id="", name="", preset="e-cnn", status="finished", dataset="faces",
    dataset_fingerprint="d", synthetic=False, seed=0, parameters=1, epochs=1, epochs_planned=1,
    best_epoch=1, validation_accuracy=None, seconds=1.0, created_at=0.0, updated_at=0.0, revision=1,
)  # fmt: skip


def labels_of(counts=FER2013):
    return np.repeat(np.arange(7), counts).astype(np.int8)


def probabilities_of(labels, rng, *, skill=1.5, sharpness=1.0, common=None):
    """Softmax of noise that leans to the label; `common` (N, 7) is noise shared with others."""
    logits = rng.normal(0, 1, (len(labels), 7)) if common is None else common.copy()
    logits += rng.normal(0, 0.7, logits.shape)
    logits[np.arange(len(labels)), labels] += skill
    shares = np.exp(sharpness * logits)
    return (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)


def answers(labels, probabilities, *, name="a", twins=None, fingerprint="same", **values):
    run = replace(_RUN, id=name, name=name, seed=values.pop("seed", 0))
    given = {
        "run": run,
        "subject": run,
        "config": {},
        "split": "validation",
        "weights": "best",
        "averaging": "none",
        "epoch": 1,
        "fingerprint": fingerprint,
        "readings": 0,
        "labels": labels,
        "twins": np.zeros(len(labels), bool) if twins is None else twins,
        "probabilities": probabilities,
    }
    return Answers(**{**given, **values})


def certain(labels, predicted, **values):
    """Answers of a run that is sure of the class it says."""
    return answers(
        np.asarray(labels, np.int8),
        np.eye(7, dtype=np.float32)[np.asarray(predicted, int)],
        **values,
    )


def shuffled(given, order):
    return replace(
        given,
        labels=given.labels[order],
        twins=given.twins[order],
        probabilities=given.probabilities[order],
    )
