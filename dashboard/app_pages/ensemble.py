"""Ensemble: which of the picked runs to combine, judged on validation, and saving them as a run."""

import streamlit as st

from dashboard import ensembles, show, states, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Ensemble"), anchor=False)
if len(view.picked) < 2:
    (states.one_picked if view.picked else states.none_picked)()
    st.stop()

runs = ensembles.candidates(view)
if len(runs) >= 2:
    curve = show.figure(view, "ensemble_curve", runs).info
    members = ensembles.choose_members(runs, curve)
    if len(members) >= 2:
        ensembles.save(view, members)
    else:
        st.text(_("Choose two or more members."))
ensembles.show_saved(view)
