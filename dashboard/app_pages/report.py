"""Report: from the picked runs to a document, section by section as it will print."""

import streamlit as st

from dashboard import (
    report_build,
    report_edits,
    report_options,
    report_queries,
    report_sections,
    states,
    texts,
)
from dashboard.queries import View
from dashboard.report_edits import Draft

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Report"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

choices, formats = report_options.choose(view)
draft = Draft(view, choices, report_queries.planned(view, choices))
report_edits.settle()
under_way = report_edits.saving(draft)  # asked first: what ends in between is seen when drawn anew
plan, gone = report_edits.read(draft)
report_build.show(draft, plan, formats)
chosen = report_sections.choose(draft, plan, under_way)
for key in gone:
    st.text(_("Not in this report any more, and left out: {key}").format(key=key))
report_sections.show(draft, plan, chosen)
