"""The only wiring: data and model into training, and what comes of it into the store."""

import dataclasses
import platform
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from fer_core.checkpoints import CheckpointFolder
from fer_core.config import RunConfig
from fer_core.data.holdout import held_out_indices
from fer_core.device import Device, choose_device
from fer_core.errors import InputError
from fer_core.models import (
    OWN_FAMILY,
    Classifier,
    Normalise,
    build,
    check_own,
    input_side,
    layer_table,
    read_source,
)
from fer_core.records import (
    ENSEMBLE,
    FINISHED,
    PUBLIC,
    SOURCE,
    TEST,
    TRAIN,
    VALIDATION,
    Epoch,
    Predictions,
    Run,
    Score,
    TensorRecord,
)
from fer_core.store import RunStore, RunWriter, StoreError
from fer_core.train import TrainingData, TrainingState, fit, predict_probabilities

HELD_OUT_WITHOUT_VALIDATION = 0.15
_AVERAGINGS = ("none", "flip")


class Progress(Protocol):
    """What a training tells while it goes on; the command line draws it."""

    def start(self, run: str, *, first_epoch: int, epochs: int, device: Device) -> None:
        """Training of `run` starts with `first_epoch` of `epochs`."""

    def batch(self, done: int, total: int) -> None:
        """`done` of the epoch's `total` images are trained on."""

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is stored."""


class Silent:
    """A `Progress` that tells nothing."""

    def start(self, run: str, *, first_epoch: int, epochs: int, device: Device) -> None:
        """Tell nothing."""

    def batch(self, done: int, total: int) -> None:
        """Tell nothing."""

    def epoch(self, epoch: Epoch) -> None:
        """Tell nothing."""


def train_run(
    store: RunStore,
    config: RunConfig,
    *,
    name: str | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Run:
    """Train a new run to its end and store everything that it gives, epoch by epoch.

    Ends by storing the validation predictions of `best` and `last`. Never touches test. The file
    of a network of one's own is stored with its run.
    """
    dataset = store.dataset(config.data)
    if config.validation == "official" and VALIDATION not in dataset.splits:
        config = config.replace(validation=HELD_OUT_WITHOUT_VALIDATION)
    labels = store.labels(dataset.fingerprint, TRAIN)
    if (labels < 0).any():
        raise InputError(
            f"{(labels < 0).sum()} training images of {config.data!r} have no label; "
            "import a source whose training split is labelled"
        )
    held_out = None
    if isinstance(config.validation, float):
        held_out = held_out_indices(labels, config.validation, seed=config.seed)
    chosen = choose_device(device, precision=config.precision)
    check_own(config, device=chosen.torch_device, autocast=chosen.autocast())
    layers = layer_table(build(config.architecture), input_side(config.architecture))
    with store.start_run(
        name,
        config=config.to_dict(),
        preset=config.preset,
        data=config.data,
        held_out=held_out,
        layers=layers,
        parameters=sum(layer.parameters for layer in layers),
        seed=config.seed,
        epochs_planned=config.epochs,
        versions=_versions(chosen),
        device=chosen.name,
    ) as writer:
        _store_source(writer, config.architecture)
        data = _training_data(store, writer.id, chosen)
        state = _start(config, chosen, data)
        _train(store, writer, state, data, config, progress or Silent())
        for weights in ("best", "last"):
            evaluate_run(store, writer.id, VALIDATION, weights=weights, device=device)
    return store.run(writer.id)


def resume_run(
    store: RunStore, reference: str, *, device: str = "auto", progress: Progress | None = None
) -> tuple[Run, tuple[str, ...]]:
    """Go on from the newest epoch whose checkpoint is whole, or from the start without one.

    Returns the run and, for each thing that differs from where it was started (so that the
    result may differ from an uninterrupted run's), one line.
    """
    run = store.run(reference)
    details = store.details(run.id)
    config = _trained_config(run, details.config)
    chosen = choose_device(device, precision=config.precision)
    differences = _differences(details.versions, _versions(chosen))
    with store.continue_run(run.id) as writer:
        data = _training_data(store, run.id, chosen)
        state = _start(config, chosen, data)
        folder = CheckpointFolder(store.checkpoint_folder(run.id))
        history = store.histories((run.id,))[run.id]
        if newest := folder.newest(history):
            folder.restore(state, newest)
        # Epochs whose weights are gone from the disk are trained again, not mixed with new ones.
        writer.forget_epochs_after(state.epoch)
        best = _epoch(history, store.run(run.id).best_epoch)
        if newest and best:
            folder.settle(newest, best)
        _train(store, writer, state, data, config, progress or Silent())
        for weights in ("best", "last"):
            evaluate_run(store, run.id, VALIDATION, weights=weights, device=device)
    return store.run(run.id), differences


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

    weights: ``best`` (by validation accuracy) or ``last``; averaging: ``none`` or ``flip``.
    Each call on a test split is logged as a reading of it.
    """
    if averaging not in _AVERAGINGS:
        raise InputError(f"averaging is {averaging!r}; use one of {', '.join(_AVERAGINGS)}")
    run = store.run(reference)
    details = store.details(run.id)
    config = _trained_config(run, details.config)
    if split in (TEST, PUBLIC) and run.status != FINISHED:
        raise InputError(
            f"run {run.name!r} is {run.status}; {split} is read when training is over: "
            f"fer-core resume {run.name!r}"
        )
    images = store.evaluation_split(run.id, split)
    epoch = _epoch(store.histories((run.id,))[run.id], _epoch_of(run, weights))
    if epoch is None:
        raise InputError(f"run {run.name!r} has no finished epoch; fer-core resume {run.name!r}")
    chosen = choose_device(device, precision=config.precision)
    architecture = config.architecture
    normalise = Normalise(config.normalise)
    model = Classifier(normalise, build(architecture), input_side(architecture))
    folder = CheckpointFolder(store.checkpoint_folder(run.id))
    model.load_state_dict(folder.load_weights(epoch.weights_sha256))
    chosen.place(model)
    pixels = store.images(run.dataset_fingerprint, images.source, images.indices)
    probabilities = predict_probabilities(
        model,
        torch.tensor(pixels, device=chosen.torch_device).unsqueeze(1),
        chosen,
        averaging=averaging,
    )
    store.add_predictions(
        run.id,
        Predictions(
            split=split,
            weights=weights,
            averaging=averaging,
            probabilities=probabilities.cpu().numpy(),
            epoch=epoch.epoch,
            checkpoint_sha256=epoch.weights_sha256 or "",
            fingerprint=images.fingerprint,
        ),
    )
    score = store.run(run.id).score(split, weights, averaging)
    if score is None:
        raise RuntimeError(f"the predictions of {run.name!r} on {split} were not stored")
    return score


def _train(
    store: RunStore,
    writer: RunWriter,
    state: TrainingState,
    data: TrainingData,
    config: RunConfig,
    progress: Progress,
) -> None:
    folder = CheckpointFolder(store.checkpoint_folder(writer.id))
    progress.start(
        writer.name, first_epoch=state.epoch + 1, epochs=config.epochs, device=state.device
    )
    for epoch in fit(state, data, config, progress=progress.batch):
        try:
            weights_sha256, state_sha256 = folder.write_next(state)
        except OSError as error:  # a full disk, mostly
            raise StoreError(
                f"the checkpoint of epoch {epoch.epoch} was not written: {error.strerror}; "
                f"make room in {folder.folder}, then: fer-core resume {writer.name!r}"
            ) from error
        stored = dataclasses.replace(
            epoch, weights_sha256=weights_sha256, state_sha256=state_sha256
        )
        writer.add_epoch(stored)
        folder.promote(best=store.run(writer.id).best_epoch == epoch.epoch)
        progress.epoch(stored)


def _start(config: RunConfig, device: Device, data: TrainingData) -> TrainingState:
    mean, deviation = 0.0, 1.0
    if config.normalise == "dataset":
        counts = torch.bincount(data.train_images.flatten(), minlength=256).double()
        levels = torch.arange(256, device=counts.device).double() / 255
        mean = float((counts * levels).sum() / counts.sum())
        deviation = float(((counts * (levels - mean) ** 2).sum() / counts.sum()).sqrt())
    return TrainingState.start(config, device, mean=mean, deviation=deviation)


def _training_data(store: RunStore, run_id: str, device: Device) -> TrainingData:
    run = store.run(run_id)
    validation = store.evaluation_split(run_id, VALIDATION)
    labels = store.labels(run.dataset_fingerprint, TRAIN)
    trained = np.setdiff1d(np.arange(len(labels)), store.held_out(run_id))
    return TrainingData.on(
        device,
        (store.images(run.dataset_fingerprint, TRAIN, trained), labels[trained]),
        (
            store.images(run.dataset_fingerprint, validation.source, validation.indices),
            validation.labels,
        ),
    )


def _trained_config(run: Run, config: Mapping[str, Any]) -> RunConfig:
    """Return the configuration of a run that was trained here.

    Raises InputError for a run without weights, and when the file of its network has changed.
    """
    if run.preset == ENSEMBLE:
        raise InputError(
            f"run {run.name!r} is an ensemble: it has no weights of its own, only predictions that "
            "its members stored"
        )
    if "architecture" not in config:
        raise InputError(
            f"run {run.name!r} was logged by a loop of its own, so it has no weights here; go on "
            "in that loop with store.continue_run and run.add_predictions"
        )
    found = RunConfig.from_dict(config)
    if found.architecture.get("family") == OWN_FAMILY:
        read_source(found.architecture, run=run.name)
    return found


def _store_source(writer: RunWriter, architecture: Mapping[str, Any]) -> None:
    if architecture.get("family") == OWN_FAMILY:
        text = np.frombuffer(read_source(architecture), np.uint8)
        file = Path(architecture["file"]).name
        writer.add_tensor(TensorRecord(SOURCE, text, sample=file, weights=""))


def _epoch_of(run: Run, weights: str) -> int | None:
    if weights not in ("best", "last"):
        raise InputError(f"weights is {weights!r}; use best or last")
    return run.best_epoch if weights == "best" else run.epochs


def _epoch(history: tuple[Epoch, ...], number: int | None) -> Epoch | None:
    return next((epoch for epoch in history if epoch.epoch == number), None)


def _versions(device: Device) -> dict[str, str]:
    return {
        "fer-lab": metadata.version("fer-lab"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "machine": f"{device.torch_device.type} {device.name}",
        "precision": device.precision,
        "threads": str(device.threads),
    }


def _differences(stored: Mapping[str, str], current: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{key} was {stored.get(key)} and is {value}"
        for key, value in current.items()
        if stored.get(key) != value
    )
