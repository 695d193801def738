"""LIME step by step: image, segments, their weights, and the segments that speak for the class."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import maps as numbers
from fer_core.figures import colour_bars, map_tiles, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import whole
from fer_core.figures.stored_maps import RunMaps, StoredMap, read
from fer_core.figures.wanted_maps import PREDICTED, Wanted, lacking
from fer_core.records import IMAGE_SIZE, SEGMENT_WEIGHTS, SEGMENTS
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACES = True
FACETS = ("runs",)
METHOD = "lime"
_BORDER = (230, 159, 0)  # orange: seen on dark and on light skin


class RunLime(NamedTuple):
    """One run. segments: (N, 48, 48) int16; weights: of each image (K,) float64, of its segments;
    top: of each image the indices of the segments that are shown alone, the heaviest first; levels:
    (N,) float64; scaled: (N, 48, 48) float64 in -1..1; alone: (N, 48, 48) uint8."""

    maps: RunMaps
    segments: np.ndarray
    weights: tuple[np.ndarray, ...]
    top: tuple[np.ndarray, ...]
    levels: np.ndarray
    scaled: np.ndarray
    alone: np.ndarray


class LimePanels(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunLime, ...]
    top: int
    scale: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    samples: str = "",
    per_class: int = 1,
    target: str = PREDICTED,
    weights: str = "best",
    top: int = 8,
    scale: str = "own",
) -> LimePanels:
    """Read LIME's maps, segments and weights; by default of one image of each class.

    top: how many segments, 1 to 64, are shown alone; only those with a positive weight are. Other
    options are those of the figure `explanations`.
    """
    top = whole("top", top, 1, 64)
    per_class = whole("per_class", per_class, 1, map_tiles.MOST)
    wanted = Wanted(METHOD, samples, per_class, "", target, weights)
    runs = read(store, run_ids, wanted)
    found = []
    for run, levels in zip(runs, map_tiles.levels(runs, scale), strict=True):
        segments, of_segments = (
            _beside(store, run, kind, wanted._replace(weights=run.side.weights))
            for kind in (SEGMENTS, SEGMENT_WEIGHTS)
        )
        chosen = [numbers.top_segments(each, top) for each in of_segments]
        alone = [
            numbers.masked(image, np.isin(parts, best))
            for image, parts, best in zip(run.images, segments, chosen, strict=True)
        ]
        found.append(
            RunLime(
                run,
                np.array(segments),
                tuple(of_segments),
                tuple(chosen),
                levels[METHOD],
                map_tiles.scaled(run.maps[METHOD], levels[METHOD]),
                np.array(alone),
            )
        )
    return LimePanels(tuple(found), top, scale)


def _beside(store: "RunStore", run: RunMaps, kind: str, wanted: Wanted) -> list[np.ndarray]:
    """The arrays of a kind that were stored with the maps of a run, in their order."""
    records = store.tensors(
        run.side.run.id, kind, samples=run.samples, method=METHOD, weights=wanted.weights
    )
    found = {(each.sample, each.target): each.array for each in records}
    places = [(each.record.sample, each.record.target) for each in run.maps[METHOD]]
    if missing := [sample for sample, target in places if (sample, target) not in found]:
        raise lacking(run.side.run, [kind], [METHOD], missing, wanted)
    return [found[place] for place in places]


def draw(
    info: LimePanels, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each image."""
    _ = translator(language)
    runs = [each.maps for each in info.runs]
    return draw_sheets(
        Canvas(width_mm, font_size),
        [run.side.subject for run in runs],
        [[_sheet(each, info.top, _)] for each in info.runs],
        [sentences([_rest(_), *map_tiles.settings(runs, info.scale, _)], _)],
        _,
        colour_bars.bars([True], _),
    )


def _rest(_: Translate) -> str:
    return _("Beside the top segments stands the image's mean.")


def _sheet(each: RunLime, top: int, _: Translate) -> Sheet:
    maps = each.maps
    images = np.empty((len(maps.samples), 4, IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    images[:, 0] = images[:, 1] = map_tiles.grey(maps.images)
    for row, segments in enumerate(each.segments):
        images[row, 1][numbers.borders(segments)] = _BORDER
    images[:, 2] = map_tiles.colours(each.scaled, signed=True)
    images[:, 3] = map_tiles.grey(each.alone)
    captions, marks, hover, rows = [], [], [], []
    for place, (sample, found) in enumerate(zip(maps.samples, maps.maps[METHOD], strict=True)):
        weights, chosen = each.weights[place], each.top[place]
        rows.append(map_tiles.row_label(sample, found, _))
        captions += ["", _fit(found), map_tiles.caption(found, _), ""]
        marks += ["", "", map_tiles.mark(found.values, _), "" if len(chosen) else _("none")]
        count = _("{count} segments").format(count=len(weights))
        hover += [f"{sample} {text.clean(maps.names[place])}", f"{sample}, {count}"]
        hover += [map_tiles.hover(maps, place, found, _)]
        hover += [f"{sample}: " + ", ".join(f"{weights[index]:+.3g}" for index in chosen)]
    return Sheet(
        images,
        np.ones((len(rows), 4), bool),
        hover,
        rows=rows,
        columns=[_("Image"), _("Segments"), _("Weights"), _("Top {top}").format(top=top)],
        captions=captions,
        marks=marks,
        framed=True,
    )


def _fit(found: StoredMap) -> str:
    extras = found.provenance["extras"]
    return f"R² {extras['r2']:.2f}" if "r2" in extras else ""


def table(info: LimePanels) -> pd.DataFrame:
    """Return the drawn weights, a row a segment: its index, size and weight, and whether it is
    among those shown alone."""
    parts = []
    for each in info.runs:
        rows = map_tiles.rows(each.maps, METHOD, each.levels)
        for place, row in enumerate(rows):
            weights = each.weights[place]
            index = np.arange(len(weights))
            sizes = np.bincount(each.segments[place].ravel(), minlength=len(weights))
            parts.append(
                pd.DataFrame(
                    {
                        **row,
                        "r2": each.maps.maps[METHOD][place].provenance["extras"].get("r2"),
                        "segment": index,
                        "pixels": sizes,
                        "weight": weights,
                        "top": np.isin(index, each.top[place]),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def describe(info: LimePanels, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: which images, explained as what."""
    _ = translator(language)
    runs = [each.maps for each in info.runs]
    settings = sentences([_rest(_), *map_tiles.settings(runs, info.scale, _)], _)
    first = _("LIME: the segments, their weights, and the {top} heaviest alone. {settings}").format(
        top=info.top, settings=settings
    )
    return "\n".join([first, *map_tiles.described(runs, _)])
