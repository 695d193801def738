"""One filter: its ascent step by step, the images that excite it most, and its outputs."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import maps as numbers
from fer_core.analysis.sides import Side, sides
from fer_core.analysis.tiles import enlarged, stretched
from fer_core.figures import (
    draw_filter_detail,
    facets,
    filter_grid,
    palette,
    stored_arrays,
    stored_filters,
    text,
)
from fer_core.figures.options import whole
from fer_core.figures.stored_arrays import NOISE
from fer_core.records import IMAGE_SIZE, LAYER_OUTPUTS, TOP_IMAGES
from fer_core.translation import Translate, translator
from fer_core.words import listed, sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACES = True
FACETS = ("sides",)
MOST_OUTPUTS = 9


class TopImages(NamedTuple):
    """The K images that excite a filter most. samples: as ``train:12``; images: (K, 48, 48) uint8;
    activations: (K,) float32; places: (K, 2) float32, row and column, NaN for a dense layer."""

    samples: tuple[str, ...]
    images: np.ndarray
    activations: np.ndarray
    places: np.ndarray


class Outputs(NamedTuple):
    """The filter's maps for M images. images: (M, 48, 48) uint8; scaled: (M, 48, 48) float64 in
    -1..1, each by its own strongest value."""

    samples: tuple[str, ...]
    images: np.ndarray
    scaled: np.ndarray


class SideDetail(NamedTuple):
    """A filter of a run with one of its weights. steps: (S,) int64; activations: (S,) float32;
    tiles: (S, 48, 48) uint8."""

    side: Side
    layer: str
    dead: bool
    steps: np.ndarray
    activations: np.ndarray
    tiles: np.ndarray
    top: TopImages
    outputs: Outputs


class FilterDetail(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideDetail, ...]
    number: int
    style: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    layer: str = "",
    number: int = 0,
    style: str = "plain",
    start: str = NOISE,
    split: str = "",
    weights: str = "best",
) -> FilterDetail:
    """Read one filter's ascent, the images that excite it most, and what it gives for images.

    number: of the filter, from 0; split: where the images come from, "" for the first stored.
    Outputs are those that are stored of the layer, 9 at most. Other options are those of the
    figure `filters`. InputError for what is not stored.
    """
    number = whole("number", number, 0, 1_000_000)
    found = []
    for side in sides(store, run_ids, weights):
        read = stored_filters.read(store, side, layer=layer, style=style, start=start)
        [place] = filter_grid.places([number], read.filters, read.layer)
        found.append(
            SideDetail(
                side,
                read.layer,
                bool(read.dead[place]),
                read.steps,
                read.activations[place],
                stretched(read.images[place]),
                _top_images(store, side, read.layer, number, split),
                _outputs(store, side, read.layer, number),
            )
        )
    return FilterDetail(tuple(found), number, style)


def _top_images(store: "RunStore", side: Side, layer: str, number: int, split: str) -> TopImages:
    key = {"layer": layer, **({"sample": split} if split else {})}
    record = stored_arrays.first(store, side, TOP_IMAGES, **key)
    if record is None:
        options = {"layers": layer, "top-split": split}
        raise stored_arrays.lacking(
            side,
            lambda _: _("top images of {layer}").format(layer=layer),
            stored_arrays.command(side, "filters", **options),
        )
    source, rows = str(record.provenance["source"]), record.array[number]
    indices = rows[:, 1].astype(int)
    images = store.images(side.run.dataset_fingerprint, source, indices)
    samples = tuple(f"{source}:{index}" for index in indices)
    return TopImages(samples, images, rows[:, 0], rows[:, 2:])


def _outputs(store: "RunStore", side: Side, layer: str, number: int) -> Outputs:
    there = stored_arrays.keys(store, side, LAYER_OUTPUTS, layer=layer)[:MOST_OUTPUTS]
    samples = tuple(key.sample for key in there)
    images, maps = [], []
    for sample in samples:
        record = stored_arrays.first(store, side, LAYER_OUTPUTS, layer=layer, sample=sample)
        assert record is not None
        images.append(stored_arrays.image_of(store, side, sample))
        values = enlarged(record.array[number].astype(np.float32), IMAGE_SIZE)
        maps.append(numbers.scaled(values, numbers.limit(values)))
    shape = (len(samples), IMAGE_SIZE, IMAGE_SIZE)
    return Outputs(
        samples, np.array(images, np.uint8).reshape(shape), np.array(maps).reshape(shape)
    )


def draw(
    info: FilterDetail,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw the activation by step, and below it the rows of images of each run."""
    return draw_filter_detail.draw(
        info, styles=styles, language=language, width_mm=width_mm, font_size=font_size
    )


def table(info: FilterDetail) -> pd.DataFrame:
    """Return a row for each recorded step and each image, told apart by `what`."""
    rows = []
    for each in info.sides:
        own = {**each.side.own, "layer": each.layer, "filter": info.number, "style": info.style}
        for step, value in zip(each.steps, each.activations, strict=True):
            rows.append({**own, "what": "step", "step": int(step), "activation": float(value)})
        for sample, value, (row, column) in zip(
            each.top.samples, each.top.activations, each.top.places, strict=True
        ):
            rows.append(
                {
                    **own, "what": "top image", "sample": sample, "activation": float(value),
                    "row": float(row), "column": float(column),
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def describe(info: FilterDetail, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: how far the activation rose, and for which
    images it is strongest."""
    _ = translator(language)
    lines = [_line(each, _) for each in info.sides]
    first = _("Filter {number}: its ascent, the images that excite it most, and its outputs.")
    return "\n".join([first.format(number=info.number), *lines])


def _line(each: SideDetail, _: Translate) -> str:
    words = _(
        "{name}, {layer}: activation {first} at step {start}, {last} at step {end}; most excited "
        "by {samples}."
    ).format(
        name=facets.named(each.side.subject, _),
        layer=text.clean(each.layer),
        first=text.three_digits(each.activations[0]),
        start=each.steps[0],
        last=text.three_digits(each.activations[-1]),
        end=each.steps[-1],
        samples=listed(each.top.samples[:3], _),
    )
    return sentences([words, _("It is dead.") if each.dead else ""], _)
