"""Runs: the table of all runs, where runs are picked, and the details of one."""

import streamlit as st

from dashboard import details, queries, sidebar, states, tables, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Runs"), anchor=False)
words = st.text_input(
    _("Filter the runs"),
    key="filter",
    type="search",
    live=True,
    label_visibility="collapsed",
    placeholder=_("Filter by name, preset, data, tag or status"),
    max_chars=200,
)
shown = tables.matching(view.runs, words or "", _)
if shown:
    names = [run.name for run in shown]
    sidebar.tick_rows("runs_table", names)
    st.dataframe(
        tables.runs(shown, queries.accuracy_histories(view.store, tuple(shown)), _),
        key="runs_table",
        on_select=lambda: sidebar.pick_rows("runs_table", names),
        selection_mode="multi-row",
        hide_index=True,
        column_config=tables.run_columns(_),
        height=tables.height(len(shown)),
        placeholder="",
        alt=_("All runs, newest first"),
    )
else:
    st.text(_("No run matches this filter."))

if not view.picked:
    st.caption(_("Tick a row to see the run's details; tick several to compare them."))
    st.stop()

chosen = st.selectbox(
    _("Details of"), [run.name for run in view.picked], key="details_of", width=420
)
run = next(run for run in view.picked if run.name == chosen)
made = queries.details(view.store, run)
st.text(details.origin(run, _))
if run.note:
    st.text(run.note)
states.stopped(view.store, run)
with st.container(horizontal=True, key="facts", gap="large"):
    for fact in details.facts(run, _):
        st.metric(
            fact.label, fact.value, fact.note, delta_color="off", delta_arrow="off", width="content"
        )

sections = {
    "accuracies": (_("Accuracies"), lambda: details.scores(run.scores, _)),
    "configuration": (_("Configuration"), lambda: details.pairs(dict(made.config), _)),
    "layers": (_("Layers"), lambda: details.layers(made, _)),
    "versions": (_("Versions and device"), lambda: details.made_on(made, _)),
    "readings": (_("Test readings"), lambda: details.readings(made, _)),
}
section = st.segmented_control(
    _("Details"),
    list(sections),
    format_func=lambda name: sections[name][0],
    default="accuracies",
    required=True,
    key="section",
    label_visibility="collapsed",
)
label, collect = sections[section]
table = collect()
if table.empty:
    st.text(_("Nothing stored yet."))
else:
    st.dataframe(table, hide_index=True, column_config=details.whole_numbers(table), alt=label)
