"""Architecture: the networks of the picked runs drawn, as tables, worked out, and their costs."""

import streamlit as st

from dashboard import details, networks, show, states, texts
from dashboard.queries import View

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Architecture"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

labels = {
    "architecture_diagram": _("Diagram"),
    "architecture": _("Table"),
    "layer_arithmetic": _("Arithmetic"),
    "complexity": _("Complexity"),
}
with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="medium"):
    figure = st.segmented_control(
        _("Show"),
        list(labels),
        format_func=labels.__getitem__,
        default="architecture_diagram",
        required=True,
        key="network_figure",
        persist_state="session",
    )
    options = networks.options(figure)

runs = networks.with_what_it_takes(view, figure, **options)
if runs:
    built = show.figure(view, figure, runs, **options)
    if options.get("by") == "layer":
        st.subheader(_("Worked out"), anchor=False)
        table = details.worked_out(built.table, _)
        st.dataframe(
            table,
            hide_index=True,
            column_config=details.whole_numbers(table),
            placeholder="",
            alt=_("The products behind each layer's operations and parameters"),
        )
    label = _("What the filters of a layer want to see")
    st.page_link("app_pages/filters.py", label=label, icon=":material/blur_on:")
