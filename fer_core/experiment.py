"""The only wiring: data and model into training, and what comes of it into the store."""

import dataclasses
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from fer_core.checkpoints import CheckpointFolder
from fer_core.config import RunConfig
from fer_core.data.division import divide
from fer_core.device import Device
from fer_core.distributed import ALONE, Group
from fer_core.errors import InputError
from fer_core.evaluating import evaluate_run
from fer_core.following import call, hand_out
from fer_core.loading import kept_weights, trained_config
from fer_core.models import (
    OWN_FAMILY,
    check_own,
    input_side,
    layer_table,
    network_for,
    read_source,
)
from fer_core.records import (
    FINISHED,
    SOURCE,
    TRAIN,
    VALIDATION,
    Epoch,
    Run,
    TensorRecord,
)
from fer_core.store import RunStore, RunWriter, StoreError
from fer_core.teachers import Teachers, load_same_teachers, load_teachers
from fer_core.train import TrainingData, TrainingState, fit

HELD_OUT_WITHOUT_VALIDATION = 0.15


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
    group: Group = ALONE,
) -> Run:
    """Train a new run to its end and store everything that it gives, epoch by epoch.

    Ends by storing the validation predictions of `best` and `last`, of the `average` of the
    weights where the recipe keeps one, and of the epochs whose weights are kept. Never touches
    test. The file of a network of one's own is stored with its run, and of its teachers the ids and
    the hashes of their weights. group: this process, rank 0, and those that follow it.
    """
    dataset = store.dataset(config.data)
    store.need_images(dataset.fingerprint)  # before a run is there
    if config.validation == "official" and VALIDATION not in dataset.splits:
        config = config.replace(validation=HELD_OUT_WITHOUT_VALIDATION)
    labels = store.labels(dataset.fingerprint, TRAIN)
    division = divide(config, labels, flags=lambda: store.flags(dataset.fingerprint, TRAIN))
    trained = len(labels) - len(division.held_out) - len(division.dropped)
    group.check(min(config.batch_size, trained), teacher=config.teacher)
    teachers = load_teachers(
        store,
        config,
        fingerprint=dataset.fingerprint,
        held_out=division.held_out,
        device=device,
    )
    config = config.replace(teacher=teachers.ids, teacher_sha256=teachers.sha256)
    chosen = group.device(device, config.precision)
    check_own(config, device=chosen.torch_device, autocast=chosen.autocast())
    layers = layer_table(network_for(config), input_side(config.architecture))
    call(group, config, chosen)
    with store.start_run(
        name,
        config=config.to_dict(),
        preset=config.preset,
        data=config.data,
        held_out=division.held_out,
        dropped=division.dropped,
        dropped_counts=division.dropped_counts,
        layers=layers,
        parameters=sum(layer.parameters for layer in layers),
        seed=config.seed,
        epochs_planned=config.epochs,
        versions=chosen.versions(),
        device=chosen.name,
    ) as writer:
        _store_source(writer, config.architecture)
        data = _training_data(store, writer.id, chosen)
        hand_out(group, data)
        state = _start(config, chosen, data, group)
        _train(store, writer, state, data, config, teachers, progress or Silent())
        for weights in kept_weights(config, state.epoch):
            evaluate_run(store, writer.id, VALIDATION, weights=weights, device=device)
    return store.run(writer.id)


def resume_run(
    store: RunStore,
    reference: str,
    *,
    device: str = "auto",
    progress: Progress | None = None,
    group: Group = ALONE,
) -> tuple[Run, tuple[str, ...]]:
    """Go on from the newest epoch whose checkpoint is whole, or from the start without one.

    Returns the run and, for each thing that differs from where it was started (so that the
    result may differ from an uninterrupted run's), one line. group: as in `train_run`.
    """
    run = store.run(reference)
    details = store.details(run.id)
    config = trained_config(store, run)
    _refuse_without_state(store, run)
    store.need_images(run.dataset_fingerprint)
    trained = len(store.labels(run.dataset_fingerprint, TRAIN))
    trained -= len(store.held_out(run.id)) + len(store.dropped(run.id))
    group.check(min(config.batch_size, trained), teacher=config.teacher)
    teachers = load_same_teachers(
        store,
        config,
        fingerprint=run.dataset_fingerprint,
        held_out=store.held_out(run.id),
        device=device,
    )
    chosen = group.device(device, config.precision)
    if details.versions.get("machine") == chosen.versions()["machine"]:
        chosen = group.device(device, details.versions["precision"])  # as it was timed
    call(group, config, chosen)
    differences = _differences(details.versions, chosen.versions())
    with store.continue_run(run.id) as writer:
        data = _training_data(store, run.id, chosen)
        folder = CheckpointFolder(store.checkpoint_folder(run.id))
        history = store.histories((run.id,))[run.id]
        newest = folder.newest(history)
        checkpoint = folder.read(newest) if newest else None
        hand_out(group, data, checkpoint)
        state = _start(config, chosen, data, group)
        if checkpoint:
            checkpoint.restore(state)
        # Epochs whose weights are gone from the disk are trained again, not mixed with new ones.
        writer.forget_epochs_after(state.epoch)
        best = _epoch(history, store.run(run.id).best_epoch)
        if newest and best:
            folder.settle(newest, best, keep=newest.epoch in config.kept_epochs)
        _train(store, writer, state, data, config, teachers, progress or Silent())
        for weights in kept_weights(config, state.epoch):
            evaluate_run(store, run.id, VALIDATION, weights=weights, device=device)
    return store.run(run.id), differences


def _train(
    store: RunStore,
    writer: RunWriter,
    state: TrainingState,
    data: TrainingData,
    config: RunConfig,
    teachers: Teachers,
    progress: Progress,
) -> None:
    folder = CheckpointFolder(store.checkpoint_folder(writer.id))
    progress.start(
        writer.name, first_epoch=state.epoch + 1, epochs=config.epochs, device=state.device
    )
    told = progress.batch
    with state.group.training():
        for epoch in fit(state, data, config, teachers=teachers.networks, progress=told):
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
            best = store.run(writer.id).best_epoch == epoch.epoch
            keep = epoch.epoch if epoch.epoch in config.kept_epochs else None
            folder.promote(best=best, keep=keep)
            progress.epoch(stored)


def _start(config: RunConfig, device: Device, data: TrainingData, group: Group) -> TrainingState:
    mean, deviation = 0.0, 1.0
    if config.normalise == "dataset":
        counts = torch.bincount(data.train_images.flatten(), minlength=256).double()
        levels = torch.arange(256, device=counts.device).double() / 255
        mean = float((counts * levels).sum() / counts.sum())
        deviation = float(((counts * (levels - mean) ** 2).sum() / counts.sum()).sqrt())
    return TrainingState.start(config, device, mean=mean, deviation=deviation, group=group)


def _refuse_without_state(store: RunStore, run: Run) -> None:
    """Raise InputError for a run that came from another store: training it from its start again
    would drop its epochs."""
    if run.status != FINISHED and not store.can_go_on(run.id):
        raise InputError(
            f"run {run.name!r} was imported, and what training goes on from is not shared; train "
            f"it again with: fer-core train {run.preset} --data {shlex.quote(run.dataset)}"
        )


def _training_data(store: RunStore, run_id: str, device: Device) -> TrainingData:
    run = store.run(run_id)
    validation = store.evaluation_split(run_id, VALIDATION)
    labels = store.labels(run.dataset_fingerprint, TRAIN)
    left_out = np.concatenate([store.held_out(run_id), store.dropped(run_id)])
    trained = np.setdiff1d(np.arange(len(labels)), left_out)
    return TrainingData.on(
        device,
        (store.images(run.dataset_fingerprint, TRAIN, trained), labels[trained]),
        (
            store.images(run.dataset_fingerprint, validation.source, validation.indices),
            validation.labels,
        ),
    )


def _store_source(writer: RunWriter, architecture: Mapping[str, Any]) -> None:
    if architecture.get("family") == OWN_FAMILY:
        text = np.frombuffer(read_source(architecture), np.uint8)
        file = Path(architecture["file"]).name
        writer.add_tensor(TensorRecord(SOURCE, text, sample=file, weights=""))


def _epoch(history: tuple[Epoch, ...], number: int | None) -> Epoch | None:
    return next((epoch for epoch in history if epoch.epoch == number), None)


def _differences(stored: Mapping[str, str], current: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        f"{key} was {stored.get(key)} and is {value}"
        for key, value in current.items()
        if stored.get(key) != value
    )
