"""Writing a run while it trains: one transaction an epoch, and a heartbeat."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sqlalchemy import Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from fer_core.errors import InputError
from fer_core.records import (
    FAILED,
    FINISHED,
    INTERRUPTED,
    Epoch,
    EvaluationSplit,
    Predictions,
    TensorRecord,
)
from fer_core.store import evaluation, own_loop, tensors
from fer_core.store.changes import touch
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.errors import StoreError
from fer_core.store.liveness import HEARTBEAT_SECONDS
from fer_core.store.runs import get_run
from fer_core.store.schema import epochs, runs

_log = logging.getLogger(__name__)


_NEW = upsert(epochs)
_PUT_EPOCH = _NEW.on_conflict_do_update(
    index_elements=["run_id", "epoch"],
    set_={column.name: _NEW.excluded[column.name] for column in epochs.c if not column.primary_key},
)
# What a run's row says of its epochs: best is the earliest of the highest.
_OWN = epochs.c.run_id == bindparam("run")
_DERIVE = (
    update(runs)
    .where(runs.c.id == bindparam("run"))
    .values(
        epochs=select(func.coalesce(func.max(epochs.c.epoch), 0)).where(_OWN).scalar_subquery(),
        best_epoch=select(epochs.c.epoch)
        .where(_OWN, epochs.c.validation_accuracy.is_not(None))
        .order_by(epochs.c.validation_accuracy.desc(), epochs.c.epoch)
        .limit(1)
        .scalar_subquery(),
        validation_accuracy=select(func.max(epochs.c.validation_accuracy))
        .where(_OWN)
        .scalar_subquery(),
        seconds=select(func.total(epochs.c.seconds)).where(_OWN).scalar_subquery(),
    )
)


def derive(connection: Connection, run_id: str) -> None:
    """Bring what a run's row says of its epochs up to date."""
    connection.execute(_DERIVE, {"run": run_id})


class RunWriter:
    """The one way to write a run; `RunStore.start_run` and `continue_run` give it."""

    def __init__(
        self, database: Database, datasets: Datasets, run_id: str, name: str, token: str
    ) -> None:
        self.id = run_id
        self.name = name
        self._database = database
        self._datasets = datasets
        self._token = token
        self._epoch_began = time.perf_counter()

    def images(self, split: str) -> np.ndarray:
        """Return the images that a split means for this run: (N, 48, 48) uint8.

        ``train`` is what it trains on, without what it holds out or drops.
        """
        judged = self._judged(split)
        fingerprint = get_run(self._database, self.id).dataset_fingerprint
        return self._datasets.images(fingerprint, judged.source, judged.indices)

    def labels(self, split: str) -> np.ndarray:
        """Return the labels of `images(split)`: (N,) int8 in 0..6, -1 where there is none."""
        return self._judged(split).labels

    def add_epoch(self, epoch: Epoch | int | None = None, **values: float | None) -> None:
        """Commit one epoch, in place of an earlier one of the same number.

        epoch: an `Epoch`; or its number, by default the next one, and by name what is known of
        it: train_loss, train_accuracy, validation_loss, validation_accuracy (in 0..1),
        learning_rate, and seconds, by default the time since the epoch before.

        Raises InputError for an epoch below 1 or an accuracy outside 0..1 (not-a-number is
        kept), StoreError on a full disk or when another process has taken the run over.
        """
        now = time.perf_counter()
        if not isinstance(epoch, Epoch):
            values = {"seconds": now - self._epoch_began, **values}
            epoch = own_loop.epoch_of(self._database, self.id, epoch, values)
        values = _epoch_values(epoch)
        self._epoch_began = now
        with self._write() as connection:
            connection.execute(_PUT_EPOCH, {"run_id": self.id, **values})
            derive(connection, self.id)

    def forget_epochs_after(self, epoch: int) -> None:
        """Remove later epochs: for a run that goes on from an earlier checkpoint."""
        with self._write() as connection:
            later = (epochs.c.run_id == self.id) & (epochs.c.epoch > epoch)
            connection.execute(delete(epochs).where(later))
            derive(connection, self.id)

    def add_predictions(
        self,
        predictions: Predictions | str,
        probabilities: ArrayLike | None = None,
        *,
        weights: str = "best",
        averaging: str = "none",
        epoch: int | None = None,
    ) -> None:
        """Store predictions and their score: see RunStore.add_predictions.

        predictions: all of it, or the name of a split; probabilities: (N, 7), a row for each of
        `images(split)`, rows sum to 1. weights: ``best`` (on validation), ``last``, ``average`` or
        ``epoch-N``: those that made them; epoch: which one that was, by default as far as
        `weights` says.
        """
        if isinstance(predictions, str):
            predictions = own_loop.predictions_of(
                self._database,
                self._datasets,
                self.id,
                predictions,
                probabilities,
                weights=weights,
                averaging=averaging,
                epoch=epoch,
            )
        evaluation.add_predictions(self._database, self._datasets, self.id, predictions)

    def add_tensor(self, tensor: TensorRecord) -> None:
        """Store an array, in place of an earlier one with the same key."""
        tensors.add_tensors(self._database, self.id, [tensor])

    def beat(self) -> None:
        """Store a sign of life; the revision stays."""
        own = update(runs).where(runs.c.id == self.id, runs.c.writer == self._token)
        with self._database.write() as connection:
            connection.execute(own.values(heartbeat_at=time.time()))

    def end(self, status: str) -> None:
        """Store how the run ended."""
        with self._write() as connection:
            connection.execute(update(runs).where(runs.c.id == self.id).values(status=status))

    def _judged(self, split: str) -> EvaluationSplit:
        return evaluation.evaluation_split(
            self._database, self._datasets, self.id, split, needs_labels=False
        )

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """A transaction that bumps the run's revision, if this writer still owns the run."""
        with self._database.write() as connection:
            mine = runs.c.writer == self._token
            if not touch(connection, self.id, mine, heartbeat_at=time.time()):
                raise StoreError(
                    f"run {self.name!r} was deleted, or another process goes on with it; this "
                    "one may not write it any more"
                )
            yield connection


@contextmanager
def writing(writer: RunWriter) -> Iterator[RunWriter]:
    """Keep the heart beating; store how the block ended and let its exception pass on."""
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(writer, stop), name="fer-heartbeat", daemon=True)
    heart.start()
    try:
        yield writer
    except BaseException as error:
        status = FAILED if isinstance(error, Exception) else INTERRUPTED
        try:
            writer.end(status)
        except StoreError as second:  # the first error is the one to show
            _log.warning("run %r could not be marked as %s: %s", writer.name, status, second)
        raise
    else:
        writer.end(FINISHED)
    finally:
        stop.set()
        heart.join()


def _beat(writer: RunWriter, stop: threading.Event) -> None:
    while not stop.wait(HEARTBEAT_SECONDS):
        try:
            writer.beat()
        except StoreError as error:  # the epochs will say so if it lasts
            _log.debug("no heartbeat for run %r: %s", writer.name, error)


def _epoch_values(epoch: Epoch) -> dict[str, Any]:
    try:
        counts = epoch.epoch >= 1 and epoch.epoch % 1 == 0
    except TypeError:  # a text
        counts = False
    if not counts:
        raise InputError(f"epoch is {epoch.epoch!r}; epochs count from 1")
    values: dict[str, Any] = {"epoch": int(epoch.epoch)}
    for field in fields(Epoch)[1:]:
        value = getattr(epoch, field.name)
        if value is None or field.name.endswith("sha256"):
            values[field.name] = value
            continue
        try:
            number = float(value)
        except (TypeError, ValueError, RuntimeError):  # a tensor of several numbers
            kind = type(value).__name__
            raise InputError(f"{field.name} is a {kind}, {value!r}; give a number") from None
        if field.name.endswith("accuracy") and not (math.isnan(number) or 0 <= number <= 1):
            raise InputError(f"{field.name} is {number:g}; give a fraction from 0 to 1")
        values[field.name] = number  # SQLite turns not-a-number into NULL
    return values
