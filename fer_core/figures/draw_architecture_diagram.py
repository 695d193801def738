"""Draws networks: blocks in lines with arrows between them, words below, a key of the colours."""

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from fer_core.figures import diagram_blocks, network, palette, text
from fer_core.figures.canvas import TALLEST, Canvas
from fer_core.figures.diagram_blocks import COLOURS, Drawing, Scale
from fer_core.figures.network import Kind
from fer_core.figures.sheet import Sheet
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.figures.architecture_diagram import Diagram, Diagrams

SHAPE_INK = "#0072B2"
ARROW, EDGE = 0.9, 0.3  # em
HIGHEST = (8.0, 7.0, 6.0, 5.0, 4.0)  # em; the input image

Lines = list[list[Drawing]]  # of one network


def draw(
    info: "Diagrams", *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a diagram for each run below each other, all on one scale; long ones in lines."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, room = canvas.em, canvas.width - 2 * EDGE * canvas.em
    shapes = [shape for diagram in info.diagrams for shape in _shapes(diagram)]
    side = max((max(shape[1:]) for shape in shapes if len(shape) == 3), default=1)
    length = max((prod(shape) for shape in shapes if len(shape) != 3), default=1)
    arranged: list[list[Lines]] = []
    for highest in HIGHEST:
        scale = Scale(em, room - 3 * ARROW * em, highest * em, side, length)
        blocks = [diagram_blocks.drawings(diagram, scale, _) for diagram in info.diagrams]
        arranged.append([_lines(each, room, em) for each in blocks])
    fewest = min(sum(map(len, diagrams)) for diagrams in arranged)
    names = text.run_labels([diagram.run.name for diagram in info.diagrams], em, room)
    # The largest blocks that cost no further line and leave room on the page.
    for diagrams in arranged:
        if sum(map(len, diagrams)) == fewest:
            sheet = Sheet(canvas)
            height = _add_diagrams(sheet, canvas, names, diagrams)
            if height < 0.8 * TALLEST:
                break
    kinds = {kind for diagram in info.diagrams for kind in _kinds(diagram)}
    height = _add_key(sheet, canvas, kinds, height, _)
    canvas.set_height(height + 0.2 * em)
    sheet.place()
    return canvas.figure()


def _shapes(diagram: "Diagram") -> Iterator[tuple[int, ...]]:
    if diagram.input_shape:
        yield diagram.input_shape
    for block in diagram.blocks:
        for row in (*block.rows, *block.pools):
            yield row.output_shape


def _kinds(diagram: "Diagram") -> Iterator[Kind]:
    for block in diagram.blocks:
        for row in (*block.rows, *block.pools):
            yield from map(network.kind, row.layers)


def _lines(drawings: list[Drawing], room: float, em: float) -> Lines:
    """Break a diagram into as few lines as it takes, of about equal width."""
    limit = room - 2 * ARROW * em
    least = _broken(drawings, limit, em)
    while 1 < len(least) < len(drawings):
        limit *= 0.97
        tighter = _broken(drawings, limit, em)
        if len(tighter) > len(least):
            break
        least = tighter
    return least


def _broken(drawings: list[Drawing], room: float, em: float) -> Lines:
    lines: Lines = [[]]
    used = 0.0
    for drawing in drawings:
        if lines[-1] and used + ARROW * em + drawing.width > room:
            lines.append([])
            used = 0.0
        used += drawing.width + (ARROW * em if lines[-1] else 0.0)
        lines[-1].append(drawing)
    return lines


def _add_diagrams(sheet: Sheet, canvas: Canvas, names: list[str], diagrams: list[Lines]) -> float:
    """Add all diagrams below each other, named if there are several; return where they end."""
    em, line = canvas.em, canvas.line
    y = EDGE * em
    for name, lines in zip(names, diagrams, strict=True):
        if len(names) > 1:
            sheet.write(name, EDGE * em, y + line / 2)
            y += line + EDGE * em
        for index, drawings in enumerate(lines):
            last = index == len(lines) - 1
            y = _add_line(sheet, canvas, drawings, y, first=index == 0, last=last) + 0.6 * em
    return y


def _add_line(
    sheet: Sheet, canvas: Canvas, drawings: list[Drawing], top: float, *, first: bool, last: bool
) -> float:
    """Add one line of blocks with arrows between them; return where it ends."""
    em, line = canvas.em, canvas.line
    solids = [solid for drawing in drawings for solid in drawing.solids]
    bracket = 1.3 * line if any(drawing.repeats > 1 for drawing in drawings) else 0.0
    axis = top + bracket + max(solid.height / 2 + solid.depth for solid in solids)
    words = axis + max(solid.height / 2 for solid in solids) + 0.3 * em

    widths = sum(drawing.width for drawing in drawings)
    arrows = len(drawings) - 1 + (not first) + (not last)
    spare = canvas.width - 2 * EDGE * em - widths
    gap = min(spare / max(1, arrows), (ARROW + 1.6) * em)
    left = (canvas.width - widths - arrows * gap) / 2
    if not first:
        _add_arrow(sheet, em, left, left + gap, axis)
        left += gap
    for index, drawing in enumerate(drawings):
        start = left + (drawing.width - drawing.drawn) / 2
        diagram_blocks.add(sheet, canvas, drawing, start, axis)
        for number, word in enumerate(drawing.words):
            colour = SHAPE_INK if word.is_shape else palette.INK
            x, y = left + drawing.width / 2, words + (number + 0.5) * line
            sheet.write(word.content, x, y, align="center", colour=colour)
        left += drawing.width
        if index < len(drawings) - 1 or not last:
            _add_arrow(sheet, em, start + drawing.drawn, left + gap, axis)
        left += gap
    return words + max(len(drawing.words) for drawing in drawings) * line


def _add_arrow(sheet: Sheet, em: float, left: float, right: float, y: float) -> None:
    head = 0.35 * em
    left, right = left + 0.1 * em, right - 0.1 * em
    sheet.line((left, y), (right - head, y), width=0.8)
    high, low = y - head / 2, y + head / 2
    sheet.fill((right - head, high), (right, y), (right - head, low), colour=palette.INK)


def _add_key(sheet: Sheet, canvas: Canvas, kinds: set[Kind], top: float, _: Translate) -> float:
    """Add a square and a word for each colour, and what the words are; return where it ends."""
    labels: dict[Kind, str] = {
        "convolution": _("convolution"),
        "dense": _("dense"),
        "pool": _("pooling"),
        "norm": _("normalisation"),
        "activation": _("activation"),
        "dropout": _("dropout"),
        "sum": _("sum"),
        "flatten": _("flatten"),
        "other": _("other"),
    }
    em, line, left = canvas.em, canvas.line, EDGE * canvas.em
    x, y = left, top + line / 2
    for kind, label in labels.items():
        if kind not in kinds:
            continue
        label = text.shorten(label, em, canvas.width - 2 * left - 1.1 * em)
        width = 1.1 * em + text.text_width(label, em)
        if x > left and x + width > canvas.width:
            x, y = left, y + line
        high, low, right = y - 0.35 * em, y + 0.35 * em, x + 0.7 * em
        sheet.fill((x, high), (right, high), (right, low), (x, low), colour=COLOURS[kind])
        sheet.write(label, x + 1.0 * em, y)
        x += width + 1.0 * em
    words = _("Black: name, kernel. Blue: maps and their rows×columns; values.")
    for content in text.broken(words, em, canvas.width - 2 * left):
        y += line
        sheet.write(content, left, y)
    return y + line / 2
