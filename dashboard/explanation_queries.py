"""What the page Explanations asks the store: which images a run was asked about, which of their
maps are missing. Each answer is kept until its run changes."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from dashboard import queries
from fer_core.analysis.metrics import predicted_classes
from fer_core.errors import InputError
from fer_core.figures.stored_maps import explained, missing
from fer_core.figures.wanted_maps import Wanted
from fer_core.records import CLASS_NAMES, EXPLANATION, EXPLANATION_METHODS, Run
from fer_core.store import RunStore


class Answers(NamedTuple):
    """A run's predictions on a split. samples: N texts ``test:12`` of the source's splits; labels,
    predicted: (N,) classes, the labels -1 where there is none; confidence: (N,) probabilities of
    the predicted class; fingerprint: of the images."""

    samples: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray
    fingerprint: str

    @property
    def right(self) -> np.ndarray:
        return np.asarray(self.labels == self.predicted)

    def of(self, members: np.ndarray) -> tuple[str, ...]:
        """Return the samples of members (N,) bool, the most confident first."""
        chosen = np.flatnonzero(members)
        order = np.argsort(-self.confidence[chosen], kind="stable")
        return tuple(self.samples[chosen[order]].tolist())


def answers(store: RunStore, run: Run, split: str, weights: str) -> Answers:
    """Return what a run answered on the images of a split; InputError where it was not asked."""
    return _answers(store, queries.key(store, run), split, weights)


@st.cache_data(max_entries=32, show_spinner=False)
def _answers(_store: RunStore, key: queries.Key, split: str, weights: str) -> Answers:
    judged = _store.evaluation_split(key.run_id, split, needs_labels=False)
    probabilities = _store.predictions(key.run_id, split, weights).probabilities
    return Answers(
        np.array([f"{judged.source}:{index}" for index in judged.indices.tolist()]),
        judged.labels,
        predicted_classes(probabilities),
        probabilities.max(axis=1),
        judged.fingerprint,
    )


def one_of_each_class(asked: Answers) -> tuple[str, ...]:
    """Return the most confident right image of each class; a wrong one where none is right."""
    found: list[str] = []
    for label in range(len(CLASS_NAMES)):
        own = asked.labels == label
        found += (asked.of(own & asked.right) or asked.of(own))[:1]
    return tuple(found)


def wrong_and_right(first: Answers, second: Answers) -> tuple[str, ...]:
    """Return the images that the first run gets wrong and the second right; InputError unless
    they were asked about the same images."""
    if first.fingerprint != second.fingerprint:
        raise InputError("the runs are judged on different images, so none can be compared")
    return first.of(~first.right & second.right)


def missing_maps(store: RunStore, run: Run, wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """Return which (method, sample) of what is wanted a run has not stored."""
    return _missing(store, queries.key(store, run), wanted)


@st.cache_data(max_entries=64, show_spinner=False)
def _missing(_store: RunStore, key: queries.Key, wanted: Wanted) -> tuple[tuple[str, str], ...]:
    return missing(_store, key.run_id, wanted)


def stored_methods(store: RunStore, runs: tuple[Run, ...]) -> list[str]:
    """Return the methods that any of the runs has maps of, in the order of a report."""
    there = {method for run in runs for method in _methods(store, queries.key(store, run))}
    return [method for method in EXPLANATION_METHODS if method in there]


@st.cache_data(max_entries=256, show_spinner=False)
def _methods(_store: RunStore, key: queries.Key) -> set[str]:
    return {each.method for each in _store.tensor_keys(key.run_id, EXPLANATION)}


def explained_already(store: RunStore, runs: tuple[Run, ...], wanted: Wanted) -> tuple[str, ...]:
    """Return images of each class that every run has a map of, of any wanted method."""
    return _explained(store, tuple(queries.key(store, run) for run in runs), wanted)


@st.cache_data(max_entries=64, show_spinner=False)
def _explained(_store: RunStore, keys: tuple[queries.Key, ...], wanted: Wanted) -> tuple[str, ...]:
    return explained(_store, [key.run_id for key in keys], wanted)
