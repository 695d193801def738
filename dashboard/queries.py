"""What the pages ask the store: read-only, each answer kept until its run changes.

A run's revision grows with every write, so that (store, run id, revision) names an answer for
good. The list of runs itself is read anew each time: one query, however many runs there are.
"""

import math
import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
import streamlit as st

from fer_core.analysis.metrics import predicted_classes
from fer_core.records import Run, RunDetails
from fer_core.store import RunStore


class View(NamedTuple):
    """What one run of the script shows: the open store, all its runs newest first, and the
    picked ones in the order of picking (the order of their colours)."""

    store: RunStore
    runs: tuple[Run, ...]
    picked: tuple[Run, ...]


class Key(NamedTuple):
    """What an answer about a run is kept under."""

    path: str
    run_id: str
    revision: int


class DatasetKey(NamedTuple):
    """What an answer about a data set is kept under; revision: of what else than its images the
    answer comes from."""

    path: str
    name: str
    fingerprint: str
    revision: str = ""


class Cell(NamedTuple):
    """The images of one cell of a confusion matrix, the most confident first.

    samples: M texts ``validation:12``; names: M source names; images: (M, 48, 48) uint8;
    probabilities: (M, 7) float32.
    """

    samples: tuple[str, ...]
    names: tuple[str, ...]
    images: np.ndarray
    probabilities: np.ndarray


_History = tuple[int | None, list[float]]  # revision, validation accuracies by epoch


def key(store: RunStore, run: Run) -> Key:
    """Return what answers about this run, as it is now, are kept under."""
    return Key(str(store.path), run.id, run.revision)


def open_store() -> RunStore:
    """Return the store of FER_STORE or the working directory, opened for reading only.

    All sessions share one. Raises StoreUnavailable; nothing is kept then, so that a store that
    appears later is found.
    """
    return _open(os.environ.get("FER_STORE", ""), str(Path.cwd()))


@st.cache_resource(max_entries=8, show_spinner=False, on_release=RunStore.close)
def _open(named: str, folder: str) -> RunStore:  # noqa: ARG001 - the cache's key
    return RunStore.open(read_only=True)


def details(store: RunStore, run: Run) -> RunDetails:
    """Return a run's configuration, layers and test readings."""
    return _details(store, key(store, run))


@st.cache_data(max_entries=64, show_spinner=False)
def _details(_store: RunStore, key: Key) -> RunDetails:
    return _store.details(key.run_id)


def has_weights(store: RunStore, run: Run) -> bool:
    """Say whether a run has finished an epoch, and weights of one still lie on the disk."""
    if run.best_epoch is None:
        return False
    return any(store.checkpoint_folder(run.id).glob("*.safetensors"))


def accuracy_histories(store: RunStore, runs: tuple[Run, ...]) -> list[list[float]]:
    """Return each run's validation accuracies by epoch, where there are any; one query for the
    runs that changed."""
    known = _known_histories(str(store.path))
    changed = [run for run in runs if known.get(run.id, (None, []))[0] != run.revision]
    if changed:
        epochs = store.histories([run.id for run in changed])
        for run in changed:
            found = [epoch.validation_accuracy for epoch in epochs[run.id]]
            accuracies = [accuracy for accuracy in found if math.isfinite(accuracy)]
            known[run.id] = (run.revision, accuracies)
    return [known[run.id][1] for run in runs]


@st.cache_resource(max_entries=4, show_spinner=False)
def _known_histories(path: str) -> dict[str, _History]:  # noqa: ARG001 - the cache's key
    return {}


def cell(
    store: RunStore,
    run: Run,
    *,
    split: str,
    weights: str,
    averaging: str,
    true: int,
    predicted: int,
    unlike: Run | None = None,
) -> Cell:
    """Return the images of class `true` that the run takes for class `predicted`; only those that
    the run `unlike`, judged on the same images, takes for another."""
    return _cell(
        store,
        key(store, run),
        None if unlike is None else key(store, unlike),
        split=split,
        weights=weights,
        averaging=averaging,
        true=true,
        predicted=predicted,
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _cell(
    _store: RunStore,
    key: Key,
    unlike: Key | None,
    *,
    split: str,
    weights: str,
    averaging: str,
    true: int,
    predicted: int,
) -> Cell:
    run_id = key.run_id
    dataset = _store.run(run_id).dataset_fingerprint
    judged = _store.evaluation_split(run_id, split)
    probabilities = _store.predictions(run_id, split, weights, averaging).probabilities
    within = (judged.labels == true) & (predicted_classes(probabilities) == predicted)
    if unlike is not None:
        other = _store.predictions(unlike.run_id, split, weights, averaging)
        within &= predicted_classes(other.probabilities) != predicted
    members = np.flatnonzero(within)
    members = members[np.argsort(-probabilities[members, predicted], kind="stable")]
    indices = judged.indices[members]
    names = _store.sample_names(dataset, judged.source)
    return Cell(
        samples=tuple(f"{judged.source}:{index}" for index in indices),
        names=tuple(names[index] for index in indices),
        images=np.array(_store.images(dataset, judged.source, indices)),
        probabilities=probabilities[members],
    )
