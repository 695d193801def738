"""The kernels of the first convolution as they are."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import maps as numbers
from fer_core.analysis.sides import Side, sides
from fer_core.analysis.tiles import enlarged
from fer_core.figures import colour_bars, facets, filter_grid, palette, stored_arrays, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.filter_grid import PER_ROW
from fer_core.records import IMAGE_SIZE, KERNELS
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("sides",)


class SideKernels(NamedTuple):
    """A run with one of its weights. weights: (F, k, k) float32; level: of the strongest colour,
    the 99th percentile of their sizes."""

    side: Side
    layer: str
    weights: np.ndarray
    level: float


class Kernels(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideKernels, ...]
    per_row: int


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    per_row: int = PER_ROW,
    weights: str = "best",
) -> Kernels:
    """Read the first convolution's weights. weights: several, with commas between, become facets.
    InputError for what is not stored."""
    per_row = filter_grid.per_row_of(per_row)
    found = []
    for side in sides(store, run_ids, weights):
        record = stored_arrays.first(store, side, KERNELS)
        if record is None:
            made_with = stored_arrays.command(side, "filters", layers="conv1")
            raise stored_arrays.lacking(side, lambda _: _("kernels"), made_with)
        values = record.array[:, 0]  # images have one channel
        found.append(SideKernels(side, record.layer, values, numbers.limit(values)))
    return Kernels(tuple(found), per_row)


def draw(
    info: Kernels, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a grid for each run and weights."""
    _ = translator(language)
    return draw_sheets(
        Canvas(width_mm, font_size),
        [each.side.subject for each in info.sides],
        [[_sheet(each, info, _)] for each in info.sides],
        [_settings(_)],
        _,
        [colour_bars.signed_values(_)],
    )


def _sheet(each: SideKernels, info: Kernels, _: Translate) -> Sheet:
    scaled = np.array([numbers.scaled(values, each.level) for values in each.weights])
    title = _("Kernels of layer {layer}").format(layer=text.clean(each.layer))
    return filter_grid.grid(
        palette.colours(enlarged(scaled, IMAGE_SIZE), signed=True),
        info.per_row,
        [_("filter {number}").format(number=number) for number in range(len(scaled))],
        title=title,
    )


def _settings(_: Translate) -> str:
    return _("Strongest colour: the 99th percentile of a run's weights.")


def table(info: Kernels) -> pd.DataFrame:
    """Return a row for each weight."""
    return pd.DataFrame(
        [
            {
                **each.side.own,
                "layer": each.layer,
                "filter": number,
                "row": row,
                "column": column,
                "weight": float(each.weights[number, row, column]),
            }
            for each in info.sides
            for number, row, column in np.ndindex(each.weights.shape)
        ]
    )


def describe(info: Kernels, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: how many kernels of which size."""
    _ = translator(language)
    lines = [
        _("{name}, {layer}: {count} kernels of {size}x{size}, the largest weight {most}.").format(
            name=facets.named(each.side.subject, _),
            layer=text.clean(each.layer),
            count=len(each.weights),
            size=each.weights.shape[-1],
            most=text.three_digits(np.abs(each.weights).max()),
        )
        for each in info.sides
    ]
    first = sentences([_("The kernels of the first convolution."), _settings(_)], _)
    return "\n".join([first, *lines])
