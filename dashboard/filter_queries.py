"""What the page Filters asks the store: layers, weights, and which arrays of them are there.
Each answer is kept until its run changes."""

import streamlit as st

from dashboard import queries
from dashboard.queries import View
from fer_core.analysis.sides import Side
from fer_core.errors import InputError
from fer_core.figures import stored_arrays
from fer_core.figures.stored_arrays import LAST
from fer_core.records import ADVERSARIAL, DREAM, FILTERS, LAYER_OUTPUTS, WEIGHTS, Run, TensorKey
from fer_core.store import RunStore

_WITH_FILTERS = ("Conv", "Linear")


def keys(store: RunStore, run: Run, kind: str) -> tuple[TensorKey, ...]:
    """Return the keys of a run's arrays of a kind."""
    return _keys(store, queries.key(store, run), kind)


@st.cache_data(max_entries=256, show_spinner=False)
def _keys(_store: RunStore, key: queries.Key, kind: str) -> tuple[TensorKey, ...]:
    return _store.tensor_keys(key.run_id, kind)


def layers_of(store: RunStore, run: Run) -> list[str]:
    """Return a run's layers that have filters, in forward order."""
    layers = queries.details(store, run).layers
    return [layer.name for layer in layers if layer.type.startswith(_WITH_FILTERS)]


def layers(view: View, *, with_maps: bool = False) -> list[str]:
    """Return the layers that have filters of any picked run, in forward order, and after them
    ``last`` where there is a convolution; with_maps: convolutions alone."""
    found = [
        layer
        for run in view.picked
        for layer in queries.details(view.store, run).layers
        if layer.type.startswith(_WITH_FILTERS[: 1 if with_maps else 2])
    ]
    names = list(dict.fromkeys(layer.name for layer in found))
    return names + [LAST] * any(layer.type.startswith("Conv") for layer in found)


def first_stored(view: View) -> str:
    """Return a layer whose filters are stored; "" where there is none."""
    there = {key.layer for run in view.picked for key in keys(view.store, run, FILTERS)}
    return next((name for name in layers(view) if name in there), "")


def first_sample(view: View) -> str:
    """Return an image of which anything is stored; "" where there is none."""
    for kind in (LAYER_OUTPUTS, ADVERSARIAL, DREAM):
        for run in view.picked:
            for key in keys(view.store, run, kind):
                return key.sample
    return ""


def weights(view: View) -> list[str]:
    """Return the weights that can be compared: the usual ones, epochs kept, what is stored."""
    found = list(WEIGHTS)
    for run in view.picked:
        kept = str(queries.details(view.store, run).config.get("keep_epochs", ""))
        found += [f"epoch-{number}" for number in kept.split(",") if number]
        found += [key.weights for key in keys(view.store, run, FILTERS)]
    return list(dict.fromkeys(found))


def layer_of(store: RunStore, run: Run, layer: str) -> str:
    """Return the full name of a run's layer; InputError for one that it has not."""
    side = Side(run, "best", run)
    name = stored_arrays.layer_of(store, side, FILTERS, layer)
    if name not in {each.name for each in queries.details(store, run).layers}:
        raise InputError(f"{run.name}: no layer {layer}.")
    return name
