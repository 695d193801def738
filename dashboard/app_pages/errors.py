"""Errors: what the picked runs get wrong: pairs of classes, sure mistakes, doubtful labels."""

import streamlit as st

from dashboard import choices, error_lists, judged_runs, states, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Errors"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

options, runs = judged_runs.pick(view, choices.predictions(view.picked, _))
if runs:
    wanted = error_lists.choose(view, runs, options)
    sections = {
        "pairs": _("Most confused pairs"),
        "mistakes": _("Most confident mistakes"),
        "suspects": _("Suspected labels"),
    }
    section = st.segmented_control(
        _("Show"),
        list(sections),
        format_func=sections.__getitem__,
        default="pairs",
        required=True,
        key="errors_section",
        persist_state="session",
    )
    show = {
        "pairs": error_lists.pairs,
        "mistakes": error_lists.mistakes,
        "suspects": error_lists.suspects,
    }
    show[section](view, wanted)
