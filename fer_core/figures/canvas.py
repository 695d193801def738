"""A figure laid out in pixels from its top left corner, as paper is, whatever its text size.

Plotly places panels in shares of what its margins leave over. Here margins are 0 and every
panel, note and legend gets its place in pixels, so that the room that text needs is computed
from the text, and a figure has the same layout at every width it is asked for.
"""

import base64
import io
from math import ceil, isqrt
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from fer_core.figures import palette, text

PX_PER_MM = 96 / 25.4
PX_PER_PT = 96 / 72
# A page of A4 with margins of 20 mm: the width of its text, and how high a figure may be on it.
TEXT_WIDTH_MM, TALLEST_MM = 170.0, 235.0
TALLEST = TALLEST_MM * PX_PER_MM
THINNEST = 0.7  # px, of a line: thinner ones than half a point vanish in print
LINE = 1.25  # height of a line of text, in em

# Plotly's legends, measured: what an entry takes beside its text, and the space above the rows.
_ENTRY_EXTRA, _LEGEND_PAD = 45.0, 5.0

# Viewers of svg and pdf smooth between pixels; of enlarged ones they smooth the edges only. Large
# pictures, whose pixels are small in print, are enlarged less and packed faster: a page with 512
# filters must be quick.
_ENLARGED, _MOST_PIXELS = 4, 12_000_000


class Canvas:
    """Places panels on a figure of a given width; the height is set once the content is known.

    width_mm: printed width; font_size: of all text, in pt. `em` is that size in px.
    """

    def __init__(self, width_mm: float, font_size: float) -> None:
        self.width = width_mm * PX_PER_MM
        self.height = 0.0
        self.em = font_size * PX_PER_PT
        self.line = LINE * self.em
        # Plain dicts until the end: plotly checks everything it is given, at every change.
        self.layout: dict[str, Any] = {"annotations": [], "images": []}
        self._traces: list[dict[str, Any]] = []

    def figure(self) -> go.Figure:
        """Return what was placed so far as a plotly figure."""
        return go.Figure(data=self._traces, layout=self.layout)

    def add(self, kind: str, **trace: Any) -> None:
        """Add a trace: ``scatter`` or another of plotly's types, with its settings."""
        self._traces.append({"type": kind, **trace})

    def set_height(self, height: float) -> None:
        """Fix the height in px and everything that does not depend on the content."""
        self.height = float(ceil(height))
        self.layout |= {
            "template": palette.TEMPLATE,
            "width": self.width,
            "height": self.height,
            "uirevision": "same",  # a page that draws again, as a run trains, keeps the zoom
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0, "autoexpand": False},
            "font": {"family": text.FONT_FAMILY, "size": self.em, "color": palette.INK},
            "paper_bgcolor": "#ffffff",
            "plot_bgcolor": "#ffffff",
            "hoverlabel": {"font": {"family": text.FONT_FAMILY, "size": self.em}},
        }

    def panel(
        self,
        number: int,
        box: tuple[float, float, float, float],
        *,
        titles: tuple[str, str] = ("", ""),
        xaxis: dict[str, Any],
        yaxis: dict[str, Any],
    ) -> None:
        """Place the axes `number` (from 1) at `box`: left, top, width, height in px.

        titles: below and left of it (escaped); xaxis, yaxis: further settings of plotly's.
        """
        left, top, width, height = box
        suffix = "" if number == 1 else str(number)
        common = {
            "showline": True,
            "linecolor": palette.INK,
            "linewidth": 0.8,
            "ticks": "outside",
            "ticklen": 0.25 * self.em,
            "tickcolor": palette.INK,
            "tickwidth": 0.8,
            "gridcolor": palette.GRID,
            "gridwidth": THINNEST,
            "zeroline": False,
            "tickfont": {"size": self.em},
            "automargin": False,
        }
        self.layout[f"xaxis{suffix}"] = common | {
            "domain": [left / self.width, (left + width) / self.width],
            "anchor": f"y{suffix}",
            "title": self._title(titles[0]),
            **xaxis,
        }
        self.layout[f"yaxis{suffix}"] = common | {
            "domain": [1 - (top + height) / self.height, 1 - top / self.height],
            "anchor": f"x{suffix}",
            "title": self._title(titles[1]),
            **yaxis,
        }

    def _title(self, content: str) -> dict[str, Any]:
        return {"text": content, "font": {"size": self.em}, "standoff": 0.45 * self.em}

    def note(
        self, content: str, x: float, y: float, *, xanchor: str = "center", **options: Any
    ) -> None:
        """Write one line (already escaped) whose middle is `y` px from the top."""
        self.layout["annotations"].append(
            {
                "text": content,
                "x": x / self.width,
                "y": 1 - y / self.height,
                "xref": "paper",
                "yref": "paper",
                "xanchor": xanchor,
                "yanchor": "middle",
                "showarrow": False,
                "borderpad": 0,
                **options,
            }
        )

    def line_across(self, number: int, x: float, line: dict[str, Any]) -> None:
        """Draw a vertical line behind the traces of panel `number`, at `x` of its axis."""
        suffix = "" if number == 1 else str(number)
        self.layout.setdefault("shapes", []).append(
            {
                "type": "line",
                "x0": x,
                "x1": x,
                "xref": f"x{suffix}",
                "y0": 0,
                "y1": 1,
                "yref": f"y{suffix} domain",
                "line": line,
                "layer": "below",
            }
        )

    def picture(self, pixels: np.ndarray, box: tuple[float, float, float, float]) -> None:
        """Place pixels, (H, W) or (H, W, 3) uint8, at `box`: left, top, width, height in px.

        As an image of the layout, since plotly samples those of its traces anew in exports; below
        the traces, so that text can stand on it.
        """
        left, top, width, height = box
        content = io.BytesIO()
        fits = isqrt(_MOST_PIXELS // (pixels.shape[0] * pixels.shape[1]))
        times = max(1, min(_ENLARGED, fits))
        enlarged = pixels.repeat(times, axis=0).repeat(times, axis=1)
        level = 6 if times == _ENLARGED else 1
        Image.fromarray(enlarged).save(content, "PNG", compress_level=level)
        source = base64.b64encode(content.getvalue()).decode("ascii")
        self.layout["images"].append(
            {
                "source": f"data:image/png;base64,{source}",
                "xref": "paper",
                "yref": "paper",
                "x": left / self.width,
                "y": 1 - top / self.height,
                "sizex": width / self.width,
                "sizey": height / self.height,
                "xanchor": "left",
                "yanchor": "top",
                "sizing": "stretch",
                "layer": "below",
            }
        )

    def legend_height(self, labels: list[str]) -> float:
        """Return the height in px of a legend with these (unescaped) labels, 0 without any."""
        return self._legend_rows(labels) * self._legend_line + _LEGEND_PAD if labels else 0.0

    def legend(self, name: str, labels: list[str], top: float, **options: Any) -> None:
        """Place the legend `name` (``legend``, ``legend2``) `top` px from the top, in one row
        where it fits, else in columns of equal width."""
        room = self.width / self._legend_columns(labels) - _ENTRY_EXTRA - 1
        widest = max(text.text_width(label, self.em) for label in labels)
        columns = {} if self._legend_rows(labels) == 1 else {"entrywidth": min(room, widest + 4)}
        self.layout[name] = {
            "orientation": "h",
            "traceorder": "normal",
            "xref": "container",
            "yref": "container",
            "x": 0,
            "xanchor": "left",
            "y": 1 - top / self.height,
            "yanchor": "top",
            "entrywidthmode": "pixels",
            "itemsizing": "trace",
            "bgcolor": "rgba(0,0,0,0)",
            "font": {"size": self.em},
            **columns,
            **options,
        }

    @property
    def legend_room(self) -> float:
        """The widest text, in px, that an entry of a legend can hold."""
        return self.width - _ENTRY_EXTRA - 4

    @property
    def _legend_line(self) -> float:
        return max(1.3 * self.em, 16) + 3

    def _legend_rows(self, labels: list[str]) -> int:
        widths = [text.text_width(label, self.em) + _ENTRY_EXTRA for label in labels]
        return (
            1 if sum(widths) < self.width - 4 else ceil(len(labels) / self._legend_columns(labels))
        )

    def _legend_columns(self, labels: list[str]) -> int:
        widest = max(text.text_width(label, self.em) for label in labels) + _ENTRY_EXTRA + 1
        return max(1, min(len(labels), int((self.width - 4) // widest)))
