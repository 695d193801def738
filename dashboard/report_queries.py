"""What the page Report asks the library: the plan of a report and its sections, each kept until a
run or a choice changes. Edits are laid over them on the page, so that no change of a word draws a
figure again."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from dashboard import queries
from dashboard.queries import Key, View
from fer_core.records import AUGMENTATION, Dataset, Run
from fer_core.report import collect
from fer_core.report.content import SectionContent
from fer_core.report.plan import Plan, plan
from fer_core.store import RunStore

PREVIEW = "augmentation_preview"


class Choices(NamedTuple):
    """What was chosen of a report. said: pairs of a part and the id of the run that plays it."""

    template: str
    said: tuple[tuple[str, str], ...]
    language: str
    width_mm: float
    with_faces: bool


def planned(view: View, choices: Choices) -> Plan:
    """Return the plan of a report on the picked runs, without edits; InputError as `plan`."""
    return _planned(view.store, _keys(view), choices)


@st.cache_resource(max_entries=64, show_spinner=False)
def _planned(_store: RunStore, keys: tuple[Key, ...], choices: Choices) -> Plan:
    return plan(
        _store,
        [key.run_id for key in keys],
        template=choices.template,
        slots=dict(choices.said),
        language=choices.language,
        width_mm=choices.width_mm,
        with_faces=choices.with_faces,
    )


def section(view: View, choices: Choices, key: str) -> SectionContent:
    """Return a section as it is drafted, with its figures at their size in print."""
    whole = planned(view, choices)
    previews: tuple[str, ...] = ()
    if any(piece.item.name == PREVIEW for piece in whole.pieces[key]):
        previews = tuple(_previews(view.store, whole.runs))  # no run's revision tells of them
    return _section(view.store, _keys(view), choices, key, previews, whole)


# Figures are large; a person reads one section for a while and then goes on to the next.
@st.cache_resource(max_entries=16, show_spinner=False)
def _section(
    _store: RunStore,
    keys: tuple[Key, ...],  # noqa: ARG001 - the cache's key
    choices: Choices,  # noqa: ARG001
    key: str,
    previews: tuple[str, ...],  # noqa: ARG001
    _plan: Plan,
) -> SectionContent:
    return collect.section(_store, _plan, key)


def _previews(store: RunStore, runs: Sequence[Run]) -> list[str]:
    prints = dict.fromkeys(run.dataset_fingerprint for run in runs if run.dataset_fingerprint)
    return [
        str(record.provenance)
        for fingerprint in prints
        for record in store.dataset_tensors(fingerprint, AUGMENTATION)
    ]


def users(view: View, dataset: str) -> tuple[Run, ...]:
    """Return the picked runs that used a data set."""
    found: Dataset = view.store.dataset(dataset)
    return tuple(run for run in view.picked if run.dataset_fingerprint == found.fingerprint)


def _keys(view: View) -> tuple[Key, ...]:
    return tuple(queries.key(view.store, run) for run in view.picked)
