"""Confusion: which class the picked runs take for which, and the faces behind each cell."""

import streamlit as st

from dashboard import choices, confusion_cell, show, states, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Confusion"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

options = {}
with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="large"):
    for choice in choices.confusion(view.picked, _):
        options[choice.name] = st.segmented_control(
            choice.label,
            list(choice.options),
            format_func=choice.options.__getitem__,
            default=next(iter(choice.options)),
            required=True,
            key=choice.name,
            persist_state="session",
        )

predictions = {name: options[name] for name in ("split", "weights", "averaging")}
runs = tuple(run for run in view.picked if run.score(**predictions))
for run in view.picked:
    if run not in runs:
        states.not_evaluated(run, **predictions)
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
