"""What the page Filters lets a person choose: figure, layer, weights, style, step, order ..."""

from typing import Any

import streamlit as st

from dashboard import filter_needs, states
from dashboard import filter_queries as asked
from dashboard.queries import View
from fer_core.errors import InputError
from fer_core.figures.adversarial import ATTACKS
from fer_core.figures.filter_grid import ACTIVATION, INDEX, OFF, ON, SIMILARITY
from fer_core.figures.stored_arrays import LAST
from fer_core.records import Run
from fer_core.translation import Translate
from fer_core.words import weights_name

GRIDS = GRID, OUTPUTS = "filters", "layer_outputs"


def choose_figure(_: Translate) -> str:
    """Draw the list of figures and return the name of the chosen one."""
    words = {
        GRID: _("What filters want"),
        OUTPUTS: _("Outputs"),
        "kernels": _("Kernels"),
        "class_images": _("Classes"),
        "adversarial": _("Adversarial"),
        "robustness_curve": _("Robustness"),
        "dream": _("Dream"),
    }
    chosen = st.segmented_control(
        _("Show"),
        list(words),
        format_func=words.__getitem__,
        default=GRID,
        required=True,
        key="filter_figure",
        persist_state="session",
        label_visibility="collapsed",
    )
    return chosen or GRID


def choose(view: View, figure: str, _: Translate) -> dict[str, Any]:
    """Draw the options of a figure that decide what of the store it shows; return them."""
    chosen: dict[str, Any] = {}
    if figure in (GRID, OUTPUTS, "dream"):
        chosen["layer"] = _choose_layer(view, _, with_maps=figure == "dream")
    if figure in ("adversarial", "robustness_curve"):
        chosen["attack"] = _select(_("Attack"), ATTACKS, "filter_attack")
    if figure in (GRID, "class_images"):
        chosen["style"] = _select(
            _("Style"), {"plain": _("plain"), "natural": _("natural")}, "filter_style"
        )
    if figure in (OUTPUTS, "adversarial", "dream"):
        chosen["sample" if figure == OUTPUTS else "samples"] = _choose_sample(view, _)
    weights = asked.weights(view)
    if not set(st.session_state.get("filter_weights", ())) <= set(weights):
        del st.session_state.filter_weights
    several = st.multiselect(
        _("Weights"),
        weights,
        default=weights[:1],
        format_func=lambda name: weights_name(name, _),
        key="filter_weights",
        width=240,
    )
    chosen["weights"] = ",".join(several or weights[:1])
    return chosen


def choose_look(
    view: View, figure: str, runs: tuple[Run, ...], options: dict[str, Any], _: Translate
) -> None:
    """Draw the options of a grid that only decide how it looks, and add them to `options`."""
    steps = filter_needs.steps(view, runs, options) if figure == GRID else []
    if len(steps) > 1:
        if st.session_state.get("filter_step") not in steps:
            st.session_state.filter_step = steps[-1]
        step = st.select_slider(_("Step of the ascent"), steps, key="filter_step", width=240)
        options["step"] = "" if step == steps[-1] else step
    orders = {INDEX: _("number"), ACTIVATION: _("activation value")}
    if figure == GRID:
        orders[SIMILARITY] = _("likeness")
    else:
        scales = {"own": _("each its own"), "shared": _("shared")}
        options["scale"] = _select(_("Colours"), scales, "filter_scale")
    options["order"] = _select(_("Order"), orders, "filter_order")
    written = st.toggle(_("Activation values"), key="filter_activations")
    options["activations"] = ON if written else OFF


def able(view: View, figure: str, options: dict[str, Any]) -> tuple[Run, ...]:
    """Return the picked runs that have the layer; say of the others that they have not."""
    picked = view.picked
    if figure in (OUTPUTS, "adversarial", "dream"):
        picked = states.pictured(view.store, picked)
    if figure == "kernels":
        options = {"layer": filter_needs.FIRST_LAYER}
    if "layer" not in options:
        return picked
    found = []
    for run in picked:
        try:
            asked.layer_of(view.store, run, options["layer"])
            found.append(run)
        except InputError as error:
            states.left_out(run, str(error))
    return tuple(found)


def _choose_sample(view: View, _: Translate) -> str:
    """Let an image be named; it is looked up in the data of the first run."""
    run = view.picked[0]
    if not st.session_state.get("filter_sample"):
        st.session_state.filter_sample = asked.first_sample(view) or "train:0"
    written = st.text_input(
        _("Image"), key="filter_sample", persist_state="session", placeholder="test:12", width=180
    )
    return "{}:{}".format(*view.store.sample(run.dataset_fingerprint, written or "train:0"))


def _choose_layer(view: View, _: Translate, *, with_maps: bool) -> str:
    words = {name: name for name in asked.layers(view, with_maps=with_maps)}
    if LAST in words:
        words[LAST] = _("last convolution")
    if not words:
        raise InputError("the picked runs have no such layers; pick one with convolutions")
    if st.session_state.get("filter_layer") not in words:
        first = asked.first_stored(view)
        st.session_state.filter_layer = first if first in words else next(iter(words))
    return _select(_("Layer"), words, "filter_layer")


def _select(label: str, words: dict[str, str], key: str) -> str:
    if st.session_state.get(key) not in words:
        st.session_state[key] = next(iter(words))
    chosen = st.selectbox(
        label,
        list(words),
        format_func=words.__getitem__,
        key=key,
        persist_state="session",
        width=180,
    )
    return chosen if chosen in words else next(iter(words))
