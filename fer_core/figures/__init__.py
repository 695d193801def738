"""Every figure of a report, defined once: screen, download, report and command line call `build`.

A figure is a module with `collect` (store -> NamedTuple of arrays), `draw` (-> plotly figure),
`table` (-> the csv) and `describe` (-> text alternative and the facts of a caption). A new one
is a new file and a line in FIGURES.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import plotly.graph_objects as go

from fer_core.errors import InputError
from fer_core.figures import (
    architecture,
    architecture_diagram,
    complexity,
    confusion_matrix,
    layer_arithmetic,
    learning_curves,
)
from fer_core.figures.browser import ExportError
from fer_core.figures.export import FORMATS, export, write
from fer_core.figures.options import number, one_of

if TYPE_CHECKING:
    from fer_core.store import RunStore

__all__ = [
    "FIGURES",
    "FORMATS",
    "Built",
    "ExportError",
    "build",
    "export",
    "options_of",
    "write",
]

FIGURES = {
    "learning_curves": learning_curves,
    "confusion_matrix": confusion_matrix,
    "architecture": architecture,
    "architecture_diagram": architecture_diagram,
    "layer_arithmetic": layer_arithmetic,
    "complexity": complexity,
}

# Widths in mm and font sizes in pt that can be drawn without text running into text.
WIDTHS, FONT_SIZES = (60.0, 600.0), (5.0, 24.0)


@dataclass(frozen=True, eq=False)
class Built:
    """A figure with everything that goes with it.

    figure: sized in px for its width in mm; table: the drawn numbers; description: text
    alternative, a line for each run; info: what `collect` returned.
    """

    name: str
    figure: go.Figure
    table: pd.DataFrame
    description: str
    info: Any
    language: str
    width_mm: float


def build(
    name: str,
    store: "RunStore",
    run_ids: Sequence[str],
    *,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
    **options: Any,
) -> Built:
    """Collect and draw the figure `name` for runs (ids, unique prefixes or names).

    options: see `options_of`; numbers may come as text, as from a command line.
    Raises InputError for an unknown figure, run or option, and for values out of range.
    """
    module = _module(name)
    width_mm = number("width", width_mm, *WIDTHS, "mm")
    font_size = number("font size", font_size, *FONT_SIZES, "pt")
    for option in options:
        one_of(f"option of {name}", option, tuple(options_of(name)))
    if not run_ids:
        raise InputError(f"figure {name} needs at least one run; see: fer-core runs list")
    ids = dict.fromkeys(store.run(reference).id for reference in run_ids)
    info = module.collect(store, tuple(ids), **options)
    return Built(
        name=name,
        figure=module.draw(info, language=language, width_mm=width_mm, font_size=font_size),
        table=module.table(info),
        description=module.describe(info, language=language),
        info=info,
        language=language,
        width_mm=width_mm,
    )


def options_of(name: str) -> dict[str, Any]:
    """Return the options of a figure with their defaults: ``{"smoothing": 0.0, ...}``."""
    return {
        parameter.name: parameter.default
        for parameter in inspect.signature(_module(name).collect).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def _module(name: str) -> Any:
    one_of("figure", name, tuple(FIGURES))
    return FIGURES[name]
