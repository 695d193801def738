"""How accurate runs are, each with its 95 % interval, with and without twins."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from fer_core.analysis import metrics
from fer_core.analysis.answers import Answers, read_answers
from fer_core.analysis.metrics import Accuracy
from fer_core.figures import judged, palette, text
from fer_core.figures.canvas import Canvas
from fer_core.records import VALIDATION
from fer_core.translation import Translate, translator

if TYPE_CHECKING:
    from fer_core.store import RunStore


class AccuracyIntervals(NamedTuple):
    """What the figure shows. answers: of R runs; whole, without_twins: their R accuracies, of
    all images and of those without a twin in the run's training data."""

    answers: tuple[Answers, ...]
    whole: tuple[Accuracy, ...]
    without_twins: tuple[Accuracy, ...]


def collect(
    store: "RunStore",
    run_ids: tuple[str, ...],
    *,
    split: str = VALIDATION,
    weights: str = "best",
    averaging: str = "none",
) -> AccuracyIntervals:
    """Read predictions of runs and count the right ones. InputError from the store where
    predictions are not there, with the command that makes them."""
    answers = tuple(read_answers(store, run_ids, split=split, weights=weights, averaging=averaging))
    return AccuracyIntervals(
        answers,
        tuple(metrics.accuracy(each.labels, each.predicted) for each in answers),
        tuple(
            metrics.accuracy(each.labels, each.predicted, leave_out=each.twins) for each in answers
        ),
    )


def draw(
    info: AccuracyIntervals, *, language: str = "en", width_mm: float = 85, font_size: float = 9
) -> go.Figure:
    """Draw two intervals a run under its name: of all images, and of those without a twin."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    em, line = canvas.em, canvas.line
    entries = [_("all images"), _("without twins in training")]
    top, side, row = canvas.legend_height(entries), 1.2 * em, line + 2.1 * em
    height, width = row * len(info.answers), canvas.width - 2 * side
    canvas.set_height(top + height + 3.3 * em + line)
    canvas.panel(
        1,
        (side, top, width, height),
        titles=(_("Accuracy (%)"), ""),
        xaxis={"range": _range(info), "nticks": max(4, int(width / em / 4)), "fixedrange": True},
        yaxis={"range": [height, 0], "visible": False, "fixedrange": True},
    )
    figures = [_written(accuracy) for accuracy in info.whole]
    room = width - max(text.text_width(each, em) for each in figures) - 1.5 * em
    names = judged.labels(info.answers, em, room, _)
    for position, (name, figure) in enumerate(zip(names, figures, strict=True)):
        middle = top + position * row + 0.6 * line
        canvas.note(text.escape(name), side + 0.3 * em, middle, xanchor="left", bgcolor="#ffffff")
        canvas.note(figure, side + width, middle, xanchor="right", bgcolor="#ffffff")
    places = [position * row + line + 0.65 * em for position in range(len(names))]
    _add(canvas, info, info.whole, places, entries[0], hollow=False, _=_)
    _add(canvas, info, info.without_twins, [y + 0.8 * em for y in places], entries[1],
         hollow=True, _=_)  # fmt: skip
    canvas.legend("legend", entries, 0, itemclick=False, itemdoubleclick=False)
    canvas.note(
        judged.notes(info.answers, _), canvas.width - 0.3 * em, canvas.height - 0.6 * line,
        xanchor="right", font={"color": palette.FAINT_INK},
    )  # fmt: skip
    canvas.layout |= {"showlegend": True, "dragmode": False}
    return canvas.figure()


def _written(accuracy: Accuracy) -> str:
    return f"{text.percent(accuracy.value)} {text.interval(accuracy.low, accuracy.high)}"


def _range(info: AccuracyIntervals) -> list[float]:
    """A little more than all intervals of something: what is compared fills the axis."""
    known = [each for each in (*info.whole, *info.without_twins) if each.count]
    ends = [(each.low, each.high) for each in known] or [(0.0, 1.0)]
    low, high = 100 * min(e[0] for e in ends), 100 * max(e[1] for e in ends)
    space = max(0.05 * (high - low), 0.5)
    return [max(0.0, low - space), min(100.0, high + space)]


def _add(
    canvas: Canvas,
    info: AccuracyIntervals,
    accuracies: tuple[Accuracy, ...],
    places: list[float],
    label: str,
    *,
    hollow: bool,
    _: Translate,
) -> None:
    values = 100 * np.array([each.value for each in accuracies])
    highs, lows = (np.array([getattr(a, end) for a in accuracies]) for end in ("high", "low"))
    colour = palette.OKABE_ITO[0]
    canvas.add(
        "scatter",
        x=values,
        y=places,
        error_x={
            "type": "data",
            "symmetric": False,
            "array": 100 * highs - values,
            "arrayminus": values - 100 * lows,
            "color": colour,
            "thickness": 1.2,
            "width": 3,
        },
        mode="markers",
        marker={
            "color": "#ffffff" if hollow else colour,
            "size": 7,
            "line": {"color": colour, "width": 1.2},
        },
        name=text.escape(label),
        hovertext=[
            _("{name}, {label}: {accuracy}, n = {count:,}").format(
                name=text.escape(text.clean(answers.run.name)),
                label=text.escape(label),
                accuracy=_written(accuracy),
                count=accuracy.count,
            )
            for answers, accuracy in zip(info.answers, accuracies, strict=True)
        ],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def table(info: AccuracyIntervals) -> pd.DataFrame:
    """Return two rows a run, accuracies in 0..1: all images, and those without twins."""
    rows = []
    for answers, *accuracies in zip(info.answers, info.whole, info.without_twins, strict=True):
        for images, accuracy in zip(("all", "without_twins"), accuracies, strict=True):
            rows.append(
                {
                    "run_id": answers.run.id,
                    "run": answers.run.name,
                    "synthetic": answers.run.synthetic,
                    "split": answers.split,
                    "weights": answers.weights,
                    "averaging": answers.averaging,
                    "epoch": answers.epoch,
                    "images": images,
                    "accuracy": accuracy.value,
                    "low": accuracy.low,
                    "high": accuracy.high,
                    "correct": accuracy.correct,
                    "count": accuracy.count,
                }
            )
    return pd.DataFrame(rows)


def describe(info: AccuracyIntervals, *, language: str = "en") -> str:
    """Return how runs were judged, then a line for each."""
    _ = translator(language)
    lines = [_("Accuracy with its 95 % interval (Wilson)."), judged.how(info.answers, _)]
    for answers, whole, without in zip(info.answers, info.whole, info.without_twins, strict=True):
        said = _(
            "{name}: {whole} of {count:,} images, {without} of the {without_count:,} without a "
            "twin in its training data."
        ).format(
            name=judged.named(answers, _),
            whole=_written(whole),
            count=whole.count,
            without=_written(without),
            without_count=without.count,
        )
        lines.append(said + judged.readings(answers, _))
    return "\n".join(lines)
