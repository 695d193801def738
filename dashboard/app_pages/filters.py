"""Filters: what the filters of the picked runs want to see, and the detail of a clicked one."""

import streamlit as st

from dashboard import filter_chosen, filter_jobs, filter_options, show, states, texts
from dashboard.queries import View
from fer_core.figures.filters import counted

_ = texts.translate()
view: View = st.session_state.view

st.title(_("Filters"), anchor=False)
if not view.picked:
    states.none_picked()
    st.stop()

figure = filter_options.choose_figure(_)
with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="medium"):
    options = filter_options.choose(view, figure, _)
runs = filter_options.able(view, figure, options)
runs = filter_jobs.offer(view, runs, figure, options)
if not runs:
    st.stop()
if figure in filter_options.GRIDS:
    with st.container(horizontal=True, vertical_alignment="bottom", key="look", gap="medium"):
        filter_options.choose_look(view, figure, runs, options, _)
if figure != filter_options.GRID:
    show.figure(view, figure, runs, **options)
    st.stop()
built = show.figure(view, figure, runs, on_click=filter_chosen.choose, **options)
if len(built.info.sides) > 1:
    for line in counted(built.info, _):
        st.text(line)
filter_chosen.show(view, built.info, options)
