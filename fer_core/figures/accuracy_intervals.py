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
from fer_core.figures.draw_interval_rows import Marks, draw_rows, name_room
from fer_core.records import VALIDATION
from fer_core.translation import Translate, translator
from fer_core.words import sentences

if TYPE_CHECKING:
    from fer_core.store import RunStore

CAPTION_LINES = 2


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
    info: AccuracyIntervals,
    *,
    styles: palette.Styles,
    language: str = "en",
    width_mm: float = 85,
    font_size: float = 9,
) -> go.Figure:
    """Draw two intervals a run under its name: of all images, and of those without a twin."""
    _ = translator(language)
    canvas = Canvas(width_mm, font_size)
    numbers = [text.estimated(accuracy) for accuracy in info.whole]
    names = judged.labels(info.answers, canvas.em, name_room(canvas, numbers), _)
    entries = [_("all images"), _("without twins in training")]
    own = [styles[answers.run.id] for answers in info.answers]
    marks = [
        _marks(info, accuracies, label, level, _)._replace(styles=own)
        for level, (label, accuracies) in enumerate(
            zip(entries, (info.whole, info.without_twins), strict=True)
        )
    ]
    draw_rows(
        canvas, names, numbers, marks, title=_("Accuracy (%)"), note=judged.notes(info.answers, _)
    )
    return canvas.figure()


def _marks(
    info: AccuracyIntervals,
    accuracies: tuple[Accuracy, ...],
    label: str,
    level: int,
    _: Translate,
) -> Marks:
    hover = [
        _("{name}, {label}: {accuracy}, n = {count:,}").format(
            name=text.clean(answers.subject.name),
            label=label,
            accuracy=text.estimated(accuracy),
            count=accuracy.count,
        )
        for answers, accuracy in zip(info.answers, accuracies, strict=True)
    ]
    # Of no images nothing is known, and nothing is drawn.
    ends = [(a.low, a.high) if a.count else (np.nan, np.nan) for a in accuracies]
    lows, highs = np.array(ends).T
    values = np.array([each.value for each in accuracies])
    return Marks(label, range(len(values)), level, values, lows, highs, hover, hollow=level == 1)


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
            whole=text.estimated(whole),
            count=whole.count,
            without=text.estimated(without),
            without_count=without.count,
        )
        lines.append(sentences([said, judged.readings(answers, _)], _))
    return "\n".join(lines)
