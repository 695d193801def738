"""Trainings in processes of their own, and when each of their epochs was there."""

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from fer_core.config import RunConfig
from fer_core.device import choose_device
from fer_core.experiment import Silent, train_run
from fer_core.records import TRAIN, VALIDATION, DatasetArrays, Epoch
from fer_core.store import RunStore

DATA = "faces"
Curve = list[dict[str, float]]  # an epoch each: seconds since the process started, accuracy


class Telling(Silent):
    """Sends the validation accuracy of each epoch when it is stored."""

    def __init__(self, pipe: Connection) -> None:
        self.pipe = pipe

    def epoch(self, epoch: Epoch) -> None:
        self.pipe.send(epoch.validation_accuracy)


def prepare(folder: Path, faces: DatasetArrays) -> None:
    """Store the faces where `train_ours` and `train_peer` look for them."""
    with RunStore.open(folder / "runs.db") as store:
        store.add_dataset(DATA, faces)
    parts = {
        f"{split}_{part}": getattr(faces.splits[split], part)
        for split in (TRAIN, VALIDATION)
        for part in ("images", "labels")
    }
    np.savez(folder / "faces.npz", **parts)


def train_ours(folder: Path, config: RunConfig, device: str, _: int, pipe: Connection) -> None:
    """Train as `fer-core train` does."""
    with RunStore.open(folder / "runs.db") as store:
        train_run(store, config, device=device, progress=Telling(pipe))
    pipe.send(None)


def train_peer(
    folder: Path, config: RunConfig, device: str, workers: int, pipe: Connection
) -> None:
    """Train the usual way, validating after each epoch."""
    from usual_ways import Peer  # imports torchvision, which ours does not need

    with np.load(folder / "faces.npz") as file:
        faces = dict(file)
    train, validation = (
        (faces[f"{split}_images"], faces[f"{split}_labels"]) for split in (TRAIN, VALIDATION)
    )
    where = choose_device(device).torch_device
    peer = Peer(*train, config, workers=workers, device=where)
    batches = peer.validation(*validation)
    for _ in range(config.epochs):
        peer.train_epoch()
        pipe.send(peer.accuracy(batches))
    pipe.send(None)


def curve_of(train: Callable, *arguments: Any) -> Curve:
    """Return what the epochs of a training in a process of its own reach, and when.

    train: takes the arguments and a pipe, sends an accuracy after each epoch and None at the end.
    """
    ours, theirs = multiprocessing.Pipe()
    usual = multiprocessing.get_start_method()
    process = multiprocessing.get_context("spawn").Process(
        target=_in_a_process, args=(usual, train, *arguments, theirs)
    )
    started = time.perf_counter()
    process.start()
    theirs.close()  # the process has its own: when it dies, reading ends
    curve: Curve = []
    try:
        while (accuracy := ours.recv()) is not None:
            curve.append({"seconds": time.perf_counter() - started, "accuracy": accuracy})
    except EOFError:
        raise SystemExit("a training ended before its last epoch; its error is above") from None
    finally:
        process.join()
    return curve


def _in_a_process(start_method: str, train: Callable, *arguments: Any) -> None:
    # A spawned process would spawn its workers, too; scripts start them as the system does.
    multiprocessing.set_start_method(start_method, force=True)
    train(*arguments)
