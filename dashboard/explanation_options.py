"""What the page Explanations lets a person choose beside the images: figure, methods, class ..."""

from typing import Any

import streamlit as st

from dashboard import explanation_queries as asked
from dashboard import queries, states
from dashboard.queries import View
from fer_core.figures.text import class_labels, method_labels
from fer_core.figures.wanted_maps import PREDICTED, TRUE, possible
from fer_core.records import CLASS_NAMES, EXPLANATION_METHODS, Run
from fer_core.store import RunStore
from fer_core.translation import Translate

# What is computed in seconds, and what reports show.
FIRST = ["saliency", "gradcam", "lime"]
ALL_STORED = "mean_explanation"


def choose_figure(_: Translate) -> str:
    """Draw the list of figures and return the name of the chosen one."""
    words = {
        "explanations": _("Methods"),
        "saliency_panel": _("Warm pixels"),
        "lime_panel": _("LIME"),
        ALL_STORED: _("Means"),
    }
    chosen = st.segmented_control(
        _("Show"),
        list(words),
        format_func=words.__getitem__,
        default="explanations",
        required=True,
        key="explain_figure",
        persist_state="session",
        label_visibility="collapsed",
    )
    return chosen or "explanations"


def choose_methods(view: View, figure: str, _: Translate) -> tuple[str, ...]:
    """Draw the methods and return the chosen ones; the other figures take one."""
    if figure == "lime_panel":
        return ("lime",)
    labels = method_labels(_)
    if figure != "explanations":
        return (
            st.selectbox(
                _("Method"),
                list(EXPLANATION_METHODS),
                format_func=labels.__getitem__,
                key="explain_method",
                persist_state="session",
                width=240,
            ),
        )
    if "explain_methods" not in st.session_state:
        st.session_state.explain_methods = asked.stored_methods(view.store, view.picked) or FIRST
    chosen = st.pills(
        _("Methods"),
        list(EXPLANATION_METHODS),
        format_func=labels.__getitem__,
        selection_mode="multi",
        key="explain_methods",
        persist_state="session",
    )
    return tuple(method for method in EXPLANATION_METHODS if method in chosen)


def able(view: View, methods: tuple[str, ...], _: Translate) -> tuple[Run, ...]:
    """Return the picked runs that any of the methods can explain; say of the others why not."""
    found = []
    for run in view.picked:
        layers = queries.details(view.store, run).layers
        if any(possible(method, layers) for method in methods):
            found.append(run)
        else:
            told = _("{name}: a network without convolutions has no such maps.")
            states.left_out(run, told.format(name=run.name))
    return tuple(found)


def choose(view: View, figure: str, _: Translate) -> dict[str, Any]:
    """Draw the options that figures have in common, and those of this one; return what they say."""
    targets = {PREDICTED: _("predicted"), TRUE: _("true")}
    targets |= dict(zip(CLASS_NAMES, class_labels(_), strict=True))
    weights = {"best": _("best epoch"), "last": _("last epoch"), "average": _("averaged")}
    chosen: dict[str, Any] = {
        "target": _select(_("Class"), targets, "explain_target"),
        "weights": _select(_("Weights"), weights, "explain_weights"),
    }
    if figure != "lime_panel":
        layers = {
            "": _("as usual"),
            **{name: name for name in _convolutions(view.store, view.picked)},
        }
        chosen["layer"] = _select(_("Layer"), layers, "explain_layer")
    scales = {"own": _("each its own"), "shared": _("shared")}
    chosen["scale"] = _select(_("Colours"), scales, "explain_scale")
    if figure == "saliency_panel":
        chosen["threshold"] = st.slider(
            _("Threshold"), 0.0, 1.0, 0.5, 0.05, key="explain_threshold", width=180
        )
    if figure == "lime_panel":
        chosen["top"] = st.slider(_("Top segments"), 1, 32, 8, key="explain_top", width=180)
    if figure == ALL_STORED:
        by = {"class": _("true class"), "cell": _("cell of the confusion matrix")}
        chosen["by"] = _select(_("Mean by"), by, "explain_by")
    return chosen


def _select(label: str, words: dict[str, str], key: str) -> str:
    if st.session_state.get(key) not in words:
        st.session_state[key] = next(iter(words))
    chosen = st.selectbox(label, list(words), format_func=words.__getitem__, key=key, width=180)
    return chosen if chosen in words else next(iter(words))


def _convolutions(store: RunStore, runs: tuple[Run, ...]) -> list[str]:
    layers = [layer for run in runs for layer in queries.details(store, run).layers]
    return list(dict.fromkeys(each.name for each in layers if each.type.startswith("Conv")))
