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


def labels(
    subjects: Sequence[Subject],
    size: float,
    room: float,
    _: Translate,
    *,
    endings: Sequence[str] = (),
) -> list[str]:
    """Return a distinct label for each, at most `room` px wide, not yet escaped; where only some
    are of synthetic data, those say so.

    size: of the text, in px; endings: what stands behind each name besides.
    """
    mixed = not all(subject.synthetic for subject in subjects)
    synthetic = _("{name} (synthetic)").format(name="")
    behind = [
        (synthetic if mixed and subject.synthetic else "") + ending
        for subject, ending in zip(subjects, endings or [""] * len(subjects), strict=True)
    ]
    room -= max(text.text_width(ending, size) for ending in behind)
    names = text.run_labels([subject.name for subject in subjects], size, room)
    return [name + ending for name, ending in zip(names, behind, strict=True)]


def heads(subjects: Sequence[Subject], em: float, room: float, _: Translate) -> list[str]:
    """Return the escaped line over each one's part; "" for a single one, which the caption
    names."""
    if len(subjects) == 1:
        return [""]
    return [text.escape(label) for label in labels(subjects, em, room, _)]


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
