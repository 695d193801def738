"""Every figure of a report, defined once: screen, download, report and command line call `build`.

A figure is a module with `collect` (store -> NamedTuple of arrays), `draw` (-> plotly figure),
`table` (-> the csv) and `describe` (-> text alternative and the facts of a caption). It is about
runs, unless it says ``SUBJECT = "dataset"``: then `collect` gets names of data sets. A new one is
a new file and a line in FIGURES.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import plotly.graph_objects as go

from fer_core.errors import InputError
from fer_core.figures import (
    accuracy_intervals,
    adversarial,
    architecture,
    architecture_diagram,
    audit,
    augmentation_preview,
    calibration,
    class_counts,
    class_images,
    class_scores,
    complexity,
    configuration_difference,
    confusion_difference,
    confusion_matrix,
    dream,
    ensemble_curve,
    explanations,
    filter_detail,
    filters,
    flips,
    group_effects,
    kernels,
    layer_arithmetic,
    layer_outputs,
    learning_curves,
    lime_panel,
    mean_explanation,
    mean_faces,
    probabilities,
    recall_against_share,
    robustness_curve,
    saliency_panel,
    samples,
)
from fer_core.figures.browser import ExportError
from fer_core.figures.export import FORMATS, export, export_all, write
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
    "export_all",
    "least_of",
    "options_of",
    "subject_of",
    "write",
]

FIGURES = {
    "learning_curves": learning_curves,
    "confusion_matrix": confusion_matrix,
    "accuracy_intervals": accuracy_intervals,
    "class_scores": class_scores,
    "confusion_difference": confusion_difference,
    "configuration_difference": configuration_difference,
    "flips": flips,
    "probabilities": probabilities,
    "recall_against_share": recall_against_share,
    "calibration": calibration,
    "group_effects": group_effects,
    "ensemble_curve": ensemble_curve,
    "architecture": architecture,
    "architecture_diagram": architecture_diagram,
    "layer_arithmetic": layer_arithmetic,
    "complexity": complexity,
    "class_counts": class_counts,
    "samples": samples,
    "audit": audit,
    "augmentation_preview": augmentation_preview,
    "mean_faces": mean_faces,
    "saliency_panel": saliency_panel,
    "explanations": explanations,
    "lime_panel": lime_panel,
    "mean_explanation": mean_explanation,
    "filters": filters,
    "layer_outputs": layer_outputs,
    "filter_detail": filter_detail,
    "kernels": kernels,
    "class_images": class_images,
    "adversarial": adversarial,
    "robustness_curve": robustness_curve,
    "dream": dream,
}

Subject = Literal["run", "dataset"]

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
    references: Sequence[str],
    *,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
    **options: Any,
) -> Built:
    """Collect and draw the figure `name` for runs (ids, unique prefixes or names) or data sets.

    references: of runs; for a figure about data sets their names, or runs that used them (a data
    set's name wins). options: see `options_of`; numbers may come as text, as from a command line.
    Raises InputError for an unknown figure, run, data set or option, and for values out of range.
    """
    module = _module(name)
    width_mm = number("width", width_mm, *WIDTHS, "mm")
    font_size = number("font size", font_size, *FONT_SIZES, "pt")
    for option in options:
        one_of(f"option of {name}", option, tuple(options_of(name)))
    info = module.collect(store, _resolved(name, store, references), **options)
    return Built(
        name=name,
        figure=module.draw(info, language=language, width_mm=width_mm, font_size=font_size),
        table=module.table(info),
        description=module.describe(info, language=language),
        info=info,
        language=language,
        width_mm=width_mm,
    )


def subject_of(name: str) -> Subject:
    """Return what a figure is about."""
    subject: Subject = getattr(_module(name), "SUBJECT", "run")
    return subject


def least_of(name: str) -> int:
    """Return how many runs or data sets a figure takes at least; one that compares says LEAST."""
    least: int = getattr(_module(name), "LEAST", 1)
    return least


def options_of(name: str) -> dict[str, Any]:
    """Return the options of a figure with their defaults: ``{"smoothing": 0.0, ...}``."""
    return {
        parameter.name: parameter.default
        for parameter in inspect.signature(_module(name).collect).parameters.values()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }


def _resolved(name: str, store: "RunStore", references: Sequence[str]) -> tuple[str, ...]:
    """Return the ids of the runs, or the names of the data sets, that a figure is about."""
    runs = subject_of(name) == "run"
    if not references:
        kind, command = ("run", "runs") if runs else ("data set", "data")
        raise InputError(f"figure {name} needs at least one {kind}; see: fer-core {command} list")
    found = (store.run(each).id if runs else _dataset_name(store, each) for each in references)
    different = tuple(dict.fromkeys(found))
    if len(different) < least_of(name):
        raise InputError(
            f"figure {name} compares {least_of(name)} or more different runs; see: fer-core runs "
            "list"
        )
    return different


def _dataset_name(store: "RunStore", reference: str) -> str:
    try:
        return store.dataset(reference).name
    except InputError:
        try:
            run = store.run(reference)
        except InputError:
            raise InputError(
                f"no data set and no run {reference!r} in {store.path}; see: fer-core data list"
            ) from None
    if not run.dataset:
        raise InputError(f"run {run.name!r} has no stored data set; see: fer-core data list")
    return run.dataset


def _module(name: str) -> Any:
    one_of("figure", name, tuple(FIGURES))
    return FIGURES[name]
