"""Which class is taken for which: confusion matrices of one or several runs on one scale."""

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import metrics
from fer_core.analysis.metrics import Accuracy, Normalisation
from fer_core.figures import palette, text
from fer_core.figures.canvas import PX_PER_MM, PX_PER_PT, Canvas
from fer_core.figures.options import one_of
from fer_core.records import CLASS_NAMES, TRAIN, VALIDATION, Run
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.store import RunStore

CLASSES = len(CLASS_NAMES)
SMALLEST_TEXT = 6 * PX_PER_PT  # numbers in cells are not made smaller than this
TALLEST = 235 * PX_PER_MM  # what a page of A4 can hold


class RunConfusion(NamedTuple):
    """One run's matrix. counts: (7, 7) int64, rows true classes; values: (7, 7) float64, the
    counts normalised (NaN: a share of nothing); epoch: of the weights; fingerprint: of the
    images; readings: how often the run has read this split, where that is counted."""

    run: Run
    counts: np.ndarray
    values: np.ndarray
    accuracy: Accuracy
    without_twins: Accuracy
    epoch: int
    fingerprint: str
    readings: int


class ConfusionMatrices(NamedTuple):
    """What the figure shows."""

    runs: tuple[RunConfusion, ...]
    split: str
    weights: str
    averaging: str
    normalise: Normalisation


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
    normalise: Normalisation = "true",
) -> ConfusionMatrices:
    """Read predictions of runs and count them.

    split, weights, averaging: which predictions; normalise: by ``true`` class, by
    ``predicted`` class, by ``all`` images, or ``counts``. InputError from the store where
    predictions are not there, with the command that makes them.
    """
    one_of("normalise", normalise, metrics.NORMALISATIONS)
    runs = []
    for reference in run_ids:
        run = store.run(reference)
        predictions = store.predictions(run.id, split, weights, averaging)
        images = store.evaluation_split(run.id, split)
        predicted = metrics.predicted_classes(predictions.probabilities)
        counts = metrics.confusion_counts(images.labels, predicted)
        readings = store.details(run.id).test_readings
        runs.append(
            RunConfusion(
                run=run,
                counts=counts,
                values=metrics.normalise_confusion(counts, normalise),
                accuracy=metrics.accuracy(images.labels, predicted),
                without_twins=metrics.accuracy(images.labels, predicted, leave_out=images.twins),
                epoch=predictions.epoch,
                fingerprint=predictions.fingerprint,
                readings=sum(reading.split == split for reading in readings),
            )
        )
    return ConfusionMatrices(tuple(runs), split, weights, averaging, normalise)


class _Grid(NamedTuple):
    """How the matrices are arranged; all sizes in px."""

    columns: int
    rows: int
    cell_width: float
    cell_height: float
    text_size: float
    short: bool  # ".65" instead of "0.65"


def draw(
    info: ConfusionMatrices, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw a matrix for each run, all on one colour scale, the numbers in the cells.

    Over each matrix lies a scatter trace that carries the numbers and takes clicks and hovering
    (a heatmap sends no click): its `customdata` is [true class, predicted class, run id].
    """
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    classes = text.class_labels(_)
    label_room = max(text.text_width(name, em) for name in classes)
    left, gap = line + label_room + 0.9 * em, 0.9 * em
    grid = _arrange(info, canvas, canvas.width - left - 0.4 * em, gap)
    width, height = CLASSES * grid.cell_width, CLASSES * grid.cell_height
    heads = _heads(info, width, em, _)
    head = max(map(len, heads)) * line + (0.2 * em if heads[0] else 0)
    upright = label_room + 0.4 * em <= grid.cell_width

    block = grid.columns * (width + gap) - gap
    left += max(0.0, (canvas.width - 0.4 * em - left - block) / 2)
    top = 0.4 * em
    bottom = top + grid.rows * (head + height + gap) - gap
    title = bottom + 0.9 * em + (0.9 * em if upright else label_room) + 0.5 * line
    canvas.set_height(title + 0.5 * line + 0.7 * em + 3.2 * line)

    for position, run in enumerate(info.runs):
        row, column = divmod(position, grid.columns)
        x = left + column * (width + gap)
        y = top + row * (head + height + gap) + head
        axis = {
            "tickvals": list(range(CLASSES)),
            "ticktext": classes,
            "ticks": "",
            "fixedrange": True,
            "showgrid": False,
            "ticklabelstandoff": 2,
            "mirror": True,
        }
        lowest = position + grid.columns >= len(info.runs)
        canvas.panel(
            position + 1,
            (x, y, width, height),
            xaxis=axis
            | {"range": [-0.5, CLASSES - 0.5], "showticklabels": lowest}
            | {"tickangle": 0 if upright else -90},
            yaxis=axis | {"range": [CLASSES - 0.5, -0.5], "showticklabels": column == 0},
        )
        for index, content in enumerate(heads[position]):
            canvas.note(content, x, y - head + (index + 0.5) * line, xanchor="left")
        _add_matrix(canvas.figure, info, run, position + 1, grid, _)
    canvas.note(
        _("True label"), left - label_room - 0.9 * em - line / 2, (top + head + bottom) / 2,
        textangle=-90,
    )  # fmt: skip
    canvas.note(_("Predicted label"), left + block / 2, title)
    if all(run.run.synthetic for run in info.runs):
        canvas.note(
            _("synthetic data"), 0.2 * em, title, xanchor="left",
            font={"color": palette.FAINT_INK},
        )  # fmt: skip
    _add_scale(canvas, info, (left, title + 0.5 * line + 0.7 * em, min(block - em, 20 * em)), _)
    canvas.figure.update_layout(dragmode=False, showlegend=False, plot_bgcolor=palette.GRID)
    return canvas.figure


def _arrange(info: ConfusionMatrices, canvas: Canvas, room: float, gap: float) -> _Grid:
    """Choose rows and columns for matrices in `room` px: as many columns as hold numbers of
    full size; if that is taller than a page, lower cells; if it still is, more columns, with
    the leading zeros dropped and smaller numbers as long as they are legible."""
    em, runs = canvas.em, len(info.runs)
    values = np.unique([run.values for run in info.runs])
    full, short = (
        max(text.text_width(_number(value, info.normalise, short=short), 1) for value in values)
        for short in (False, True)
    )
    chosen: _Grid | None = None
    for columns in range(1, runs + 1):
        rows = ceil(runs / columns)
        if ceil(runs / rows) < columns:
            continue  # the same rows with an empty column
        cell = min(((room + gap) / columns - gap) / CLASSES, 5 * em)
        size = min(em, cell / (full + 0.3))
        drop = size < 0.9 * em
        if drop:
            size = min(em, cell / (short + 0.35))
            if chosen is not None and (size < SMALLEST_TEXT or _height(chosen, em) <= TALLEST):
                break
        chosen = _Grid(columns, rows, cell, min(cell, 2.4 * em), size, drop)
        if drop or _height(chosen, em) > TALLEST:
            chosen = chosen._replace(cell_height=min(cell, 1.7 * size))
    assert chosen is not None
    return chosen


def _height(grid: _Grid, em: float) -> float:
    return grid.rows * (CLASSES * grid.cell_height + 4 * em) + 12 * em


def _number(value: float, normalise: Normalisation, *, short: bool = False) -> str:
    if np.isnan(value):
        return "–"
    if normalise == "counts":
        return f"{value:.0f}"
    written = f"{value:.2f}"
    if short:
        return "1.0" if written == "1.00" else written.removeprefix("0")
    return written


def _heads(info: ConfusionMatrices, width: float, em: float, _: Translate) -> list[list[str]]:
    """The lines over each matrix, escaped: name, accuracy with interval, n. A single run has
    none, its caption says all that."""
    if len(info.runs) == 1:
        return [[]]
    mixed = not all(run.run.synthetic for run in info.runs)
    endings = [" " + _("(synthetic)") if mixed and run.run.synthetic else "" for run in info.runs]
    room = width - max(text.text_width(ending, em) for ending in endings)
    names = text.run_labels([run.run.name for run in info.runs], em, room)
    rest = []
    for run in info.runs:
        share = text.percent(run.accuracy.value)
        share += " " + text.interval(run.accuracy.low, run.accuracy.high)
        count = _("n = {count:,}").format(count=run.accuracy.count)
        spelt = _("accuracy {share}").format(share=share)
        rest.append(([f"{spelt}, {count}"], [f"{share}, {count}"], [share, count]))
    form = next(
        (f for f in (0, 1) if all(text.text_width(r[f][0], em) <= width for r in rest)), 2
    )  # the longest form that fits over every matrix
    return [
        [text.escape(name + ending), *lines[form]]
        for name, ending, lines in zip(names, endings, rest, strict=True)
    ]


def _add_matrix(
    figure: go.Figure,
    info: ConfusionMatrices,
    run: RunConfusion,
    panel: int,
    grid: _Grid,
    _: Translate,
) -> None:
    axes = {"xaxis": f"x{panel}", "yaxis": f"y{panel}"}
    figure.add_heatmap(
        z=run.values, coloraxis="coloraxis", hoverinfo="skip", xgap=0.7, ygap=0.7, **axes
    )
    classes = text.class_labels(_)
    true, predicted = (index.ravel() for index in np.indices((CLASSES, CLASSES)))
    values = run.values.ravel() / _largest(info)
    figure.add_scatter(
        x=predicted,
        y=true,
        mode="markers+text",
        marker={"opacity": 0, "size": 0.9 * grid.cell_height, "symbol": "square"},
        text=[_number(v, info.normalise, short=grid.short) for v in run.values.ravel()],
        textposition="middle center",
        textfont={
            "size": grid.text_size,
            "color": [palette.text_on(palette.shade(np.nan_to_num(value))) for value in values],
        },
        customdata=[[int(i), int(j), run.run.id] for i, j in zip(true, predicted, strict=True)],
        hovertext=[
            _("{true} taken for {predicted}: {count} of {total}").format(
                true=classes[i],
                predicted=classes[j],
                count=run.counts[i, j],
                total=run.counts[i].sum(),
            )
            for i, j in zip(true, predicted, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
        **axes,
    )


def _largest(info: ConfusionMatrices) -> float:
    """The value at the dark end of the scale that all matrices share."""
    if info.normalise in ("true", "predicted"):
        return 1.0
    return max(1e-9, *(float(np.nan_to_num(run.values).max()) for run in info.runs))


def _add_scale(
    canvas: Canvas, info: ConfusionMatrices, box: tuple[float, float, float], _: Translate
) -> None:
    """Add the colour bar below everything; it says what the numbers are."""
    left, top, width = box
    title = {
        "true": _("Share of the true class"),
        "predicted": _("Share of the predicted class"),
        "all": _("Share of all images"),
        "counts": _("Images"),
    }[info.normalise]
    if len(info.runs) == 1:
        title += ", " + _("n = {count:,}").format(count=info.runs[0].accuracy.count)
    shares = info.normalise in ("true", "predicted")
    canvas.note(title, left, top + 0.5 * canvas.line, xanchor="left")
    canvas.figure.update_layout(
        coloraxis={
            "colorscale": [
                [index / (len(palette.SEQUENTIAL) - 1), colour]
                for index, colour in enumerate(palette.SEQUENTIAL)
            ],
            "cmin": 0,
            "cmax": _largest(info),
            "colorbar": {
                "orientation": "h",
                "thickness": 0.7 * canvas.em,
                "lenmode": "fraction",
                "len": width / canvas.width,
                "x": left / canvas.width,
                "xanchor": "left",
                "xpad": 0,
                "y": 1 - (top + 1.15 * canvas.line) / canvas.height,
                "yanchor": "top",
                "ypad": 0,
                "nticks": 5,
                "outlinewidth": 0.6,
                "ticks": "outside",
                "ticklabeloverflow": "allow",
                "ticklen": 0.2 * canvas.em,
                "tickfont": {"size": canvas.em},
            }
            | ({"tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".2f"} if shares else {}),
        }
    )


def table(info: ConfusionMatrices) -> pd.DataFrame:
    """Return the cells, 49 rows a run; `value` is what the figure shows, empty for a share of
    nothing; class names are English whatever the figure's language."""
    return pd.DataFrame(
        [
            {
                "run_id": run.run.id,
                "run": run.run.name,
                "synthetic": run.run.synthetic,
                "split": info.split,
                "weights": info.weights,
                "averaging": info.averaging,
                "epoch": run.epoch,
                "true": true,
                "predicted": predicted,
                "count": int(run.counts[i, j]),
                "normalise": info.normalise,
                "value": run.values[i, j],
            }
            for run in info.runs
            for i, true in enumerate(CLASS_NAMES)
            for j, predicted in enumerate(CLASS_NAMES)
        ]
    )


def describe(info: ConfusionMatrices, *, language: str = "en") -> str:
    """Return the figure in words, one line for each run: its text alternative, and what a
    caption states: split, n, weights and how they were chosen, averaging, readings of test."""
    _ = translator(language)
    lines = [
        _(
            "Confusion matrix on {split}, {normalised}; weights: {weights}; averaging: {averaging}."
        ).format(
            split=_(info.split),
            normalised={
                "true": _("each row divided by the images of the true class"),
                "predicted": _("each column divided by the images of the predicted class"),
                "all": _("divided by all images"),
                "counts": _("numbers of images"),
            }[info.normalise],
            weights=_("best epoch on validation") if info.weights == "best" else info.weights,
            averaging=_(info.averaging),
        )
    ]
    if len({run.fingerprint for run in info.runs}) > 1:
        lines.append(_("The runs are judged on different images."))
    return "\n".join(lines + [_describe_run(info, run, _) for run in info.runs])


def _describe_run(info: ConfusionMatrices, run: RunConfusion, _: Translate) -> str:
    classes = text.class_labels(_)
    name = text.clean(run.run.name) + (" " + _("(synthetic data)") if run.run.synthetic else "")
    recalls = metrics.recall(run.counts)
    shares = metrics.normalise_confusion(run.counts, "true")
    mistakes = np.nan_to_num(shares * (1 - np.eye(CLASSES)))
    worst = [divmod(int(k), CLASSES) for k in np.argsort(-mistakes, axis=None, kind="stable")[:3]]
    sentence = _(
        "{name}: epoch {epoch}, accuracy {accuracy} {interval} of {count:,} images, {without} "
        "{without_interval} of the {without_count:,} without a twin in its training data. "
        "Found of each class: {recalls}."
    ).format(
        name=name,
        epoch=run.epoch,
        accuracy=text.percent(run.accuracy.value),
        interval=text.interval(run.accuracy.low, run.accuracy.high),
        count=run.accuracy.count,
        without=text.percent(run.without_twins.value),
        without_interval=text.interval(run.without_twins.low, run.without_twins.high),
        without_count=run.without_twins.count,
        recalls=", ".join(
            f"{label} {_number(value, 'true')}"
            for label, value in zip(classes, recalls, strict=True)
        ),
    )
    confused = [
        _("{true} for {predicted} ({share})").format(
            true=classes[i], predicted=classes[j], share=f"{shares[i, j]:.2f}"
        )
        for i, j in worst
        if mistakes[i, j] > 0
    ]
    if confused:
        sentence += " " + _("Most often taken: {pairs}.").format(pairs=", ".join(confused))
    if info.split not in (TRAIN, VALIDATION):
        sentence += " " + _("Readings of {split} so far: {readings}.").format(
            split=_(info.split), readings=run.readings
        )
    return sentence
