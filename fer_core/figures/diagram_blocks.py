"""The blocks of a diagram: their sizes in px, the words below them, and how they are drawn."""

from math import log2, prod
from typing import TYPE_CHECKING, NamedTuple

from fer_core.figures import network, text
from fer_core.figures.canvas import Canvas
from fer_core.figures.network import Kind, Row
from fer_core.figures.sheet import Sheet
from fer_core.translation import Translate

if TYPE_CHECKING:
    from fer_core.figures.architecture_diagram import Block, Diagram

# Okabe & Ito, some of them lightened; what lies side by side differs in grey, too.
COLOURS: dict[Kind | str, str] = {
    "input": "#ffffff",
    "convolution": "#a9c8e2",
    "dense": "#74c2a5",
    "pool": "#E69F00",
    "norm": "#555555",
    "activation": "#D55E00",
    "dropout": "#e6e6e6",
    "sum": "#c9a0dc",
    "flatten": "#ecd0de",
    "other": "#f0e6c8",
}
DEPTH = 0.22  # of the third dimension as drawn, for a side of 1
STRIPE, SPACE = 0.28, 0.35  # em: the width of a folded layer; between a block and its pooling


class Scale(NamedTuple):
    """What sizes are relative to, in px: text, the widest words, the height of maps of `side`
    rows and of vectors of `length` values."""

    em: float
    widest: float
    highest: float
    side: int
    length: int


class Solid(NamedTuple):
    """One shape in px. slabs: thickness and kind, from left to right; depth: what its top and
    side add to the right and above."""

    height: float
    depth: float
    slabs: tuple[tuple[float, Kind | str], ...]

    @property
    def width(self) -> float:
        return sum(thickness for thickness, _ in self.slabs) + self.depth


class Word(NamedTuple):
    """A line below a block: of what the layer is, or of the shape that it gives."""

    content: str
    is_shape: bool = False


class Drawing(NamedTuple):
    """A block as drawn: its solids, the words below, how many layers it stands for, and its
    widths in px, without and with the words."""

    solids: tuple[Solid, ...]
    words: tuple[Word, ...]
    repeats: int
    drawn: float
    width: float


def drawings(diagram: "Diagram", scale: Scale, _: Translate) -> list[Drawing]:
    """Return the image, where its size is known, and the blocks of a network."""
    found = []
    if diagram.input_shape:
        solid = _solid(diagram.input_shape, ("input",), scale)
        words = [Word(_("image")), *_shape_words(diagram.input_shape)]
        found.append(_drawing([solid], words, 1, scale))
    return found + [_block(block, scale, _) for block in diagram.blocks]


def _block(block: "Block", scale: Scale, _: Translate) -> Drawing:
    row = block.rows[0]
    solids = [
        _solid(part.output_shape, tuple(network.kind(layer) for layer in part.layers), scale)
        for part in (row, *block.pools)
    ]
    words = [Word(_name(block.rows)), *map(Word, network.settings(row.main, _))]
    words += _shape_words(row.output_shape)
    if network.kind(row.main) in ("other", "pool"):
        words.insert(1, Word(row.main.type))
    for pool in block.pools:
        words.append(Word(pool.main.type.removesuffix("2d").removeprefix("Adaptive")))
        words += [*map(Word, network.settings(pool.main, _)), *_shape_words(pool.output_shape)[1:]]
    return _drawing(solids, words, len(block.rows), scale)


def _drawing(solids: list[Solid], words: list[Word], repeats: int, scale: Scale) -> Drawing:
    em = scale.em
    longest = min(6.5 * em, scale.widest)
    fitting = tuple(
        word._replace(content=text.shorten(word.content, em, longest)) for word in words
    )
    drawn = sum(solid.width for solid in solids) + SPACE * em * (len(solids) - 1)
    written = max(text.text_width(word.content, em) for word in fitting) + 0.3 * em
    return Drawing(tuple(solids), fitting, repeats, drawn, max(drawn, written))


def _name(rows: tuple[Row, ...]) -> str:
    """Name the layers of a block: ``conv1``, or ``conv1–3``."""
    first, last = text.clean(rows[0].main.name), text.clean(rows[-1].main.name)
    stem = last.rstrip("0123456789")
    if first == last or not first.startswith(stem):
        return first
    return f"{first}–{last.removeprefix(stem)}"


def _shape_words(shape: tuple[int, ...]) -> list[Word]:
    """The number of maps and their size below each other, or the length of a vector."""
    if len(shape) == 3:
        return [Word(str(shape[0]), True), Word(f"{shape[1]}×{shape[2]}", True)]
    return [Word("×".join(map(str, shape)), True)]


def _solid(shape: tuple[int, ...], kinds: tuple[Kind | str, ...], scale: Scale) -> Solid:
    if len(shape) == 3:
        unit = scale.highest / scale.side
        height, depth = unit * shape[1], DEPTH * unit * shape[2]
        thickness = (0.2 + 0.13 * log2(shape[0])) * scale.em
    else:
        height = scale.highest * log2(1 + prod(shape)) / log2(1 + scale.length)
        depth, thickness = 0.25 * scale.em, 0.45 * scale.em
    smallest = 0.2 * scale.em
    slabs = ((thickness, kinds[0]), *((STRIPE * scale.em, kind) for kind in kinds[1:]))
    return Solid(max(height, smallest), max(depth, smallest / 2), slabs)


def add(sheet: Sheet, canvas: Canvas, drawing: Drawing, left: float, axis: float) -> None:
    """Draw solids beside each other with their middle `axis` px from the top, and above them how
    many layers they stand for."""
    x = left
    for solid in drawing.solids:
        _add_solid(sheet, solid, x, axis)
        x += solid.width + SPACE * canvas.em
    if drawing.repeats > 1:
        em, right = canvas.em, left + drawing.solids[0].width
        y = axis - drawing.solids[0].height / 2 - drawing.solids[0].depth - 0.2 * em
        sheet.line((left, y + 0.15 * em), (left, y), (right, y), (right, y + 0.15 * em))
        middle = y - 0.55 * canvas.line
        sheet.write(f"× {drawing.repeats}", (left + right) / 2, middle, align="center")


def _add_solid(sheet: Sheet, solid: Solid, left: float, axis: float) -> None:
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
