"""What the pages that compare runs ask the store, each answer kept until its run changes."""

from collections.abc import Sequence

import streamlit as st

from dashboard import queries
from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.pairs import Pair, compare_all
from fer_core.records import EXPLANATION, Run
from fer_core.store import RunStore


def answers(
    store: RunStore, runs: Sequence[Run], *, split: str, weights: str, averaging: str
) -> list[Answers]:
    """Return what each run answered on the images of a split."""
    return [
        _answers(store, queries.key(store, run), split=split, weights=weights, averaging=averaging)
        for run in runs
    ]


@st.cache_resource(max_entries=64, show_spinner=False)
def _answers(
    _store: RunStore, key: queries.Key, *, split: str, weights: str, averaging: str
) -> Answers:
    [found] = read_answers(_store, [key.run_id], split=split, weights=weights, averaging=averaging)
    return found


def pairs(
    store: RunStore, runs: Sequence[Run], *, split: str, weights: str, averaging: str
) -> dict[tuple[str, str], Pair]:
    """Return the comparison of each run with each later one, by their ids."""
    keys = tuple(queries.key(store, run) for run in runs)
    return _pairs(store, runs, keys, split=split, weights=weights, averaging=averaging)


@st.cache_resource(max_entries=16, show_spinner=False)
def _pairs(
    _store: RunStore,
    _runs: Sequence[Run],
    keys: tuple[queries.Key, ...],  # noqa: ARG001 - the cache's key
    **predictions: str,
) -> dict[tuple[str, str], Pair]:
    found = compare_all(answers(_store, _runs, **predictions))
    return {(pair.a.run.id, pair.b.run.id): pair for pair in found}


def samples(store: RunStore, run: Run, split: str) -> list[str]:
    """Return where the N images of a split lie in the data set, texts ``validation:12``."""
    return _samples(store, queries.key(store, run), split)


@st.cache_data(max_entries=16, show_spinner=False)
def _samples(_store: RunStore, key: queries.Key, split: str) -> list[str]:
    judged = _store.evaluation_split(key.run_id, split)
    return [f"{judged.source}:{index}" for index in judged.indices.tolist()]


def explained(store: RunStore, run: Run) -> set[str]:
    """Return the samples of which the run has stored maps."""
    return _explained(store, queries.key(store, run))


@st.cache_data(max_entries=64, show_spinner=False)
def _explained(_store: RunStore, key: queries.Key) -> set[str]:
    return {each.sample for each in _store.tensor_keys(key.run_id, EXPLANATION)}
