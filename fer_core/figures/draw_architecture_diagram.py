"""Draws networks: solid blocks in lines, each with its words below, and a key of the colours."""

from collections.abc import Iterator
from math import log2, prod
from typing import TYPE_CHECKING, NamedTuple

import plotly.graph_objects as go

from fer_core.figures import network, palette, text
from fer_core.figures.canvas import TALLEST, Canvas
from fer_core.figures.network import Kind, Row
from fer_core.figures.sheet import Sheet
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.figures.architecture_diagram import Block, Diagram, Diagrams

# Okabe & Ito, some of them lightened; in grey, too, neighbours differ.
COLOURS: dict[Kind | str, str] = {
    "input": "#ffffff",
    "convolution": "#a9c8e2",
    "dense": "#5fb89a",
    "pool": "#E69F00",
    "norm": "#555555",
    "activation": "#D55E00",
    "dropout": "#e6e6e6",
    "flatten": "#CC79A7",
    "other": "#f0e6c8",
}
SHAPE_INK = "#0072B2"
DEPTH = 0.22  # of the third dimension as drawn, for a side of 1
STRIPE, ARROW, SPACE = 0.28, 0.9, 0.35  # em: a folded layer, an arrow, between block and pool
HIGHEST = (8.0, 7.0, 6.0, 5.0, 4.0)  # em; the input image


class _Word(NamedTuple):
    """A line below a block: of what the layer is, or of the shape that it gives."""

    content: str
    is_shape: bool = False


class _Solid(NamedTuple):
    """One shape of a block in px. slabs: thickness and kind, from left to right; depth: what
    its top and side add to the right and above."""

    height: float
    depth: float
    slabs: tuple[tuple[float, Kind | str], ...]

    @property
    def width(self) -> float:
        return sum(thickness for thickness, _ in self.slabs) + self.depth


class _Figure(NamedTuple):
    """A block as drawn: its solids, the lines of text below, how many layers it stands for."""

    solids: tuple[_Solid, ...]
    words: tuple[_Word, ...]
    repeats: int


class _Scale(NamedTuple):
    """What the sizes of all blocks are relative to, and the widest that one may be; px."""

    em: float
    widest: float
    highest: float
    side: int
    length: int


def draw(
    info: "Diagrams", *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a diagram for each run below each other, all on one scale; long ones in lines."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em = canvas.em
    shapes = [shape for diagram in info.diagrams for shape in _shapes(diagram)]
    side = max((max(shape[1:]) for shape in shapes if len(shape) == 3), default=1)
    length = max((prod(shape) for shape in shapes if len(shape) != 3), default=1)
    room = canvas.width - 0.6 * em
    arranged = []
    for highest in HIGHEST:
        scale = _Scale(em, room - 2.4 * em, highest * em, side, length)
        arranged.append(
            [_lines(_figures(diagram, scale, _), room, em) for diagram in info.diagrams]
        )
    fewest = min(sum(map(len, lines)) for lines in arranged)
    names = text.run_labels([diagram.run.name for diagram in info.diagrams], em, room)
    # The largest blocks that cost no further line and leave room on the page.
    for lines in [lines for lines in arranged if sum(map(len, lines)) == fewest]:
        sheet = Sheet(canvas)
        height = _add_diagrams(sheet, canvas, names, lines)
        if height < 0.8 * TALLEST:
            break
    kinds = [kind for diagram in info.diagrams for kind in _kinds(diagram)]
    height = _add_key(sheet, canvas, list(dict.fromkeys(kinds)), height, _)
    canvas.set_height(height + 0.2 * em)
    sheet.place()
    return canvas.figure()


def _add_diagrams(
    sheet: Sheet, canvas: Canvas, names: list[str], diagrams: list[list[list[_Figure]]]
) -> float:
    """Add all diagrams below each other, named if there are several; return where they end."""
    em, line = canvas.em, canvas.line
    y = 0.3 * em
    for name, lines in zip(names, diagrams, strict=True):
        if len(names) > 1:
            sheet.write(name, 0.3 * em, y + line / 2)
            y += line
        for index, figures in enumerate(lines):
            last = index == len(lines) - 1
            y = _add_line(sheet, canvas, figures, y, first=index == 0, last=last) + 0.6 * em
    return y


def _shapes(diagram: "Diagram") -> Iterator[tuple[int, ...]]:
    if diagram.input_shape:
        yield diagram.input_shape
    for block in diagram.blocks:
        for row in (*block.rows, *block.pools):
            yield row.output_shape


def _kinds(diagram: "Diagram") -> Iterator[Kind]:
    """The kinds of layers that have a colour in the diagram, in order of first use."""
    for block in diagram.blocks:
        for row in (*block.rows, *block.pools):
            for layer in row.layers:
                yield network.kind(layer)


def _figures(diagram: "Diagram", scale: _Scale, _: Translate) -> list[_Figure]:
    figures = []
    if diagram.input_shape:
        solid = _solid(diagram.input_shape, ("input",), scale)
        words = (_Word(_("image")), *_shape_words(diagram.input_shape))
        figures.append(_Figure((solid,), words, 1))
    return figures + [_figure(block, scale, _) for block in diagram.blocks]


def _figure(block: "Block", scale: _Scale, _: Translate) -> _Figure:
    solids = [_row_solid(row, scale) for row in (block.rows[0], *block.pools)]
    main = block.rows[0].main
    words = [_Word(_name(block.rows)), *_setting_words(block.rows[0], _)]
    words += _shape_words(block.rows[0].output_shape)
    for pool in block.pools:
        words.append(_Word(pool.main.type.removesuffix("2d").removeprefix("Adaptive")))
        words += [*_setting_words(pool, _), *_shape_words(pool.output_shape)[1:]]
    if network.kind(main) in ("other", "pool"):
        words.insert(1, _Word(main.type))
    longest = min(6.5 * scale.em, scale.widest)
    return _Figure(
        tuple(solids),
        tuple(
            word._replace(content=text.shorten(word.content, scale.em, longest)) for word in words
        ),
        len(block.rows),
    )


def _name(rows: tuple[Row, ...]) -> str:
    first, last = text.clean(rows[0].main.name), text.clean(rows[-1].main.name)
    stem = last.rstrip("0123456789")
    if first == last or not first.startswith(stem):
        return first
    return f"{first}–{last.removeprefix(stem)}"


def _setting_words(row: Row, _: Translate) -> list[_Word]:
    """Kernel, and stride and groups where they are not the usual ones."""
    words = [network.kernel(row.main)] if network.kernel(row.main) else []
    usual = network.pair(row.main, "kernel") if network.kind(row.main) == "pool" else (1, 1)
    stride = network.pair(row.main, "stride")
    if stride and stride != usual:
        words.append(_("stride {stride}").format(stride=_short(stride)))
    groups = row.main.settings.get("groups", 1)
    if groups != 1:
        words.append(_("{groups} groups").format(groups=groups))
    return [_Word(word) for word in words]


def _short(pair: tuple[float, ...]) -> str:
    return "×".join(map(str, pair if len(set(pair)) > 1 else pair[:1]))


def _shape_words(shape: tuple[int, ...]) -> list[_Word]:
    """The number of maps and their size below each other, or the length of a vector."""
    if len(shape) == 3:
        return [_Word(str(shape[0]), True), _Word(f"{shape[1]}×{shape[2]}", True)]
    return [_Word("×".join(map(str, shape)), True)]


def _row_solid(row: Row, scale: _Scale) -> _Solid:
    return _solid(row.output_shape, tuple(network.kind(layer) for layer in row.layers), scale)


def _solid(shape: tuple[int, ...], kinds: tuple[Kind | str, ...], scale: _Scale) -> _Solid:
    if len(shape) == 3:
        unit = scale.highest / scale.side
        height, depth = unit * shape[1], DEPTH * unit * shape[2]
        thickness = (0.2 + 0.13 * log2(shape[0])) * scale.em
    else:
        height = scale.highest * log2(1 + prod(shape)) / log2(1 + scale.length)
        depth, thickness = 0.25 * scale.em, 0.45 * scale.em
    smallest = 0.2 * scale.em
    slabs = ((thickness, kinds[0]), *((STRIPE * scale.em, kind) for kind in kinds[1:]))
    return _Solid(max(height, smallest), max(depth, smallest / 2), slabs)


def _width(figure: _Figure, em: float) -> float:
    drawn = sum(solid.width for solid in figure.solids) + SPACE * em * (len(figure.solids) - 1)
    words = max(text.text_width(word.content, em) for word in figure.words)
    return max(drawn, words + 0.3 * em)


def _lines(figures: list[_Figure], room: float, em: float) -> list[list[_Figure]]:
    """Break a diagram into as few lines as it takes, of about equal width."""
    arrow = ARROW * em
    least = _broken(figures, room - 2 * arrow, em)
    limit = room - 2 * arrow
    while len(least) > 1:
        limit *= 0.97
        tighter = _broken(figures, limit, em)
        if len(tighter) > len(least):
            break
        least = tighter
    return least


def _broken(figures: list[_Figure], room: float, em: float) -> list[list[_Figure]]:
    lines: list[list[_Figure]] = [[]]
    used = 0.0
    for figure in figures:
        width = _width(figure, em)
        if lines[-1] and used + ARROW * em + width > room:
            lines.append([])
            used = 0.0
        used += width + (ARROW * em if lines[-1] else 0.0)
        lines[-1].append(figure)
    return lines


def _add_line(
    sheet: Sheet, canvas: Canvas, figures: list[_Figure], top: float, *, first: bool, last: bool
) -> float:
    """Add one line of blocks with arrows between them; return where it ends."""
    em, line = canvas.em, canvas.line
    solids = [solid for figure in figures for solid in figure.solids]
    bracket = 1.3 * line if any(figure.repeats > 1 for figure in figures) else 0.0
    above = max(solid.height / 2 + solid.depth for solid in solids)
    below = max(solid.height / 2 for solid in solids)
    axis = top + bracket + above
    words = axis + below + 0.3 * em
    widths = [_width(figure, em) for figure in figures]
    arrows = len(figures) - 1 + (not first) + (not last)
    spare = canvas.width - 0.6 * em - sum(widths) - arrows * ARROW * em
    gap = ARROW * em + min(spare / max(1, arrows), 1.6 * em)
    left = (canvas.width - sum(widths) - arrows * gap) / 2
    if not first:
        _add_arrow(sheet, em, left, left + gap, axis)
        left += gap
    for index, (figure, width) in enumerate(zip(figures, widths, strict=True)):
        drawn = sum(solid.width for solid in figure.solids)
        drawn += SPACE * em * (len(figure.solids) - 1)
        x = start = left + (width - drawn) / 2
        for solid in figure.solids:
            _add_solid(sheet, solid, x, axis)
            x += solid.width + SPACE * em
        if figure.repeats > 1:
            _add_bracket(sheet, canvas, figure, start, axis)
        for number, word in enumerate(figure.words):
            colour = SHAPE_INK if word.is_shape else palette.INK
            y = words + (number + 0.5) * line
            sheet.write(word.content, left + width / 2, y, align="center", colour=colour)
        left += width
        if index < len(figures) - 1 or not last:
            _add_arrow(sheet, em, x - SPACE * em, left + gap, axis)
        left += gap
    return words + max(len(figure.words) for figure in figures) * line


def _add_solid(sheet: Sheet, solid: _Solid, left: float, axis: float) -> None:
    top, bottom, depth = axis - solid.height / 2, axis + solid.height / 2, solid.depth
    for thickness, kind in solid.slabs:
        right, colour = left + thickness, COLOURS[kind]
        sheet.fill((left, top), (right, top), (right, bottom), (left, bottom), colour=colour)
        sheet.fill(
            (left, top), (left + depth, top - depth), (right + depth, top - depth), (right, top),
            colour=colour,
        )  # fmt: skip
        left = right
    sheet.fill(
        (left, top), (left + depth, top - depth), (left + depth, bottom - depth), (left, bottom),
        colour=COLOURS[solid.slabs[0][1]],
    )  # fmt: skip


def _add_bracket(
    sheet: Sheet, canvas: Canvas, figure: _Figure, left: float, axis: float
) -> None:
    solid, em = figure.solids[0], canvas.em
    y = axis - solid.height / 2 - solid.depth - 0.2 * em
    right = left + solid.width
    sheet.line((left, y + 0.15 * em), (left, y), (right, y), (right, y + 0.15 * em))
    middle = y - 0.55 * canvas.line
    sheet.write(f"× {figure.repeats}", (left + right) / 2, middle, align="center")


def _add_arrow(sheet: Sheet, em: float, left: float, right: float, y: float) -> None:
    head = 0.35 * em
    left, right = left + 0.1 * em, right - 0.1 * em
    sheet.line((left, y), (right - head, y), width=0.8)
    sheet.fill((right - head, y - head / 2), (right, y), (right - head, y + head / 2),
               colour=palette.INK)  # fmt: skip


def _add_key(sheet: Sheet, canvas: Canvas, kinds: list[Kind], top: float, _: Translate) -> float:
    """Add a square and a word for each colour, and what is written where; return the end."""
    labels: dict[Kind, str] = {
        "convolution": _("convolution"),
        "dense": _("dense"),
        "pool": _("pooling"),
        "norm": _("normalisation"),
        "activation": _("activation"),
        "dropout": _("dropout"),
        "flatten": _("flatten"),
        "other": _("other"),
    }
    em, line = canvas.em, canvas.line
    x, y = 0.3 * em, top + line / 2
    for kind in [kind for kind in labels if kind in kinds]:
        width = 1.1 * em + text.text_width(labels[kind], em)
        if x > 0.3 * em and x + width > canvas.width:
            x, y = 0.3 * em, y + line
        high, low = y - 0.35 * em, y + 0.35 * em
        sheet.fill((x, high), (x + 0.7 * em, high), (x + 0.7 * em, low), (x, low),
                   colour=COLOURS[kind])  # fmt: skip
        sheet.write(labels[kind], x + 1.0 * em, y)
        x += width + 1.0 * em
    words = _("Black: name, kernel. Blue: maps and their rows×columns; values.").split()
    for content in text.fill(words, em, canvas.width - 0.6 * em):
        y += line
        sheet.write(content, 0.3 * em, y)
    return y + line / 2
