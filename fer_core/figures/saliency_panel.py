"""The triptych of the reports: image, heat map, and the image with its cold pixels blanked out."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.maps import masked
from fer_core.figures import colour_bars, map_tiles, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import number, one_of, whole
from fer_core.figures.stored_maps import RunMaps, read
from fer_core.figures.wanted_maps import PREDICTED, Wanted
from fer_core.records import EXPLANATION_METHODS
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("runs",)


FACES = True


class RunPanel(NamedTuple):
    """One run. levels: (N,) float64; scaled: (N, 48, 48) float64 in -1..1; kept: (N, 48, 48) bool,
    the warm pixels; masked: (N, 48, 48) uint8, the others replaced by the image's mean."""

    maps: RunMaps
    levels: np.ndarray
    scaled: np.ndarray
    kept: np.ndarray
    masked: np.ndarray


class SaliencyPanels(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunPanel, ...]
    method: str
    threshold: float
    scale: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    method: str = "saliency",
    samples: str = "",
    per_class: int = 1,
    layer: str = "",
    target: str = PREDICTED,
    weights: str = "best",
    threshold: float = 0.5,
    scale: str = "own",
) -> SaliencyPanels:
    """Read stored maps of one method and find their warm pixels.

    threshold: in 0..1, of the map as it is drawn; pixels below are cold, those that speak against
    the class, too. Other options are those of the figure `explanations`.
    """
    one_of("method", method, tuple(EXPLANATION_METHODS))
    threshold = number("threshold", threshold, 0, 1)
    per_class = whole("per_class", per_class, 1, map_tiles.MOST)
    runs = read(store, run_ids, Wanted(method, samples, per_class, layer, target, weights))
    found = []
    for run, levels in zip(runs, map_tiles.levels(runs, scale), strict=True):
        scaled = map_tiles.scaled(run.maps[method], levels[method])
        kept = scaled >= threshold
        cut = np.array([masked(*pair) for pair in zip(run.images, kept, strict=True)])
        found.append(RunPanel(run, levels[method], scaled, kept, cut))
    return SaliencyPanels(tuple(found), method, threshold, scale)


def draw(
    info: SaliencyPanels, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each image."""
    _ = translator(language)
    runs = [panel.maps for panel in info.runs]
    notes = [sentences([_threshold(info, _), *map_tiles.settings(runs, info.scale, _)], _)]
    return draw_sheets(
        Canvas(width_mm, font_size),
        [run.side.subject for run in runs],
        [[_sheet(panel, info.method, _)] for panel in info.runs],
        notes,
        _,
        colour_bars.bars([EXPLANATION_METHODS[info.method]], _),
    )


def _sheet(panel: RunPanel, method: str, _: Translate) -> Sheet:
    maps = panel.maps
    heat = map_tiles.colours(panel.scaled, signed=EXPLANATION_METHODS[method])
    columns = map_tiles.grey(maps.images), heat, map_tiles.grey(panel.masked)
    captions, marks, hover, rows = [], [], [], []
    for place, (sample, each) in enumerate(zip(maps.samples, maps.maps[method], strict=True)):
        rows.append(map_tiles.row_label(sample, each, _))
        kept = _("{share} of the pixels").format(share=text.percent(panel.kept[place].mean()))
        captions += ["", map_tiles.caption(each, _), ""]
        marks += ["", map_tiles.mark(each.values, _), ""]
        hover += [f"{sample} {text.clean(maps.names[place])}"]
        hover += [map_tiles.hover(maps, place, each, _), f"{sample}, {kept}"]
    return Sheet(
        np.stack(columns, axis=1),
        np.ones((len(rows), 3), bool),
        hover,
        rows=rows,
        columns=[_("Image"), text.method_labels(_)[method], _("Warm pixels")],
        captions=captions,
        marks=marks,
        framed=True,
    )


def _threshold(info: SaliencyPanels, _: Translate) -> str:
    return _("Cold pixels (below {threshold:g}) are replaced by the image's mean.").format(
        threshold=info.threshold
    )


def table(info: SaliencyPanels) -> pd.DataFrame:
    """Return the drawn maps, a row each, with the share of warm pixels."""
    rows = []
    for panel in info.runs:
        own = map_tiles.rows(panel.maps, info.method, panel.levels)
        for row, kept in zip(own, panel.kept, strict=True):
            rows.append({**row, "threshold": info.threshold, "warm_share": float(kept.mean())})
    return pd.DataFrame(rows)


def describe(info: SaliencyPanels, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: which images, explained as what."""
    _ = translator(language)
    runs = [panel.maps for panel in info.runs]
    first = _("Image, {method}, and the pixels that count. {settings}").format(
        method=text.method_labels(_)[info.method],
        settings=sentences([_threshold(info, _), *map_tiles.settings(runs, info.scale, _)], _),
    )
    return "\n".join([first, *map_tiles.described(runs, _)])
