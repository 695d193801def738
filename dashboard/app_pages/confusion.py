"""Confusion: which class the picked runs take for which, and the faces behind each cell."""

import streamlit as st

from dashboard import choices, confusion_cell, judged_runs, show, states, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Confusion"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

options, runs = judged_runs.pick(view, choices.confusion(view.picked, _))
predictions = {name: options[name] for name in ("split", "weights", "averaging")}
if runs:
    show.figure(
        view,
        "confusion_matrix",
        runs,
        wide=len(runs) > 1,
        on_click=confusion_cell.chooser(runs),
        **options,
    )
    confusion_cell.show(view, runs, **predictions)
