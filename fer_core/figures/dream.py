"""Images in which what a layer finds is strengthened (deep dream), beside what they were."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.sides import Side, sides
from fer_core.analysis.tiles import stretched
from fer_core.errors import NotStored
from fer_core.figures import facets, stored_arrays, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.wanted_maps import named
from fer_core.records import DREAM
from fer_core.translation import Translate, translator
from fer_core.words import listed, weights_names

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACES = True
FACETS = ("sides",)
MOST_SAMPLES = 14  # where none are named


class SideDreams(NamedTuple):
    """A run with one of its weights, N images. images: (N, 48, 48) uint8; dreams: (N, 48, 48)
    float32; provenance: of the first."""

    side: Side
    layer: str
    samples: tuple[str, ...]
    images: np.ndarray
    dreams: np.ndarray
    provenance: dict[str, Any]


class Dreams(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideDreams, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    layer: str = "",
    samples: str = "",
    weights: str = "best",
) -> Dreams:
    """Read dreams.

    layer: ``conv4``, ``last``, or "" for the first one stored; samples: ``test:12,train:5566``,
    or "" for the first 14 stored; weights: several, with commas between, become facets.
    InputError for what is not stored.
    """
    found = []
    for side in sides(store, run_ids, weights):
        name = stored_arrays.layer_of(store, side, DREAM, layer)
        asked = [stored_arrays.sample_of(store, side, each) for each in named(samples)]
        key = {"layer": name, "weights": side.weights}
        stored = store.tensors(side.run.id, DREAM, samples=asked or None, **key)
        there = {each.sample: each for each in stored}
        lacks = [sample for sample in asked if sample not in there]
        if lacks or not there:
            sample = lacks[0] if lacks else "validation:0"
            made_with = stored_arrays.command(side, "dream", sample=sample, layer=name)
            raise _lacking(side, lacks, made_with)
        shown = tuple(asked or list(there)[:MOST_SAMPLES])
        found.append(
            SideDreams(
                side,
                name,
                shown,
                np.array([stored_arrays.image_of(store, side, each) for each in shown]),
                np.array([there[each].array for each in shown]),
                dict(there[shown[0]].provenance),
            )
        )
    return Dreams(tuple(found))


def _lacking(side: Side, samples: list[str], made_with: tuple[str, ...]) -> NotStored:
    def what(_: Translate) -> str:
        form = _("dreams of {samples}") if samples else _("dreams")
        return form.format(samples=listed(samples, _))

    return stored_arrays.lacking(side, what, made_with)


def draw(
    info: Dreams, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each image: as it is, and what became of it."""
    _ = translator(language)
    return draw_sheets(
        Canvas(width_mm, font_size),
        [each.side.subject for each in info.sides],
        [[_sheet(each, _)] for each in info.sides],
        [_settings(info, _)],
        _,
    )


def _sheet(each: SideDreams, _: Translate) -> Sheet:
    columns = [_("Image"), _("Dream")]
    return Sheet(
        np.stack([each.images, stretched(each.dreams)], axis=1),
        np.ones((len(each.samples), 2), bool),
        [f"{sample}, {column}" for sample in each.samples for column in columns],
        rows=[sample.replace(":", ":\n") for sample in each.samples],
        columns=columns,
        title=_("Dreams of layer {layer}").format(layer=text.clean(each.layer)),
    )


def _settings(info: Dreams, _: Translate) -> str:
    options = info.sides[0].provenance["options"]
    return _(
        "{octaves} octaves of {steps} steps; {weights} weights. Black to white: each dream's 1st "
        "to 99th percentile."
    ).format(
        octaves=options["octaves"],
        steps=options["steps"],
        weights=weights_names((each.side.weights for each in info.sides), _),
    )


def table(info: Dreams) -> pd.DataFrame:
    """Return the images, a row each: how much they were changed, in grey levels."""
    rows = []
    for each in info.sides:
        change = 255 * each.dreams.astype(np.float64) - each.images
        for sample, own in zip(each.samples, change, strict=True):
            rows.append(
                {
                    **each.side.own,
                    "layer": each.layer,
                    "sample": sample,
                    "root_mean_square_change": float(np.sqrt((own**2).mean())),
                }
            )
    return pd.DataFrame(rows)


def describe(info: Dreams, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: which layer, which images."""
    _ = translator(language)
    lines = [
        _("{name}: {layer} in {samples}.").format(
            name=facets.named(each.side.subject, _),
            layer=text.clean(each.layer),
            samples=listed(each.samples, _),
        )
        for each in info.sides
    ]
    first = _("Images in which what a layer finds is strengthened. {settings}")
    return "\n".join([first.format(settings=_settings(info, _)), *lines])
