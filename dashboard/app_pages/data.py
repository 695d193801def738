"""Data: the data sets, what their images look like, what is wrong with them, who used them."""

import streamlit as st

from dashboard import data_picker, data_sections, data_tables, states, tables, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Data"), anchor=False)
datasets = view.store.datasets()
if not datasets:
    states.no_data()
    st.stop()
st.dataframe(
    data_tables.datasets(datasets, view.runs, _),
    hide_index=True,
    column_config=data_tables.dataset_columns(_),
    height=tables.height(len(datasets)),
    alt=_("All data sets, by name"),
)

dataset = data_picker.pick(datasets, view.picked)
sections = {
    "classes": (_("Classes"), data_sections.classes),
    "samples": (_("Samples"), data_sections.samples),
    "audit": (_("Audit"), data_sections.audit),
    "means": (_("Mean faces"), data_sections.mean_faces),
    "augmentation": (_("Augmentation"), data_sections.augmentation),
    "runs": (_("Runs"), data_sections.runs),
}
section = st.segmented_control(
    _("Section"),
    list(sections),
    format_func=lambda name: sections[name][0],
    default="classes",
    required=True,
    key="data_section",
    persist_state="session",
    label_visibility="collapsed",
)
sections[section][1](view, dataset)
