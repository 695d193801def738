"""Draws one filter: a curve over the steps, and rows of images below it."""

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from fer_core.figures import colour_bars, filter_grid, map_tiles, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.draw_tiles import Sheet, draw_sheets
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.figures.filter_detail import FilterDetail, SideDetail

COLUMNS = 9  # images in a row, as many as there are top images
_PLACE, _HALF = (230, 159, 0), 5  # colour of the square around a place, and its half side, px


def draw(
    info: "FilterDetail",
    *,
    styles: palette.Styles,
    language: str,
    width_mm: float,
    font_size: float,
) -> go.Figure:
    """Draw the activation by step, a colour for each run, and each one's rows of images."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    names = _names(info, canvas)
    legend = canvas.legend_height(names)
    chart = min(9 * canvas.em, 0.4 * canvas.width)
    figure_bars = [colour_bars.signed_values(_)] if _has_outputs(info) else []
    draw_sheets(
        canvas,
        [each.side.subject for each in info.sides],
        [_sheets(each, info, _) for each in info.sides],
        [_note(info, _)],
        _,
        figure_bars,
        free=legend + chart + 4 * canvas.em,
    )
    variants = palette.variants([each.side for each in info.sides], styles)
    _add_curves(canvas, info, variants, names, (legend, chart), _)
    return canvas.figure()


def _has_outputs(info: "FilterDetail") -> bool:
    return any(each.outputs.samples for each in info.sides)


def _names(info: "FilterDetail", canvas: Canvas) -> list[str]:
    if len(info.sides) == 1:
        return []
    subjects = [each.side.subject.name for each in info.sides]
    return text.run_labels(subjects, canvas.em, canvas.legend_room)


def _note(info: "FilterDetail", _: Translate) -> str:
    words = [_("Squares: where its activation is greatest.")]
    if _has_outputs(info):
        words.append(_("Strongest colour: each map's 99th percentile."))
    return sentences(words, _)


def _add_curves(
    canvas: Canvas,
    info: "FilterDetail",
    variants: list[palette.Variant],
    names: list[str],
    place: tuple[float, float],
    _: Translate,
) -> None:
    top, height = place
    number = 1 + sum(len(_sheets(each, info, _)) for each in info.sides)
    left = 4.2 * canvas.em
    canvas.panel(
        number,
        (left, top + 0.5 * canvas.em, canvas.width - left - 0.7 * canvas.em, height),
        titles=(_("Step of the ascent"), _("Activation")),
        xaxis={"nticks": 7, "showgrid": False, "fixedrange": True},
        yaxis={"nticks": 4, "fixedrange": True, "rangemode": "tozero"},
    )
    for position, (each, style) in enumerate(zip(info.sides, variants, strict=True)):
        canvas.add(
            "scatter",
            x=each.steps,
            y=each.activations,
            mode="lines+markers",
            line={"color": style.colour, "width": 1.7, "dash": style.dash},
            marker={"color": style.colour, "symbol": style.symbol, "size": 5},
            name=text.escape(names[position]) if names else "",
            showlegend=bool(names),
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.4g}<extra></extra>",
            xaxis=f"x{number}",
            yaxis=f"y{number}",
        )
    if names:
        canvas.legend("legend", names, 0, itemclick=False, itemdoubleclick=False)
        canvas.layout |= {"showlegend": True}


def _sheets(each: "SideDetail", info: "FilterDetail", _: Translate) -> list[Sheet]:
    steps = np.unique(np.linspace(0, len(each.steps) - 1, COLUMNS).round().astype(int))
    title = _("Filter {number} of layer {layer}, by step of the ascent")
    sheets = [
        filter_grid.grid(
            each.tiles[steps],
            COLUMNS,
            [_("step {step}").format(step=step) for step in each.steps[steps]],
            title=title.format(number=info.number, layer=text.clean(each.layer)),
            captions=[str(step) for step in each.steps[steps]],
        )
    ]
    top = each.top
    values = [text.three_digits(value) for value in top.activations]
    sheets.append(
        filter_grid.grid(
            np.array([_marked(*pair) for pair in zip(top.images, top.places, strict=True)]),
            COLUMNS,
            [f"{sample}, {value}" for sample, value in zip(top.samples, values, strict=True)],
            title=_("What excites it most, with its activation"),
            captions=values,
        )
    )
    if each.outputs.samples:
        sheets.append(_outputs(each, _))
    return sheets


def _outputs(each: "SideDetail", _: Translate) -> Sheet:
    found = each.outputs
    maps = palette.colours(found.scaled, signed=True)
    return Sheet(
        np.stack([map_tiles.grey(found.images), maps]),
        np.ones((2, len(found.samples)), bool),
        [*found.samples, *(_("output for {sample}").format(sample=s) for s in found.samples)],
        title=_("What it gives for images"),
        framed=True,
    )


def _marked(image: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Draw a square around a place (row, column) of an image; none where it is not known."""
    pixels = map_tiles.grey(image)
    if not np.isfinite(place).all():
        return pixels
    low = np.clip(np.rint(place).astype(int) - _HALF, 0, len(image) - 1)
    high = np.clip(np.rint(place).astype(int) + _HALF, 0, len(image) - 1)
    rows, columns = slice(low[0], high[0] + 1), slice(low[1], high[1] + 1)
    pixels[[low[0], high[0]], columns] = _PLACE
    pixels[rows, [low[1], high[1]]] = _PLACE
    return pixels
