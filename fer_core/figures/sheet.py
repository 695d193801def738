"""Text, lines and filled shapes anywhere on a figure, in pixels from its top left corner."""

from collections.abc import Sequence
from typing import Any, Literal

from fer_core.figures import palette, text
from fer_core.figures.canvas import THINNEST, Canvas

Point = tuple[float, float]
Align = Literal["left", "center", "right"]

# Plotly says where the text lies as seen from its point.
_POSITIONS = {"left": "middle right", "center": "middle center", "right": "middle left"}


class Sheet:
    """Collects what is drawn freely; `place` hands it to the canvas, few traces in all.

    A trace holds everything of one style: plotly is slow with hundreds of annotations.
    """

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._texts: dict[tuple[Align, str], list[tuple[float, float, str]]] = {}
        self._lines: dict[tuple[str, float], list[Sequence[Point]]] = {}
        self._fills: dict[str, list[Sequence[Point]]] = {}

    def write(
        self, content: str, x: float, y: float, *, align: Align = "left", colour: str = palette.INK
    ) -> None:
        """Write one line (not escaped) whose middle is `y` px from the top."""
        self.write_markup(text.escape(content), x, y, align=align, colour=colour)

    def write_markup(
        self, content: str, x: float, y: float, *, align: Align = "left", colour: str = palette.INK
    ) -> None:
        """Write one line that is escaped and may hold plotly's ``<sub>``."""
        self._texts.setdefault((align, colour), []).append((x, y, content))

    def line(self, *points: Point, colour: str = palette.INK, width: float = THINNEST) -> None:
        """Draw a line through points."""
        self._lines.setdefault((colour, width), []).append(points)

    def fill(self, *corners: Point, colour: str) -> None:
        """Fill a polygon and give it a thin outline."""
        self._fills.setdefault(colour, []).append((*corners, corners[0]))

    def place(self, panel: int = 1) -> None:
        """Add all of it as the axes `panel`, once the canvas has its height."""
        width, height = self._canvas.width, self._canvas.height
        hidden = {"visible": False, "fixedrange": True}
        self._canvas.panel(
            panel,
            (0, 0, width, height),
            xaxis=hidden | {"range": [0, width]},
            yaxis=hidden | {"range": [height, 0]},
        )
        axes: dict[str, Any] = {
            "xaxis": f"x{panel}",
            "yaxis": f"y{panel}",
            "hoverinfo": "skip",
            "showlegend": False,
            "cliponaxis": False,
        }
        for colour, polygons in self._fills.items():
            outline = {"color": palette.INK, "width": THINNEST}
            xs, ys = _joined(polygons)
            self._canvas.add(
                "scatter", x=xs, y=ys, mode="lines", fill="toself", fillcolor=colour,
                line=outline, **axes,
            )  # fmt: skip
        for (colour, thickness), lines in self._lines.items():
            xs, ys = _joined(lines)
            style = {"color": colour, "width": thickness}
            self._canvas.add("scatter", x=xs, y=ys, mode="lines", line=style, **axes)
        for (align, colour), written in self._texts.items():
            self._canvas.add(
                "scatter",
                x=[x for x, _, _ in written],
                y=[y + text.LOWER * self._canvas.em for _, y, _ in written],
                text=[content for _, _, content in written],
                mode="text",
                textposition=_POSITIONS[align],
                textfont={"size": self._canvas.em, "color": colour},
                **axes,
            )
        self._canvas.layout |= {"dragmode": False, "showlegend": False}


def _joined(paths: Sequence[Sequence[Point]]) -> tuple[list[float | None], list[float | None]]:
    """One pair of lists for several paths, with gaps between them."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for path in paths:
        xs += [x for x, _ in path] + [None]
        ys += [y for _, y in path] + [None]
    return xs[:-1], ys[:-1]
