"""The faces behind one cell of a confusion matrix, chosen by a click or by three lists."""

from collections.abc import Callable
from urllib.parse import urlencode

import streamlit as st

from dashboard import faces, queries, states, texts
from dashboard.queries import Cell, View
from fer_core.figures.text import class_labels
from fer_core.records import Run

A_PAGE = (24, 96, 512)


def chooser(runs: tuple[Run, ...]) -> Callable[[str], None]:
    """Return what chooses the clicked cell of a figure of these runs."""
    names = {run.id: run.name for run in runs}

    def choose(key: str) -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and points[0].get("customdata"):  # a second click on a cell gives no point
            true, predicted, run_id = points[0]["customdata"]
            st.session_state.cell_true = true
            st.session_state.cell_predicted = predicted
            st.session_state.cell_run = names[run_id]
            st.session_state.cell_page = 1

    return choose


@st.fragment
def show(
    view: View,
    runs: tuple[Run, ...],
    *,
    split: str,
    weights: str,
    averaging: str,
    compared: bool = False,
) -> None:
    """Show the lists that choose a cell and, below them, its faces with their probabilities.

    compared: of two runs; then it can be those that the other run puts into another cell.
    """
    _ = texts.translate()
    labels = class_labels(_)
    st.subheader(_("Faces in a cell"), anchor=False)
    runs = states.pictured(view.store, runs)
    if not runs:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="cell"):
        name = st.selectbox(_("Run"), [run.name for run in runs], key="cell_run", width=280)
        true = _choose_class(_("True class"), labels, "cell_true", 2)
        predicted = _choose_class(_("Predicted class"), labels, "cell_predicted", 4)
        size = st.segmented_control(
            _("Faces a page"), A_PAGE, default=A_PAGE[0], required=True, key="cell_size"
        )
        only = (
            compared
            and len(runs) > 1
            and st.toggle(_("Only those that the other run takes for another"), key="cell_changed")
        )
    run = next(run for run in runs if run.name == name)
    cell = queries.cell(
        view.store,
        run,
        split=split,
        weights=weights,
        averaging=averaging,
        true=true,
        predicted=predicted,
        unlike=next(each for each in runs if each != run) if only else None,
    )
    if true == predicted:
        summary = _("{count} images of {true}, taken for that; the most confident first.")
    else:
        summary = _("{count} images of {true}, taken for {predicted}; the most confident first.")
    names = {"true": labels[true], "predicted": labels[predicted]}
    st.caption(summary.format(count=len(cell.samples), **names))
    if not cell.samples:
        return
    pages = -(-len(cell.samples) // size)
    page = min(st.session_state.get("cell_page", 1), pages)
    with st.container(key="faces"):
        shown = slice((page - 1) * size, page * size)
        st.html(_grid(cell, shown, labels, true, predicted, [run.name for run in runs]))
    if pages > 1:
        st.session_state.cell_page = page
        st.pagination(pages, key="cell_page")
    st.caption(
        _(
            "Bars: probabilities in percent; blue the true class, orange the predicted one. A "
            "click on a face opens its explanations."
        )
    )


def _choose_class(label: str, labels: list[str], key: str, default: int) -> int:
    st.session_state.setdefault(key, default)
    return st.selectbox(
        label, range(len(labels)), format_func=labels.__getitem__, key=key, width=180
    )


def _grid(
    cell: Cell, page: slice, labels: list[str], true: int, predicted: int, runs: list[str]
) -> str:
    rows = zip(cell.samples[page], cell.names[page], cell.probabilities[page], strict=True)
    cards = [
        faces.Face(
            sample,
            name,
            tuple(zip(labels, map(float, shares), strict=True)),
            link=f"explanations?{urlencode({'runs': runs, 'sample': sample}, doseq=True)}",
        )
        for sample, name, shares in rows
    ]
    return faces.grid(cell.images[page], cards, true=labels[true], predicted=labels[predicted])
