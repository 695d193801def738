"""Which predictions a page is about: its choices, and the picked runs that have such ones."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboard import states
from dashboard.choices import Choice
from dashboard.queries import View
from fer_core.records import Run


def pick(view: View, offered: Sequence[Choice]) -> tuple[dict[str, Any], tuple[Run, ...]]:
    """Show the choices, which hold split, weights and averaging; return what was chosen by name,
    and the picked runs with such predictions. For each other run it says what makes them."""
    options = {}
    with st.container(horizontal=True, vertical_alignment="bottom", key="options", gap="large"):
        for choice in offered:
            options[choice.name] = st.segmented_control(
                choice.label,
                list(choice.options),
                format_func=choice.options.__getitem__,
                default=next(iter(choice.options)),
                required=True,
                key=choice.name,
                persist_state="session",
            )
    predictions = {name: options[name] for name in ("split", "weights", "averaging")}
    runs = tuple(run for run in view.picked if run.score(**predictions))
    for run in view.picked:
        if run not in runs:
            states.not_evaluated(run, **predictions)
    return options, runs
