"""Reads ascended filters of a layer: images, activations, which are dead and which double."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fer_core.analysis.duplicates import duplicates, order_by_similarity
from fer_core.analysis.sides import Side
from fer_core.errors import InputError, NotStored
from fer_core.figures import stored_arrays
from fer_core.figures.filter_grid import ACTIVATION, INDEX, SIMILARITY
from fer_core.figures.options import one_of, whole
from fer_core.figures.stored_arrays import NOISE
from fer_core.records import FILTER_ACTIVATIONS, FILTER_SIMILARITY, FILTERS, TensorRecord
from fer_core.translation import Translate

if TYPE_CHECKING:
    from fer_core.store import RunStore

STYLES = ("plain", "natural")


class Ascended(NamedTuple):
    """A layer's filters, F of them at S recorded steps.

    filters: (F,) int64, their numbers; steps: (S,) int64; images: (F, S, 48, 48) float16 or
    float32; activations: (F, S) float32; dead: (F,) bool; similarity: (F, F) float32, or None
    where it is not stored; provenance: of the images.
    """

    side: Side
    layer: str
    filters: np.ndarray
    steps: np.ndarray
    images: np.ndarray
    activations: np.ndarray
    dead: np.ndarray
    similarity: np.ndarray | None
    provenance: dict[str, Any]

    @property
    def duplicates(self) -> np.ndarray | None:
        """(F,) bool: those that answer as one before them; None where that is not known."""
        return None if self.similarity is None else duplicates(self.similarity) >= 0


def read(store: "RunStore", side: Side, *, layer: str, style: str, start: str) -> Ascended:
    """Read a layer's filters; InputError names the command for what is not stored.

    layer: as `stored_arrays.layer_of` takes it; start: ``noise`` or an image, as ``test:12``.
    """
    one_of("style", style, STYLES)
    sample = "" if start == NOISE else stored_arrays.sample_of(store, side, start)
    key = {"method": style, "sample": sample}
    name = stored_arrays.layer_of(store, side, FILTERS, layer, **key)
    key["layer"] = name
    images, values = (
        stored_arrays.first(store, side, kind, **key) for kind in (FILTERS, FILTER_ACTIVATIONS)
    )
    if images is None or values is None:
        raise lacking(side, layer=name, style=style, start=sample)
    filters = np.array(values.provenance["filters"], np.int64)
    return Ascended(
        side,
        name,
        filters,
        np.array(values.provenance["steps"], np.int64),
        images.array,
        values.array,
        np.isin(filters, np.array(values.provenance["dead"], np.int64)),
        _similarity(store, side, name, filters),
        dict(values.provenance),
    )


def lacking(side: Side, *, layer: str, style: str = "plain", start: str = "") -> NotStored:
    """Return the error for filters that are not stored."""
    made_with = stored_arrays.command(
        side, "filters", layers=layer, style=style if style != STYLES[0] else "", start=start
    )

    def what(_: Translate) -> str:
        form = _("{style} filters of {layer}") if layer else _("{style} filters")
        return form.format(style=_(style), layer=layer)

    return stored_arrays.lacking(side, what, made_with)


def _lacking_similarity(side: Side, layer: str) -> NotStored:
    return stored_arrays.lacking(
        side,
        lambda _: _("similarity of the filters of {layer}").format(layer=layer),
        stored_arrays.command(side, "filters", layers=layer),
    )


def _similarity(
    store: "RunStore", side: Side, layer: str, filters: np.ndarray
) -> np.ndarray | None:
    found: TensorRecord | None = stored_arrays.first(store, side, FILTER_SIMILARITY, layer=layer)
    return None if found is None else found.array[np.ix_(filters, filters)]


def step_of(ascended: Ascended, step: Any) -> int:
    """Return the place of a step among those recorded, of the last for ""."""
    if step == "":
        return len(ascended.steps) - 1
    number = whole("step", step, 0, 1_000_000)
    found = np.flatnonzero(ascended.steps == number)
    if not found.size:
        there = ", ".join(map(str, ascended.steps))
        raise InputError(f"step {number} of {ascended.layer} is not stored; use one of {there}")
    return int(found[0])


def order_of(ascended: Ascended, order: str, place: int) -> np.ndarray:
    """Return the filters' places (F,) in an order: by index, by activation at a step, the
    strongest first, or so that those that answer alike stand side by side."""
    one_of("order", order, (INDEX, ACTIVATION, SIMILARITY))
    if order == ACTIVATION:
        return np.argsort(-ascended.activations[:, place], kind="stable")
    if order == SIMILARITY:
        if ascended.similarity is None:
            raise _lacking_similarity(ascended.side, ascended.layer)
        return order_by_similarity(ascended.similarity)
    return np.arange(len(ascended.filters))
