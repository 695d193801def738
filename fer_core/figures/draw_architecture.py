"""Draws tables of layers: one line a row where it fits, else a line of words and one of numbers."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from fer_core.figures import network, palette, text
from fer_core.figures.canvas import PX_PER_MM, TALLEST, TEXT_WIDTH_MM, THINNEST, Canvas
from fer_core.figures.network import Network
from fer_core.figures.sheet import Sheet
from fer_core.translation import Translate, translator
from fer_core.words import listed

if TYPE_CHECKING:
    from fer_core.figures.architecture import Architectures

WIDEST_GAP = 3.5  # between columns, in em
PAGE = TEXT_WIDTH_MM * PX_PER_MM  # wider figures are for screens and larger paper
PAD = 0.15  # beside the rules, in em


class _Cells(NamedTuple):
    """The texts of one row; numbers: by column, the same columns in every row."""

    name: str
    types: str
    numbers: dict[str, str]

    @property
    def words(self) -> str:
        return f"{self.name}: {self.types}" if self.types else self.name


class _Table(NamedTuple):
    """The texts of one run's table."""

    head: _Cells
    rows: list[_Cells]
    totals: list[_Cells]


class _Layout(NamedTuple):
    """Where the columns of a table are, in px from its left edge.

    types: left edge of the types, None where they have no column; rights: right edges of the
    columns of numbers; words: room for the name, or for name and types; lines: of a row.
    """

    width: float
    types: float | None
    rights: dict[str, float]
    words: float
    lines: int


def draw(
    info: "Architectures", *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a table for each run, as many beside each other as have room for their numbers."""
    canvas = Canvas(width_mm, font_size)
    _ = translator(language)
    sheet, em, line = Sheet(canvas), canvas.em, canvas.line
    tables = [_table(info, each, _) for each in info.networks]
    every = [cells for each in tables for cells in (each.head, *each.rows, *each.totals)]
    edge, gap = 0.3 * em, 2 * em
    count = len(tables)

    def room(beside: int) -> float:
        return (canvas.width - 2 * edge - (beside - 1) * gap) / beside

    least = _least_width(every, tables[0].totals, em)
    if least > room(1):  # letters this large in a figure this narrow would run into each other
        smaller = 0.98 * font_size * room(1) / least
        return draw(info, language=language, width_mm=width_mm, font_size=smaller)
    beside = max((n for n in range(1, count + 1) if room(n) >= least), default=1)
    bands = [tables[first : first + beside] for first in range(0, count, beside)]
    for layout in _layouts(every, room(beside), em, "type" in info.columns):
        heights = [max(_height(each, layout, canvas, count) for each in band) for band in bands]
        height = sum(heights) + line * (len(bands) - 1) + 2 * edge
        if height <= TALLEST * max(1.0, canvas.width / PAGE):
            break
    if "type" in info.columns and layout.lines == 1 and layout.types is None:
        words = _("without types, for want of room")
        sheet.write(words, edge, height + line / 2, colour=palette.FAINT_INK)
        height += line
    canvas.set_height(height)
    names = text.run_labels([each.run.name for each in info.networks], em, layout.width)
    left = (canvas.width - beside * layout.width - (beside - 1) * gap) / 2
    for position, each in enumerate(tables):
        band, column = divmod(position, beside)
        x = left + column * (layout.width + gap)
        y = edge + sum(heights[:band]) + line * band
        if count > 1:
            sheet.write(names[position], x, y + line / 2)
            y += line
        _add_table(sheet, canvas, layout, (x, y), each)
    sheet.place()
    return canvas.figure()


def _table(info: "Architectures", each: Network, _: Translate) -> _Table:
    """Write the cells. The parts of the parameters stand under their sum."""

    def cells(name: str, types: str, **numbers: str) -> _Cells:
        shown = [column for column in info.columns if column != "type"]
        return _Cells(
            name,
            types if "type" in info.columns else "",
            {column: numbers.get(column, "") for column in shown},
        )

    rows = [
        cells(
            text.clean(row.main.name),
            listed((network.words(layer, _) for layer in row.layers), _),
            shape=network.shape(row.output_shape),
            parameters=f"{row.parameters:,}",
            operations=f"{row.operations:,}",
        )
        for row in each.rows
    ]
    head = cells(
        _("Layer"),
        _("Type"),
        shape=_("Output shape"),
        parameters=_("Parameters"),
        operations=_("Multiply-adds"),
    )
    parameters, operations = f"{each.parameters:,}", f"{each.operations:,}"
    totals = [cells(_("Total"), "", parameters=parameters, operations=operations)]
    if "parameters" in info.columns:
        totals.append(cells(_("trainable"), "", parameters=f"{each.trainable:,}"))
        totals.append(cells(_("not trainable"), "", parameters=f"{each.non_trainable:,}"))
    return _Table(head, rows, totals)


def _column_widths(every: list[_Cells], em: float) -> dict[str, float]:
    return {
        column: max(text.text_width(cells.numbers[column], em) for cells in every)
        for column in every[0].numbers
    }


def _least_width(every: list[_Cells], totals: list[_Cells], em: float) -> float:
    """What a line of numbers takes, with room before it for a short name and for the words of the
    totals, which may reach below the shapes: these have no total."""
    widths = _column_widths(every, em)
    words = max(text.text_width(cells.name, em) for cells in totals)
    free = widths["shape"] + em if "shape" in widths else 0.0
    return max(4 * em, words - free) + sum(widths.values()) + len(widths) * em


def _layouts(every: list[_Cells], room: float, em: float, has_types: bool) -> Iterator[_Layout]:
    """Yield the ways to lay out a table: with all of it in a line, where that fits; else names
    and types in a line of their own; last and lowest, without types."""
    columns = _column_widths(every, em)
    names = max(text.text_width(cells.name, em) for cells in every)
    types = max(text.text_width(cells.types, em) for cells in every)
    gaps = len(columns) + has_types
    needed = names + types + sum(columns.values())
    if needed + gaps * em <= room:
        gap = min((room - needed) / max(1, gaps), WIDEST_GAP * em)
        width = needed + gaps * gap
        rights = _right_edges(columns, width, gap)
        yield _Layout(width, names + gap if has_types else None, rights, names, 1)
        return
    if has_types:
        gap = min((room - sum(columns.values())) / (len(columns) + 1), WIDEST_GAP * em)
        yield _Layout(room, None, _right_edges(columns, room, gap), room, 2)
    words = room - sum(columns.values()) - len(columns) * em
    yield _Layout(room, None, _right_edges(columns, room, em), words, 1)


def _right_edges(columns: dict[str, float], width: float, gap: float) -> dict[str, float]:
    edges = {}
    for column in reversed(columns):
        edges[column] = width
        width -= columns[column] + gap
    return edges


def _height(each: _Table, layout: _Layout, canvas: Canvas, count: int) -> float:
    lines = layout.lines * (len(each.rows) + 1) + len(each.totals) + (count > 1)
    return lines * canvas.line + 4 * PAD * canvas.em


def _add_table(
    sheet: Sheet, canvas: Canvas, layout: _Layout, corner: tuple[float, float], each: _Table
) -> None:
    left, y = corner
    line, pad = canvas.line, PAD * canvas.em

    def rule(y: float, colour: str = palette.INK, width: float = THINNEST) -> None:
        sheet.line((left, y), (left + layout.width, y), colour=colour, width=width)

    def add(cells: _Cells, y: float, lines: int, room: float = layout.words) -> float:
        middle, bottom = y + line / 2, y + lines * line
        words = cells.words if layout.lines == 2 else cells.name
        sheet.write(text.shorten(words, canvas.em, room), left, middle)
        if layout.types is not None and cells.types:
            sheet.write(cells.types, left + layout.types, middle)
        for column, content in cells.numbers.items():
            if content:
                right = left + layout.rights[column]
                sheet.write(content, right, bottom - line / 2, align="right")
        return bottom

    rule(y, width=1)
    y = add(each.head, y + pad, layout.lines) + pad
    rule(y)
    for index, cells in enumerate(each.rows):
        if index:
            rule(y, colour=palette.GRID)
        y = add(cells, y, layout.lines)
    rule(y)
    y += pad
    for cells in each.totals:
        y = add(cells, y, 1, layout.width)
    rule(y + pad, width=1)
