"""What the page Architecture lets a person choose, and which runs have what it shows."""

from typing import Any

import streamlit as st

from dashboard import choices, queries, states, texts
from dashboard.queries import View
from fer_core import figures
from fer_core.errors import InputError
from fer_core.figures.architecture import COLUMNS
from fer_core.records import Run
from fer_core.store import RunStore


def options(figure: str) -> dict[str, Any]:
    """Draw the widgets for the options of a figure; return what they say."""
    _ = texts.translate()
    chosen: dict[str, Any] = {}
    for choice in choices.networks(figure, _):
        if choice.name == "x" and chosen["by"] != "run":
            continue
        chosen[choice.name] = st.segmented_control(
            choice.label,
            list(choice.options),
            format_func=choice.options.__getitem__,
            default=next(iter(choice.options)),
            required=True,
            key=f"{figure}-{choice.name}",
            persist_state="session",
        )
    if figure == "architecture":
        labels = choices.columns(_)
        columns = st.pills(
            _("Columns"),
            list(labels),
            format_func=labels.__getitem__,
            selection_mode="multi",
            default=list(labels),
            key=f"{figure}-columns",
            persist_state="session",
        )
        chosen["columns"] = ",".join(c for c in COLUMNS if c in columns or not columns)
    return chosen


def with_what_it_takes(view: View, figure: str, **chosen: Any) -> tuple[Run, ...]:
    """Return the picked runs that the figure can show; say of the others what they lack."""
    shown = []
    for run in view.picked:
        reason = _lacking(view.store, queries.key(view.store, run), figure, **chosen)
        if reason:
            states.left_out(run, reason)
        else:
            shown.append(run)
    return tuple(shown)


@st.cache_data(max_entries=256, show_spinner=False)
def _lacking(_store: RunStore, key: queries.Key, figure: str, **chosen: Any) -> str:
    """Why the figure cannot show a run, in one line; empty if it can."""
    try:
        figures.FIGURES[figure].collect(_store, (key.run_id,), **chosen)
    except InputError as error:
        return str(error)
    return ""
