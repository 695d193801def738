"""What figures about data sets share: a place for each one, its name, the word "synthetic"."""

from collections.abc import Sequence
from math import ceil

from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.records import Dataset
from fer_core.translation import Translate


def columns(count: int, width: float, least: float) -> int:
    """Return how many of `count` places stand side by side: as many as are `least` px wide, in
    rows as equal as they can be."""
    most = max(1, min(count, int(width // least)))
    return ceil(count / ceil(count / most))


def heads(datasets: Sequence[Dataset], em: float, room: float, _: Translate) -> list[str]:
    """Return the escaped line over each data set's part; "" for a single one, which the caption
    names."""
    if len(datasets) == 1:
        return [""]
    mixed = not all(dataset.synthetic for dataset in datasets)
    endings = [" " + _("(synthetic)") if mixed and each.synthetic else "" for each in datasets]
    room -= max(text.text_width(ending, em) for ending in endings)
    names = text.run_labels([dataset.name for dataset in datasets], em, room)
    return [text.escape(name + ending) for name, ending in zip(names, endings, strict=True)]


def named(dataset: Dataset, _: Translate) -> str:
    """Return the name for a sentence; it says so when the data set is synthetic."""
    return text.clean(dataset.name) + (" " + _("(synthetic data)") if dataset.synthetic else "")


def synthetic_note(
    canvas: Canvas, datasets: Sequence[Dataset], x: float, y: float, _: Translate
) -> None:
    """Write "synthetic data" from `x` px on, `y` px from the top, if that is true of all."""
    if all(dataset.synthetic for dataset in datasets):
        faint = {"color": palette.FAINT_INK}
        canvas.note(_("synthetic data"), x, y, xanchor="left", font=faint)
