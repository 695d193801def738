"""Learning curves: loss and accuracy of the picked runs, live while one of them trains."""

import streamlit as st

from dashboard import show, states, tables, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Learning curves"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

axes = {"epoch": _("Epoch"), "time": _("Training time")}
with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="large"):
    x = st.segmented_control(
        _("Horizontal axis"),
        list(axes),
        format_func=axes.__getitem__,
        default="epoch",
        required=True,
        key="x",
        persist_state="session",
    )
    smoothing = st.slider(
        _("Smoothing"),
        min_value=0.0,
        max_value=0.95,
        step=0.05,
        key="smoothing",
        persist_state="session",
        width=280,
        help=_("How much of the past enters each point. The best epoch is marked unsmoothed."),
    )

built = show.figure(view, "learning_curves", view.picked, x=x, smoothing=smoothing)
st.subheader(_("What the curves say"), anchor=False)
st.dataframe(
    tables.curves(built.info, _),
    hide_index=True,
    column_config=tables.curve_columns(_),
    placeholder="",
    alt=_("Best epoch, gap and where validation stops improving, for each run"),
)
for run in view.picked:
    states.stopped(view.store, run)
