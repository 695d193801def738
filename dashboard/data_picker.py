"""Which data set the page Data shows: a list whose choice is part of the URL."""

from collections.abc import Sequence

import streamlit as st

from dashboard import texts
from fer_core.records import Dataset, Run


def pick(datasets: Sequence[Dataset], picked: Sequence[Run]) -> Dataset:
    """Draw the list and return what is chosen; at first the data of the first picked run."""
    _ = texts.translate()
    by_name = {dataset.name: dataset for dataset in datasets}
    # The URL is anyone's to write, and the store may be another one since.
    asked = st.session_state.get("data") or st.query_params.get("data")
    if asked not in by_name:
        used = [run.dataset for run in picked if run.dataset in by_name]
        st.session_state.data = [*used, *by_name][0]
        if asked:
            st.session_state.unknown_data = asked
    # Without a default the URL always says what was chosen: another may be the first tomorrow.
    chosen = st.selectbox(
        _("Data set"),
        list(by_name),
        index=None,
        key="data",
        bind="query-params",
        on_change=lambda: st.session_state.pop("unknown_data", None),
        width=420,
    )
    if unknown := st.session_state.get("unknown_data"):
        st.text(_("This store has no data set of that name: {name}").format(name=unknown[:80]))
    return by_name[chosen or next(iter(by_name))]
