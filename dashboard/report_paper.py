"""Blocks of a report as they will print: figures at their size, tables with their rules."""

import html
import re

import streamlit as st

from fer_core.figures.canvas import PX_PER_MM, TEXT_WIDTH_MM
from fer_core.report.content import FigureBlock, TableBlock

MARGIN = 30  # px; left and right of what lies on a sheet, with its border
WIDEST = round(TEXT_WIDTH_MM * PX_PER_MM) + MARGIN  # px; the sheet of a page's text


def width_of(block: FigureBlock) -> int:
    """Return how wide the sheet of a figure is, in px."""
    return round(block.built.width_mm * PX_PER_MM) + MARGIN


def figure(block: FigureBlock) -> None:
    """Show a figure as it will print, however wide the window is."""
    with st.container(key=f"paper-{block.key}", width="content"):
        st.plotly_chart(
            block.built.figure,
            key=f"report-{block.key}",
            width="content",
            theme=None,
            config={"staticPlot": True},
            alt=block.alt.split("\n")[0],
        )


def table(block: TableBlock) -> None:
    """Show a table as it will print."""
    with st.container(key=f"paper-{block.key}", width="content"):
        st.html(markup(block))


def markup(block: TableBlock) -> str:
    """Return a table as HTML, every text of it escaped."""
    sides = ["right" if numeric else "left" for numeric in block.numeric]
    head = _row("th", block.header, sides)
    body = "".join(_row("td", row, sides) for row in block.rows)
    return f'<table class="printed"><thead>{head}</thead><tbody>{body}</tbody></table>'


def _row(tag: str, cells: tuple[str, ...], sides: list[str]) -> str:
    filled = (
        f'<{tag} class="{side}">{html.escape(cell)}</{tag}>'
        for cell, side in zip(cells, sides, strict=True)
    )
    return f"<tr>{''.join(filled)}</tr>"


def escaped(text: str) -> str:
    """Return a text so that Markdown shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|:$~])", r"\\\1", text)
