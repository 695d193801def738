"""What a layer gives for one image: the map of each filter, in a grid."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import maps as numbers
from fer_core.analysis.sides import Side, sides
from fer_core.analysis.tiles import enlarged
from fer_core.figures import colour_bars, facets, filter_grid, palette, stored_arrays, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.filter_grid import ACTIVATION, INDEX, OFF, PER_ROW
from fer_core.figures.options import one_of
from fer_core.figures.wanted_maps import SCALES
from fer_core.records import IMAGE_SIZE, LAYER_OUTPUTS, TensorRecord
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("sides",)


FACES = True


class SideOutputs(NamedTuple):
    """The F maps of a run with one of its weights, in order. filters: (F,) int64; maps: (F, h, w)
    float32; scaled: (F, h, w) float64 in -1..1, as drawn; activations: (F,) float64,
    the mean of what follows the layer."""

    side: Side
    layer: str
    sample: str
    filters: np.ndarray
    maps: np.ndarray
    scaled: np.ndarray
    activations: np.ndarray


class LayerOutputs(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideOutputs, ...]
    order: str
    scale: str
    per_row: int
    written: bool


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    layer: str = "",
    sample: str = "",
    order: str = INDEX,
    scale: str = "own",
    per_row: int = PER_ROW,
    activations: str = OFF,
    weights: str = "best",
) -> LayerOutputs:
    """Read a layer's outputs for an image.

    sample: ``train:5566``, or "" for the first one stored; order: ``index``, or ``activation``,
    the strongest first; scale: ``own`` colours for each map, or ``shared`` by a run's maps. Other
    options are those of the figure `filters`. InputError for what is not stored.
    """
    one_of("order", order, (INDEX, ACTIVATION))
    one_of("scale", scale, SCALES)
    per_row = filter_grid.per_row_of(per_row)
    written = filter_grid.switch("activations", activations)
    found = []
    for side in sides(store, run_ids, weights):
        record = read(store, side, layer=layer, sample=sample)
        found.append(_shown(side, record, order, scale))
    return LayerOutputs(tuple(found), order, scale, per_row, written)


def read(store: "RunStore", side: Side, *, layer: str, sample: str) -> TensorRecord:
    """Return the outputs (F, h, w) of a layer for an image; InputError names the command."""
    of = stored_arrays.sample_of(store, side, sample) if sample else ""
    key = {"sample": of} if of else {}
    name = stored_arrays.layer_of(store, side, LAYER_OUTPUTS, layer, **key)
    record = stored_arrays.first(store, side, LAYER_OUTPUTS, layer=name, **key)
    if record is None:
        asked = of or "train:0"
        raise stored_arrays.lacking(
            side,
            lambda _: _("outputs of {layer} for {sample}").format(
                layer=name or _("any layer"), sample=of or _("any image")
            ),
            stored_arrays.command(side, "outputs", sample=asked, layers=name),
        )
    return record


def _shown(side: Side, record: TensorRecord, order: str, scale: str) -> SideOutputs:
    activations = np.array(record.provenance["activations"], np.float64)
    places = np.arange(len(record.array))
    if order == ACTIVATION:
        places = np.argsort(-activations, kind="stable")
    maps = record.array[places].astype(np.float32)  # float16 is too coarse for a percentile
    shared = numbers.limit(maps) if scale == "shared" else None
    levels = [numbers.limit(each) if shared is None else shared for each in maps]
    scaled = np.array([numbers.scaled(*pair) for pair in zip(maps, levels, strict=True)])
    return SideOutputs(side, record.layer, record.sample, places, maps, scaled, activations[places])


def draw(
    info: LayerOutputs, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a grid for each run and weights."""
    _ = translator(language)
    return draw_sheets(
        Canvas(width_mm, font_size),
        [each.side.subject for each in info.sides],
        [[_sheet(each, info, _)] for each in info.sides],
        [_settings(info, _)],
        _,
        [colour_bars.signed_values(_)],
    )


def _sheet(each: SideOutputs, info: LayerOutputs, _: Translate) -> Sheet:
    hover, captions = [], []
    for number, value in zip(each.filters, each.activations, strict=True):
        words = _("filter {number}, activation {value}")
        hover.append(words.format(number=number, value=text.three_digits(value)))
        captions.append(filter_grid.short(value))
    title = _("Output of layer {layer} (Given image {sample})")
    return filter_grid.grid(
        palette.colours(enlarged(each.scaled, IMAGE_SIZE), signed=True),
        info.per_row,
        hover,
        title=title.format(layer=text.clean(each.layer), sample=each.sample),
        captions=captions if info.written else (),
        framed=True,
    )


def _settings(info: LayerOutputs, _: Translate) -> str:
    told = [_("The layer's own output, before batch norm and activation.")]
    if info.order == ACTIVATION:
        told.append(_("The strongest activation first."))
    told.append(
        _("Strongest colour: each map's 99th percentile.")
        if info.scale == "own"
        else _("Strongest colour: the 99th percentile of all maps of a run.")
    )
    return sentences(told, _)


def table(info: LayerOutputs) -> pd.DataFrame:
    """Return the drawn maps, a row each."""
    rows: list[dict[str, Any]] = [
        {
            **each.side.own,
            "layer": each.layer,
            "sample": each.sample,
            "filter": int(number),
            "activation": float(activation),
            "minimum": float(values.min()),
            "maximum": float(values.max()),
        }
        for each in info.sides
        for number, activation, values in zip(
            each.filters, each.activations, each.maps, strict=True
        )
    ]
    return pd.DataFrame(rows)


def describe(info: LayerOutputs, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: which layer, which image, how many maps."""
    _ = translator(language)
    lines = [
        _("{name}: {count} maps of {layer} for {sample}, the strongest of filter {best}.").format(
            name=facets.named(each.side.subject, _),
            count=len(each.filters),
            layer=text.clean(each.layer),
            sample=each.sample,
            best=each.filters[each.activations.argmax()],
        )
        for each in info.sides
    ]
    first = _("What a layer gives for an image. {settings}").format(settings=_settings(info, _))
    return "\n".join([first, *lines])
