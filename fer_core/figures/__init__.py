"""Every figure of a report, defined once: screen, download, report and command line call `build`.

A figure is a module with `collect` (store -> NamedTuple of arrays), `draw` (-> plotly figure),
`table` (-> the csv) and `describe` (-> text alternative and the facts of a caption). It is about
runs, unless it says ``SUBJECT = "dataset"``: then `collect` gets names of data sets. One that
shows single images of the data says ``FACES = True``, or, where that depends on what is shown, has
`shows_faces` (info -> bool). Where each run or data set has panels of its own, FACETS are the
fields of what `collect` returns that hold an item for each. A new one is a new file and a line in
FIGURES.
"""

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fer_core.analysis.sides import chosen_weights
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
    pages,
    palette,
    probabilities,
    recall_against_share,
    robustness_curve,
    saliency_panel,
    samples,
    subjects,
)
from fer_core.figures.browser import ExportError
from fer_core.figures.built import Built
from fer_core.figures.canvas import TALLEST_MM
from fer_core.figures.export import FORMATS, export, export_all, write
from fer_core.figures.options import number, one_of
from fer_core.translation import translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

__all__ = [
    "FIGURES",
    "FORMATS",
    "TALLEST_MM",
    "Built",
    "ExportError",
    "build",
    "build_pages",
    "export",
    "export_all",
    "least_of",
    "options_of",
    "shows_faces",
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

# Widths in mm and font sizes in pt that can be drawn without text running into text.
WIDTHS, FONT_SIZES = (60.0, 600.0), (5.0, 24.0)


def build(
    name: str,
    store: "RunStore",
    references: Sequence[str],
    *,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
    colours: Sequence[str] = (),
    **options: Any,
) -> Built:
    """Collect and draw the figure `name` for runs (ids, unique prefixes or names) or data sets.

    references: of runs; for a figure about data sets their names, or runs that used them (a data
    set's name wins). colours: all runs of a report, in the order of their colours and symbols, so
    that a run looks the same in all its figures; without, the runs of this one. options: see
    `options_of`; numbers may come as text, as from a command line.
    Raises InputError for an unknown figure, run, data set, option or language, and for values out
    of range.
    """
    given = {"language": language, "width_mm": width_mm, "font_size": font_size}
    return _built(name, *_collected(name, store, references, options, colours, given))


def build_pages(
    name: str,
    store: "RunStore",
    references: Sequence[str],
    *,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
    colours: Sequence[str] = (),
    tallest_mm: float = TALLEST_MM,
    **options: Any,
) -> tuple[Built, ...]:
    """Do as `build` does, and where the figure is higher than `tallest_mm`, draw it in as few
    parts as fit, each of some of the runs or data sets, in their order.

    What `collect` settles for all of them (which images are shown) is the same in all parts; a
    single run in a part is named by its caption, as ever. A figure that lays runs over each other
    is one part, whatever its height.
    """
    given = {"language": language, "width_mm": width_mm, "font_size": font_size}
    info, of, drawn = _collected(name, store, references, options, colours, given)
    return pages.in_parts(
        _built(name, info, of, drawn),
        getattr(_module(name), "FACETS", ()),
        lambda some, some_of: _built(name, some, some_of, drawn),
        tallest_mm,
    )


def _collected(
    name: str,
    store: "RunStore",
    references: Sequence[str],
    options: dict[str, Any],
    colours: Sequence[str],
    given: dict[str, Any],
) -> tuple[Any, tuple[str, ...], dict[str, Any]]:
    """Return what a figure shows, of which runs or data sets, and what its `draw` takes."""
    module = _module(name)
    translator(given["language"])  # refuses an unknown one before anything is read
    drawn = given | {
        "width_mm": number("width", given["width_mm"], *WIDTHS, "mm"),
        "font_size": number("font size", given["font_size"], *FONT_SIZES, "pt"),
    }
    for option in options:
        one_of(f"option of {name}", option, tuple(options_of(name)))
    weights = len(chosen_weights(options.get("weights", "best")))  # compared as runs are
    least = -(-least_of(name) // weights)
    of = subjects.resolved(name, store, references, kind=subject_of(name), least=least)
    info = module.collect(store, of, **options)
    if "styles" in inspect.signature(module.draw).parameters:  # it gives runs a colour
        ordered = [*(store.run(each).id for each in colours), *of]
        drawn["styles"] = palette.run_styles(list(dict.fromkeys(ordered)))
    return info, of, drawn


def _built(name: str, info: Any, of: tuple[str, ...], drawn: dict[str, Any]) -> Built:
    module = _module(name)
    return Built(
        name=name,
        figure=module.draw(info, **drawn),
        table=module.table(info),
        description=module.describe(info, language=drawn["language"]),
        info=info,
        language=drawn["language"],
        width_mm=drawn["width_mm"],
        subjects=of,
        caption_lines=getattr(module, "CAPTION_LINES", 1),
    )


def subject_of(name: str) -> subjects.Subject:
    """Return what a figure is about."""
    subject: subjects.Subject = getattr(_module(name), "SUBJECT", "run")
    return subject


def least_of(name: str) -> int:
    """Return how many runs or data sets a figure takes at least; one that compares says LEAST."""
    least: int = getattr(_module(name), "LEAST", 1)
    return least


def shows_faces(name: str, info: Any = None) -> bool:
    """Say whether a figure shows single images of the data, or what is computed of one.

    info: what `collect` returned; without it, whether the figure does so whatever it is about.
    """
    module = _module(name)
    if info is None or not hasattr(module, "shows_faces"):
        return getattr(module, "FACES", False)
    return bool(module.shows_faces(info))


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
