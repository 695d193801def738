"""A stored run's network on a split, and what it says of each image into the store."""

import torch

from fer_core.errors import InputError
from fer_core.loading import load_model, trained_config
from fer_core.records import FINISHED, PUBLIC, TEST, VALIDATION, Predictions, Score
from fer_core.store import RunStore
from fer_core.train import predict_probabilities
from fer_core.views import check_averaging


def evaluate_run(
    store: RunStore,
    reference: str,
    split: str = VALIDATION,
    *,
    weights: str = "best",
    averaging: str = "none",
    device: str = "auto",
) -> Score:
    """Store the run's probabilities on a split and return how many it gets right.

    weights: ``best`` (by validation accuracy), ``last``, ``average`` (the moving average, after
    the last epoch), or ``epoch-N``; averaging: one of AVERAGINGS.
    Each call on a test split is logged as a reading of it.
    """
    check_averaging(averaging)
    run = store.run(reference)
    trained_config(store, run)  # what has no weights says so before anything else
    if split in (TEST, PUBLIC) and run.status != FINISHED:
        raise InputError(
            f"run {run.name!r} is {run.status}; {split} is read when training is over: "
            f"fer-core resume {run.name!r}"
        )
    images = store.evaluation_split(run.id, split)
    loaded = load_model(store, run, weights, device)
    pixels = store.images(run.dataset_fingerprint, images.source, images.indices)
    probabilities = predict_probabilities(
        loaded.model,
        torch.tensor(pixels, device=loaded.device.torch_device).unsqueeze(1),
        loaded.device,
        averaging=averaging,
    )
    store.add_predictions(
        run.id,
        Predictions(
            split=split,
            weights=weights,
            averaging=averaging,
            probabilities=probabilities.cpu().numpy(),
            epoch=loaded.epoch,
            checkpoint_sha256=loaded.sha256,
            fingerprint=images.fingerprint,
        ),
    )
    score = store.run(run.id).score(split, weights, averaging)
    if score is None:
        raise RuntimeError(f"the predictions of {run.name!r} on {split} were not stored")
    return score
