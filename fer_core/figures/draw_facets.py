"""Draws square panels in percent, a facet for each run, with common axes and a common legend."""

from collections.abc import Callable, Sequence
from typing import Any

from fer_core.analysis.answers import Answers
from fer_core.figures import facets, judged, palette, text
from fer_core.figures.canvas import TALLEST, Canvas
from fer_core.translation import Translate

_LOWEST = 9  # em, of a panel


def draw_facets(
    canvas: Canvas,
    answers: Sequence[Answers],
    numbers: Sequence[str],
    add: Callable[[int, str], None],
    _: Translate,
    *,
    titles: tuple[str, str],
    axes: tuple[dict[str, Any], dict[str, Any]],
    entries: Sequence[str],
) -> None:
    """Draw a panel for each run.

    numbers: what stands over each panel beside the run's name, unescaped; add: adds the traces of
    the run at a position to the axes of that suffix ("", "2", ...); titles: of x and y; axes:
    further settings of plotly's for both; entries: the legend's, unescaped.
    """
    em, line = canvas.em, canvas.line
    left, right, gap, bottom = 4.2 * em, 1.2 * em, 2 * em, 3.3 * em
    columns = facets.columns(len(answers), canvas.width - left - right + gap, 19 * em)
    width = (canvas.width - left - right + gap) / columns - gap
    rows = -(-len(answers) // columns)
    top, head = canvas.legend_height(list(entries)) + 0.3 * em, 2 * line + 0.3 * em
    # Lower than wide where all would not fit on a page.
    fits = (TALLEST - 1 - top - bottom - line + gap) / rows - head - gap
    height = min(width, 16 * em, max(_LOWEST * em, fits))
    step = head + height + gap
    canvas.set_height(top + rows * step - gap + bottom + line)
    names = judged.labels(answers, em, width, _)
    for position, (name, number) in enumerate(zip(names, numbers, strict=True)):
        row, column = divmod(position, columns)
        x, y = left + column * (width + gap), top + row * step + head
        lowest = position + columns >= len(answers)
        canvas.panel(
            position + 1,
            (x, y, width, height),
            titles=(titles[0] if lowest else "", titles[1] if column == 0 else ""),
            xaxis={"showticklabels": lowest, "fixedrange": True, **axes[0]},
            yaxis={"showticklabels": column == 0, "fixedrange": True, **axes[1]},
        )
        for index, content in enumerate((name, number)):
            canvas.note(text.escape(content), x, y - head + (index + 0.5) * line, xanchor="left")
        add(position, "" if position == 0 else str(position + 1))
    if entries:
        canvas.legend("legend", list(entries), 0, itemclick=False, itemdoubleclick=False)
    canvas.note(
        text.escape(judged.notes(answers, _)), canvas.width - 0.3 * em,
        canvas.height - 0.6 * line, xanchor="right", font={"color": palette.FAINT_INK},
    )  # fmt: skip
    canvas.layout |= {"showlegend": bool(entries), "dragmode": False}
