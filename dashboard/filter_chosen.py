"""The detail of one filter, chosen by a click on its image or by lists."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import show as shown
from dashboard import states, texts
from dashboard.queries import View
from fer_core.figures.filters import Filters


def choose(key: str) -> None:
    """Choose the filter whose image was clicked in the figure with this key."""
    points = st.session_state[key]["selection"]["points"]
    if points and points[0].get("customdata"):  # a second click on an image gives no point
        number, run_id, weights = points[0]["customdata"]
        st.session_state.filter_number = number
        st.session_state.filter_side = f"{run_id} {weights}"


def show(view: View, info: Filters, options: Mapping[str, Any]) -> None:
    """Show the lists that choose a filter of a grid and, below them, its detail."""
    _ = texts.translate()
    st.subheader(_("A filter"), anchor=False)
    sides = {f"{each.side.run.id} {each.side.weights}": each for each in info.sides}
    with st.container(horizontal=True, vertical_alignment="bottom", key="chosen"):
        if st.session_state.get("filter_side") not in sides:
            st.session_state.filter_side = next(iter(sides))
        side = sides[st.session_state.filter_side]
        if len(sides) > 1:
            chosen = st.selectbox(
                _("Run"),
                list(sides),
                format_func=lambda key: sides[key].side.subject.name,
                key="filter_side",
                width=280,
            )
            side = sides.get(chosen, side)
        numbers = sorted(side.filters.tolist())
        if st.session_state.get("filter_number") not in numbers:
            st.session_state.filter_number = numbers[0]
        number = st.selectbox(_("Filter"), numbers, key="filter_number", width=140)
        if number not in numbers:
            number = numbers[0]
    st.caption(_("A click on an image chooses it."))
    run = side.side.run
    if states.no_images(view.store, run.dataset, run.dataset_fingerprint):
        return
    shown.figure(
        view,
        "filter_detail",
        (run,),
        wide=False,
        layer=options["layer"],
        number=number,
        style=options["style"],
        weights=side.side.weights,
    )
