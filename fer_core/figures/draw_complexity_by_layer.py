"""Draws what each layer costs: three bars a layer, the totals above them."""

from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.network import Network
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.figures.complexity import Complexity

ROW = 1.3  # em; the height of a bar with its share of the space between bars


class _Quantity(NamedTuple):
    """One column of bars. values: by run, a number a row; totals: by run."""

    title: str
    unit: str
    values: list[list[int]]
    totals: list[int]


def draw(
    info: "Complexity",
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw three columns of bars for each run, below each other, on scales that runs share."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    quantities = _quantities(info.networks, _)
    names = [text.clean(row.main.name) for each in info.networks for row in each.rows]
    longest = max(text.text_width(name, em) for name in names)
    gap = 0.8 * em
    titles = max(text.text_width(quantity.title, em) for quantity in quantities)
    label_room = min(longest, canvas.width - 3 * (titles + gap) - em)
    if label_room < min(longest, 4 * em):  # the titles would run into each other
        smaller = 0.95 * font_size * canvas.width / (canvas.width - label_room + 4 * em)
        return draw(info, styles=styles, language=language, width_mm=width_mm, font_size=smaller)
    left = label_room + em
    width = (canvas.width - left - 3 * gap) / 3 + gap

    heights = [ROW * em * len(each.rows) for each in info.networks]
    several = len(info.networks) > 1
    head = (2 + several) * line + 0.3 * em
    canvas.set_height(sum(heights) + len(heights) * (head + line) - line + 0.6 * em)
    labels = text.run_labels([each.run.name for each in info.networks], em, canvas.width - em)
    y = 0.3 * em
    for position, each in enumerate(info.networks):
        if several:
            canvas.note(text.escape(labels[position]), 0.3 * em, y + line / 2, xanchor="left")
        for index, quantity in enumerate(quantities):
            x = left + index * width
            total = _("total {total}").format(total=_written(quantity.totals[position], quantity))
            for number, content in enumerate((quantity.title, total)):
                middle = y + (several + number + 0.5) * line
                canvas.note(content, x, middle, xanchor="left")
            box = (x, y + head, width - gap, heights[position])
            panel = 3 * position + index + 1
            shown = label_room if index == 0 else 0.0
            colour = styles[each.run.id].colour
            _add_bars(canvas, quantity, each, (position, colour), panel, box, shown)
        y += head + heights[position] + line
    canvas.layout |= {"showlegend": False, "bargap": 0.3, "dragmode": False}
    return canvas.figure()


def _quantities(networks: tuple[Network, ...], _: Translate) -> list[_Quantity]:
    return [
        _Quantity(
            _("Multiply-adds"),
            "",
            [[row.operations for row in each.rows] for each in networks],
            [each.operations for each in networks],
        ),
        _Quantity(
            _("Parameters"),
            "",
            [[row.parameters for row in each.rows] for each in networks],
            [each.parameters for each in networks],
        ),
        _Quantity(
            _("Activations"),
            "B",
            [[row.activation_bytes for row in each.rows] for each in networks],
            [each.activation_bytes for each in networks],
        ),
    ]


def _written(value: int, quantity: _Quantity) -> str:
    written = text.compact(value)
    if not quantity.unit:
        return written
    return f"{written}{'' if ' ' in written else ' '}{quantity.unit}"


def _add_bars(
    canvas: Canvas,
    quantity: _Quantity,
    each: Network,
    place: tuple[int, str],
    panel: int,
    box: tuple[float, float, float, float],
    label_room: float,
) -> None:
    """Add one run's bars of one quantity. place: the run's position and colour; label_room: for the
    names of layers, 0 for none."""
    position, colour = place
    em, width = canvas.em, box[2]
    values = quantity.values[position]
    written = [_written(value, quantity) for values in quantity.values for value in values]
    room = max(text.text_width(content, em) for content in written) + 0.4 * em
    largest = max(1, *(value for values in quantity.values for value in values))
    names = [text.clean(row.main.name) for row in each.rows]
    count = len(values)
    canvas.panel(
        panel,
        box,
        xaxis={
            "range": [0, largest * width / max(em, width - room)],
            "visible": False,
            "fixedrange": True,
        },
        yaxis={
            "range": [count - 0.5, -0.5],
            "tickvals": list(range(count)),
            "ticktext": [text.escape(text.shorten(name, em, label_room)) for name in names],
            "showticklabels": label_room > 0,
            "ticks": "",
            "ticklabelstandoff": 2,
            "showgrid": False,
            "fixedrange": True,
        },
    )
    axes = {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}
    hover = [
        f"{text.escape(name)}: {value:,} {quantity.unit}".rstrip()
        for name, value in zip(names, values, strict=True)
    ]
    canvas.add(
        "bar",
        x=values,
        y=list(range(count)),
        orientation="h",
        marker={"color": colour},
        hovertext=hover,
        hovertemplate="%{hovertext}<extra></extra>",
        **axes,
    )
    canvas.add(
        "scatter",
        x=values,
        y=[row + text.LOWER / ROW for row in range(count)],
        mode="text",
        text=[f" {_written(value, quantity)}" for value in values],
        textposition="middle right",
        textfont={"size": em, "color": palette.INK},
        cliponaxis=False,
        hoverinfo="skip",
        **axes,
    )
