"""The image that speaks most for each class, made by gradient ascent."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis.sides import Side, sides
from fer_core.analysis.tiles import stretched
from fer_core.figures import facets, stored_arrays, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.figures.options import one_of
from fer_core.figures.stored_arrays import NOISE
from fer_core.figures.stored_filters import STYLES
from fer_core.records import CLASS_IMAGES, CLASS_NAMES
from fer_core.translation import Translate, translator
from fer_core.words import clauses, weights_names

if TYPE_CHECKING:
    from fer_core.store import RunStore

FACETS = ("sides",)
MEAN_FACE = "mean-face"
STARTS = (NOISE, MEAN_FACE)


class SideClasses(NamedTuple):
    """A run with one of its weights, R starts. starts: R of STARTS; tiles: (R, 7, 48, 48) uint8;
    probabilities: (R, 7, 7) float64, of each image all classes'; provenance: of the first."""

    side: Side
    starts: tuple[str, ...]
    tiles: np.ndarray
    probabilities: np.ndarray
    provenance: dict[str, Any]


class ClassImages(NamedTuple):
    """What the figure shows."""

    sides: tuple[SideClasses, ...]
    style: str


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    style: str = "plain",
    start: str = "",
    weights: str = "best",
) -> ClassImages:
    """Read class images.

    style: ``plain`` or ``natural``; start: ``noise``, ``mean-face``, or "" for what is stored;
    weights: several, with commas between, become facets. InputError for what is not stored.
    """
    one_of("style", style, STYLES)
    one_of("start", start, ("", *STARTS))
    found = []
    for side in sides(store, run_ids, weights):
        key = {"method": style, "weights": side.weights}
        there = {each.sample: each for each in store.tensors(side.run.id, CLASS_IMAGES, **key)}
        starts = tuple(each for each in STARTS if each in there and start in ("", each))
        if not starts:
            options = {"style": "" if style == STYLES[0] else style, "class-images": start}
            made_with = stored_arrays.command(side, "filters", **options)
            raise stored_arrays.lacking(
                side, lambda _: _("{style} class images").format(style=_(style)), made_with
            )
        records = [there[each] for each in starts]
        found.append(
            SideClasses(
                side,
                starts,
                np.array([stretched(each.array) for each in records]),
                np.array([each.provenance["probabilities"] for each in records], np.float64),
                dict(records[0].provenance),
            )
        )
    return ClassImages(tuple(found), style)


def draw(
    info: ClassImages, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a row for each start, a column for each class."""
    _ = translator(language)
    return draw_sheets(
        Canvas(width_mm, font_size),
        [each.side.subject for each in info.sides],
        [[_sheet(each, _)] for each in info.sides],
        [_settings(info, _)],
        _,
    )


def _sheet(each: SideClasses, _: Translate) -> Sheet:
    own = np.diagonal(each.probabilities, axis1=1, axis2=2)
    labels = text.class_labels(_)
    words = _words(_)
    return Sheet(
        each.tiles,
        np.ones(each.tiles.shape[:2], bool),
        [
            _("{label}, from {start}: {share} %").format(
                label=label, start=words[start], share=f"{100 * share:.0f}"
            )
            for start, shares in zip(each.starts, own, strict=True)
            for label, share in zip(labels, shares, strict=True)
        ],
        rows=[words[start].replace(" ", "\n") for start in each.starts],
        columns=labels,
        captions=[f"{100 * share:.0f} %" for share in own.ravel()],
    )


def _words(_: Translate) -> dict[str, str]:
    return {NOISE: _("noise"), MEAN_FACE: _("mean face")}


def _settings(info: ClassImages, _: Translate) -> str:
    steps = dict.fromkeys(str(each.provenance["options"]["steps"]) for each in info.sides)
    return _(
        "Gradient ascent of each class's logit ({style}, {steps} steps; {weights} weights), with "
        "the probability of that class. Black to white: each image's 1st to 99th percentile."
    ).format(
        style=_(info.style),
        steps=" / ".join(steps),
        weights=weights_names((each.side.weights for each in info.sides), _),
    )


def table(info: ClassImages) -> pd.DataFrame:
    """Return the images, a row each, with what the model makes of it."""
    return pd.DataFrame(
        [
            {
                **each.side.own,
                "style": info.style,
                "start": start,
                "class": name,
                **dict(zip(CLASS_NAMES, shares.tolist(), strict=True)),
            }
            for each in info.sides
            for start, rows in zip(each.starts, each.probabilities, strict=True)
            for name, shares in zip(CLASS_NAMES, rows, strict=True)
        ]
    )


def describe(info: ClassImages, *, language: str = "en") -> str:
    """Return the figure in words, a line for each run: of how many classes the image is taken for
    that class."""
    _ = translator(language)
    lines = []
    for each in info.sides:
        right = each.probabilities.argmax(axis=2) == np.arange(len(CLASS_NAMES))
        told = [
            _("from {start}, {count} of 7 are taken for their class").format(
                start=_words(_)[start], count=int(row.sum())
            )
            for start, row in zip(each.starts, right, strict=True)
        ]
        name = facets.named(each.side.subject, _)
        lines.append(_("{name}: {facts}.").format(name=name, facts=clauses(told, _)))
    first = _("The image that speaks most for each class. {settings}")
    return "\n".join([first.format(settings=_settings(info, _)), *lines])
