"""The text around small images: labels over columns, beside rows, below and on each image."""

from collections.abc import Sequence
from typing import NamedTuple

from fer_core.figures import palette, text
from fer_core.figures.canvas import LINE, PX_PER_PT, Canvas

SMALLEST_TEXT = 6 * PX_PER_PT
_READABLE = 0.75  # of the font size; a label that must be smaller is broken


class Labels(NamedTuple):
    """Labels that were fitted: their size in px, the lines of each, and whether they are turned to
    be read from below."""

    size: float
    lines: list[list[str]]
    turned: bool = False

    @property
    def height(self) -> float:
        """What the tallest takes, in px."""
        if self.turned:
            return _widest(self.lines, self.size) + 0.4 * self.size
        return LINE * self.size * max(map(len, self.lines), default=0)


def _widest(lines: Sequence[Sequence[str]], size: float) -> float:
    return max((text.text_width(line, size) for each in lines for line in each), default=0.0)


def row_width(labels: Sequence[str], size: float) -> float:
    """Return how wide labels beside rows are, which may have several lines."""
    return _widest([label.split("\n") for label in labels], size)


def row_lines(labels: Sequence[str]) -> int:
    """Return how many lines the tallest of them has."""
    return max((label.count("\n") + 1 for label in labels), default=0)


def heads(labels: Sequence[str], em: float, room: float) -> Labels:
    """Fit labels over columns that are `room` px wide: in one line each where they need be hardly
    smaller, else in two lines, or more of the smallest size; else turned."""
    smallest = min(em, SMALLEST_TEXT)
    whole = [[label] for label in labels]
    size = min(em, em * room / max(_widest(whole, em), 1e-9))
    if size >= max(smallest, _READABLE * em):
        return Labels(size, whole)
    for size in (em, 0.9 * em, 0.8 * em, 0.7 * em, smallest):
        broken = [text.broken(label, size, room) for label in labels]
        cut = any(text.ELLIPSIS in line for lines in broken for line in lines)
        if not cut and (size == smallest or max(map(len, broken)) <= 2) and size >= smallest:
            return Labels(size, broken)
    return Labels(min(em, 1.2 * smallest), whole, turned=True)


def captions(labels: Sequence[str], em: float, room: float) -> Labels:
    """Fit captions: each in one line where all can be read so, else broken at the line ends they
    hold. Those side by side keep some space between them, as long as they are legible."""
    lines = [[label.replace("\n", " ")] for label in labels]
    size = min(em, 0.93 * em * room / max(_widest(lines, em), 1e-9))
    if size < _READABLE * em:
        lines = [label.split("\n") for label in labels]
        size = min(em, 0.93 * em * room / max(_widest(lines, em), 1e-9))
    size = max(size, min(em, SMALLEST_TEXT))
    return Labels(size, [[text.shorten(line, size, room) for line in each] for each in lines])


def write_head(canvas: Canvas, fitted: Labels, index: int, middle: float, bottom: float) -> None:
    """Write the label `index` over a column, so that it ends `bottom` px from the top."""
    lines, font = fitted.lines[index], {"size": fitted.size}
    if fitted.turned:
        y = bottom - 0.2 * fitted.size - text.text_width(lines[0], fitted.size) / 2
        canvas.note(text.escape(lines[0]), middle, y, font=font, textangle=-90)
        return
    step = canvas.line if len(lines) == 1 else LINE * fitted.size
    for place, content in enumerate(reversed(lines)):
        canvas.note(text.escape(content), middle, bottom - (place + 0.5) * step, font=font)


def write(
    canvas: Canvas,
    labels: Labels,
    places: Sequence[tuple[float, float]],
    *,
    axes: tuple[int, float],
    faint: bool = False,
    middle: bool = False,
) -> None:
    """Write labels, all in one trace: plotly is slow with hundreds of annotations.

    places: for each label the middle of its upper edge, or with `middle` of all of it, in the
    unit of the axes; axes: their number, and how many px their unit is.
    """
    number, scale = axes
    step = LINE * labels.size / scale
    xs, ys, written = [], [], []
    for lines, (x, y) in zip(labels.lines, places, strict=True):
        top = y - len(lines) * step / 2 if middle else y
        for index, line in enumerate(lines):
            if line:
                xs.append(x)
                ys.append(top + (index + 0.5) * step + text.LOWER * labels.size / scale)
                written.append(text.escape(line))
    if not written:
        return
    canvas.add(
        "scatter",
        x=xs,
        y=ys,
        text=written,
        mode="text",
        showlegend=False,
        textposition="middle center",
        textfont={"size": labels.size, "color": palette.FAINT_INK if faint else palette.INK},
        hoverinfo="skip",
        cliponaxis=False,
        xaxis=f"x{number}",
        yaxis=f"y{number}",
    )
