"""A figure with everything that goes with it: what screens show, and files are written from."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from fer_core.figures.canvas import PX_PER_MM
from fer_core.translation import translator
from fer_core.words import sentences


@dataclass(frozen=True, eq=False)
class Built:
    """A drawn figure.

    figure: sized in px for its width in mm; table: the drawn numbers; description: text
    alternative, a line for each run; info: what `collect` returned; subjects: ids of the shown
    runs, or names of the data sets; part: which of how many (see `build_pages`); caption_lines: so
    many lines of the description are what a caption states.
    """

    name: str
    figure: go.Figure
    table: pd.DataFrame
    description: str
    info: Any
    language: str
    width_mm: float
    subjects: tuple[str, ...]
    part: tuple[int, int] = (1, 1)
    caption_lines: int = 1

    @property
    def caption(self) -> str:
        """What it shows and, where it shows answers, of which images and weights; one line."""
        lines = self.description.split("\n")[: self.caption_lines]
        return sentences(lines, translator(self.language))

    @property
    def height_mm(self) -> float:
        """The height in print."""
        return float(self.figure.layout.height) / PX_PER_MM
