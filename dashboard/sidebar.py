"""The sidebar: which runs are picked (also in the URL), and what is training just now."""

import streamlit as st

from dashboard import queries, texts
from dashboard.queries import View
from fer_core.records import RUNNING, Run
from fer_core.store import RunStore, StoreError
from fer_core.translation import LANGUAGES, language_names

# A multiselect sends all its options to the browser; older runs are picked in the table of runs.
OFFERED = 200
# More curves than this cannot be told apart, and a page of them takes long.
MOST_PICKED = 32
# Seconds between looks at the store: while something trains, and otherwise.
TRAINING, IDLE = 2, 10


def view(store: RunStore) -> View:
    """Draw the sidebar and return what this run of the script shows."""
    runs = store.runs()
    by_name = {run.name: run for run in runs}
    with st.sidebar:
        picked = _pick(by_name)
        watch = st.fragment(_watch, run_every=TRAINING if _running(runs) else IDLE)
        watch(store, runs, [runs])
    pick_language()
    return View(store, runs, tuple(by_name[name] for name in picked))


def pick_language() -> None:
    """Draw the picker of the language; what is picked holds for this session and its URL."""
    _ = texts.translate()
    names = language_names()
    st.sidebar.selectbox(
        _("Language"),
        LANGUAGES,
        index=LANGUAGES.index(texts.browser_language()),
        format_func=names.__getitem__,
        key="language",
        bind="query-params",
    )


def tick_rows(key: str, names: list[str]) -> None:
    """Tick the picked runs among the rows `names` of the table `key`, before it is drawn."""
    ticked = [names.index(name) for name in st.session_state.runs if name in names]
    st.session_state[key] = {"selection": {"rows": ticked, "columns": [], "cells": []}}


def pick_rows(key: str, names: list[str]) -> None:
    """Pick what was ticked among the rows `names`; runs that the table does not show stay."""
    ticked = [names[row] for row in st.session_state[key]["selection"]["rows"]]
    picked = [name for name in st.session_state.runs if name in ticked or name not in names]
    added = [name for name in ticked if name not in picked]
    added = added[: max(0, MOST_PICKED - len(picked))]
    st.session_state["runs"] = [*picked, *added]
    st.session_state.pop("unknown_runs", None)
    if added:
        st.session_state.details_of = added[-1]


def _pick(by_name: dict[str, Run]) -> list[str]:
    _ = texts.translate()
    # The URL is anyone's to write, and a picked run may have been deleted since.
    asked = [*st.query_params.get_all("runs"), *st.session_state.get("runs", [])]
    unknown = [name for name in dict.fromkeys(asked) if name not in by_name]
    if unknown:
        st.session_state.unknown_runs = unknown
    if "runs" in st.session_state:
        st.session_state.runs = [name for name in st.session_state.runs if name in by_name]
    newest = list(by_name)[:OFFERED]
    picked = st.multiselect(
        _("Runs"),
        list(dict.fromkeys([*newest, *(name for name in asked if name in by_name)])),
        key="runs",
        bind="query-params",
        max_selections=MOST_PICKED,
        select_all=False,
        filter_mode="contains",
        placeholder=_("Pick runs to compare"),
        on_change=lambda: st.session_state.pop("unknown_runs", None),
    )
    if len(by_name) > OFFERED:
        st.caption(
            _("The newest {offered} of {total} runs; the others are on the page Runs.").format(
                offered=OFFERED, total=texts.count(len(by_name))
            )
        )
    if len(picked) == MOST_PICKED:
        st.caption(_("No more than {most} runs at once.").format(most=MOST_PICKED))
    if left_out := st.session_state.get("unknown_runs"):
        with st.container(key="note-unknown", border=True, gap="xsmall"):
            st.caption(_("Left out, since this store has no run of that name:"))
            for name in left_out[:5]:
                st.text(name[:80])
    return list(picked)[:MOST_PICKED]  # a browser may send what its widget does not offer


def _running(runs: tuple[Run, ...]) -> list[Run]:
    return [run for run in runs if run.status == RUNNING]


def _watch(store: RunStore, shown: tuple[Run, ...], fresh: list[tuple[Run, ...]]) -> None:
    """Say what is training, and draw the page anew as soon as a run has changed.

    `fresh` holds the list that the page was just drawn from, which is used up first.
    """
    _ = texts.translate()
    try:
        runs = fresh.pop() if fresh else store.runs()
    except StoreError:  # it went away; the page says so
        st.rerun()
    if [(run.id, run.revision, run.status) for run in runs] != [
        (run.id, run.revision, run.status) for run in shown
    ]:
        st.rerun()
    for run in _running(runs)[:3]:
        with st.container(key=f"training-{run.id}", border=True, gap="xsmall"):
            st.caption(_("Training now"))
            st.text(run.name)
            if run.epochs_planned:
                st.progress(min(1.0, run.epochs / run.epochs_planned))
                told = _("epoch {done} of {planned}")
            else:  # a loop of one's own need not say how long it will take
                told = _("epoch {done}")
            st.caption(told.format(done=run.epochs, planned=run.epochs_planned))


def wait_for_another(error: StoreError) -> None:
    """Draw the page anew as soon as the store can be used, or is unusable in another way."""

    def look() -> None:
        try:
            queries.open_store().runs()
        except StoreError as now:
            if str(now) == str(error):
                return
        st.rerun()

    st.fragment(look, run_every=IDLE)()
