"""Small stores to look at: synthetic faces, curves and predictions like those of real runs."""

import dataclasses
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any

import numpy as np

from fer_core.data.synthetic import synthesise
from fer_core.records import (
    AUDIT_FLAGS,
    CLASS_NAMES,
    FAILED,
    FINISHED,
    INTERRUPTED,
    RUNNING,
    STALE,
    TEST,
    VALIDATION,
    DatasetArrays,
    Epoch,
    Layer,
    Predictions,
)
from fer_core.store import RunStore, RunWriter
from tests.figures import explained
from tests.store.samples import make_arrays

DATA = "synthetic"
CONVOLUTION = {
    "kernel": (3, 3),
    "stride": (1, 1),
    "padding": (1, 1),
    "dilation": (1, 1),
    "groups": 1,
}
LAYERS = (
    Layer(
        "conv1", "features.0", "Conv2d", (32, 48, 48), 320, 320, 0, 663_552,
        (1, 48, 48), CONVOLUTION,
    ),
    Layer(
        "features.1", "features.1", "BatchNorm2d", (32, 48, 48), 128, 64, 64, 0, (32, 48, 48)
    ),
    Layer("classifier.0", "classifier.0", "Flatten", (73_728,), 0, 0, 0, 0, (32, 48, 48)),
    Layer(
        "dense1", "classifier.1", "Linear", (7,), 516_103, 516_103, 0, 516_096, (73_728,)
    ),
)  # fmt: skip


def add_faces(store: RunStore, count: int = 700) -> None:
    store.add_dataset(DATA, synthesise(count, seed=1))


def add_flagged(store: RunStore, name: str, **settings: Any) -> DatasetArrays:
    """Add a data set whose audit found something: train:0 and 1 are black, test:0 and validation:2
    are copies of train:3, test:1 is one of train:30 with another label."""
    arrays = make_arrays(**settings)
    flags = {split: np.zeros(len(each.labels), np.uint16) for split, each in arrays.splits.items()}

    def flag(split: str, index: int, *kinds: str) -> None:
        flags[split][index] = sum(1 << AUDIT_FLAGS.index(kind) for kind in kinds)

    flag("train", 0, "black")
    flag("train", 1, "black")
    flag("train", 3, "twin")
    flag("validation", 2, "copy", "twin")
    flag("test", 0, "copy", "twin")
    flag("train", 30, "twin", "conflict")
    flag("test", 1, "copy", "twin", "conflict")
    arrays = dataclasses.replace(arrays, flags=flags)
    store.add_dataset(name, arrays)
    return arrays


def epoch(number: int, best: float, seed: int = 0) -> Epoch:
    """One epoch of a run that approaches the validation accuracy `best`."""
    rng = np.random.default_rng((seed, number))
    validation = best * (1 - 0.7 * np.exp(-number / 6)) + rng.normal(0, 0.008)
    train = min(0.999, best * 1.25 * (1 - 0.75 * np.exp(-number / 12)))
    return Epoch(
        epoch=number,
        train_loss=float(-np.log(max(train, 0.05)) * 1.4 + 0.1),
        train_accuracy=float(train),
        validation_loss=float(-np.log(validation) * 1.5 + 0.002 * number),
        validation_accuracy=float(np.clip(validation, 0, 1)),
        seconds=18.0 + float(rng.random()),
        learning_rate=0.003,
        state_sha256="5e" * 32,  # else it was imported, and cannot go on
    )


def predict(store: RunStore, run_id: str, split: str, *, margin: float, seed: int = 0) -> None:
    """Store predictions: the larger the margin, the more images are right."""
    judged = store.evaluation_split(run_id, split)
    rng = np.random.default_rng((seed, 7))
    logits = rng.normal(0, 1, (len(judged.labels), len(CLASS_NAMES)))
    logits[np.arange(len(logits)), judged.labels] += margin
    logits[np.isin(judged.labels, (0, 2, 4)), 4] += 0.6  # sad is what fear and anger look like
    shares = np.exp(1.5 * logits)
    probabilities = (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32)
    for weights in ("best", "last") if split == VALIDATION else ("best",):
        store.add_predictions(
            run_id,
            Predictions(
                split, weights, "none", probabilities, 5, "c0ffee" * 10, judged.fingerprint
            ),
        )


@contextmanager
def training(
    store: RunStore, name: str | None, *, epochs: int, planned: int, best: float, seed: int = 0
) -> Iterator[RunWriter]:
    """A run with some epochs that is still training inside the block."""
    with store.start_run(
        name,
        config={"preset": "e-cnn", "optimizer": "adam", "learning_rate": 0.00027, "seed": seed},
        preset="e-cnn",
        data=DATA,
        layers=LAYERS,
        parameters=10_607_815,
        seed=seed,
        epochs_planned=planned,
        versions={"torch": "2.14.1", "fer-lab": "0.1.0"},
        device="CPU, 2 threads",
    ) as run:
        for number in range(1, epochs + 1):
            run.add_epoch(epoch(number, best, seed))
        yield run


def add_run(
    store: RunStore,
    name: str | None = None,
    *,
    status: str = FINISHED,
    epochs: int = 12,
    best: float = 0.65,
    seed: int = 0,
    test: bool = True,
) -> str:
    """Add one run that ended, or one whose process is gone; return its id."""
    planned = epochs if status == FINISHED else 2 * epochs
    endings = {INTERRUPTED: KeyboardInterrupt(), FAILED: RuntimeError("out of memory")}
    new = training(store, name, epochs=epochs, planned=planned, best=best, seed=seed)
    with suppress(KeyboardInterrupt, RuntimeError), new as run:
        if status in endings:
            raise endings[status]
    if status == STALE:
        with closing(sqlite3.connect(store.path)) as connection, connection:
            connection.execute(
                "UPDATE runs SET status = ?, process_started = 0 WHERE id = ?", (RUNNING, run.id)
            )
    if status == FINISHED:
        predict(store, run.id, VALIDATION, margin=3 * best, seed=seed)
        if test:
            predict(store, run.id, TEST, margin=3 * best, seed=seed + 1)
    return run.id


def explain(
    store: RunStore,
    name: str,
    samples: Sequence[str],
    methods: Sequence[str] = ("saliency", "lime"),
) -> None:
    """Store maps of images of validation, of the class that the run predicts."""
    judged = store.evaluation_split(name, VALIDATION)
    probabilities = store.predictions(name, VALIDATION).probabilities
    places = [f"{judged.source}:{index}" for index in judged.indices]
    rows = [places.index(sample) for sample in samples]
    explained.add(
        store,
        name,
        samples,
        methods,
        predicted=[CLASS_NAMES[guess] for guess in probabilities[rows].argmax(axis=1)],
        true=[CLASS_NAMES[label] for label in judged.labels[rows]],
    )


def add_many(store: RunStore, count: int, epochs: int = 5) -> None:
    """Add many runs quickly: histories only, in one transaction of plain SQL copies."""
    with closing(sqlite3.connect(store.path)) as connection, connection:
        pattern = connection.execute("SELECT * FROM runs LIMIT 1")
        columns = [column[0] for column in pattern.description]
        values = dict(zip(columns, pattern.fetchone(), strict=True))
        for number in range(count):
            run_id = f"200101-000000-{number:04x}"
            row = {**values, "id": run_id, "name": f"copy-{number}", "epochs": epochs}
            row["created_at"] = values["created_at"] - 60 * (number + 1)
            _insert(connection, "runs", row)
            for each in range(1, epochs + 1):
                past = epoch(each, 0.6, number)
                _insert(connection, "epochs", {"run_id": run_id, **vars(past)})
        for table in ("run_details",):
            details = connection.execute(f"SELECT * FROM {table} LIMIT 1")
            names = [column[0] for column in details.description]
            first = dict(zip(names, details.fetchone(), strict=True))
            for number in range(count):
                _insert(connection, table, {**first, "run_id": f"200101-000000-{number:04x}"})


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    marks = ", ".join("?" * len(row))
    connection.execute(
        f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values())
    )
