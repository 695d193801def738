"""Reads what is stored of runs' filters, by run and weights; what is not names its command."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from fer_core.analysis.sides import Side
from fer_core.errors import InputError, NotStored
from fer_core.records import TensorKey, TensorRecord
from fer_core.translation import Translate
from fer_core.words import weights_name

if TYPE_CHECKING:
    from fer_core.store import RunStore

NOISE, LAST = "noise", "last"


def command(side: Side, name: str, **options: str) -> tuple[str, ...]:
    """Return the arguments of fer-core that store something of a run, without empty options."""
    words = [name, side.run.name]
    for option, value in options.items():
        words += [f"--{option}", value] if value else []
    words += ["--weights", side.weights] if side.weights != "best" else []
    return tuple(words)


def lacking(side: Side, what: Callable[[Translate], str], made_with: tuple[str, ...]) -> NotStored:
    """Return the error for what is not stored. what: writes the words for it."""
    return NotStored(
        lambda _: _("run {run!r} has no stored {what} ({weights} weights)").format(
            run=side.run.name, what=what(_), weights=weights_name(side.weights, _)
        ),
        made_with,
    )


def keys(store: "RunStore", side: Side, kind: str, **key: str) -> list[TensorKey]:
    """Return the keys of a kind with these values, in the order stored."""
    return [
        found
        for found in store.tensor_keys(side.run.id, kind)
        if found.weights == side.weights
        and all(getattr(found, name) == value for name, value in key.items())
    ]


def first(store: "RunStore", side: Side, kind: str, **key: str) -> TensorRecord | None:
    """Return the array of a kind with these values; None where none is stored."""
    records = store.tensors(side.run.id, kind, weights=side.weights, **key)
    return records[0] if records else None


def depths(store: "RunStore", side: Side) -> dict[str, int]:
    """Return the place of each layer of a run's network, from 0."""
    return {layer.name: depth for depth, layer in enumerate(store.details(side.run.id).layers)}


def layer_of(store: "RunStore", side: Side, kind: str, layer: str, **key: str) -> str:
    """Return the full name of a layer: ``last`` is the last convolution, "" the first layer of
    which an array of the kind with this key is stored ("" where there is none)."""
    if layer == LAST:
        layers = store.details(side.run.id).layers
        convolutions = [each.name for each in layers if each.type.startswith("Conv")]
        if not convolutions:
            raise InputError(
                f"run {side.run.name!r} has no convolution, so no layer 'last'; use dense1"
            )
        return convolutions[-1]
    if layer:
        return layer
    order = depths(store, side)
    there = {found.layer for found in keys(store, side, kind, **key)}
    return min(there, key=lambda name: order.get(name, len(order)), default="")


def sample_of(store: "RunStore", side: Side, sample: str) -> str:
    """Return a named image as ``split:index``; InputError for one that the data has not."""
    return "{}:{}".format(*store.sample(side.run.dataset_fingerprint, sample))


def image_of(store: "RunStore", side: Side, sample: str) -> np.ndarray:
    """Return the image (48, 48) uint8 of ``split:index``."""
    split, index = store.sample(side.run.dataset_fingerprint, sample)
    return store.images(side.run.dataset_fingerprint, split, [index])[0]
