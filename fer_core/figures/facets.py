"""What facets share, of data sets or of runs: a place for each, its name, the word "synthetic"."""

from collections.abc import Sequence
from math import ceil

from fer_core.figures import palette, text
from fer_core.figures.canvas import Canvas
from fer_core.records import Dataset, Run
from fer_core.translation import Translate

Subject = Dataset | Run


def columns(count: int, width: float, least: float) -> int:
    """Return how many of `count` places stand side by side: as many as are `least` px wide, in
    rows as equal as they can be."""
    most = max(1, min(count, int(width // least)))
    return ceil(count / ceil(count / most))


def synthetic_ending(_: Translate) -> str:
    """Return what a name ends in where its data is synthetic, and others' are not."""
    return _("{name} (synthetic)").format(name="")


def heads(subjects: Sequence[Subject], em: float, room: float, _: Translate) -> list[str]:
    """Return the escaped line over each one's part; "" for a single one, which the caption
    names."""
    if len(subjects) == 1:
        return [""]
    mixed = not all(subject.synthetic for subject in subjects)
    ending = synthetic_ending(_)
    endings = [ending if mixed and each.synthetic else "" for each in subjects]
    room -= max(text.text_width(ending, em) for ending in endings)
    names = text.run_labels([subject.name for subject in subjects], em, room)
    return [text.escape(name + ending) for name, ending in zip(names, endings, strict=True)]


def named(subject: Subject, _: Translate) -> str:
    """Return the name for a sentence; it says so when its data is synthetic."""
    name = text.clean(subject.name)
    return _("{name} (synthetic data)").format(name=name) if subject.synthetic else name


def synthetic_note(
    canvas: Canvas, subjects: Sequence[Subject], x: float, y: float, _: Translate
) -> None:
    """Write "synthetic data" from `x` px on, `y` px from the top, if that is true of all."""
    if all(subject.synthetic for subject in subjects):
        faint = {"color": palette.FAINT_INK}
        canvas.note(_("synthetic data"), x, y, xanchor="left", font=faint)
