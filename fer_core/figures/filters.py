"""What the filters of a layer want to see: images made by gradient ascent, in a grid."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.duplicates import ALIKE
from fer_core.analysis.sides import Side, sides
from fer_core.analysis.tiles import stretched
from fer_core.figures import facets, filter_grid, stored_filters, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.filter_grid import INDEX, OFF, PER_ROW
from fer_core.figures.stored_arrays import NOISE
from fer_core.figures.stored_filters import Ascended
from fer_core.translation import Translate, translator
from fer_core.words import clauses, listed, sentences, weights_names

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("sides",)


class SideFilters(NamedTuple):
    """The shown N filters of a run with one of its weights, in order. filters: (N,) int64;
    tiles: (N, 48, 48) uint8; activations: (N,) float32; dead: (N,) bool; duplicates: (N,) bool or
    None where unknown; all_filters: how many the layer has stored; step: of the ascent."""

    side: Side
    layer: str
    step: int
    filters: np.ndarray
    tiles: np.ndarray
    activations: np.ndarray
    dead: np.ndarray
    duplicates: np.ndarray | None
    provenance: dict[str, Any]


class Filters(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideFilters, ...]
    style: str
    start: str
    order: str
    per_row: int
    written: bool


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    layer: str = "",
    style: str = "plain",
    start: str = NOISE,
    step: int | str = "",
    order: str = INDEX,
    filters: str = "",
    per_row: int = PER_ROW,
    activations: str = OFF,
    weights: str = "best",
) -> Filters:
    """Read ascended filters of a layer.

    layer: ``conv2``, ``last``, or "" for the first one stored; style: ``plain`` or ``natural``;
    start: ``noise`` or an image, ``test:12``; step: of the ascent, "" for the last; order:
    ``index``, ``activation`` or ``similarity``; filters: ``0,3,17`` or "" for all; per_row: 1 to
    64; activations: ``on`` writes each below its image; weights: several, with commas between,
    become facets. InputError for what is not stored.
    """
    per_row = filter_grid.per_row_of(per_row)
    written = filter_grid.switch("activations", activations)
    chosen = filter_grid.numbers(filters)
    found = []
    for side in sides(store, run_ids, weights):
        read = stored_filters.read(store, side, layer=layer, style=style, start=start)
        found.append(_shown(read, stored_filters.step_of(read, step), order, chosen))
    return Filters(tuple(found), style, start, order, per_row, written)


def _shown(read: Ascended, place: int, order: str, chosen: list[int]) -> SideFilters:
    kept = filter_grid.places(chosen, read.filters, read.layer)
    ordered = stored_filters.order_of(read, order, place)
    if order != INDEX:
        kept = ordered[np.isin(ordered, kept)]
    double = read.duplicates
    return SideFilters(
        read.side,
        read.layer,
        int(read.steps[place]),
        read.filters[kept],
        stretched(read.images[kept, place]),
        read.activations[kept, place],
        read.dead[kept],
        None if double is None else double[kept],
        read.provenance,
    )


def shows_faces(info: Filters) -> bool:
    """Say whether the ascent began at an image of the data."""
    return info.start != NOISE


def draw(
    info: Filters, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a grid for each run and weights."""
    _ = translator(language)
    return draw_sheets(
        Canvas(width_mm, font_size),
        [each.side.subject for each in info.sides],
        [[_sheet(each, info, _)] for each in info.sides],
        [_settings(info, _)],
        _,
    )


def _sheet(each: SideFilters, info: Filters, _: Translate) -> Sheet:
    hover, captions = [], []
    for place, number in enumerate(each.filters):
        value = text.three_digits(each.activations[place])
        words = [
            _("filter {number}").format(number=number),
            _("activation {value}").format(value=value),
        ]
        words += [_("dead")] if each.dead[place] else []
        words += [_("duplicate")] if each.duplicates is not None and each.duplicates[place] else []
        hover.append(listed(words, _))
        captions.append(filter_grid.short(float(each.activations[place])))
    title = _("Filters of layer {layer} (# Ascent Epoch {step})")
    return filter_grid.grid(
        each.tiles,
        info.per_row,
        hover,
        title=title.format(layer=text.clean(each.layer), step=each.step),
        captions=captions if info.written else (),
        clicks=[[int(number), each.side.run.id, each.side.weights] for number in each.filters],
    )


def _settings(info: Filters, _: Translate) -> str:
    start = _("noise") if info.start == NOISE else info.start
    seeds = {str(each.provenance["seed"]) for each in info.sides}
    words = _(
        "Gradient ascent ({style}, from {start}, seed {seed}; {weights} weights). Black to white: "
        "each image's 1st to 99th percentile."
    )
    told = words.format(
        style=_(info.style),
        start=start,
        seed=" / ".join(sorted(seeds)),
        weights=weights_names((each.side.weights for each in info.sides), _),
    )
    orders = {
        "index": "",
        "activation": _("The strongest activation first."),
        "similarity": _("Filters that answer alike stand side by side."),
    }
    return sentences([told, orders[info.order]], _)


def table(info: Filters) -> pd.DataFrame:
    """Return the drawn filters, a row each; `duplicate` is empty where it is not known."""
    return pd.DataFrame(
        [
            {
                **each.side.own,
                "layer": each.layer,
                "style": info.style,
                "start": info.start,
                "step": each.step,
                "filter": int(number),
                "activation": float(each.activations[place]),
                "dead": bool(each.dead[place]),
                "duplicate": None if each.duplicates is None else bool(each.duplicates[place]),
            }
            for each in info.sides
            for place, number in enumerate(each.filters)
        ]
    )


def describe(info: Filters, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: how many filters, dead ones, duplicates."""
    _ = translator(language)
    first = _("What the filters of a layer want to see. {settings}")
    return "\n".join([first.format(settings=_settings(info, _)), *counted(info, _)])


def counted(info: Filters, _: Translate) -> list[str]:
    """Return a line for each run: how many filters are shown, how many are dead or duplicates."""
    lines = []
    for each in info.sides:
        facts = [
            _("{layer}: {count} filters at step {step}").format(
                layer=text.clean(each.layer), count=len(each.filters), step=each.step
            ),
            _("dead: {dead}").format(dead=int(each.dead.sum())),
        ]
        if each.duplicates is not None:
            alike = _("duplicates (correlation {least:g} or more): {count}")
            facts.append(alike.format(count=int(each.duplicates.sum()), least=ALIKE))
        line = _("{name}, {facts}.")
        name = facets.named(each.side.subject, _)
        lines.append(line.format(name=name, facts=clauses(facts, _)))
    return lines
