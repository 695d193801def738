"""Which images a run is judged on, and how it does on them."""

import time
from typing import NamedTuple, Protocol

import numpy as np
from sqlalchemy import Connection, insert, select

from fer_core.errors import InputError, NotStored
from fer_core.fingerprints import split_fingerprint
from fer_core.records import (
    ANY_WEIGHTS,
    CLASS_NAMES,
    PUBLIC,
    TEST,
    TRAIN,
    UNLABELLED,
    VALIDATION,
    Dataset,
    EvaluationSplit,
    Predictions,
)
from fer_core.store import codec
from fer_core.store.changes import replace_blob, touch
from fer_core.store.database import Database
from fer_core.store.datasets import Datasets
from fer_core.store.runs import find, get_dropped, get_held_out
from fer_core.store.schema import blobs, predictions, run_details, runs, test_readings
from fer_core.words import weights_name


class Splits(Protocol):
    """What must be known of data sets to say which images a run is judged on."""

    def get(self, name: str, /) -> Dataset: ...
    def images(
        self, fingerprint: str, split: str, indices: np.ndarray | None = None, /
    ) -> np.ndarray: ...
    def labels(self, fingerprint: str, split: str, /) -> np.ndarray: ...
    def identical_groups(self, fingerprint: str, split: str, /) -> np.ndarray: ...


class JudgedRun(NamedTuple):
    """What must be known of a run for that. trained_fingerprint: of the images that it trained
    on, as its predictions on them say, so that they need no images; None where it has none."""

    id: str
    name: str
    dataset: str
    dataset_fingerprint: str
    held_out_fingerprint: str
    trained_fingerprint: str | None


_ROW_SUM_TOLERANCE = 1e-3


def evaluation_split(
    database: Database, datasets: Datasets, reference: str, split: str, *, needs_labels: bool
) -> EvaluationSplit:
    """Return the images that `split` means for this run: see RunStore.evaluation_split."""
    with database.read() as connection:
        run = _run(connection, find(connection, reference, database.path))
        held_out, dropped = get_held_out(connection, run.id), get_dropped(connection, run.id)
    found = resolve(datasets, run, held_out, dropped, split)
    unlabelled = int((found.labels == UNLABELLED).sum())
    if needs_labels and unlabelled:
        raise InputError(
            f"{unlabelled} of {len(found.labels)} images of {run.dataset}'s {split} have no "
            "label, and this needs them; use another split"
        )
    return found


def add_predictions(
    database: Database, datasets: Datasets, reference: str, given: Predictions
) -> None:
    """Store predictions and their score; a reading of test is logged in the same transaction."""
    with database.read() as connection:
        run = _run(connection, find(connection, reference, database.path))
        held_out, dropped = get_held_out(connection, run.id), get_dropped(connection, run.id)
    judged = resolve(datasets, run, held_out, dropped, given.split)
    check(given, judged)
    key = {"split": given.split, "weights": given.weights, "averaging": given.averaging}
    with database.write() as connection:
        if not touch(connection, run.id):
            raise InputError(f"run {run.name!r} was deleted meanwhile; see: fer-core runs list")
        blob_id = replace_blob(connection, predictions, run.id, key, given.probabilities)
        connection.execute(
            insert(predictions).values(
                run_id=run.id,
                **key,
                epoch=int(given.epoch),
                checkpoint_sha256=given.checkpoint_sha256,
                fingerprint=given.fingerprint,
                **counts_of(given, judged),
                blob_id=blob_id,
                created_at=given.created_at or time.time(),
            )
        )
        if given.split in (TEST, PUBLIC):
            connection.execute(
                insert(test_readings).values(
                    run_id=run.id,
                    **key,
                    checkpoint_sha256=given.checkpoint_sha256,
                    read_at=time.time(),
                )
            )


def get_predictions(
    database: Database, reference: str, split: str, weights: str, averaging: str
) -> Predictions:
    """Return stored predictions; InputError with the command that makes them."""
    with database.read() as connection:
        run_id = find(connection, reference, database.path)
        row = connection.execute(
            select(predictions, blobs.c.data)
            .join(blobs, blobs.c.id == predictions.c.blob_id)
            .where(
                predictions.c.run_id == run_id,
                predictions.c.split == split,
                predictions.c.weights == weights,
                predictions.c.averaging == averaging,
            )
        ).first()
        name, preset = connection.execute(
            select(runs.c.name, runs.c.preset).where(runs.c.id == run_id)
        ).one()
    if row is None and not preset:
        raise InputError(
            f"run {name!r} has no predictions on {split} ({weights} weights, averaging "
            f"{averaging}), and a run that was logged has no weights to make them with; store "
            "them with store.add_predictions"
        )
    if row is None:
        options = [] if averaging == "none" else ["--average", averaging]
        options += [] if weights == "best" else ["--weights", weights]
        raise NotStored(
            lambda _: _(
                "run {run!r} has no predictions on {split} ({weights} weights, averaging "
                "{averaging})"
            ).format(
                run=name,
                split=_(split),
                weights=weights_name(weights, _),
                averaging=_(averaging),
            ),
            ("evaluate", name, "--split", split, *options),
        )
    return Predictions(
        split=row.split,
        weights=row.weights,
        averaging=row.averaging,
        probabilities=codec.decode(row.data),
        epoch=row.epoch,
        checkpoint_sha256=row.checkpoint_sha256,
        fingerprint=row.fingerprint,
        created_at=row.created_at,
    )


def get_keys(database: Database, reference: str) -> tuple[tuple[str, str, str], ...]:
    """Return (split, weights, averaging) of a run's predictions, in the order stored."""
    columns = (predictions.c.split, predictions.c.weights, predictions.c.averaging)
    with database.read() as connection:
        own = predictions.c.run_id == find(connection, reference, database.path)
        rows = connection.execute(select(*columns).where(own).order_by(predictions.c.id)).all()
    return tuple((row.split, row.weights, row.averaging) for row in rows)


def check(given: Predictions, judged: EvaluationSplit) -> None:
    """Raise InputError unless these are probabilities for exactly the images of `judged`."""
    if not ANY_WEIGHTS.fullmatch(given.weights):
        raise InputError(f"weights are {given.weights!r}; use best, last, average or epoch-N")
    if not given.averaging:
        raise InputError("averaging is empty; use none or the name of a way to average")
    array = given.probabilities
    wanted = (len(judged.labels), len(CLASS_NAMES))
    if not isinstance(array, np.ndarray) or array.dtype != np.float32 or array.shape != wanted:
        found = f"{getattr(array, 'dtype', type(array).__name__)} {np.shape(array)}"
        raise InputError(
            f"probabilities on {given.split} are {found}; give float32 {wanted}, a row an image"
        )
    if given.fingerprint != judged.fingerprint:
        raise InputError(
            f"the predictions are for other images ({given.fingerprint[:12]!r}) than the run's "
            f"{given.split} ({judged.fingerprint[:12]!r}); predict the images of "
            "store.evaluation_split"
        )
    if not np.isfinite(array).all() or (array < 0).any():
        raise InputError(f"probabilities on {given.split} are not all finite and positive")
    sums = array.sum(axis=1, dtype=np.float64)
    if len(sums) and np.abs(sums - 1).max() > _ROW_SUM_TOLERANCE:
        worst = int(np.abs(sums - 1).argmax())
        raise InputError(
            f"probabilities on {given.split}, row {worst}, sum to {sums[worst]:.4g}; each row "
            "sums to 1 (apply softmax to logits)"
        )


def fingerprint_of(datasets: Splits, fingerprint: str, indices: np.ndarray) -> str:
    """Fingerprint the images of train at `indices`, in that order."""
    images = datasets.images(fingerprint, TRAIN, indices)
    return split_fingerprint(images, datasets.labels(fingerprint, TRAIN)[indices])


def counts_of(given: Predictions, judged: EvaluationSplit) -> dict[str, int | None]:
    """Return the counts of a score, as columns; none where images have no label."""
    if (judged.labels == UNLABELLED).any():
        names = ("count", "correct", "count_without_twins", "correct_without_twins")
        return dict.fromkeys(names)
    # argmax gives the lowest class on ties.
    correct = given.probabilities.argmax(axis=1) == judged.labels
    return {
        "count": len(correct),
        "correct": int(correct.sum()),
        "count_without_twins": int((~judged.twins).sum()),
        "correct_without_twins": int(correct[~judged.twins].sum()),
    }


def _run(connection: Connection, run_id: str) -> JudgedRun:
    columns = (runs.c.id, runs.c.name, runs.c.dataset, runs.c.dataset_fingerprint)
    trained = select(predictions.c.fingerprint).where(
        predictions.c.run_id == run_id, predictions.c.split == TRAIN
    )
    query = select(*columns, run_details.c.held_out_fingerprint, trained.limit(1).scalar_subquery())
    row = connection.execute(
        query.join(run_details, run_details.c.run_id == runs.c.id).where(runs.c.id == run_id)
    ).one()
    return JudgedRun(*row)


def resolve(
    datasets: Splits, run: JudgedRun, held_out: np.ndarray, dropped: np.ndarray, name: str
) -> EvaluationSplit:
    """Return the images that a split means for a run: see RunStore.evaluation_split."""
    if not run.dataset:
        raise InputError(
            f"run {run.name!r} was started without a data set, so it has no {name} images; name "
            "one with data=..."
        )
    data = run.dataset_fingerprint
    fingerprints = {
        each.name: each.fingerprint for each in datasets.get(run.dataset).splits.values()
    }
    sources = {each: each for each in fingerprints}
    if len(held_out):
        sources.pop(VALIDATION, None)
        if VALIDATION in fingerprints:
            sources[PUBLIC] = VALIDATION
        sources[VALIDATION] = TRAIN
    if name not in sources:
        raise InputError(
            f"run {run.name!r} has no split {name!r}; use one of {', '.join(sorted(sources))}"
        )
    source = sources[name]
    labels = datasets.labels(data, source)
    trained = np.ones(len(datasets.labels(data, TRAIN)), bool)
    trained[held_out] = trained[dropped] = False
    fingerprint = fingerprints[source]
    if name == VALIDATION and source == TRAIN:
        indices, fingerprint = held_out.astype(np.int64), run.held_out_fingerprint
    elif source == TRAIN:
        indices = np.flatnonzero(trained)
        if len(indices) < len(trained) and run.trained_fingerprint:
            fingerprint = run.trained_fingerprint
        elif len(indices) < len(trained):
            fingerprint = fingerprint_of(datasets, data, indices)
    else:
        indices = np.arange(len(labels), dtype=np.int64)
    groups = datasets.identical_groups(data, source)[indices]
    twins = np.isin(groups, datasets.identical_groups(data, TRAIN)[trained])
    return EvaluationSplit(name, source, indices, labels[indices], twins, fingerprint)
