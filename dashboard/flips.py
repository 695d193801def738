"""The images that only one of two runs gets right, as a gallery."""

import numpy as np
import streamlit as st

from dashboard import galleries, texts
from dashboard.queries import View
from fer_core.analysis.pairs import Pair


@st.fragment
def show(view: View, pair: Pair) -> None:
    """Show the images that one run alone gets right, those first of which the other is surest."""
    _ = texts.translate()
    if not pair.paired:
        st.text(_("The runs are judged on different images, so none can be compared."))
        return
    both = {"a": (pair.a, pair.b, pair.a_only), "b": (pair.b, pair.a, pair.b_only)}
    words = {
        side: _("only {name} ({count:,})").format(name=right.run.name, count=len(places))
        for side, (right, _wrong, places) in both.items()
    }
    side = st.selectbox(
        _("Right"), list(words), format_func=words.__getitem__, key="flips_side", width=420
    )
    right, wrong, places = both[side]
    surest = np.argsort(-wrong.probabilities[places].max(axis=1), kind="stable")
    galleries.show(view, f"flips_{side}", (right, wrong), places[surest])
