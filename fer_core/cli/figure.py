"""``fer-core figure``: write one figure of runs or of data sets to a file."""

from pathlib import Path
from typing import Annotated

import typer

from fer_core.cli.output import open_store, settings, stderr


def figure(
    name: Annotated[str, typer.Argument(help="learning_curves, confusion_matrix, ...")],
    of: Annotated[
        list[str],
        typer.Argument(help="Runs (ids, unique prefixes or names), or names of data sets."),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="A .svg, .pdf, .png, .html or .csv file.")
    ],
    width_mm: Annotated[float, typer.Option(help="Width as printed; a column is 85.")] = 85,
    font_size: Annotated[float, typer.Option(help="Points, as printed.")] = 9,
    dpi: Annotated[int, typer.Option(help="Dots an inch, for png.")] = 300,
    lang: Annotated[str, typer.Option(help="Language of the figure: en or zh-TW.")] = "en",
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="An option of the figure as key=value; repeatable."),
    ] = None,
) -> None:
    """Write a figure as the report has it; the format is the file's ending.

    Figures of runs: learning_curves, confusion_matrix, accuracy_intervals, class_scores,
    confusion_difference, configuration_difference, flips, probabilities, recall_against_share,
    calibration, group_effects, ensemble_curve, architecture, architecture_diagram,
    layer_arithmetic, complexity; of explanations that are stored (see fer-core explain):
    saliency_panel, explanations, lime_panel, mean_explanation; of filters and
    what is made for them (see fer-core filters, outputs, adversarial, dream):
    filters, filter_detail, layer_outputs, kernels, class_images, adversarial,
    robustness_curve, dream.

    Figures of data sets, or of those that runs used: class_counts, samples, audit,
    augmentation_preview, mean_faces.

    Example: fer-core figure confusion_matrix fast-1 -o confusion.pdf --set split=test
    """
    from fer_core import figures

    with open_store(read_only=True) as store:
        built = figures.build(
            name,
            store,
            of,
            language=lang,
            width_mm=width_mm,
            font_size=font_size,
            **settings(set_ or []),
        )
        figures.write(built, output, dpi=dpi)
    stderr.print(f"{output}: {built.description}")
    if built.height_mm > figures.TALLEST_MM:
        stderr.print(
            f"{output} is {built.height_mm:.0f} mm high, a page of A4 holds "
            f"{figures.TALLEST_MM:.0f}; name fewer runs, or make it wider with --width-mm"
        )
